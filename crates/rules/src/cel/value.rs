//! Values while a condition is evaluated: borrowed from documents wherever possible.

use std::sync::Arc;

use sekisho_model::{Key, Map, Resource, Unknown, UnknownKind, Value};

/// A value during evaluation. Scalars are copied, texts and documents borrowed, what is computed is shared.
#[derive(Debug, Clone, Default)]
pub enum Val<'a> {
    /// Null, and everything absent.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Double(f64),
    /// A borrowed text.
    Str(&'a str),
    /// A computed text.
    Text(Arc<str>),
    /// A borrowed list or map.
    Ref(&'a Value),
    /// A related resource; its fields are `properties`, `attributes`, `tags`, `arn`, `name`, `type`, `account`, `region`.
    Resource(&'a Resource),
    /// A computed list.
    List(Arc<Vec<Val<'a>>>),
    /// A computed map.
    Map(Arc<Vec<(Key, Val<'a>)>>),
    /// A computed list or map without borrowed parts (decoded JSON).
    Owned(Arc<Value>),
    /// Not known, and why.
    Unknown(Arc<Unknown>),
}

/// A three-valued truth (Kleene).
#[derive(Debug, Clone, PartialEq)]
pub enum Truth {
    /// Holds.
    True,
    /// Does not hold.
    False,
    /// Depends on something that is not known.
    Unknown(Arc<Unknown>),
}

impl From<bool> for Truth {
    fn from(truth: bool) -> Self {
        if truth { Self::True } else { Self::False }
    }
}

impl<'a> From<Truth> for Val<'a> {
    fn from(truth: Truth) -> Self {
        match truth {
            Truth::True => Val::Bool(true),
            Truth::False => Val::Bool(false),
            Truth::Unknown(why) => Val::Unknown(why),
        }
    }
}

impl<'a> From<&'a Value> for Val<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Val::Null,
            Value::Bool(truth) => Val::Bool(*truth),
            Value::Int(number) => Val::Int(*number),
            Value::Double(number) => Val::Double(*number),
            Value::String(text) => Val::Str(text),
            Value::List(_) | Value::Map(_) => Val::Ref(value),
            Value::Unknown(why) => Val::Unknown(why.clone()),
        }
    }
}

impl From<Value> for Val<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Val::Null,
            Value::Bool(truth) => Val::Bool(truth),
            Value::Int(number) => Val::Int(number),
            Value::Double(number) => Val::Double(number),
            Value::String(text) => Val::Text(text.into()),
            Value::Unknown(why) => Val::Unknown(why),
            list_or_map => Val::Owned(Arc::new(list_or_map)),
        }
    }
}

impl<'a> From<bool> for Val<'a> {
    fn from(truth: bool) -> Self {
        Val::Bool(truth)
    }
}

/// An unknown that stems from the condition itself (a text where a number is needed), not from a read.
pub(crate) fn type_error<'a>(message: impl Into<String>) -> Val<'a> {
    Val::Unknown(Arc::new(Unknown {
        source: "condition".into(),
        kind: UnknownKind::Undetermined,
        message: message.into(),
    }))
}

