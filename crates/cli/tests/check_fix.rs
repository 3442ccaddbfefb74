//! `sekisho check --fix` and `--diff`: what is mechanical is written, everything else stays as it stands.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod check_support;
mod lab_support;

use std::fs;

use check_support::{check, json};

const YAML: &str = r#"Resources:
  # our logs
  Logs:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: x   # keep me
      PublicAccessBlockConfiguration:
        BlockPublicAcls: "true"
        BlockPublicPolicy: false
        IgnorePublicAcls: true
  Key:
    Type: AWS::KMS::Key
  Queue: { Type: AWS::SQS::Queue, Properties: { SqsManagedSseEnabled: false } }
"#;

const YAML_FIXED: &str = r#"Resources:
  # our logs
  Logs:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration: { Status: Enabled }
      BucketName: x   # keep me
      PublicAccessBlockConfiguration:
        RestrictPublicBuckets: true
        BlockPublicAcls: "true"
        BlockPublicPolicy: true
        IgnorePublicAcls: true
  Key:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: true
  Queue: { Type: AWS::SQS::Queue, Properties: { SqsManagedSseEnabled: true } }
"#;

const JSON: &str = "{\"Resources\": {\"F\": {\"Type\": \"AWS::Lambda::Function\",\n  \"Properties\": {\n    \"Runtime\": \"python3.12\"\n  }\n}}}\n";
const JSON_FIXED: &str = "{\"Resources\": {\"F\": {\"Type\": \"AWS::Lambda::Function\",\n  \"Properties\": {\n    \"TracingConfig\": { \"Mode\": \"Active\" },\n    \"Runtime\": \"python3.12\"\n  }\n}}}\n";

const MODULE: &str = r#"resource "aws_s3_bucket" "b" {}
resource "aws_s3_bucket_versioning" "b" {
  bucket = aws_s3_bucket.b.id
  versioning_configuration {
    status = "Suspended" # for now
  }
}
resource "aws_instance" "i" {
  ami           = "ami-1"
  instance_type = "t3.micro"
}
resource "aws_kms_key" "k" { enable_key_rotation = false }
"#;

const MODULE_FIXED: &str = r#"resource "aws_s3_bucket" "b" {}
resource "aws_s3_bucket_versioning" "b" {
  bucket = aws_s3_bucket.b.id
  versioning_configuration {
    status = "Enabled" # for now
  }
}
resource "aws_instance" "i" {
  ami           = "ami-1"
  instance_type = "t3.micro"
}
resource "aws_kms_key" "k" { enable_key_rotation = true }
"#;

const FILES: [(&str, &str, &str); 3] =
    [("t.yaml", YAML, YAML_FIXED), ("f.json", JSON, JSON_FIXED), ("m/main.tf", MODULE, MODULE_FIXED)];

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("m")).unwrap();
    for (path, text, _) in FILES {
        fs::write(folder.path().join(path), text).unwrap();
    }
    folder
}

#[test]
fn mechanical_fixes_are_written_and_nothing_else_is_touched() {
    let folder = folder();
    let before = json(folder.path(), &["."]);
    let output = check(folder.path(), &[".", "--fix", "--format", "json"]);
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("in 3 files"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for (path, _, fixed) in FILES {
        assert_eq!(fs::read_to_string(folder.path().join(path)).unwrap(), fixed, "{path}");
    }
    // What is told is what is left, and the fixed files pass.
    let after: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let controls = |checked: &serde_json::Value| {
        let all = checked["findings"].as_array().unwrap().iter();
        all.map(|one| format!("{} {}", one["control"].as_str().unwrap(), one["resource"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    let (before, after) = (controls(&before), controls(&after));
    for fixed in [
        "S3.8 Logs",
        "S3.14 Logs",
        "KMS.4 Key",
        "SQS.1 Queue",
        "Lambda.7 F",
        "S3.14 aws_s3_bucket.b",
        "KMS.4 aws_kms_key.k",
    ] {
        assert!(before.contains(&fixed.to_owned()) && !after.contains(&fixed.to_owned()), "{fixed}: {after:?}");
    }
    // A second time there is nothing to do.
    let again = check(folder.path(), &[".", "--fix"]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("fixed 0 findings"));
}

#[test]
fn a_diff_is_shown_that_git_can_apply_and_nothing_is_written() {
    let folder = folder();
    let output = check(folder.path(), &[".", "--diff"]);
    assert_eq!(output.status.code(), Some(0));
    for (path, text, _) in FILES {
        assert_eq!(fs::read_to_string(folder.path().join(path)).unwrap(), text, "{path}");
    }
    fs::write(folder.path().join("fix.patch"), &output.stdout).unwrap();
    let applied =
        std::process::Command::new("git").args(["apply", "fix.patch"]).current_dir(folder.path()).output().unwrap();
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    for (path, _, fixed) in FILES {
        assert_eq!(fs::read_to_string(folder.path().join(path)).unwrap(), fixed, "{path}");
    }
}
