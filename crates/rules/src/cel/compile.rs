//! From the text of a condition to the tree that is evaluated.

use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr as Parsed, IdedExpr, LiteralValue, SelectExpr, operators,
};
use cel::parser::Parser;
use sekisho_model::{Key, Map, Value, shared_key};

use super::ast::{Arithmetic, Comparison, Expr, Loop, Root, Uses};
use super::functions;

/// Conditions are written by people; this is far beyond the longest sensible one and keeps hostile packs harmless:
/// the parser recurses along chains like `a.b.b.b`, and 8,000 of them overflow a thread's stack of 2 MB.
const SOURCE_MAX_BYTES: usize = 4 * 1024;
const DEPTH_MAX: u16 = 64;
/// `1 + 1 + 1 ...` nests without brackets, which the parser does not count; evaluation would exhaust the stack.
const TREE_DEPTH_MAX: usize = 200;
/// A regular expression may not compile to more than this.
const REGEX_MAX_BYTES: usize = 1 << 18;

/// What is wrong with a condition, in one sentence with the next step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CompileError(pub String);

/// A condition ready to be evaluated.
#[derive(Debug)]
pub struct Program {
    pub(crate) expr: Expr,
    pub(crate) roots: Vec<String>,
    pub(crate) locals: usize,
    source: String,
}

impl Program {
    /// Compiles `source`, in which the names `roots` may be used; their order gives the slots of
    /// [`super::Env::roots`].
    ///
    /// # Errors
    /// [`CompileError`] for syntax errors, unknown names and functions, wrong numbers of arguments.
    pub fn compile(source: &str, roots: &[&str]) -> Result<Self, CompileError> {
        if source.len() > SOURCE_MAX_BYTES {
            return Err(CompileError(format!(
                "the condition is longer than {SOURCE_MAX_BYTES} bytes; move logic into a function"
            )));
        }
        let parsed = Parser::default().max_recursion_depth(DEPTH_MAX).parse(source).map_err(|errors| {
            let first = errors.errors.first().map(ToString::to_string).unwrap_or_default();
            CompileError(format!("not a CEL expression: {}", in_words(first.lines().next().unwrap_or_default())))
        })?;
        let mut compiler = Compiler { roots, scopes: Vec::new(), locals: 0, depth: 0 };
        let expr = compiler.expr(&parsed)?;
        Ok(Self {
            expr,
            roots: roots.iter().map(|name| (*name).to_owned()).collect(),
            locals: compiler.locals,
            source: source.to_owned(),
        })
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it reads.
    pub fn uses(&self) -> Uses {
        let mut uses = Uses::default();
        uses.collect(&self.expr, &self.roots);
        uses
    }
}

/// The parser's message (`ERROR: <input>:1:7: Syntax error: mismatched input ')' expecting {...}`) in words for people
/// who write conditions: its list of expected tokens is longer than most conditions.
fn in_words(message: &str) -> String {
    let plain = message.trim_start_matches("ERROR: ").trim_start_matches("<input>:");
    let mut parts = plain.splitn(3, ':');
    let (Some(line), Some(column), Some(what)) = (parts.next(), parts.next(), parts.next()) else {
        return plain.to_owned();
    };
    let at = format!("line {line}, column {column}");
    let what = what.trim().trim_start_matches("Syntax error: ");
    let token = what.split_once('\'').and_then(|(_, rest)| rest.rsplit_once('\'')).map(|(token, _)| token);
    match token.map(|token| token.split("' expecting").next().unwrap_or(token)) {
        Some("<EOF>") => format!("it ends at {at} in the middle of something; is a closing bracket or quote missing?"),
        Some(token) if !token.is_empty() => {
            format!("`{token}` at {at} does not belong there; docs/cel.md has examples")
        }
        _ => format!("{what} at {at}"),
    }
}

struct Compiler<'a> {
    roots: &'a [&'a str],
    /// Names bound by enclosing macros, innermost last, with their slots.
    scopes: Vec<(String, usize)>,
    locals: usize,
    /// How deep in the tree the compiler is.
    depth: usize,
}

