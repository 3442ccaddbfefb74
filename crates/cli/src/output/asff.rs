//! AWS Security Finding Format: an array of consolidated control findings, one per control and resource.
//!
//! **Product.** `ProductArn` is the account's own default product, `arn:PARTITION:securityhub:REGION:ACCOUNT:product/ACCOUNT/default`.
//! It is the one product that any account may import under (BatchImportFindings refuses `product/aws/securityhub`,
//! which is AWS's own, and partner products that the account has not enabled), and it keeps our findings apart from AWS's. `ProductName`
//! and `CompanyName` name Sekisho, which custom products may do. Otherwise the finding has the form of Security Hub's own:
//! the same `GeneratorId`, `Types` and `Compliance`, which is what filters and automations look at.
//!
//! **Limits** are those of the API reference (AwsSecurityFinding): title 256, description 1,024, recommendation and note 512,
//! `ProductFields` 50 entries of 128 and 2,048, tags 50, requirements 32, standards 20, 240 KB in all. Longer texts end
//! in `...`; a finding that is still too large loses its details, then its evidence, then its tags, and says so in `ProductFields`.
//!
//! **Evidence** has no field in ASFF and goes to `ProductFields` as `sekisho/Evidence:0/Path` and `.../Value`.

use std::io::{self, Write};

use sekisho_model::{Finding, Value};
use serde_json::{Map, Value as Json, json};

use super::report::{ControlView, Report, StandardLink};
use super::text::{limit_chars, millisecond};
use super::{asff_details, asff_types};

/// The one type of control findings.
const TYPES: &str = "Software and Configuration Checks/Industry and Regulatory Standards";
/// Security Hub's limit for one finding.
const FINDING_BYTES_MAX: usize = 240 * 1024;
/// Evidence entries kept; each takes two of the 50 product fields.
const EVIDENCE_MAX: usize = 16;

/// Writes the array, one finding per line.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut separator = "[\n";
    for finding in report.findings {
        out.write_all(separator.as_bytes())?;
        separator = ",\n";
        out.write_all(serialized(report, finding)?.as_bytes())?;
    }
    out.write_all(if separator == "[\n" { b"[]\n" } else { b"\n]\n" })
}

/// One finding as JSON text within the size limit.
fn serialized(report: &Report<'_>, finding: &Finding) -> io::Result<String> {
    let mut document = finding_document(report, finding);
    let mut text = serde_json::to_string(&document)?;
    for part in ["Details", "Evidence", "Tags"] {
        if text.len() <= FINDING_BYTES_MAX {
            break;
        }
        drop_part(&mut document, part);
        text = serde_json::to_string(&document)?;
    }
    Ok(text)
}

/// Takes the details, the evidence or the tags out and leaves a word about it.
fn drop_part(document: &mut Json, part: &str) {
    if part != "Evidence"
        && let Some(resource) = document.pointer_mut("/Resources/0").and_then(Json::as_object_mut)
    {
        resource.remove(part);
    }
    if let Some(fields) = document.get_mut("ProductFields").and_then(Json::as_object_mut) {
        if part == "Evidence" {
            fields.retain(|name, _| !name.starts_with("sekisho/Evidence:"));
        }
        fields.insert(format!("sekisho/Dropped{part}"), json!("too large for a finding of 240 KB"));
    }
}

