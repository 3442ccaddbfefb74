//! JSON for machines: one document (`json`), or one finding per line (`ndjson`).
//!
//! The field names are a promise: `"format": 1` stays until one is renamed or removed; new ones may appear. Words
//! (`FAILED`, `CRITICAL`) are Security Hub's in every language; only `title` follows the report's.
//!
//! Document: `format`, `generator {name, version}`, `taken_at`, `finished_at`, `packs`, `accounts [{account, name,
//! partition, identity, regions, home_region}]`, `counters {calls, throttled, refused, resources, purged,
//! seconds}`, `scores
//! {summary, standards [{id, name, version, score, passed, failed, unknown, no_data, disabled, failing_controls}]}`,
//! `counts {total, by_service}` (each `{failed: [critical, high, medium, low, informational], passed, unjudged,
//! suppressed}`), `changes {previous_at, new, fixed, regressed, unchanged}` (ids; null at the first scan),
//! `do_first [{control_id, severity, resources, title, fix}]`, `not_seen [{operation, reason, findings, lists,
//! resources, accounts, regions}]`, `problems`, `findings`.
//!
//! Finding: `id`, `control_id`, `title`, `severity` (the control's while FAILED, else INFORMATIONAL),
//! `control_severity`, `status`, `previous_status`, `change` (new, regressed, unchanged, fixed or null), `workflow`, `suppression`,
//! `account`, `account_name`, `region`, `resource {type, id, name}`, `tags`, `reasons [{code, description}]`, `evidence
//! [{path, value}]`, `standards [{id, requirements}]`, `record_state`, `created_at`, `first_observed_at`, `last_observed_at`,
//! `updated_at` (RFC 3339).

use std::collections::BTreeMap;
use std::io::{self, Write};

use sekisho_model::{
    AccountScope, ComplianceStatus, Evidence, Finding, RecordState, ResourceRef, Severity, StatusReason, Suppression,
    Timestamp, Value, WorkflowStatus,
};
use serde::Serialize;

use super::report::{Counters, Report, StandardScore};
use super::summary::{self, Blind, Change, Changed, Tally};

/// The version of the documents.
pub const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Head<'a> {
    format: u32,
    generator: Generator<'a>,
    taken_at: Timestamp,
    finished_at: Timestamp,
    packs: &'a str,
    accounts: &'a [AccountScope],
    counters: Counters,
    scores: Scores<'a>,
    counts: Counts,
    changes: Option<Changes<'a>>,
    do_first: Vec<Thing<'a>>,
    not_seen: Vec<Blind>,
    problems: &'a [String],
}

#[derive(Serialize)]
struct Generator<'a> {
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct Scores<'a> {
    summary: Option<u8>,
    standards: &'a [StandardScore],
}

#[derive(Serialize)]
struct Counts {
    total: Tally,
    by_service: BTreeMap<String, Tally>,
}

#[derive(Serialize)]
struct Changes<'a> {
    previous_at: Timestamp,
    new: &'a [String],
    fixed: &'a [String],
    regressed: &'a [String],
    unchanged: &'a [String],
}

#[derive(Serialize)]
struct Thing<'a> {
    control_id: &'a str,
    severity: Severity,
    resources: usize,
    title: String,
    fix: String,
}

#[derive(Serialize)]
struct Record<'a> {
    id: &'a str,
    control_id: &'a str,
    title: &'a str,
    severity: Severity,
    control_severity: Severity,
    status: ComplianceStatus,
    previous_status: Option<ComplianceStatus>,
    change: Option<Change>,
    workflow: WorkflowStatus,
    suppression: Option<&'a Suppression>,
    account: &'a str,
    account_name: Option<&'a str>,
    region: &'a str,
    resource: &'a ResourceRef,
    tags: &'a Value,
    reasons: &'a [StatusReason],
    evidence: &'a [Evidence],
    standards: &'a [StandardRef],
    record_state: RecordState,
    created_at: Timestamp,
    first_observed_at: Timestamp,
    last_observed_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize)]
struct StandardRef {
    id: String,
    requirements: Vec<String>,
}

