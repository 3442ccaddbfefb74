//! Any text as a condition, on any document: it is refused, or it gives a verdict and evidence.
//!
//! The input is the condition, then optionally a line `---` and the document as JSON.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sekisho_model::{Timestamp, Value};
use sekisho_rules::cel::{Env, Program, Val};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let text = r#"{"a": [1, 2.5, "x", null, true], "b": {"c": {"d": "2026-01-01T00:00:00Z"}}, "u": {"$unknown": {"source": "s:O"}}}"#;
    serde_json::from_str(text).expect("the document is JSON")
});

fuzz_target!(|text: &str| {
    let (condition, document) = text.split_once("\n---\n").unwrap_or((text, ""));
    let Ok(program) = Program::compile(condition, &["properties", "a"]) else { return };
    let own = serde_json::from_str::<Value>(document).ok();
    let roots = [Val::from(own.as_ref().unwrap_or(&DOCUMENT)), Val::Int(1)];
    let env = Env::new(&roots, Timestamp::UNIX_EPOCH);
    program.truth(&env);
    program.evidence(&env);
    program.uses();
});
