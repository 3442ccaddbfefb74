//! Open Cybersecurity Schema Framework: an array of Compliance Findings (class 2003), schema version 1.6, which is the
//! version that Security Hub itself speaks, with the profiles `cloud` and `datetime`.
//!
//! Conventions:
//! - Verdicts: PASSED is Pass (1), WARNING Warning (2), FAILED Fail (3), NOT_AVAILABLE Unknown (0): never a pass.
//! - Workflow: NEW 1, NOTIFIED is In Progress (2), SUPPRESSED 3 (its reason in `comment`), RESOLVED 4; an archived finding is 5.
//! - `metadata.uid` is the SHA-256 of product, account, Region and finding id: the key by which a consumer
//!   updates instead of adding.
//! - The verdict's evidence stands in `evidences[].data` as `{path, value}`.

use std::io::{self, Write};

use sekisho_model::{ComplianceStatus, Finding, RecordState, Severity, Value, WorkflowStatus};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use super::asff::related_requirements;
use super::report::{ControlView, Report};
use super::text::millisecond;

/// The schema version that the documents claim and satisfy.
const SCHEMA_VERSION: &str = "1.6.0";

/// Writes the array, one finding per line.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut separator = "[\n";
    for finding in report.findings {
        out.write_all(separator.as_bytes())?;
        separator = ",\n";
        serde_json::to_writer(&mut *out, &document(report, finding))?;
    }
    out.write_all(if separator == "[\n" { b"[]\n" } else { b"\n]\n" })
}

fn severity(severity: Severity) -> (u8, &'static str) {
    match severity {
        Severity::Informational => (1, "Informational"),
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    }
}

fn workflow(finding: &Finding) -> (u8, &'static str) {
    if finding.record_state == RecordState::Archived {
        return (5, "Archived");
    }
    match finding.workflow {
        WorkflowStatus::New => (1, "New"),
        WorkflowStatus::Notified => (2, "In Progress"),
        WorkflowStatus::Suppressed => (3, "Suppressed"),
        WorkflowStatus::Resolved => (4, "Resolved"),
    }
}

fn document(report: &Report<'_>, finding: &Finding) -> Json {
    let partition = report.partition(&finding.account);
    let view = report.controls.control(&finding.control_id);
    let (severity_id, severity) = severity(finding.severity);
    let (status_id, status) = workflow(finding);
    let (activity_id, activity) = if finding.created_at == finding.updated_at { (1, "Create") } else { (2, "Update") };
    let mut document = json!({
        "activity_id": activity_id,
        "activity_name": activity,
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2003,
        "class_name": "Compliance Finding",
        "type_uid": 200_300 + activity_id,
        "type_name": format!("Compliance Finding: {activity}"),
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "time": finding.updated_at.as_millisecond(),
        "time_dt": millisecond(finding.updated_at),
        "cloud": { "provider": "AWS", "region": finding.region, "cloud_partition": partition, "account": account(report, finding) },
        "metadata": metadata(report, finding),
        "finding_info": finding_info(report, finding, view.as_ref()),
        "compliance": compliance(finding, view.as_ref()),
        "resources": [resource(report, finding, partition)],
    });
    if let Some(fields) = document.as_object_mut() {
        if let Some(remediation) = view.as_ref().and_then(|view| remediation(report, view)) {
            fields.insert("remediation".into(), remediation);
        }
        if let Some(decision) = &finding.suppression {
            let text = format!("{} (until {}, {})", decision.reason, decision.until, decision.source);
            fields.insert("comment".into(), json!(text));
        }
        if !finding.evidence.is_empty() {
            let evidence: Vec<Json> = finding
                .evidence
                .iter()
                .map(|seen| json!({ "data": { "path": seen.path, "value": seen.value } }))
                .collect();
            fields.insert("evidences".into(), Json::Array(evidence));
        }
    }
    document
}

fn account(report: &Report<'_>, finding: &Finding) -> Json {
    let mut account = json!({ "uid": finding.account, "type": "AWS Account", "type_id": 10 });
    if let (Some(name), Some(fields)) = (report.account_name(&finding.account), account.as_object_mut()) {
        fields.insert("name".into(), json!(name));
    }
    account
}

