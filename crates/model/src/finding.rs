//! Findings: the verdict of one control on one resource, and what people have decided about it.
//!
//! The form is Security Hub's consolidated control finding: one finding per control and resource, whatever
//! number of standards contain the control. Identity is a function of what is judged, so that the same
//! resource gets the same finding in every scan.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::control::Severity;
use crate::value::{Key, UnknownKind, Value};

/// The verdict, as Security Hub defines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ComplianceStatus {
    /// The control holds.
    Passed,
    /// It does not.
    Failed,
    /// It cannot be decided from this account.
    Warning,
    /// It could not be evaluated: a read was refused or failed.
    NotAvailable,
}

impl ComplianceStatus {
    /// Security Hub's word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Failed => "FAILED",
            Self::Warning => "WARNING",
            Self::NotAvailable => "NOT_AVAILABLE",
        }
    }
}

impl fmt::Display for ComplianceStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.label())
    }
}

/// Where a person's work on the finding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WorkflowStatus {
    /// Nobody has looked.
    New,
    /// The owner has been told.
    Notified,
    /// Fixed, or passed.
    Resolved,
    /// Accepted, with a reason.
    Suppressed,
}

impl WorkflowStatus {
    /// Security Hub's word.
    pub fn label(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Notified => "NOTIFIED",
            Self::Resolved => "RESOLVED",
            Self::Suppressed => "SUPPRESSED",
        }
    }
}

/// Whether the finding still describes something that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RecordState {
    /// Current.
    Active,
    /// The resource is gone, or the control no longer applies.
    Archived,
}

impl RecordState {
    /// Security Hub's word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Archived => "ARCHIVED",
        }
    }
}

/// The path and value that decided a verdict: `properties.Ingress[1].CidrIp` = `"0.0.0.0/0"`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Evidence {
    /// Where it stands in the resource's document, or in a related one (`AWS::EC2::VPC vpc-1: properties...`). Few paths
    /// occur in millions of verdicts, so they are shared.
    pub path: Key,
    /// What stands there; null if nothing does.
    pub value: Value,
}

/// Why the status is what it is, in Security Hub's `Compliance.StatusReasons` form.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StatusReason {
    /// `CONFIG_EVALUATIONS_EMPTY`, `CONFIG_ACCESS_DENIED` ...
    pub code: String,
    /// One sentence that names the operation or the setting.
    pub description: String,
}

impl StatusReason {
    /// Security Hub's reason code for a kind of not knowing.
    pub fn code_for(kind: UnknownKind) -> &'static str {
        match kind {
            UnknownKind::Denied => "CONFIG_ACCESS_DENIED",
            UnknownKind::Throttled => "THROTTLING_ERROR",
            UnknownKind::Failed => "INTERNAL_SERVICE_ERROR",
            UnknownKind::Unavailable => "CONFIG_RETURNS_NOT_APPLICABLE",
            UnknownKind::Undetermined | UnknownKind::Undeployed => "CONFIG_RULE_EVALUATION_ERROR",
        }
    }
}

/// The resource that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct ResourceRef {
    /// CloudFormation type, or `AWS::::Account`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// ARN, or `AWS::::Account:123456789012`.
    pub id: String,
    /// Short name.
    pub name: String,
}

/// What makes two verdicts be about the same thing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FindingKey<'a> {
    /// `S3.8`.
    pub control_id: &'a str,
    /// 12-digit account.
    pub account: &'a str,
    /// Region of the finding.
    pub region: &'a str,
    /// Resource id.
    pub resource_id: &'a str,
}

impl FindingKey<'_> {
    /// The finding's id in Security Hub's form,
    /// `arn:PARTITION:securityhub:REGION:ACCOUNT:security-control/CONTROL/finding/UUID`; the UUID is a
    /// version 5 (RFC 9562) of control, account, Region and resource, so it never depends on when it was made.
    pub fn finding_id(&self, partition: &str) -> String {
        // '\n' cannot occur in any of the parts, so no two keys share a name.
        let name = [self.control_id, self.account, self.region, self.resource_id].join("\n");
        let uuid = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes());
        format!(
            "arn:{partition}:securityhub:{}:{}:security-control/{}/finding/{uuid}",
            self.region, self.account, self.control_id
        )
    }
}

