//! The rules of ingest, each as a story of scans. Expectations are Security Hub's ("Generating and updating control
//! findings", `WorkflowUpdate`) and those written in the heads of `ingest` and `workflow`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code reports by panicking")]

mod support;

use std::collections::BTreeSet;

use jiff::civil::date;
use proptest::prelude::*;
use sekisho_hub::{Baseline, Delta, HubError, ScanScope, ingest};
use sekisho_model::{
    ACCOUNT_TYPE, ComplianceStatus, Finding, Gap, RecordState, ResourceRef, ScanMeta, Severity, StatusReason, Unknown,
    UnknownKind, Verdict, VerdictSubject, account_resource_id,
};
use sekisho_store::Store;
use support::*;

#[test]
fn new_finding_carries_the_verdict() {
    for (status, workflow, severity) in [
        (Failed, New, Severity::High),
        (Warning, New, Severity::Informational),
        (NotAvailable, New, Severity::Informational),
        (Passed, Resolved, Severity::Informational),
    ] {
        let mut hub = Hub::new();
        let verdict = verdict("S3.8", "a", status);
        let result = hub.scan(1, vec![verdict.clone()]);
        let finding = hub.only();
        assert_eq!((finding.status, finding.workflow, finding.severity), (status, workflow, severity));
        assert_eq!((finding.control_severity, finding.record_state), (Severity::High, RecordState::Active));
        assert_eq!(
            (&finding.id, &finding.resource, &finding.tags),
            (&id(&verdict), &verdict.subject.resource, &verdict.subject.tags)
        );
        assert_eq!((&*finding.evidence, &*finding.reasons), (&*verdict.evidence, &*verdict.reasons));
        assert_eq!((finding.previous_status, finding.suppression), (None, None));
        assert_eq!(
            [finding.created_at, finding.first_observed_at, finding.last_observed_at, finding.updated_at],
            [noon(1); 4]
        );
        assert_eq!(result.delta.previous, None);
        assert_eq!(result.delta.new.len(), usize::from(status == Failed));
        assert_eq!(hub.changes(1), [("status".into(), None, Some(status.label().into()))]);
    }
}

/// (status before, workflow a person then set, status now) -> workflow now.
#[test]
fn workflow_follows_security_hub() {
    let cases = [
        // The same status again: untouched.
        (Failed, New, Failed, New),
        (Failed, Notified, Failed, Notified),
        (Failed, Resolved, Failed, Resolved),
        (Passed, Notified, Passed, Resolved),
        (Warning, Notified, Warning, Notified),
        // PASSED sets RESOLVED.
        (Failed, New, Passed, Resolved),
        (Failed, Notified, Passed, Resolved),
        (NotAvailable, New, Passed, Resolved),
        // From PASSED to anything else.
        (Passed, Resolved, Failed, New),
        (Passed, Resolved, Warning, New),
        (Passed, Resolved, NotAvailable, New),
        (Passed, Notified, Failed, New),
        (Passed, New, Failed, New),
        // Between other statuses: untouched.
        (Failed, Notified, NotAvailable, Notified),
        (NotAvailable, Resolved, Failed, Resolved),
        // SUPPRESSED by hand stays.
        (Failed, Suppressed, Failed, Suppressed),
        (Failed, Suppressed, Passed, Suppressed),
        (Passed, Suppressed, Failed, Suppressed),
        (Passed, Suppressed, NotAvailable, Suppressed),
    ];
    for (before, by_hand, now, expected) in cases {
        let mut hub = Hub::new();
        hub.scan(1, vec![verdict("S3.8", "a", before)]);
        hub.set_workflow(2, by_hand, None);
        hub.scan(3, vec![verdict("S3.8", "a", now)]);
        assert_eq!(hub.only().workflow, expected, "{before} {by_hand:?} -> {now}");
    }
}