/// What all findings of a control share, looked up once per control.
#[derive(Default)]
struct ControlPart {
    title: String,
    standards: Vec<StandardRef>,
}

fn control_part(report: &Report<'_>, control_id: &str) -> ControlPart {
    let title = report.title(control_id);
    let standards = report.controls.control(control_id).map_or_else(Vec::new, |view| {
        view.standards
            .iter()
            .map(|link| StandardRef { id: link.id.to_string(), requirements: link.requirements.clone() })
            .collect()
    });
    ControlPart { title, standards }
}

/// Calls `each` with every finding as a record. Findings are sorted by control, so the control's part is
/// looked up when the control changes.
fn records(report: &Report<'_>, mut each: impl FnMut(&Record<'_>) -> io::Result<()>) -> io::Result<()> {
    let changed = Changed::of(report);
    let mut part = ControlPart::default();
    let mut part_of = None;
    for finding in report.findings {
        if part_of != Some(&finding.control_id) {
            part = control_part(report, &finding.control_id);
            part_of = Some(&finding.control_id);
        }
        each(&record(report, finding, &part, changed.get(&finding.id)))?;
    }
    Ok(())
}

fn record<'a>(
    report: &'a Report<'_>,
    finding: &'a Finding,
    part: &'a ControlPart,
    change: Option<Change>,
) -> Record<'a> {
    Record {
        id: &finding.id,
        control_id: &finding.control_id,
        title: &part.title,
        severity: finding.severity,
        control_severity: finding.control_severity,
        status: finding.status,
        previous_status: finding.previous_status,
        change,
        workflow: finding.workflow,
        suppression: finding.suppression.as_ref(),
        account: &finding.account,
        account_name: report.account_name(&finding.account),
        region: &finding.region,
        resource: &finding.resource,
        tags: &finding.tags,
        reasons: &finding.reasons,
        evidence: &finding.evidence,
        standards: &part.standards,
        record_state: finding.record_state,
        created_at: finding.created_at,
        first_observed_at: finding.first_observed_at,
        last_observed_at: finding.last_observed_at,
        updated_at: finding.updated_at,
    }
}

fn head<'a>(report: &'a Report<'_>) -> Head<'a> {
    let (by_service, total) = summary::tally(report);
    Head {
        format: FORMAT,
        generator: Generator { name: "sekisho", version: &report.meta.version },
        taken_at: report.meta.taken_at,
        finished_at: report.finished_at,
        packs: &report.packs,
        accounts: &report.meta.accounts,
        counters: report.counters,
        scores: Scores { summary: report.summary_score, standards: &report.scores },
        counts: Counts { total, by_service: by_service.into_iter().collect() },
        changes: report.delta.as_ref().map(|delta| Changes {
            previous_at: delta.previous_at,
            new: &delta.new,
            fixed: &delta.fixed,
            regressed: &delta.regressed,
            unchanged: &delta.unchanged,
        }),
        do_first: summary::priorities(report, 10)
            .into_iter()
            .map(|thing| Thing {
                control_id: thing.control_id,
                severity: thing.severity,
                resources: thing.resources,
                title: thing.title,
                fix: thing.fix,
            })
            .collect(),
        not_seen: summary::blind_spots(report),
        problems: &report.problems,
    }
}

/// Writes the one document. Findings are written as they come, one per line, so that memory does not grow with them
/// and `diff` and `grep` work on the file.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let head = serde_json::to_string_pretty(&head(report))?;
    // The head is an object; its closing brace makes room for the findings.
    let head = head.strip_suffix("\n}").unwrap_or(&head);
    write!(out, "{head},\n  \"findings\": [")?;
    let mut separator = "\n    ";
    records(report, |record| {
        out.write_all(separator.as_bytes())?;
        separator = ",\n    ";
        serde_json::to_writer(&mut *out, record)?;
        Ok(())
    })?;
    writeln!(out, "\n  ]\n}}")
}

/// Writes one finding per line, without the head.
///
/// # Errors
/// Whatever `out` answers.
pub fn write_lines(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    records(report, |record| {
        serde_json::to_writer(&mut *out, record)?;
        out.write_all(b"\n")
    })
}
