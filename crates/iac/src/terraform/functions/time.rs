//! Functions on times.

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::Arguments;
use crate::terraform::value::{Evaluated, Fault, fault};

pub(super) fn call(given: &Arguments<'_>) -> Option<Evaluated> {
    Some(match given.name {
        "timecmp" => timecmp(given),
        "timeadd" => timeadd(given),
        "formatdate" => formatdate(given),
        _ => return None,
    })
}

fn moment(given: &Arguments<'_>, at: usize) -> Result<Timestamp, Fault> {
    let text = given.text(at)?;
    text.parse().map_err(|_| Fault(format!("\"{text}\" is no time; write 2026-01-31T00:00:00Z")))
}

fn timecmp(given: &Arguments<'_>) -> Evaluated {
    let order = moment(given, 0)?.cmp(&moment(given, 1)?);
    Ok((order as i64).into())
}

/// `1h30m`, `-10s`, `1.5h`: Go's durations.
fn duration(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut nanos = 0_f64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|symbol: char| !symbol.is_ascii_digit() && symbol != '.')?;
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after.find(|symbol: char| symbol.is_ascii_digit() || symbol == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(letters)?;
        let factor = match unit {
            "h" => 3600e9,
            "m" => 60e9,
            "s" => 1e9,
            "ms" => 1e6,
            "us" | "µs" => 1e3,
            "ns" => 1.0,
            _ => return None,
        };
        nanos += number.parse::<f64>().ok()? * factor;
        rest = after;
    }
    SignedDuration::try_from_secs_f64(nanos / 1e9 * if negative { -1.0 } else { 1.0 }).ok()
}

fn timeadd(given: &Arguments<'_>) -> Evaluated {
    let (moment, offset, text) = (moment(given, 0)?, offset(&given.text(0)?), given.text(1)?);
    let Some(duration) = duration(&text) else { return fault(format!("\"{text}\" is no duration; write 1h30m")) };
    match moment.checked_add(duration) {
        Ok(moment) if offset == Offset::UTC => Ok(moment.to_string().into()),
        Ok(moment) => Ok(moment.display_with_offset(offset).to_string().into()),
        Err(_) => fault("the time is out of range"),
    }
}

/// The offset that a time is written with.
fn offset(text: &str) -> Offset {
    let parsed = jiff::fmt::temporal::DateTimeParser::new().parse_pieces(text).ok();
    parsed.and_then(|pieces| pieces.to_numeric_offset()).unwrap_or(Offset::UTC)
}

fn formatdate(given: &Arguments<'_>) -> Evaluated {
    let (pattern, text) = (given.text(0)?, given.text(1)?);
    let offset = offset(&text);
    let moment = moment(given, 1)?.to_zoned_datetime(TimeZone::fixed(offset));
    let mut out = String::new();
    let mut rest = pattern.as_str();
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            // Inside quotes a quote is written twice.
            rest = rest.get(1..).unwrap_or_default();
            loop {
                let Some((literal, after)) = rest.split_once('\'') else {
                    return fault("a quote in the format is open");
                };
                out.push_str(literal);
                rest = after;
                match rest.strip_prefix('\'') {
                    Some(after) => {
                        out.push('\'');
                        rest = after;
                    }
                    None => break,
                }
            }
            continue;
        }
        let same = rest.chars().take_while(|symbol| *symbol == first).count();
        let (run, after) = rest.split_at_checked(same * first.len_utf8()).unwrap_or((rest, ""));
        rest = after;
        if !first.is_ascii_alphabetic() {
            out.push_str(run);
            continue;
        }
        let verb = match run {
            "YYYY" => "%Y",
            "YY" => "%y",
            "MMMM" => "%B",
            "MMM" => "%b",
            "MM" => "%m",
            "M" => "%-m",
            "DD" => "%d",
            "D" => "%-d",
            "EEEE" => "%A",
            "EEE" => "%a",
            "hh" => "%H",
            "h" => "%-H",
            "HH" => "%I",
            "H" => "%-I",
            "AA" => "%p",
            "aa" => "%P",
            "mm" => "%M",
            "m" => "%-M",
            "ss" => "%S",
            "s" => "%-S",
            "ZZZZZ" => "%:z",
            "ZZZZ" => "%z",
            "ZZZ" if offset == Offset::UTC => "UTC",
            "ZZZ" => "%z",
            "Z" if offset == Offset::UTC => "Z",
            "Z" => "%:z",
            _ => return fault(format!("formatdate() has no verb {run}")),
        };
        out.push_str(&moment.strftime(verb).to_string());
    }
    Ok(out.into())
}