fn metadata(report: &Report<'_>, finding: &Finding) -> Json {
    let key = ["sekisho", &finding.account, &finding.region, &finding.id].join("\n");
    let uid: String = Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "version": SCHEMA_VERSION,
        "profiles": ["cloud", "datetime"],
        "uid": uid,
        "product": {
            "uid": "sekisho",
            "name": "Sekisho",
            "vendor_name": "Sekisho",
            "version": report.meta.version,
            "feature": { "uid": format!("security-control/{}", finding.control_id), "name": "Posture" },
        },
    })
}

fn finding_info(report: &Report<'_>, finding: &Finding, view: Option<&ControlView<'_>>) -> Json {
    let title = view.map_or(finding.control_id.as_str(), |view| view.title.get(report.lang));
    json!({
        "uid": finding.id,
        "title": title,
        "desc": view.map_or(title, |view| view.why.get(report.lang)),
        "types": ["Posture Management"],
        "created_time": finding.created_at.as_millisecond(),
        "created_time_dt": millisecond(finding.created_at),
        "modified_time": finding.updated_at.as_millisecond(),
        "modified_time_dt": millisecond(finding.updated_at),
        "first_seen_time": finding.first_observed_at.as_millisecond(),
        "first_seen_time_dt": millisecond(finding.first_observed_at),
        "last_seen_time": finding.last_observed_at.as_millisecond(),
        "last_seen_time_dt": millisecond(finding.last_observed_at),
        "analytic": { "uid": finding.control_id, "name": title, "type": "Rule", "type_id": 1 },
    })
}

fn compliance(finding: &Finding, view: Option<&ControlView<'_>>) -> Json {
    let (status_id, status) = match finding.status {
        ComplianceStatus::NotAvailable => (0, "Unknown"),
        ComplianceStatus::Passed => (1, "Pass"),
        ComplianceStatus::Warning => (2, "Warning"),
        ComplianceStatus::Failed => (3, "Fail"),
    };
    let mut compliance = Map::new();
    compliance.insert("control".into(), json!(finding.control_id));
    compliance.insert("status".into(), json!(status));
    compliance.insert("status_id".into(), json!(status_id));
    if let Some(view) = view {
        let standards: Vec<&str> = view.standards.iter().map(|link| &*link.standards_id).collect();
        compliance.insert("standards".into(), json!(standards));
        compliance.insert("requirements".into(), json!(related_requirements(&view.standards)));
        compliance.insert("category".into(), json!(view.category));
        let parameters: Vec<Json> =
            view.parameters.iter().map(|(name, values)| json!({ "name": name, "values": values })).collect();
        if !parameters.is_empty() {
            compliance.insert("control_parameters".into(), Json::Array(parameters));
        }
    }
    if let Some(first) = finding.reasons.first() {
        let details: Vec<&str> = finding.reasons.iter().map(|reason| reason.description.as_str()).collect();
        compliance.insert("status_code".into(), json!(first.code));
        compliance.insert("status_details".into(), json!(details));
    }
    Json::Object(compliance)
}

fn remediation(report: &Report<'_>, view: &ControlView<'_>) -> Option<Json> {
    let console = view.fix.console.map(|text| text.get(report.lang));
    let parts: Vec<&str> =
        [console, view.fix.cli].into_iter().flatten().map(str::trim).filter(|text| !text.is_empty()).collect();
    (!parts.is_empty()).then(|| json!({ "desc": parts.join("\n\n") }))
}

fn resource(report: &Report<'_>, finding: &Finding, partition: &str) -> Json {
    let mut resource = json!({
        "uid": finding.resource.id,
        "name": finding.resource.name,
        "type": finding.resource.type_name,
        "region": finding.region,
        "cloud_partition": partition,
        "owner": { "account": account(report, finding) },
    });
    let tags: Vec<Json> = finding
        .tags
        .as_map()
        .into_iter()
        .flat_map(|tags| tags.iter())
        .map(|(name, value)| json!({ "name": &**name, "value": tag_text(value) }))
        .collect();
    if !tags.is_empty()
        && let Some(fields) = resource.as_object_mut()
    {
        fields.insert("tags".into(), Json::Array(tags));
    }
    resource
}

fn tag_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
