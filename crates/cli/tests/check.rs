//! `sekisho check` as a person or a pipeline runs it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod check_support;
mod lab_support;

use std::fs;
use std::io::Write;
use std::process::Stdio;

use check_support::{check, finding, json};
use lab_support::sekisho;
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

const TEMPLATE: &str = r#"Parameters:
  Password: { Type: String, NoEcho: true, Default: hunter22 }
  Encrypt: { Type: String }
Resources:
  # sekisho:skip=S3.9 until=2999-12-31 reason="the target of access logs does not log itself"
  Logs:
    Type: AWS::S3::Bucket
    Properties:
      PublicAccessBlockConfiguration:
        BlockPublicAcls: "true"
        BlockPublicPolicy: false
        IgnorePublicAcls: true
        RestrictPublicBuckets: true
  Database:
    Type: AWS::RDS::DBInstance
    Properties:
      Engine: mysql
      MasterUsername: !Ref Password
      StorageEncrypted: !Ref Encrypt
      MultiAZ: false
"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("stack.yaml"), TEMPLATE).unwrap();
    folder
}

#[test]
fn a_finding_names_the_line_and_the_value_at_fault() {
    let folder = folder();
    let checked = json(folder.path(), &["stack.yaml"]);
    let block = finding(&checked, "S3.8");
    assert_eq!((&block["status"], &block["resource"]), (&"FAILED".into(), &"Logs".into()));
    // The line of `BlockPublicPolicy: false`, the only setting that is off.
    assert_eq!(block["start_line"], 11, "{block:#}");
    let path = "properties.PublicAccessBlockConfiguration.BlockPublicPolicy";
    assert!(block["evidence"].as_array().unwrap().iter().any(|seen| seen["path"] == path), "{block:#}");
    assert!(block["fix"].as_str().unwrap().contains("BlockPublicPolicy: true"));
    assert_eq!(finding(&checked, "RDS.5")["start_line"], 20);
}

