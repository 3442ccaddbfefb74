//! Functions between values and their encodings, and hashes.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest as _, Sha256, Sha512};

use super::Arguments;
use crate::parse;
use crate::source::FileId;
use crate::terraform::convert::number;
use crate::terraform::types::Type;
use crate::terraform::value::{Data, Evaluated, Fault, Fields, Value, fault, number_text, unknown};

/// What Go's `url.QueryEscape` keeps.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

pub(super) fn call(given: &Arguments<'_>) -> Option<Evaluated> {
    let text = || given.text(0);
    Some(match given.name {
        "base64encode" => text().map(|text| STANDARD.encode(text).into()),
        "base64decode" => base64decode(given),
        "textencodebase64" => textencode(given),
        "textdecodebase64" => textdecode(given),
        "urlencode" => text().map(|text| utf8_percent_encode(&text, QUERY).to_string().replace("%20", "+").into()),
        "jsonencode" => given.only().and_then(jsonencode),
        "jsondecode" => text().and_then(|text| jsondecode(&text)),
        "yamlencode" => given.only().and_then(yamlencode),
        "yamldecode" => text().and_then(|text| yamldecode(&text)),
        "csvdecode" => text().and_then(|text| csvdecode(&text)),
        "uuidv5" => uuidv5(given),
        "md5" | "sha1" | "sha256" | "sha512" | "base64sha256" | "base64sha512" => {
            text().map(|text| hashed(given.name, text.as_bytes()).into())
        }
        _ => return None,
    })
}

/// A hash by the name of its function, without the `file` before it.
pub(super) fn hashed(name: &str, bytes: &[u8]) -> String {
    let hex = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut hex, byte| {
            // Writing into a text cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    };
    match name {
        "md5" => hex(&md5::Md5::digest(bytes)),
        "sha1" => hex(&sha1::Sha1::digest(bytes)),
        "sha512" => hex(&Sha512::digest(bytes)),
        "base64sha256" => STANDARD.encode(Sha256::digest(bytes)),
        "base64sha512" => STANDARD.encode(Sha512::digest(bytes)),
        _ => hex(&Sha256::digest(bytes)),
    }
}

fn base64decode(given: &Arguments<'_>) -> Evaluated {
    let bytes = STANDARD.decode(given.text(0)?).map_err(|_| Fault("this is not base64".to_owned()))?;
    String::from_utf8(bytes).map(Value::from).map_err(|_| Fault("what base64decode() gives is no text".to_owned()))
}

fn textencode(given: &Arguments<'_>) -> Evaluated {
    let (text, name) = (given.text(0)?, given.text(1)?);
    let bytes: Vec<u8> = match name.to_ascii_uppercase().as_str() {
        "UTF-8" => text.into_bytes(),
        "UTF-16LE" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "UTF-16BE" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "ISO-8859-1" => match text.chars().map(|symbol| u8::try_from(u32::from(symbol))).collect() {
            Ok(bytes) => bytes,
            Err(_) => return fault("the text has letters that ISO-8859-1 lacks"),
        },
        _ => return Ok(unknown(format!("textencodebase64(\"{name}\")"), "this encoding is not computed here")),
    };
    Ok(STANDARD.encode(bytes).into())
}

fn textdecode(given: &Arguments<'_>) -> Evaluated {
    let (text, name) = (given.text(0)?, given.text(1)?);
    let bytes = STANDARD.decode(text).map_err(|_| Fault("this is not base64".to_owned()))?;
    let units = |from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(from)).collect();
        String::from_utf16(&units).ok()
    };
    let decoded = match name.to_ascii_uppercase().as_str() {
        "UTF-8" => String::from_utf8(bytes.clone()).ok(),
        "UTF-16LE" => units(u16::from_le_bytes),
        "UTF-16BE" => units(u16::from_be_bytes),
        "ISO-8859-1" => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
        _ => return Ok(unknown(format!("textdecodebase64(\"{name}\")"), "this encoding is not computed here")),
    };
    decoded.map_or_else(|| fault(format!("the bytes are not {name}")), |text| Ok(text.into()))
}

