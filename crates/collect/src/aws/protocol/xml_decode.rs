//! From an XML tree to a value, by the model: query, EC2 and REST-XML answers.

use sekisho_model::{Key, Map, Value};

use super::super::model::{Kind, Location, Member, Service};
use super::xml::{self, Element};
use super::{ProtocolError, timestamp};

/// Answers of query and EC2. Query wraps the answer in `<OperationResult>`.
pub(super) fn query_response(
    service: &Service,
    output: &Member,
    wrapper: Option<&str>,
    body: &[u8],
) -> Result<Value, ProtocolError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Map(Map::new()));
    }
    let root = parse_body(body)?;
    let result = match wrapper {
        // A wrapper that is missing altogether means an answer without content.
        Some(name) if root.name != name => match root.child(name) {
            Some(inner) => inner,
            None => return Ok(Value::Map(Map::new())),
        },
        _ => &root,
    };
    decode(service, output, result)
}

pub(super) fn parse_body(body: &[u8]) -> Result<Element<'_>, ProtocolError> {
    let text = std::str::from_utf8(body).map_err(|_| ProtocolError::Answer("the XML is not UTF-8".into()))?;
    xml::parse(text.trim_start_matches('\u{feff}'))
}

/// Decodes one element.
pub(super) fn decode(service: &Service, member: &Member, element: &Element<'_>) -> Result<Value, ProtocolError> {
    match service.kind(member) {
        Kind::Structure(_) => Ok(Value::Map(structure(service, member, element)?)),
        Kind::List(inner) => element
            .children
            .iter()
            .map(|child| decode(service, inner, child))
            .collect::<Result<_, _>>()
            .map(Value::List),
        Kind::Map { key, value } => decode_map(service, key, value, element.children.iter()),
        kind => scalar(kind, &element.text),
    }
}

/// The members of a structure, without those that travel in headers.
pub(super) fn structure(service: &Service, member: &Member, element: &Element<'_>) -> Result<Map, ProtocolError> {
    let mut entries: Vec<(Key, Value)> = Vec::new();
    for field in &service.structure(Some(member)).members {
        if field.location != Location::Body {
            continue;
        }
        if let Some(value) = field_value(service, field, element)? {
            entries.push((field.name.clone(), value));
        }
    }
    Ok(entries.into_iter().collect())
}

fn field_value(service: &Service, field: &Member, parent: &Element<'_>) -> Result<Option<Value>, ProtocolError> {
    if field.xml_attribute {
        let wanted = field.wire_name();
        let local = |name: &str| name.rsplit(':').next() == wanted.rsplit(':').next();
        let found = parent.attributes.iter().find(|(name, _)| name == wanted);
        let found = found.or_else(|| parent.attributes.iter().find(|(name, _)| local(name)));
        return Ok(found.map(|(_, value)| Value::from(value.as_str())));
    }
    let kind = service.kind(field);
    // A flattened list is named by its elements where they have a name.
    let name = match kind {
        Kind::List(inner) if field.flattened => inner.location_name.as_deref().unwrap_or(field.wire_name()),
        _ => field.wire_name(),
    };
    let mut found = parent.children.iter().filter(|child| child.name == name).peekable();
    if found.peek().is_none() {
        return Ok(None);
    }
    let value = match kind {
        Kind::List(inner) if field.flattened => {
            Value::List(found.map(|item| decode(service, inner, item)).collect::<Result<_, _>>()?)
        }
        Kind::Map { key, value } if field.flattened => decode_map(service, key, value, found)?,
        // An element that should not repeat: the first one counts.
        _ => match found.next() {
            Some(element) => decode(service, field, element)?,
            None => return Ok(None),
        },
    };
    Ok(Some(value))
}

fn decode_map<'e, 'x: 'e>(
    service: &Service,
    key: &Member,
    value: &Member,
    entries: impl Iterator<Item = &'e Element<'x>>,
) -> Result<Value, ProtocolError> {
    let key_name = key.location_name.as_deref().unwrap_or("key");
    let value_name = value.location_name.as_deref().unwrap_or("value");
    let mut map = Vec::new();
    for entry in entries {
        let Some(name) = entry.child(key_name) else {
            return Err(ProtocolError::Answer("a map entry has no key".into()));
        };
        let decoded = entry.child(value_name).map(|element| decode(service, value, element)).transpose()?;
        map.push((Key::from(name.text.as_ref()), decoded.unwrap_or_default()));
    }
    Ok(Value::Map(map.into_iter().collect()))
}

/// A scalar out of text, which also serves REST's headers.
pub(super) fn scalar(kind: &Kind, text: &str) -> Result<Value, ProtocolError> {
    let wrong = |wanted: &str| ProtocolError::Answer(format!("there is something else where {wanted} should be"));
    Ok(match kind {
        Kind::Integer => match text.trim().parse::<i64>() {
            Ok(number) => Value::Int(number),
            Err(_) => Value::Double(text.trim().parse().map_err(|_| wrong("a whole number"))?),
        },
        Kind::Float => Value::Double(text.trim().parse().map_err(|_| wrong("a number"))?),
        Kind::Boolean => match text.trim() {
            "true" | "True" | "TRUE" | "1" => Value::Bool(true),
            "false" | "False" | "FALSE" | "0" | "" => Value::Bool(false),
            _ => return Err(wrong("true or false")),
        },
        Kind::Timestamp => timestamp::from_text(text),
        _ => Value::from(text),
    })
}
