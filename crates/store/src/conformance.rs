//! The suite that every implementation of [`Store`] has to pass.
//!
//! Call [`store_conformance`] from a test with a function that makes a new, empty store. It panics at the first
//! promise of the trait that is not kept, which is what a test wants.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is test code that other crates' tests call; a panic is how it reports"
)]

use sekisho_model::{
    AccountScope, ComplianceStatus, Evidence, Finding, FindingKey, RecordState, ResourceRef, ScanMeta, Severity,
    Suppression, Timestamp, Value, WorkflowStatus,
};

use crate::{
    ChangeFilter, Cursor, FieldChange, FindingFilter, FindingOrder, FindingWrite, ScanCounts, ScanWriter, Store,
    StoreError, finding_fingerprint,
};

/// Runs the whole suite; `make_store` gives a new, empty store each time.
pub fn store_conformance<S: Store>(mut make_store: impl FnMut() -> S) {
    empty_store_has_nothing(&mut make_store());
    findings_come_back_as_written(&mut make_store());
    dropped_scan_leaves_nothing(&mut make_store());
    observing_changes_only_the_time(&mut make_store());
    unobserved_are_listed_by_place(&mut make_store());
    filters_select(&mut make_store());
    pages_cover_everything_once(&mut make_store());
    history_is_kept(&mut make_store());
    purging_deletes_what_is_old(&mut make_store());
}

/// A time, `seconds` after the start of 2027.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_798_761_600 + seconds).unwrap()
}

/// A scan's frame.
pub fn meta(seconds: i64) -> ScanMeta {
    let account = AccountScope {
        account: "111111111111".into(),
        partition: "aws".into(),
        name: Some("main".into()),
        identity: "arn:aws:iam::111111111111:user/auditor".into(),
        regions: vec!["eu-west-1".into(), "us-east-1".into()],
        home_region: "us-east-1".into(),
    };
    ScanMeta { taken_at: at(seconds), accounts: vec![account], version: "0.1.0".into() }
}

