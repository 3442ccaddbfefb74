//! CSV for spreadsheets (RFC 4180: CRLF, quotes doubled).
//!
//! - The columns are a promise like the JSON field names: new ones are added at the end.
//! - A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, tab or carriage return as a formula, and
//!   resource names come from strangers, so such cells get a leading apostrophe (OWASP, "CSV injection").
//! - Japanese files begin with a byte order mark, without which Excel reads UTF-8 as Shift_JIS. English ones do not,
//!   because most other readers take the mark for a part of the first column's name.

use std::io::{self, Write};

use sekisho_model::Lang;

use super::report::Report;
use super::summary::{Change, Changed, service};
use super::text::millisecond;

/// The columns in their order.
pub const COLUMNS: [&str; 23] = [
    "control_id",
    "service",
    "title",
    "severity",
    "status",
    "change",
    "workflow",
    "account",
    "account_name",
    "region",
    "resource_type",
    "resource_id",
    "resource_name",
    "evidence",
    "reasons",
    "suppression_reason",
    "suppression_until",
    "suppression_owner",
    "standards",
    "tags",
    "first_observed_at",
    "last_observed_at",
    "finding_id",
];

/// Writes the header and one row per finding.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    if report.lang == Lang::Ja {
        out.write_all("\u{feff}".as_bytes())?;
    }
    row(out, COLUMNS.iter().map(|name| (*name).to_owned()))?;
    let changed = Changed::of(report);
    let (mut title, mut standards, mut part_of) = (String::new(), String::new(), None);
    for finding in report.findings {
        if part_of != Some(&finding.control_id) {
            title = report.title(&finding.control_id);
            standards = standards_cell(report, &finding.control_id);
            part_of = Some(&finding.control_id);
        }
        let change = changed.get(&finding.id).map_or("", Change::label);
        let suppression = finding.suppression.as_ref();
        let evidence: Vec<String> =
            finding.evidence.iter().map(|seen| format!("{} = {}", seen.path, seen.value)).collect();
        let reasons: Vec<String> =
            finding.reasons.iter().map(|reason| format!("{}: {}", reason.code, reason.description)).collect();
        let cells: [String; 23] = [
            finding.control_id.clone(),
            service(&finding.control_id).to_owned(),
            title.clone(),
            finding.severity.label().to_owned(),
            finding.status.label().to_owned(),
            change.to_owned(),
            finding.workflow.label().to_owned(),
            finding.account.clone(),
            report.account_name(&finding.account).unwrap_or_default().to_owned(),
            finding.region.clone(),
            finding.resource.type_name.clone(),
            finding.resource.id.clone(),
            finding.resource.name.clone(),
            evidence.join("; "),
            reasons.join("; "),
            suppression.map(|decision| decision.reason.clone()).unwrap_or_default(),
            suppression.map(|decision| decision.until.clone()).unwrap_or_default(),
            suppression.and_then(|decision| decision.owner.clone()).unwrap_or_default(),
            standards.clone(),
            if finding.tags.as_map().is_some_and(|tags| !tags.is_empty()) {
                finding.tags.to_string()
            } else {
                String::new()
            },
            millisecond(finding.first_observed_at),
            millisecond(finding.last_observed_at),
            finding.id.clone(),
        ];
        row(out, cells.into_iter())?;
    }
    Ok(())
}

fn standards_cell(report: &Report<'_>, control_id: &str) -> String {
    let Some(view) = report.controls.control(control_id) else { return String::new() };
    let links: Vec<String> = view
        .standards
        .iter()
        .map(|link| format!("{} v{} {}", link.name, link.version, link.requirements.join(" ")).trim_end().to_owned())
        .collect();
    links.join("; ")
}

fn row(out: &mut dyn Write, cells: impl Iterator<Item = String>) -> io::Result<()> {
    let mut line = String::new();
    for (at, text) in cells.enumerate() {
        if at > 0 {
            line.push(',');
        }
        line.push_str(&cell(&text));
    }
    line.push_str("\r\n");
    out.write_all(line.as_bytes())
}

/// One cell, guarded and quoted.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_are_guarded_and_quotes_doubled() {
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(cell("-2"), "'-2");
        assert_eq!(cell("a=b"), "a=b");
        assert_eq!(cell("say \"no\", then"), "\"say \"\"no\"\", then\"");
        assert_eq!(cell("\r=1"), "\"'\r=1\"");
    }

    proptest! {
        #[test]
        fn no_cell_begins_like_a_formula(text in "[=+@\\-\"a\t\r\n,]{0,12}") {
            let written = cell(&text);
            let content = written.strip_prefix('"').unwrap_or(&written);
            prop_assert!(!content.starts_with(['=', '+', '-', '@', '\t', '\r']));
        }
    }
}
