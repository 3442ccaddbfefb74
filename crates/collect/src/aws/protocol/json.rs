//! JSON bodies, both ways. Decoding walks the model and the text together, so that an answer is built once, with
//! the model's own key allocations, and unknown members cost nothing.

use sekisho_model::{Key, Map, Value};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use super::super::model::{Kind, Member, OperationModel, Service, TimestampFormat};
use super::{ProtocolError, WireRequest, encode, timestamp};

pub(super) fn request(
    service: &Service,
    name: &str,
    operation: &OperationModel,
    parameters: &Map,
) -> Result<WireRequest, ProtocolError> {
    let body = match &operation.input {
        Some(input) => encode_value(service, input, &Value::Map(parameters.clone()))?,
        None => Json::Object(serde_json::Map::new()),
    };
    Ok(WireRequest {
        method: operation.method.clone(),
        path: "/".into(),
        query: String::new(),
        headers: vec![
            ("content-type".into(), format!("application/x-amz-json-{}", service.json_version)),
            ("x-amz-target".into(), format!("{}.{name}", service.target_prefix)),
        ],
        body: body.to_string().into_bytes(),
        host_prefix: None,
    })
}

pub(super) fn response(service: &Service, output: &Member, body: &[u8]) -> Result<Value, ProtocolError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Map(Map::new()));
    }
    decode(service, output, body)
}

/// Decodes one JSON text by a member of the model.
pub(super) fn decode(service: &Service, member: &Member, body: &[u8]) -> Result<Value, ProtocolError> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = Seed { service, member }.deserialize(&mut deserializer);
    // Not the parser's own words: they may quote the answer.
    let value = value.and_then(|value| deserializer.end().map(|()| value)).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Eof => "the JSON is cut off",
            serde_json::error::Category::Data => "the JSON is not what the model describes",
            _ => "it is not JSON",
        };
        ProtocolError::Answer(format!("{what} (line {}, column {})", error.line(), error.column()))
    })?;
    Ok(if value.is_null() { Value::Map(Map::new()) } else { value })
}

/// Encodes a parameter.
pub(super) fn encode_value(service: &Service, member: &Member, value: &Value) -> Result<Json, ProtocolError> {
    let unwritable = |_| ProtocolError::parameter(&member.name, "cannot be written as JSON");
    match service.kind(member) {
        Kind::Structure(_) => {
            let mut object = serde_json::Map::new();
            for (field, value) in encode::fields(service, member, value)? {
                object.insert(field.wire_name().to_owned(), encode_value(service, field, value)?);
            }
            Ok(Json::Object(object))
        }
        Kind::List(element) => {
            encode::items(member, value)?.iter().map(|item| encode_value(service, element, item)).collect()
        }
        Kind::Map { value: value_member, .. } => {
            let entries = value.as_map().ok_or_else(|| ProtocolError::parameter(&member.name, "must be a map"))?;
            let encoded = entries.iter().map(|(k, v)| Ok((k.to_string(), encode_value(service, value_member, v)?)));
            Ok(Json::Object(encoded.collect::<Result<_, ProtocolError>>()?))
        }
        Kind::Document => serde_json::to_value(value).map_err(unwritable),
        Kind::Timestamp => {
            let text = encode::scalar(service, member, value, TimestampFormat::Unix)?;
            Ok(text.parse::<i64>().map_or(Json::String(text), Json::from))
        }
        Kind::Integer | Kind::Float | Kind::Boolean => {
            encode::scalar(service, member, value, TimestampFormat::Unix)?;
            serde_json::to_value(value).map_err(unwritable)
        }
        Kind::String | Kind::Blob => Ok(Json::String(encode::scalar(service, member, value, TimestampFormat::Unix)?)),
    }
}

/// Decodes the value under a member.
#[derive(Clone, Copy)]
struct Seed<'m> {
    service: &'m Service,
    member: &'m Member,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Seed<'_> {
    fn number(&self, number: f64, plain: Value) -> Value {
        if matches!(self.service.kind(self.member), Kind::Timestamp) { timestamp::from_seconds(number) } else { plain }
    }

    fn scalar<E: serde::de::Error>(&self, value: Value) -> Result<Value, E> {
        match self.service.kind(self.member) {
            Kind::Structure(_) | Kind::List(_) | Kind::Map { .. } => Err(E::custom("a scalar in place of a container")),
            _ => Ok(value),
        }
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("what the model describes")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, truth: bool) -> Result<Value, E> {
        self.scalar(Value::Bool(truth))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Value, E> {
        self.scalar(self.number(number as f64, Value::Int(number)))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Value, E> {
        let plain = i64::try_from(number).map_or(Value::Double(number as f64), Value::Int);
        self.scalar(self.number(number as f64, plain))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        self.scalar(self.number(number, Value::Double(number)))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        let time = matches!(self.service.kind(self.member), Kind::Timestamp);
        self.scalar(if time { timestamp::from_text(text) } else { Value::from(text) })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        match self.service.kind(self.member) {
            Kind::List(element) => {
                while let Some(item) = seq.next_element_seed(Seed { service: self.service, member: element })? {
                    items.push(item);
                }
            }
            Kind::Document => {
                while let Some(item) = seq.next_element::<Value>()? {
                    items.push(item);
                }
            }
            _ => return Err(A::Error::custom("a list in place of something else")),
        }
        Ok(Value::from(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries: Vec<(Key, Value)> = Vec::new();
        match self.service.kind(self.member) {
            Kind::Structure(structure) => {
                while let Some(name) = access.next_key::<std::borrow::Cow<'de, str>>()? {
                    let Some(field) = structure.by_wire_name(&name) else {
                        access.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    let value = access.next_value_seed(Seed { service: self.service, member: field })?;
                    if !value.is_null() {
                        entries.push((field.name.clone(), value));
                    }
                }
            }
            Kind::Map { value, .. } => {
                while let Some(name) = access.next_key::<std::borrow::Cow<'de, str>>()? {
                    entries.push((
                        name.as_ref().into(),
                        access.next_value_seed(Seed { service: self.service, member: value })?,
                    ));
                }
            }
            Kind::Document => {
                while let Some(name) = access.next_key::<std::borrow::Cow<'de, str>>()? {
                    entries.push((name.as_ref().into(), access.next_value()?));
                }
            }
            _ => return Err(A::Error::custom("a map in place of something else")),
        }
        Ok(Value::Map(entries.into_iter().collect()))
    }
}
