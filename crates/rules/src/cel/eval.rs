//! Evaluation with three truth values.
//!
//! Errors do not exist at run time: whatever cannot be computed (text compared with a number, a division
//! by zero) is unknown, with a message, so that a mistake in a condition gives NOT_AVAILABLE and not a pass.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use sekisho_model::{Key, Timestamp, Value};
use smallvec::SmallVec;

use super::ast::{Arithmetic, Comparison, Expr, Loop, Root};
use super::compile::Program;
use super::functions::Function;
use super::value::{Truth, Val, type_error};
use crate::inventory::Inventory;

/// Lists that a condition builds may not grow beyond this; a hostile pack could otherwise exhaust memory.
const LIST_MAX: usize = 10_000_000;

/// What an evaluation may look at: documents that live for `'a`, and the frame of this one evaluation (`'r`).
#[derive(Clone, Copy)]
pub struct Env<'a, 'r> {
    /// The values of the program's root names, in the order of compilation.
    pub roots: &'r [Val<'a>],
    /// The time that ages are counted from.
    pub now: Timestamp,
    /// Account, Region and partition of what is judged or shaped.
    pub account: &'r str,
    /// See `account`.
    pub region: &'r str,
    /// See `account`.
    pub partition: &'r str,
    /// The other resources; `None` while shaping.
    pub inventory: Option<&'r Inventory<'a>>,
    /// Whether "true" equals true and "443" equals 443: a declaration may write either, and CloudFormation converts.
    pub converts: bool,
}

/// One evaluation: what it looks at, and the values that its macros have bound so far.
pub(crate) struct Frame<'a, 'r> {
    env: &'r Env<'a, 'r>,
    locals: SmallVec<[Val<'a>; 4]>,
}

impl<'a, 'r> Frame<'a, 'r> {
    /// A frame with room for the locals of `program`.
    pub(crate) fn new(program: &Program, env: &'r Env<'a, 'r>) -> Self {
        let mut locals = SmallVec::new();
        if program.locals > 0 {
            locals.resize(program.locals, Val::Null);
        }
        Self { env, locals }
    }

    /// `value` as a condition.
    fn truth(&self, value: &Val<'a>) -> Truth {
        match value.as_str() {
            Some(text) if self.env.converts && text.eq_ignore_ascii_case("true") => Truth::True,
            Some(text) if self.env.converts && text.eq_ignore_ascii_case("false") => Truth::False,
            _ => value.truth(),
        }
    }

    /// What a path starts from.
    pub(crate) fn root(&self, root: Root) -> Option<&Val<'a>> {
        match root {
            Root::Variable(slot) => self.env.roots.get(slot),
            Root::Local(slot) => self.locals.get(slot),
        }
    }

    /// Two values that are to be compared: each that is a text read as the other's kind, where it can be and has to be.
    fn read(&self, left: &Val<'a>, right: &Val<'a>) -> (Option<Val<'a>>, Option<Val<'a>>) {
        if !self.env.converts {
            return (None, None);
        }
        let read = |text: &Val<'a>, other| text.as_str().and_then(|text| read_as(text, other));
        (read(left, right), read(right, left))
    }
}

/// A text as a boolean or number, if `other` is one and the text can be read so.
fn read_as<'a>(text: &str, other: &Val<'_>) -> Option<Val<'a>> {
    match other {
        Val::Bool(_) if text.eq_ignore_ascii_case("true") => Some(Val::Bool(true)),
        Val::Bool(_) if text.eq_ignore_ascii_case("false") => Some(Val::Bool(false)),
        Val::Int(_) | Val::Double(_) => text.parse().map(Val::Int).ok().or_else(|| text.parse().map(Val::Double).ok()),
        _ => None,
    }
}

impl<'a, 'r> Env<'a, 'r> {
    /// An environment over `roots` at `now`, without place or inventory.
    pub fn new(roots: &'r [Val<'a>], now: Timestamp) -> Self {
        Self { roots, now, account: "", region: "", partition: "aws", inventory: None, converts: false }
    }
}

impl Program {
    /// The value of the program.
    pub fn value<'a>(&'a self, env: &Env<'a, '_>) -> Val<'a> {
        eval(&self.expr, &mut Frame::new(self, env))
    }

    /// The value as a condition.
    pub fn truth<'a>(&'a self, env: &Env<'a, '_>) -> Truth {
        truth_of(&self.expr, &mut Frame::new(self, env))
    }
}