fn finding_document(report: &Report<'_>, finding: &Finding) -> Json {
    let partition = report.partition(&finding.account);
    let view = report.controls.control(&finding.control_id);
    let product_arn = format!(
        "arn:{partition}:securityhub:{}:{account}:product/{account}/default",
        finding.region,
        account = finding.account
    );
    let title = view.as_ref().map_or(finding.control_id.as_str(), |view| view.title.get(report.lang));
    let description = view.as_ref().map_or(title, |view| view.why.get(report.lang));
    let severity = finding.severity.label();
    let mut document = json!({
        "SchemaVersion": "2018-10-08",
        "Id": finding.id,
        "ProductArn": product_arn,
        "ProductName": "Sekisho",
        "CompanyName": "Sekisho",
        "Region": finding.region,
        "GeneratorId": limit_chars(&format!("security-control/{}", finding.control_id), 512),
        "AwsAccountId": finding.account,
        "Types": [TYPES],
        "FirstObservedAt": millisecond(finding.first_observed_at),
        "LastObservedAt": millisecond(finding.last_observed_at),
        "CreatedAt": millisecond(finding.created_at),
        "UpdatedAt": millisecond(finding.updated_at),
        "Severity": { "Label": severity, "Normalized": finding.severity.normalized(), "Original": severity },
        "Title": filled(title, &finding.control_id, 256),
        "Description": filled(description, &finding.control_id, 1024),
        "ProductFields": product_fields(finding, &product_arn),
        "Resources": [resource(report, finding, partition)],
        "Compliance": compliance(finding, view.as_ref()),
        "WorkflowState": "NEW",
        "Workflow": { "Status": finding.workflow.label() },
        "RecordState": finding.record_state.label(),
        "FindingProviderFields": { "Severity": { "Label": severity, "Original": severity }, "Types": [TYPES] },
    });
    if let Some(fields) = document.as_object_mut() {
        if let Some(name) = report.account_name(&finding.account).filter(|name| !name.trim().is_empty()) {
            fields.insert("AwsAccountName".into(), json!(name));
        }
        if let Some(text) = view.as_ref().and_then(|view| recommendation(report, view)) {
            fields.insert("Remediation".into(), json!({ "Recommendation": { "Text": text } }));
        }
        if let Some(note) = note(finding) {
            fields.insert("Note".into(), note);
        }
    }
    document
}

/// A text within its limit; ASFF's strings must hold something other than white space.
fn filled(text: &str, otherwise: &str, limit: usize) -> String {
    limit_chars(if text.trim().is_empty() { otherwise } else { text.trim() }, limit)
}

/// Where to click, or the command.
fn recommendation(report: &Report<'_>, view: &ControlView<'_>) -> Option<String> {
    let console = view.fix.console.map(|text| text.get(report.lang)).filter(|text| !text.trim().is_empty());
    let text = console.or(view.fix.cli).filter(|text| !text.trim().is_empty())?;
    Some(limit_chars(text.trim(), 512))
}

/// The decision behind a suppression, which Security Hub has no other field for.
fn note(finding: &Finding) -> Option<Json> {
    let decision = finding.suppression.as_ref()?;
    let text = format!("{} (until {}, {})", decision.reason, decision.until, decision.source);
    Some(json!({
        "Text": limit_chars(&text, 512),
        "UpdatedBy": filled(decision.owner.as_deref().unwrap_or(&decision.source), "sekisho", 512),
        "UpdatedAt": millisecond(finding.updated_at),
    }))
}

fn product_fields(finding: &Finding, product_arn: &str) -> Json {
    let mut fields = Map::new();
    let mut put = |name: String, value: &str| {
        if !value.trim().is_empty() {
            fields.insert(limit_chars(&name, 128), json!(limit_chars(value, 2048)));
        }
    };
    put("aws/securityhub/ProductName".into(), "Sekisho");
    put("aws/securityhub/CompanyName".into(), "Sekisho");
    put("aws/securityhub/FindingId".into(), &format!("{product_arn}/{}", finding.id));
    put("Resources:0/Id".into(), &finding.resource.id);
    put("sekisho/ResourceType".into(), &finding.resource.type_name);
    put("sekisho/ControlSeverity".into(), finding.control_severity.label());
    if let Some(previous) = finding.previous_status {
        put("sekisho/PreviousComplianceStatus".into(), previous.label());
    }
    for (at, seen) in finding.evidence.iter().take(EVIDENCE_MAX).enumerate() {
        put(format!("sekisho/Evidence:{at}/Path"), &seen.path);
        put(format!("sekisho/Evidence:{at}/Value"), &seen.value.to_string());
    }
    Json::Object(fields)
}