fn jsonencode(value: &Value) -> Evaluated {
    match value.first_doubt() {
        None => Ok(json(value)?.into()),
        // As a whole it is not known; as the structure that it is, most of it may be.
        Some(_) if value.doubt().is_none() => Ok(Data::Encoded(Arc::new(value.clone())).into()),
        Some(doubt) => Ok(doubt),
    }
}

/// JSON as Terraform writes it: keys sorted, and the signs of HTML escaped.
pub(in crate::terraform) fn json(value: &Value) -> Result<String, Fault> {
    let mut out = String::new();
    write_json(value, &mut out)?;
    Ok(out)
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for symbol in text.chars() {
        match symbol {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\u{0}'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(symbol));
            }
            _ => out.push(symbol),
        }
    }
    out.push('"');
}

fn write_json(value: &Value, out: &mut String) -> Result<(), Fault> {
    match &value.data {
        Data::Null(_) => out.push_str("null"),
        Data::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Data::Number(number) => out.push_str(&number_text(number)),
        Data::String(text) => quoted(text, out),
        _ => match (value.items(), value.fields()) {
            (Some(items), _) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    write_json(item, out)?;
                }
                out.push(']');
            }
            (_, Some(fields)) => {
                out.push('{');
                for (at, (name, value)) in fields.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    quoted(name, out);
                    out.push(':');
                    write_json(value, out)?;
                }
                out.push('}');
            }
            _ => return fault("a value is not known"),
        },
    }
    Ok(())
}

fn jsondecode(text: &str) -> Evaluated {
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| Fault(format!("jsondecode(): {error}")))?;
    Ok(from_json(&value))
}

/// A JSON value as Terraform types it.
pub(in crate::terraform) fn from_json(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::null(),
        serde_json::Value::Bool(truth) => (*truth).into(),
        serde_json::Value::Number(given) => {
            let text = given.to_string();
            number(&text).map_or_else(|| unknown(text, "the number is too large"), Value::from)
        }
        serde_json::Value::String(text) => text.as_str().into(),
        serde_json::Value::Array(items) => Value::tuple(items.iter().map(from_json).collect()),
        serde_json::Value::Object(fields) => {
            Value::object(fields.iter().map(|(name, value)| (name.as_str().into(), from_json(value))).collect())
        }
    }
}

fn yamldecode(text: &str) -> Evaluated {
    match parse::parse(text, FileId(u32::MAX)) {
        Ok(Some(root)) => Ok(from_yaml(&root)),
        Ok(None) => fault("yamldecode() was given nothing"),
        Err(mistake) => fault(format!("yamldecode(): line {}: {}", mistake.line, mistake.text)),
    }
}

fn from_yaml(node: &parse::Node) -> Value {
    match &node.data {
        parse::Data::Null => Value::null(),
        parse::Data::Bool(truth) => (*truth).into(),
        parse::Data::Int(number) => (*number).into(),
        parse::Data::Double(double) => {
            number(&double.to_string()).map_or_else(|| Value::from(double.to_string()), Value::from)
        }
        parse::Data::Text(text) => yaml_scalar(text, node.plain),
        parse::Data::List(items) => Value::tuple(items.iter().map(from_yaml).collect()),
        parse::Data::Map(entries) => Value::object(
            entries
                .iter()
                .map(|(key, value)| {
                    let key = crate::terraform::convert::text(&from_yaml(key));
                    let key = key.ok().and_then(|key| key.as_str().map(Arc::from)).unwrap_or_default();
                    (key, from_yaml(value))
                })
                .collect(),
        ),
    }
}

