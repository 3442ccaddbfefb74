//! The rules by which a verdict changes a finding. Pure: what stands in the store and one verdict in, the
//! finding out.
//!
//! They are Security Hub's (user guide "Generating and updating control findings", API reference
//! `WorkflowUpdate`), with acceptance by rules added:
//! - PASSED sets RESOLVED. From PASSED to anything else, or from ARCHIVED to ACTIVE, NOTIFIED and RESOLVED
//!   become NEW. The same status again leaves the workflow alone.
//! - SUPPRESSED by hand stays SUPPRESSED, whatever the verdict, until it is lifted by hand or its last day ends.
//! - SUPPRESSED by a rule: while the rule holds and the finding is not PASSED. A finding that passes is RESOLVED,
//!   and SUPPRESSED again when it fails again under the rule. When the rule is gone, a finding that does not pass
//!   is NEW.
//! - The severity is the control's while FAILED, else INFORMATIONAL.
//! - `first_observed_at` is the time of the last change of status, `created_at` never changes, `updated_at` moves
//!   with every change but that of `last_observed_at`.

use jiff::civil::Date;
use sekisho_model::{
    ComplianceStatus, Finding, RecordState, Severity, Suppression, Timestamp, Verdict, WorkflowStatus,
};
use sekisho_store::{FieldChange, FindingHead, FindingWrite, fingerprint};

use crate::suppression::{is_from_file, is_over};

/// What becomes of a finding.
pub(crate) enum Next {
    /// It stands as it stood.
    Unchanged,
    /// It is written.
    Changed(Box<FindingWrite>),
}

/// When things happen in one scan.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    /// When the account was read.
    pub(crate) seen_at: Timestamp,
    /// When it is written.
    pub(crate) now: Timestamp,
}

/// Whether a person accepted this one finding, and that still holds.
fn is_accepted_by_hand(head: &FindingHead, today: Date) -> bool {
    head.workflow == WorkflowStatus::Suppressed
        && head.suppression.as_ref().is_none_or(|decision| !is_from_file(decision) && !is_over(decision, today))
}

/// The workflow status and the decision behind it.
fn decide(
    before: Option<&FindingHead>,
    status: ComplianceStatus,
    rule: Option<Suppression>,
    today: Date,
) -> (WorkflowStatus, Option<Suppression>) {
    if let Some(head) = before.filter(|head| is_accepted_by_hand(head, today)) {
        return (WorkflowStatus::Suppressed, head.suppression.clone());
    }
    if status == ComplianceStatus::Passed {
        return (WorkflowStatus::Resolved, None);
    }
    if rule.is_some() {
        return (WorkflowStatus::Suppressed, rule);
    }
    let workflow = match before {
        None => WorkflowStatus::New,
        Some(head) => match head.workflow {
            WorkflowStatus::Suppressed => WorkflowStatus::New,
            WorkflowStatus::Notified | WorkflowStatus::Resolved
                if head.status == ComplianceStatus::Passed || head.record_state == RecordState::Archived =>
            {
                WorkflowStatus::New
            }
            untouched => untouched,
        },
    };
    (workflow, None)
}

/// Applies one verdict; `rule` is the decision of `sekisho.yaml` that fits it.
pub(crate) fn apply(
    before: Option<&FindingHead>,
    id: String,
    verdict: Verdict,
    rule: Option<Suppression>,
    today: Date,
    clock: Clock,
) -> Next {
    let (workflow, suppression) = decide(before, verdict.status, rule, today);
    let print = fingerprint(
        &verdict.subject.resource,
        &verdict.subject.tags,
        verdict.status,
        verdict.severity,
        &verdict.reasons,
        &verdict.evidence,
    );
    if let Some(head) = before {
        let same = head.fingerprint == print
            && head.workflow == workflow
            && head.suppression == suppression
            && head.record_state == RecordState::Active;
        if same {
            return Next::Unchanged;
        }
    }
    let status_changed = before.is_none_or(|head| head.status != verdict.status);
    let previous_status = match before {
        Some(head) if status_changed => Some(head.status),
        Some(head) => head.previous_status,
        None => None,
    };
    let finding = Finding {
        id,
        severity: severity(verdict.status, verdict.severity),
        control_severity: verdict.severity,
        control_id: verdict.control_id.to_string(),
        account: verdict.subject.account.to_string(),
        region: verdict.subject.region.to_string(),
        resource: verdict.subject.resource.clone(),
        tags: verdict.subject.tags.clone(),
        status: verdict.status,
        previous_status,
        reasons: verdict.reasons.into_vec(),
        evidence: verdict.evidence.into_vec(),
        workflow,
        suppression,
        record_state: RecordState::Active,
        created_at: before.map_or(clock.now, |head| head.created_at),
        first_observed_at: before.filter(|_| !status_changed).map_or(clock.seen_at, |head| head.first_observed_at),
        last_observed_at: clock.seen_at,
        updated_at: clock.now,
    };
    let changes = changes(before, &finding);
    Next::Changed(Box::new(FindingWrite { finding, observed: true, changes }))
}

/// The severity that a finding shows.
fn severity(status: ComplianceStatus, control_severity: Severity) -> Severity {
    if status == ComplianceStatus::Failed { control_severity } else { Severity::Informational }
}

/// A decision in one line of history. Where in the file it stands is left out: lines move, decisions do not.
fn told(decision: &Suppression) -> String {
    match &decision.owner {
        Some(owner) => format!("{} (until {}, {owner})", decision.reason, decision.until),
        None => format!("{} (until {})", decision.reason, decision.until),
    }
}

/// What the history says: one entry for each field that has another value now.
fn changes(before: Option<&FindingHead>, after: &Finding) -> Vec<FieldChange> {
    let pairs = [
        ("status", before.map(|head| head.status.label().to_owned()), Some(after.status.label().to_owned())),
        ("workflow", before.map(|head| head.workflow.label().to_owned()), Some(after.workflow.label().to_owned())),
        (
            "record_state",
            before.map(|head| head.record_state.label().to_owned()),
            Some(after.record_state.label().to_owned()),
        ),
        (
            "severity",
            before.map(|head| severity(head.status, head.control_severity).label().to_owned()),
            Some(after.severity.label().to_owned()),
        ),
        (
            "suppression",
            before.and_then(|head| head.suppression.as_ref()).map(told),
            after.suppression.as_ref().map(told),
        ),
    ];
    let changed = pairs.into_iter().filter(|(_, from, to)| from != to);
    // A new finding is one entry, its first verdict; the other fields follow from it.
    let kept = changed.filter(|(field, ..)| before.is_some() || matches!(*field, "status" | "suppression"));
    kept.map(|(field, from, to)| FieldChange { field, from, to }).collect()
}

/// Archives a finding that is no longer there. Its verdict and workflow stay as they last were.
pub(crate) fn archive(head: &FindingHead, mut finding: Finding, now: Timestamp) -> FindingWrite {
    finding.record_state = RecordState::Archived;
    finding.updated_at = now;
    let changes = changes(Some(head), &finding);
    FindingWrite { finding, observed: false, changes }
}