/// The value of an expression as a condition.
pub(crate) fn truth_of<'a>(expr: &'a Expr, frame: &mut Frame<'a, '_>) -> Truth {
    let value = eval(expr, frame);
    frame.truth(&value)
}

pub(crate) fn eval<'a>(expr: &'a Expr, frame: &mut Frame<'a, '_>) -> Val<'a> {
    match expr {
        Expr::Literal(value) => Val::from(value),
        Expr::Path { root, keys } => frame.root(*root).map_or(Val::Null, |base| base.below(keys)),
        Expr::Field(inner, key) => eval(inner, frame).field(key),
        Expr::Has(inner, key) => has(&eval(inner, frame), key),
        Expr::Index(container, index) => {
            let container = eval(container, frame);
            indexed(&container, &eval(index, frame))
        }
        Expr::Not(inner) => match truth_of(inner, frame) {
            Truth::True => Val::Bool(false),
            Truth::False => Val::Bool(true),
            Truth::Unknown(why) => Val::Unknown(why),
        },
        Expr::Negate(inner) => negate(&eval(inner, frame)),
        Expr::And(left, right) => and(truth_of(left, frame), || truth_of(right, frame)).into(),
        Expr::Or(left, right) => or(truth_of(left, frame), || truth_of(right, frame)).into(),
        Expr::Conditional(three) => {
            let [condition, then, otherwise] = &**three;
            match truth_of(condition, frame) {
                Truth::True => eval(then, frame),
                Truth::False => eval(otherwise, frame),
                Truth::Unknown(why) => Val::Unknown(why),
            }
        }
        Expr::Compare(comparison, left, right) => {
            let (left, right) = (eval(left, frame), eval(right, frame));
            let (left_read, right_read) = frame.read(&left, &right);
            compare(*comparison, left_read.as_ref().unwrap_or(&left), right_read.as_ref().unwrap_or(&right))
        }
        Expr::In(item, container) => {
            let item = eval(item, frame);
            let container = eval(container, frame);
            contained(frame, &item, &container).into()
        }
        Expr::Arithmetic(operation, left, right) => {
            let left = eval(left, frame);
            arithmetic(*operation, &left, &eval(right, frame))
        }
        Expr::Loop { kind, range, local, filter, body } => {
            run_loop(*kind, range, *local, filter.as_deref(), body, frame)
        }
        Expr::Matches(text, regex) => match eval(text, frame) {
            Val::Null => Val::Bool(false),
            Val::Unknown(why) => Val::Unknown(why),
            text => text
                .as_str()
                .map_or_else(|| type_error("`matches` needs a text"), |text| Val::Bool(regex.is_match(text))),
        },
        Expr::Call(function, args) => called(function, args, frame),
        Expr::List(items) => Val::List(Arc::new(items.iter().map(|item| eval(item, frame)).collect())),
        Expr::Map(entries) => map_literal(entries, frame),
    }
}

fn called<'a>(function: &'static Function, args: &'a [Expr], frame: &mut Frame<'a, '_>) -> Val<'a> {
    let env = frame.env;
    match args {
        [one] => function.call(env, &[eval(one, frame)]),
        [one, two] => function.call(env, &[eval(one, frame), eval(two, frame)]),
        more => {
            let args: SmallVec<[Val<'a>; 4]> = more.iter().map(|arg| eval(arg, frame)).collect();
            function.call(env, &args)
        }
    }
}

pub(crate) fn bind<'a>(frame: &mut Frame<'a, '_>, local: usize, value: Val<'a>) {
    if let Some(slot) = frame.locals.get_mut(local) {
        *slot = value;
    }
}

fn map_literal<'a>(entries: &'a [(Expr, Expr)], frame: &mut Frame<'a, '_>) -> Val<'a> {
    let mut fields: Vec<(Key, Val<'a>)> = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        match eval(key, frame) {
            Val::Unknown(why) => return Val::Unknown(why),
            key => match key.as_str() {
                Some(key) if fields.iter().any(|(known, _)| **known == *key) => {
                    return type_error(format!("the key `{key}` is there twice in a map"));
                }
                Some(key) => fields.push((key.into(), eval(value, frame))),
                None => return type_error("map keys are texts"),
            },
        }
    }
    Val::Map(Arc::new(fields))
}

