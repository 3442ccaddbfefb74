//! Running the binary against the lab, and comparing what two scans say.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(dead_code, unreachable_pub, reason = "each test file compiles this module and uses a part of it")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use sekisho_testkit::lab::{HOME_ACCOUNT, Lab, NOW};
use serde_json::Value;

pub const REGIONS: [&str; 2] = ["ap-northeast-1", "us-east-1"];

/// A scan that writes `report.json` into the current folder and keeps its findings in `data`; where the resources come
/// from is still to be said.
pub const SCAN: [&str; 8] = ["scan", "--quiet", "--data", "data", "--format", "json", "-o", "report.json"];

/// Account, Region, control and resource.
pub type Key = (String, String, String, String);

/// A verdict and the texts of its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub status: String,
    pub reasons: String,
}

/// What a scan said.
#[derive(Debug, Clone, PartialEq)]
pub struct Scan {
    pub verdicts: BTreeMap<Key, Said>,
    /// The whole JSON report.
    pub report: Value,
}

impl Scan {
    /// Operations that the report lists under what could not be seen.
    pub fn not_seen(&self) -> BTreeSet<String> {
        let listed = self.report["not_seen"].as_array().unwrap();
        listed.iter().map(|entry| entry["operation"].as_str().unwrap().to_owned()).collect()
    }

    pub fn statuses(&self) -> BTreeMap<&Key, &str> {
        self.verdicts.iter().map(|(key, said)| (key, said.status.as_str())).collect()
    }
}

/// `sekisho` with the settings of AWS pointed at the lab and everything of the person's own switched off.
pub fn sekisho(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_") || name.starts_with("SEKISHO_")) {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C").current_dir(folder).stdin(Stdio::null());
    command
}

/// A scan of the lab that writes `report.json` into `folder` and keeps its findings in `folder/data`.
pub fn lab_scan(lab: &Lab, folder: &Path, more: &[&str]) -> Command {
    let mut command = sekisho(folder);
    command
        .env("AWS_ENDPOINT_URL", lab.endpoint())
        .env("AWS_ACCESS_KEY_ID", "lab")
        .env("AWS_SECRET_ACCESS_KEY", "lab")
        .env("AWS_REGION", REGIONS[0])
        .env("AWS_CONFIG_FILE", "none")
        .env("AWS_SHARED_CREDENTIALS_FILE", "none")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .args(SCAN)
        .args(["--taken-at", NOW]);
    for region in REGIONS {
        command.args(["--region", region]);
    }
    command.args(more);
    command
}

/// Scans into a new folder and reads the report.
pub fn scan(lab: &Lab, more: &[&str]) -> Scan {
    let folder = tempfile::tempdir().unwrap();
    succeed(&mut lab_scan(lab, folder.path(), more));
    read(folder.path())
}

pub fn read(folder: &Path) -> Scan {
    let report: Value = serde_json::from_slice(&std::fs::read(folder.join("report.json")).unwrap()).unwrap();
    let text =
        |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut verdicts = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap().iter().filter(|finding| finding["record_state"] == "ACTIVE") {
        let key = (
            text(finding, "/account"),
            text(finding, "/region"),
            text(finding, "/control_id"),
            text(finding, "/resource/id"),
        );
        let said = Said { status: text(finding, "/status"), reasons: finding["reasons"].to_string() };
        assert!(verdicts.insert(key.clone(), said).is_none(), "two findings for {key:?}");
    }
    Scan { verdicts, report }
}

pub fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?} ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// The text of an error that must have ended the command with exit code 1, and without a panic.
pub fn fail(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{command:?} said {text}");
    assert!(!text.contains("panicked"), "{text}");
    text
}

/// Every verdict is as it was in good weather, or says that it is not known and why; none is invented, and none vanishes
/// without a word. `is_cause` decides whether a reason names what went wrong.
pub fn assert_nothing_invented(before: &Scan, after: &Scan, is_cause: impl Fn(&str) -> bool) {
    let unknown: BTreeSet<(&str, &str, &str)> = after
        .verdicts
        .iter()
        .filter(|(_, said)| said.status == "NOT_AVAILABLE" && is_cause(&said.reasons))
        .map(|((account, region, control, _), _)| (account.as_str(), region.as_str(), control.as_str()))
        .collect();
    for (key, said) in &before.verdicts {
        match after.verdicts.get(key) {
            Some(now) if now.status == said.status => {}
            Some(now) => assert!(
                now.status == "NOT_AVAILABLE" && is_cause(&now.reasons),
                "{key:?} was {} and is {now:?}",
                said.status
            ),
            // The list of its type failed, and one finding on the account speaks for all that cannot be seen; or there was
            // nothing to judge, and now there is something of which that cannot be said.
            None => assert!(
                unknown.contains(&(&key.0, &key.1, &key.2)),
                "{key:?} was {} and vanished without a word",
                said.status
            ),
        }
    }
    for (key, said) in after.verdicts.iter().filter(|(key, _)| !before.verdicts.contains_key(*key)) {
        assert!(
            said.status == "NOT_AVAILABLE" && is_cause(&said.reasons),
            "{key:?} is {said:?} and was not there in good weather"
        );
    }
}

/// The verdicts that the seed expects, for the account of the key `lab`.
pub fn expected_of_home(expected: &Value) -> Vec<(String, String, String)> {
    let mut all = Vec::new();
    for (control, labels) in expected["controls"].as_object().unwrap() {
        for (key, verdict) in labels.as_object().unwrap() {
            if key.contains(HOME_ACCOUNT) || key.starts_with("arn:aws:s3:::") {
                all.push((control.clone(), key.clone(), verdict.as_str().unwrap().to_owned()));
            }
        }
    }
    all
}
