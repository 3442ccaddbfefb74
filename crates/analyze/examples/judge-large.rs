//! Judging alone, at size: verdicts per CPU-second and peak memory over a synthetic account.
//!
//! ```text
//! cargo run --release -p sekisho-analyze --example judge-large -- 200000
//! ```

use std::fs;
use std::io::Write;

use sekisho_analyze::posture::{self, Settings};
use sekisho_rules::packs::{PackSet, builtin};
use sekisho_testkit::synthetic;

/// User and system time of this process, in seconds (`/proc/self/stat`, fields 14 and 15, 100 ticks a second).
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown").trim().to_owned()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: usize = std::env::args().nth(1).ok_or("write judge-large COUNT [KIND]")?.parse()?;
    let packs = PackSet::load(&builtin()).map_err(|problems| format!("{problems:?}"))?;
    let mut out = std::io::stdout();
    // One after the other: what is measured is the memory of one scan.
    type Make = fn(usize) -> sekisho_model::Snapshot;
    let kinds: [(&str, Make); 2] =
        [("all types", synthetic::snapshot), ("security groups", synthetic::security_groups)];
    let only = std::env::args().nth(2);
    for (name, make) in kinds {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let snapshot = make(count);
        let held = peak_memory();
        let before = cpu_seconds();
        // Kept until the clock has been read, as a scan keeps them for the store and the report.
        let judged = posture::judge(&packs, &snapshot, &Settings::default());
        let seconds = cpu_seconds() - before;
        let verdicts = judged.len();
        let per_second = verdicts as f64 / seconds;
        writeln!(
            out,
            "{name}: {count} resources, {verdicts} verdicts, {seconds:.2} CPU s, {per_second:.0} a CPU-second, peak {} ({held} before)",
            peak_memory()
        )?;
    }
    Ok(())
}
