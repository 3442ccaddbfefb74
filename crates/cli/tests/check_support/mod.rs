//! Running `sekisho check` in a folder.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking, and none uses all"
)]

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::lab_support::sekisho;

/// Runs the command, in English and 80 columns.
pub(crate) fn check(folder: &Path, args: &[&str]) -> Output {
    sekisho(folder).arg("check").args(args).args(["--lang", "en"]).env("COLUMNS", "80").output().unwrap()
}

/// What `--format json` says.
pub(crate) fn json(folder: &Path, args: &[&str]) -> Value {
    let output = check(folder, &[args, &["--format", "json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// The first finding of a control.
pub(crate) fn finding<'v>(checked: &'v Value, control: &str) -> &'v Value {
    let findings = checked["findings"].as_array().unwrap();
    findings
        .iter()
        .find(|finding| finding["control"] == control)
        .unwrap_or_else(|| panic!("no {control}: {findings:#?}"))
}