fn resource(report: &Report<'_>, finding: &Finding, partition: &str) -> Json {
    let type_name = &finding.resource.type_name;
    let kind = report.controls.asff_type(type_name).unwrap_or_else(|| asff_types::asff_type(type_name));
    let mut resource = json!({
        "Type": kind,
        "Id": filled(&finding.resource.id, &finding.id, 512),
        "Partition": partition,
        "Region": finding.region,
    });
    let tags: Map<String, Json> = finding
        .tags
        .as_map()
        .into_iter()
        .flat_map(|tags| tags.iter())
        .filter_map(|(name, value)| tag(name, value))
        .take(50)
        .collect();
    let judged = report.resources.of_finding(finding);
    let details = judged.and_then(|judged| asff_details::details(kind, judged));
    if let Some(fields) = resource.as_object_mut() {
        if !tags.is_empty() {
            fields.insert("Tags".into(), Json::Object(tags));
        }
        fields.extend(details.map(|details| ("Details".to_owned(), details)));
    }
    resource
}

/// A tag within AWS's own limits; ASFF refuses empty values, which tags may have.
fn tag(name: &str, value: &Value) -> Option<(String, Json)> {
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let sound = !name.trim().is_empty() && !value.trim().is_empty();
    sound.then(|| (limit_chars(name, 128), json!(limit_chars(&value, 256))))
}

fn compliance(finding: &Finding, view: Option<&ControlView<'_>>) -> Json {
    let mut compliance = Map::new();
    compliance.insert("Status".into(), json!(finding.status.label()));
    compliance.insert("SecurityControlId".into(), json!(finding.control_id));
    let mut put_list = |name: &str, items: Vec<Json>| {
        if !items.is_empty() {
            compliance.insert(name.into(), Json::Array(items));
        }
    };
    if let Some(view) = view {
        put_list(
            "AssociatedStandards",
            view.standards.iter().take(20).map(|link| json!({ "StandardsId": link.standards_id })).collect(),
        );
        put_list("RelatedRequirements", related_requirements(&view.standards).into_iter().map(Json::String).collect());
        let parameters = view.parameters.iter().filter(|(name, values)| !name.is_empty() && !values.is_empty());
        put_list(
            "SecurityControlParameters",
            parameters
                .map(|(name, values)| {
                    let values: Vec<&String> = values.iter().filter(|value| !value.trim().is_empty()).collect();
                    json!({ "Name": name, "Value": values })
                })
                .collect(),
        );
    }
    let reasons = finding.reasons.iter().filter(|reason| !reason.code.trim().is_empty()).take(20);
    put_list(
        "StatusReasons",
        reasons
            .map(|reason| match reason.description.trim() {
                "" => json!({ "ReasonCode": reason.code }),
                description => json!({ "ReasonCode": reason.code, "Description": limit_chars(description, 1024) }),
            })
            .collect(),
    );
    Json::Object(compliance)
}

/// The requirement numbers in the form in which Security Hub writes them, at most 32.
pub(crate) fn related_requirements(standards: &[StandardLink<'_>]) -> Vec<String> {
    standards
        .iter()
        .flat_map(|link| link.requirements.iter().map(|number| related_requirement(link, number)))
        .take(32)
        .collect()
}

/// `NIST.800-53.r5 SC-7`, `PCI DSS v4.0.1/1.2.5`, `CIS AWS Foundations Benchmark v3.0.0/5.2`: Security Hub puts a space after
/// NIST's name and a slash after the others.
fn related_requirement(link: &StandardLink<'_>, number: &str) -> String {
    let prefix = link.requirement_prefix.trim_end_matches([' ', '/']);
    let separator = if prefix.starts_with("NIST.") { ' ' } else { '/' };
    format!("{prefix}{separator}{number}")
}
