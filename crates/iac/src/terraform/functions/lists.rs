//! Functions on lists and sets.

use rust_decimal::Decimal;

use super::Arguments;
use super::collections::{like, list_of};
use crate::terraform::convert::{convert, unify};
use crate::terraform::types::Type;
use crate::terraform::value::{Data, Evaluated, Fault, Value, fault};

/// Elements that `range` and `setproduct` may make.
const ELEMENTS_MAX: usize = 1024 * 64;

pub(super) fn call(given: &Arguments<'_>) -> Option<Evaluated> {
    Some(match given.name {
        "length" => length(given),
        "alltrue" => truths(given, false),
        "anytrue" => truths(given, true),
        "chunklist" => chunklist(given),
        "coalesce" => coalesce(given),
        "coalescelist" => coalescelist(given),
        "compact" => compact(given),
        "concat" => concat(given),
        "contains" => contains(given),
        "distinct" => distinct(given),
        "element" => element(given),
        "flatten" => flatten(given),
        "index" => index(given),
        "matchkeys" => matchkeys(given),
        "one" => one(given),
        "range" => range(given),
        "reverse" => reverse(given),
        "setintersection" => sets(given, |so_far, next| so_far.retain(|item| has(next, item))),
        "setsubtract" => sets(given, |so_far, next| so_far.retain(|item| !has(next, item))),
        "setunion" => sets(given, |so_far, next| so_far.extend(next.iter().cloned())),
        "setproduct" => setproduct(given),
        "slice" => slice(given),
        "sort" => given.texts(0).map(|mut texts| {
            texts.sort();
            Value::strings(texts)
        }),
        _ => return None,
    })
}

fn has(items: &[Value], wanted: &Value) -> bool {
    items.iter().any(|item| matches!(item.equals(wanted).data, Data::Bool(true)))
}

/// Returns early with a doubt about the first argument itself.
macro_rules! known {
    ($given:expr) => {
        if let Some(doubt) = $given.values.iter().find_map(Value::doubt) {
            return Ok(doubt);
        }
    };
}

fn length(given: &Arguments<'_>) -> Evaluated {
    let value = given.only()?;
    known!(given);
    let length = match (value.items(), value.fields(), value.as_str()) {
        // The length of a set is not known while it is not known which of its elements are equal.
        (Some(_), ..) if matches!(value.data, Data::Set(..)) && value.first_doubt().is_some() => {
            return Ok(value.first_doubt().unwrap_or_else(Value::null));
        }
        (Some(items), ..) => items.len(),
        (_, Some(fields), _) => fields.len(),
        (_, _, Some(text)) => text.chars().count(),
        _ => return fault(format!("length() needs a list, a map or a text, not {}", value.type_of())),
    };
    Ok(Decimal::from(length).into())
}

fn truths(given: &Arguments<'_>, stop: bool) -> Evaluated {
    for item in given.items(0)? {
        match convert(item, &Type::Bool)?.data {
            Data::Bool(truth) if truth == stop => return Ok(stop.into()),
            Data::Bool(_) => {}
            // Null counts as false.
            _ if !stop => return Ok(false.into()),
            _ => {}
        }
    }
    Ok((!stop).into())
}

fn chunklist(given: &Arguments<'_>) -> Evaluated {
    known!(given);
    let (items, size) = (given.items(0)?, given.whole(1)?);
    let size = match usize::try_from(size) {
        Ok(0) => items.len().max(1),
        Ok(size) => size,
        Err(_) => return fault("chunklist() needs a size"),
    };
    let (of, items) = unify(items.to_vec())?;
    let chunks = items.chunks(size).map(|chunk| Value::list(of.clone(), chunk.to_vec())).collect();
    Ok(Value::list(Type::List(Box::new(of)), chunks))
}

fn coalesce(given: &Arguments<'_>) -> Evaluated {
    let (_, values) = unify(given.values.clone())?;
    for value in values {
        if value.doubt().is_some() || !(value.is_null() || value.as_str() == Some("")) {
            return Ok(value);
        }
    }
    fault("all arguments of coalesce() are null or empty")
}

fn coalescelist(given: &Arguments<'_>) -> Evaluated {
    for value in &given.values {
        if value.doubt().is_some() || value.items().is_some_and(|items| !items.is_empty()) {
            return Ok(value.clone());
        }
    }
    fault("all lists of coalescelist() are empty")
}

fn compact(given: &Arguments<'_>) -> Evaluated {
    let texts = given.items(0)?.iter().map(|item| convert(item, &Type::String));
    let texts = texts.collect::<Result<Vec<_>, _>>()?;
    let kept = texts.into_iter().filter(|text| !text.is_null() && text.as_str() != Some("")).collect();
    Ok(Value::list(Type::String, kept))
}

fn concat(given: &Arguments<'_>) -> Evaluated {
    known!(given);
    let mut all = Vec::new();
    let mut types = Vec::new();
    for at in 0..given.values.len() {
        all.extend_from_slice(given.items(at)?);
        types.push(given.get(at)?.type_of());
    }
    match types.first() {
        Some(Type::List(_)) if types.iter().all(|of| matches!(of, Type::List(_))) => list_of(all),
        _ => Ok(Value::tuple(all)),
    }
}

fn contains(given: &Arguments<'_>) -> Evaluated {
    Ok(has(given.items(0)?, given.get(1)?).into())
}

fn distinct(given: &Arguments<'_>) -> Evaluated {
    let mut kept: Vec<Value> = Vec::new();
    for item in given.items(0)? {
        if !has(&kept, item) {
            kept.push(item.clone());
        }
    }
    list_of(kept)
}

