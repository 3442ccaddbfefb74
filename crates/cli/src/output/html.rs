//! The HTML report: one file to read and to send on.
//!
//! - Self-contained: styles, script and data are inside, and a content security policy names the script and the style by
//!   their SHA-256 and allows nothing else, so the file cannot load anything and injected markup cannot run.
//! - The summary is static HTML and needs no script; the list of findings is drawn by the script from a packed data
//!   island ([`html_data`](super::html_data)), group by group when opened, so that size does not matter.
//! - Every text goes through [`escape`]; the island has its own escaping.
//! - Styles come from classes only (the policy refuses `style` attributes); bars are SVG for that reason.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sekisho_model::{Lang, Severity};
use sha2::{Digest, Sha256};

use super::html_data;
use super::report::{Report, StandardScore};
use super::summary::{self, Tally};
use super::text::{clean, minute, thousands};
use super::words::{Words, count, fill, words};

pub(crate) const STYLE: &str = include_str!("../../assets/report.css");
const SCRIPT: &str = include_str!("../../assets/report.js");
/// How many things to do are listed.
const PRIORITIES_MAX: usize = 10;
/// How many accounts the summary lists, those with the worst failures first.
const ACCOUNTS_MAX: usize = 20;
/// How many rows the lists of the summary have; the files for machines have all.
const ROWS_MAX: usize = 100;

/// Text for element content and double-quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in clean(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

struct Page<'a, 'r> {
    report: &'a Report<'r>,
    words: &'static Words,
    out: &'a mut dyn Write,
}

/// Writes the page.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { report, words: words(report.lang), out };
    page.head()?;
    page.top()?;
    writeln!(page.out, "<main>")?;
    page.scope()?;
    page.scores()?;
    page.priorities()?;
    page.table()?;
    page.blind()?;
    page.accepted()?;
    page.problems()?;
    page.findings()?;
    writeln!(page.out, "</main>")?;
    page.foot()
}

/// The policy's name for an inline block.
pub(crate) fn hash_source(text: &str) -> String {
    format!("'sha256-{}'", BASE64.encode(Sha256::digest(text.as_bytes())))
}

fn class_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Informational => "informational",
    }
}

/// The mark of a severity: its own shape, so that it does not depend on colour.
fn shape(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "M5 0l5 5-5 5-5-5z",
        Severity::High => "M5 0l5 10H0z",
        Severity::Medium => "M0 0h10v10H0z",
        Severity::Low => "M5 0a5 5 0 1 1 0 10A5 5 0 0 1 5 0z",
        Severity::Informational => "M0 4h10v2H0z",
    }
}

pub(crate) fn badge(words: &Words, severity: Severity) -> String {
    format!(
        "<span class=\"badge {}\"><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><path d=\"{}\"/></svg>{}</span>",
        class_of(severity),
        shape(severity),
        words.severity_word(severity),
    )
}

impl Page<'_, '_> {
    fn head(&mut self) -> io::Result<()> {
        let lang = match self.report.lang {
            Lang::En => "en",
            Lang::Ja => "ja",
        };
        let accounts: Vec<&str> =
            self.report.meta.accounts.iter().take(3).map(|scope| scope.account.as_str()).collect();
        writeln!(
            self.out,
            "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>{} {} {}</title>\n<style>{STYLE}</style>\n</head>\n<body>",
            hash_source(SCRIPT),
            hash_source(STYLE),
            escape(self.words.report_title),
            escape(&accounts.join(" ")),
            self.report.meta.taken_at.strftime("%Y-%m-%d"),
        )
    }

    fn top(&mut self) -> io::Result<()> {
        let words = self.words;
        let at = format!(
            "<time data-local datetime=\"{}\">{}</time>",
            self.report.meta.taken_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            minute(self.report.meta.taken_at)
        );
        writeln!(
            self.out,
            "<header class=\"top\"><div><p class=\"brand\">Sekisho 関所</p><h1>{}</h1><p class=\"soft\">{}</p></div>\
             <button type=\"button\" id=\"theme\" class=\"button noprint\">{}</button></header>",
            escape(words.report_title),
            fill(words.as_of, at),
            escape(words.theme),
        )?;
        writeln!(self.out, "<nav>")?;
        for (place, word) in [
            ("first", words.do_first),
            ("services", words.by_service),
            ("unseen", words.not_seen),
            ("findings", words.findings),
        ] {
            writeln!(self.out, "<a href=\"#{place}\">{word}</a>")?;
        }
        writeln!(self.out, "</nav>")
    }

