//! Throttling, cut connections, damaged answers, pages without end, credentials that end: a scan either ends complete
//! or says what it could not see, and never takes one for the other.
//!
//! One test, since starting and seeding the lab costs more than all the scans.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod lab_support;

use lab_support::{Scan, assert_nothing_invented, fail, lab_scan, read, scan, succeed};
use sekisho_testkit::lab::{Lab, Seed};
use serde_json::{Value, json};

#[test]
fn bad_weather_never_becomes_a_verdict() {
    let Some(lab) = Lab::start_or_skip(Some(Seed::Home)).unwrap() else { return };
    let before = scan(&lab, &[]);
    for (name, weather, effect) in passing() {
        let after = scan_in(&lab, &weather, effect, name);
        assert_eq!(after.statuses(), before.statuses(), "{name}");
        assert!(after.not_seen().is_empty(), "{name}: {:?}", after.not_seen());
    }
    for (name, weather, effect, operation) in lasting() {
        let after = scan_in(&lab, &weather, effect, name);
        assert_nothing_invented(&before, &after, |reasons| reasons.contains(operation));
        assert_eq!(after.not_seen().into_iter().collect::<Vec<_>>(), [operation], "{name}");
    }
    pages_without_end(&lab, &before);
    an_endpoint_that_hangs(&lab, &before);
    credentials_that_end(&lab, &before);
    credentials_that_are_renewed(&lab, &before);
}

/// Weather that passes while the scan lasts: nothing of it may be seen in the result.
fn passing() -> Vec<(&'static str, Value, &'static str)> {
    // Not the very first call of a scan, which is made alone and would meet all the bad luck at once.
    let all = json!(["ec2:*", "iam:*", "kms:*", "lambda:*", "rds:*", "s3:*", "sns:*"]);
    vec![
        (
            "90 % throttled for a while",
            json!({ "throttle": { "operations": ["*"], "share": 0.9, "seconds": 4 } }),
            "throttle",
        ),
        ("connections cut in the middle of a body", json!({ "cut": { "operations": all, "times": 8 } }), "cut"),
        ("connections closed without an answer", json!({ "drop": { "operations": all, "times": 8 } }), "drop"),
        ("server errors", json!({ "fail": { "operations": all, "times": 8 } }), "fail"),
        ("pages of two", json!({ "page_size": 2 }), ""),
    ]
}

/// Weather that stays over one operation: what needs it is not known, the rest stands.
fn lasting() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    vec![
        (
            "truncated XML",
            json!({ "truncate": { "operations": ["ec2:DescribeVolumes"] } }),
            "truncate",
            "ec2:DescribeVolumes",
        ),
        ("truncated JSON", json!({ "truncate": { "operations": ["kms:DescribeKey"] } }), "truncate", "kms:DescribeKey"),
        (
            "truncated REST JSON",
            json!({ "truncate": { "operations": ["lambda:ListFunctions"] } }),
            "truncate",
            "lambda:ListFunctions",
        ),
        (
            "neither XML nor JSON",
            json!({ "garble": { "operations": ["iam:GetAccountSummary"] } }),
            "garble",
            "iam:GetAccountSummary",
        ),
        ("always cut", json!({ "cut": { "operations": ["sqs:ListQueues"] } }), "cut", "sqs:ListQueues"),
        ("always an error", json!({ "fail": { "operations": ["s3:GetBucketPolicy"] } }), "fail", "s3:GetBucketPolicy"),
    ]
}

/// Scans in a weather and checks that it took place.
fn scan_in(lab: &Lab, weather: &Value, effect: &str, name: &str) -> Scan {
    lab.weather(weather).unwrap();
    lab.reset_counters().unwrap();
    let after = scan(lab, &[]);
    let counters = lab.counters().unwrap();
    lab.weather(&json!({})).unwrap();
    assert!(
        effect.is_empty() || counters["effects"][effect].as_u64() > Some(0),
        "{name} did not take place: {}",
        counters["effects"]
    );
    after
}

fn pages_without_end(lab: &Lab, before: &Scan) {
    let after =
        scan_in(lab, &json!({ "page_size": 2, "repeat_token": ["ec2:DescribeVolumes"] }), "", "a token that repeats");
    assert_nothing_invented(before, &after, |reasons| reasons.contains("ec2:DescribeVolumes"));
    assert_eq!(after.not_seen().into_iter().collect::<Vec<_>>(), ["ec2:DescribeVolumes"]);
}

/// Longer than the tests may take: only a caller that gives up comes to an end.
const HANGING_MS: u64 = 600_000;

fn hanging(operation: &str) -> Value {
    json!({ "delay": { "operations": [operation], "milliseconds": HANGING_MS } })
}

fn an_endpoint_that_hangs(lab: &Lab, before: &Scan) {
    lab.weather(&hanging("sqs:ListQueues")).unwrap();
    let after = scan(lab, &["--timeout", "1"]);
    assert_nothing_invented(before, &after, |reasons| {
        reasons.contains("sqs:ListQueues") && reasons.contains("did not answer within 1 s")
    });
    assert_eq!(after.not_seen().into_iter().collect::<Vec<_>>(), ["sqs:ListQueues"]);
    lab.weather(&hanging("sts:GetCallerIdentity")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let text = fail(&mut lab_scan(lab, folder.path(), &["--timeout", "1"]));
    assert!(text.contains("AWS cannot be reached") && text.contains("did not answer within 1 s"), "{text}");
    lab.weather(&json!({})).unwrap();
}

/// After the credentials have ended nothing more can be read; what was read before stands.
fn credentials_that_end(lab: &Lab, before: &Scan) {
    let after = scan_in(lab, &json!({ "expire_after_calls": 120 }), "expire", "credentials that end");
    assert_nothing_invented(before, &after, |reasons| reasons.contains("xpired"));
    assert!(!after.not_seen().is_empty());
}

/// A process hands out one key, and the next one once that has expired: the scan goes on as if nothing had happened.
fn credentials_that_are_renewed(lab: &Lab, before: &Scan) {
    let folder = tempfile::tempdir().unwrap();
    let keys = |key: &str| format!(r#"{{"Version":1,"AccessKeyId":"{key}","SecretAccessKey":"s","SessionToken":"t"}}"#);
    let script = format!(
        "#!/bin/sh\nif mkdir handed-out 2>/dev/null; then echo '{}'; else echo '{}'; fi\n",
        keys("lab"),
        keys("lab-renewed")
    );
    std::fs::write(folder.path().join("keys.sh"), script).unwrap();
    std::fs::write(folder.path().join("config"), "[default]\ncredential_process = sh keys.sh\n").unwrap();
    lab.weather(&json!({ "expire_after_calls": 120, "expire_key": "lab" })).unwrap();
    lab.reset_counters().unwrap();
    let mut command = lab_scan(lab, folder.path(), &[]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").env("AWS_CONFIG_FILE", "config");
    succeed(&mut command);
    assert!(lab.counters().unwrap()["effects"]["expire"].as_u64() > Some(0), "nothing expired");
    lab.weather(&json!({})).unwrap();
    let after = read(folder.path());
    assert_eq!(after.statuses(), before.statuses());
    assert!(after.not_seen().is_empty(), "{:?}", after.not_seen());
}