#[test]
fn times_and_previous_status_follow_changes() {
    let mut hub = Hub::new();
    hub.scan(1, vec![verdict("S3.8", "a", Failed)]);
    hub.scan(2, vec![verdict("S3.8", "a", Failed)]);
    let seen_again = hub.only();
    assert_eq!((seen_again.updated_at, seen_again.last_observed_at), (noon(1), noon(2)));

    let mut other_evidence = verdict("S3.8", "a", Failed);
    other_evidence.evidence = [].into();
    hub.scan(3, vec![other_evidence]);
    let evidence = hub.only();
    assert_eq!((evidence.evidence.len(), evidence.updated_at, evidence.first_observed_at), (0, noon(3), noon(1)));
    assert_eq!(hub.changes(3), []);

    hub.scan(4, vec![verdict("S3.8", "a", Passed)]);
    let passed = hub.only();
    assert_eq!((passed.previous_status, passed.first_observed_at), (Some(Failed), noon(4)));
    assert_eq!((passed.created_at, passed.updated_at, passed.severity), (noon(1), noon(4), Severity::Informational));
    let change = |field: &str, from: &str, to: &str| (field.to_owned(), Some(from.to_owned()), Some(to.to_owned()));
    let expected = [
        change("severity", "HIGH", "INFORMATIONAL"),
        change("status", "FAILED", "PASSED"),
        change("workflow", "NEW", "RESOLVED"),
    ];
    assert_eq!(hub.changes(4), expected);
}

/// What is written and what is seen have two times when a saved account is judged later.
#[test]
fn saved_scan_is_seen_then_and_written_now() {
    let mut hub = Hub::new();
    ingest(&mut hub.store, &meta(1), &scope(), vec![verdict("S3.8", "a", Failed)], &[], noon(20)).unwrap();
    let finding = hub.only();
    assert_eq!((finding.first_observed_at, finding.last_observed_at), (noon(1), noon(1)));
    assert_eq!((finding.created_at, finding.updated_at), (noon(20), noon(20)));
}

#[test]
fn delta_tells_what_changed() {
    // (status before, status now) -> the list that has it.
    type List = fn(&Delta) -> &Vec<String>;
    let cases: [(ComplianceStatus, ComplianceStatus, Option<List>); 9] = [
        (Passed, Failed, Some(|delta| &delta.regressed)),
        (Failed, Passed, Some(|delta| &delta.fixed)),
        (NotAvailable, Failed, Some(|delta| &delta.new)),
        (Warning, Failed, Some(|delta| &delta.new)),
        (Failed, NotAvailable, Some(|delta| &delta.lost_sight)),
        (Failed, Failed, None),
        (Passed, Passed, None),
        (Passed, NotAvailable, None),
        (NotAvailable, Passed, None),
    ];
    for (before, now, list) in cases {
        let mut hub = Hub::new();
        hub.scan(1, vec![verdict("S3.8", "a", before)]);
        let delta = hub.scan(2, vec![verdict("S3.8", "a", now)]).delta;
        assert_eq!(delta.previous.map(|scan| (scan.id, scan.started_at)), Some((1, noon(1))));
        let lists = [
            &delta.new,
            &delta.regressed,
            &delta.reopened,
            &delta.unsuppressed,
            &delta.suppressed,
            &delta.fixed,
            &delta.lost_sight,
        ];
        let entries: usize = lists.iter().map(|list| list.len()).sum();
        assert_eq!(entries, usize::from(list.is_some()), "{before} -> {now}");
        assert!(list.is_none_or(|list| list(&delta) == &ids(&[verdict("S3.8", "a", now)])), "{before} -> {now}");
        assert_eq!(delta.unchanged, usize::from((before, now) == (Failed, Failed)));
        assert_eq!(delta.worse().count(), usize::from(now == Failed && before != Failed), "{before} -> {now}");
    }
}

#[test]
fn short_blindness_does_not_make_old_failures_new() {
    for (first, last, regressed, unchanged, fixed) in
        [(Failed, Failed, 0, 1, 0), (Passed, Failed, 1, 0, 0), (Failed, Passed, 0, 0, 1)]
    {
        let mut hub = Hub::new();
        hub.scan(1, vec![verdict("S3.8", "a", first)]);
        hub.scan(2, vec![verdict("S3.8", "a", NotAvailable)]);
        let delta = hub.scan(3, vec![verdict("S3.8", "a", last)]).delta;
        assert_eq!(delta.new, [] as [String; 0]);
        assert_eq!((delta.regressed.len(), delta.unchanged, delta.fixed.len()), (regressed, unchanged, fixed));
    }
}