    fn scope(&mut self) -> io::Result<()> {
        let (report, words) = (self.report, self.words);
        writeln!(
            self.out,
            "<div class=\"two\"><section class=\"card\"><h2>{}</h2><dl class=\"scope\">",
            words.scanned
        )?;
        let scope = summary::scope(report);
        let accounts = match scope.accounts.len() {
            ..=3 => scope.accounts.join(words.separator),
            number => format!(
                "{} ({})",
                count(words.accounts_count_one, words.accounts_count_many, number),
                short_list(words, &scope.accounts, 3)
            ),
        };
        let regions = match scope.regions.len() {
            ..=6 => scope.regions.join(words.separator),
            number => format!(
                "{} ({})",
                count(words.regions_count_one, words.regions_count_many, number),
                short_list(words, &scope.regions, 3)
            ),
        };
        self.term(words.account, &format!("<span class=\"mono\">{}</span>", escape(&accounts)))?;
        let identities = short_list(words, &scope.identities, 3);
        self.term(words.identity, &format!("<span class=\"mono\">{}</span>", escape(&identities)))?;
        self.term(words.regions, &escape(&regions))?;
        self.term(words.packs, &escape(&report.packs))?;
        let counters = report.counters;
        let cost = [
            fill(words.resources_read, thousands(counters.resources)),
            fill(words.calls, thousands(counters.calls)),
            fill(words.throttled, thousands(counters.throttled)),
            fill(words.refused, thousands(counters.refused)),
            fill(words.seconds, format_args!("{:.1}", counters.seconds)),
        ];
        self.term(words.cost, &escape(&cost.join(words.separator)))?;
        writeln!(self.out, "</dl></section>")?;
        self.overview()?;
        writeln!(self.out, "</div>")
    }

    fn term(&mut self, name: &str, value_html: &str) -> io::Result<()> {
        writeln!(self.out, "<dt>{}</dt><dd>{value_html}</dd>", escape(name))
    }

    /// The four figures of all findings, and what changed.
    fn overview(&mut self) -> io::Result<()> {
        let (report, words) = (self.report, self.words);
        let (_, total) = summary::tally(report);
        writeln!(self.out, "<section class=\"card\"><h2>{}</h2><div class=\"deltas\">", words.findings)?;
        for (word, number, tone) in [
            (words.failed, total.failed_total(), "bad"),
            (words.passed, total.passed, "good"),
            (words.unjudged, total.unjudged, ""),
            (words.suppressed, total.suppressed, ""),
        ] {
            self.figure(word, number, tone)?;
        }
        writeln!(self.out, "</div><br>")?;
        match &report.delta {
            None => writeln!(self.out, "<p class=\"soft\">{}</p>", words.first_scan)?,
            Some(delta) => {
                writeln!(
                    self.out,
                    "<h3>{}</h3><div class=\"deltas\">",
                    fill(words.changes, minute(delta.previous_at))
                )?;
                for (word, number, tone) in [
                    (words.new, delta.new.len(), "bad"),
                    (words.regressed, delta.regressed.len(), "bad"),
                    (words.fixed, delta.fixed.len(), "good"),
                    (words.unchanged, delta.unchanged.len(), ""),
                ] {
                    self.figure(word, number, tone)?;
                }
                writeln!(self.out, "</div>")?;
            }
        }
        writeln!(self.out, "</section>")
    }

    fn figure(&mut self, word: &str, number: usize, tone: &str) -> io::Result<()> {
        let tone = if number == 0 { "" } else { tone };
        writeln!(
            self.out,
            "<div class=\"delta {tone}\"><b>{}</b><span class=\"soft\">{}</span></div>",
            thousands(number as u64),
            escape(word)
        )
    }

    fn scores(&mut self) -> io::Result<()> {
        let (report, words) = (self.report, self.words);
        if report.scores.is_empty() && report.summary_score.is_none() {
            return Ok(());
        }
        writeln!(self.out, "<section class=\"card\"><h2>{}</h2><div class=\"tiles\">", words.scores)?;
        self.tile("first", words.summary_score, report.summary_score, None)?;
        for standard in &report.scores {
            self.tile("", &format!("{} v{}", standard.name, standard.version), standard.score, Some(standard))?;
        }
        writeln!(self.out, "</div><p class=\"soft small gap\">{}</p></section>", escape(words.score_explained))
    }

