//! Timestamps: five wire forms in, RFC 3339 in UTC out.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use sekisho_model::Value;

use super::super::model::TimestampFormat;

/// A timestamp that travelled as text: ISO 8601 with or without offset, RFC 822, or seconds since 1970. Text that is
/// no time stays as it is: one odd value must not cost the whole answer, and no condition takes it for a time.
pub(super) fn from_text(text: &str) -> Value {
    let text = text.trim();
    parse(text).map_or_else(|| Value::from(text), |time| Value::from(time.to_string()))
}

/// A timestamp that travelled as a number of seconds since 1970.
pub(super) fn from_seconds(seconds: f64) -> Value {
    seconds_to_time(seconds).map_or(Value::Double(seconds), |time| Value::from(time.to_string()))
}

fn parse(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse::<f64>() {
        return seconds_to_time(seconds);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    if let Ok(time) = text.parse::<DateTime>() {
        return TimeZone::fixed(Offset::UTC).to_timestamp(time).ok();
    }
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

/// A double holds today's seconds to a quarter of a microsecond, so microseconds are what it can tell.
fn seconds_to_time(seconds: f64) -> Option<Timestamp> {
    if !seconds.is_finite() || seconds.abs() > 1e12 {
        return None;
    }
    Timestamp::from_microsecond((seconds * 1e6).round() as i64).ok()
}

/// Writes a timestamp parameter (given as RFC 3339 text) in a wire form; `None` where it is no time.
pub(super) fn to_wire(text: &str, format: TimestampFormat) -> Option<String> {
    let time = parse(text)?;
    Some(match format {
        TimestampFormat::Iso8601 => time.to_string(),
        TimestampFormat::Unix => time.as_second().to_string(),
        TimestampFormat::Rfc822 => {
            jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok()?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wire_form_becomes_rfc_3339() {
        // The example instant of Smithy's timestampFormat trait.
        for text in
            ["1985-04-12T23:20:50.52Z", "1985-04-13T01:20:50.520+02:00", "1985-04-12T23:20:50.52", "482196050.52"]
        {
            assert_eq!(from_text(text), Value::from("1985-04-12T23:20:50.52Z"), "{text}");
        }
        assert_eq!(from_text("Tue, 29 Apr 2014 18:30:38 GMT"), Value::from("2014-04-29T18:30:38Z"));
        assert_eq!(from_seconds(1_515_531_081.123), Value::from("2018-01-09T20:51:21.123Z"));
        assert_eq!(from_seconds(0.0), Value::from("1970-01-01T00:00:00Z"));
    }

    #[test]
    fn what_is_no_time_stays() {
        assert_eq!(from_text("no_information"), Value::from("no_information"));
        assert_eq!(from_seconds(1e300), Value::Double(1e300));
    }

    #[test]
    fn wire_forms_of_requests() {
        let time = "2014-04-29T18:30:38Z";
        assert_eq!(to_wire(time, TimestampFormat::Unix).as_deref(), Some("1398796238"));
        assert_eq!(to_wire(time, TimestampFormat::Rfc822).as_deref(), Some("Tue, 29 Apr 2014 18:30:38 GMT"));
        assert_eq!(to_wire("soon", TimestampFormat::Unix), None);
    }
}