type Compiled = Result<Expr, CompileError>;

fn fail<T>(text: impl Into<String>) -> Result<T, CompileError> {
    Err(CompileError(text.into()))
}

impl Compiler<'_> {
    fn expr(&mut self, parsed: &IdedExpr) -> Compiled {
        if self.depth >= TREE_DEPTH_MAX {
            return fail(format!("the condition chains more than {TREE_DEPTH_MAX} operators; use a list and a macro"));
        }
        self.depth += 1;
        let compiled = self.part(parsed);
        self.depth -= 1;
        compiled
    }

    fn part(&mut self, parsed: &IdedExpr) -> Compiled {
        match &parsed.expr {
            Parsed::Literal(literal) => Ok(Expr::Literal(constant(literal)?)),
            Parsed::Ident(name) => self.ident(name),
            Parsed::Select(select) => self.select(select),
            Parsed::Call(call) => self.call(call),
            Parsed::Comprehension(macro_call) => self.comprehension(macro_call),
            Parsed::List(list) => {
                Ok(folded_list(list.elements.iter().map(|element| self.expr(element)).collect::<Result<_, _>>()?))
            }
            Parsed::Map(map) => self.map(&map.entries),
            Parsed::Struct(message) => {
                fail(format!("`{}{{..}}` builds a message, which conditions do not have; use a map", message.type_name))
            }
            Parsed::Unspecified => fail("the condition is empty"),
        }
    }

    fn ident(&self, name: &str) -> Compiled {
        if let Some((_, slot)) = self.scopes.iter().rev().find(|(bound, _)| bound == name) {
            return Ok(Expr::Path { root: Root::Local(*slot), keys: Box::default() });
        }
        if let Some(slot) = self.roots.iter().position(|root| *root == name) {
            return Ok(Expr::Path { root: Root::Variable(slot), keys: Box::default() });
        }
        let known = self.roots.iter().copied().chain(self.scopes.iter().map(|(bound, _)| bound.as_str()));
        let hint = sekisho_model::closest(name, known).map_or_else(
            || format!("known names: {}", self.roots.join(", ")),
            |close| format!("did you mean `{close}`?"),
        );
        fail(format!("`{name}` is not a name here; {hint}"))
    }

    fn select(&mut self, select: &SelectExpr) -> Compiled {
        let operand = self.expr(&select.operand)?;
        let key: Key = shared_key(&select.field);
        if select.test {
            return Ok(Expr::Has(Box::new(operand), key));
        }
        Ok(match operand {
            Expr::Path { root, keys } => {
                let mut keys = keys.into_vec();
                keys.push(key);
                Expr::Path { root, keys: keys.into() }
            }
            other => Expr::Field(Box::new(other), key),
        })
    }

    fn map(&mut self, entries: &[cel::common::ast::IdedEntryExpr]) -> Compiled {
        let mut compiled = Vec::with_capacity(entries.len());
        for entry in entries {
            let EntryExpr::MapEntry(entry) = &entry.expr else {
                return fail("a map literal is written {\"key\": value}");
            };
            compiled.push((self.expr(&entry.key)?, self.expr(&entry.value)?));
        }
        let keys: Vec<&str> = compiled.iter().filter_map(|(key, _)| key.as_constant_text()).collect();
        if let Some(twice) =
            keys.iter().enumerate().find_map(|(at, key)| keys.iter().skip(at + 1).find(|other| *other == key))
        {
            return fail(format!("the key `{twice}` is there twice in a map; remove one"));
        }
        let constant = compiled.iter().map(|(key, value)| match (key, value) {
            (Expr::Literal(Value::String(key)), Expr::Literal(value)) => Some((Key::from(&**key), value.clone())),
            _ => None,
        });
        Ok(match constant.collect::<Option<Map>>() {
            Some(map) => Expr::Literal(Value::Map(map)),
            None => Expr::Map(compiled),
        })
    }

    fn call(&mut self, call: &CallExpr) -> Compiled {
        let mut args: Vec<Expr> = Vec::with_capacity(call.args.len() + 1);
        if let Some(target) = &call.target {
            args.push(self.expr(target)?);
        }
        for arg in &call.args {
            args.push(self.expr(arg)?);
        }
        if call.target.is_none()
            && let Some(operator) = operator(&call.func_name, &mut args)
        {
            return Ok(operator);
        }
        let name = call.func_name.as_str();
        if name == "matches" && args.len() == 2 {
            return self.matches(args);
        }
        let Some(function) = functions::find(name) else {
            let hint = sekisho_model::closest(name, functions::names())
                .map_or_else(|| "see docs/cel.md for the list".to_owned(), |close| format!("did you mean `{close}`?"));
            return fail(format!("there is no function `{name}`; {hint}"));
        };
        if !function.arity.contains(&args.len()) {
            let (least, most) = (function.arity.start(), function.arity.end());
            let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
            return fail(format!("`{name}` takes {wanted} arguments, here it has {}", args.len()));
        }
        if function.reads_type && args.first().and_then(Expr::as_constant_text).is_none() {
            return fail(format!(
                "the type in `{name}(..)` must be a constant, so that Sekisho knows what the control reads"
            ));
        }
        Ok(Expr::Call(function, args))
    }

    fn matches(&mut self, args: Vec<Expr>) -> Compiled {
        let mut args = args.into_iter();
        let (Some(text), Some(pattern)) = (args.next(), args.next()) else { return fail("`matches` takes a pattern") };
        let Some(pattern) = pattern.as_constant_text() else {
            return fail("the pattern of `matches` must be a constant");
        };
        let regex = regex::RegexBuilder::new(pattern).size_limit(REGEX_MAX_BYTES).build();
        match regex {
            Ok(regex) => Ok(Expr::Matches(Box::new(text), Box::new(regex))),
            Err(error) => fail(format!(
                "`{pattern}` is not a regular expression (RE2 syntax): {}",
                error.to_string().lines().last().unwrap_or_default().trim()
            )),
        }
    }

    /// The parser has expanded the macros into CEL's general loop; their shapes are recognised here, because
    /// a loop that knows it is an `exists` can stop early, be three-valued and say which element decided.
    fn comprehension(&mut self, parsed: &ComprehensionExpr) -> Compiled {
        let range = Box::new(self.expr(&parsed.iter_range)?);
        let Parsed::Call(step) = &parsed.loop_step.expr else { return fail("unsupported macro") };
        let (kind, filter, body) = match (step.func_name.as_str(), step.args.as_slice()) {
            (operators::LOGICAL_OR, [_, body]) => (Loop::Exists, None, body),
            (operators::LOGICAL_AND, [_, body]) => (Loop::All, None, body),
            (operators::ADD, [_, appended]) => (Loop::Map, None, single(appended)?),
            (operators::CONDITIONAL, [condition, then, _]) => match &then.expr {
                Parsed::Call(add) if matches!(parsed.accu_init.expr, Parsed::List(_)) => {
                    let [_, appended] = add.args.as_slice() else { return fail("unsupported macro") };
                    let element = single(appended)?;
                    match &element.expr {
                        Parsed::Ident(name) if *name == parsed.iter_var => (Loop::Filter, None, condition),
                        _ => (Loop::Map, Some(condition), element),
                    }
                }
                _ => (Loop::ExistsOne, None, condition),
            },
            _ => return fail("unsupported macro; use exists, all, exists_one, filter or map"),
        };
        let local = self.locals;
        self.locals += 1;
        self.scopes.push((parsed.iter_var.clone(), local));
        let filter = filter.map(|filter| self.expr(filter).map(Box::new)).transpose();
        let body = self.expr(body);
        self.scopes.pop();
        Ok(Expr::Loop { kind, range, local, filter: filter?, body: Box::new(body?) })
    }
}

