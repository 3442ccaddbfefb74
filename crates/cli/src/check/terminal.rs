//! What people read: findings by file with the lines at fault, and workflow commands for GitHub.

use std::io::{self, Write};

use sekisho_iac::ProblemKind;
use sekisho_model::{ComplianceStatus, Lang, Severity};

use super::{Checked, Found};
use crate::output::paint::{Ink, paint};
use crate::output::text;
use crate::output::words::words;

/// The width of a report that is written to a file.
pub(super) const FILE_WIDTH: usize = 100;

pub(super) fn write(checked: &Checked<'_>, color: bool, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let page = Page { checked, color, width: width.max(40) };
    let mut path = "";
    for found in &checked.found {
        if found.path != path {
            path = &found.path;
            writeln!(out, "{}", paint(color, Ink::Heading, &text::clean(path)))?;
        }
        page.finding(found, out)?;
    }
    for (problem, place) in &checked.problems {
        let place = place.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
        let head = format!("{}{place}: ", problem.path);
        page.wrapped(&paint(color, Ink::Caution, page.kind(problem.kind)), &format!("{head}{}", problem.message), out)?;
    }
    page.summary(out)
}

struct Page<'c> {
    checked: &'c Checked<'c>,
    color: bool,
    width: usize,
}

impl Page<'_> {
    fn say(&self, en: &'static str, ja: &'static str) -> &'static str {
        match self.checked.lang {
            Lang::En => en,
            Lang::Ja => ja,
        }
    }

    fn kind(&self, kind: ProblemKind) -> &'static str {
        match kind {
            ProblemKind::Unreadable | ProblemKind::NoTemplate => self.say("not read", "読み取り不可"),
            ProblemKind::NotUnderstood => self.say("note", "注意"),
        }
    }

    fn finding(&self, found: &Found, out: &mut dyn Write) -> io::Result<()> {
        let (ink, word) = match (&found.accepted, found.status) {
            (Some(_), _) => (Ink::Faint, self.say("accepted", "許容済み")),
            (None, ComplianceStatus::Failed) => {
                (Ink::Severity(found.severity), words(self.checked.lang).severity_word(found.severity))
            }
            (None, _) => (Ink::Caution, self.say("unknown", "判定不可")),
        };
        let head = format!("{}  {}  {}", found.control_id, found.address, found.type_name);
        writeln!(
            out,
            "  {}  {}",
            paint(self.color, ink, &text::pad(word, 8)),
            text::shorten(&text::clean(&head), self.width - 12)
        )?;
        self.lines(self.checked.title(found), out)?;
        let shown = u32::try_from(found.excerpt.len()).unwrap_or(0);
        for (line, written) in (found.lines.0..).zip(&found.excerpt) {
            let number = paint(self.color, Ink::Faint, &format!("{line:>8} | "));
            writeln!(out, "{number}{}", text::shorten(&text::clean(written), self.width - 11))?;
        }
        if found.lines.0 + shown <= found.lines.1 {
            writeln!(out, "{}", paint(self.color, Ink::Faint, "         | ..."))?;
        }
        // What is not known is told by the reasons.
        for (path, value) in found.evidence.iter().filter(|(_, value)| value.as_unknown().is_none()) {
            self.lines(&format!("{path} = {value}"), out)?;
        }
        for reason in &found.reasons {
            self.lines(reason, out)?;
        }
        if let Some(reason) = &found.accepted {
            self.lines(&format!("{}: {reason}", self.say("accepted", "許容理由")), out)?;
        }
        if let Some(fix) = self.checked.fix(found).filter(|_| found.is_open()) {
            writeln!(out, "            {}", paint(self.color, Ink::Good, self.say("fix:", "修正例:")))?;
            for line in fix.lines() {
                writeln!(out, "              {}", text::shorten(line, self.width - 14))?;
            }
        }
        writeln!(out)
    }

    /// Text under a finding.
    fn lines(&self, words: &str, out: &mut dyn Write) -> io::Result<()> {
        for line in text::wrap(words, self.width - 12) {
            writeln!(out, "            {line}")?;
        }
        Ok(())
    }

    fn wrapped(&self, head: &str, words: &str, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{head}")?;
        for line in text::wrap(words, self.width - 2) {
            writeln!(out, "  {line}")?;
        }
        Ok(())
    }

    fn summary(&self, out: &mut dyn Write) -> io::Result<()> {
        let count = |wanted: fn(&Found) -> bool| self.checked.found.iter().filter(|found| wanted(found)).count();
        let failed = count(Found::is_open);
        let unknown = count(|found| found.status != ComplianceStatus::Failed && found.accepted.is_none());
        let accepted = count(|found| found.accepted.is_some());
        let Checked { templates, resources, .. } = self.checked;
        let passed = self.checked.passed.len();
        let words = match self.checked.lang {
            Lang::En => format!(
                "{templates} templates, {resources} resources: {failed} failed, {passed} passed, {unknown} unknown, {accepted} accepted"
            ),
            Lang::Ja => format!(
                "テンプレート {templates} 件、リソース {resources} 件: 失敗 {failed}、成功 {passed}、判定不可 {unknown}、許容済み {accepted}"
            ),
        };
        let ink = if failed > 0 { Ink::Bad } else { Ink::Good };
        for line in text::wrap(&words, self.width) {
            writeln!(out, "{}", paint(self.color, ink, &line))?;
        }
        Ok(())
    }
}

/// Annotations on the lines of a pull request (GitHub Actions, "Workflow commands").
pub(super) fn write_github(checked: &Checked<'_>, out: &mut dyn Write) -> io::Result<()> {
    let escaped = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| escaped(text).replace(':', "%3A").replace(',', "%2C");
    for found in checked.found.iter().filter(|found| found.is_open()) {
        let command = match found.severity {
            Severity::Critical | Severity::High => "error",
            Severity::Medium => "warning",
            _ => "notice",
        };
        let (path, title) = (property(&found.path), escaped(checked.title(found)));
        let head = property(&format!("{} {}", found.control_id, found.address));
        writeln!(
            out,
            "::{command} file={path},line={},endLine={},title={head}::{title}",
            found.lines.0, found.lines.1
        )?;
    }
    for (problem, place) in &checked.problems {
        let line = place.map(|(line, _)| format!(",line={line}")).unwrap_or_default();
        writeln!(out, "::warning file={}{line}::{}", property(&problem.path), escaped(&problem.message))?;
    }
    Ok(())
}
