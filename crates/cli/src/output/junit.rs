//! JUnit XML, so that any continuous integration shows findings as tests.
//!
//! One `testsuite` per service, one `testcase` per finding. FAILED is a `failure` with its evidence. NOT_AVAILABLE is an
//! `error`, JUnit's word for a test that could not be carried out: unknown is never a pass, and `skipped` counts as
//! green almost everywhere. WARNING (AWS cannot decide it from this account) and suppressed findings are
//! `skipped` with the reason.
//!
//! The attributes and their order satisfy both schemas in use, Ant's (`properties`, `system-out`, `system-err`,
//! `hostname`, `package` and `id` are required, `testsuites` has no attributes, `timestamp` has no zone: UTC here) and
//! the looser one of Jenkins' xUnit plugin.

use std::collections::BTreeMap;
use std::io::{self, Write};

use sekisho_model::{ComplianceStatus, Finding, WorkflowStatus};

use super::report::Report;
use super::summary::service;

/// What becomes of a finding.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Outcome {
    Passed,
    Failure,
    Error,
    Skipped,
}

fn outcome(finding: &Finding) -> Outcome {
    if finding.workflow == WorkflowStatus::Suppressed {
        return Outcome::Skipped;
    }
    match finding.status {
        ComplianceStatus::Passed => Outcome::Passed,
        ComplianceStatus::Failed => Outcome::Failure,
        ComplianceStatus::NotAvailable => Outcome::Error,
        ComplianceStatus::Warning => Outcome::Skipped,
    }
}

/// Text for XML 1.0: markup escaped, characters that XML cannot hold replaced by U+FFFD.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Written as references, because a parser turns them into spaces inside attributes otherwise.
            '\t' | '\n' | '\r' => out.push_str(&format!("&#{};", u32::from(character))),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

/// Writes the test report.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in report.findings {
        suites.entry(service(&finding.control_id)).or_default().push(finding);
    }
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>")?;
    for (id, (name, findings)) in suites.into_iter().enumerate() {
        suite(report, id, name, &findings, out)?;
    }
    writeln!(out, "</testsuites>")
}

fn suite(report: &Report<'_>, id: usize, name: &str, findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    let number = |wanted: Outcome| findings.iter().filter(|finding| outcome(finding) == wanted).count();
    writeln!(
        out,
        "  <testsuite name=\"{}\" package=\"sekisho\" id=\"{id}\" hostname=\"localhost\" timestamp=\"{}\" tests=\"{}\" \
         failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0\">",
        escape(name),
        report.meta.taken_at.strftime("%Y-%m-%dT%H:%M:%S"),
        findings.len(),
        number(Outcome::Failure),
        number(Outcome::Error),
        number(Outcome::Skipped),
    )?;
    writeln!(
        out,
        "    <properties>\n      <property name=\"packs\" value=\"{}\"/>\n    </properties>",
        escape(&report.packs)
    )?;
    for finding in findings {
        case(report, finding, out)?;
    }
    writeln!(out, "    <system-out/>\n    <system-err/>\n  </testsuite>")
}

fn case(report: &Report<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let name = format!("{} {} {}", finding.resource.id, finding.account, finding.region);
    write!(out, "    <testcase classname=\"{}\" name=\"{}\" time=\"0\"", escape(&finding.control_id), escape(&name))?;
    let title = report.title(&finding.control_id);
    match outcome(finding) {
        Outcome::Passed => writeln!(out, "/>"),
        Outcome::Skipped => {
            writeln!(out, ">\n      <skipped message=\"{}\"/>\n    </testcase>", escape(&skip_reason(finding)))
        }
        Outcome::Failure => element(out, "failure", finding.control_severity.label(), &title, &details(finding)),
        Outcome::Error => {
            let first = finding.reasons.first();
            let kind = first.map_or("NOT_AVAILABLE", |reason| &reason.code);
            let message = first.map_or(title.as_str(), |reason| &reason.description);
            element(out, "error", kind, message, &details(finding))
        }
    }
}

fn element(out: &mut dyn Write, name: &str, kind: &str, message: &str, text: &str) -> io::Result<()> {
    writeln!(
        out,
        ">\n      <{name} type=\"{}\" message=\"{}\">{}</{name}>\n    </testcase>",
        escape(kind),
        escape(message),
        escape(text).replace("&#10;", "\n"),
    )
}

fn skip_reason(finding: &Finding) -> String {
    if let Some(decision) = &finding.suppression {
        return format!("suppressed until {}: {} ({})", decision.until, decision.reason, decision.source);
    }
    let status = if finding.workflow == WorkflowStatus::Suppressed { "suppressed" } else { finding.status.label() };
    finding
        .reasons
        .first()
        .map_or_else(|| status.to_owned(), |reason| format!("{status}: {} ({})", reason.description, reason.code))
}

fn details(finding: &Finding) -> String {
    let mut lines = vec![format!("{} {}", finding.resource.type_name, finding.resource.id)];
    lines.extend(finding.reasons.iter().map(|reason| format!("{}: {}", reason.code, reason.description)));
    lines.extend(finding.evidence.iter().map(|seen| format!("{} = {}", seen.path, seen.value)));
    lines.push(finding.id.clone());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_xml_can_hold() {
        assert_eq!(escape("a<b>&\"c\"\u{1}\n"), "a&lt;b&gt;&amp;&quot;c&quot;\u{fffd}&#10;");
    }
}