fn has<'a>(value: &Val<'a>, key: &str) -> Val<'a> {
    match value.field(key) {
        Val::Unknown(why) => Val::Unknown(why),
        found => Val::Bool(!found.is_null()),
    }
}

fn indexed<'a>(container: &Val<'a>, index: &Val<'a>) -> Val<'a> {
    match (container, index) {
        (Val::Unknown(why), _) | (_, Val::Unknown(why)) => Val::Unknown(why.clone()),
        // Whole numbers are indexes whatever their type, as in CEL. The keys of maps are texts.
        (_, Val::Double(at)) if at.trunc() == *at && at.abs() < i64::MAX as f64 => {
            indexed(container, &Val::Int(*at as i64))
        }
        (_, Val::Int(_)) if container.kind() == "a map" => Val::Null,
        (_, Val::Int(at)) => match (usize::try_from(*at), container.elements()) {
            (Ok(at), Some(elements)) => nth(elements, at),
            (Err(_), Some(_)) => Val::Null,
            (_, None) => type_error(format!("{} has no elements", container.kind())),
        },
        (_, key) => {
            key.as_str().map_or_else(|| type_error("an index is a whole number or a text"), |key| container.field(key))
        }
    }
}

/// The element at a place; an unknown element before it may stand for none or many.
fn nth<'a>(mut elements: impl Iterator<Item = Val<'a>>, at: usize) -> Val<'a> {
    elements.by_ref().take(at).find(Val::is_unknown).or_else(|| elements.next()).unwrap_or_default()
}

fn negate<'a>(value: &Val<'a>) -> Val<'a> {
    match value {
        Val::Int(number) => number.checked_neg().map_or_else(|| type_error("number out of range"), Val::Int),
        Val::Double(number) => Val::Double(-number),
        Val::Null => Val::Null,
        Val::Unknown(why) => Val::Unknown(why.clone()),
        other => type_error(format!("cannot negate {}", other.kind())),
    }
}

pub(crate) fn and(left: Truth, right: impl FnOnce() -> Truth) -> Truth {
    match left {
        Truth::False => Truth::False,
        Truth::True => right(),
        Truth::Unknown(why) => match right() {
            Truth::False => Truth::False,
            _ => Truth::Unknown(why),
        },
    }
}

pub(crate) fn or(left: Truth, right: impl FnOnce() -> Truth) -> Truth {
    match left {
        Truth::True => Truth::True,
        Truth::False => right(),
        Truth::Unknown(why) => match right() {
            Truth::True => Truth::True,
            _ => Truth::Unknown(why),
        },
    }
}

fn compare<'a>(comparison: Comparison, left: &Val<'a>, right: &Val<'a>) -> Val<'a> {
    match comparison {
        Comparison::Equal => equal(left, right).into(),
        Comparison::NotEqual => match equal(left, right) {
            Truth::True => Val::Bool(false),
            Truth::False => Val::Bool(true),
            Truth::Unknown(why) => Val::Unknown(why),
        },
        _ => match order(left, right) {
            Ok(Some(order)) => Val::Bool(match comparison {
                Comparison::Less => order == Ordering::Less,
                Comparison::LessEqual => order != Ordering::Greater,
                Comparison::Greater => order == Ordering::Greater,
                _ => order != Ordering::Less,
            }),
            // Null and NaN are neither less nor greater than anything.
            Ok(None) => Val::Bool(false),
            Err(unknown) => unknown,
        },
    }
}

/// The order of two values; `None` where one is null (or NaN), an unknown where they cannot be ordered.
fn order<'a>(left: &Val<'a>, right: &Val<'a>) -> Result<Option<Ordering>, Val<'a>> {
    match (left, right) {
        (Val::Unknown(why), _) | (_, Val::Unknown(why)) => Err(Val::Unknown(why.clone())),
        (Val::Null, _) | (_, Val::Null) => Ok(None),
        (Val::Int(a), Val::Int(b)) => Ok(Some(a.cmp(b))),
        (Val::Bool(a), Val::Bool(b)) => Ok(Some(a.cmp(b))),
        _ => match (left.as_double(), right.as_double(), left.as_str(), right.as_str()) {
            (Some(a), Some(b), ..) => Ok(a.partial_cmp(&b)),
            (.., Some(a), Some(b)) => Ok(Some(a.cmp(b))),
            _ => Err(type_error(format!("cannot order {} and {}", left.kind(), right.kind()))),
        },
    }
}

