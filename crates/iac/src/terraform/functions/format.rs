//! `format` and `formatlist`: printf as Terraform has it.

use std::iter::Peekable;
use std::str::Chars;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::Arguments;
use super::encoding::json;
use crate::terraform::convert::{convert, text};
use crate::terraform::scope::TEXT_MAX;
use crate::terraform::template::Woven;
use crate::terraform::types::Type;
use crate::terraform::value::{Data, Evaluated, Fault, Value, fault, number_text};

/// Wider fields than anybody wants.
const WIDTH_MAX: usize = 1024;

#[derive(Default)]
struct Verb {
    minus: bool,
    plus: bool,
    space: bool,
    zero: bool,
    sharp: bool,
    width: usize,
    precision: Option<usize>,
    index: Option<usize>,
}

pub(super) fn format(given: &Arguments<'_>) -> Evaluated {
    let pattern = given.get(0)?;
    if let Some(doubt) = pattern.doubt() {
        return Ok(doubt);
    }
    formatted(&given.text(0)?, given.values.get(1..).unwrap_or_default())
}

/// `format` for each element of the lists, which are all of one length.
pub(super) fn format_list(given: &Arguments<'_>) -> Evaluated {
    let pattern = given.text(0)?;
    let arguments = given.values.get(1..).unwrap_or_default();
    let lengths: Vec<usize> = arguments.iter().filter_map(Value::items).map(<[Value]>::len).collect();
    let Some(&length) = lengths.first() else {
        return Ok(Value::list(Type::String, vec![formatted(&pattern, arguments)?]));
    };
    if lengths.iter().any(|other| *other != length) {
        return fault("the lists of formatlist() differ in length");
    }
    let row = |at: usize| {
        let one = |argument: &Value| match argument.items() {
            Some(items) => items.get(at).cloned().unwrap_or_else(Value::null),
            None => argument.clone(),
        };
        formatted(&pattern, &arguments.iter().map(one).collect::<Vec<_>>())
    };
    Ok(Value::list(Type::String, (0..length).map(row).collect::<Result<_, _>>()?))
}

fn formatted(pattern: &str, arguments: &[Value]) -> Evaluated {
    let mut woven = Woven::default();
    let mut symbols = pattern.chars().peekable();
    let (mut next, mut highest, mut indexed) = (0, 0, false);
    while let Some(symbol) = symbols.next() {
        if symbol != '%' {
            woven.literal(symbol.encode_utf8(&mut [0; 4]))?;
            continue;
        }
        if symbols.next_if_eq(&'%').is_some() {
            woven.literal("%")?;
            continue;
        }
        let verb = verb(&mut symbols);
        let Some(kind) = symbols.next() else { return fault("the format ends inside a verb") };
        indexed |= verb.index.is_some();
        let at = match verb.index {
            Some(index) => index.checked_sub(1).ok_or_else(|| Fault("arguments are counted from 1".to_owned()))?,
            None => next,
        };
        next = at + 1;
        highest = highest.max(next);
        let Some(argument) = arguments.get(at) else {
            return fault(format!("format() has no argument for %{kind}"));
        };
        let partly = matches!(argument.data, Data::Text(_) | Data::Reference(_));
        if matches!(kind, 's' | 'v') && verb.width == 0 && verb.precision.is_none() && partly {
            woven.add(argument)?;
            continue;
        }
        if let Some(doubt) = argument.first_doubt() {
            return Ok(doubt);
        }
        woven.literal(&one(&verb, kind, argument)?)?;
    }
    if highest < arguments.len() && !indexed {
        return fault("format() was given more arguments than it has verbs");
    }
    Ok(woven.finish())
}

fn verb(symbols: &mut Peekable<Chars<'_>>) -> Verb {
    let mut verb = Verb::default();
    loop {
        match symbols.peek() {
            Some('-') => verb.minus = true,
            Some('+') => verb.plus = true,
            Some(' ') => verb.space = true,
            Some('0') => verb.zero = true,
            Some('#') => verb.sharp = true,
            _ => break,
        }
        symbols.next();
    }
    if let Some(width) = digits(symbols) {
        verb.width = width.min(WIDTH_MAX);
    }
    if symbols.next_if_eq(&'.').is_some() {
        verb.precision = Some(digits(symbols).unwrap_or(0).min(WIDTH_MAX));
    }
    if symbols.next_if_eq(&'[').is_some() {
        verb.index = digits(symbols);
        symbols.next_if_eq(&']');
    }
    verb
}

fn digits(symbols: &mut Peekable<Chars<'_>>) -> Option<usize> {
    let mut number = None;
    while let Some(digit) = symbols.peek().and_then(|symbol| symbol.to_digit(10)) {
        number = Some(number.unwrap_or(0_usize).saturating_mul(10).saturating_add(digit as usize));
        symbols.next();
    }
    number
}

