//! Lists, maps and tags.

use std::sync::Arc;

use sekisho_model::{Key, Map, Value};

use super::super::eval::{Env, equal};
use super::super::value::{Truth, Val, type_error};
use super::three_valued::{any, field as field_of, unknown_element};

/// The spellings of "key" and "value" in AWS's tag lists.
const TAG_KEYS: [&str; 4] = ["Key", "key", "TagKey", "tagKey"];
const TAG_VALUES: [&str; 4] = ["Value", "value", "TagValue", "tagValue"];

pub(super) fn size<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    // A list with an element that could not be read (a refused list of resources) has no known length.
    let doubt = args.first().and_then(Val::elements).and_then(|mut elements| elements.find(Val::is_unknown));
    match args.first().map(|value| (value, value.size())) {
        Some(_) if doubt.is_some() => doubt.unwrap_or_default(),
        Some((_, Some(size))) => Val::Int(i64::try_from(size).unwrap_or(i64::MAX)),
        Some((value, None)) => type_error(format!("{} has no size", value.kind())),
        None => Val::Null,
    }
}

pub(super) fn coalesce<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    args.iter().find(|arg| !arg.is_null()).cloned().unwrap_or_default()
}

pub(super) fn tags<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let Some(tags) = args.first() else { return Val::Null };
    let as_map = match tags {
        Val::Ref(Value::Map(_)) | Val::Map(_) => return tags.clone(),
        Val::Owned(value) if value.as_map().is_some() => return tags.clone(),
        Val::Null => Some(Map::new()),
        list => match unknown_name(list, TAG_KEYS) {
            Some(unknown) => return unknown,
            None => list.elements().map(|elements| elements.filter_map(|tag| one_tag(&tag)).collect::<Map>()),
        },
    };
    as_map.map_or_else(
        || type_error(format!("tags are a list or a map, found {}", tags.kind())),
        |map| Val::Owned(Arc::new(Value::Map(map))),
    )
}

/// The unknown, if the name of an entry is one: then nobody can say which names the list has.
fn unknown_name<'a, const N: usize>(list: &Val<'a>, keys: [&str; N]) -> Option<Val<'a>> {
    list.elements().into_iter().flatten().filter_map(|entry| first_field(&entry, keys)).find(Val::is_unknown)
}

fn first_field<'a, const N: usize>(entry: &Val<'a>, names: [&str; N]) -> Option<Val<'a>> {
    names.into_iter().map(|name| entry.field(name)).find(|value| !value.is_null())
}

fn one_tag(tag: &Val<'_>) -> Option<(Key, Value)> {
    let key = first_field(tag, TAG_KEYS)?;
    // A tag may have a name and no value.
    let value = first_field(tag, TAG_VALUES).map_or_else(|| Value::from(""), |value| value.to_value());
    Some((key.as_str()?.into(), value))
}

pub(super) fn tagged<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let [tags, required] = args else { return Val::Null };
    let names: Vec<String> =
        tags.elements().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    let own = names.iter().any(|name| !name.starts_with("aws:"));
    let is_there = |wanted: Val<'_>| wanted.as_str().is_some_and(|wanted| names.iter().any(|name| name == wanted));
    let holds = own && required.elements().into_iter().flatten().all(is_there);
    match unknown_element(tags).or_else(|| unknown_element(required)) {
        Some(why) if !holds => Val::Unknown(why),
        _ => Val::Bool(holds),
    }
}

pub(super) fn dict<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let [list, key, value] = args else { return Val::Null };
    let (Some(key), Some(value)) = (key.as_str(), value.as_str()) else { return type_error("field names are texts") };
    if let Some(unknown) = unknown_name(list, [key]) {
        return unknown;
    }
    let entries = list
        .elements()
        .into_iter()
        .flatten()
        .filter_map(|entry| Some((entry.field(key).as_str()?.to_owned(), entry.field(value).to_value())));
    Val::Owned(Arc::new(Value::Map(entries.collect::<Map>())))
}