pub(crate) fn equal(left: &Val<'_>, right: &Val<'_>) -> Truth {
    match (left, right) {
        (Val::Unknown(why), _) | (_, Val::Unknown(why)) => Truth::Unknown(why.clone()),
        (Val::Null, Val::Null) => Truth::True,
        (Val::Bool(a), Val::Bool(b)) => (a == b).into(),
        (Val::Int(a), Val::Int(b)) => (a == b).into(),
        _ => {
            if let (Some(a), Some(b)) = (left.as_str(), right.as_str()) {
                return (a == b).into();
            }
            if let (Some(a), Some(b)) = (left.as_double(), right.as_double()) {
                return (a == b).into();
            }
            if let (Val::Resource(a), Val::Resource(b)) = (left, right) {
                return std::ptr::eq(*a, *b).into();
            }
            let kinds = (left.kind(), right.kind());
            if !matches!(kinds, ("a list", "a list") | ("a map", "a map")) {
                return Truth::False;
            }
            equal_documents(&document(left), &document(right))
        }
    }
}

fn document<'v>(value: &'v Val<'_>) -> Cow<'v, Value> {
    match value {
        Val::Ref(document) => Cow::Borrowed(document),
        Val::Owned(document) => Cow::Borrowed(document),
        other => Cow::Owned(other.to_value()),
    }
}

fn equal_documents(left: &Value, right: &Value) -> Truth {
    let every = |pairs: &mut dyn Iterator<Item = Truth>| pairs.fold(Truth::True, |all, pair| and(all, || pair));
    match (left, right) {
        (Value::Unknown(why), _) | (_, Value::Unknown(why)) => Truth::Unknown(why.clone()),
        // An unknown element may stand for none or many (a filter that could not decide, a refused list).
        (Value::List(a), Value::List(b)) if let Some(why) = a.iter().chain(b).find_map(Value::as_unknown) => {
            Truth::Unknown(why.clone())
        }
        (Value::List(a), Value::List(b)) if a.len() == b.len() => {
            every(&mut a.iter().zip(b).map(|(a, b)| equal_documents(a, b)))
        }
        (Value::Map(a), Value::Map(b)) if a.len() == b.len() => {
            every(&mut a.iter().map(|(key, a)| b.get(key).map_or(Truth::False, |b| equal_documents(a, b))))
        }
        (Value::List(_) | Value::Map(_), _) | (_, Value::List(_) | Value::Map(_)) => Truth::False,
        _ => equal(&Val::from(left), &Val::from(right)),
    }
}

fn contained<'a>(frame: &Frame<'a, '_>, item: &Val<'a>, container: &Val<'a>) -> Truth {
    match (item, container) {
        (Val::Unknown(why), _) | (_, Val::Unknown(why)) => Truth::Unknown(why.clone()),
        (Val::Null, _) => Truth::False,
        _ => {
            let Some(elements) = container.elements() else {
                return type_error(format!("`in` needs a list or a map, found {}", container.kind())).truth();
            };
            let mut found = Truth::False;
            for element in elements {
                let (item_read, element_read) = frame.read(item, &element);
                let (item, element) = (item_read.as_ref().unwrap_or(item), element_read.as_ref().unwrap_or(&element));
                found = or(found, || equal(item, element));
                if found == Truth::True {
                    break;
                }
            }
            found
        }
    }
}

fn arithmetic<'a>(operation: Arithmetic, left: &Val<'a>, right: &Val<'a>) -> Val<'a> {
    match (left, right) {
        (Val::Unknown(why), _) | (_, Val::Unknown(why)) => Val::Unknown(why.clone()),
        (Val::Int(a), Val::Int(b)) => {
            let result = match operation {
                Arithmetic::Add => a.checked_add(*b),
                Arithmetic::Subtract => a.checked_sub(*b),
                Arithmetic::Multiply => a.checked_mul(*b),
                Arithmetic::Divide => a.checked_div(*b),
                Arithmetic::Modulo => a.checked_rem(*b),
            };
            result.map_or_else(|| type_error("number out of range, or division by zero"), Val::Int)
        }
        _ if operation == Arithmetic::Add => add(left, right),
        _ => match (left.as_double(), right.as_double()) {
            (Some(a), Some(b)) => match operation {
                Arithmetic::Subtract => Val::Double(a - b),
                Arithmetic::Multiply => Val::Double(a * b),
                Arithmetic::Divide => Val::Double(a / b),
                _ => type_error("% needs whole numbers"),
            },
            _ if left.is_null() || right.is_null() => Val::Null,
            _ => type_error(format!("cannot compute with {} and {}", left.kind(), right.kind())),
        },
    }
}

