//! The fingerprint of what a scan observed about a finding.
//!
//! Most verdicts of a scan say what the last one said. To notice that without reading and decoding the stored
//! body, 16 bytes of it stand beside it: a version 5 UUID (RFC 9562, SHA-1) of the observed part. People's
//! decisions and times are not part of it. If the form ever changes, the next scan rewrites every finding once
//! and nothing else happens.

use sekisho_model::{ComplianceStatus, Evidence, Finding, ResourceRef, Severity, StatusReason, Value};
use uuid::Uuid;

/// Equal for equal observations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 16]);

/// The fingerprint of one observation: of what, with which tags, with which verdict and why.
pub fn fingerprint(
    resource: &ResourceRef,
    tags: &Value,
    status: ComplianceStatus,
    control_severity: Severity,
    reasons: &[StatusReason],
    evidence: &[Evidence],
) -> Fingerprint {
    let mut text = Vec::with_capacity(512);
    let observed = (resource, tags, status, control_severity, reasons, evidence);
    // Writing these plain types to memory cannot fail; if it did, the bytes so far would still be a function
    // of the observation, at worst rewriting a finding that did not change.
    let _complete = serde_json::to_writer(&mut text, &observed);
    Fingerprint(Uuid::new_v5(&Uuid::NAMESPACE_OID, &text).into_bytes())
}

/// The fingerprint of the observation inside a finding.
pub fn finding_fingerprint(finding: &Finding) -> Fingerprint {
    fingerprint(
        &finding.resource,
        &finding.tags,
        finding.status,
        finding.control_severity,
        &finding.reasons,
        &finding.evidence,
    )
}
