//! Scalars of requests as text, and percent-encoding.

use std::fmt::Write as _;

use sekisho_model::Value;

use super::super::model::{Kind, Member, Service, TimestampFormat};
use super::{ProtocolError, timestamp};

/// Percent-encodes all but unreserved characters (and slashes, where `keep_slashes`).
pub(super) fn percent(text: &str, keep_slashes: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (keep_slashes && byte == b'/');
        if plain {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `a=b&c` from pairs.
pub(super) fn query_string(pairs: &[(String, Option<String>)]) -> String {
    let parts: Vec<String> = pairs
        .iter()
        .map(|(name, value)| match value {
            Some(value) => format!("{}={}", percent(name, false), percent(value, false)),
            None => percent(name, false),
        })
        .collect();
    parts.join("&")
}

/// A scalar parameter as text; `default` is the timestamp form where the model names none.
pub(super) fn scalar(
    service: &Service,
    member: &Member,
    value: &Value,
    default: TimestampFormat,
) -> Result<String, ProtocolError> {
    let wrong = |wanted: &str| ProtocolError::parameter(&member.name, format!("must be {wanted}, not {value}"));
    match (service.kind(member), value) {
        (Kind::Timestamp, Value::String(text)) => {
            let format = member.timestamp_format.unwrap_or(default);
            timestamp::to_wire(text, format).ok_or_else(|| wrong("a time in RFC 3339"))
        }
        (Kind::String | Kind::Blob, Value::String(text)) => Ok(text.to_string()),
        (Kind::Integer, Value::Int(number)) => Ok(number.to_string()),
        (Kind::Float, Value::Int(number)) => Ok(number.to_string()),
        (Kind::Float, Value::Double(number)) => Ok(number.to_string()),
        (Kind::Boolean, Value::Bool(truth)) => Ok(truth.to_string()),
        (Kind::Timestamp, _) => Err(wrong("a time in RFC 3339")),
        (Kind::String | Kind::Blob, _) => Err(wrong("a string")),
        (Kind::Integer, _) => Err(wrong("a whole number")),
        (Kind::Float, _) => Err(wrong("a number")),
        (Kind::Boolean, _) => Err(wrong("true or false")),
        (Kind::Structure(_) | Kind::List(_) | Kind::Map { .. } | Kind::Document, _) => Err(wrong("a scalar")),
    }
}

/// The members of a structure parameter; refuses what the model does not know.
pub(super) fn fields<'v>(
    service: &'v Service,
    member: &'v Member,
    value: &'v Value,
) -> Result<Vec<(&'v Member, &'v Value)>, ProtocolError> {
    let map = value.as_map().ok_or_else(|| ProtocolError::parameter(&member.name, "must be a map of fields"))?;
    let structure = service.structure(Some(member));
    let mut fields = Vec::with_capacity(map.len());
    for (name, value) in map.iter() {
        let field =
            structure.member(name).ok_or_else(|| ProtocolError::parameter(name, "is not known to the model"))?;
        if !value.is_null() {
            fields.push((field, value));
        }
    }
    Ok(fields)
}

/// The elements of a list parameter.
pub(super) fn items<'v>(member: &Member, value: &'v Value) -> Result<&'v [Value], ProtocolError> {
    value.as_list().ok_or_else(|| ProtocolError::parameter(&member.name, "must be a list"))
}
