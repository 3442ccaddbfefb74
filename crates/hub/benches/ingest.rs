//! How fast a scan's verdicts are taken in, decisions included: the first scan, and one where nothing changed.
//!
//! `cargo bench -p sekisho-hub`. One iteration is one scan of 20,000 verdicts under 50 suppression rules, committed
//! to disk; throughput is in verdicts per second of wall time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark reports by panicking")]
#![allow(missing_docs, reason = "the macros make undocumented items")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jiff::civil::date;
use std::sync::Arc;

use sekisho_hub::{Glob, ScanScope, SuppressionRule, ingest};
use sekisho_model::{ComplianceStatus, Verdict, VerdictSubject};
use sekisho_store::conformance::{at, finding, meta};
use sekisho_store::embedded::EmbeddedStore;

const VERDICTS: u32 = 20_000;

fn verdicts() -> Vec<Verdict> {
    let controls = ["S3.8", "S3.1", "EC2.19", "KMS.4", "IAM.21"];
    let statuses = [ComplianceStatus::Failed, ComplianceStatus::Passed, ComplianceStatus::Passed];
    let verdict = |n: u32| {
        let status = statuses[n as usize % statuses.len()];
        let finding = finding(controls[n as usize % controls.len()], "111111111111", "us-east-1", n, status);
        Verdict {
            control_id: finding.control_id.into(),
            subject: Arc::new(VerdictSubject {
                account: finding.account.into(),
                partition: "aws".into(),
                region: finding.region.into(),
                resource: finding.resource,
                tags: finding.tags,
            }),
            severity: finding.control_severity,
            status,
            reasons: finding.reasons.into(),
            evidence: finding.evidence.into(),
        }
    };
    (0..VERDICTS).map(verdict).collect()
}

fn rules() -> Vec<SuppressionRule> {
    let rule = |n: u32| SuppressionRule {
        control: n.is_multiple_of(2).then(|| Glob::new("S3.*").unwrap()),
        resource: Some(Glob::new(&format!("arn:aws:s3:::*-{n:05}?")).unwrap()),
        tags: vec![],
        account: None,
        region: None,
        reason: "accepted".into(),
        until: date(2030, 1, 1),
        owner: None,
        source: format!("sekisho.yaml:{n}"),
    };
    (0..50).map(rule).collect()
}

fn take_in(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ingest");
    group.throughput(Throughput::Elements(u64::from(VERDICTS))).sample_size(10);
    let (verdicts, rules) = (verdicts(), rules());
    let controls = verdicts.iter().map(|verdict| verdict.control_id.to_string()).collect();
    let scope = ScanScope { controls, all_controls: true, ..ScanScope::default() };
    group.bench_function("first scan", |bencher| {
        let make = || {
            let directory = tempfile::tempdir().unwrap();
            (EmbeddedStore::open(directory.path()).unwrap(), verdicts.clone(), directory)
        };
        let run = |(mut store, verdicts, directory): (EmbeddedStore, Vec<Verdict>, tempfile::TempDir)| {
            ingest(&mut store, &meta(0), &scope, verdicts, &rules, at(1)).unwrap();
            directory
        };
        bencher.iter_batched(make, run, BatchSize::PerIteration);
    });
    let directory = tempfile::tempdir().unwrap();
    let mut store = EmbeddedStore::open(directory.path()).unwrap();
    ingest(&mut store, &meta(0), &scope, verdicts.clone(), &rules, at(1)).unwrap();
    group.bench_function("nothing changed", |bencher| {
        let run = |verdicts| ingest(&mut store, &meta(2), &scope, verdicts, &rules, at(3)).unwrap();
        bencher.iter_batched(|| verdicts.clone(), run, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, take_in);
criterion_main!(benches);