impl<'a> Val<'a> {
    /// The text of a string value.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Val::Str(text) => Some(text),
            Val::Text(text) => Some(text),
            _ => None,
        }
    }

    /// As a condition: null is false, anything but a boolean is a mistake and therefore unknown.
    pub fn truth(&self) -> Truth {
        match self {
            Val::Bool(truth) => (*truth).into(),
            Val::Null => Truth::False,
            Val::Unknown(why) => Truth::Unknown(why.clone()),
            other => match type_error(format!("expected true or false, found {}", other.kind())) {
                Val::Unknown(why) => Truth::Unknown(why),
                _ => Truth::False,
            },
        }
    }

    /// Whether it is unknown.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Val::Unknown(_))
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Val::Null)
    }

    /// The number, if it is one.
    pub(crate) fn as_double(&self) -> Option<f64> {
        match self {
            Val::Int(number) => Some(*number as f64),
            Val::Double(number) => Some(*number),
            _ => None,
        }
    }

    /// What to call it in a message.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Val::Null => "null",
            Val::Bool(_) => "a boolean",
            Val::Int(_) | Val::Double(_) => "a number",
            Val::Str(_) | Val::Text(_) => "a text",
            Val::Ref(Value::List(_)) | Val::List(_) => "a list",
            Val::Owned(value) if value.as_list().is_some() => "a list",
            Val::Ref(_) | Val::Map(_) | Val::Owned(_) => "a map",
            Val::Resource(_) => "a resource",
            Val::Unknown(_) => "an unknown value",
        }
    }

    /// The field `key`: null where there is none, at any depth.
    pub(crate) fn field(&self, key: &str) -> Val<'a> {
        match self {
            Val::Ref(value) => value.get(key).map_or(Val::Null, Val::from),
            Val::Resource(resource) => resource_field(resource, key),
            Val::Map(entries) => {
                entries.iter().find(|(name, _)| **name == *key).map_or(Val::Null, |(_, value)| value.clone())
            }
            Val::Owned(value) => value.get(key).map_or(Val::Null, |value| Val::from(value.clone())),
            Val::Unknown(why) => Val::Unknown(why.clone()),
            _ => Val::Null,
        }
    }

    /// What stands below a path of fields. Most of what judging does: steps through a document make no value on the way.
    pub(crate) fn below(&self, keys: &[Key]) -> Val<'a> {
        let Val::Ref(document) = self else {
            let mut keys = keys.iter();
            let first = keys.next().map_or_else(|| self.clone(), |key| self.field(key));
            return keys.fold(first, |value, key| value.field(key));
        };
        let mut value: &'a Value = document;
        for key in keys {
            value = match value {
                Value::Map(map) => match map.get_shared(key) {
                    Some(found) => found,
                    None => return Val::Null,
                },
                Value::Unknown(why) => return Val::Unknown(why.clone()),
                _ => return Val::Null,
            };
        }
        Val::from(value)
    }

    /// The elements of a list, the keys of a map, nothing for null; `None` for what has no elements.
    pub(crate) fn elements(&self) -> Option<Elements<'a>> {
        Some(match self {
            Val::Null => Elements::Slice([].iter()),
            Val::Ref(Value::List(items)) => Elements::Slice(items.iter()),
            Val::Ref(Value::Map(map)) => {
                Elements::Computed(Arc::new(map.keys().map(|key| Val::Text(key.clone())).collect()), 0)
            }
            Val::List(items) => Elements::Computed(items.clone(), 0),
            Val::Map(entries) => {
                Elements::Computed(Arc::new(entries.iter().map(|(key, _)| Val::Text(key.clone())).collect()), 0)
            }
            Val::Owned(value) => match &**value {
                Value::List(items) => Elements::Computed(Arc::new(items.iter().cloned().map(Val::from).collect()), 0),
                Value::Map(map) => {
                    Elements::Computed(Arc::new(map.keys().map(|key| Val::Text(key.clone())).collect()), 0)
                }
                _ => return None,
            },
            _ => return None,
        })
    }

    /// How many elements or characters there are.
    pub(crate) fn size(&self) -> Option<usize> {
        Some(match self {
            Val::Null => 0,
            Val::Str(text) => text.chars().count(),
            Val::Text(text) => text.chars().count(),
            Val::Ref(Value::List(items)) => items.len(),
            Val::Ref(Value::Map(map)) => map.len(),
            Val::List(items) => items.len(),
            Val::Map(entries) => entries.len(),
            Val::Owned(value) => match &**value {
                Value::List(items) => items.len(),
                Value::Map(map) => map.len(),
                _ => return None,
            },
            _ => return None,
        })
    }

    /// A value of its own, for documents and evidence.
    pub fn to_value(&self) -> Value {
        match self {
            Val::Null => Value::Null,
            Val::Bool(truth) => Value::Bool(*truth),
            Val::Int(number) => Value::Int(*number),
            Val::Double(number) => Value::Double(*number),
            Val::Str(text) => Value::from(*text),
            Val::Text(text) => Value::from(&**text),
            Val::Ref(value) => (*value).clone(),
            Val::Resource(resource) => Value::from(resource.arn.as_str()),
            Val::List(items) => Value::List(items.iter().map(Val::to_value).collect()),
            Val::Map(entries) => {
                Value::Map(entries.iter().map(|(key, value)| (key.clone(), value.to_value())).collect::<Map>())
            }
            Val::Owned(value) => (**value).clone(),
            Val::Unknown(why) => Value::Unknown(why.clone()),
        }
    }
}

fn resource_field<'a>(resource: &'a Resource, key: &str) -> Val<'a> {
    match key {
        "properties" => Val::from(&resource.properties),
        "attributes" => Val::from(&resource.attributes),
        "tags" => Val::from(&resource.tags),
        "arn" => Val::Str(&resource.arn),
        "name" => Val::Str(&resource.name),
        "type" => Val::Str(&resource.type_name),
        "account" => Val::Str(&resource.account),
        "region" => Val::Str(&resource.region),
        _ => Val::Null,
    }
}

/// Iteration without copying borrowed lists.
pub(crate) enum Elements<'a> {
    Slice(std::slice::Iter<'a, Value>),
    Computed(Arc<Vec<Val<'a>>>, usize),
}

impl<'a> Iterator for Elements<'a> {
    type Item = Val<'a>;

    fn next(&mut self) -> Option<Val<'a>> {
        match self {
            Self::Slice(items) => items.next().map(Val::from),
            Self::Computed(items, at) => {
                let item = items.get(*at).cloned();
                *at += 1;
                item
            }
        }
    }
}
