//! Reports for other tools: GitLab code quality, JUnit and Markdown for a comment on a pull request.

use std::collections::BTreeMap;
use std::io::{self, Write};

use sekisho_model::{ComplianceStatus, Severity};
use serde_json::json;

use super::{Checked, Found};
use crate::output::junit::escape;

/// Findings in a comment: hosts cut long comments off, in the middle of a table.
const MARKDOWN_MAX: usize = 100;

/// GitLab's code quality report (a subset of Code Climate's): a list of issues with fingerprint and severity.
pub(super) fn gitlab(checked: &Checked<'_>, out: &mut dyn Write) -> io::Result<()> {
    let issues = checked.found.iter().filter(|found| found.is_open()).map(|found| {
        json!({
            "description": format!("{}: {}: {}", found.control_id, found.address, checked.title(found)),
            "check_name": found.control_id,
            "fingerprint": found.fingerprint(),
            "severity": match found.severity {
                Severity::Critical => "blocker",
                Severity::High => "critical",
                Severity::Medium => "major",
                Severity::Low => "minor",
                Severity::Informational => "info",
            },
            "location": { "path": found.path, "lines": { "begin": found.lines.0, "end": found.lines.1 } },
        })
    });
    serde_json::to_writer_pretty(&mut *out, &issues.collect::<Vec<_>>())?;
    writeln!(out)
}

/// JUnit XML: one suite for each file, one case for each finding and each control that passed.
pub(super) fn junit(checked: &Checked<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut files: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let case = |control: &str, address: &str, path: &str, inner: &str| {
        let (name, class) = (escape(&format!("{control} {address}")), escape(path));
        format!("    <testcase name=\"{name}\" classname=\"{class}\">{inner}</testcase>")
    };
    for found in &checked.found {
        let seen: Vec<String> = found.evidence.iter().map(|(path, value)| format!("{path} = {value}")).collect();
        let text = format!("{}:{}\n{}", found.path, found.lines.0, [seen, found.reasons.clone()].concat().join("\n"));
        let (words, text) = (escape(checked.title(found)), escape(&text));
        let inner = match (&found.accepted, found.status) {
            (Some(reason), _) => format!("<skipped message=\"{}\"/>", escape(reason)),
            (None, ComplianceStatus::Failed) => {
                format!("<failure message=\"{words}\" type=\"{}\">{text}</failure>", found.severity.label())
            }
            (None, _) => format!("<skipped message=\"{text}\"/>"),
        };
        files.entry(&found.path).or_default().push(case(&found.control_id, &found.address, &found.path, &inner));
    }
    for passed in &checked.passed {
        files.entry(&passed.path).or_default().push(case(&passed.control_id, &passed.address, &passed.path, ""));
    }
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"sekisho check\">")?;
    for (path, cases) in files {
        let count = |mark: &str| cases.iter().filter(|case| case.contains(mark)).count();
        let (failures, skipped) = (count("<failure "), count("<skipped "));
        let name = escape(path);
        writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">",
            cases.len()
        )?;
        for case in cases {
            writeln!(out, "{case}")?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

/// A table for a comment, the worst first.
pub(super) fn markdown(checked: &Checked<'_>, out: &mut dyn Write) -> io::Result<()> {
    let ja = checked.lang == sekisho_model::Lang::Ja;
    let mut open: Vec<&Found> = checked.found.iter().filter(|found| found.is_open()).collect();
    open.sort_by_key(|found| std::cmp::Reverse(found.severity));
    let (passed, failed) = (checked.passed.len(), open.len());
    if ja {
        writeln!(out, "### sekisho check: 失敗 {failed} 件、成功 {passed} 件\n")?;
    } else {
        writeln!(out, "### sekisho check: {failed} failed, {passed} passed\n")?;
    }
    if !open.is_empty() {
        let head = if ja {
            "| 重要度 | コントロール | リソース | 場所 |"
        } else {
            "| severity | control | resource | where |"
        };
        writeln!(out, "{head}\n|---|---|---|---|")?;
    }
    let cell = |text: &str| text.replace('|', "\\|").replace(['\r', '\n'], " ");
    for found in open.iter().take(MARKDOWN_MAX) {
        let title = cell(checked.title(found));
        let (address, path) = (cell(&found.address), cell(&found.path));
        writeln!(
            out,
            "| {} | {} {title} | `{address}` | `{path}:{}` |",
            found.severity.label(),
            found.control_id,
            found.lines.0
        )?;
    }
    if failed > MARKDOWN_MAX {
        let more = failed - MARKDOWN_MAX;
        writeln!(out, "\n{}", if ja { format!("ほか {more} 件") } else { format!("and {more} more") })?;
    }
    for (problem, place) in &checked.problems {
        let line = place.map(|(line, _)| format!(":{line}")).unwrap_or_default();
        writeln!(out, "\n`{}{line}`: {}", cell(&problem.path), cell(&problem.message))?;
    }
    Ok(())
}
