//! Databases of every version ever released, opened by today's code.
//!
//! `frozen/vN.sql` is the dump of a small database that version N wrote. It is never edited or made anew: when a test
//! here fails, people's stores can no longer be read, and the code is what has to change. A new schema or body
//! format adds a new file; the ignored test below writes what to dump.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code reports by panicking")]

use std::path::Path;

use rusqlite::Connection;
use sekisho_model::{
    ComplianceStatus, Evidence, Finding, RecordState, Severity, StatusReason, Suppression, Value, WorkflowStatus,
};
use sekisho_store::conformance::{at, finding, meta};
use sekisho_store::embedded::EmbeddedStore;
use sekisho_store::{ChangeFilter, FieldChange, FindingFilter, FindingOrder, FindingWrite, ScanCounts, Store};

/// What stands in `v1.sql`: one finding with everything in it, one plain, one archived.
fn findings_of_version_1() -> Vec<Finding> {
    let mut full = finding("S3.8", "111111111111", "us-east-1", 1, ComplianceStatus::Failed);
    full.previous_status = Some(ComplianceStatus::NotAvailable);
    full.reasons = vec![StatusReason { code: "CONFIG_ACCESS_DENIED".into(), description: "s3:GetBucketPolicy".into() }];
    full.evidence.push(Evidence { path: "attributes.理由".into(), value: Value::Null });
    full.workflow = WorkflowStatus::Suppressed;
    full.suppression = Some(Suppression {
        reason: "static website; 公開サイト".into(),
        until: "2027-03-31".into(),
        owner: Some("web".into()),
        source: "sekisho.yaml:3".into(),
    });
    full.last_observed_at = at(86_400);
    let plain = finding("S3.8", "111111111111", "eu-west-1", 2, ComplianceStatus::Passed);
    let mut gone = finding("KMS.4", "222222222222", "us-east-1", 3, ComplianceStatus::Warning);
    gone.record_state = RecordState::Archived;
    gone.severity = Severity::Informational;
    let mut all = vec![full, plain, gone];
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}

fn write_version_1(directory: &Path) {
    let mut store = EmbeddedStore::open(directory).unwrap();
    let mut scan = store.scan_begin(&meta(0)).unwrap();
    let change =
        |finding: &Finding| FieldChange { field: "status", from: None, to: Some(finding.status.label().into()) };
    let writes = findings_of_version_1().into_iter().map(|finding| FindingWrite {
        changes: vec![change(&finding)],
        finding,
        observed: true,
    });
    scan.finding_put(&writes.collect::<Vec<_>>()).unwrap();
    scan.scan_commit(at(86_401), &ScanCounts { verdicts: 3, failed: 1, ..ScanCounts::default() }).unwrap();
}

#[test]
#[ignore = "writes the database to dump into frozen/ when a new version is released, to the directory FROZEN_DATABASE"]
fn write_the_database_to_dump() {
    write_version_1(Path::new(&std::env::var("FROZEN_DATABASE").unwrap()));
}

fn restored(dump: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    Connection::open(directory.path().join("sekisho.db")).unwrap().execute_batch(dump).unwrap();
    directory
}

#[test]
fn version_1_is_read_whole() {
    let directory = restored(include_str!("frozen/v1.sql"));
    let store = EmbeddedStore::open(directory.path()).unwrap();
    let all = store.finding_list(&FindingFilter::default(), FindingOrder::Id, None, 10).unwrap();
    assert_eq!(all, findings_of_version_1());
    let scan = store.scan_last().unwrap().unwrap();
    assert_eq!((scan.id, scan.started_at, scan.finished_at, scan.meta), (1, at(0), at(86_401), meta(0)));
    assert_eq!(scan.counts, ScanCounts { verdicts: 3, failed: 1, ..ScanCounts::default() });
    let mut changes: Vec<_> = store.change_list(&ChangeFilter::default(), 10).unwrap();
    changes.sort_by(|a, b| a.to.cmp(&b.to));
    let told: Vec<_> =
        changes.iter().map(|c| (c.field.as_str(), c.from.as_deref(), c.to.as_deref(), c.scan_id)).collect();
    let entry = |to| ("status", None, Some(to), 1);
    assert_eq!(told, [entry("FAILED"), entry("PASSED"), entry("WARNING")]);
}

/// The finding ids are part of the format too: another id would make every finding new.
#[test]
fn version_1_findings_are_found_again_and_written_on() {
    let directory = restored(include_str!("frozen/v1.sql"));
    let mut store = EmbeddedStore::open(directory.path()).unwrap();
    let id = "arn:aws:securityhub:us-east-1:111111111111:security-control/S3.8/finding/";
    let known: Vec<Finding> = findings_of_version_1().into_iter().filter(|f| f.id.starts_with(id)).collect();
    let mut scan = store.scan_begin(&meta(200_000)).unwrap();
    assert_eq!(scan.scan_id(), 2);
    let head = scan.finding_heads(&[known[0].id.clone()]).unwrap().remove(0).unwrap();
    assert_eq!(head.fingerprint, sekisho_store::finding_fingerprint(&known[0]));
    scan.finding_observe(&[head.row], at(200_000)).unwrap();
    scan.scan_commit(at(200_001), &ScanCounts::default()).unwrap();
    assert_eq!(store.finding_get(&known[0].id).unwrap().unwrap().last_observed_at, at(200_000));
}

/// A store made today and one migrated from any version have the same tables.
#[test]
fn migrated_and_new_stores_are_the_same() {
    let schema = |directory: &Path| -> Vec<(String, String)> {
        drop(EmbeddedStore::open(directory).unwrap());
        let connection = Connection::open(directory.join("sekisho.db")).unwrap();
        let mut statement =
            connection.prepare("SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let new = tempfile::tempdir().unwrap();
    assert_eq!(schema(restored(include_str!("frozen/v1.sql")).path()), schema(new.path()));
}
