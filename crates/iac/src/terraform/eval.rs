//! Expressions of Terraform's language: what they come to, as far as that can be known without AWS.
//!
//! Source: "Expressions" of the Terraform language documentation, observed with Terraform itself where the text is silent. An
//! operand that is not known makes the whole operation unknown: Terraform does not stop early at `true || unknown` either.

use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr::{
    BinaryOperator, Conditional, Expression, ForExpr, FuncCall, Object, ObjectKey, Traversal, TraversalOperator,
    UnaryOperator,
};
use hcl_edit::repr::Decorated;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::convert::{convert, number, text, unify};
use super::functions;
use super::scope::{Bound, Scope};
use super::template;
use super::types::Type;
use super::value::{Data, Evaluated, Fault, Fields, Value, fault, unknown};
use crate::located::Reference;
use crate::source::Span;

impl Scope<'_> {
    /// The value of an expression.
    pub(super) fn value(&self, expression: &Expression) -> Evaluated {
        let budget = self.names.budget();
        budget.spend(1)?;
        let mut value = budget.nested(|| self.computed(expression))?;
        // What an expression merely passes on keeps the place where it was written.
        if value.span.is_none() {
            value.span = self.place(expression.span());
        }
        Ok(value)
    }

    /// A place in the file of this scope.
    pub(super) fn place(&self, range: Option<std::ops::Range<usize>>) -> Option<Span> {
        let ((file, base), range) = (self.file?, range?);
        let at = |offset: usize| base.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX));
        Some(Span { file, start: at(range.start), end: at(range.end) })
    }

    fn computed(&self, expression: &Expression) -> Evaluated {
        match expression {
            Expression::Null(_) => Ok(Value::null()),
            Expression::Bool(truth) => Ok((*truth.value()).into()),
            Expression::Number(given) => match number(&given.value().to_string()) {
                Some(number) => Ok(number.into()),
                None => fault(format!("{} is larger than numbers can be here", given.value())),
            },
            Expression::String(text) => Ok(text.value().as_str().into()),
            Expression::Array(items) => {
                Ok(Value::tuple(items.iter().map(|item| self.value(item)).collect::<Result<_, _>>()?))
            }
            Expression::Object(object) => self.object(object),
            Expression::StringTemplate(template) => template::value(self, template, template::Lines::No),
            Expression::HeredocTemplate(heredoc) => template::heredoc(self, heredoc),
            Expression::Parenthesis(inner) => self.value(inner.inner()),
            Expression::Variable(name) => self.named(name.as_str(), &[]).map(|(value, _)| value),
            Expression::Conditional(conditional) => self.conditional(conditional),
            Expression::FuncCall(call) => self.call(call),
            Expression::Traversal(traversal) => self.traversal(traversal),
            Expression::UnaryOp(operation) => {
                let operand = self.value(&operation.expr)?;
                match operation.operator.value() {
                    UnaryOperator::Not => self.truth_of(&operand, |truth| !truth),
                    UnaryOperator::Neg => numeric(&[operand], |numbers| numbers.first().map(|number| -number)),
                }
            }
            Expression::BinaryOp(operation) => {
                let (left, right) = (self.value(&operation.lhs_expr)?, self.value(&operation.rhs_expr)?);
                self.binary(*operation.operator.value(), left, right)
            }
            Expression::ForExpr(looping) => self.looped(looping),
        }
    }

    fn object(&self, object: &Object) -> Evaluated {
        let mut fields = Fields::new();
        for (key, value) in object.iter() {
            let name = match key {
                ObjectKey::Ident(name) => name.as_str().into(),
                // A bare name is the key itself; in parentheses it is an expression.
                ObjectKey::Expression(Expression::Variable(name)) => name.as_str().into(),
                ObjectKey::Expression(key) => match text(&self.value(key)?)? {
                    key if key.doubt().is_some() => return Ok(key.doubt().unwrap_or(key)),
                    key => key.as_str().map(Arc::from).ok_or_else(|| Fault("a key is null".to_owned()))?,
                },
            };
            fields.insert(name, self.value(value.expr())?);
        }
        Ok(Value::object(fields))
    }

    /// What a root name means, with as many of the following attribute names as belong to it.
    fn named(&self, root: &str, path: &[&str]) -> Result<(Value, usize), Fault> {
        if let Some(value) = self.bound(root) {
            return Ok((value.clone(), 0));
        }
        let found = if self.sealed { None } else { self.names.look_up(root, path) };
        match found {
            Some((value, used)) => Ok((value?, used)),
            None => fault(format!("there is no `{root}` here")),
        }
    }

    fn conditional(&self, conditional: &Conditional) -> Evaluated {
        let condition = convert(&self.value(&conditional.cond_expr)?, &Type::Bool)?;
        let (then, otherwise) = (self.value(&conditional.true_expr), self.value(&conditional.false_expr));
        if let Some(doubt) = condition.doubt() {
            let (then, otherwise) = (then?, otherwise?);
            // Whatever the condition, the value is the same.
            if then.first_doubt().is_none() && matches!(then.equals(&otherwise).data, Data::Bool(true)) {
                return Ok(then);
            }
            return Ok(doubt);
        }
        let Data::Bool(truth) = condition.data else { return fault("the condition is null") };
        // A branch that is not taken may fail at what it would only do if it were; its type is then not asked for.
        let (taken, other) = if truth { (then?, otherwise) } else { (otherwise?, then) };
        let Ok(other) = other else { return Ok(taken) };
        match taken.type_of().unified(&other.type_of()) {
            Some(of) if taken.doubt().is_none() => convert(&taken, &of).or(Ok(taken)),
            None if taken.type_of().is_primitive() && other.type_of().is_primitive() => text(&taken),
            _ => Ok(taken),
        }
    }

    fn call(&self, call: &FuncCall) -> Evaluated {
        let name = call.name.name.as_str();
        let core = match &call.name.namespace[..] {
            [] => true,
            [only] => only.as_str() == "core",
            _ => false,
        };
        if !core {
            return Ok(unknown(format!("{name}()"), "functions of providers are not computed here"));
        }
        match name {
            "try" => {
                for argument in call.args.iter() {
                    if let Ok(value) = self.value(argument) {
                        return Ok(value);
                    }
                }
                return fault("none of the expressions in try() has a value");
            }
            "can" => {
                let value = call.args.get(0).map(|argument| self.value(argument));
                return Ok(match value {
                    Some(Ok(value)) => value.doubt().unwrap_or_else(|| true.into()),
                    _ => false.into(),
                });
            }
            _ => {}
        }
        let mut arguments = call.args.iter().map(|argument| self.value(argument)).collect::<Result<Vec<_>, _>>()?;
        if call.args.expand_final()
            && let Some(last) = arguments.pop()
        {
            match last.items() {
                Some(items) => arguments.extend(items.iter().cloned()),
                None if last.doubt().is_some() => return Ok(last.doubt().unwrap_or(last)),
                None => return fault("only a list can be expanded with `...`"),
            }
        }
        functions::call(self, name, arguments)
    }

    fn looped(&self, looping: &ForExpr) -> Evaluated {
        let collection = self.value(&looping.intro.collection_expr)?;
        if let Some(doubt) = collection.doubt() {
            return Ok(doubt);
        }
        let pairs = pairs(&collection)?;
        self.names.budget().spend(pairs.len())?;
        let (mut items, mut fields, mut groups) = (Vec::new(), Fields::new(), Vec::<(Arc<str>, Vec<Value>)>::new());
        for (key, value) in pairs {
            let intro = &looping.intro;
            let bound = Bound::pair(intro.key_var.as_deref(), key, &intro.value_var, value, self.bound);
            let scope = Scope { bound: Some(&bound), ..*self };
            if let Some(condition) = &looping.cond {
                let kept = convert(&scope.value(&condition.expr)?, &Type::Bool)?;
                match kept.data {
                    Data::Bool(true) => {}
                    Data::Bool(false) => continue,
                    _ => return Ok(kept.doubt().unwrap_or(kept)),
                }
            }
            let value = scope.value(&looping.value_expr)?;
            let Some(key) = &looping.key_expr else {
                items.push(value);
                continue;
            };
            let key = text(&scope.value(key)?)?;
            if let Some(doubt) = key.doubt() {
                return Ok(doubt);
            }
            let Some(key) = key.as_str() else { return fault("a key is null") };
            if !looping.grouping {
                if fields.insert(key.into(), value).is_some() {
                    return fault(format!("the key \"{key}\" occurs twice"));
                }
            } else if let Some((_, group)) = groups.iter_mut().find(|(name, _)| **name == *key) {
                group.push(value);
            } else {
                groups.push((key.into(), vec![value]));
            }
        }
        if looping.key_expr.is_none() {
            return Ok(Value::tuple(items));
        }
        fields.extend(groups.into_iter().map(|(name, group)| (name, Value::tuple(group))));
        Ok(Value::object(fields))
    }

    fn traversal(&self, traversal: &Traversal) -> Evaluated {
        let operators = &traversal.operators;
        let Expression::Variable(root) = &traversal.expr else {
            return self.follow(self.value(&traversal.expr)?, operators);
        };
        let leading = operators.iter().map_while(|operator| match operator.value() {
            TraversalOperator::GetAttr(name) => Some(name.as_str()),
            _ => None,
        });
        let path: Vec<&str> = leading.collect();
        let (value, used) = self.named(root.as_str(), &path)?;
        self.follow(value, operators.get(used..).unwrap_or_default())
    }

    fn follow(&self, mut value: Value, operators: &[Decorated<TraversalOperator>]) -> Evaluated {
        for (at, operator) in operators.iter().enumerate() {
            let rest = operators.get(at + 1..).unwrap_or_default();
            value = match operator.value() {
                TraversalOperator::GetAttr(name) => attribute(&value, name.as_str())?,
                TraversalOperator::LegacyIndex(index) => index_of(&value, &Value::from(Decimal::from(*index.value())))?,
                TraversalOperator::Index(index) => index_of(&value, &self.value(index)?)?,
                // `a.*.b.c` goes on for each element as long as attributes follow, `a[*]` with all that follows.
                TraversalOperator::AttrSplat(_) => {
                    let own = rest.iter().take_while(|next| matches!(next.value(), TraversalOperator::GetAttr(_)));
                    let own = own.count();
                    let (inner, outer) = rest.split_at_checked(own).unwrap_or((rest, &[]));
                    return self.follow(self.splat(&value, inner)?, outer);
                }
                TraversalOperator::FullSplat(_) => return self.splat(&value, rest),
            };
        }
        Ok(value)
    }

    fn splat(&self, value: &Value, rest: &[Decorated<TraversalOperator>]) -> Evaluated {
        if is_of_unknown_count(value) {
            return Ok(value.first_doubt().unwrap_or_else(Value::null));
        }
        if let Some(doubt) = value.doubt() {
            return Ok(doubt);
        }
        let items = match value.items() {
            Some(items) => items.to_vec(),
            None if value.is_null() => Vec::new(),
            None => vec![value.clone()],
        };
        let followed = items.into_iter().map(|item| self.follow(item, rest)).collect::<Result<Vec<_>, _>>()?;
        match &value.data {
            Data::List(..) | Data::Set(..) => {
                let (of, followed) = unify(followed)?;
                Ok(Value::list(of, followed))
            }
            _ => Ok(Value::tuple(followed)),
        }
    }

    fn truth_of(&self, operand: &Value, what: impl Fn(bool) -> bool) -> Evaluated {
        let operand = convert(operand, &Type::Bool)?;
        match operand.data {
            Data::Bool(truth) => Ok(what(truth).into()),
            _ => operand.doubt().map_or_else(|| fault("a boolean is needed, and this is null"), Ok),
        }
    }

    fn binary(&self, operator: BinaryOperator, left: Value, right: Value) -> Evaluated {
        let numbers = |what: fn(Decimal, Decimal) -> Option<Decimal>| {
            let both = [left.clone(), right.clone()];
            numeric(&both, |numbers| match numbers {
                [a, b] => what(*a, *b),
                _ => None,
            })
        };
        let compared = |what: fn(&Decimal, &Decimal) -> bool| {
            let (left, right) = (convert(&left, &Type::Number)?, convert(&right, &Type::Number)?);
            match (&left.data, &right.data) {
                (Data::Number(a), Data::Number(b)) => Ok(what(a, b).into()),
                _ => left.doubt().or_else(|| right.doubt()).map_or_else(|| fault("a number is null"), Ok),
            }
        };
        match operator {
            BinaryOperator::Eq => Ok(left.equals(&right)),
            BinaryOperator::NotEq => self.truth_of(&left.equals(&right), |truth| !truth),
            BinaryOperator::And | BinaryOperator::Or => {
                let (left, right) = (convert(&left, &Type::Bool)?, convert(&right, &Type::Bool)?);
                match (&left.data, &right.data) {
                    (Data::Bool(a), Data::Bool(b)) => {
                        Ok((if operator == BinaryOperator::And { *a && *b } else { *a || *b }).into())
                    }
                    _ => left.doubt().or_else(|| right.doubt()).map_or_else(|| fault("a boolean is null"), Ok),
                }
            }
            BinaryOperator::Less => compared(|a, b| a < b),
            BinaryOperator::LessEq => compared(|a, b| a <= b),
            BinaryOperator::Greater => compared(|a, b| a > b),
            BinaryOperator::GreaterEq => compared(|a, b| a >= b),
            BinaryOperator::Plus => numbers(|a, b| a.checked_add(b)),
            BinaryOperator::Minus => numbers(|a, b| a.checked_sub(b)),
            BinaryOperator::Mul => numbers(|a, b| a.checked_mul(b)),
            BinaryOperator::Div => numbers(|a, b| a.checked_div(b)),
            // What Terraform does, whatever it may mean.
            BinaryOperator::Mod => numbers(|a, b| if b.is_zero() { Some(a) } else { a.checked_rem(b) }),
        }
    }
}

