//! Functions on texts.

use regex::Regex;

use super::{Arguments, format};
use crate::terraform::scope::TEXT_MAX;
use crate::terraform::template::Woven;
use crate::terraform::types::Type;
use crate::terraform::value::{Data, Evaluated, Fault, Fields, Value, fault};

pub(super) fn call(given: &Arguments<'_>) -> Option<Evaluated> {
    let text = |at| given.text(at);
    Some(match given.name {
        "chomp" => text(0).map(|text| text.trim_end_matches(['\n', '\r']).into()),
        "lower" => text(0).map(|text| lower(&text).into()),
        "upper" => text(0).map(|text| upper(&text).into()),
        "title" => text(0).map(|text| title(&text).into()),
        "trimspace" => text(0).map(|text| text.trim().into()),
        "strrev" => text(0).map(|text| text.chars().rev().collect::<String>().into()),
        "startswith" => both(given, |text, with| text.starts_with(with)),
        "endswith" => both(given, |text, with| text.ends_with(with)),
        "strcontains" => both(given, |text, with| text.contains(with)),
        "trim" => cut(given, |text, with| text.trim_matches(|symbol| with.contains(symbol))),
        "trimprefix" => cut(given, |text, with| text.strip_prefix(with).unwrap_or(text)),
        "trimsuffix" => cut(given, |text, with| text.strip_suffix(with).unwrap_or(text)),
        "indent" => indent(given),
        "substr" => substr(given),
        "join" => join(given),
        "split" => split(given),
        "replace" => replace(given),
        "regex" => matched(given),
        "regexall" => matched_all(given),
        "format" => format::format(given),
        "formatlist" => format::format_list(given),
        _ => return None,
    })
}

fn both(given: &Arguments<'_>, holds: fn(&str, &str) -> bool) -> Evaluated {
    Ok(holds(&given.text(0)?, &given.text(1)?).into())
}

fn cut(given: &Arguments<'_>, cut: for<'t> fn(&'t str, &str) -> &'t str) -> Evaluated {
    Ok(cut(&given.text(0)?, &given.text(1)?).into())
}

fn upper(text: &str) -> String {
    let one = |symbol: char| {
        let mut capitals = symbol.to_uppercase();
        capitals.next().filter(|_| capitals.next().is_none()).unwrap_or(symbol)
    };
    text.chars().map(one).collect()
}

/// The first letter of what each letter becomes: Terraform never makes two of one.
fn lower(text: &str) -> String {
    text.chars().map(|symbol| symbol.to_lowercase().next().unwrap_or(symbol)).collect()
}

fn title(text: &str) -> String {
    let mut before = ' ';
    let mut titled = String::with_capacity(text.len());
    for symbol in text.chars() {
        // A sign of ASCII parts words, other signs do not.
        let starts =
            if before.is_ascii() { !(before.is_ascii_alphanumeric() || before == '_') } else { before.is_whitespace() };
        titled.push_str(&if starts { upper(&symbol.to_string()) } else { symbol.to_string() });
        before = symbol;
    }
    titled
}

fn indent(given: &Arguments<'_>) -> Evaluated {
    let spaces = usize::try_from(given.whole(0)?).map_err(|_| Fault("indent() takes a count".to_owned()))?;
    let text = given.text(1)?;
    if spaces.saturating_mul(text.matches('\n').count() + 1) > TEXT_MAX {
        return fault("a text becomes longer than is allowed");
    }
    Ok(text.replace('\n', &format!("\n{}", " ".repeat(spaces))).into())
}

fn substr(given: &Arguments<'_>) -> Evaluated {
    let (text, offset, length) = (given.text(0)?, given.whole(1)?, given.whole(2)?);
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let offset = if offset < 0 { (count + offset).max(0) } else { offset };
    let skip = usize::try_from(offset).unwrap_or(usize::MAX);
    let take = usize::try_from(length).unwrap_or(usize::MAX);
    Ok(text.chars().skip(skip).take(take).collect::<String>().into())
}

/// The lists after the separator, one after the other.
fn join(given: &Arguments<'_>) -> Evaluated {
    let separator = given.text(0)?;
    let mut woven = Woven::default();
    let mut first = true;
    for at in 1..given.values.len() {
        if let Some(doubt) = given.get(at)?.doubt() {
            return Ok(doubt);
        }
        for item in given.items(at)? {
            if item.items().is_some() || item.fields().is_some() {
                return fault("join() takes lists of texts");
            }
            woven.literal(if first { "" } else { &separator })?;
            woven.add(item)?;
            first = false;
        }
    }
    Ok(woven.finish())
}

fn split(given: &Arguments<'_>) -> Evaluated {
    let (separator, text) = (given.text(0)?, given.text(1)?);
    if separator.is_empty() {
        return Ok(Value::strings(text.chars().map(String::from)));
    }
    Ok(Value::strings(text.split(&separator).map(str::to_owned)))
}

fn replace(given: &Arguments<'_>) -> Evaluated {
    let (text, what, with) = (given.text(0)?, given.text(1)?, given.text(2)?);
    let pattern = what.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let replaced = match pattern {
        Some(pattern) if what.len() > 1 => expression(pattern)?.replace_all(&text, with.as_str()).into_owned(),
        _ => text.replace(&what, &with),
    };
    if replaced.len() > TEXT_MAX { fault("a text becomes longer than is allowed") } else { Ok(replaced.into()) }
}

fn expression(pattern: &str) -> Result<Regex, Fault> {
    // RE2 knows `(?P<name>...)` and `(?<name>...)` as we do; the size keeps a hostile pattern small.
    regex::RegexBuilder::new(pattern).size_limit(1 << 20).build().map_err(|error| Fault(error.to_string()))
}

fn captured(expression: &Regex, found: &regex::Captures<'_>) -> Value {
    let text = |at: Option<regex::Match<'_>>| {
        at.map_or_else(|| Data::Null(Type::String).into(), |found| Value::from(found.as_str()))
    };
    let names: Vec<Option<&str>> = expression.capture_names().skip(1).collect();
    if names.is_empty() {
        return text(found.get(0));
    }
    if names.iter().all(Option::is_some) {
        let fields = names.into_iter().flatten().map(|name| (name.into(), text(found.name(name))));
        return Value::object(fields.collect::<Fields>());
    }
    Value::tuple((1..found.len()).map(|at| text(found.get(at))).collect())
}

fn matched(given: &Arguments<'_>) -> Evaluated {
    let (expression, text) = (expression(&given.text(0)?)?, given.text(1)?);
    match expression.captures(&text) {
        Some(found) => Ok(captured(&expression, &found)),
        None => fault("the pattern does not match"),
    }
}

fn matched_all(given: &Arguments<'_>) -> Evaluated {
    let (expression, text) = (expression(&given.text(0)?)?, given.text(1)?);
    let all: Vec<Value> = expression.captures_iter(&text).map(|found| captured(&expression, &found)).collect();
    let of = match all.first() {
        Some(first) => first.type_of(),
        None if expression.captures_len() == 1 => Type::String,
        None => Type::Tuple(vec![Type::String; expression.captures_len() - 1]),
    };
    Ok(Value::list(of, all))
}
