//! From answers to a CloudFormation-shaped resource.

use sekisho_model::{Map, Resource, Value};
use sekisho_rules::cel::Truth;
use sekisho_rules::packs::ResourcePack;

use super::frame::Frame;

/// Makes the resource of one element; `None` if the pack drops it.
pub(crate) fn shape(pack: &ResourcePack, frame: &Frame) -> Option<Resource> {
    if pack.keep_when.as_ref().is_some_and(|condition| frame.truth(condition) == Truth::False) {
        return None;
    }
    let text = |program: Option<&sekisho_rules::cel::Program>| {
        program.and_then(|program| frame.value(program).as_str().map(str::to_owned)).filter(|text| !text.is_empty())
    };
    let name = text(pack.name.as_ref());
    // An element whose ARN comes from a refused call still exists, and needs an identity that stays.
    let fallback = || {
        format!(
            "{}/{}/{}/{}",
            pack.type_name,
            frame.place.account,
            frame.place.region,
            name.as_deref().unwrap_or_default()
        )
    };
    let arn = text(pack.arn.as_ref()).unwrap_or_else(fallback);
    let mut resource = Resource::new(&pack.type_name, &arn, &frame.place.account, &frame.place.region);
    if let Some(name) = name {
        resource.name = name;
    }
    resource.properties = Value::Map(properties(pack, frame));
    resource.attributes = Value::Map(fields(&pack.attributes, frame));
    if let Some(tags) = &pack.tags {
        resource.tags = match frame.value(tags) {
            Value::Null => Value::Map(Map::new()),
            tags => tags,
        };
    }
    Some(resource)
}

fn properties(pack: &ResourcePack, frame: &Frame) -> Map {
    let mut properties = Map::new();
    for (from, names) in &pack.copies {
        let source = frame.value(from);
        for name in names {
            let value = match &source {
                Value::Unknown(why) => Some(Value::Unknown(why.clone())),
                source => source.get(name).cloned(),
            };
            if let Some(value) = value.and_then(without_nulls) {
                properties.insert(name.clone(), value);
            }
        }
    }
    for (name, value) in fields(&pack.properties, frame) {
        properties.insert(name, value);
    }
    pack.apply_defaults(&mut properties);
    properties
}

fn fields(programs: &[(sekisho_model::Key, sekisho_rules::cel::Program)], frame: &Frame) -> Map {
    programs.iter().filter_map(|(name, program)| Some((name.clone(), without_nulls(frame.value(program))?))).collect()
}

/// Absent and null are the same in a document, so nulls are not kept.
fn without_nulls(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Map(map) => {
            Some(Value::Map(map.into_iter().filter_map(|(key, value)| Some((key, without_nulls(value)?))).collect()))
        }
        Value::List(items) => Some(Value::List(items.into_iter().filter_map(without_nulls).collect())),
        other => Some(other),
    }
}