/// Keys and values of what can be looped over: lists with their positions, sets with themselves, maps.
pub(super) fn pairs(collection: &Value) -> Result<Vec<(Value, Value)>, Fault> {
    match (&collection.data, collection.items(), collection.fields()) {
        (Data::Set(..), Some(items), _) => Ok(items.iter().map(|item| (item.clone(), item.clone())).collect()),
        (_, Some(items), _) => {
            Ok(items.iter().enumerate().map(|(at, item)| (Decimal::from(at).into(), item.clone())).collect())
        }
        (Data::Resource(..), ..) => fault("a resource cannot be looped over"),
        (_, _, Some(fields)) => Ok(fields.iter().map(|(name, value)| (Value::from(&**name), value.clone())).collect()),
        _ => fault(format!("{} cannot be looped over", collection.type_of())),
    }
}

/// Computes with numbers; what is not known makes the result unknown.
fn numeric(operands: &[Value], what: impl Fn(&[Decimal]) -> Option<Decimal>) -> Evaluated {
    let mut numbers = Vec::new();
    for operand in operands {
        let operand = convert(operand, &Type::Number)?;
        match operand.data {
            Data::Number(number) => numbers.push(number),
            _ => return operand.doubt().map_or_else(|| fault("a number is needed, and this is null"), Ok),
        }
    }
    what(&numbers).map_or_else(|| fault("the result is no number"), |number| Ok(number.into()))
}

