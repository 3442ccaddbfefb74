//! Texts, numbers, times and names.

use std::cmp::Ordering;
use std::sync::Arc;

use sekisho_model::Timestamp;

use super::super::eval::Env;
use super::super::value::{Val, type_error};
use super::glob as wildcards;
use super::three_valued::{unknown_element, unknown_within};

const SECONDS_PER_DAY: f64 = 86_400.0;

fn text_of<'v>(value: &'v Val<'_>) -> Option<&'v str> {
    value.as_str()
}

/// A question about two texts; null is no text and answers false.
fn ask<'a>(args: &[Val<'a>], question: impl Fn(&str, &str) -> bool) -> Val<'a> {
    match args {
        [a, b] if a.is_null() || b.is_null() => Val::Bool(false),
        [a, b] => match (text_of(a), text_of(b)) {
            (Some(a), Some(b)) => Val::Bool(question(a, b)),
            _ => type_error(format!("expected texts, found {} and {}", a.kind(), b.kind())),
        },
        _ => Val::Null,
    }
}

/// A new text from one; null for null.
fn change<'a>(args: &[Val<'a>], changed: impl Fn(&str) -> String) -> Val<'a> {
    match args.first() {
        None | Some(Val::Null) => Val::Null,
        Some(value) => value.as_str().map_or_else(
            || type_error(format!("expected a text, found {}", value.kind())),
            |text| Val::Text(changed(text).into()),
        ),
    }
}

pub(super) fn starts_with<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    ask(args, |text, part| text.starts_with(part))
}

pub(super) fn ends_with<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    ask(args, |text, part| text.ends_with(part))
}

pub(super) fn contains<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    ask(args, |text, part| text.contains(part))
}

pub(super) fn glob<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    ask(args, wildcards::matches)
}

pub(super) fn lower<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    change(args, str::to_ascii_lowercase)
}

pub(super) fn upper<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    change(args, str::to_ascii_uppercase)
}

pub(super) fn trim<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    change(args, |text| text.trim().to_owned())
}

pub(super) fn replace<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    match args {
        [_, from, to] => match (from.as_str(), to.as_str()) {
            (Some(from), Some(to)) => change(args, |text| text.replace(from, to)),
            _ => type_error("`replace` needs texts"),
        },
        _ => Val::Null,
    }
}

pub(super) fn split<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    match args {
        [text, separator] => match (text, separator.as_str()) {
            (Val::Null, _) => Val::Null,
            (text, Some(separator)) if text.as_str().is_some() => {
                let parts = text.as_str().into_iter().flat_map(|text| split_text(text, separator));
                Val::List(Arc::new(parts.map(|part| Val::Text(part.into())).collect()))
            }
            _ => type_error("`split` needs texts"),
        },
        _ => Val::Null,
    }
}

/// An empty separator splits into characters, as in CEL's string library.
fn split_text<'t>(text: &'t str, separator: &'t str) -> Box<dyn Iterator<Item = &'t str> + 't> {
    if separator.is_empty() { Box::new(text.split_inclusive(|_: char| true)) } else { Box::new(text.split(separator)) }
}

pub(super) fn join<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let separator = args.get(1).and_then(|separator| separator.as_str().map(str::to_owned)).unwrap_or_default();
    if let Some(why) = args.first().and_then(unknown_element) {
        return Val::Unknown(why);
    }
    let parts: Option<Vec<String>> = args
        .first()
        .and_then(Val::elements)
        .and_then(|elements| elements.map(|part| part.as_str().map(str::to_owned)).collect());
    parts.map_or_else(|| type_error("`join` needs a list of texts"), |parts| Val::Text(parts.join(&separator).into()))
}

pub(super) fn age_days<'a>(env: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    match args.first() {
        None | Some(Val::Null) => Val::Null,
        Some(value) => match value.as_str().map(str::parse::<Timestamp>) {
            Some(Ok(time)) => {
                let seconds = env.now.as_second() - time.as_second();
                Val::Double(seconds as f64 / SECONDS_PER_DAY)
            }
            _ => type_error(format!("`age_days` needs a time like 2026-11-25T00:00:00Z, found {}", value.to_value())),
        },
    }
}

pub(super) fn version_at_least<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    ask(args, |version, minimum| compare_versions(version, minimum) != Ordering::Less)
}

/// Versions part by part: numbers as numbers, anything else as text; missing parts count as zero.
fn compare_versions(left: &str, right: &str) -> Ordering {
    let parts = |text: &str| text.split(['.', '-', '_', '+']).map(str::to_owned).collect::<Vec<String>>();
    let (left, right) = (parts(left), parts(right));
    for at in 0..left.len().max(right.len()) {
        let (a, b) = (left.get(at).map_or("0", String::as_str), right.get(at).map_or("0", String::as_str));
        let order = match (a.parse::<u64>(), b.parse::<u64>()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            _ => a.cmp(b),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

pub(super) fn to_bool<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    match args.first() {
        None | Some(Val::Null) => Val::Null,
        Some(Val::Bool(truth)) => Val::Bool(*truth),
        Some(value) => match value.as_str().map(str::to_ascii_lowercase).as_deref() {
            Some("true" | "1" | "t" | "yes" | "on") => Val::Bool(true),
            Some("false" | "0" | "f" | "no" | "off") => Val::Bool(false),
            _ => type_error(format!("{} is neither true nor false", value.to_value())),
        },
    }
}

pub(super) fn to_int<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    match args.first() {
        None | Some(Val::Null) => Val::Null,
        Some(Val::Int(number)) => Val::Int(*number),
        // i64::MAX is no double: the nearest is 2^63, which is too large already.
        Some(Val::Double(number)) if number.abs() < i64::MAX as f64 => Val::Int(number.trunc() as i64),
        Some(value) => match value.as_str().map(str::parse) {
            Some(Ok(number)) => Val::Int(number),
            _ => type_error(format!("{} is not a whole number", value.to_value())),
        },
    }
}

pub(super) fn to_double<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    match args.first() {
        None | Some(Val::Null) => Val::Null,
        Some(value) => value
            .as_double()
            .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
            .map_or_else(|| type_error(format!("{} is not a number", value.to_value())), Val::Double),
    }
}

pub(super) fn to_text<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    match args.first() {
        None | Some(Val::Null) => Val::Null,
        Some(value) if value.as_str().is_some() => value.clone(),
        Some(value) => {
            let value = value.to_value();
            unknown_within(&value).map_or_else(|| Val::Text(value.to_string().into()), |why| Val::Unknown(why.clone()))
        }
    }
}

pub(super) fn arn<'a>(env: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    match args {
        [service, resource] => match (service.as_str(), resource.as_str()) {
            (Some(service), Some(resource)) => {
                Val::Text(format!("arn:{}:{service}:{}:{}:{resource}", env.partition, env.region, env.account).into())
            }
            _ if resource.is_null() => Val::Null,
            _ => type_error("`arn` needs a service and a resource as texts"),
        },
        _ => Val::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        for (left, right, order) in [
            ("1.10", "1.9", Ordering::Greater),
            ("1.34", "1.34", Ordering::Equal),
            ("5.0", "5.0.6", Ordering::Less),
            ("8.0.mysql_aurora.3.08.0", "8.0.mysql_aurora.3.04.2", Ordering::Greater),
        ] {
            assert_eq!(compare_versions(left, right), order, "{left} {right}");
        }
    }
}
