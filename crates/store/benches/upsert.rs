//! How fast findings go into the embedded store: first scan, re-scan without changes, re-scan where all changed.
//!
//! `cargo bench -p sekisho-store`. One iteration is one scan of 10,000 findings, committed
//! to disk. CRITERION's throughput is in findings per second of wall time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark reports by panicking")]
#![allow(missing_docs, reason = "the macros make undocumented items")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use sekisho_model::{ComplianceStatus, Finding};
use sekisho_store::conformance::{at, finding, meta};
use sekisho_store::embedded::EmbeddedStore;
use sekisho_store::{FieldChange, FindingRow, FindingWrite, ScanCounts, Store};

const FINDINGS: u32 = 10_000;

fn writes(status: ComplianceStatus) -> Vec<FindingWrite> {
    let controls = ["S3.8", "S3.1", "EC2.19", "KMS.4", "IAM.21"];
    let mut findings: Vec<Finding> = (0..FINDINGS)
        .map(|n| finding(controls[n as usize % controls.len()], "111111111111", "us-east-1", n, status))
        .collect();
    findings.sort_by(|a, b| a.id.cmp(&b.id));
    let change = |to: &str| FieldChange { field: "status", from: None, to: Some(to.to_owned()) };
    findings
        .into_iter()
        .map(|finding| FindingWrite { changes: vec![change(finding.status.label())], finding, observed: true })
        .collect()
}

fn commit(store: &mut EmbeddedStore, writes: &[FindingWrite]) {
    let mut scan = store.scan_begin(&meta(0)).unwrap();
    for batch in writes.chunks(1_000) {
        scan.finding_put(batch).unwrap();
    }
    scan.scan_commit(at(1), &ScanCounts::default()).unwrap();
}

fn rescan(store: &mut EmbeddedStore, ids: &[String]) {
    let mut scan = store.scan_begin(&meta(0)).unwrap();
    for batch in ids.chunks(1_000) {
        let heads = scan.finding_heads(batch).unwrap();
        let rows: Vec<FindingRow> = heads.into_iter().flatten().map(|head| head.row).collect();
        scan.finding_observe(&rows, at(2)).unwrap();
    }
    scan.scan_commit(at(2), &ScanCounts::default()).unwrap();
}

fn upsert(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("store");
    group.throughput(Throughput::Elements(u64::from(FINDINGS))).sample_size(10);
    let failed = writes(ComplianceStatus::Failed);
    let passed = writes(ComplianceStatus::Passed);
    let ids: Vec<String> = failed.iter().map(|write| write.finding.id.clone()).collect();
    group.bench_function("first scan", |bencher| {
        let make = || {
            let directory = tempfile::tempdir().unwrap();
            (EmbeddedStore::open(directory.path()).unwrap(), directory)
        };
        bencher.iter_batched_ref(make, |(store, _)| commit(store, &failed), BatchSize::PerIteration);
    });
    let directory = tempfile::tempdir().unwrap();
    let mut store = EmbeddedStore::open(directory.path()).unwrap();
    commit(&mut store, &failed);
    group.bench_function("nothing changed", |bencher| bencher.iter(|| rescan(&mut store, &ids)));
    group.bench_function("everything changed", |bencher| {
        bencher.iter(|| {
            commit(&mut store, &passed);
            commit(&mut store, &failed);
        });
    });
    group.finish();
}

criterion_group!(benches, upsert);
criterion_main!(benches);
