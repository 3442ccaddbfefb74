//! Values of Terraform's language: typed, partly unknown, and with their places.
//!
//! Three kinds of "not known yet" stay apart, as they do in [`crate::Located`]: an unknown with the expression that hides it,
//! an attribute that AWS gives to a declared resource ([`Data::Reference`]), and texts woven from both. A text that
//! `jsonencode` made of partly unknown parts keeps its structure ([`Data::Encoded`]), so that only what is unknown in a
//! policy is unknown in it.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use sekisho_model::{Unknown, UnknownKind};

use super::types::Type;
use crate::located::{Entry, Located, Node, Piece, Reference};
use crate::source::Span;

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) data: Data,
    pub(super) span: Option<Span>,
    pub(super) sensitive: bool,
}

/// The fields of maps and objects.
pub(super) type Fields = BTreeMap<Arc<str>, Value>;

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Data {
    Null(Type),
    Bool(bool),
    Number(Decimal),
    String(Arc<str>),
    List(Type, Arc<Vec<Value>>),
    /// Sorted, without doubles.
    Set(Type, Arc<Vec<Value>>),
    Tuple(Arc<Vec<Value>>),
    Map(Type, Arc<Fields>),
    Object(Arc<Fields>),
    /// A text of which parts are not known.
    Text(Arc<Vec<Piece>>),
    /// A text that is the JSON of something partly unknown.
    Encoded(Arc<Value>),
    /// A declared resource: what is written of it; its other attributes are references.
    Resource(Arc<str>, Arc<Fields>),
    /// An attribute that is known after deployment.
    Reference(Reference),
    Unknown(Arc<Unknown>, Type),
}

/// Why an expression has no value.
#[derive(Debug, Clone)]
pub(super) struct Fault(pub(super) String);

/// Shorthand of everything that is evaluated.
pub(super) type Evaluated = Result<Value, Fault>;

/// A fault with a text.
pub(super) fn fault<T>(words: impl Into<String>) -> Result<T, Fault> {
    Err(Fault(words.into()))
}

/// A value that is not known because of `expression`.
pub(super) fn unknown(expression: impl Into<String>, why: impl Into<String>) -> Value {
    let why = Unknown { source: expression.into(), kind: UnknownKind::Undetermined, message: why.into() };
    Data::Unknown(Arc::new(why), Type::Dynamic).into()
}

impl From<Data> for Value {
    fn from(data: Data) -> Self {
        Self { data, span: None, sensitive: false }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Data::String(text.into()).into()
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Data::String(text.into()).into()
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Data::Bool(truth).into()
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Data::Number(number.into()).into()
    }
}

impl From<Decimal> for Value {
    fn from(number: Decimal) -> Self {
        Data::Number(number).into()
    }
}

impl Value {
    pub(super) fn null() -> Self {
        Data::Null(Type::Dynamic).into()
    }

    pub(super) fn tuple(items: Vec<Self>) -> Self {
        Data::Tuple(Arc::new(items)).into()
    }

    pub(super) fn list(of: Type, items: Vec<Self>) -> Self {
        Data::List(of, Arc::new(items)).into()
    }

    pub(super) fn strings(items: impl IntoIterator<Item = String>) -> Self {
        Self::list(Type::String, items.into_iter().map(Self::from).collect())
    }

    pub(super) fn object(fields: Fields) -> Self {
        Data::Object(Arc::new(fields)).into()
    }

    /// A set of elements that have the type `of` already. With an unknown among them it cannot be told which are equal: they
    /// are all kept.
    pub(super) fn set(of: Type, mut items: Vec<Self>) -> Self {
        items.sort_by(Self::order);
        items.dedup_by(|a, b| a.order(b) == Ordering::Equal);
        Data::Set(of, Arc::new(items)).into()
    }

    pub(super) fn at(mut self, span: Option<Span>) -> Self {
        self.span = span;
        self
    }

