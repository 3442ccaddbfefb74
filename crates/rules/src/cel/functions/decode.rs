//! Decoding what AWS packs into texts.

use std::sync::Arc;

use base64::Engine;
use sekisho_model::{Map, Value};

use super::super::eval::Env;
use super::super::value::{Val, type_error};

fn on_text<'a>(args: &[Val<'a>], what: &str, decode: impl Fn(&str) -> Option<Val<'a>>) -> Val<'a> {
    match args.first() {
        None | Some(Val::Null) => Val::Null,
        Some(value) => match value.as_str() {
            Some(text) => decode(text).unwrap_or_else(|| type_error(format!("the text is not {what}"))),
            None => type_error(format!("{what} is decoded from a text, found {}", value.kind())),
        },
    }
}

pub(super) fn json<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    // Some clients hand over documents that are decoded already.
    if let Some(document @ (Val::Ref(_) | Val::Owned(_) | Val::Map(_))) = args.first() {
        return document.clone();
    }
    on_text(args, "JSON", |text| {
        if text.trim().is_empty() { Some(Val::Null) } else { serde_json::from_str::<Value>(text).ok().map(Val::from) }
    })
}

pub(super) fn urldecode<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    on_text(args, "URL-encoded UTF-8", |text| {
        let decoded = percent_encoding::percent_decode_str(text).decode_utf8().ok()?;
        Some(Val::Text(Arc::from(&*decoded)))
    })
}

pub(super) fn base64<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    on_text(args, "base64 of a UTF-8 text", |text| {
        let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim()).ok()?;
        Some(Val::Text(Arc::from(std::str::from_utf8(&bytes).ok()?)))
    })
}

pub(super) fn csv<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    on_text(args, "CSV with a header", |text| {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().ok()?.clone();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.ok()?;
            rows.push(Value::Map(
                header.iter().zip(record.iter()).map(|(key, cell)| (key, Value::from(cell))).collect::<Map>(),
            ));
        }
        Some(Val::Owned(Arc::new(Value::from(rows))))
    })
}