fn one(verb: &Verb, kind: char, argument: &Value) -> Result<String, Fault> {
    let number = || match convert(argument, &Type::Number)?.data {
        Data::Number(number) => Ok(number),
        _ => fault(format!("%{kind} needs a number")),
    };
    let whole = || {
        let number = number()?;
        let whole = if number.is_integer() { number.to_i128() } else { None };
        whole.ok_or_else(|| Fault(format!("{number} is no whole number, or too large, for %{kind}")))
    };
    let radix = |digits: String, prefix: &str, negative: bool| {
        format!("{}{}{digits}", if negative { "-" } else { "" }, if verb.sharp { prefix } else { "" })
    };
    let numeric = |text: String| signed(verb, text);
    Ok(match kind {
        'v' => match &argument.data {
            Data::String(text) if !verb.sharp => padded(verb, text.to_string(), false),
            Data::Number(given) if !verb.sharp => padded(verb, numeric(general(*given, None, 'g')), true),
            Data::Null(_) => padded(verb, "null".to_owned(), false),
            _ => padded(verb, json(argument)?, false),
        },
        't' => match convert(argument, &Type::Bool)?.data {
            Data::Bool(truth) => padded(verb, truth.to_string(), false),
            _ => return fault("%t needs a boolean"),
        },
        's' | 'q' => {
            let Data::String(text) = text(argument)?.data else { return fault(format!("%{kind} needs a text")) };
            let shown: String = match verb.precision {
                Some(most) => text.chars().take(most).collect(),
                None => text.to_string(),
            };
            padded(verb, if kind == 'q' { json(&Value::from(shown))? } else { shown }, false)
        }
        'd' => padded(verb, numeric(whole()?.to_string()), true),
        'b' => padded(verb, numeric(radix(format!("{:b}", whole()?.unsigned_abs()), "0b", whole()? < 0)), true),
        'o' => padded(verb, numeric(radix(format!("{:o}", whole()?.unsigned_abs()), "0", whole()? < 0)), true),
        'x' => padded(verb, numeric(radix(format!("{:x}", whole()?.unsigned_abs()), "0x", whole()? < 0)), true),
        'X' => padded(verb, numeric(radix(format!("{:X}", whole()?.unsigned_abs()), "0X", whole()? < 0)), true),
        'f' | 'F' => {
            let places = u32::try_from(verb.precision.unwrap_or(6)).unwrap_or(6);
            padded(verb, numeric(fixed(number()?, places)), true)
        }
        'e' | 'E' => padded(verb, numeric(exponent(number()?, verb.precision.unwrap_or(6), kind)), true),
        'g' | 'G' => padded(verb, numeric(general(number()?, verb.precision, kind)), true),
        other => return fault(format!("format() has no verb %{other}")),
    })
}

fn fixed(number: Decimal, places: u32) -> String {
    let rounded = number.round_dp_with_strategy(places, rust_decimal::RoundingStrategy::MidpointNearestEven);
    format!("{rounded:.*}", places as usize)
}

/// `1.500000e+03`.
fn exponent(number: Decimal, places: usize, kind: char) -> String {
    let text = format!("{:.*e}", places, number.to_f64().unwrap_or(0.0));
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
    format!("{mantissa}{kind}{sign}{power:0>2}")
}

/// The shorter of both forms: Go's `%g`, which turns to exponents from a million on, or from as many digits as are asked for.
fn general(number: Decimal, precision: Option<usize>, kind: char) -> String {
    let double = number.to_f64().unwrap_or(0.0);
    let shown = match precision {
        Some(digits) => format!("{:.*e}", digits.max(1) - 1, double),
        None => format!("{double:e}"),
    };
    let (mantissa, power) = shown.split_once('e').unwrap_or((&shown, "0"));
    let mantissa = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    let power: i64 = power.parse().unwrap_or(0);
    let most = precision.map_or(6, |digits| i64::try_from(digits.max(1)).unwrap_or(i64::MAX));
    if power < -4 || power >= most {
        let sign = if power < 0 { '-' } else { '+' };
        return format!("{mantissa}{}{sign}{:02}", if kind == 'g' { 'e' } else { 'E' }, power.abs());
    }
    match precision {
        Some(_) => number_text(&number.round_dp(u32::try_from(most - 1 - power).unwrap_or(0))),
        None => number_text(&number),
    }
}

fn signed(verb: &Verb, text: String) -> String {
    match (text.starts_with('-'), verb.plus, verb.space) {
        (false, true, _) => format!("+{text}"),
        (false, false, true) => format!(" {text}"),
        _ => text,
    }
}

fn padded(verb: &Verb, text: String, is_number: bool) -> String {
    let missing = verb.width.saturating_sub(text.chars().count()).min(TEXT_MAX);
    if missing == 0 {
        return text;
    }
    if verb.minus {
        return format!("{text}{}", " ".repeat(missing));
    }
    if !verb.zero {
        return format!("{}{text}", " ".repeat(missing));
    }
    let sign = text.len() - text.trim_start_matches(['+', '-']).len();
    let (sign, digits) =
        if is_number { text.split_at_checked(sign).unwrap_or(("", &text)) } else { ("", text.as_str()) };
    format!("{sign}{}{digits}", "0".repeat(missing))
}