#[test]
fn deleted_resource_is_archived_and_may_come_back() {
    for (workflow, expected) in [(New, New), (Notified, New), (Resolved, New), (Suppressed, Suppressed)] {
        let mut hub = Hub::new();
        hub.scan(1, vec![verdict("S3.8", "a", Failed)]);
        hub.set_workflow(2, workflow, None);
        let delta = hub.scan(3, vec![]).delta;
        let gone = hub.only();
        assert_eq!((gone.record_state, gone.status, gone.workflow), (RecordState::Archived, Failed, workflow));
        assert_eq!((gone.last_observed_at, gone.updated_at), (noon(1), noon(3)));
        assert_eq!((&delta.archived, &delta.fixed), (&vec![gone.id.clone()], &vec![gone.id.clone()]));
        assert_eq!(hub.changes(3), [("record_state".into(), Some("ACTIVE".into()), Some("ARCHIVED".into()))]);
        assert_eq!(hub.scan(4, vec![]).delta.archived, [] as [String; 0], "once");

        let delta = hub.scan(5, vec![verdict("S3.8", "a", Failed)]).delta;
        let back = hub.only();
        assert_eq!((back.record_state, back.workflow), (RecordState::Active, expected), "{workflow:?}");
        assert_eq!((back.created_at, back.first_observed_at), (noon(1), noon(1)));
        let open = workflow != Suppressed;
        assert_eq!((delta.reopened.len(), delta.suppressed.len()), (usize::from(open), usize::from(!open)));
    }
}

#[test]
fn archived_findings_are_deleted_after_30_days_and_unseen_ones_after_90() {
    let mut hub = Hub::new();
    let (stays, goes) = (verdict("S3.8", "stays", Failed), verdict("S3.8", "goes", Failed));
    let left_out = verdict("S3.1", "left-out", Failed);
    hub.scan(1, vec![stays.clone(), goes.clone(), left_out.clone()]);
    // From here on S3.1 is not judged.
    let scope = ScanScope { controls: ["S3.8".to_owned()].into(), all_controls: false, ..scope() };
    let mut scan = |day| {
        let scan = hub.scan_with(day, &scope, vec![stays.clone()], &[]).scan;
        let mut left: Vec<String> = hub.all().into_iter().map(|finding| finding.id).collect();
        left.sort();
        (scan.counts.archived, scan.counts.purged, left)
    };
    assert_eq!(scan(2), (1, 0, ids(&[stays.clone(), goes.clone(), left_out.clone()])));
    assert_eq!(scan(32), (0, 0, ids(&[stays.clone(), goes, left_out.clone()])), "archived 30 days ago to the hour");
    assert_eq!(scan(33), (0, 1, ids(&[stays.clone(), left_out.clone()])));
    assert_eq!(scan(91), (0, 0, ids(&[stays.clone(), left_out])), "seen 90 days ago to the hour");
    assert_eq!(scan(92), (0, 1, ids(std::slice::from_ref(&stays))));
}

#[test]
fn judging_an_old_snapshot_deletes_nothing_of_it() {
    let mut hub = Hub::new();
    let (failed, today) = (verdict("S3.8", "old", Failed), noon(400));
    let ingested = ingest(&mut hub.store, &meta(1), &scope(), vec![failed.clone()], &[], today).unwrap();
    assert_eq!(ingested.scan.counts.purged, 0);
    assert_eq!(hub.only().id, id(&failed));
}

#[test]
fn passed_resource_that_goes_is_not_fixed_and_returns_resolved() {
    let mut hub = Hub::new();
    hub.scan(1, vec![verdict("S3.8", "a", Passed)]);
    let delta = hub.scan(2, vec![]).delta;
    assert_eq!((delta.archived.len(), delta.fixed.len()), (1, 0));
    hub.scan(3, vec![verdict("S3.8", "a", Passed)]);
    assert_eq!((hub.only().workflow, hub.only().record_state), (Resolved, RecordState::Active));
}

