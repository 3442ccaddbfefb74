//! The shapes that go in and out of a store.

use sekisho_model::{
    ComplianceStatus, Finding, RecordState, ScanMeta, Severity, Suppression, Timestamp, WorkflowStatus,
};

use crate::fingerprint::Fingerprint;

/// A store's own short handle of a finding, valid for one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FindingRow(pub i64);

/// Everything about a stored finding that deciding its future needs, without its body.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingHead {
    /// The store's handle.
    pub row: FindingRow,
    /// The finding's id.
    pub id: String,
    /// `S3.8`.
    pub control_id: String,
    /// CloudFormation type of its resource.
    pub resource_type: String,
    /// The verdict.
    pub status: ComplianceStatus,
    /// The verdict before the last change.
    pub previous_status: Option<ComplianceStatus>,
    /// The control's severity.
    pub control_severity: Severity,
    /// Where the work stands.
    pub workflow: WorkflowStatus,
    /// The decision behind SUPPRESSED.
    pub suppression: Option<Suppression>,
    /// Whether it is current.
    pub record_state: RecordState,
    /// When it was first written.
    pub created_at: Timestamp,
    /// When the status last changed.
    pub first_observed_at: Timestamp,
    /// When it was last seen.
    pub last_observed_at: Timestamp,
    /// When anything last changed.
    pub updated_at: Timestamp,
    /// Of what was observed.
    pub fingerprint: Fingerprint,
}

/// One field of a finding that got another value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// `status`, `workflow`, `record_state`, `severity` or `suppression`.
    pub field: &'static str,
    /// The value before; `None` if there was none.
    pub from: Option<String>,
    /// The value now; `None` if there is none any more.
    pub to: Option<String>,
}

/// A finding to be written, and what about it changed.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingWrite {
    /// As it now is.
    pub finding: Finding,
    /// Whether the scan being written saw it.
    pub observed: bool,
    /// For the history; at the finding's `updated_at`.
    pub changes: Vec<FieldChange>,
}

/// One entry of the history.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    /// Whose.
    pub finding_id: String,
    /// When.
    pub at: Timestamp,
    /// In which scan.
    pub scan_id: i64,
    /// Which field (see [`FieldChange::field`]).
    pub field: String,
    /// The value before.
    pub from: Option<String>,
    /// The value after.
    pub to: Option<String>,
}

/// Which changes to list; the default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeFilter {
    /// Only of this finding.
    pub finding_id: Option<String>,
    /// Only of this scan.
    pub scan_id: Option<i64>,
}

/// What a scan amounted to.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct ScanCounts {
    /// Verdicts taken in.
    pub verdicts: u64,
    /// PASSED among them.
    pub passed: u64,
    /// FAILED among them.
    pub failed: u64,
    /// WARNING among them.
    pub warning: u64,
    /// NOT_AVAILABLE among them.
    pub not_available: u64,
    /// Those that ended up SUPPRESSED.
    pub suppressed: u64,
    /// Newly failed findings.
    pub new: u64,
    /// Failed before, not any more.
    pub fixed: u64,
    /// Passed before, failed now.
    pub regressed: u64,
    /// Findings archived by this scan.
    pub archived: u64,
    /// Findings deleted after this scan because they were archived, or not seen, for long.
    pub purged: u64,
}

/// A complete scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanRecord {
    /// 1 for the first, then rising.
    pub id: i64,
    /// When its reading started (`ScanMeta::taken_at`).
    pub started_at: Timestamp,
    /// When it was stored.
    pub finished_at: Timestamp,
    /// Who looked at what.
    pub meta: ScanMeta,
    /// What it amounted to.
    pub counts: ScanCounts,
}

/// Which findings to list. Each list is "any of", empty lists do not filter, and the lists are joined by "and".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindingFilter {
    /// Control ids.
    pub controls: Vec<String>,
    /// 12-digit accounts.
    pub accounts: Vec<String>,
    /// Regions.
    pub regions: Vec<String>,
    /// Resource ids.
    pub resource_ids: Vec<String>,
    /// CloudFormation types.
    pub resource_types: Vec<String>,
    /// Verdicts.
    pub statuses: Vec<ComplianceStatus>,
    /// Severities (of the finding, INFORMATIONAL unless FAILED).
    pub severities: Vec<Severity>,
    /// Workflow statuses.
    pub workflows: Vec<WorkflowStatus>,
    /// Record states.
    pub record_states: Vec<RecordState>,
}

impl FindingFilter {
    /// All current findings.
    pub fn active() -> Self {
        Self { record_states: vec![RecordState::Active], ..Self::default() }
    }

    /// What is left to fix: failed, current and not accepted (as [`Finding::is_open`]).
    pub fn open() -> Self {
        Self {
            statuses: vec![ComplianceStatus::Failed],
            workflows: vec![WorkflowStatus::New, WorkflowStatus::Notified, WorkflowStatus::Resolved],
            ..Self::active()
        }
    }
}

/// How findings are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FindingOrder {
    /// By id, bytewise.
    #[default]
    Id,
    /// Worst severity first, then by id.
    Severity,
}

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The last finding's severity.
    pub severity: Severity,
    /// The last finding's id.
    pub id: String,
}

impl Cursor {
    /// The page after this finding.
    pub fn after(finding: &Finding) -> Self {
        Self { severity: finding.severity, id: finding.id.clone() }
    }
}
