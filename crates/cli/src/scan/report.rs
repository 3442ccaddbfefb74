//! From the kept findings to the report and its files.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal, Write};

use anyhow::{Context, Result};
use sekisho_analyze::score::{self, ControlStatus};
use sekisho_hub::{Decisions, Delta};
use sekisho_model::{Finding, Lang, Snapshot, Timestamp, Unknown, Value};
use sekisho_rules::packs::{PackSet, control_order};
use sekisho_store::{FindingFilter, FindingOrder, Store};

use super::files_out::Target;
use super::watch;
use crate::args::ScanArgs;
use crate::output::{Counters, DeltaView, PackTexts, Report, ResourceIndex, StandardScore, Unread, terminal};
use crate::{decisions, files};

/// Everything about a finished scan but its findings.
pub(crate) struct Finished<'a> {
    pub(crate) packs: &'a PackSet,
    pub(crate) packs_description: String,
    pub(crate) decisions: &'a Decisions,
    /// Its place, time and gaps, and its resources if a format tells of them.
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) unread: Vec<Unread>,
    pub(crate) judged: &'a BTreeSet<String>,
    pub(crate) delta: &'a Delta,
    pub(crate) problems: Vec<String>,
    pub(crate) counters: Counters,
    pub(crate) lang: Lang,
    pub(crate) finished_at: Timestamp,
}

/// The active findings within the scan's scope, sorted by control, account, Region and resource.
pub(crate) fn findings(store: &dyn Store, finished: &Finished<'_>) -> Result<Vec<Finding>> {
    let places: BTreeMap<&str, BTreeSet<&str>> = finished
        .snapshot
        .meta
        .accounts
        .iter()
        .map(|scope| {
            (
                scope.account.as_str(),
                scope.regions.iter().map(String::as_str).chain([scope.home_region.as_str()]).collect(),
            )
        })
        .collect();
    let filter = FindingFilter {
        accounts: places.keys().map(|account| (*account).to_owned()).collect(),
        ..FindingFilter::active()
    };
    let mut findings = Vec::new();
    store.finding_each(&filter, FindingOrder::Id, &mut |finding| {
        let in_place =
            places.get(finding.account.as_str()).is_some_and(|regions| regions.contains(finding.region.as_str()));
        if in_place && finished.judged.contains(&finding.control_id) {
            findings.push(finding);
        }
    })?;
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(findings)
}

fn order(finding: &Finding) -> ((&str, u64, &str), &str, &str, &str) {
    (control_order(&finding.control_id), &finding.account, &finding.region, &finding.resource.id)
}

/// Writes all files and the summary.
pub(crate) fn write(finished: &Finished<'_>, findings: &[Finding], targets: &[Target], args: &ScanArgs) -> Result<()> {
    let texts = PackTexts::new(finished.packs, &finished.decisions.parameters);
    let enabled = decisions::enabled_standards(finished.decisions);
    let disabled = decisions::disabled_controls(finished.decisions);
    let scores = score::scores(finished.packs, findings, &enabled, &disabled);
    let report = Report {
        meta: &finished.snapshot.meta,
        findings,
        delta: delta_view(finished.delta, findings),
        summary_score: scores.summary,
        scores: scores.standards.into_iter().map(score_view).collect(),
        controls: &texts,
        gaps: &finished.snapshot.gaps,
        unread: finished.unread.clone(),
        resources: ResourceIndex::of(&finished.snapshot.resources),
        problems: finished.problems.clone(),
        counters: finished.counters,
        packs: finished.packs_description.clone(),
        lang: finished.lang,
        finished_at: finished.finished_at,
    };
    let mut written = Vec::new();
    let mut stdout_is_data = false;
    for target in targets {
        match &target.path {
            Some(path) => {
                files::write_whole(path, |out| target.format.write(&report, out))?;
                written.push(path.clone());
            }
            None => {
                stdout_is_data = true;
                let mut out = io::BufWriter::new(io::stdout().lock());
                target.format.write(&report, &mut out)?;
                out.flush()?;
            }
        }
    }
    if args.quiet {
        return Ok(());
    }
    // Data on standard output stays clean; the summary then goes to standard error.
    let (is_terminal, mut out): (bool, Box<dyn Write>) = if stdout_is_data {
        (io::stderr().is_terminal(), Box::new(io::stderr()))
    } else {
        (io::stdout().is_terminal(), Box::new(io::stdout()))
    };
    let style =
        terminal::TerminalStyle { color: watch::color(args.color, is_terminal), width: watch::width(), files: written };
    let mut text = Vec::new();
    terminal::write(&report, &style, &mut text)?;
    out.write_all(&text).and_then(|()| out.flush()).context("cannot print the summary")
}

/// The failed reads inside the resources. A verdict that hangs on one names it too; the others would go unsaid.
pub(crate) fn unread(snapshot: &Snapshot) -> Vec<Unread> {
    let mut counted: BTreeMap<(&str, &str, &str, &str), (&Unknown, usize)> = BTreeMap::new();
    for resource in &snapshot.resources {
        let mut unknown: Vec<&Unknown> = Vec::new();
        for document in [&resource.properties, &resource.attributes, &resource.tags] {
            collect_unknown(document, &mut unknown);
        }
        for why in unknown {
            let key = (&*why.source, &*why.message, &*resource.account, &*resource.region);
            counted.entry(key).or_insert((why, 0)).1 += 1;
        }
    }
    let unread = |((_, _, account, region), (unknown, resources)): ((_, _, &str, &str), (&Unknown, usize))| Unread {
        unknown: unknown.clone(),
        account: account.to_owned(),
        region: region.to_owned(),
        resources,
    };
    counted.into_iter().map(unread).collect()
}

/// Each unknown of a document once.
fn collect_unknown<'v>(value: &'v Value, found: &mut Vec<&'v Unknown>) {
    match value {
        Value::Unknown(why) if !found.contains(&&**why) => found.push(why),
        Value::List(items) => items.iter().for_each(|item| collect_unknown(item, found)),
        Value::Map(map) => map.iter().for_each(|(_, value)| collect_unknown(value, found)),
        _ => {}
    }
}

fn score_view(score: score::StandardScore) -> StandardScore {
    StandardScore {
        passed: score.with(ControlStatus::Passed).len(),
        failed: score.with(ControlStatus::Failed).len(),
        unknown: score.with(ControlStatus::Unknown).len(),
        no_data: score.with(ControlStatus::NoData).len(),
        disabled: score.with(ControlStatus::Disabled).len(),
        failing_controls: score.with(ControlStatus::Failed).to_vec(),
        id: score.id,
        name: score.name,
        version: score.version,
        score: score.score,
    }
}

/// The delta as reports show it; nothing at the first scan.
fn delta_view(delta: &Delta, findings: &[Finding]) -> Option<DeltaView> {
    let previous = delta.previous?;
    let worse: BTreeSet<&str> = delta.worse().collect();
    let unchanged = findings
        .iter()
        .filter(|finding| finding.is_open() && !worse.contains(finding.id.as_str()))
        .map(|finding| finding.id.clone());
    Some(DeltaView {
        previous_at: previous.started_at,
        new: delta.new.iter().chain(&delta.reopened).chain(&delta.unsuppressed).cloned().collect(),
        fixed: delta.fixed.clone(),
        regressed: delta.regressed.clone(),
        unchanged: unchanged.collect(),
    })
}
