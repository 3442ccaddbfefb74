//! How fast a saved account is read and written: what judging offline costs before the first verdict.

#![allow(clippy::expect_used, reason = "a bench fails by panicking")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sekisho_collect::snapshot;
use sekisho_testkit::synthetic;

/// Enough that opening the compressed stream does not show.
const RESOURCES: usize = 4_000;

fn load_and_save(criterion: &mut Criterion) {
    let account = synthetic::snapshot(RESOURCES);
    let mut saved = Vec::new();
    snapshot::write(&account, &mut saved).expect("a snapshot is written to memory");
    let mut group = criterion.benchmark_group("snapshot");
    group.sample_size(20).throughput(Throughput::Elements(RESOURCES as u64));
    group.bench_function("load", |bencher| {
        bencher.iter(|| snapshot::read(black_box(saved.as_slice())).expect("it was just saved"));
    });
    group.bench_function("save", |bencher| {
        bencher.iter(|| snapshot::write(black_box(&account), std::io::sink()).expect("a sink takes everything"));
    });
    group.finish();
}

criterion_group!(benches, load_and_save);
criterion_main!(benches);