fn add<'a>(left: &Val<'a>, right: &Val<'a>) -> Val<'a> {
    if let (Some(a), Some(b)) = (left.as_str(), right.as_str()) {
        return Val::Text([a, b].concat().into());
    }
    if let (Some(a), Some(b)) = (left.as_double(), right.as_double()) {
        return Val::Double(a + b);
    }
    let is_list = |value: &Val<'_>| value.kind() == "a list";
    match (left, right) {
        (Val::Null, Val::Null) => Val::Null,
        // An absent list adds nothing; an absent text makes the whole text absent.
        (Val::Null, list) | (list, Val::Null) if is_list(list) => list.clone(),
        (Val::Null, _) | (_, Val::Null) => Val::Null,
        (a, b) if is_list(a) && is_list(b) => match (a.elements(), b.elements()) {
            (Some(a), Some(b)) => Val::List(Arc::new(a.chain(b).take(LIST_MAX).collect())),
            _ => Val::Null,
        },
        _ => type_error(format!("cannot add {} and {}", left.kind(), right.kind())),
    }
}

fn run_loop<'a>(
    kind: Loop,
    range: &'a Expr,
    local: usize,
    filter: Option<&'a Expr>,
    body: &'a Expr,
    frame: &mut Frame<'a, '_>,
) -> Val<'a> {
    let range = eval(range, frame);
    if let Val::Unknown(why) = range {
        return Val::Unknown(why);
    }
    let Some(elements) = range.elements() else {
        return type_error(format!("cannot loop over {}", range.kind()));
    };
    match kind {
        Loop::Exists | Loop::All => quantified(kind, elements, local, body, frame).into(),
        Loop::ExistsOne => exactly_one(elements, local, body, frame),
        Loop::Map | Loop::Filter => {
            let mut kept = Vec::new();
            for element in elements {
                if element.is_unknown() {
                    kept.push(element);
                    continue;
                }
                bind(frame, local, element.clone());
                let condition = if kind == Loop::Filter { Some(body) } else { filter };
                if let Some(condition) = condition {
                    match truth_of(condition, frame) {
                        Truth::True => {}
                        Truth::False => continue,
                        // An element that may or may not belong makes one unknown element of the result, so
                        // that a later exists or all stays three-valued.
                        Truth::Unknown(why) => {
                            kept.push(Val::Unknown(why));
                            continue;
                        }
                    }
                }
                kept.push(if kind == Loop::Filter { element } else { eval(body, frame) });
            }
            Val::List(Arc::new(kept))
        }
    }
}

fn quantified<'a>(
    kind: Loop,
    elements: impl Iterator<Item = Val<'a>>,
    local: usize,
    body: &'a Expr,
    frame: &mut Frame<'a, '_>,
) -> Truth {
    let stop = Truth::from(kind == Loop::Exists);
    let mut result = Truth::from(kind != Loop::Exists);
    for element in elements {
        let holds = element_truth(element, local, body, frame);
        result = if kind == Loop::Exists { or(result, || holds) } else { and(result, || holds) };
        if result == stop {
            break;
        }
    }
    result
}

/// The body's truth for one element; an element that is itself unknown (a refused list) decides nothing.
pub(crate) fn element_truth<'a>(element: Val<'a>, local: usize, body: &'a Expr, frame: &mut Frame<'a, '_>) -> Truth {
    match element {
        Val::Unknown(why) => Truth::Unknown(why),
        element => {
            bind(frame, local, element);
            truth_of(body, frame)
        }
    }
}

fn exactly_one<'a>(
    elements: impl Iterator<Item = Val<'a>>,
    local: usize,
    body: &'a Expr,
    frame: &mut Frame<'a, '_>,
) -> Val<'a> {
    let mut count = 0;
    let mut doubt = None;
    for element in elements {
        match element_truth(element, local, body, frame) {
            Truth::True => count += 1,
            Truth::False => {}
            Truth::Unknown(why) => doubt = Some(why),
        }
    }
    match doubt {
        Some(why) if count <= 1 => Val::Unknown(why),
        _ => Val::Bool(count == 1),
    }
}
