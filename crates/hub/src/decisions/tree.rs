//! A YAML document with the place of every node, for errors that point at the mistake.
//!
//! Made from the parser's events rather than by a loader, because a file from elsewhere must not be able to
//! exhaust us: depth is capped, and anchors (whose aliases can multiply) are refused. Scalars stay text, so that
//! an account number keeps its leading zeros.

use std::fmt;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};
use sekisho_model::Value;

/// Deeper nesting than any decision needs.
const DEPTH_MAX: usize = 16;

/// Where something stands; both count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A mistake and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) place: Place,
    pub(super) text: String,
}

/// One node.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) data: Data,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Data {
    /// Text as written; whether it is plain, that is without quotes.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    /// Keys with their places, in the order of the file.
    Map(Vec<(Node, Node)>),
}

impl Place {
    fn of(marker: Marker) -> Self {
        Self { line: marker.line().max(1), column: marker.col() + 1 }
    }

    pub(super) fn mistake(self, text: impl Into<String>) -> Mistake {
        Mistake { place: self, text: text.into() }
    }
}

impl fmt::Display for Data {
    /// What it is, for "found ...".
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar { text, .. } if text.is_empty() => formatter.write_str("nothing"),
            Self::Scalar { text, .. } => write!(formatter, "`{}`", text.chars().take(60).collect::<String>()),
            Self::List(_) => formatter.write_str("a list"),
            Self::Map(_) => formatter.write_str("a map"),
        }
    }
}

impl Node {
    /// Whether nothing is written there.
    pub(super) fn is_empty(&self) -> bool {
        matches!(&self.data, Data::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null"))
    }

    /// As a property value: plain scalars by the YAML 1.2 core schema, the rest text.
    pub(super) fn value(&self) -> Value {
        match &self.data {
            Data::Scalar { text, plain: false } => Value::from(text.as_str()),
            Data::Scalar { text, plain: true } => match text.as_str() {
                "" | "~" | "null" => Value::Null,
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                text => number(text).unwrap_or_else(|| Value::from(text)),
            },
            Data::List(items) => Value::List(items.iter().map(Self::value).collect()),
            Data::Map(entries) => Value::Map(
                entries
                    .iter()
                    .filter_map(|(key, value)| match &key.data {
                        Data::Scalar { text, .. } => Some((text.as_str(), value.value())),
                        _ => None,
                    })
                    .collect(),
            ),
        }
    }
}

fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Value::Int(whole));
    }
    // Rust also reads "inf" and "nan", which are words here.
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse::<f64>().ok().filter(|_| numeric).map(Value::Double)
}

/// A collection that is still open.
struct Open {
    place: Place,
    is_map: bool,
    /// Items, or keys and values by turns.
    nodes: Vec<Node>,
}

impl Open {
    fn close(self) -> Result<Node, Mistake> {
        if !self.is_map {
            return Ok(Node { place: self.place, data: Data::List(self.nodes) });
        }
        let mut entries: Vec<(Node, Node)> = Vec::with_capacity(self.nodes.len() / 2);
        let mut nodes = self.nodes.into_iter();
        while let (Some(key), Some(value)) = (nodes.next(), nodes.next()) {
            if !matches!(key.data, Data::Scalar { .. }) {
                return Err(key.place.mistake(format!("a key must be a name, this is {}", key.data)));
            }
            if let Some((first, _)) = entries.iter().find(|(known, _)| known.data == key.data) {
                let line = first.place.line;
                return Err(key
                    .place
                    .mistake(format!("{} is there twice, first on line {line}; remove one", key.data)));
            }
            entries.push((key, value));
        }
        Ok(Node { place: self.place, data: Data::Map(entries) })
    }
}

/// Parses one document; `None` for an empty one.
pub(super) fn parse(text: &str) -> Result<Option<Node>, Mistake> {
    let mut parser = Parser::new_from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    let mut documents = 0;
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            Place::of(*error.marker())
                .mistake(format!("this is not YAML: {}; check indentation, quotes and colons", error.info()))
        })?;
        let place = Place::of(span.start);
        let no_anchor = |anchor: usize| match anchor {
            0 => Ok(()),
            _ => Err(place.mistake("anchors (&name) are not used here; write the value out")),
        };
        let node = match event {
            Event::StreamEnd => break,
            Event::Alias(_) => return Err(place.mistake("aliases (*name) are not used here; write the value out")),
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return Err(place.mistake("there is more than one document; keep one and remove the `---`"));
                }
                continue;
            }
            Event::Scalar(text, style, anchor, _) => {
                no_anchor(anchor)?;
                Node { place, data: Data::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain } }
            }
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) if open.len() >= DEPTH_MAX => {
                no_anchor(anchor)?;
                return Err(place.mistake(format!("nested deeper than {DEPTH_MAX} levels; no decision needs that")));
            }
            Event::SequenceStart(anchor, _) => {
                no_anchor(anchor)?;
                open.push(Open { place, is_map: false, nodes: Vec::new() });
                continue;
            }
            Event::MappingStart(anchor, _) => {
                no_anchor(anchor)?;
                open.push(Open { place, is_map: true, nodes: Vec::new() });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(collection) => collection.close()?,
                None => continue,
            },
            _ => continue,
        };
        match open.last_mut() {
            Some(outer) => outer.nodes.push(node),
            None => root = Some(node),
        }
    }
    Ok(root.filter(|node| !node.is_empty()))
}
