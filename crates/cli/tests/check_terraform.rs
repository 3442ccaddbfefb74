//! `sekisho check` on Terraform, as a person or a pipeline runs it, and the same resource in both languages.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod check_support;
mod lab_support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use check_support::{check, finding, json};
use serde_json::Value;

const ROOT: &str = r#"variable "public" {}
module "logs" {
  source = "../modules/logs"
  name   = "acme-logs"
}
resource "aws_security_group" "web" {
  name = "web"
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
  ingress {
    from_port   = 3389
    to_port     = 3389
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
variable "password" {
  default   = "hunter22"
  sensitive = true
}
# sekisho:skip=RDS.5 until=2999-03-31 reason="a test database"
resource "aws_db_instance" "db" {
  identifier          = "db"
  engine              = "mysql"
  username            = var.password
  publicly_accessible = var.public
  storage_encrypted   = false
}
"#;

const MODULE: &str = r#"variable "name" {}
resource "aws_s3_bucket" "this" {
  bucket = var.name
}
resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id
  versioning_configuration {
    status = "Suspended"
  }
}
"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [("prod/main.tf", ROOT), ("modules/logs/main.tf", MODULE)] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn findings_stand_where_the_mistake_is_also_in_modules() {
    let folder = folder();
    let checked = json(folder.path(), &["."]);
    // The module is judged where it is called, and not once more by itself.
    assert_eq!(checked["templates"], 1);
    let versions = finding(&checked, "S3.14");
    assert_eq!(versions["resource"], "module.logs.aws_s3_bucket.this");
    assert_eq!(
        (&versions["path"], &versions["start_line"]),
        (&"modules/logs/main.tf".into(), &8.into()),
        "{versions:#}"
    );
    let desktop = finding(&checked, "EC2.14");
    assert_eq!(
        (&desktop["path"], &desktop["start_line"], &desktop["end_line"]),
        (&"prod/main.tf".into(), &14.into(), &19.into())
    );
    assert!(finding(&checked, "RDS.3")["fix"].as_str().unwrap().contains("storage_encrypted = true"));
    assert_eq!(finding(&checked, "RDS.5")["accepted"], "a test database");
    assert!(!checked.to_string().contains("hunter22"));
}

#[test]
fn a_variable_without_a_value_is_unknown_until_it_is_given() {
    let folder = folder();
    let public = finding(&json(folder.path(), &["prod"]), "RDS.2").clone();
    assert_eq!(public["status"], "NOT_AVAILABLE");
    assert!(public["reasons"][0].as_str().unwrap().contains("var.public"), "{public:#}");
    fs::write(folder.path().join("given.json"), r#"{ "public": "true" }"#).unwrap();
    let given = json(folder.path(), &["prod", "--parameters", "given.json"]);
    assert_eq!(finding(&given, "RDS.2")["status"], "FAILED");
}

#[test]
fn files_outside_of_what_is_checked_are_not_read() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "hunter22").unwrap();
    let folder = folder();
    let secret = outside.path().join("secret");
    let text = format!("resource aws_s3_bucket b {{ bucket = file(\"{}\") }}", secret.display());
    fs::write(folder.path().join("prod/b.tf"), text).unwrap();
    let checked = check(folder.path(), &["prod", "--explain-resource", "aws_s3_bucket.b"]);
    let shown = String::from_utf8(checked.stdout).unwrap();
    assert!(!shown.contains("hunter22") && shown.contains("outside of the folders that are checked"), "{shown}");
}

#[test]
fn an_unreadable_file_is_said_and_the_rest_is_judged() {
    let folder = folder();
    fs::write(folder.path().join("prod/bad.tf"), "resource \"x\" {\n  a = True False\n}\n").unwrap();
    let checked = json(folder.path(), &["prod"]);
    let problem = &checked["problems"][0];
    assert_eq!((&problem["path"], &problem["kind"]), (&"prod/bad.tf".into(), &"Unreadable".into()), "{problem:#}");
    assert_eq!(problem["line"], 2);
    assert_eq!(finding(&checked, "RDS.3")["status"], "FAILED");
}

/// One resource in both languages; `only` are the controls that both forms must decide, and how.
struct Pair {
    name: &'static str,
    cloudformation: &'static str,
    terraform: &'static str,
    decided: &'static [(&'static str, &'static str)],
}