    fn tile(&mut self, class: &str, name: &str, score: Option<u8>, counts: Option<&StandardScore>) -> io::Result<()> {
        let words = self.words;
        let (class, number) = match score {
            Some(score) => (class.to_owned(), format!("{score}<small> %</small>")),
            None => (format!("{class} none"), escape(words.no_score)),
        };
        write!(
            self.out,
            "<div class=\"tile {class}\"><div class=\"name\">{}</div><div class=\"number\">{number}</div>",
            escape(name)
        )?;
        let parts = match counts {
            Some(standard) => [standard.passed, standard.failed, standard.unknown],
            None => [usize::from(score.unwrap_or(0)), 100 - usize::from(score.unwrap_or(0).min(100)), 0],
        };
        if score.is_some() {
            write!(self.out, "{}", bar(parts))?;
        }
        if counts.is_none() {
            write!(self.out, "<div class=\"counts\"></div>")?;
        }
        if let Some(standard) = counts {
            let shown = [
                fill(words.controls_passed, standard.passed),
                fill(words.controls_failed, standard.failed),
                fill(words.controls_unknown, standard.unknown),
            ];
            write!(self.out, "<div class=\"soft small counts\">{}</div>", escape(&shown.join(words.separator)))?;
        }
        writeln!(self.out, "</div>")
    }

    fn priorities(&mut self) -> io::Result<()> {
        let words = self.words;
        let things = summary::priorities(self.report, PRIORITIES_MAX);
        writeln!(self.out, "<section class=\"card long\" id=\"first\"><h2>{}</h2>", words.do_first)?;
        if things.is_empty() {
            return writeln!(self.out, "<p>{}</p></section>", words.nothing_to_do);
        }
        writeln!(self.out, "<ol class=\"first\">")?;
        for thing in &things {
            let id = escape(thing.control_id);
            let fix = match thing.fix.as_str() {
                "" => String::new(),
                command if command.starts_with("aws ") => {
                    format!("<span class=\"fix\"><code>{}</code></span>", escape(command))
                }
                prose => format!("<span class=\"fix\">{}</span>", escape(prose)),
            };
            writeln!(
                self.out,
                "<li>{}<span class=\"what\"><span class=\"id mono\">{id}</span><a href=\"#findings\" data-control=\"{id}\">{}</a></span>\
                 <span class=\"many\">{}</span>{fix}</li>",
                badge(words, thing.severity),
                escape(&thing.title),
                count(words.resources_one, words.resources_many, thing.resources),
            )?;
        }
        writeln!(self.out, "</ol></section>")
    }

    fn table(&mut self) -> io::Result<()> {
        let (report, words) = (self.report, self.words);
        let (rows, total) = summary::tally(report);
        writeln!(self.out, "<section class=\"card long\" id=\"services\"><h2>{}</h2>", words.by_service)?;
        if rows.is_empty() {
            return writeln!(self.out, "<p>{}</p></section>", words.no_findings);
        }
        self.tallies(words.service, &rows, &total)?;
        writeln!(self.out, "<p class=\"soft small gap\">{}</p></section>", words.suppressed_subset)?;
        let accounts: Vec<(String, Tally)> = summary::tally_by_account(report)
            .into_iter()
            .map(|(account, tally)| match report.account_name(&account) {
                Some(name) => (format!("{account} ({name})"), tally),
                None => (account, tally),
            })
            .collect();
        if accounts.len() > 1 {
            writeln!(self.out, "<section class=\"card long\"><h2>{}</h2>", words.by_account)?;
            let shown = accounts.get(..ACCOUNTS_MAX).unwrap_or(&accounts);
            self.tallies(words.account, shown, &total)?;
            if accounts.len() > ACCOUNTS_MAX {
                writeln!(
                    self.out,
                    "<p class=\"soft gap\">{}</p>",
                    fill(words.and_more, accounts.len() - ACCOUNTS_MAX)
                )?;
            }
            writeln!(self.out, "</section>")?;
        }
        Ok(())
    }

