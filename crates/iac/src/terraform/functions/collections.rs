//! Functions on maps, and between types.

use std::sync::Arc;

use super::Arguments;
use crate::terraform::convert::{convert, unify};
use crate::terraform::types::Type;
use crate::terraform::value::{Data, Evaluated, Fault, Fields, Value, fault};

pub(super) fn call(given: &Arguments<'_>) -> Option<Evaluated> {
    Some(match given.name {
        "tobool" => to(given, Type::Bool),
        "tonumber" => to(given, Type::Number),
        "tostring" => to(given, Type::String),
        "tolist" => to(given, Type::List(Box::new(Type::Dynamic))),
        "toset" => to(given, Type::Set(Box::new(Type::Dynamic))),
        "tomap" => to(given, Type::Map(Box::new(Type::Dynamic))),
        "sensitive" => given.only().map(|value| value.clone().marked(true)),
        "nonsensitive" => given.only().map(|value| Value { sensitive: false, ..value.clone() }),
        "issensitive" => given.only().map(|value| value.sensitive.into()),
        "ephemeralasnull" => given.only().cloned(),
        "type" => given.only().map(|value| value.type_of().to_string().into()),
        "keys" => keys(given),
        "values" => values(given),
        "lookup" => lookup(given),
        "merge" => merge(given),
        "zipmap" => zipmap(given),
        "transpose" => transpose(given),
        _ => return None,
    })
}

fn to(given: &Arguments<'_>, of: Type) -> Evaluated {
    convert(given.only()?, &of)
}

fn fields<'v>(given: &Arguments<'_>, value: &'v Value) -> Result<&'v Fields, Fault> {
    match &value.data {
        Data::Resource(..) => fault(format!("{}() of a resource is known after deployment", given.name)),
        _ => value.fields().ok_or_else(|| Fault(format!("{}() needs a map, not {}", given.name, value.type_of()))),
    }
}

fn keys(given: &Arguments<'_>) -> Evaluated {
    let map = given.only()?;
    if let Some(doubt) = map.doubt() {
        return Ok(doubt);
    }
    let keys: Vec<Value> = fields(given, map)?.keys().map(|key| Value::from(&**key)).collect();
    Ok(match map.data {
        Data::Map(..) => Value::list(Type::String, keys),
        _ => Value::tuple(keys),
    })
}

fn values(given: &Arguments<'_>) -> Evaluated {
    let map = given.only()?;
    if let Some(doubt) = map.doubt() {
        return Ok(doubt);
    }
    let values = fields(given, map)?.values().cloned().collect();
    Ok(match &map.data {
        Data::Map(of, _) => Value::list(of.clone(), values),
        _ => Value::tuple(values),
    })
}

fn lookup(given: &Arguments<'_>) -> Evaluated {
    let (map, default) = (given.get(0)?, given.values.get(2));
    if let Some(doubt) = map.doubt().or_else(|| given.get(1).ok()?.doubt()) {
        return Ok(doubt);
    }
    let key = given.text(1)?;
    match (fields(given, map)?.get(&*key), default) {
        (Some(found), _) => Ok(found.clone()),
        (None, Some(default)) => match &map.data {
            Data::Map(of, _) => convert(default, of),
            _ => Ok(default.clone()),
        },
        (None, None) => fault(format!("the map has no \"{key}\"")),
    }
}

fn merge(given: &Arguments<'_>) -> Evaluated {
    if let Some(doubt) = given.values.iter().find_map(Value::doubt) {
        return Ok(doubt);
    }
    let maps: Vec<&Value> = given.values.iter().filter(|value| !value.is_null()).collect();
    let mut merged = Fields::new();
    for map in &maps {
        merged.extend(fields(given, map)?.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    // Maps of one type stay a map of it.
    let types: Vec<Type> = maps.iter().map(|map| map.type_of()).collect();
    match types.first() {
        Some(first @ Type::Map(of)) if types.iter().all(|other| other == first) => {
            Ok(Data::Map((**of).clone(), Arc::new(merged)).into())
        }
        _ => Ok(Value::object(merged)),
    }
}

fn zipmap(given: &Arguments<'_>) -> Evaluated {
    if let Some(doubt) = given.values.iter().find_map(Value::doubt) {
        return Ok(doubt);
    }
    if let Some(doubt) = given.get(0)?.first_doubt() {
        return Ok(doubt);
    }
    let (names, values) = (given.texts(0)?, given.items(1)?);
    if names.len() != values.len() {
        return fault("the lists of zipmap() differ in length");
    }
    let fields: Fields = names.iter().map(|name| Arc::from(name.as_str())).zip(values.iter().cloned()).collect();
    Ok(match &given.get(1)?.data {
        Data::List(of, _) => Data::Map(of.clone(), Arc::new(fields)).into(),
        _ => Value::object(fields),
    })
}

fn transpose(given: &Arguments<'_>) -> Evaluated {
    let map = given.only()?;
    if let Some(doubt) = map.first_doubt() {
        return Ok(doubt);
    }
    let mut turned: std::collections::BTreeMap<Arc<str>, Vec<Value>> = std::collections::BTreeMap::new();
    for (name, list) in fields(given, map)? {
        let list = Arguments { name: given.name, values: vec![list.clone()] };
        for text in list.texts(0)? {
            turned.entry(text.as_str().into()).or_default().push(Value::from(&**name));
        }
    }
    let of = Type::List(Box::new(Type::String));
    let lists = turned.into_iter().map(|(name, list)| (name, Value::list(Type::String, list)));
    Ok(Data::Map(of, Arc::new(lists.collect())).into())
}

/// Values as the list or tuple of which they came.
pub(super) fn like(original: &Value, items: Vec<Value>) -> Evaluated {
    match &original.data {
        Data::List(of, _) | Data::Set(of, _) => Ok(Value::list(of.clone(), items)),
        _ => Ok(Value::tuple(items)),
    }
}

/// A list of what the values have in common.
pub(super) fn list_of(items: Vec<Value>) -> Evaluated {
    let (of, items) = unify(items)?;
    Ok(Value::list(of, items))
}
