//! The starting templates pass every control that applies, in both languages.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod check_support;
mod lab_support;

use std::collections::BTreeSet;
use std::path::Path;

use check_support::{check, json};

#[test]
fn starting_templates_pass() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let checked = json(&root, &["templates"]);
    let open: Vec<String> = checked["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["accepted"].is_null())
        .map(|finding| {
            format!("{} {} {}: {}", finding["path"], finding["control"], finding["status"], finding["reasons"])
        })
        .collect();
    assert!(open.is_empty(), "{open:#?}");
    // A skip that has ended, or a file that cannot be read, is a problem.
    assert_eq!(checked["problems"].as_array().unwrap().len(), 0, "{}", checked["problems"]);
    assert_eq!(check(&root, &["templates"]).status.code(), Some(0));
    let passed = checked["passed"].as_array().unwrap();
    let judged: BTreeSet<&str> = passed.iter().map(|one| one["path"].as_str().unwrap()).collect();
    let mut there = 0;
    for folder in std::fs::read_dir(root.join("templates")).unwrap().map(|entry| entry.unwrap().path()) {
        if folder.is_dir() {
            there += 1;
            let name = folder.file_name().unwrap().to_str().unwrap();
            for file in ["template.yaml", "main.tf"] {
                assert!(judged.contains(format!("templates/{name}/{file}").as_str()), "{name}/{file} is not judged");
            }
        }
    }
    assert!(there >= 9);
}