#[test]
fn what_hangs_on_a_parameter_is_unknown_until_it_is_given() {
    let folder = folder();
    let before = json(folder.path(), &["stack.yaml"]);
    let encryption = finding(&before, "RDS.3");
    assert_eq!(encryption["status"], "NOT_AVAILABLE");
    assert!(encryption["reasons"][0].as_str().unwrap().contains("!Ref Encrypt"), "{encryption:#}");
    for (name, parameters) in [
        ("map.json", r#"{"Encrypt": "false"}"#),
        ("pairs.json", r#"["Encrypt=false"]"#),
        ("keys.json", r#"[{"ParameterKey": "Encrypt", "ParameterValue": "false"}]"#),
        ("pipeline.json", r#"{"Parameters": {"Encrypt": "false"}}"#),
    ] {
        fs::write(folder.path().join(name), parameters).unwrap();
        let after = json(folder.path(), &["stack.yaml", "--parameters", name]);
        assert_eq!(finding(&after, "RDS.3")["status"], "FAILED", "{name}");
    }
}

#[test]
fn decisions_accept_and_are_shown() {
    let folder = folder();
    let accepted = |args: &[&str], control: &str| finding(&json(folder.path(), args), control)["accepted"].clone();
    assert_eq!(accepted(&["stack.yaml"], "S3.9"), "the target of access logs does not log itself");
    assert_eq!(accepted(&["stack.yaml"], "RDS.5"), Value::Null);
    let decisions =
        "suppress:\n  - { control: RDS.5, resource: 'stack.yaml#Database', reason: a test stack, until: 2999-12-31 }\n";
    fs::write(folder.path().join("sekisho.yaml"), decisions).unwrap();
    assert_eq!(accepted(&["stack.yaml"], "RDS.5"), "a test stack");
}

#[test]
fn a_skip_that_has_ended_or_has_no_reason_accepts_nothing_and_is_said() {
    let folder = tempfile::tempdir().unwrap();
    for (skip, words) in [
        ("sekisho:skip=S3.9 until=2020-01-01 reason=old", "has ended"),
        ("sekisho:skip=S3.9 until=2999-01-01", "no reason"),
    ] {
        let text = format!("Resources:\n  Logs: # {skip}\n    Type: AWS::S3::Bucket\n");
        fs::write(folder.path().join("t.yaml"), text).unwrap();
        let checked = json(folder.path(), &["t.yaml"]);
        assert_eq!(finding(&checked, "S3.9")["accepted"], Value::Null);
        let problem = &checked["problems"][0];
        assert!(problem["message"].as_str().unwrap().contains(words), "{problem}");
        assert_eq!(problem["line"], 2);
    }
}

#[test]
fn no_secret_is_shown() {
    let folder = folder();
    for format in ["text", "json", "sarif", "github", "gitlab", "junit", "markdown"] {
        let output = check(folder.path(), &["stack.yaml", "--format", format]);
        assert!(!output.stdout.is_empty());
        assert!(!String::from_utf8_lossy(&output.stdout).contains("hunter22"), "{format}");
    }
}

#[test]
fn exit_codes_are_those_of_a_scan() {
    let folder = folder();
    fs::write(
        folder.path().join("clean.yaml"),
        "Resources: { H: { Type: 'AWS::CloudFormation::WaitConditionHandle' } }",
    )
    .unwrap();
    fs::write(folder.path().join("broken.yaml"), "Resources:\n  A:\n    Type: AWS::S3::Bucket\n   B: [\n").unwrap();
    let code = |args: &[&str]| check(folder.path(), args).status.code();
    assert_eq!(code(&["stack.yaml"]), Some(2));
    assert_eq!(code(&["stack.yaml", "--fail-on", "critical"]), Some(0));
    assert_eq!(code(&["clean.yaml"]), Some(0));
    assert_eq!(code(&["broken.yaml"]), Some(1));
    assert_eq!(code(&["missing.yaml"]), Some(1));
    assert_eq!(code(&["stack.yaml", "--only", "S3.88"]), Some(1));
    // Found on the way through a folder, a broken file is a word and not the end.
    let output = check(folder.path(), &["."]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(2));
    assert!(text.contains("broken.yaml:") && text.contains("S3.8"), "{text}");
}

#[test]
fn standard_input_is_a_template_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = sekisho(folder.path())
        .args(["check", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    running.stdin.take().unwrap().write_all(TEMPLATE.as_bytes()).unwrap();
    let output = running.wait_with_output().unwrap();
    let checked: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(finding(&checked, "S3.8")["path"], "-");
}

#[test]
fn the_text_fits_80_columns_in_both_languages() {
    let folder = folder();
    for lang in ["en", "ja"] {
        let output = sekisho(folder.path()).args(["check", "stack.yaml", "--lang", lang]).env("COLUMNS", "80").output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        assert!(text.contains("S3.8"));
        for line in text.lines() {
            assert!(line.width() <= 80, "{} columns: {line}", line.width());
        }
    }
}

/// What GitHub's code scanning requires of a SARIF file, and that a finding keeps its fingerprint when it moves.
#[test]
fn sarif_has_rules_places_and_stable_fingerprints() {
    let folder = folder();
    let sarif = |name: &str| -> Value {
        serde_json::from_slice(&check(folder.path(), &[name, "--format", "sarif"]).stdout).unwrap()
    };
    let document = sarif("stack.yaml");
    assert_eq!(document["version"], "2.1.0");
    let run = &document["runs"][0];
    let results = run["results"].as_array().unwrap();
    for result in results {
        let rule = &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "stack.yaml");
        assert!(place["region"]["startLine"].as_u64() >= Some(1));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
    }
    let prints = |document: &Value| -> Vec<String> {
        let results = document["runs"][0]["results"].as_array().unwrap();
        results.iter().map(|result| result["partialFingerprints"]["sekisho/v1"].to_string()).collect()
    };
    let before = prints(&document);
    fs::write(folder.path().join("stack.yaml"), format!("# moved\n\n{TEMPLATE}")).unwrap();
    assert_eq!(prints(&sarif("stack.yaml")), before);
    let accepted = results.iter().find(|result| result["ruleId"] == "S3.9").unwrap();
    assert_eq!(accepted["suppressions"][0]["kind"], "external");
}

/// Each report for another tool has every open finding once, with its place.
#[test]
fn reports_for_other_tools_agree_with_the_findings() {
    let folder = folder();
    let checked = json(folder.path(), &["stack.yaml"]);
    let findings = checked["findings"].as_array().unwrap();
    let open: Vec<&Value> =
        findings.iter().filter(|one| one["status"] == "FAILED" && one["accepted"] == Value::Null).collect();
    let text =
        |format: &str| String::from_utf8(check(folder.path(), &["stack.yaml", "--format", format]).stdout).unwrap();
    let gitlab: Vec<Value> = serde_json::from_str(&text("gitlab")).unwrap();
    let place = |finding: &Value| (finding["control"].clone(), finding["start_line"].clone());
    let wanted: Vec<(Value, Value)> = open.iter().map(|finding| place(finding)).collect();
    let found: Vec<(Value, Value)> =
        gitlab.iter().map(|issue| (issue["check_name"].clone(), issue["location"]["lines"]["begin"].clone())).collect();
    assert_eq!(found, wanted);
    let (junit, markdown, github) = (text("junit"), text("markdown"), text("github"));
    assert_eq!(junit.matches("<failure ").count(), open.len());
    assert_eq!(junit.matches("<testcase ").count(), findings.len() + checked["passed"].as_array().unwrap().len());
    assert_eq!(markdown.lines().filter(|line| line.contains("`stack.yaml:")).count(), open.len());
    assert_eq!(github.lines().filter(|line| line.contains("file=stack.yaml")).count(), open.len());
    let mut reader = quick_xml::Reader::from_str(&junit);
    while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
}

#[test]
fn with_a_baseline_only_new_findings_stop_the_pipeline() {
    let folder = folder();
    let code = |args: &[&str]| check(folder.path(), args).status.code();
    assert_eq!(code(&["stack.yaml", "--write-baseline", "known.json"]), Some(0));
    assert_eq!(code(&["stack.yaml", "--baseline", "known.json"]), Some(0));
    // Moved, it is the same finding; a bucket more is not.
    fs::write(folder.path().join("stack.yaml"), format!("# moved\n{TEMPLATE}")).unwrap();
    assert_eq!(code(&["stack.yaml", "--baseline", "known.json"]), Some(0));
    fs::write(folder.path().join("stack.yaml"), format!("{TEMPLATE}  New: {{ Type: 'AWS::S3::Bucket' }}\n")).unwrap();
    assert_eq!(code(&["stack.yaml", "--baseline", "known.json"]), Some(2));
    fs::write(folder.path().join("known.json"), "{}").unwrap();
    assert_eq!(code(&["stack.yaml", "--baseline", "known.json"]), Some(1));
}

#[test]
fn a_resource_is_explained_without_its_secrets() {
    let folder = folder();
    let output = check(folder.path(), &["stack.yaml", "--explain-resource", "Database"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["properties"]["Engine"], "mysql");
    assert_eq!(document["properties"]["MasterUsername"], "(secret)");
    assert_eq!(document["properties"]["StorageEncrypted"]["$unknown"]["source"], "!Ref Encrypt");
    let output = check(folder.path(), &["stack.yaml", "--explain-resource", "Databse"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean Database?"));
}

/// What another resource will be once it exists is unknown here: a verdict that says so, not silence.
#[test]
fn what_another_resource_will_be_is_unknown_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let text = "Resources:\n  Topic: { Type: AWS::SNS::Topic }\n  Database:\n    Type: AWS::RDS::DBInstance\n    Properties: \
                { Engine: mysql, StorageEncrypted: !GetAtt Topic.Color }\n";
    fs::write(folder.path().join("t.yaml"), text).unwrap();
    let checked = json(folder.path(), &["t.yaml"]);
    let encryption = finding(&checked, "RDS.3");
    assert_eq!(encryption["status"], "NOT_AVAILABLE");
    assert!(encryption["reasons"][0].as_str().unwrap().contains("!GetAtt Topic.Color"), "{encryption:#}");
}

/// One name under either of two conditions makes two declarations, each with verdicts of its own.
#[test]
fn declarations_of_one_name_are_judged_apart() {
    let folder = tempfile::tempdir().unwrap();
    let text = "Resources:\n  Plain: { Type: AWS::S3::Bucket, Properties: { BucketName: logs } }\n  Kept:\n    Type: AWS::S3::Bucket\n    \
                Properties: { BucketName: logs, VersioningConfiguration: { Status: Enabled } }\n";
    fs::write(folder.path().join("t.yaml"), text).unwrap();
    let checked = json(folder.path(), &["t.yaml"]);
    assert_eq!(finding(&checked, "S3.14")["resource"], "Plain");
    let passed = checked["passed"].as_array().unwrap();
    let kept: Vec<&Value> = passed.iter().filter(|passed| passed["control"] == "S3.14").collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["resource"], "Kept");
}

/// A template comes from anybody; it may not steer the terminal of who checks it.
#[test]
fn nothing_in_a_template_steers_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let text = "Resources:\n  Logs: # \u{202e}txet \u{1b}[2J\n    Type: AWS::S3::Bucket\n";
    fs::write(folder.path().join("t.yaml"), text.replace('\u{1b}', "")).unwrap();
    let output = check(folder.path(), &["t.yaml"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("Logs: #") && !shown.contains('\u{202e}'), "{shown}");
}

#[test]
fn skips_of_other_tools_count_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"Resources:
  Logs:
    # checkov:skip=CKV_AWS_18:the target of access logs
    Type: AWS::S3::Bucket
    Metadata:
      cfn_nag: { rules_to_suppress: [{ id: W41, reason: encrypted elsewhere }, { id: W9999, reason: x }] }
      guard: { SuppressedRules: [S3_BUCKET_VERSIONING_ENABLED] }
  Topic: # trivy:ignore:AVD-AWS-0095
    Type: AWS::SNS::Topic
"#;
    fs::write(folder.path().join("t.yaml"), text).unwrap();
    let plain = json(folder.path(), &["t.yaml"]);
    assert!(finding(&plain, "S3.9")["accepted"].is_null());
    let honoured = json(folder.path(), &["t.yaml", "--honour-foreign-skips"]);
    for (control, reason) in [
        ("S3.9", "checkov: the target of access logs"),
        ("S3.17", "cfn_nag: encrypted elsewhere"),
        ("S3.14", "skip of cfn-guard"),
        ("SNS.1", "skip of trivy"),
    ] {
        assert_eq!(finding(&honoured, control)["accepted"], reason, "{control}");
    }
    assert!(finding(&honoured, "S3.8")["accepted"].is_null());
    let problems = honoured["problems"].to_string();
    assert!(problems.contains("W9999") && problems.contains("accepts nothing"), "{problems}");
}

#[test]
fn the_file_says_what_a_run_fails_on_unless_the_command_line_does() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.yaml"), "Resources: { Q: { Type: AWS::KMS::Key } }\n").unwrap();
    let code = |args: &[&str]| check(folder.path(), args).status.code();
    assert_eq!(code(&["t.yaml"]), Some(2));
    fs::write(folder.path().join("sekisho.yaml"), "fail_on: [critical, high]\n").unwrap();
    assert_eq!(code(&["t.yaml"]), Some(0));
    assert_eq!(code(&["t.yaml", "--fail-on", "medium"]), Some(2));
    fs::write(folder.path().join("sekisho.yaml"), "fail_on: [criticle]\n").unwrap();
    let refused = check(folder.path(), &["t.yaml"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("`criticle` is nothing to fail on"));
}

#[test]
fn the_page_is_whole_and_nothing_in_it_is_markup_of_the_template() {
    let folder = tempfile::tempdir().unwrap();
    let text = "Resources:\n  Logs: # <script>alert(1)</script>\n    Type: AWS::S3::Bucket\n    Properties: { BucketName: '<b>' }\n";
    fs::write(folder.path().join("t.yaml"), text).unwrap();
    for lang in ["en", "ja"] {
        let output =
            sekisho(folder.path()).args(["check", "t.yaml", "--format", "html", "--lang", lang]).output().unwrap();
        let page = String::from_utf8(output.stdout).unwrap();
        assert!(page.contains(&format!("<html lang=\"{lang}\">")) && page.trim_end().ends_with("</html>"));
        assert!(!page.contains("<script>") && page.contains("&lt;script&gt;alert(1)"));
        assert!(page.contains("S3.14") && page.contains("default-src 'none'"));
        for tag in ["section", "details", "pre", "dl", "main"] {
            let count = |end: &str| page.matches(&format!("<{end}{tag}")).count();
            assert_eq!(count(""), count("/"), "{tag}");
        }
    }
}