#[test]
fn what_was_not_looked_at_keeps_its_state() {
    let gap = |type_name: &str, region: &str| Gap {
        type_name: type_name.into(),
        account: ACCOUNT.into(),
        region: region.into(),
        unknown: Unknown { source: "s3:ListBuckets".into(), kind: UnknownKind::Denied, message: "no".into() },
    };
    let with_gap = |gap: Gap| ScanScope { gaps: vec![gap], ..scope() };
    let only = |control: &str| ScanScope {
        controls: BTreeSet::from([control.to_owned()]),
        all_controls: false,
        ..ScanScope::default()
    };
    let disabled = |control: &str, gaps| ScanScope {
        controls: scope().controls.into_iter().filter(|id| id != control).collect(),
        disabled: BTreeSet::from([control.to_owned()]),
        all_controls: true,
        gaps,
    };
    let unknown_control = ScanScope { controls: BTreeSet::from(["KMS.4".to_owned()]), ..scope() };
    let mut other_account = meta(2);
    other_account.accounts[0].account = "222222222222".into();
    let mut other_region = meta(2);
    other_region.accounts[0].regions = vec!["eu-west-1".into()];
    // (scan, scope) -> archived?
    let cases = [
        (meta(2), scope(), true),
        (meta(2), with_gap(gap("AWS::S3::Bucket", "us-east-1")), false),
        (meta(2), with_gap(gap("AWS::S3::Bucket", "eu-west-1")), true),
        (meta(2), with_gap(gap("AWS::KMS::Key", "us-east-1")), true),
        (meta(2), only("S3.8"), true),
        (meta(2), only("KMS.4"), false),
        (meta(2), unknown_control, true),
        (meta(2), disabled("S3.8", vec![]), true),
        (meta(2), disabled("S3.8", vec![gap("AWS::S3::Bucket", "us-east-1")]), true),
        (other_account, scope(), false),
        (other_region, scope(), false),
    ];
    for (number, (meta, scope, archived)) in cases.into_iter().enumerate() {
        let mut hub = Hub::new();
        hub.scan(1, vec![verdict("S3.8", "a", Failed)]);
        let before = hub.only();
        ingest(&mut hub.store, &meta, &scope, vec![], &[], noon(2)).unwrap();
        if archived {
            assert_eq!(hub.only().record_state, RecordState::Archived, "case {number}");
        } else {
            assert_eq!(hub.only(), before, "case {number}");
        }
    }
}

#[test]
fn home_region_outside_the_scan_counts_only_for_controls_judged_there() {
    let mut hub = Hub::new();
    hub.scan(1, vec![verdict("S3.1", "a", Failed), verdict("S3.1", "b", Failed), verdict("KMS.4", "c", Failed)]);
    let mut meta = meta(2);
    meta.accounts[0].regions = vec!["eu-west-1".into()];
    ingest(&mut hub.store, &meta, &scope(), vec![verdict("S3.1", "a", Failed)], &[], noon(2)).unwrap();
    let archived: Vec<String> =
        hub.all().into_iter().filter(|f| f.record_state == RecordState::Archived).map(|f| f.id).collect();
    assert_eq!(archived, ids(&[verdict("S3.1", "b", Failed)]));
}

#[test]
fn account_level_finding_of_a_gap_goes_when_the_gap_closes() {
    let mut account_level = verdict("S3.8", "a", NotAvailable);
    let account =
        ResourceRef { type_name: ACCOUNT_TYPE.into(), id: account_resource_id(ACCOUNT), name: ACCOUNT.into() };
    account_level.subject = VerdictSubject { resource: account, ..(*account_level.subject).clone() }.into();
    account_level.reasons =
        [StatusReason { code: "CONFIG_ACCESS_DENIED".into(), description: "s3:ListBuckets was refused".into() }].into();
    let mut hub = Hub::new();
    hub.scan(1, vec![account_level.clone()]);
    hub.scan(2, vec![verdict("S3.8", "a", Passed)]);
    let state = |finding: Finding| (finding.resource.type_name, finding.record_state);
    let mut states: Vec<_> = hub.all().into_iter().map(state).collect();
    states.sort_by(|a, b| a.0.cmp(&b.0));
    let expected =
        [(ACCOUNT_TYPE.to_owned(), RecordState::Archived), ("AWS::S3::Bucket".to_owned(), RecordState::Active)];
    assert_eq!(states, expected);
}

#[test]
fn the_worse_of_two_verdicts_on_one_thing_counts_in_any_order() {
    for statuses in [[Passed, Failed], [Failed, Passed], [NotAvailable, Failed]] {
        let mut hub = Hub::new();
        let result = hub.scan(1, statuses.map(|status| verdict("S3.8", "a", status)).to_vec());
        assert_eq!((hub.only().status, result.scan.counts.verdicts), (Failed, 1));
    }
}

#[test]
fn older_scan_is_refused_whole() {
    let mut hub = Hub::new();
    hub.scan(5, vec![verdict("S3.8", "a", Failed)]);
    let before = hub.all();
    let mut again =
        |meta: ScanMeta| ingest(&mut hub.store, &meta, &scope(), vec![verdict("S3.8", "a", Passed)], &[], noon(6));
    assert!(matches!(again(meta(4)), Err(HubError::OlderScan { .. })));
    let mut elsewhere = meta(4);
    elsewhere.accounts[0].regions = vec!["ap-northeast-1".into()];
    elsewhere.accounts[0].home_region = "ap-northeast-1".into();
    let verdicts = vec![verdict_in("ap-northeast-1", "S3.8", "j", Passed)];
    ingest(&mut hub.store, &elsewhere, &scope(), verdicts, &[], noon(6)).unwrap();
    assert_eq!(hub.store.finding_get(&before[0].id).unwrap().as_ref(), before.first());
}

