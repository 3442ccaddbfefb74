//! A value that knows where it stands in its file.
//!
//! What a dialect's expressions come to, as far as it can be known before deployment. Three things are kept apart that a plain
//! document would mix up: what is not known ([`Node::Unknown`]), what is another declared resource ([`Node::Reference`], so that
//! joins work although its id does not exist yet), and texts woven from both ([`Node::Text`]).

use std::sync::Arc;

use sekisho_model::Unknown;

use crate::source::Span;

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Located {
    /// What it is.
    pub node: Node,
    /// Where it was written; none for what a default or a function made.
    pub span: Option<Span>,
    /// Whether the author marked it as secret (`NoEcho`): it is judged and never shown.
    pub sensitive: bool,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Null, or left out.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number.
    Double(f64),
    /// A text that is known whole.
    String(Arc<str>),
    /// A text of which parts are references or unknown; never nested.
    Text(Vec<Piece>),
    /// A list.
    List(Vec<Located>),
    /// A map in the order of the file.
    Map(Vec<Entry>),
    /// Another resource of the same reading, or an attribute of it.
    Reference(Reference),
    /// Not known before deployment, and why.
    Unknown(Arc<Unknown>),
}

/// One key of a map with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Arc<str>,
    /// Where the key stands.
    pub key_span: Option<Span>,
    /// Its value.
    pub value: Located,
}

/// A part of a [`Node::Text`].
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// As it stands.
    Literal(Arc<str>),
    /// An attribute of another resource.
    Reference(Reference),
    /// Not known.
    Unknown(Arc<Unknown>),
}

/// A reference to a declared resource.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// The [`crate::Declared::address`] of the other resource.
    pub address: Arc<str>,
    /// The attribute of `Fn::GetAtt`; none for `Ref`.
    pub attribute: Option<Arc<str>>,
}

impl Located {
    /// A value without a place.
    pub fn loose(node: Node) -> Self {
        Self { node, span: None, sensitive: false }
    }

    /// A value at a place.
    pub fn at(node: Node, span: Span) -> Self {
        Self { node, span: Some(span), sensitive: false }
    }

    /// The value under a key of a map.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.node {
            Node::Map(entries) => entries.iter().find(|entry| *entry.key == *key).map(|entry| &entry.value),
            _ => None,
        }
    }

    /// The elements of a list; none for anything else.
    pub fn items(&self) -> &[Self] {
        match &self.node {
            Node::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a string that is known whole.
    pub fn as_str(&self) -> Option<&str> {
        match &self.node {
            Node::String(text) => Some(text),
            _ => None,
        }
    }
}