const PAIRS: [Pair; 6] = [
    Pair {
        name: "bucket",
        cloudformation: "R: { Type: AWS::S3::Bucket, Properties: { VersioningConfiguration: { Status: Enabled }, PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: false, IgnorePublicAcls: true, RestrictPublicBuckets: true } } }",
        terraform: "resource aws_s3_bucket r {}\nresource aws_s3_bucket_versioning r {\n  bucket = aws_s3_bucket.r.id\n  versioning_configuration { status = \"Enabled\" }\n}\nresource aws_s3_bucket_public_access_block r {\n  bucket = aws_s3_bucket.r.id\n  block_public_acls = true\n  ignore_public_acls = true\n  restrict_public_buckets = true\n}",
        decided: &[("S3.14", "PASSED"), ("S3.8", "FAILED"), ("S3.9", "FAILED"), ("S3.13", "FAILED")],
    },
    Pair {
        name: "queue",
        cloudformation: "R: { Type: AWS::SQS::Queue, Properties: { SqsManagedSseEnabled: false } }",
        terraform: "resource aws_sqs_queue r { sqs_managed_sse_enabled = false }",
        decided: &[("SQS.1", "FAILED")],
    },
    Pair {
        name: "key",
        cloudformation: "R: { Type: AWS::KMS::Key, Properties: { EnableKeyRotation: true, KeyPolicy: { Statement: [{ Effect: Allow, Principal: '*', Action: 'kms:*', Resource: '*' }] } } }",
        terraform: "resource aws_kms_key r {\n  enable_key_rotation = true\n  policy = jsonencode({ Statement = [{ Effect = \"Allow\", Principal = \"*\", Action = \"kms:*\", Resource = \"*\" }] })\n}",
        decided: &[("KMS.4", "PASSED"), ("KMS.5", "FAILED")],
    },
    Pair {
        name: "database",
        cloudformation: "R: { Type: AWS::RDS::DBInstance, Properties: { Engine: mysql, StorageEncrypted: true, MultiAZ: false, DeletionProtection: true, PubliclyAccessible: false, BackupRetentionPeriod: 3 } }",
        terraform: "resource aws_db_instance r {\n  engine = \"mysql\"\n  storage_encrypted = true\n  multi_az = false\n  deletion_protection = true\n  backup_retention_period = 3\n}",
        decided: &[
            ("RDS.3", "PASSED"),
            ("RDS.5", "FAILED"),
            ("RDS.8", "PASSED"),
            ("RDS.2", "PASSED"),
            ("RDS.11", "FAILED"),
        ],
    },
    Pair {
        name: "group",
        cloudformation: "R: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: d, SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0 }] } }",
        terraform: "resource aws_security_group r {\n  ingress {\n    protocol = \"tcp\"\n    from_port = 22\n    to_port = 22\n    cidr_blocks = [\"0.0.0.0/0\"]\n  }\n}",
        decided: &[("EC2.13", "FAILED"), ("EC2.14", "PASSED"), ("EC2.53", "FAILED")],
    },
    Pair {
        name: "balancer",
        cloudformation: "R: { Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: { LoadBalancerAttributes: [{ Key: deletion_protection.enabled, Value: 'true' }, { Key: routing.http.drop_invalid_header_fields.enabled, Value: 'false' }] } }",
        terraform: "resource aws_alb r {\n  enable_deletion_protection = true\n}",
        decided: &[("ELB.6", "PASSED"), ("ELB.4", "FAILED"), ("ELB.5", "FAILED")],
    },
];

/// Control to verdict for everything that was judged.
fn verdicts(folder: &Path, file: &str) -> BTreeMap<String, String> {
    let checked = json(folder, &[file]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let passed = checked["passed"].as_array().unwrap().iter().map(|one| (text(&one["control"]), "PASSED".to_owned()));
    let found = checked["findings"].as_array().unwrap().iter();
    passed.chain(found.map(|one| (text(&one["control"]), text(&one["status"])))).collect()
}

#[test]
fn both_languages_get_the_same_verdicts() {
    for pair in &PAIRS {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("t.yaml"), format!("Resources:\n  {}\n", pair.cloudformation)).unwrap();
        fs::create_dir(folder.path().join("tf")).unwrap();
        fs::write(folder.path().join("tf/main.tf"), pair.terraform).unwrap();
        let (template, module) = (verdicts(folder.path(), "t.yaml"), verdicts(folder.path(), "tf"));
        for (control, verdict) in pair.decided {
            assert_eq!(template.get(*control).map(String::as_str), Some(*verdict), "{} {control} template", pair.name);
        }
        // What only one of the languages can say (a bucket's MFA delete) only it is judged for.
        for (control, verdict) in &template {
            assert_eq!(module.get(control).unwrap_or(verdict), verdict, "{} {control}", pair.name);
        }
        let apart = template.keys().filter(|control| !module.contains_key(*control)).count();
        assert_eq!(apart, 0, "{}: the module lacks verdicts of the template: {template:?} {module:?}", pair.name);
    }
}

