//! The fields of a map in the decisions file.

use super::tree::{Data, Mistake, Node, Place};
use crate::glob::Glob;
use sekisho_model::closest;

/// The text of a scalar.
pub(super) fn scalar(node: &Node) -> Result<String, Mistake> {
    match &node.data {
        Data::Scalar { text, .. } if !node.is_empty() && !text.trim().is_empty() => Ok(text.trim().to_owned()),
        Data::Scalar { .. } => Err(node.place.mistake("nothing is written here; write a text or remove the line")),
        other => Err(node.place.mistake(format!("expected a text, found {other}"))),
    }
}

/// A pattern.
pub(super) fn glob(node: &Node) -> Result<Glob, Mistake> {
    Glob::new(&scalar(node)?).map_err(|error| node.place.mistake(error.to_string()))
}

/// A map's fields by name.
pub(super) struct Fields<'n> {
    place: Place,
    entries: &'n [(Node, Node)],
}

impl<'n> Fields<'n> {
    /// The fields of `node`, which should be a map such as `example`.
    pub(super) fn of(node: &'n Node, example: &str) -> Result<Self, Mistake> {
        match &node.data {
            Data::Map(entries) => Ok(Self { place: node.place, entries }),
            other => Err(node.place.mistake(format!("expected keys and values such as `{example}`, found {other}"))),
        }
    }

    pub(super) fn entries(&self) -> &'n [(Node, Node)] {
        self.entries
    }

    pub(super) fn get(&self, name: &str) -> Option<&'n Node> {
        let named = |key: &Node| matches!(&key.data, Data::Scalar { text, .. } if text == name);
        self.entries.iter().find(|(key, _)| named(key)).map(|(_, value)| value)
    }

    /// The text of a field, if the field is there.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Mistake> {
        self.get(name).map(scalar).transpose()
    }

    /// The text of a field that has to be there; `next` says what to write.
    pub(super) fn required(&self, name: &str, next: &str) -> Result<String, Mistake> {
        self.text(name)?.ok_or_else(|| self.place.mistake(format!("`{name}` is missing; {next}")))
    }

    /// A mistake for each key that is not one of `known`.
    pub(super) fn unknown_keys(&self, known: &[&str]) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        for (key, _) in self.entries {
            let Data::Scalar { text, .. } = &key.data else { continue };
            if !known.contains(&text.as_str()) {
                let next = match closest(text, known.iter().copied()) {
                    Some(close) => format!("did you mean `{close}`?"),
                    None => format!("known are {}", known.join(", ")),
                };
                mistakes.push(key.place.mistake(format!("`{text}` is not known here; {next}")));
            }
        }
        mistakes
    }
}