/// A finding: the `number`th resource of a control.
pub fn finding(control: &str, account: &str, region: &str, number: u32, status: ComplianceStatus) -> Finding {
    let resource_id = format!("arn:aws:s3:::bucket-{number:06}");
    let key = FindingKey { control_id: control, account, region, resource_id: &resource_id };
    let failed = status == ComplianceStatus::Failed;
    Finding {
        id: key.finding_id("aws"),
        control_id: control.into(),
        account: account.into(),
        region: region.into(),
        resource: ResourceRef {
            type_name: "AWS::S3::Bucket".into(),
            id: resource_id,
            name: format!("bucket-{number:06}"),
        },
        tags: serde_json::from_str(r#"{"Owner":"data team","環境":"本番"}"#).unwrap(),
        status,
        previous_status: None,
        reasons: vec![],
        evidence: vec![Evidence { path: "properties.BlockPublicAcls".into(), value: Value::Bool(!failed) }],
        severity: if failed { Severity::High } else { Severity::Informational },
        control_severity: Severity::High,
        workflow: if failed { WorkflowStatus::New } else { WorkflowStatus::Resolved },
        suppression: None,
        record_state: RecordState::Active,
        created_at: at(0),
        first_observed_at: at(0),
        last_observed_at: at(0),
        updated_at: at(0),
    }
}

fn write(finding: &Finding) -> FindingWrite {
    FindingWrite { finding: finding.clone(), observed: true, changes: vec![] }
}

fn put(store: &mut impl Store, seconds: i64, findings: &[Finding]) {
    let mut scan = store.scan_begin(&meta(seconds)).unwrap();
    scan.finding_put(&findings.iter().map(write).collect::<Vec<_>>()).unwrap();
    scan.scan_commit(at(seconds + 1), &ScanCounts::default()).unwrap();
}

fn all(store: &impl Store) -> Vec<Finding> {
    store.finding_list(&FindingFilter::default(), FindingOrder::Id, None, usize::MAX).unwrap()
}

fn sample() -> Finding {
    finding("S3.8", "111111111111", "us-east-1", 1, ComplianceStatus::Failed)
}

fn empty_store_has_nothing(store: &mut impl Store) {
    assert_eq!(all(store), []);
    assert_eq!(store.finding_count(&FindingFilter::default()).unwrap(), 0);
    assert_eq!(store.finding_get("arn:none").unwrap(), None);
    assert_eq!(store.scan_last().unwrap(), None);
    assert_eq!(store.change_list(&ChangeFilter::default(), 10).unwrap(), []);
    let mut scan = store.scan_begin(&meta(0)).unwrap();
    assert_eq!(scan.scan_id(), 1);
    assert_eq!(scan.finding_heads(&["arn:none".into()]).unwrap(), [None]);
    assert_eq!(scan.unobserved_list("111111111111", "us-east-1").unwrap(), []);
}

fn findings_come_back_as_written(store: &mut impl Store) {
    let mut full = sample();
    full.previous_status = Some(ComplianceStatus::NotAvailable);
    full.workflow = WorkflowStatus::Suppressed;
    full.suppression = Some(Suppression {
        reason: "static website; 公開サイト".into(),
        until: "2027-03-31".into(),
        owner: Some("web".into()),
        source: "sekisho.yaml:3".into(),
    });
    full.created_at = Timestamp::from_nanosecond(1_798_761_600_123_456_789).unwrap();
    let plain = finding("S3.8", "111111111111", "us-east-1", 2, ComplianceStatus::Passed);
    put(store, 0, &[full.clone(), plain.clone()]);
    assert_eq!(store.finding_get(&full.id).unwrap(), Some(full.clone()));
    assert_eq!(store.finding_get(&plain.id).unwrap(), Some(plain));

    let mut scan = store.scan_begin(&meta(10)).unwrap();
    let heads = scan.finding_heads(&["arn:none".into(), full.id.clone()]).unwrap();
    assert_eq!(heads[0], None);
    let head = heads[1].clone().unwrap();
    assert_eq!(
        (&head.id, &head.control_id, &head.resource_type),
        (&full.id, &full.control_id, &full.resource.type_name)
    );
    assert_eq!((head.status, head.previous_status), (full.status, full.previous_status));
    assert_eq!((head.workflow, head.suppression), (full.workflow, full.suppression.clone()));
    assert_eq!((head.record_state, head.control_severity), (full.record_state, full.control_severity));
    assert_eq!((head.created_at, head.first_observed_at), (full.created_at, full.first_observed_at));
    assert_eq!((head.last_observed_at, head.updated_at), (full.last_observed_at, full.updated_at));
    assert_eq!(head.fingerprint, finding_fingerprint(&full));

    full.status = ComplianceStatus::Passed;
    full.workflow = WorkflowStatus::Resolved;
    full.suppression = None;
    full.evidence.clear();
    scan.finding_put(&[write(&full)]).unwrap();
    assert_eq!(scan.finding_get(&full.id).unwrap(), Some(full.clone()), "a scan sees its own writes");
    scan.scan_commit(at(11), &ScanCounts { verdicts: 1, ..ScanCounts::default() }).unwrap();
    assert_eq!(store.finding_get(&full.id).unwrap(), Some(full), "the old row was replaced, not doubled");
    assert_eq!(store.finding_count(&FindingFilter::default()).unwrap(), 2);

    let scans = store.scan_list(10).unwrap();
    assert_eq!(scans.iter().map(|scan| scan.id).collect::<Vec<_>>(), [2, 1]);
    assert_eq!((scans[0].started_at, scans[0].finished_at, scans[0].counts.verdicts), (at(10), at(11), 1));
    assert_eq!(scans[0].meta, meta(10));
}

fn dropped_scan_leaves_nothing(store: &mut impl Store) {
    put(store, 0, &[sample()]);
    let before = all(store);
    {
        let mut scan = store.scan_begin(&meta(10)).unwrap();
        let mut changed = sample();
        changed.status = ComplianceStatus::Passed;
        let new = finding("S3.8", "111111111111", "us-east-1", 2, ComplianceStatus::Failed);
        scan.finding_put(&[write(&changed), write(&new)]).unwrap();
    }
    assert_eq!(all(store), before);
    assert_eq!(store.scan_last().unwrap().unwrap().id, 1);
    assert_eq!(store.scan_begin(&meta(20)).unwrap().scan_id(), 2, "the number of a dropped scan is used again");
}

fn observing_changes_only_the_time(store: &mut impl Store) {
    put(store, 0, &[sample()]);
    let mut scan = store.scan_begin(&meta(10)).unwrap();
    let row = scan.finding_heads(&[sample().id]).unwrap()[0].clone().unwrap().row;
    scan.finding_observe(&[row], at(10)).unwrap();
    scan.scan_commit(at(11), &ScanCounts::default()).unwrap();
    assert_eq!(store.finding_get(&sample().id).unwrap(), Some(Finding { last_observed_at: at(10), ..sample() }));
}

fn unobserved_are_listed_by_place(store: &mut impl Store) {
    let here = |number| finding("S3.8", "111111111111", "us-east-1", number, ComplianceStatus::Failed);
    let mut archived = here(4);
    archived.record_state = RecordState::Archived;
    let other_region = finding("S3.8", "111111111111", "eu-west-1", 5, ComplianceStatus::Failed);
    let other_account = finding("S3.8", "222222222222", "us-east-1", 6, ComplianceStatus::Failed);
    put(store, 0, &[here(1), here(2), here(3), archived, other_region, other_account]);

    let mut scan = store.scan_begin(&meta(10)).unwrap();
    let row = scan.finding_heads(&[here(1).id]).unwrap()[0].clone().unwrap().row;
    scan.finding_observe(&[row], at(10)).unwrap();
    let ids = |scan: &mut dyn ScanWriter| -> Vec<String> {
        scan.unobserved_list("111111111111", "us-east-1").unwrap().into_iter().map(|head| head.id).collect()
    };
    let mut expected = vec![here(2).id, here(3).id];
    expected.sort();
    assert_eq!(ids(&mut *scan), expected);

    let mut gone = here(2);
    gone.record_state = RecordState::Archived;
    scan.finding_put(&[FindingWrite { finding: gone, observed: false, changes: vec![] }]).unwrap();
    assert_eq!(ids(&mut *scan), [here(3).id]);
}

fn filters_select(store: &mut impl Store) {
    let us = finding("S3.8", "111111111111", "us-east-1", 1, ComplianceStatus::Failed);
    let eu = finding("S3.8", "111111111111", "eu-west-1", 2, ComplianceStatus::Passed);
    let mut other = finding("KMS.4", "222222222222", "us-east-1", 3, ComplianceStatus::Failed);
    other.resource.type_name = "AWS::KMS::Key".into();
    other.workflow = WorkflowStatus::Suppressed;
    let mut gone = finding("S3.1", "222222222222", "us-east-1", 4, ComplianceStatus::Failed);
    gone.record_state = RecordState::Archived;
    put(store, 0, &[us.clone(), eu.clone(), other.clone(), gone.clone()]);
    let none = FindingFilter::default;
    let cases = [
        (FindingFilter { controls: vec!["S3.8".into()], ..none() }, vec![&us, &eu]),
        (FindingFilter { controls: vec!["S3.8".into(), "S3.1".into()], ..none() }, vec![&us, &eu, &gone]),
        (FindingFilter { accounts: vec!["222222222222".into()], ..none() }, vec![&other, &gone]),
        (FindingFilter { regions: vec!["eu-west-1".into()], ..none() }, vec![&eu]),
        (FindingFilter { resource_ids: vec![us.resource.id.clone()], ..none() }, vec![&us]),
        (FindingFilter { resource_types: vec!["AWS::KMS::Key".into()], ..none() }, vec![&other]),
        (FindingFilter { statuses: vec![ComplianceStatus::Passed], ..none() }, vec![&eu]),
        (FindingFilter { severities: vec![Severity::Informational], ..none() }, vec![&eu]),
        (FindingFilter { workflows: vec![WorkflowStatus::Suppressed], ..none() }, vec![&other]),
        (FindingFilter::active(), vec![&us, &eu, &other]),
        (FindingFilter::open(), vec![&us]),
        (FindingFilter { controls: vec!["S3.8' OR '1'='1".into()], ..none() }, vec![]),
    ];
    for (filter, expected) in cases {
        let mut expected: Vec<Finding> = expected.into_iter().cloned().collect();
        expected.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(store.finding_count(&filter).unwrap(), expected.len() as u64, "{filter:?}");
        assert_eq!(store.finding_list(&filter, FindingOrder::Id, None, 100).unwrap(), expected, "{filter:?}");
    }
}

fn pages_cover_everything_once(store: &mut impl Store) {
    let statuses = [ComplianceStatus::Failed, ComplianceStatus::Passed];
    let mut findings: Vec<Finding> =
        (0..25).map(|n| finding("S3.8", "111111111111", "us-east-1", n, statuses[n as usize % 2])).collect();
    findings[3].severity = Severity::Critical;
    put(store, 0, &findings);
    for order in [FindingOrder::Id, FindingOrder::Severity] {
        findings.sort_by(|a, b| match order {
            FindingOrder::Id => a.id.cmp(&b.id),
            FindingOrder::Severity => (b.severity, &a.id).cmp(&(a.severity, &b.id)),
        });
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = store.finding_list(&FindingFilter::default(), order, after.as_ref(), 4).unwrap();
            assert!(page.len() <= 4);
            let Some(last) = page.last() else { break };
            after = Some(Cursor::after(last));
            seen.extend(page);
        }
        assert_eq!(seen, findings, "{order:?}");
        let mut each = Vec::new();
        store.finding_each(&FindingFilter::default(), order, &mut |finding| each.push(finding)).unwrap();
        assert_eq!(each, findings, "{order:?}");
    }
}