/// `value.name`.
pub(super) fn attribute(value: &Value, name: &str) -> Evaluated {
    let further = |address: &Arc<str>, before: Option<&str>| {
        let attribute = before.map_or_else(|| name.to_owned(), |before| format!("{before}.{name}"));
        Value::from(Data::Reference(Reference { address: address.clone(), attribute: Some(attribute.into()) }))
    };
    match &value.data {
        Data::Resource(address, fields) => match fields.get(name) {
            Some(value) if !value.is_null() => Ok(value.clone().marked(value.sensitive)),
            _ => Ok(further(address, None)),
        },
        Data::Reference(reference) => Ok(further(&reference.address, reference.attribute.as_deref())),
        Data::Map(_, fields) | Data::Object(fields) => match fields.get(name) {
            Some(found) => Ok(found.clone().marked(value.sensitive)),
            None => fault(format!("there is no attribute \"{name}\"")),
        },
        _ => match value.doubt() {
            Some(doubt) => Ok(doubt),
            // Before Terraform 0.12 a number after a dot was an index.
            None if value.items().is_some() && name.parse::<u32>().is_ok() => index_of(value, &Value::from(name)),
            None => fault(format!("{} has no attribute \"{name}\"", value.type_of())),
        },
    }
}

/// `value[index]`.
fn index_of(value: &Value, index: &Value) -> Evaluated {
    if let Some(doubt) = index.doubt() {
        return Ok(doubt);
    }
    if is_of_unknown_count(value) {
        return Ok(value.clone());
    }
    if let Data::Reference(reference) = &value.data {
        let words = match &text(index)?.data {
            Data::String(index) => format!("{}[{index}]", reference.attribute.as_deref().unwrap_or_default()),
            _ => return fault("an index is null"),
        };
        let reference = Reference { address: reference.address.clone(), attribute: Some(words.into()) };
        return Ok(Data::Reference(reference).into());
    }
    if let (Data::List(..) | Data::Tuple(_), Some(items)) = (&value.data, value.items()) {
        let at = match convert(index, &Type::Number)?.data {
            Data::Number(number) if number.is_integer() => number.to_usize(),
            _ => return fault("an index is a whole number"),
        };
        let item = at.and_then(|at| items.get(at));
        return item.map_or_else(
            || fault(format!("there are only {} elements", items.len())),
            |item| Ok(item.clone().marked(value.sensitive)),
        );
    }
    match value.doubt() {
        Some(doubt) => Ok(doubt),
        None if value.fields().is_some() => match text(index)?.as_str() {
            Some(name) => attribute(value, name),
            None => fault("an index is null"),
        },
        None => fault(format!("{} has no elements that can be named", value.type_of())),
    }
}

/// A resource of which it is not known how often it is made: any index means the one that stands for all.
fn is_of_unknown_count(value: &Value) -> bool {
    matches!(&value.data, Data::Resource(address, _) if address.ends_with("[*]"))
}

/// What a value that should be known whole comes to when it is not.
pub(super) fn doubt_in(values: &[Value]) -> Option<Value> {
    values.iter().find_map(Value::first_doubt)
}

/// The words for an expression that failed: its own text, shortened.
pub(super) fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = line.chars().take(80).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}
