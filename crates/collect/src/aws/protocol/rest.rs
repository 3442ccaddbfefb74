//! The REST protocols: parts of a request in path, query string and headers, parts of an answer in headers and
//! status, the rest in a JSON or XML body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sekisho_model::{Key, Map, Value};

use super::super::model::{Kind, Location, Member, OperationModel, Protocol, Service, Structure, TimestampFormat};
use super::{ProtocolError, WireRequest, WireResponse, encode, json, xml_decode};

type Query = Vec<(String, Option<String>)>;

pub(super) fn request(
    service: &Service,
    operation: &OperationModel,
    parameters: &Map,
) -> Result<WireRequest, ProtocolError> {
    let input = service.structure(operation.input.as_ref());
    let (template, fixed_query) = operation.uri.split_once('?').unwrap_or((&operation.uri, ""));
    let mut query = parse_query(fixed_query);
    let mut headers = Vec::new();
    for member in &input.members {
        let Some(value) = parameters.get(&member.name).filter(|value| !value.is_null()) else { continue };
        match member.location {
            Location::QueryString => put_query(service, &mut query, member, value)?,
            Location::Header => {
                let text = encode::scalar(service, member, value, TimestampFormat::Rfc822)?;
                headers.push((member.wire_name().to_ascii_lowercase(), text));
            }
            Location::Headers => {
                for (name, value) in value.as_map().into_iter().flat_map(Map::iter) {
                    let name = format!("{}{name}", member.wire_name()).to_ascii_lowercase();
                    headers.push((name, value.as_str().unwrap_or_default().to_owned()));
                }
            }
            Location::Uri | Location::Body | Location::StatusCode => {}
        }
    }
    let body = body(service, operation, input, parameters)?;
    if !body.is_empty() {
        let kind = if service.protocol == Protocol::RestXml { "application/xml" } else { "application/json" };
        headers.push(("content-type".into(), kind.into()));
    }
    Ok(WireRequest {
        method: operation.method.clone(),
        path: path(service, template, input, parameters)?,
        query: encode::query_string(&query),
        headers,
        body,
        host_prefix: None,
    })
}

fn parse_query(text: &str) -> Query {
    let parts = text.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| match part.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (part.to_owned(), None),
        })
        .collect()
}

/// Fills `{Label}` and `{Label+}`. S3's bucket is left out: the endpoint rules put it into host or base path.
fn path(service: &Service, template: &str, input: &Structure, parameters: &Map) -> Result<String, ProtocolError> {
    let template = if service.name == "s3" { template.strip_prefix("/{Bucket}").unwrap_or(template) } else { template };
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, tail)) = rest.split_once('{') {
        out.push_str(before);
        let (label, after) = tail.split_once('}').unwrap_or((tail, ""));
        let name = label.trim_end_matches('+');
        let by_label = |member: &&Member| member.location == Location::Uri && member.wire_name() == name;
        let member = input.members.iter().find(by_label);
        let member = member.ok_or_else(|| ProtocolError::parameter(name, "is in the path but not in the model"))?;
        let value = parameters.get(&member.name).unwrap_or(&Value::Null);
        let text = encode::scalar(service, member, value, TimestampFormat::Iso8601)?;
        if text.is_empty() {
            // An empty label would address another resource: `/{Bucket}` becomes the list of all buckets.
            return Err(ProtocolError::parameter(&member.name, "must not be empty"));
        }
        out.push_str(&encode::percent(&text, label.ends_with('+')));
        rest = after;
    }
    out.push_str(rest);
    if !out.starts_with('/') {
        out.insert(0, '/');
    }
    Ok(out)
}

