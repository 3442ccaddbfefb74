//! How fast the writers are at 100,000 findings. Run with `cargo bench -p sekisho --bench report`.

#[path = "../tests/output_support/mod.rs"]
mod output_support;

use criterion::{Criterion, Throughput};
use sekisho_cli::output::{Format, terminal};
use sekisho_model::Lang;

const FINDINGS: usize = 100_000;

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let fixture = output_support::large(FINDINGS);
    let mut group = criterion.benchmark_group("report");
    group.throughput(Throughput::Elements(FINDINGS as u64));
    for format in Format::ALL {
        group.bench_function(format.name(), |bencher| {
            bencher.iter(|| {
                let mut out = Vec::new();
                format.write(&fixture.report(Lang::En), &mut out).map(|()| out.len())
            });
        });
    }
    group.bench_function("terminal", |bencher| {
        bencher.iter(|| {
            let mut out = Vec::new();
            terminal::write(&fixture.report(Lang::En), &terminal::TerminalStyle::default(), &mut out)
                .map(|()| out.len())
        });
    });
    group.finish();
    criterion.final_summary();
}
