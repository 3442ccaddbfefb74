//! Writing controls and resource types of one's own with the guides alone: what the program says at each step.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

const ACTIVITY: &str = "type: AWS::StepFunctions::Activity
scope: regional
list: { call: stepfunctions:ListActivities, with: { maxResult: 5 }, items: activities }
arn: item.activityArn
";

/// A model of one operation, cut down by hand from the published one.
const MODEL: &str = r#"{"metadata": {"protocol": "json", "serviceId": "SFN", "endpointPrefix": "states", "jsonVersion": "1.0",
    "targetPrefix": "AWSStepFunctions", "signatureVersion": "v4", "apiVersion": "2016-11-23"},
  "operations": {"ListActivities": {"http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "In"}, "output": {"shape": "Out"}}},
  "paginators": {}, "regions": [],
  "shapes": {"In": {"type": "structure", "members": {"maxResults": {"shape": "Size"}}}, "Size": {"type": "integer"},
    "Out": {"type": "structure", "members": {}}},
  "endpointRules": {"version": "1.0", "parameters": {}, "rules": []}}"#;

fn sekisho(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
    command.current_dir(folder).args(args).env("COLUMNS", "80").env_remove("LC_ALL").env("LANG", "C").output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_new_control_loads_and_its_tests_pass() {
    let folder = tempfile::tempdir().unwrap();
    let new = sekisho(folder.path(), &["controls", "new", "ACME.1", "--packs", "mine"]);
    assert!(stdout(&new).ends_with("next: edit it, then `sekisho controls test ACME.1 --packs mine`\n"), "{new:?}");
    let test = sekisho(folder.path(), &["controls", "test", "ACME.1", "--packs", "mine"]);
    assert_eq!((test.status.code(), stdout(&test).matches("\nok  ACME.1").count()), (Some(0), 2), "{test:?}");
    assert!(stdout(&test).contains("tags.owner = unknown: s3:GetBucketTagging"), "{test:?}");
    let again = sekisho(folder.path(), &["controls", "new", "ACME.1", "--packs", "mine"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("is there already"), "{again:?}");
    let taken = sekisho(folder.path(), &["controls", "new", "s3.8", "--packs", "mine"]);
    assert_eq!(
        stderr(&taken),
        "error: S3.8 is a control of Sekisho's own; choose another prefix, for example ACME.1\n"
    );
}

#[test]
fn a_test_that_fails_is_shown_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    sekisho(folder.path(), &["controls", "new", "ACME.1", "--packs", "mine"]);
    let file = folder.path().join("mine/controls/aws/acme/ACME.1.yaml");
    let text = std::fs::read_to_string(&file).unwrap().replace("tags: { owner: team-a }, ", "");
    let line = text.lines().position(|line| line.contains("has an owner")).unwrap() + 1;
    std::fs::write(&file, text).unwrap();
    let test = sekisho(folder.path(), &["controls", "test", "ACME.1", "--packs", "mine"]);
    assert_eq!(test.status.code(), Some(2));
    let expected = format!("ACME.1.yaml:{line}: ACME.1 \"has an owner\": expected PASSED, got FAILED");
    assert!(stdout(&test).contains(&expected), "{test:?}");
}

#[test]
fn the_packs_of_the_project_are_not_added_to_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let packs = packs.to_str().unwrap();
    let twice = sekisho(folder.path(), &["controls", "list", "--packs", packs]);
    assert!(stderr(&twice).contains(&format!("write --packs-root {packs}")), "{twice:?}");
    let root = sekisho(folder.path(), &["controls", "list", "--packs-root", packs]);
    assert_eq!(root.status.code(), Some(0), "{root:?}");
}

#[test]
fn calls_of_a_users_resource_pack_are_checked_against_the_models() {
    let folder = tempfile::tempdir().unwrap();
    let resources = folder.path().join("mine/resources/aws/stepfunctions");
    std::fs::create_dir_all(&resources).unwrap();
    std::fs::write(resources.join("activity.yaml"), ACTIVITY).unwrap();
    let test = || sekisho(folder.path(), &["controls", "test", "SQS.3", "--packs", "mine"]);
    let output = test();
    assert_eq!(output.status.code(), Some(2));
    assert!(stdout(&output).contains("activity.yaml: no model of service `stepfunctions`"), "{output:?}");
    let models = folder.path().join("mine/models/aws");
    std::fs::create_dir_all(&models).unwrap();
    std::fs::write(models.join("stepfunctions.json"), MODEL).unwrap();
    let output = test();
    let expected = "stepfunctions:ListActivities has no parameter `maxResult`; it has maxResults";
    assert!(stdout(&output).contains(expected), "{output:?}");
    std::fs::write(resources.join("activity.yaml"), ACTIVITY.replace("maxResult", "maxResults")).unwrap();
    let output = test();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn a_control_is_shown_within_80_columns_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    for lang in ["en", "ja"] {
        let shown = stdout(&sekisho(folder.path(), &["controls", "show", "S3.8", "--lang", lang]));
        let prose = shown.split("\nAWS CLI\n").next().unwrap();
        let cells = |line: &str| unicode_width::UnicodeWidthStr::width(line);
        assert!(prose.lines().count() > 8 && prose.lines().all(|line| cells(line) <= 80), "{prose}");
    }
}