    fn tallies(&mut self, name: &str, rows: &[(String, Tally)], total: &Tally) -> io::Result<()> {
        let words = self.words;
        writeln!(self.out, "<div class=\"scroll\"><table><thead><tr><th>{name}</th>")?;
        for severity in Severity::WORST_FIRST.into_iter().take(4) {
            write!(self.out, "<th class=\"n\">{}</th>", badge(words, severity))?;
        }
        for head in [words.passed, words.unjudged, words.suppressed] {
            write!(self.out, "<th class=\"n\">{head}</th>")?;
        }
        writeln!(self.out, "</tr></thead><tbody>")?;
        for (name, tally) in rows.iter().take(ROWS_MAX) {
            self.row("", name, tally)?;
        }
        self.row("total", words.total, total)?;
        writeln!(self.out, "</tbody></table></div>")
    }

    fn row(&mut self, class: &str, name: &str, tally: &Tally) -> io::Result<()> {
        write!(self.out, "<tr class=\"{class}\"><td>{}</td>", escape(name))?;
        let numbers = tally.failed.iter().take(4).chain([&tally.passed, &tally.unjudged, &tally.suppressed]);
        for number in numbers {
            let class = if *number == 0 { "n zero" } else { "n" };
            write!(self.out, "<td class=\"{class}\">{}</td>", thousands(*number as u64))?;
        }
        writeln!(self.out, "</tr>")
    }

    fn blind(&mut self) -> io::Result<()> {
        let words = self.words;
        let spots = summary::blind_spots(self.report);
        writeln!(self.out, "<section class=\"card long\" id=\"unseen\"><h2>{}</h2>", words.not_seen)?;
        if spots.is_empty() {
            return writeln!(self.out, "<p>{}</p></section>", words.all_seen);
        }
        writeln!(
            self.out,
            "<p class=\"soft\">{}</p><br><div class=\"scroll\"><table><thead><tr><th>{}</th><th>{}</th><th class=\"n\">{}</th><th>{}</th></tr></thead><tbody>",
            escape(words.not_seen_explained),
            words.operation,
            words.reason,
            words.findings,
            words.regions
        )?;
        for spot in spots.iter().take(ROWS_MAX) {
            writeln!(
                self.out,
                "<tr><td class=\"mono\">{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"keep\">{}</td></tr>",
                // Long operation names may break after the service.
                escape(&spot.operation).replace(':', ":<wbr>"),
                escape(&spot.reason),
                spot.hides(words).join("<br>"),
                escape(&short_list(words, &spot.regions, 4)).replace(words.separator, "<br>"),
            )?;
        }
        writeln!(self.out, "</tbody></table></div>")?;
        self.more(spots.len())?;
        writeln!(self.out, "</section>")
    }

    fn accepted(&mut self) -> io::Result<()> {
        let words = self.words;
        let (decisions, by_hand) = summary::accepted(self.report);
        if decisions.is_empty() && by_hand == 0 {
            return Ok(());
        }
        writeln!(
            self.out,
            "<section class=\"card long\"><h2>{}</h2><div class=\"scroll\"><table><thead><tr><th>{}</th><th>{}</th><th>{}</th><th>{}</th>\
             <th>{}</th><th class=\"n\">{}</th></tr></thead><tbody>",
            words.suppressions,
            words.control,
            words.reason,
            words.until_head,
            words.owner,
            words.source,
            words.findings
        )?;
        for decision in decisions.iter().take(ROWS_MAX) {
            let suppression = decision.suppression;
            let controls: Vec<String> = decision.controls.iter().map(|id| (*id).to_owned()).collect();
            writeln!(
                self.out,
                "<tr><td>{}</td><td>{}</td><td class=\"keep\">{}</td><td>{}</td><td class=\"mono\">{}</td><td class=\"n\">{}</td></tr>",
                escape(&short_list(words, &controls, 5)),
                escape(&suppression.reason),
                escape(&suppression.until),
                escape(suppression.owner.as_deref().unwrap_or("-")),
                escape(&suppression.source),
                thousands(decision.findings as u64),
            )?;
        }
        writeln!(self.out, "</tbody></table></div>")?;
        self.more(decisions.len())?;
        if by_hand > 0 {
            writeln!(
                self.out,
                "<p>{}: {}</p>",
                words.suppressed,
                count(words.findings_one, words.findings_many, by_hand)
            )?;
        }
        writeln!(self.out, "</section>")
    }