pub(super) fn lookup<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let [list, field, wanted] = args else { return Val::Null };
    let Some(field) = field.as_str() else { return type_error("a field name is a text") };
    if wanted.is_null() {
        return Val::Null;
    }
    // The usual list is long and owned (the rows of a credential report): find first, copy only the hit.
    if let (Val::Owned(value), Some(text)) = (list, wanted.as_str())
        && let Some(items) = value.as_list()
    {
        let found = items.iter().map(|item| (item, field_of(Some(item), field))).find(|(_, found)| match found {
            Some(Value::String(found)) => **found == *text,
            found => found.is_some_and(|found| found.as_unknown().is_some()),
        });
        return match found {
            Some((_, Some(Value::Unknown(why)))) => Val::Unknown(why.clone()),
            found => found.map_or(Val::Null, |(hit, _)| Val::from(hit.clone())),
        };
    }
    for item in list.elements().into_iter().flatten() {
        match equal(&item.field(field), wanted) {
            Truth::True => return item,
            Truth::False => {}
            // It may be the one that is wanted, so a later one may not be the first.
            Truth::Unknown(why) => return Val::Unknown(why),
        }
    }
    Val::Null
}

pub(super) fn first<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let Some(value) = args.first() else { return Val::Null };
    match value.elements() {
        Some(mut elements) if value.kind() == "a list" => elements.next().unwrap_or_default(),
        _ => value.clone(),
    }
}

pub(super) fn flatten<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let Some(list) = args.first() else { return Val::Null };
    let mut flat = Vec::new();
    for item in list.elements().into_iter().flatten() {
        match &item {
            Val::Null => {}
            _ if item.kind() == "a list" => flat.extend(item.elements().into_iter().flatten()),
            _ => flat.push(item),
        }
    }
    Val::List(Arc::new(flat))
}

pub(super) fn pascal<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    args.first().map_or(Val::Null, |value| Val::from(capitalised(value.to_value())))
}

fn capitalised(value: Value) -> Value {
    match value {
        Value::List(items) => Value::List(items.into_iter().map(capitalised).collect()),
        Value::Map(map) => {
            Value::Map(map.into_iter().map(|(key, value)| (capital_key(&key), capitalised(value))).collect())
        }
        other => other,
    }
}

fn capital_key(key: &Key) -> Key {
    if key.contains(['-', '.', '/', ':']) {
        return key.clone();
    }
    let capital = |part: &str| {
        let mut symbols = part.chars();
        symbols.next().map(|first| first.to_uppercase().chain(symbols).collect::<String>()).unwrap_or_default()
    };
    key.split('_').map(capital).collect::<String>().into()
}

pub(super) fn distinct<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let Some(list) = args.first().filter(|list| !list.is_null()) else { return Val::Null };
    let mut kept: Vec<Val<'a>> = Vec::new();
    for item in list.elements().into_iter().flatten() {
        match any(&kept, |known| equal(known, &item)) {
            Truth::True => {}
            Truth::False => kept.push(item),
            Truth::Unknown(why) => kept.push(Val::Unknown(why)),
        }
    }
    Val::List(Arc::new(kept))
}

pub(super) fn without<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let [document, paths] = args else { return Val::Null };
    let mut document = document.to_value();
    for path in paths.elements().into_iter().flatten() {
        if let Some(path) = path.as_str() {
            let steps: Vec<&str> = path.split('.').collect();
            remove(&mut document, &steps);
        }
    }
    Val::from(document)
}

/// Takes out the field at `steps`; `Name[]` goes into every element of the list under `Name`.
fn remove(value: &mut Value, steps: &[&str]) {
    let (Some((step, rest)), Value::Map(map)) = (steps.split_first(), value) else { return };
    let (name, every) = step.strip_suffix("[]").map_or((*step, false), |name| (name, true));
    if rest.is_empty() && !every {
        map.remove(name);
        return;
    }
    match map.get_mut(name) {
        Some(Value::List(items)) if every => {
            for item in items {
                remove(item, rest);
            }
        }
        Some(inner) if !every => remove(inner, rest),
        _ => {}
    }
}