fn git(folder: &Path, args: &[&str]) {
    let run = std::process::Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"])
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn only_what_changed_is_told() {
    let folder = folder();
    let path = folder.path();
    git(path, &["init", "-q"]);
    git(path, &["add", "."]);
    git(path, &["commit", "-qm", "all"]);
    let resources = || {
        let checked = json(path, &[".", "--changed-since", "HEAD"]);
        let all =
            checked["findings"].as_array().unwrap().iter().map(|one| one["resource"].as_str().unwrap().to_owned());
        all.collect::<std::collections::BTreeSet<String>>()
    };
    let change = |file: &str, from: &str, to: &str| {
        let text = fs::read_to_string(path.join(file)).unwrap();
        assert!(text.contains(from));
        fs::write(path.join(file), text.replace(from, to)).unwrap();
    };
    let nothing: [&str; 0] = [];
    assert_eq!(resources().into_iter().collect::<Vec<_>>(), nothing);
    // A line of one resource, and a line of a part of another.
    change("prod/main.tf", "storage_encrypted   = false", "storage_encrypted   = null");
    assert_eq!(resources().into_iter().collect::<Vec<_>>(), ["aws_db_instance.db"]);
    git(path, &["commit", "-qam", "one"]);
    change("modules/logs/main.tf", "Suspended", "Disabled");
    assert_eq!(resources().into_iter().collect::<Vec<_>>(), ["module.logs.aws_s3_bucket.this"]);
    git(path, &["commit", "-qam", "two"]);
    // A line of a rule tells of its group alone.
    change("prod/main.tf", "from_port   = 22", "from_port   = 23");
    assert_eq!(resources().into_iter().collect::<Vec<_>>(), ["aws_security_group.web"]);
    git(path, &["checkout", "-q", "."]);
    // The call of a module, and a variable that anything may hang on.
    change("prod/main.tf", "acme-logs", "acme-audit");
    assert_eq!(resources().into_iter().collect::<Vec<_>>(), ["module.logs.aws_s3_bucket.this"]);
    git(path, &["commit", "-qam", "three"]);
    change("prod/main.tf", "variable \"public\" {}", "variable \"public\" { default = true }");
    assert_eq!(resources().len(), 3);
    let wrong = check(path, &[".", "--changed-since", "nowhere"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("--changed-since nowhere"));
}

/// A pair of `tests/pairs`: the same resources in both languages.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    cloudformation: String,
    terraform: String,
}

/// For each control the verdicts on all resources that are known, in order.
fn counted(folder: &Path, file: &str) -> BTreeMap<String, Vec<String>> {
    let checked = json(folder, &[file]);
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for list in ["passed", "findings"] {
        for one in checked[list].as_array().unwrap() {
            let status = one["status"].as_str().unwrap_or("PASSED").to_owned();
            all.entry(one["control"].as_str().unwrap().to_owned()).or_default().push(status);
        }
    }
    all.values_mut().for_each(|verdicts| verdicts.sort());
    all
}

#[test]
fn written_pairs_get_the_same_verdicts() {
    let pairs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pairs");
    let (mut compared, mut differences) = (0, Vec::new());
    for file in fs::read_dir(pairs).unwrap() {
        let path = file.unwrap().path();
        let pairs: Vec<Written> = yaml_serde::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for pair in pairs {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("t.yaml"), &pair.cloudformation).unwrap();
            fs::create_dir(folder.path().join("tf")).unwrap();
            fs::write(folder.path().join("tf/main.tf"), &pair.terraform).unwrap();
            let (template, module) = (counted(folder.path(), "t.yaml"), counted(folder.path(), "tf"));
            assert!(!template.is_empty(), "{}: nothing is judged", pair.name);
            for (control, verdicts) in &template {
                compared += verdicts.len();
                let found = module.get(control);
                if found != Some(verdicts) {
                    differences.push(format!("{}: {control}: {verdicts:?} and {found:?}", pair.name));
                }
            }
        }
    }
    assert!(differences.is_empty(), "{} of {compared} differ:\n{}", differences.len(), differences.join("\n"));
    assert!(compared > 300, "{compared}");
}