fn put_query(service: &Service, query: &mut Query, member: &Member, value: &Value) -> Result<(), ProtocolError> {
    let name = member.wire_name();
    match service.kind(member) {
        Kind::List(element) => {
            for item in encode::items(member, value)? {
                query.push((name.to_owned(), Some(encode::scalar(service, element, item, TimestampFormat::Iso8601)?)));
            }
        }
        Kind::Map { value: inner, .. } => {
            for (name, value) in value.as_map().into_iter().flat_map(Map::iter) {
                let values = value.as_list().unwrap_or(std::slice::from_ref(value));
                for value in values {
                    let element = match service.kind(inner) {
                        Kind::List(element) => element,
                        _ => inner,
                    };
                    let text = encode::scalar(service, element, value, TimestampFormat::Iso8601)?;
                    query.push((name.to_string(), Some(text)));
                }
            }
        }
        _ => query.push((name.to_owned(), Some(encode::scalar(service, member, value, TimestampFormat::Iso8601)?))),
    }
    Ok(())
}

fn body(
    service: &Service,
    operation: &OperationModel,
    input: &Structure,
    parameters: &Map,
) -> Result<Vec<u8>, ProtocolError> {
    if let Some(member) = input.payload_member() {
        let Some(value) = parameters.get(&member.name) else { return Ok(Vec::new()) };
        return match (service.kind(member), value) {
            (Kind::Blob, Value::String(text)) => {
                BASE64.decode(&**text).map_err(|_| ProtocolError::parameter(&member.name, "must be base64"))
            }
            (Kind::String, Value::String(text)) => Ok(text.as_bytes().to_vec()),
            _ if service.protocol == Protocol::RestXml => xml_body(service, member, member.wire_name(), value),
            _ => Ok(json::encode_value(service, member, value)?.to_string().into_bytes()),
        };
    }
    let in_body: Vec<&Member> = input.members.iter().filter(|member| member.location == Location::Body).collect();
    let (Some(whole), false) = (&operation.input, in_body.is_empty()) else { return Ok(Vec::new()) };
    let given: Map = in_body
        .iter()
        .filter_map(|member| Some((member.name.clone(), parameters.get(&member.name)?.clone())))
        .collect();
    if service.protocol == Protocol::RestXml {
        let root = whole.location_name.as_deref().unwrap_or("Request");
        return if given.is_empty() { Ok(Vec::new()) } else { xml_body(service, whole, root, &Value::Map(given)) };
    }
    Ok(json::encode_value(service, whole, &Value::Map(given))?.to_string().into_bytes())
}

fn xml_body(service: &Service, member: &Member, root: &str, value: &Value) -> Result<Vec<u8>, ProtocolError> {
    let mut out = String::new();
    let namespace = member.xml_namespace().or(service.xml_namespace.as_deref());
    write_xml(service, &mut out, root, namespace, member, value)?;
    Ok(out.into_bytes())
}

/// Writes one element. Attributes are not written: no read operation sends one.
fn write_xml(
    service: &Service,
    out: &mut String,
    name: &str,
    namespace: Option<&str>,
    member: &Member,
    value: &Value,
) -> Result<(), ProtocolError> {
    let open = match namespace {
        Some(uri) => format!("<{name} xmlns=\"{}\">", quick_xml::escape::escape(uri)),
        None => format!("<{name}>"),
    };
    match service.kind(member) {
        Kind::List(element) if member.flattened => {
            let name = element.location_name.as_deref().unwrap_or(name);
            for item in encode::items(member, value)? {
                write_xml(service, out, name, None, element, item)?;
            }
            return Ok(());
        }
        Kind::List(element) => {
            out.push_str(&open);
            for item in encode::items(member, value)? {
                write_xml(service, out, element.location_name.as_deref().unwrap_or("member"), None, element, item)?;
            }
        }
        Kind::Structure(_) => {
            out.push_str(&open);
            for (field, value) in encode::fields(service, member, value)? {
                write_xml(service, out, field.wire_name(), field.xml_namespace(), field, value)?;
            }
        }
        Kind::Map { .. } | Kind::Document => {
            return Err(ProtocolError::parameter(&member.name, "cannot be sent as XML"));
        }
        _ => {
            out.push_str(&open);
            let text = encode::scalar(service, member, value, TimestampFormat::Iso8601)?;
            out.push_str(&quick_xml::escape::escape(text.as_str()));
        }
    }
    out.push_str(&format!("</{name}>"));
    Ok(())
}