fn element(given: &Arguments<'_>) -> Evaluated {
    known!(given);
    let (items, index) = (given.items(0)?, given.whole(1)?);
    let at = usize::try_from(index).ok().and_then(|at| at.checked_rem(items.len()));
    match at.and_then(|at| items.get(at)) {
        Some(item) => Ok(item.clone()),
        None => fault("element() needs a list with elements, and an index from 0"),
    }
}

fn flatten(given: &Arguments<'_>) -> Evaluated {
    known!(given);
    given.items(0)?;
    let mut flat = Vec::new();
    let mut waiting = vec![given.only()?];
    while let Some(next) = waiting.pop() {
        match (next.doubt(), next.items()) {
            // What is not known may be a list.
            (Some(doubt), _) if !matches!(next.data, Data::Text(_) | Data::Encoded(_) | Data::Reference(_)) => {
                return Ok(doubt);
            }
            (_, Some(items)) => waiting.extend(items.iter().rev()),
            _ => flat.push(next.clone()),
        }
    }
    Ok(Value::tuple(flat))
}

fn index(given: &Arguments<'_>) -> Evaluated {
    let found = given.items(0)?.iter().position(|item| has(std::slice::from_ref(item), given.get(1).unwrap_or(item)));
    found.map_or_else(|| fault("the list does not hold the value"), |at| Ok(Decimal::from(at).into()))
}

fn matchkeys(given: &Arguments<'_>) -> Evaluated {
    let (values, keys, wanted) = (given.items(0)?, given.items(1)?, given.items(2)?);
    if values.len() != keys.len() {
        return fault("the lists of matchkeys() differ in length");
    }
    let kept = values.iter().zip(keys).filter(|(_, key)| has(wanted, key)).map(|(value, _)| value.clone());
    list_of(kept.collect())
}

fn one(given: &Arguments<'_>) -> Evaluated {
    known!(given);
    match given.items(0)? {
        [] => Ok(Value::null()),
        [only] => Ok(only.clone()),
        _ => fault("one() was given several elements"),
    }
}

fn range(given: &Arguments<'_>) -> Evaluated {
    let number = |at| given.number(at);
    let (start, end, step) = match given.values.len() {
        1 => (Decimal::ZERO, number(0)?, None),
        2 => (number(0)?, number(1)?, None),
        _ => (number(0)?, number(1)?, Some(number(2)?)),
    };
    let step = step.unwrap_or(if end < start { -Decimal::ONE } else { Decimal::ONE });
    if step.is_zero() || (end > start) == step.is_sign_negative() && end != start {
        return fault("range() would not end");
    }
    let mut items = Vec::new();
    let mut at = start;
    while if step.is_sign_negative() { at > end } else { at < end } {
        if items.len() >= 1024 {
            return fault("range() makes at most 1024 numbers");
        }
        items.push(at.into());
        at = at.checked_add(step).ok_or_else(|| Fault("range() was given too large numbers".to_owned()))?;
    }
    Ok(Value::list(Type::Number, items))
}

fn reverse(given: &Arguments<'_>) -> Evaluated {
    known!(given);
    let turned = given.items(0)?.iter().rev().cloned().collect();
    like(given.only()?, turned)
}

fn sets(given: &Arguments<'_>, step: fn(&mut Vec<Value>, &[Value])) -> Evaluated {
    let all: Vec<Value> = (0..given.values.len())
        .map(|at| convert(given.get(at)?, &Type::Set(Box::new(Type::Dynamic))))
        .collect::<Result<_, _>>()?;
    let of = Type::of_all(all.iter().filter_map(|set| match &set.data {
        Data::Set(of, _) => Some(of),
        _ => None,
    }));
    let of = of.unwrap_or(Type::String);
    let mut all = all.iter().map(|set| convert(set, &Type::Set(Box::new(of.clone()))));
    let first = all.next().ok_or_else(|| Fault(format!("{}() needs a set", given.name)))??;
    let mut so_far = first.items().unwrap_or_default().to_vec();
    for next in all {
        step(&mut so_far, next?.items().unwrap_or_default());
    }
    Ok(Value::set(of, so_far))
}

fn setproduct(given: &Arguments<'_>) -> Evaluated {
    known!(given);
    if given.values.len() < 2 {
        return fault("setproduct() needs at least two lists");
    }
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    let mut types = Vec::new();
    let mut all_sets = true;
    for at in 0..given.values.len() {
        all_sets &= matches!(given.get(at)?.data, Data::Set(..));
        let (of, items) = unify(given.items(at)?.to_vec())?;
        types.push(of);
        if rows.len().saturating_mul(items.len()) > ELEMENTS_MAX {
            return fault("setproduct() makes more elements than are allowed");
        }
        rows = rows
            .iter()
            .flat_map(|row| items.iter().map(|item| row.iter().cloned().chain([item.clone()]).collect()))
            .collect();
    }
    let any_set = given.values.iter().any(|value| matches!(value.data, Data::Set(..)));
    let of = Type::Tuple(types);
    let rows = rows.into_iter().map(Value::tuple).collect();
    Ok(if any_set || all_sets { Value::set(of, rows) } else { Value::list(of, rows) })
}

fn slice(given: &Arguments<'_>) -> Evaluated {
    known!(given);
    let (items, start, end) = (given.items(0)?, given.whole(1)?, given.whole(2)?);
    let part =
        usize::try_from(start).ok().zip(usize::try_from(end).ok()).and_then(|(start, end)| items.get(start..end));
    match part {
        Some(part) => like(given.get(0)?, part.to_vec()),
        None => fault("slice() asks for elements that the list does not have"),
    }
}
