//! Requests of the query protocol and of EC2's variant: `Action=...&Version=...&Filter.1.Name=...` in the body.

use sekisho_model::{Map, Value};

use super::super::model::{Kind, Member, OperationModel, Protocol, Service, TimestampFormat};
use super::{ProtocolError, WireRequest, encode};

type Pairs = Vec<(String, Option<String>)>;

pub(super) fn request(
    service: &Service,
    name: &str,
    operation: &OperationModel,
    parameters: &Map,
) -> Result<WireRequest, ProtocolError> {
    let mut pairs: Pairs =
        vec![("Action".into(), Some(name.into())), ("Version".into(), Some(service.api_version.clone()))];
    for member in &service.structure(operation.input.as_ref()).members {
        if let Some(value) = parameters.get(&member.name).filter(|value| !value.is_null()) {
            put(service, &mut pairs, &member_name(service, member), member, value)?;
        }
    }
    Ok(WireRequest {
        method: operation.method.clone(),
        path: "/".into(),
        query: String::new(),
        headers: vec![("content-type".into(), "application/x-www-form-urlencoded; charset=utf-8".into())],
        body: encode::query_string(&pairs).into_bytes(),
        host_prefix: None,
    })
}

/// EC2 prefers `queryName`, then `locationName` with its first letter in upper case.
fn member_name(service: &Service, member: &Member) -> String {
    if service.protocol != Protocol::Ec2 {
        return member.wire_name().to_owned();
    }
    if let Some(name) = member.query_name() {
        return name.to_string();
    }
    let name = member.wire_name();
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn put(
    service: &Service,
    pairs: &mut Pairs,
    prefix: &str,
    member: &Member,
    value: &Value,
) -> Result<(), ProtocolError> {
    match service.kind(member) {
        Kind::Structure(_) => {
            for (field, value) in encode::fields(service, member, value)? {
                let name = format!("{prefix}.{}", member_name(service, field));
                put(service, pairs, &name, field, value)?;
            }
            Ok(())
        }
        Kind::List(element) => put_list(service, pairs, prefix, member, element, value),
        Kind::Map { key, value: value_member } => {
            let entries = value.as_map().ok_or_else(|| ProtocolError::parameter(&member.name, "must be a map"))?;
            let prefix = if member.flattened { prefix.to_owned() } else { format!("{prefix}.entry") };
            let key_name = key.location_name.as_deref().unwrap_or("key");
            let value_name = value_member.location_name.as_deref().unwrap_or("value");
            for (at, (name, value)) in entries.iter().enumerate() {
                let prefix = format!("{prefix}.{}", at + 1);
                pairs.push((format!("{prefix}.{key_name}"), Some(name.to_string())));
                put(service, pairs, &format!("{prefix}.{value_name}"), value_member, value)?;
            }
            Ok(())
        }
        _ => {
            let text = encode::scalar(service, member, value, TimestampFormat::Iso8601)?;
            pairs.push((prefix.to_owned(), Some(text)));
            Ok(())
        }
    }
}

fn put_list(
    service: &Service,
    pairs: &mut Pairs,
    prefix: &str,
    member: &Member,
    element: &Member,
    value: &Value,
) -> Result<(), ProtocolError> {
    let items = encode::items(member, value)?;
    if items.is_empty() && service.protocol == Protocol::Query {
        pairs.push((prefix.to_owned(), Some(String::new())));
        return Ok(());
    }
    let prefix = if service.protocol == Protocol::Ec2 {
        prefix.to_owned()
    } else if member.flattened {
        // A flattened list is named by its elements where they have a name.
        match (&element.location_name, prefix.rsplit_once('.')) {
            (Some(name), Some((parent, _))) => format!("{parent}.{name}"),
            (Some(name), None) => name.to_string(),
            (None, _) => prefix.to_owned(),
        }
    } else {
        format!("{prefix}.{}", element.location_name.as_deref().unwrap_or("member"))
    };
    for (at, item) in items.iter().enumerate() {
        put(service, pairs, &format!("{prefix}.{}", at + 1), element, item)?;
    }
    Ok(())
}