    pub(super) fn marked(mut self, sensitive: bool) -> Self {
        self.sensitive |= sensitive;
        self
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.data, Data::Null(_))
    }

    /// Why the value itself, not what it holds, is not known.
    pub(super) fn doubt(&self) -> Option<Self> {
        match &self.data {
            Data::Unknown(..) => Some(self.clone()),
            Data::Reference(reference) => {
                Some(unknown(written(reference), "it is known after deployment").at(self.span))
            }
            Data::Text(pieces) => pieces.iter().find_map(|piece| match piece {
                Piece::Unknown(why) => Some(Data::Unknown(why.clone(), Type::String).into()),
                Piece::Reference(reference) => Some(unknown(written(reference), "it is known after deployment")),
                Piece::Literal(_) => None,
            }),
            Data::Encoded(inner) => inner.first_doubt(),
            _ => None,
        }
    }

    /// The first unknown in it, however deep.
    pub(super) fn first_doubt(&self) -> Option<Self> {
        match &self.data {
            Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => items.iter().find_map(Self::first_doubt),
            Data::Map(_, fields) | Data::Object(fields) => fields.values().find_map(Self::first_doubt),
            Data::Resource(address, _) => Some(unknown(&**address, "the resource is known after deployment")),
            _ => self.doubt(),
        }
    }

    /// The elements of a list, set or tuple.
    pub(super) fn items(&self) -> Option<&[Self]> {
        match &self.data {
            Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// The fields of a map or object.
    pub(super) fn fields(&self) -> Option<&Fields> {
        match &self.data {
            Data::Map(_, fields) | Data::Object(fields) | Data::Resource(_, fields) => Some(fields),
            _ => None,
        }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn type_of(&self) -> Type {
        let all = |items: &[Self]| items.iter().map(Self::type_of).collect();
        match &self.data {
            Data::Null(of) | Data::Unknown(_, of) => of.clone(),
            Data::Bool(_) => Type::Bool,
            Data::Number(_) => Type::Number,
            Data::String(_) | Data::Text(_) | Data::Encoded(_) => Type::String,
            Data::List(of, _) => Type::List(Box::new(of.clone())),
            Data::Set(of, _) => Type::Set(Box::new(of.clone())),
            Data::Map(of, _) => Type::Map(Box::new(of.clone())),
            Data::Tuple(items) => Type::Tuple(all(items)),
            Data::Object(fields) => {
                Type::Object(fields.iter().map(|(name, value)| (name.clone(), value.type_of().required())).collect())
            }
            Data::Resource(..) | Data::Reference(_) => Type::Dynamic,
        }
    }

    /// A total order: that of Terraform's sets for texts and numbers, some fixed one for the rest.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let rank = |value: &Self| match &value.data {
            Data::Null(_) => 0,
            Data::Bool(_) => 1,
            Data::Number(_) => 2,
            Data::String(_) => 3,
            Data::List(..) | Data::Set(..) | Data::Tuple(_) => 4,
            Data::Map(..) | Data::Object(_) => 5,
            Data::Resource(..) => 6,
            _ => 7,
        };
        match (&self.data, &other.data) {
            (Data::Bool(a), Data::Bool(b)) => a.cmp(b),
            (Data::Number(a), Data::Number(b)) => a.cmp(b),
            (Data::String(a), Data::String(b)) => a.cmp(b),
            (Data::Resource(a, _), Data::Resource(b, _)) => a.cmp(b),
            _ => match (self.items(), other.items(), self.fields(), other.fields()) {
                (Some(a), Some(b), ..) => {
                    let first = a.iter().zip(b).map(|(a, b)| a.order(b)).find(|order| order.is_ne());
                    first.unwrap_or_else(|| a.len().cmp(&b.len()))
                }
                (_, _, Some(a), Some(b)) => {
                    let keys = a.keys().cmp(b.keys());
                    keys.then_with(|| {
                        let mut orders = a.values().zip(b.values()).map(|(a, b)| a.order(b));
                        orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
                    })
                }
                _ if rank(self) == 7 && rank(other) == 7 => {
                    format!("{:?}", self.data).cmp(&format!("{:?}", other.data))
                }
                _ => rank(self).cmp(&rank(other)),
            },
        }
    }

    /// `==`: equal only if the types are, too.
    pub(super) fn equals(&self, other: &Self) -> Self {
        if self.is_null() || other.is_null() {
            // Even of an unknown it is not known whether it is null.
            let doubt = self.doubt().or_else(|| other.doubt());
            return doubt.unwrap_or_else(|| (self.is_null() && other.is_null()).into());
        }
        if let Some(doubt) = self.first_doubt().or_else(|| other.first_doubt()) {
            return doubt;
        }
        let same = self.order(other).is_eq() && self.type_of().unified(&other.type_of()).is_some();
        let kinds_match = std::mem::discriminant(&self.data) == std::mem::discriminant(&other.data);
        (same && kinds_match).into()
    }

    /// What the shaping of resources takes. Places outside `within` are those of other declarations and are left out.
    pub(super) fn located(&self, within: Span) -> Located {
        let inside = |span: &Span| span.file == within.file && span.start >= within.start && span.end <= within.end;
        let span = self.span.filter(inside);
        let list = |items: &[Self]| Node::List(items.iter().map(|item| item.located(within)).collect());
        let node = match &self.data {
            Data::Null(_) => Node::Null,
            Data::Bool(truth) => Node::Bool(*truth),
            Data::Number(number) => match number.is_integer().then(|| number.to_i64()).flatten() {
                Some(whole) => Node::Int(whole),
                None => Node::Double(number.to_f64().unwrap_or(f64::NAN)),
            },
            Data::String(text) => Node::String(text.clone()),
            Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => list(items),
            Data::Map(_, fields) | Data::Object(fields) => {
                let entry = |(key, value): (&Arc<str>, &Self)| Entry {
                    key: key.clone(),
                    key_span: value.span.filter(inside),
                    value: value.located(within),
                };
                Node::Map(fields.iter().map(entry).collect())
            }
            Data::Text(pieces) => structured(pieces).unwrap_or_else(|| Node::Text(pieces.to_vec())),
            Data::Encoded(inner) => return Located { span, ..inner.located(within) },
            Data::Resource(address, _) => Node::Reference(Reference { address: address.clone(), attribute: None }),
            Data::Reference(reference) => Node::Reference(reference.clone()),
            Data::Unknown(why, _) => Node::Unknown(why.clone()),
        };
        Located { node, span, sensitive: self.sensitive }
    }
}

