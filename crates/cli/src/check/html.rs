//! `--format html`: one page to send on. Made of the scan report's parts; it needs no script and loads nothing.

use std::io::{self, Write};

use sekisho_model::{ComplianceStatus, Lang};

use super::{Checked, Found};
use crate::output::html::{STYLE, badge, escape, hash_source};
use crate::output::words::words;

/// What this page has besides the scan report.
const OWN_STYLE: &str = "pre { background: var(--code); border-radius: 6px; padding: 8px 12px; overflow-x: auto; margin: 6px 0; } \
     .tiles { grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); } .line { color: var(--soft); user-select: none; } details.one { border-top: 1px solid var(--line); padding: 8px 0; } \
     details.one > summary { cursor: pointer; overflow-wrap: anywhere; } details.one dl { margin: 6px 0; overflow-wrap: anywhere; } \
     details.one dd { margin: 0 0 4px; } .tell { font-weight: 600; }";

pub(super) fn write(checked: &Checked<'_>, out: &mut dyn Write) -> io::Result<()> {
    Page { checked, out }.write()
}

struct Page<'c, 'o> {
    checked: &'c Checked<'c>,
    out: &'o mut dyn Write,
}

impl Page<'_, '_> {
    fn say(&self, en: &'static str, ja: &'static str) -> &'static str {
        match self.checked.lang {
            Lang::En => en,
            Lang::Ja => ja,
        }
    }

    fn write(&mut self) -> io::Result<()> {
        let lang = self.say("en", "ja");
        let title = self.say("Sekisho: check before deployment", "Sekisho デプロイ前チェック");
        let style = format!("{STYLE}\n{OWN_STYLE}");
        writeln!(
            self.out,
            "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {}; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>{title}</title>\n<style>{style}</style>\n</head>\n<body>",
            hash_source(&style),
        )?;
        let heading = self.say("Check before deployment", "デプロイ前チェック");
        writeln!(
            self.out,
            "<header class=\"top\"><div><p class=\"brand\">Sekisho 関所</p><h1>{heading}</h1></div></header>\n<main>"
        )?;
        self.counts()?;
        self.files()?;
        self.problems()?;
        writeln!(self.out, "</main>\n</body>\n</html>")
    }

    fn counts(&mut self) -> io::Result<()> {
        let count = |wanted: fn(&Found) -> bool| self.checked.found.iter().filter(|found| wanted(found)).count();
        let failed = count(Found::is_open);
        let unknown = count(|found| found.status != ComplianceStatus::Failed && found.accepted.is_none());
        let accepted = count(|found| found.accepted.is_some());
        let tiles = [
            (self.say("Templates", "テンプレート"), self.checked.templates),
            (self.say("Resources", "リソース"), self.checked.resources),
            (self.say("Failed", "失敗"), failed),
            (self.say("Passed", "成功"), self.checked.passed.len()),
            (self.say("Unknown", "判定不可"), unknown),
            (self.say("Accepted", "許容済み"), accepted),
        ];
        writeln!(self.out, "<section class=\"card\"><div class=\"tiles\">")?;
        for (name, number) in tiles {
            writeln!(
                self.out,
                "<div class=\"tile\"><span class=\"name\">{name}</span><span class=\"number\">{number}</span></div>"
            )?;
        }
        writeln!(self.out, "</div></section>")
    }

    fn files(&mut self) -> io::Result<()> {
        if self.checked.found.is_empty() {
            let words = self.say("Nothing to fix.", "修正の必要なものはありません。");
            return writeln!(self.out, "<section class=\"card\"><p>{words}</p></section>");
        }
        for group in self.checked.found.chunk_by(|a, b| a.path == b.path) {
            let path = group.first().map_or("", |found| found.path.as_str());
            writeln!(self.out, "<section class=\"card\"><h2>{}</h2>", escape(path))?;
            for found in group {
                self.finding(found)?;
            }
            writeln!(self.out, "</section>")?;
        }
        Ok(())
    }

    fn finding(&mut self, found: &Found) -> io::Result<()> {
        let mark = match (&found.accepted, found.status) {
            (Some(_), _) => format!("<span class=\"soft\">{}</span>", self.say("accepted", "許容済み")),
            (None, ComplianceStatus::Failed) => badge(words(self.checked.lang), found.severity),
            (None, _) => format!("<span class=\"soft tell\">{}</span>", self.say("unknown", "判定不可")),
        };
        let open = if found.is_open() { " open" } else { "" };
        writeln!(
            self.out,
            "<details class=\"one\"{open}><summary>{mark} <code>{}</code> {} <span class=\"soft\">{} · {}:{}</span></summary>",
            escape(&found.control_id),
            escape(self.checked.title(found)),
            escape(&found.address),
            escape(&found.path),
            found.lines.0,
        )?;
        if !found.excerpt.is_empty() {
            let lines = (found.lines.0..).zip(&found.excerpt);
            let lines: Vec<String> =
                lines.map(|(line, text)| format!("<span class=\"line\">{line:>5} </span>{}", escape(text))).collect();
            writeln!(self.out, "<pre>{}</pre>", lines.join("\n"))?;
        }
        writeln!(self.out, "<dl class=\"small\">")?;
        for (path, value) in found.evidence.iter().filter(|(_, value)| value.as_unknown().is_none()) {
            writeln!(self.out, "<dd><code>{} = {}</code></dd>", escape(path), escape(&value.to_string()))?;
        }
        for reason in found.reasons.iter().chain(&found.accepted) {
            writeln!(self.out, "<dd>{}</dd>", escape(reason))?;
        }
        writeln!(self.out, "</dl>")?;
        if let Some(fix) = self.checked.fix(found).filter(|_| found.is_open()) {
            let lines: Vec<String> = fix.lines().map(escape).collect();
            writeln!(self.out, "<h3>{}</h3><pre>{}</pre>", self.say("Fix", "修正例"), lines.join("\n"))?;
        }
        writeln!(self.out, "</details>")
    }

    fn problems(&mut self) -> io::Result<()> {
        if self.checked.problems.is_empty() {
            return Ok(());
        }
        let heading = self.say("Not read, or not understood", "読み取れなかったもの、判定していないもの");
        writeln!(self.out, "<section class=\"card\"><h2>{heading}</h2><dl class=\"small\">")?;
        for (problem, place) in &self.checked.problems {
            let place = place.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
            writeln!(
                self.out,
                "<dt><code>{}{place}</code></dt><dd>{}</dd>",
                escape(&problem.path),
                escape(&problem.message)
            )?;
        }
        writeln!(self.out, "</dl></section>")
    }
}
