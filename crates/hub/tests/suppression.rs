//! Accepting findings by rules: who is matched, for how long, and what is told about a rule.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code reports by panicking")]

mod support;

use jiff::civil::date;
use sekisho_hub::{Glob, ProblemKind, ScanScope, SuppressionRule};
use sekisho_model::{Suppression, Unknown, UnknownKind, Verdict, VerdictSubject};
use support::*;

#[test]
fn rule_accepts_until_its_last_day_and_not_longer() {
    let rules = [rule("arn:aws:s3:::www-*", date(2027, 1, 3))];
    let verdicts = || vec![verdict("S3.8", "www-a", Failed)];
    let mut hub = Hub::new();
    let first = hub.scan_with(1, &scope(), verdicts(), &rules);
    let accepted = hub.only();
    let decision = Suppression {
        reason: "static website".into(),
        until: "2027-01-03".into(),
        owner: Some("web".into()),
        source: "sekisho.yaml:2".into(),
    };
    assert_eq!((accepted.workflow, &accepted.suppression), (Suppressed, &Some(decision)));
    assert_eq!((first.delta.new.len(), first.delta.suppressed.len(), first.delta.accepted), (0, 1, 1));
    assert_eq!(first.scan.counts.suppressed, 1);

    let last_day = hub.scan_with(3, &scope(), verdicts(), &rules);
    assert_eq!((hub.only().workflow, last_day.delta.accepted, last_day.delta.suppressed.len()), (Suppressed, 1, 0));
    let over = hub.scan_with(4, &scope(), verdicts(), &rules);
    assert_eq!((hub.only().workflow, hub.only().suppression), (New, None));
    assert_eq!(over.delta.unsuppressed, ids(&verdicts()));
    assert_eq!(over.delta.worse().count(), 1);
    assert_eq!(
        over.problems.iter().map(|p| (p.source.as_str(), p.kind)).collect::<Vec<_>>(),
        [("sekisho.yaml:2", ProblemKind::Expired)]
    );
    let expected = [
        ("suppression".into(), Some("static website (until 2027-01-03, web)".into()), None),
        ("workflow".into(), Some("SUPPRESSED".into()), Some("NEW".into())),
    ];
    assert_eq!(hub.changes(3), expected);
}

#[test]
fn accepted_finding_that_passes_is_resolved_and_accepted_again_when_it_fails_again() {
    let rules = [rule("arn:aws:s3:::*", date(2027, 12, 31))];
    let mut hub = Hub::new();
    let mut workflows = Vec::new();
    for (day, status) in [(1, Failed), (2, Passed), (3, NotAvailable), (4, Failed)] {
        hub.scan_with(day, &scope(), vec![verdict("S3.8", "a", status)], &rules);
        workflows.push((hub.only().workflow, hub.only().suppression.is_some()));
    }
    assert_eq!(workflows, [(Suppressed, true), (Resolved, false), (Suppressed, true), (Suppressed, true)]);
}

#[test]
fn removed_rule_lets_go_but_a_decision_by_hand_stays() {
    let by_hand = |until: &str| Suppression {
        reason: "no".into(),
        until: until.into(),
        owner: None,
        source: "console: alice".into(),
    };
    // (decision, status now) -> workflow without any rule on day 5.
    let cases = [
        (Suppression { source: "sekisho.yaml:9".into(), ..by_hand("2027-12-31") }, Failed, New),
        (Suppression { source: "sekisho.yaml:9".into(), ..by_hand("2027-12-31") }, Passed, Resolved),
        (by_hand("2027-12-31"), Failed, Suppressed),
        (by_hand("2027-12-31"), Passed, Suppressed),
        (by_hand("2027-01-04"), Failed, New),
        (by_hand("2027-01-05"), Failed, Suppressed),
        (by_hand("soon"), Failed, New),
    ];
    for (decision, status, expected) in cases {
        let mut hub = Hub::new();
        hub.scan(1, vec![verdict("S3.8", "a", Failed)]);
        hub.set_workflow(2, Suppressed, Some(decision.clone()));
        hub.scan(5, vec![verdict("S3.8", "a", status)]);
        assert_eq!(hub.only().workflow, expected, "{decision:?} {status}");
        assert_eq!(hub.only().suppression.is_some(), expected == Suppressed);
    }
}