/// What a plain text of YAML means besides what templates know: other bases, exponents and days.
fn yaml_scalar(text: &str, plain: bool) -> Value {
    if !plain {
        return text.into();
    }
    // YAML 1.1's words for truths, which templates of CloudFormation do not know.
    match text {
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return true.into(),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => return false.into(),
        _ => {}
    }
    let based = |prefix: &str, base| i64::from_str_radix(text.strip_prefix(prefix)?, base).ok();
    if let Some(number) = based("0x", 16).or_else(|| based("0o", 8)).or_else(|| based("0b", 2)) {
        return number.into();
    }
    if text.starts_with(|symbol: char| symbol.is_ascii_digit() || symbol == '.') {
        if let Some(number) = number(text) {
            return number.into();
        }
        if text.parse::<jiff::civil::Date>().is_ok() && text.len() == 10 {
            return format!("{text}T00:00:00Z").into();
        }
    }
    text.into()
}

/// YAML as Terraform writes it: blocks, every text and key in quotes.
fn yamlencode(value: &Value) -> Evaluated {
    let mut out = String::new();
    write_yaml(value, 0, &mut out)?;
    // A bare scalar ends with the mark that ends a document.
    if value.items().is_none() && value.fields().is_none() && !out.starts_with('"') && !out.starts_with('|') {
        out.push_str("...\n");
    }
    Ok(out.into())
}

fn write_yaml(value: &Value, indent: usize, out: &mut String) -> Result<(), Fault> {
    let pad = |out: &mut String, at: usize| {
        if at > 0 || !out.is_empty() && out.ends_with('\n') {
            out.push_str(&"  ".repeat(indent));
        }
    };
    match (value.items(), value.fields()) {
        (Some([]), _) => out.push_str("[]\n"),
        (_, Some(fields)) if fields.is_empty() => out.push_str("{}\n"),
        (Some(items), _) => {
            for (at, item) in items.iter().enumerate() {
                pad(out, at);
                out.push_str("- ");
                write_yaml(item, indent + 1, out)?;
            }
        }
        (_, Some(fields)) => {
            for (at, (name, value)) in fields.iter().enumerate() {
                pad(out, at);
                quoted(name, out);
                out.push(':');
                let nested = value.fields().is_some_and(|fields| !fields.is_empty());
                let listed = value.items().is_some_and(|items| !items.is_empty());
                out.push(if nested || listed { '\n' } else { ' ' });
                write_yaml(value, if nested { indent + 1 } else { indent }, out)?;
            }
        }
        _ => {
            match &value.data {
                Data::String(text) if text.contains('\n') => {
                    out.push_str(if text.ends_with('\n') { "|" } else { "|-" });
                    for line in text.trim_end_matches('\n').split('\n') {
                        out.push('\n');
                        out.push_str(&"  ".repeat(indent + 1));
                        out.push_str(line);
                    }
                }
                _ => write_json(value, out)?,
            }
            out.push('\n');
        }
    }
    Ok(())
}

fn csvdecode(text: &str) -> Evaluated {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let wrong = |error: csv::Error| Fault(format!("csvdecode(): {error}"));
    let names = reader.headers().map_err(wrong)?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        let fields = names.iter().zip(record.iter()).map(|(name, text)| (name.into(), Value::from(text)));
        rows.push(Value::object(fields.collect::<Fields>()));
    }
    let fields = names.iter().map(|name| (name.into(), Type::String.required())).collect();
    Ok(Value::list(Type::Object(fields), rows))
}

fn uuidv5(given: &Arguments<'_>) -> Evaluated {
    let (space, name) = (given.text(0)?, given.text(1)?);
    let space = match space.as_str() {
        "dns" => uuid::Uuid::NAMESPACE_DNS,
        "url" => uuid::Uuid::NAMESPACE_URL,
        "oid" => uuid::Uuid::NAMESPACE_OID,
        "x500" => uuid::Uuid::NAMESPACE_X500,
        other => other.parse().map_err(|_| Fault(format!("uuidv5() does not know the namespace \"{other}\"")))?,
    };
    Ok(uuid::Uuid::new_v5(&space, name.as_bytes()).to_string().into())
}
