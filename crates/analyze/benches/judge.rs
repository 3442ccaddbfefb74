//! How fast judging alone is: verdicts over all controls, and the nested security-group conditions by themselves.
//!
//! The goals are 1,000,000 control-resource verdicts per CPU-second over all controls and 300,000 on the nested
//! conditions; Criterion's throughput is per second of wall clock, so compare on one core (`taskset -c 0`).

#![allow(clippy::expect_used, reason = "a bench fails by panicking")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sekisho_analyze::posture::{self, Settings};
use sekisho_model::Snapshot;
use sekisho_rules::packs::{PackSet, builtin};
use sekisho_testkit::synthetic;

/// Enough that per-scan costs (preparing controls, the inventory) do not show.
const RESOURCES: usize = 4_000;
/// The controls that walk over the rules of a group.
const NESTED: [&str; 4] = ["EC2.13", "EC2.14", "EC2.18", "EC2.19"];

fn packs() -> PackSet {
    PackSet::load(&builtin()).expect("the built-in packs load")
}

fn measure(criterion: &mut Criterion, name: &str, snapshot: &Snapshot, settings: &Settings) {
    let packs = packs();
    let verdicts = posture::judge(&packs, snapshot, settings).len();
    let mut group = criterion.benchmark_group("judge");
    group.sample_size(20);
    group.throughput(Throughput::Elements(verdicts as u64));
    group.bench_function(name, |bencher| {
        bencher.iter(|| black_box(posture::judge(&packs, black_box(snapshot), settings)))
    });
    group.finish();
}

fn all_controls(criterion: &mut Criterion) {
    measure(criterion, "all controls", &synthetic::snapshot(RESOURCES), &Settings::default());
}

fn nested_conditions(criterion: &mut Criterion) {
    let settings = Settings { only: Some(NESTED.map(str::to_owned).into_iter().collect()), ..Settings::default() };
    measure(criterion, "nested security groups", &synthetic::security_groups(RESOURCES), &settings);
}

criterion_group!(benches, all_controls, nested_conditions);
criterion_main!(benches);