fn single(appended: &IdedExpr) -> Result<&IdedExpr, CompileError> {
    match &appended.expr {
        Parsed::List(list) => list.elements.first().ok_or_else(|| CompileError("unsupported macro".into())),
        _ => fail("unsupported macro"),
    }
}

fn folded_list(items: Vec<Expr>) -> Expr {
    if items.iter().all(|item| matches!(item, Expr::Literal(_))) {
        let values = items.into_iter().filter_map(|item| match item {
            Expr::Literal(value) => Some(value),
            _ => None,
        });
        return Expr::Literal(Value::List(values.collect()));
    }
    Expr::List(items)
}

fn constant(literal: &LiteralValue) -> Result<Value, CompileError> {
    Ok(match literal {
        LiteralValue::Boolean(truth) => Value::Bool(*truth.inner()),
        LiteralValue::Int(number) => Value::Int(*number.inner()),
        LiteralValue::UInt(number) => {
            i64::try_from(*number.inner()).map_or_else(|_| Value::Double(*number.inner() as f64), Value::Int)
        }
        LiteralValue::Double(number) => Value::Double(*number.inner()),
        LiteralValue::String(text) => Value::from(text.inner()),
        LiteralValue::Null => Value::Null,
        LiteralValue::Bytes(_) => return fail("byte strings do not occur in documents; write a text"),
    })
}