/// A reference as people write it.
pub(super) fn written(reference: &Reference) -> String {
    match &reference.attribute {
        Some(attribute) => format!("{}.{attribute}", reference.address),
        None => reference.address.to_string(),
    }
}

/// A number as Terraform writes it: without an exponent, without zeros at the end.
pub(super) fn number_text(number: &Decimal) -> String {
    number.normalize().to_string()
}

/// Marks around the number of a piece: private letters, which no document has.
const PIECE_START: char = '\u{f8f0}';
const PIECE_END: char = '\u{f8f1}';

/// The JSON that a text is although parts of it are not known, so that only those parts are unknown in it.
fn structured(pieces: &[Piece]) -> Option<Node> {
    let Some(Piece::Literal(first)) = pieces.first() else { return None };
    if !first.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let text: String = pieces
        .iter()
        .enumerate()
        .map(|(at, piece)| match piece {
            Piece::Literal(literal) => literal.to_string(),
            _ => format!("{PIECE_START}{at}{PIECE_END}"),
        })
        .collect();
    let document: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(restored(&document, pieces).node)
}

fn restored(value: &serde_json::Value, pieces: &[Piece]) -> Located {
    let node = match value {
        serde_json::Value::Null => Node::Null,
        serde_json::Value::Bool(truth) => Node::Bool(*truth),
        serde_json::Value::Number(number) => {
            number.as_i64().map_or_else(|| Node::Double(number.as_f64().unwrap_or(f64::NAN)), Node::Int)
        }
        serde_json::Value::String(text) => restored_text(text, pieces),
        serde_json::Value::Array(items) => Node::List(items.iter().map(|item| restored(item, pieces)).collect()),
        serde_json::Value::Object(fields) => {
            let entry = |(key, value): (&String, &serde_json::Value)| Entry {
                key: key.as_str().into(),
                key_span: None,
                value: restored(value, pieces),
            };
            Node::Map(fields.iter().map(entry).collect())
        }
    };
    Located::loose(node)
}

fn restored_text(text: &str, pieces: &[Piece]) -> Node {
    let mut woven = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(PIECE_START) {
        let Some((number, further)) = after.split_once(PIECE_END) else { break };
        if !before.is_empty() {
            woven.push(Piece::Literal(before.into()));
        }
        woven.extend(number.parse().ok().and_then(|at: usize| pieces.get(at)).cloned());
        rest = further;
    }
    if woven.is_empty() {
        return Node::String(text.into());
    }
    if !rest.is_empty() {
        woven.push(Piece::Literal(rest.into()));
    }
    match <[Piece; 1]>::try_from(woven) {
        Ok([Piece::Reference(reference)]) => Node::Reference(reference),
        Ok([Piece::Unknown(why)]) => Node::Unknown(why),
        Ok([Piece::Literal(text)]) => Node::String(text),
        Err(woven) => Node::Text(woven),
    }
}
