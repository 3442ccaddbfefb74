//! Each operation refused: its controls become NOT_AVAILABLE and name it, and all other verdicts stand.
//!
//! Operations are refused in groups, so that the test takes a minute and not an hour: the sorted operations are dealt
//! out like cards, which puts the operations of one service (a list and what is asked for each of its items) into
//! different groups. `SEKISHO_TEST_GROUPS=1000` refuses each by itself.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking, and what it prints is shown then"
)]

mod lab_support;

use std::collections::BTreeSet;

use lab_support::{assert_nothing_invented, scan};
use sekisho_testkit::lab::{Lab, Seed};
use serde_json::json;

const GROUPS: usize = 10;

/// Refused reads that hide nothing in this account: the report of the scan before is still there to be read, and without a hosted
/// zone there is none that could have a query log.
const HIDE_NOTHING: [&str; 2] = ["iam:GenerateCredentialReport", "route53:ListQueryLoggingConfigs"];

#[test]
fn each_refused_operation_is_named_and_all_other_verdicts_stand() {
    let Some(lab) = Lab::start_or_skip(Some(Seed::Home)).unwrap() else { return };
    lab.reset_counters().unwrap();
    let before = scan(&lab, &[]);
    assert!(before.not_seen().is_empty(), "the lab lacks {:?}", before.not_seen());
    let operations = asked(&lab);
    assert!(operations.len() > 150, "only {} operations were asked", operations.len());
    let groups =
        std::env::var("SEKISHO_TEST_GROUPS").map_or(GROUPS, |number| number.parse().unwrap()).min(operations.len());
    let mut unnamed = Vec::new();
    let dealt = |group: usize| operations.iter().skip(group).step_by(groups).map(String::as_str).collect();
    let mut hands: Vec<Vec<&str>> = (0..groups).map(dealt).collect();
    // Where a bucket is decides under which Region its findings are kept; in company, others would hide what is lost.
    hands.push(vec!["s3:GetBucketLocation"]);
    for refused in hands {
        // Shown only when the test fails.
        eprintln!("refused: {refused:?}");
        lab.weather(&json!({ "refuse": refused })).unwrap();
        lab.reset_counters().unwrap();
        let after = scan(&lab, &[]);
        assert_nothing_invented(&before, &after, |reasons| refused.iter().any(|operation| reasons.contains(operation)));
        let not_seen = after.not_seen();
        let in_vain = asked(&lab).into_iter().filter(|operation| refused.contains(&operation.as_str()));
        unnamed.extend(in_vain.filter(|operation| !not_seen.contains(operation)));
        assert!(
            not_seen.iter().all(|operation| refused.contains(&operation.as_str())),
            "{not_seen:?} beyond {refused:?}"
        );
    }
    unnamed.sort();
    assert_eq!(unnamed, HIDE_NOTHING, "refused, and the report does not say so");
}

/// What a scan asked for; who it is it must be told, or there is no scan.
fn asked(lab: &Lab) -> BTreeSet<String> {
    let counters = lab.counters().unwrap();
    let operations = counters["operations"].as_object().unwrap();
    operations.keys().filter(|operation| *operation != "sts:GetCallerIdentity").cloned().collect()
}

#[test]
fn a_scan_that_may_not_even_ask_who_it_is_says_so() {
    let Some(lab) = Lab::start_or_skip(None).unwrap() else { return };
    lab.weather(&json!({ "refuse": ["sts:*"] })).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let text = lab_support::fail(&mut lab_support::lab_scan(&lab, folder.path(), &[]));
    assert!(text.contains("sts:GetCallerIdentity"), "{text}");
}