fn history_is_kept(store: &mut impl Store) {
    let change = |field, from: &str, to: &str| FieldChange { field, from: Some(from.into()), to: Some(to.into()) };
    let mut finding = sample();
    for (seconds, status, from, to) in
        [(10, ComplianceStatus::Passed, "FAILED", "PASSED"), (20, ComplianceStatus::Failed, "PASSED", "FAILED")]
    {
        finding.status = status;
        finding.updated_at = at(seconds);
        let changes =
            vec![change("status", from, to), FieldChange { field: "workflow", from: None, to: Some("NEW".into()) }];
        let mut scan = store.scan_begin(&meta(seconds)).unwrap();
        scan.finding_put(&[FindingWrite { finding: finding.clone(), observed: true, changes }]).unwrap();
        scan.scan_commit(at(seconds), &ScanCounts::default()).unwrap();
    }
    let list = |filter: ChangeFilter| -> Result<Vec<_>, StoreError> {
        let changes = store.change_list(&filter, 100)?;
        Ok(changes.into_iter().map(|c| (c.finding_id, c.at, c.scan_id, c.field, c.from, c.to)).collect())
    };
    let entry = |seconds, scan: i64, field: &str, from: Option<&str>, to: &str| {
        (sample().id, at(seconds), scan, field.to_owned(), from.map(str::to_owned), Some(to.to_owned()))
    };
    let first = [entry(10, 1, "status", Some("FAILED"), "PASSED"), entry(10, 1, "workflow", None, "NEW")];
    let second = [entry(20, 2, "status", Some("PASSED"), "FAILED"), entry(20, 2, "workflow", None, "NEW")];
    assert_eq!(list(ChangeFilter::default()).unwrap(), [first, second.clone()].concat());
    assert_eq!(list(ChangeFilter { scan_id: Some(2), ..ChangeFilter::default() }).unwrap(), second);
    assert_eq!(list(ChangeFilter { finding_id: Some("arn:none".into()), scan_id: None }).unwrap(), []);
    assert_eq!(store.change_list(&ChangeFilter { finding_id: Some(sample().id), scan_id: None }, 3).unwrap().len(), 3);
}

