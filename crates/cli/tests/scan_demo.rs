//! The first thing that a newcomer runs: `sekisho scan --demo`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod lab_support;

use lab_support::{SCAN, read, sekisho, succeed};
use unicode_width::UnicodeWidthStr;

#[test]
fn the_demo_prints_a_summary_and_writes_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let output = succeed(sekisho(folder.path()).args(["scan", "--demo", "--data", "data"]));
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    for part in ["111122223333", "ap-northeast-1", "S3.2", "lambda:GetPolicy", "sekisho-report.html"] {
        assert!(text.contains(part), "the summary does not say {part}:\n{text}");
    }
    let page = std::fs::read_to_string(folder.path().join("sekisho-report.html")).unwrap();
    assert!(page.contains("hanamichi"));
}

/// An account worth looking at: neither hopeless nor clean, with something critical and something unseen.
#[test]
fn the_demo_is_interesting() {
    let folder = tempfile::tempdir().unwrap();
    succeed(sekisho(folder.path()).args(SCAN).arg("--demo"));
    let demo = read(folder.path());
    let score = demo.report["scores"]["summary"].as_i64().unwrap();
    assert!((35..=65).contains(&score), "the score is {score}");
    assert_eq!(demo.report["accounts"].as_array().unwrap().len(), 2);
    assert!(demo.not_seen().contains("lambda:GetPolicy"), "{:?}", demo.not_seen());
    let findings = demo.report["findings"].as_array().unwrap();
    let critical =
        findings.iter().filter(|finding| finding["status"] == "FAILED" && finding["severity"] == "CRITICAL").count();
    assert!(critical >= 10, "{critical} critical findings");
}

#[test]
fn a_second_demo_finds_nothing_new() {
    let folder = tempfile::tempdir().unwrap();
    succeed(sekisho(folder.path()).args(SCAN).arg("--demo"));
    let first = read(folder.path());
    succeed(sekisho(folder.path()).args(SCAN).args(["--demo", "--fail-on", "new"]));
    assert_eq!(read(folder.path()).verdicts, first.verdicts);
}

/// What the summary, the explanation and the plan say fits a terminal of 80 columns, in both languages.
#[test]
fn the_demo_reads_well_at_80_columns() {
    let folder = tempfile::tempdir().unwrap();
    for lang in ["en", "ja"] {
        let wanted = ["--demo", "--data", "data", "--lang", lang];
        let run = |command: &[&str]| {
            let output = succeed(sekisho(folder.path()).args(command).args(wanted).env("COLUMNS", "80"));
            String::from_utf8(output.stdout).unwrap()
        };
        let texts = [run(&["scan"]), run(&["score", "--explain", "--plan"])];
        assert!(texts[1].contains("CloudTrail.2"), "{}", texts[1]);
        for line in texts.iter().flat_map(|text| text.lines()) {
            assert!(line.width() <= 80, "{} columns: {line}", line.width());
        }
    }
}

/// No secret and no trace of the machine that recorded it.
#[test]
fn the_demo_holds_nothing_private() {
    let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo.ndjson.zst")).unwrap();
    let demo = sekisho_collect::snapshot::read(bytes.as_slice()).unwrap();
    for resource in &demo.resources {
        let text = serde_json::to_string(resource).unwrap();
        for trace in ["AKIA", "ASIA", "127.0.0.1", "localhost", "/home/", "PRIVATE KEY"] {
            assert!(!text.contains(trace), "{} holds {trace}", resource.arn);
        }
    }
}

/// A scan of a large organization takes a while; a typing mistake in a path should not.
#[test]
fn a_place_that_cannot_be_written_is_told_before_the_scan() {
    let folder = tempfile::tempdir().unwrap();
    for option in ["-o", "--save", "--write-baseline"] {
        let mut command = sekisho(folder.path());
        // Nobody listens there: a scan that got as far as AWS would say so instead.
        command.args(["scan", "--data", "data", "--endpoint-url", "http://127.0.0.1:9", option, "no/report.html"]);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            said.contains("cannot write no/report.html: there is no folder no; create it first"),
            "{option}: {said}"
        );
    }
    assert!(!folder.path().join("data").exists(), "nothing was begun");
}
