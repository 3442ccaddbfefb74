//! The packs that ship with Sekisho.

use super::set::{Form, PackSource};

static WRITTEN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/written.zst"));
static BUNDLED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/bundled.zst"));

/// No bundle is larger, decompressed.
const BUNDLE_MAX_BYTES: usize = 64 << 20;

/// The sources of the built-in packs as they are written, with the controls' tests.
pub fn builtin() -> Vec<PackSource> {
    sources(WRITTEN, Form::Written)
}

/// The same for judging: without tests, and quicker to load.
pub fn builtin_for_judging() -> Vec<PackSource> {
    sources(BUNDLED, Form::Bundled)
}

/// Empty only if the bundle were damaged, which the tests exclude.
fn sources(bundle: &[u8], form: Form) -> Vec<PackSource> {
    let text = zstd::bulk::decompress(bundle, BUNDLE_MAX_BYTES).unwrap_or_default();
    let files: Vec<(String, String)> = serde_json::from_slice(&text).unwrap_or_default();
    files.into_iter().map(|(path, text)| PackSource { path, text, form }).collect()
}