fn operator(name: &str, args: &mut Vec<Expr>) -> Option<Expr> {
    let comparison = |comparison| move |a, b| Expr::Compare(comparison, a, b);
    let arithmetic = |operation| move |a, b| Expr::Arithmetic(operation, a, b);
    let binary: Box<dyn Fn(Box<Expr>, Box<Expr>) -> Expr> = match name {
        operators::LOGICAL_NOT => return one(args).map(|inner| Expr::Not(Box::new(inner))),
        operators::NEGATE => return one(args).map(negated),
        operators::CONDITIONAL => {
            let three: [Expr; 3] = std::mem::take(args).try_into().ok()?;
            return Some(Expr::Conditional(Box::new(three)));
        }
        operators::LOGICAL_AND => Box::new(Expr::And),
        operators::LOGICAL_OR => Box::new(Expr::Or),
        operators::EQUALS => Box::new(comparison(Comparison::Equal)),
        operators::NOT_EQUALS => Box::new(comparison(Comparison::NotEqual)),
        operators::LESS => Box::new(comparison(Comparison::Less)),
        operators::LESS_EQUALS => Box::new(comparison(Comparison::LessEqual)),
        operators::GREATER => Box::new(comparison(Comparison::Greater)),
        operators::GREATER_EQUALS => Box::new(comparison(Comparison::GreaterEqual)),
        operators::ADD => Box::new(arithmetic(Arithmetic::Add)),
        operators::SUBSTRACT => Box::new(arithmetic(Arithmetic::Subtract)),
        operators::MULTIPLY => Box::new(arithmetic(Arithmetic::Multiply)),
        operators::DIVIDE => Box::new(arithmetic(Arithmetic::Divide)),
        operators::MODULO => Box::new(arithmetic(Arithmetic::Modulo)),
        operators::IN => Box::new(Expr::In),
        operators::INDEX => Box::new(Expr::Index),
        _ => return None,
    };
    let right = args.pop()?;
    let left = args.pop()?;
    Some(binary(Box::new(left), Box::new(right)))
}

fn one(args: &mut Vec<Expr>) -> Option<Expr> {
    args.pop()
}

fn negated(inner: Expr) -> Expr {
    match inner {
        Expr::Literal(Value::Int(number)) if number != i64::MIN => Expr::Literal(Value::Int(-number)),
        Expr::Literal(Value::Double(number)) => Expr::Literal(Value::Double(-number)),
        other => Expr::Negate(Box::new(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_errors_say_where_and_what() {
        for (condition, words) in [
            (
                "properties.A == 1 && foo(",
                "not a CEL expression: it ends at line 1, column 26 in the middle of something",
            ),
            ("properties b", "not a CEL expression: `b` at line 1, column 12 does not belong there"),
            ("@", "not a CEL expression: `@` at line 1, column 1 does not belong there"),
        ] {
            let error = Program::compile(condition, &["properties"]).unwrap_err().to_string();
            assert!(error.starts_with(words), "{error}");
        }
    }
}