#[test]
fn baseline_is_compared_with_what_is_open() {
    let names = ["stays", "passes", "goes", "accepted", "blind"];
    let mut hub = Hub::new();
    hub.scan(1, names.map(|name| verdict("S3.8", name, Failed)).to_vec());
    let made = Baseline::of_store(&hub.store, noon(1)).unwrap();
    let baseline = Baseline::from_json(&made.to_json()).unwrap();
    assert_eq!(baseline, made);
    assert_eq!(baseline.findings, ids(&names.map(|name| verdict("S3.8", name, Failed))).into_iter().collect());

    let now = vec![
        verdict("S3.8", "stays", Failed),
        verdict("S3.8", "passes", Passed),
        verdict("S3.8", "accepted", Failed),
        verdict("S3.8", "blind", NotAvailable),
        verdict("S3.8", "new", Failed),
    ];
    hub.scan_with(2, &scope(), now, &[rule("arn:aws:s3:::accepted", date(2027, 12, 31))]);
    let delta = Delta::against_baseline(&hub.store, &baseline).unwrap();
    let expected = |names: &[&str]| ids(&names.iter().map(|name| verdict("S3.8", name, Failed)).collect::<Vec<_>>());
    assert_eq!(delta.new, expected(&["new"]));
    assert_eq!(delta.fixed, expected(&["passes", "goes"]));
    assert_eq!(delta.suppressed, expected(&["accepted"]));
    assert_eq!(delta.lost_sight, expected(&["blind"]));
    assert_eq!(delta.unchanged, 1);

    for (text, word) in [
        ("[]", "not a baseline"),
        (r#"{"sekisho_baseline": 2}"#, "format 2"),
        (r#"{"sekisho_baseline": 1}"#, "made_at"),
    ] {
        let error = Baseline::from_json(text).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

fn any_verdicts() -> impl Strategy<Value = Vec<Verdict>> {
    let status = prop::sample::select(vec![Passed, Failed, Warning, NotAvailable]);
    let control = prop::sample::select(vec!["S3.8", "S3.1", "KMS.4", "X.1"]);
    let region = prop::sample::select(vec!["us-east-1", "eu-west-1", "ap-northeast-1"]);
    let one = (region, control, 0..6_u8, status)
        .prop_map(|(region, control, bucket, status)| verdict_in(region, control, &format!("b{bucket}"), status));
    prop::collection::vec(one, 0..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever was before: the same scan a second time, in any order, moves `last_observed_at` and nothing else.
    #[test]
    fn replaying_a_scan_changes_nothing_but_when_it_was_seen(before in any_verdicts(), verdicts in any_verdicts(), accept in any::<bool>()) {
        let rules = if accept { vec![rule("arn:aws:s3:::b1*", date(2027, 12, 31))] } else { vec![] };
        let mut hub = Hub::new();
        hub.scan(1, before);
        hub.scan_with(2, &scope(), verdicts.clone(), &rules);
        let first = hub.all();
        let reversed = verdicts.into_iter().rev().collect();
        let result = hub.scan_with(3, &scope(), reversed, &rules);
        let second = hub.all();
        prop_assert_eq!(hub.changes(3), vec![]);
        prop_assert_eq!(result.delta.worse().count() + result.delta.fixed.len() + result.delta.archived.len(), 0);
        let timeless = |findings: &[Finding]| -> Vec<Finding> {
            findings.iter().map(|finding| Finding { last_observed_at: noon(0), ..finding.clone() }).collect()
        };
        prop_assert_eq!(timeless(&first), timeless(&second));
        for (first, second) in first.iter().zip(&second) {
            let seen = second.last_observed_at == noon(3);
            prop_assert!(seen || second.last_observed_at == first.last_observed_at);
        }
    }

    /// The order in which verdicts arrive decides nothing.
    #[test]
    fn order_of_verdicts_decides_nothing(verdicts in any_verdicts()) {
        let (mut forward, mut backward) = (Hub::new(), Hub::new());
        let first = forward.scan(1, verdicts.clone());
        let second = backward.scan(1, verdicts.into_iter().rev().collect());
        prop_assert_eq!(first, second);
        let bare = |hub: &Hub| hub.all().into_iter().map(|f| (f.id, f.status, f.workflow)).collect::<Vec<_>>();
        prop_assert_eq!(bare(&forward), bare(&backward));
    }
}