/// What the verdicts about one resource have in common; it is made once and shared by them.
#[derive(Debug, Clone, PartialEq)]
pub struct VerdictSubject {
    /// 12-digit account.
    pub account: Box<str>,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: Box<str>,
    /// Region; the partition's home Region for global resources.
    pub region: Box<str>,
    /// What was judged.
    pub resource: ResourceRef,
    /// The resource's tags (name to value).
    pub tags: Value,
}

/// What judging one control on one resource came to, before it meets what is already known of the finding.
///
/// A large scan holds millions of them at once, so each is 64 bytes and what it shares with others is behind a pointer.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// `S3.8`.
    pub control_id: Arc<str>,
    /// What was judged, and where.
    pub subject: Arc<VerdictSubject>,
    /// The control's severity, whatever the status.
    pub severity: Severity,
    /// The verdict.
    pub status: ComplianceStatus,
    /// Why.
    pub reasons: Box<[StatusReason]>,
    /// What decided it.
    pub evidence: Box<[Evidence]>,
}

impl Verdict {
    /// What makes it the verdict on the same thing as another.
    pub fn key(&self) -> FindingKey<'_> {
        FindingKey {
            control_id: &self.control_id,
            account: &self.subject.account,
            region: &self.subject.region,
            resource_id: &self.subject.resource.id,
        }
    }
}

/// Why and until when a finding is accepted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Suppression {
    /// The reason given.
    pub reason: String,
    /// The last day on which it holds (`2027-03-31`).
    pub until: String,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Where it was decided, `sekisho.yaml:12`.
    pub source: String,
}

/// A finding as it is kept.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Finding {
    /// See [`FindingKey::finding_id`].
    pub id: String,
    /// `S3.8`.
    pub control_id: String,
    /// 12-digit account.
    pub account: String,
    /// Region.
    pub region: String,
    /// What it is about.
    pub resource: ResourceRef,
    /// The resource's tags at the time (name to value).
    #[serde(default)]
    pub tags: Value,
    /// The verdict.
    pub status: ComplianceStatus,
    /// The verdict before the last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_status: Option<ComplianceStatus>,
    /// Why.
    #[serde(default)]
    pub reasons: Vec<StatusReason>,
    /// What decided it.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// The control's severity while FAILED, INFORMATIONAL otherwise.
    pub severity: Severity,
    /// The control's severity.
    pub control_severity: Severity,
    /// Where the work stands.
    pub workflow: WorkflowStatus,
    /// The decision behind SUPPRESSED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppression: Option<Suppression>,
    /// Whether it is current.
    pub record_state: RecordState,
    /// When the finding was first written.
    pub created_at: Timestamp,
    /// When the status last changed (Security Hub's `FirstObservedAt`).
    pub first_observed_at: Timestamp,
    /// When it was last seen.
    pub last_observed_at: Timestamp,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
}

impl Finding {
    /// Whether it counts as something to fix: failed, current, and not accepted.
    pub fn is_open(&self) -> bool {
        self.status == ComplianceStatus::Failed
            && self.record_state == RecordState::Active
            && self.workflow != WorkflowStatus::Suppressed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_stable_and_distinct() {
        let key =
            |region| FindingKey { control_id: "S3.8", account: "123456789012", region, resource_id: "arn:aws:s3:::b" };
        let id = key("us-east-1").finding_id("aws");
        assert_eq!(id, key("us-east-1").finding_id("aws"));
        assert_ne!(id, key("eu-west-1").finding_id("aws"));
        assert!(id.starts_with("arn:aws:securityhub:us-east-1:123456789012:security-control/S3.8/finding/"));
    }
}
