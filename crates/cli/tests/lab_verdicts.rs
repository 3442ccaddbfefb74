//! The project's own lab: every labelled verdict of both accounts, and a saved scan that is judged again identically.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod lab_support;

use std::collections::BTreeMap;

use lab_support::{SCAN, lab_scan, read, sekisho, succeed};
use sekisho_testkit::lab::{Lab, Seed};

const ACCOUNTS: &str = "\
- { id: \"111122223333\", name: hanamichi-prod }
- { id: \"444455556666\", name: hanamichi-sandbox, role: SekishoAudit }
";

#[test]
fn every_label_agrees_and_the_saved_scan_says_the_same() {
    let Some(lab) = Lab::start_or_skip(None).unwrap() else { return };
    let expected = lab.seed(Seed::Everything).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("accounts.yaml"), ACCOUNTS).unwrap();
    succeed(&mut lab_scan(&lab, folder.path(), &["--accounts", "accounts.yaml", "--save", "saved.ndjson.zst"]));
    let live = read(folder.path());
    let mut found: BTreeMap<(&str, String), &str> = BTreeMap::new();
    for ((_, region, control, resource), said) in &live.verdicts {
        found.insert((control, resource.clone()), &said.status);
        found.insert((control, format!("{resource}#{region}")), &said.status);
    }
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (control, labels) in expected["controls"].as_object().unwrap() {
        for (key, verdict) in labels.as_object().unwrap() {
            compared += 1;
            let status = found.get(&(control.as_str(), key.clone())).copied();
            if status != verdict.as_str() {
                wrong.push(format!("{control} {key}: expected {verdict}, found {status:?}"));
            }
        }
    }
    for (control, keys) in expected["absent"].as_object().unwrap() {
        for key in keys.as_array().unwrap().iter().filter_map(|key| key.as_str()) {
            compared += 1;
            let status = found.get(&(control.as_str(), key.to_owned())).copied();
            if matches!(status, Some("PASSED" | "FAILED")) {
                wrong.push(format!("{control} {key}: must not be judged, found {status:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} labels disagree\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 600, "only {compared} labels");

    let again = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved.ndjson.zst");
    succeed(sekisho(again.path()).args(SCAN).arg("--snapshot").arg(saved));
    assert_eq!(read(again.path()).verdicts, live.verdicts);
}
