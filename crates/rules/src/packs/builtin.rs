//! The packs that ship with Sekisho.

use super::set::PackSource;

const BUNDLE: &str = include_str!(concat!(env!("OUT_DIR"), "/packs.json"));

/// The sources of the built-in packs. Empty only if the bundle were damaged, which the tests exclude.
pub fn builtin() -> Vec<PackSource> {
    let files: Vec<(String, String)> = serde_json::from_str(BUNDLE).unwrap_or_default();
    files.into_iter().map(|(path, text)| PackSource { path, text }).collect()
}
