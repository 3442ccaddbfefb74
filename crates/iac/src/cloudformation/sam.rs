//! What AWS SAM makes of its own resource types, as far as controls judge it.
//!
//! Source: AWS SAM Developer Guide, "Generated CloudFormation resources" and the pages of the resource types; globals by "Supported resources
//! and properties": maps are merged, lists are joined, a scalar of the resource wins. Roles, permissions and event sources
//! that SAM derives are not made here: no control judges them before deployment.

use std::sync::Arc;

use crate::declared::Declared;
use crate::located::{Entry, Located, Node};

/// The prefix of SAM's types.
const PREFIX: &str = "AWS::Serverless::";

/// Properties that keep their value under another name, by SAM type: (type, from, to).
const RENAMED: [(&str, &str, &str); 2] =
    [("Function", "CodeUri", "Code"), ("Function", "DeadLetterQueue", "DeadLetterConfig")];

/// The part of the section `Globals` for a SAM type.
pub(super) fn globals_key(type_name: &str) -> Option<&str> {
    type_name.strip_prefix(PREFIX)
}

/// The properties with the globals below them.
pub(super) fn with_globals(own: Located, globals: Option<Located>) -> Located {
    let Some(globals) = globals else { return own };
    merged(globals, own)
}

fn merged(below: Located, above: Located) -> Located {
    match (below.node, above.node) {
        (Node::Map(below), Node::Map(above_entries)) => {
            let mut entries = below;
            for entry in above_entries {
                match entries.iter().position(|known| known.key == entry.key) {
                    Some(at) => {
                        let known = entries.remove(at);
                        let value = merged(known.value, entry.value);
                        entries.insert(at, Entry { value, key: entry.key, key_span: entry.key_span });
                    }
                    None => entries.push(entry),
                }
            }
            Located { node: Node::Map(entries), span: above.span, sensitive: above.sensitive }
        }
        (Node::List(below), Node::List(items)) => {
            let all = below.into_iter().chain(items).collect();
            Located { node: Node::List(all), span: above.span, sensitive: above.sensitive }
        }
        (_, node) => Located { node, ..above },
    }
}

/// The resources that SAM makes of one of its own; `None` where Sekisho does not know the type.
pub(super) fn expanded(resource: &Declared) -> Option<Vec<Declared>> {
    let kind = resource.type_name.strip_prefix(PREFIX)?;
    let made = |type_name: &str, address: Arc<str>, properties: Vec<Entry>| Declared {
        type_name: type_name.into(),
        address,
        properties: Located { node: Node::Map(properties), ..resource.properties.clone() },
        ..resource.clone()
    };
    let own = || resource.address.clone();
    let all = || renamed(kind, &resource.properties);
    Some(match kind {
        "Function" => vec![made("AWS::Lambda::Function", own(), function(all()))],
        "SimpleTable" => vec![made("AWS::DynamoDB::Table", own(), all())],
        "LayerVersion" => vec![made("AWS::Lambda::LayerVersion", own(), all())],
        "Api" => {
            let stage = resource.properties.get("StageName").and_then(Located::as_str).unwrap_or_default();
            let names =
                ["AccessLogSetting", "CacheClusterEnabled", "MethodSettings", "StageName", "TracingEnabled", "Tags"];
            let mut properties = only(all(), &names);
            properties.push(reference("RestApiId", &resource.address));
            let address = format!("{}{stage}Stage", resource.address).into();
            vec![
                made("AWS::ApiGateway::RestApi", own(), without(all(), &names)),
                made("AWS::ApiGateway::Stage", address, properties),
            ]
        }
        "HttpApi" => {
            let names =
                ["AccessLogSettings", "DefaultRouteSettings", "RouteSettings", "StageName", "StageVariables", "Tags"];
            let mut properties = only(all(), &names);
            properties.push(reference("ApiId", &resource.address));
            properties.extend(missing(&resource.properties, "StageName", "$default"));
            let address = format!("{}ApiGatewayDefaultStage", resource.address).into();
            let mut api = without(all(), &names);
            api.push(text("ProtocolType", "HTTP"));
            vec![made("AWS::ApiGatewayV2::Api", own(), api), made("AWS::ApiGatewayV2::Stage", address, properties)]
        }
        _ => return None,
    })
}

/// Lambda's own shape: tracing is a map there.
fn function(entries: Vec<Entry>) -> Vec<Entry> {
    let shape = |entry: Entry| match &*entry.key {
        "Tracing" => {
            let mode = Entry { key: "Mode".into(), key_span: entry.key_span, value: entry.value.clone() };
            Entry {
                key: "TracingConfig".into(),
                value: Located { node: Node::Map(vec![mode]), ..entry.value },
                ..entry
            }
        }
        _ => entry,
    };
    entries.into_iter().map(shape).collect()
}

fn renamed(kind: &str, properties: &Located) -> Vec<Entry> {
    let Node::Map(entries) = &properties.node else { return Vec::new() };
    let rename = |entry: &Entry| {
        let to = RENAMED.iter().find(|(of, from, _)| *of == kind && **from == *entry.key).map(|(_, _, to)| *to);
        Entry { key: to.map_or_else(|| entry.key.clone(), Arc::from), ..entry.clone() }
    };
    entries.iter().map(rename).collect()
}

fn only(entries: Vec<Entry>, names: &[&str]) -> Vec<Entry> {
    entries.into_iter().filter(|entry| names.contains(&&*entry.key)).collect()
}

fn without(entries: Vec<Entry>, names: &[&str]) -> Vec<Entry> {
    // Tags belong to both.
    entries.into_iter().filter(|entry| !names.contains(&&*entry.key) || &*entry.key == "Tags").collect()
}

fn missing(properties: &Located, name: &str, value: &str) -> Option<Entry> {
    properties.get(name).is_none().then(|| text(name, value))
}

fn text(name: &str, value: &str) -> Entry {
    Entry { key: name.into(), key_span: None, value: Located::loose(Node::String(value.into())) }
}

fn reference(name: &str, address: &Arc<str>) -> Entry {
    let to = crate::located::Reference { address: address.clone(), attribute: None };
    Entry { key: name.into(), key_span: None, value: Located::loose(Node::Reference(to)) }
}
