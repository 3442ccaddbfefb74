//! `--format sarif`: SARIF 2.1.0 (OASIS), for code scanning.
//!
//! The fingerprint is of control, file and logical id, not of the line: moving a resource does not make a finding new.

use std::collections::BTreeMap;
use std::io::{self, Write};

use sekisho_model::{ComplianceStatus, Severity};
use serde_json::{Value, json};

use super::{Checked, Found};

pub(super) fn write(checked: &Checked<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    let mut listed = Vec::new();
    for found in &checked.found {
        if !rules.contains_key(found.control_id.as_str()) {
            rules.insert(&found.control_id, listed.len());
            listed.push(rule(checked, &found.control_id));
        }
    }
    let results = checked.found.iter().map(|found| result(checked, found, &rules));
    let notes = checked.problems.iter().map(|(problem, place)| {
        let region = place.map(|(line, column)| json!({ "startLine": line, "startColumn": column }));
        let mut physical = json!({ "artifactLocation": { "uri": uri(&problem.path) } });
        if let (Some(region), Some(fields)) = (region, physical.as_object_mut()) {
            fields.insert("region".to_owned(), region);
        }
        json!({ "level": "warning", "message": { "text": problem.message }, "locations": [{ "physicalLocation": physical }] })
    });
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "Sekisho", "version": env!("CARGO_PKG_VERSION"), "rules": listed } },
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notes.collect::<Vec<_>>() }],
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn rule(checked: &Checked<'_>, id: &str) -> Value {
    let Some(control) = checked.packs.controls.get(id) else { return json!({ "id": id }) };
    json!({
        "id": id,
        "shortDescription": { "text": control.title.get(checked.lang) },
        "fullDescription": { "text": control.why.get(checked.lang) },
        "help": { "text": control.fix.cloudformation.as_deref().unwrap_or_else(|| control.fix.console.get(checked.lang)) },
        "defaultConfiguration": { "level": level(control.severity) },
        // What code scanning sorts by, on CVSS's scale.
        "properties": { "security-severity": score(control.severity), "tags": ["security"] },
    })
}

fn result(checked: &Checked<'_>, found: &Found, rules: &BTreeMap<&str, usize>) -> Value {
    let title = checked.title(found);
    let seen: Vec<String> = found.evidence.iter().map(|(path, value)| format!("{path} = {value}")).collect();
    let more = if seen.is_empty() { found.reasons.join("; ") } else { seen.join("; ") };
    let mut result = json!({
        "ruleId": found.control_id,
        "ruleIndex": rules.get(found.control_id.as_str()),
        "kind": if found.status == ComplianceStatus::Failed { "fail" } else { "review" },
        "level": if found.status == ComplianceStatus::Failed { level(found.severity) } else { "none" },
        "message": { "text": format!("{}: {title} ({more})", found.address) },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&found.path) },
                "region": { "startLine": found.lines.0, "startColumn": found.column, "endLine": found.lines.1 },
            },
            "logicalLocations": [{ "name": found.address, "kind": "resource" }],
        }],
        "partialFingerprints": { "sekisho/v1": found.fingerprint() },
    });
    if let (Some(reason), Some(fields)) = (&found.accepted, result.as_object_mut()) {
        fields.insert("suppressions".to_owned(), json!([{ "kind": "external", "justification": reason }]));
    }
    result
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Informational => "note",
    }
}

fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Informational => "0.0",
    }
}

/// A relative path as a URI reference (RFC 3986).
fn uri(path: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