pub(super) fn response(service: &Service, output: &Member, response: WireResponse<'_>) -> Result<Value, ProtocolError> {
    let structure = service.structure(Some(output));
    let mut entries: Vec<(Key, Value)> = Vec::new();
    for member in &structure.members {
        if let Some(value) = outside_body(service, member, response)? {
            entries.push((member.name.clone(), value));
        }
    }
    if let Some(member) = structure.payload_member() {
        if let Some(value) = payload(service, member, response.body)? {
            entries.push((member.name.clone(), value));
        }
    } else if !response.body.iter().all(u8::is_ascii_whitespace) {
        entries.extend(whole_body(service, output, response.body)?);
    }
    Ok(Value::Map(entries.into_iter().collect()))
}

fn whole_body(service: &Service, output: &Member, body: &[u8]) -> Result<Map, ProtocolError> {
    if service.protocol == Protocol::RestXml {
        let root = xml_decode::parse_body(body)?;
        // S3's GetBucketLocation is modelled with a member of the name of the root itself; the root's text is the
        // value, and a bucket in us-east-1 has none.
        if service.name == "s3" && root.name == "LocationConstraint" && root.children.is_empty() {
            let value = if root.text.is_empty() { Value::Null } else { Value::from(root.text.as_ref()) };
            return Ok(Map::from_iter([("LocationConstraint", value)]));
        }
        return xml_decode::structure(service, output, &root);
    }
    match json::decode(service, output, body)? {
        Value::Map(map) => Ok(map),
        _ => Err(ProtocolError::Answer("the JSON is no object".into())),
    }
}

fn payload(service: &Service, member: &Member, body: &[u8]) -> Result<Option<Value>, ProtocolError> {
    match service.kind(member) {
        Kind::Blob => Ok(Some(Value::from(BASE64.encode(body)))),
        Kind::String => {
            let text = std::str::from_utf8(body).map_err(|_| ProtocolError::Answer("the text is not UTF-8".into()))?;
            Ok(Some(Value::from(text)))
        }
        _ if body.iter().all(u8::is_ascii_whitespace) => Ok(None),
        _ if service.protocol == Protocol::RestXml => {
            xml_decode::decode(service, member, &xml_decode::parse_body(body)?).map(Some)
        }
        _ => json::decode(service, member, body).map(Some),
    }
}

/// Members that travel in status and headers.
fn outside_body(
    service: &Service,
    member: &Member,
    response: WireResponse<'_>,
) -> Result<Option<Value>, ProtocolError> {
    match member.location {
        Location::StatusCode => Ok(Some(Value::Int(i64::from(response.status)))),
        Location::Header => {
            let Some(text) = response.header(member.wire_name()) else { return Ok(None) };
            header_value(service, member, text).map(Some)
        }
        Location::Headers => {
            let prefix = member.wire_name().to_ascii_lowercase();
            let found = response.headers.iter().filter_map(|(name, value)| {
                let name = name.to_ascii_lowercase();
                Some((name.strip_prefix(&prefix)?.to_owned(), super::text_value(value)))
            });
            let map: Map = found.collect();
            Ok((!map.is_empty()).then_some(Value::Map(map)))
        }
        Location::Uri | Location::QueryString | Location::Body => Ok(None),
    }
}

fn header_value(service: &Service, member: &Member, text: &str) -> Result<Value, ProtocolError> {
    if member.json_value {
        let decoded = BASE64.decode(text).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        return Ok(decoded.unwrap_or_else(|| Value::from(text)));
    }
    match service.kind(member) {
        Kind::List(element) => {
            let parts = text.split(',').map(str::trim);
            Ok(Value::List(
                parts.map(|part| xml_decode::scalar(service.kind(element), part)).collect::<Result<_, _>>()?,
            ))
        }
        kind => xml_decode::scalar(kind, text),
    }
}