#[test]
fn every_selector_has_to_fit() {
    let base = || SuppressionRule { resource: None, ..rule("*", date(2027, 12, 31)) };
    let glob = |text: &str| Some(Glob::new(text).unwrap());
    let tag = |name: &str, value: &str| vec![(name.to_owned(), Glob::new(value).unwrap())];
    let cases = [
        (SuppressionRule { control: glob("S3.8"), ..base() }, true),
        (SuppressionRule { control: glob("S3.*"), ..base() }, true),
        (SuppressionRule { control: glob("KMS.*"), ..base() }, false),
        (SuppressionRule { resource: glob("arn:aws:s3:::a"), ..base() }, true),
        (SuppressionRule { resource: glob("arn:aws:s3:::b*"), ..base() }, false),
        (SuppressionRule { tags: tag("Environment", "prod"), ..base() }, true),
        (SuppressionRule { tags: tag("Environment", "dev*"), ..base() }, false),
        (SuppressionRule { tags: tag("Team", "*"), ..base() }, false),
        (SuppressionRule { account: Some(ACCOUNT.into()), ..base() }, true),
        (SuppressionRule { account: Some("222222222222".into()), ..base() }, false),
        (SuppressionRule { region: Some("us-east-1".into()), ..base() }, true),
        (SuppressionRule { region: Some("eu-west-1".into()), ..base() }, false),
        (SuppressionRule { control: glob("S3.8"), resource: glob("arn:aws:s3:::b"), ..base() }, false),
    ];
    for (rule, expected) in cases {
        let mut hub = Hub::new();
        let result = hub.scan_with(1, &scope(), vec![verdict("S3.8", "a", Failed)], std::slice::from_ref(&rule));
        assert_eq!(hub.only().workflow == Suppressed, expected, "{rule:?}");
        let in_sight = rule.account.as_deref() != Some("222222222222");
        let told = result.problems.iter().any(|problem| problem.kind == ProblemKind::MatchedNothing);
        assert_eq!(told, !expected && in_sight, "{rule:?}");
    }
}

#[test]
fn unread_tags_neither_accept_nor_let_go() {
    let by_tag = |reason: &str| SuppressionRule {
        resource: None,
        tags: vec![("Environment".into(), Glob::new("prod").unwrap())],
        reason: reason.into(),
        ..rule("*", date(2027, 12, 31))
    };
    let blind = || {
        let unknown = Unknown { source: "s3:GetBucketTagging".into(), kind: UnknownKind::Denied, message: "no".into() };
        let seen = verdict("S3.8", "a", Failed);
        let subject = VerdictSubject { tags: unknown.into(), ..(*seen.subject).clone() };
        Verdict { subject: subject.into(), ..seen }
    };
    let mut hub = Hub::new();
    hub.scan_with(1, &scope(), vec![blind()], &[by_tag("a")]);
    assert_eq!(hub.only().workflow, New);
    hub.scan_with(2, &scope(), vec![verdict("S3.8", "a", Failed)], &[by_tag("a")]);
    hub.scan_with(3, &scope(), vec![blind()], &[by_tag("a")]);
    assert_eq!(hub.only().workflow, Suppressed);
    hub.scan_with(4, &scope(), vec![blind()], &[by_tag("b")]);
    assert_eq!(hub.only().workflow, New, "another decision is not this one");
}

#[test]
fn problems_of_the_file_are_told_in_its_order() {
    let at = |line: u32, resource: &str, until| SuppressionRule {
        source: format!("sekisho.yaml:{line}"),
        ..rule(resource, until)
    };
    let rules = [
        at(2, "arn:aws:s3:::a", date(2027, 1, 24)),
        at(9, "arn:aws:s3:::a", date(2027, 1, 25)),
        at(10, "arn:aws:s3:::nothing", date(2027, 12, 31)),
        at(20, "arn:aws:s3:::a", date(2027, 1, 9)),
        at(30, "arn:aws:s3:::nothing", date(2027, 1, 10)),
    ];
    let verdicts = || vec![verdict("S3.8", "a", Failed)];
    let problems = |scope: &ScanScope| -> Vec<(String, ProblemKind)> {
        let mut hub = Hub::new();
        let result = hub.scan_with(10, scope, verdicts(), &rules);
        assert_eq!(hub.only().suppression.unwrap().source, "sekisho.yaml:9", "the longest-holding rule counts");
        result.problems.into_iter().map(|problem| (problem.source, problem.kind)).collect()
    };
    let told = |line: u32, kind| (format!("sekisho.yaml:{line}"), kind);
    let expected = [
        told(2, ProblemKind::EndsSoon),
        told(10, ProblemKind::MatchedNothing),
        told(20, ProblemKind::Expired),
        told(30, ProblemKind::MatchedNothing),
        told(30, ProblemKind::EndsSoon),
    ];
    assert_eq!(problems(&scope()), expected);
    let without_nothing: Vec<_> =
        expected.into_iter().filter(|(_, kind)| *kind != ProblemKind::MatchedNothing).collect();
    assert_eq!(problems(&ScanScope { all_controls: false, ..scope() }), without_nothing, "a partial scan cannot know");
}

#[test]
fn extended_decision_is_written_into_the_finding_and_its_history() {
    let verdicts = || vec![verdict("S3.8", "a", Failed)];
    let mut hub = Hub::new();
    hub.scan_with(1, &scope(), verdicts(), &[rule("arn:aws:s3:::a", date(2027, 1, 31))]);
    let moved = SuppressionRule { source: "sekisho.yaml:7".into(), ..rule("arn:aws:s3:::a", date(2027, 1, 31)) };
    hub.scan_with(2, &scope(), verdicts(), &[moved]);
    assert_eq!(hub.only().suppression.unwrap().source, "sekisho.yaml:7");
    assert_eq!(hub.changes(2), [], "where it stands in the file is no decision");
    hub.scan_with(3, &scope(), verdicts(), &[rule("arn:aws:s3:::a", date(2027, 6, 30))]);
    assert_eq!(hub.only().suppression.unwrap().until, "2027-06-30");
    let told = |until: &str| Some(format!("static website (until {until}, web)"));
    assert_eq!(hub.changes(3), [("suppression".into(), told("2027-01-31"), told("2027-06-30"))]);
}
