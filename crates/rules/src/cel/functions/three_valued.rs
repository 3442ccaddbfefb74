//! Questions to documents some part of which may not be known.
//!
//! A policy with one unreadable statement can still be known to be public (another statement says so), but
//! never known to be harmless. So the functions that look inside documents answer with a [`Truth`], built
//! from the helpers here; what is not known stays not known under every field below it.

use std::sync::Arc;

use sekisho_model::{Key, Unknown, Value};

use super::super::eval::{and, or};
use super::super::value::{Truth, Val};

/// The field `key`; the unknown itself below an unknown.
pub(super) fn field<'v>(value: Option<&'v Value>, key: &str) -> Option<&'v Value> {
    match value? {
        Value::Unknown(_) => value,
        known => known.get(key),
    }
}

/// Whether something is there; null is nothing.
pub(super) fn present(value: Option<&Value>) -> Truth {
    match value {
        None | Some(Value::Null) => Truth::False,
        Some(Value::Unknown(why)) => Truth::Unknown(why.clone()),
        Some(_) => Truth::True,
    }
}

/// One value or a list of them, as AWS documents allow both.
pub(super) fn each(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (one, many) = match value {
        Some(Value::List(items)) => (None, &**items),
        other => (other, [].as_slice()),
    };
    one.into_iter().chain(many)
}

/// Whether the value is a text for which `holds`.
pub(super) fn text_is(value: Option<&Value>, holds: impl Fn(&str) -> bool) -> Truth {
    match value {
        Some(Value::String(text)) => holds(text).into(),
        Some(Value::Unknown(why)) => Truth::Unknown(why.clone()),
        _ => Truth::False,
    }
}

/// Whether `holds` for one of the values.
pub(super) fn any<T>(values: impl IntoIterator<Item = T>, holds: impl Fn(T) -> Truth) -> Truth {
    let mut found = Truth::False;
    for value in values {
        found = or(found, || holds(value));
        if found == Truth::True {
            break;
        }
    }
    found
}

/// Whether `holds` for each of the values.
pub(super) fn all<T>(values: impl IntoIterator<Item = T>, holds: impl Fn(T) -> Truth) -> Truth {
    let mut found = Truth::True;
    for value in values {
        found = and(found, || holds(value));
        if found == Truth::False {
            break;
        }
    }
    found
}

/// Whether one of the texts in a text or list fulfils `holds`.
pub(super) fn any_text(value: Option<&Value>, holds: impl Fn(&str) -> bool) -> Truth {
    any(each(value), |item| text_is(Some(item), &holds))
}

/// Whether `holds` for an entry of a map.
pub(super) fn any_entry(value: Option<&Value>, holds: impl Fn(&Key, &Value) -> Truth) -> Truth {
    match value {
        Some(Value::Map(map)) => any(map.iter(), |(key, value)| holds(key, value)),
        Some(Value::Unknown(why)) => Truth::Unknown(why.clone()),
        _ => Truth::False,
    }
}

/// Kleene's negation.
pub(super) fn not(truth: Truth) -> Truth {
    match truth {
        Truth::True => Truth::False,
        Truth::False => Truth::True,
        unknown => unknown,
    }
}

/// The first unknown among the elements of a list argument.
pub(super) fn unknown_element(list: &Val<'_>) -> Option<Arc<Unknown>> {
    list.elements().into_iter().flatten().find_map(|element| match element {
        Val::Unknown(why) => Some(why),
        _ => None,
    })
}

/// The first unknown anywhere in a document.
pub(super) fn unknown_within(value: &Value) -> Option<&Arc<Unknown>> {
    match value {
        Value::Unknown(why) => Some(why),
        Value::List(items) => items.iter().find_map(unknown_within),
        Value::Map(map) => map.values().find_map(unknown_within),
        _ => None,
    }
}