fn purging_deletes_what_is_old(store: &mut impl Store) {
    let number = |number| finding("S3.8", "111111111111", "us-east-1", number, ComplianceStatus::Failed);
    let archived = |n, seconds| Finding { record_state: RecordState::Archived, updated_at: at(seconds), ..number(n) };
    let seen = |n, seconds| Finding { last_observed_at: at(seconds), ..number(n) };
    let kept = [archived(1, 50), seen(2, 40)];
    // Archived long ago and seen since in no way that counts; active and not seen for long.
    let old = [archived(3, 49), seen(4, 39)];
    let changes = vec![FieldChange { field: "status", from: None, to: Some("FAILED".into()) }];
    let mut scan = store.scan_begin(&meta(100)).unwrap();
    let writes = kept.iter().chain(&old).map(|finding| FindingWrite { changes: changes.clone(), ..write(finding) });
    scan.finding_put(&writes.collect::<Vec<_>>()).unwrap();
    assert_eq!(scan.finding_purge(at(50), at(40)).unwrap(), 2);
    assert_eq!(scan.finding_purge(at(50), at(40)).unwrap(), 0);
    scan.scan_commit(at(101), &ScanCounts::default()).unwrap();
    let ids = |findings: &[Finding]| {
        let mut ids: Vec<String> = findings.iter().map(|finding| finding.id.clone()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&all(store)), ids(&kept));
    let with_history: Vec<String> =
        store.change_list(&ChangeFilter::default(), 10).unwrap().into_iter().map(|change| change.finding_id).collect();
    assert_eq!(with_history.len(), 2);
    assert!(with_history.iter().all(|id| ids(&kept).contains(id)));
    // Back again, it is new: nothing of the old history is taken for its own.
    put(store, 200, &[seen(4, 200)]);
    let filter = ChangeFilter { finding_id: Some(number(4).id), scan_id: None };
    assert_eq!(store.change_list(&filter, 10).unwrap(), []);
}
