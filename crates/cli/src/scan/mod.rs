//! `sekisho scan`: read, judge, keep, report.
//!
//! The order matters: everything that can be wrong with the arguments, the packs, the decisions file and the
//! data directory is found before the first call to AWS; the snapshot is saved before it is judged; findings
//! are kept before files are written.

mod accounts;
mod bar;
mod files_out;
mod live;
mod report;
mod watch;

pub(crate) use watch::{color, width as columns};

use std::fs::File;
use std::time::Instant;

use anyhow::{Context, Result};
use sekisho_analyze::posture::{self, Settings};
use sekisho_collect::snapshot;
use sekisho_hub::{Baseline, Delta, Ingested, ScanScope};
use sekisho_model::Snapshot;
use sekisho_rules::packs::PackSet;
use sekisho_store::embedded::EmbeddedStore;

use crate::args::ScanArgs;
use crate::output::{Counters, Format};
use crate::{Outcome, data, decisions, files, packs};

static DEMO: &[u8] = include_bytes!("../../assets/demo.ndjson.zst");

/// A snapshot and what it cost to take it.
pub(crate) struct Read {
    pub(crate) snapshot: Snapshot,
    pub(crate) counters: Counters,
    /// What could not be scanned at all, one sentence each.
    pub(crate) problems: Vec<String>,
}

/// Runs the command.
pub(crate) fn run(args: &ScanArgs) -> Result<Outcome> {
    let started = Instant::now();
    let targets = files_out::targets(args)?;
    let reports = targets.iter().filter_map(|target| target.path.as_ref());
    for path in reports.chain(&args.save).chain(&args.write_baseline) {
        files::check_folder(path)?;
    }
    let loaded = packs::load(&args.packs)?;
    let decisions = decisions::load(&args.keeping, &loaded.set)?;
    let mut settings = decisions::settings(&decisions);
    settings.only = packs::only(&loaded.set, &args.only)?;
    let baseline = args.baseline.as_deref().map(read_baseline).transpose()?;
    let directory = data::directory(&args.keeping, args.source.demo)?;
    // Opened before reading: a second scan on the same directory is refused before it costs anything.
    let mut store = EmbeddedStore::open(&directory)?;

    let packs = std::sync::Arc::new(loaded.set);
    let mut read = read(args, &packs, &settings)?;
    if let Some(path) = &args.save {
        files::write_whole(path, |out| snapshot::write(&read.snapshot, out))?;
    }
    let verdicts = posture::judge(&packs, &read.snapshot, &settings);
    let scope = scope(&packs, &read.snapshot, &settings, args.only.is_empty());
    let unread = report::unread(&read.snapshot);
    // What was judged is not needed any more, and would stay in memory beside the findings; only ASFF tells of it.
    if !targets.iter().any(|target| target.format == Format::Asff) {
        read.snapshot.resources = Vec::new();
    }
    let Ingested { scan, delta, problems } =
        sekisho_hub::ingest(&mut store, &read.snapshot.meta, &scope, verdicts, &decisions.suppressions, crate::now())?;
    let mut counters = read.counters;
    counters.purged = scan.counts.purged;
    counters.seconds = started.elapsed().as_secs_f64();
    let mut all_problems = read.problems;
    all_problems.extend(problems.iter().map(|problem| format!("{}: {}", problem.source, problem.text)));

    let finished = report::Finished {
        packs: &packs,
        packs_description: loaded.description,
        decisions: &decisions,
        snapshot: &read.snapshot,
        unread,
        judged: &scope.controls,
        delta: &delta,
        problems: all_problems,
        counters,
        lang: args.lang.get(),
        finished_at: crate::now(),
    };
    let findings = report::findings(&store, &finished)?;
    report::write(&finished, &findings, &targets, args)?;
    let against = baseline
        .map(|baseline| Delta::against_baseline(&store, &baseline).map(|delta| (baseline, delta)))
        .transpose()?;
    if let Some(path) = &args.write_baseline {
        let text = Baseline::of_store(&store, crate::now())?.to_json();
        files::write_whole(path, |out| out.write_all(text.as_bytes()))?;
    }
    Ok(if bar::is_over(&crate::decisions::bars(&args.fail_on, &decisions), &findings, &delta, against.as_ref()) {
        Outcome::OverTheBar
    } else {
        Outcome::Clean
    })
}

fn read(args: &ScanArgs, packs: &std::sync::Arc<PackSet>, settings: &Settings) -> Result<Read> {
    let recorded = |snapshot: Snapshot| {
        let counters = Counters { resources: snapshot.resources.len() as u64, ..Counters::default() };
        Read { snapshot, counters, problems: Vec::new() }
    };
    if args.source.demo {
        return Ok(recorded(snapshot::read(DEMO).context("the demo account in this binary is damaged")?));
    }
    if let Some(path) = &args.source.snapshot {
        let file = File::open(path).with_context(|| format!("cannot open {} (is the path right?)", path.display()))?;
        return Ok(recorded(snapshot::read(file).with_context(|| path.display().to_string())?));
    }
    live::read(args, packs, settings)
}

fn read_baseline(path: &std::path::Path) -> Result<Baseline> {
    let text = files::read_text(path, sekisho_hub::BASELINE_MAX_BYTES as u64)?;
    Baseline::from_json(&text).with_context(|| path.display().to_string())
}

fn scope(packs: &PackSet, snapshot: &Snapshot, settings: &Settings, all: bool) -> ScanScope {
    ScanScope {
        controls: posture::controls(packs, settings).into_iter().map(|control| control.id.clone()).collect(),
        disabled: settings.disabled.clone(),
        all_controls: all,
        gaps: snapshot.gaps.clone(),
    }
}