    fn problems(&mut self) -> io::Result<()> {
        let report = self.report;
        if report.problems.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "<section class=\"card\"><h2>{}</h2><ul class=\"plain\">", self.words.problems)?;
        for problem in &report.problems {
            writeln!(self.out, "<li>{}</li>", escape(problem))?;
        }
        writeln!(self.out, "</ul></section>")
    }

    fn more(&mut self, listed: usize) -> io::Result<()> {
        match listed.checked_sub(ROWS_MAX).filter(|more| *more > 0) {
            Some(more) => writeln!(self.out, "<p class=\"soft\">{}</p>", fill(self.words.and_more, more)),
            None => Ok(()),
        }
    }

    /// The frame that the script fills.
    fn findings(&mut self) -> io::Result<()> {
        let words = self.words;
        writeln!(
            self.out,
            "<section id=\"findings\"><h2>{}</h2><noscript><p class=\"card\">{}</p></noscript>",
            words.findings, words.needs_script
        )?;
        writeln!(
            self.out,
            "<div class=\"filters\"><div class=\"tabs\" id=\"status-tabs\" role=\"group\" aria-label=\"{}\">",
            words.status
        )?;
        for (status, word) in [
            ("failed", words.failed),
            ("unjudged", words.unjudged),
            ("suppressed", words.suppressed),
            ("passed", words.passed),
            ("all", words.all),
        ] {
            writeln!(
                self.out,
                "<button type=\"button\" data-status=\"{status}\" aria-pressed=\"false\">{word}<span class=\"n\"></span></button>"
            )?;
        }
        writeln!(self.out, "</div><div class=\"fields\">")?;
        writeln!(
            self.out,
            "<input id=\"q\" type=\"search\" aria-label=\"{}\" placeholder=\"{}\" autocomplete=\"off\" spellcheck=\"false\">",
            words.search,
            escape(words.search_hint)
        )?;
        for (name, label, all) in [
            ("severity", words.severity, words.all_severities),
            ("service", words.service, words.all_services),
            ("account", words.account, words.all_accounts),
            ("region", words.region, words.all_regions),
            ("standard", words.standard, words.all_standards),
            ("change", words.changes_short, words.all_changes),
        ] {
            writeln!(
                self.out,
                "<select id=\"f-{name}\" aria-label=\"{label}\"><option value=\"\">{all}</option></select>"
            )?;
        }
        writeln!(
            self.out,
            "<button type=\"button\" id=\"clear\" class=\"button\">{}</button></div></div>\n\
             <p id=\"count\" class=\"count soft\" role=\"status\"></p><div id=\"groups\"></div><br><p class=\"soft small noprint\">{}</p></section>",
            words.clear,
            escape(words.keys)
        )
    }

    fn foot(&mut self) -> io::Result<()> {
        let text = fill(self.words.made_by, &self.report.meta.version);
        writeln!(self.out, "<footer><p>{}</p></footer>", escape(&text))?;
        write!(self.out, "<script type=\"application/json\" id=\"data\">")?;
        html_data::write(self.report, self.out)?;
        writeln!(self.out, "</script>\n<script>{SCRIPT}</script>\n</body>\n</html>")
    }
}

/// A bar of passed, failed and not judged; hidden from screen readers, which have the numbers below it.
fn bar([passed, failed, unknown]: [usize; 3]) -> String {
    let all = (passed + failed + unknown).max(1);
    // A tenth of a percent is finer than a pixel of any tile.
    let share = |number: usize| number * 1000 / all;
    let (pass, unjudged) = (share(passed), share(unknown));
    let fail = 1000 - pass - unjudged;
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 1000 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"1000\" height=\"8\"/>\
         <rect class=\"pass\" width=\"{pass}\" height=\"8\"/><rect class=\"fail\" x=\"{pass}\" width=\"{fail}\" height=\"8\"/>\
         <rect class=\"unknown\" x=\"{}\" width=\"{unjudged}\" height=\"8\"/></svg>",
        pass + fail
    )
}

/// The first names and how many more.
fn short_list(words: &Words, names: &[String], shown: usize) -> String {
    let mut text = names.iter().take(shown).cloned().collect::<Vec<_>>().join(words.separator);
    if names.len() > shown {
        text.push_str(words.separator);
        text.push_str(&fill(words.and_more, names.len() - shown));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped() {
        assert_eq!(escape("<img src=x onerror='a'>&\""), "&lt;img src=x onerror=&#39;a&#39;&gt;&amp;&quot;");
    }

    #[test]
    fn bars_are_filled_to_the_end() {
        assert!(bar([1, 1, 1]).contains("<rect class=\"unknown\" x=\"667\" width=\"333\""));
    }
}
