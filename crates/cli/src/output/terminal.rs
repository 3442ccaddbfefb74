//! The summary that a person reads after a scan.
//!
//! Order: who and what was scanned, what changed, the table, the scores, what to do first, accepted risks, what could
//! not be seen, problems of the file, where the files went. Reads at 80 columns in both languages; wider
//! terminals get longer lines, up to [`WIDTH_MAX`], because nobody reads lines of 200 characters.

use std::io::{self, Write};
use std::path::PathBuf;

use sekisho_model::Severity;

use super::paint::{Ink, paint};
use super::report::Report;
use super::summary::{self, Tally};
use super::text::{clean, minute, pad, pad_left, shorten, thousands, width, wrap};
use super::words::{Words, count, fill, words};

/// Lines never grow beyond this.
const WIDTH_MAX: usize = 120;
/// Below this the table does not fit; narrower terminals wrap it themselves.
const WIDTH_MIN: usize = 72;
/// How many things to do are listed.
const PRIORITIES_MAX: usize = 10;
/// How many lines the lists at the end may have; the files have all.
const LIST_MAX: usize = 12;

/// How the terminal looks, decided by the caller.
#[derive(Debug, Clone)]
pub struct TerminalStyle {
    /// Whether to colour.
    pub color: bool,
    /// Columns.
    pub width: usize,
    /// The files that were written, named at the end.
    pub files: Vec<PathBuf>,
}

impl Default for TerminalStyle {
    fn default() -> Self {
        Self { color: false, width: 80, files: Vec::new() }
    }
}

struct Terminal<'a, 'r> {
    report: &'a Report<'r>,
    words: &'static Words,
    color: bool,
    width: usize,
    out: &'a mut dyn Write,
}

/// Writes the summary.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report<'_>, style: &TerminalStyle, out: &mut dyn Write) -> io::Result<()> {
    let mut terminal = Terminal {
        report,
        words: words(report.lang),
        color: style.color,
        width: style.width.clamp(WIDTH_MIN, WIDTH_MAX),
        out,
    };
    terminal.scope()?;
    terminal.changes()?;
    terminal.table()?;
    terminal.scores()?;
    terminal.priorities()?;
    terminal.accepted()?;
    terminal.blind()?;
    terminal.problems()?;
    terminal.files(&style.files)
}

impl Terminal<'_, '_> {
    fn heading(&mut self, text: &str) -> io::Result<()> {
        let text = paint(self.color, Ink::Heading, text);
        writeln!(self.out, "\n{text}")
    }

    /// `text` wrapped and indented; the first line begins with `first` instead of spaces.
    fn wrapped(&mut self, first: &str, indent: usize, text: &str, ink: Option<Ink>) -> io::Result<()> {
        for (at, line) in wrap(text, self.width - indent).iter().enumerate() {
            let lead = if at == 0 { pad(first, indent) } else { " ".repeat(indent) };
            let line = ink.map_or_else(|| line.clone(), |ink| paint(self.color, ink, line));
            writeln!(self.out, "{lead}{line}")?;
        }
        Ok(())
    }

    /// Name and value, values in one column.
    fn field(&mut self, name: &str, value: &str) -> io::Result<()> {
        let column = 20;
        let name = format!("  {}", shorten(name, column - 3));
        self.wrapped(&name, column, value, None)
    }

    fn scope(&mut self) -> io::Result<()> {
        let (report, words) = (self.report, self.words);
        let meta = report.meta;
        self.heading(&format!("Sekisho {}  {}", clean(&meta.version), words.scanned))?;
        let scope = summary::scope(report);
        let counted = |one, many, names: Vec<String>| match names.len() {
            ..=3 => names.join(words.separator),
            number => format!("{} ({})", count(one, many, number), list(words, names, 3)),
        };
        self.field(words.account, &counted(words.accounts_count_one, words.accounts_count_many, scope.accounts))?;
        self.field(words.identity, &list(words, scope.identities, 2))?;
        self.field(words.regions, &regions(words, &scope.regions))?;
        self.field(words.packs, &report.packs)?;
        self.field(words.taken_at, &minute(meta.taken_at))?;
        let counters = report.counters;
        let parts = [
            fill(words.resources_read, thousands(counters.resources)),
            fill(words.calls, thousands(counters.calls)),
            fill(words.throttled, thousands(counters.throttled)),
            fill(words.refused, thousands(counters.refused)),
            fill(words.seconds, format_args!("{:.1}", counters.seconds)),
        ];
        self.field(words.cost, &parts.join(words.separator))?;
        match counters.purged {
            0 => Ok(()),
            number => self.field(words.purged, &fill(words.purged_why, thousands(number))),
        }
    }

    fn changes(&mut self) -> io::Result<()> {
        let words = self.words;
        let Some(delta) = &self.report.delta else {
            return self.field(words.changes_short, words.first_scan);
        };
        self.heading(&fill(words.changes, minute(delta.previous_at)))?;
        let cells = [
            (words.new, delta.new.len(), Ink::Bad),
            (words.regressed, delta.regressed.len(), Ink::Bad),
            (words.fixed, delta.fixed.len(), Ink::Good),
            (words.unchanged, delta.unchanged.len(), Ink::Faint),
        ];
        let line: Vec<String> = cells
            .into_iter()
            .map(|(word, number, ink)| {
                let text = format!("{word} {}", thousands(number as u64));
                if number == 0 { text } else { paint(self.color, ink, &text) }
            })
            .collect();
        writeln!(self.out, "  {}", line.join("   "))
    }

    fn table(&mut self) -> io::Result<()> {
        let words = self.words;
        let (rows, total) = summary::tally(self.report);
        self.heading(words.by_service)?;
        if rows.is_empty() {
            return writeln!(self.out, "  {}", words.no_findings);
        }
        let heads =
            [words.critical, words.high, words.medium, words.low, words.passed, words.unjudged, words.suppressed];
        let cells: Vec<usize> = heads.iter().map(|head| width(head).max(6)).collect();
        let name_cells = self.width.min(80) - 2 - cells.iter().map(|cells| cells + 1).sum::<usize>();
        let mut line = format!("  {}", pad(words.service, name_cells));
        for (head, cells) in heads.iter().zip(&cells) {
            line.push(' ');
            line.push_str(&pad_left(head, *cells));
        }
        let line = paint(self.color, Ink::Faint, &line);
        writeln!(self.out, "{line}")?;
        for (name, tally) in &rows {
            self.row(&shorten(&clean(name), name_cells), name_cells, tally, &cells)?;
        }
        self.row(words.total, name_cells, &total, &cells)?;
        if total.suppressed > 0 {
            self.wrapped("", 2, words.suppressed_subset, Some(Ink::Faint))?;
        }
        Ok(())
    }

    fn row(&mut self, name: &str, name_cells: usize, tally: &Tally, cells: &[usize]) -> io::Result<()> {
        let failed = tally
            .failed
            .iter()
            .zip(Severity::WORST_FIRST)
            .take(4)
            .map(|(count, severity)| (*count, Ink::Severity(severity)));
        let others = [(tally.passed, Ink::Good), (tally.unjudged, Ink::Caution), (tally.suppressed, Ink::Faint)];
        let mut line = format!("  {}", pad(name, name_cells));
        for ((count, ink), cells) in failed.chain(others).zip(cells) {
            let text = if count == 0 { "-".to_owned() } else { thousands(count as u64) };
            let space = " ".repeat(cells.saturating_sub(text.len()) + 1);
            let text = if count == 0 { text } else { paint(self.color, ink, &text) };
            line.push_str(&space);
            line.push_str(&text);
        }
        writeln!(self.out, "{line}")
    }

    fn scores(&mut self) -> io::Result<()> {
        let (report, words) = (self.report, self.words);
        if report.scores.is_empty() && report.summary_score.is_none() {
            return Ok(());
        }
        self.heading(words.scores)?;
        let heads = [words.passed, words.failed, words.unjudged];
        let cells = heads.map(|head| width(head).max(6));
        let numbers: usize = cells.iter().map(|cells| cells + 1).sum();
        let name_cells = self.width.min(100) - 22 - numbers;
        let mut line = format!("  {}", pad(words.standard, name_cells + 20));
        for (head, cells) in heads.iter().zip(cells) {
            line.push(' ');
            line.push_str(&pad_left(head, cells));
        }
        let line = paint(self.color, Ink::Faint, &line);
        writeln!(self.out, "{line}")?;
        let line = self.score_line(words.summary_score, "", name_cells, report.summary_score);
        writeln!(self.out, "{line}")?;
        for standard in &report.scores {
            let mut line = self.score_line(&standard.name, &standard.version, name_cells, standard.score);
            for (number, cells) in [standard.passed, standard.failed, standard.unknown].into_iter().zip(cells) {
                line.push(' ');
                line.push_str(&pad_left(&number.to_string(), cells));
            }
            writeln!(self.out, "{line}")?;
        }
        self.wrapped("", 2, words.score_explained, Some(Ink::Faint))
    }

    /// Name, bar and percentage, 22 cells beside the name. A score below 100 never fills the bar.
    fn score_line(&self, name: &str, version: &str, name_cells: usize, score: Option<u8>) -> String {
        let version = if version.is_empty() { String::new() } else { format!(" v{}", clean(version)) };
        let name = format!("{}{version}", shorten(&clean(name), name_cells.saturating_sub(width(&version))));
        let (bar, shown) = match score {
            Some(score) => {
                let full = usize::from(score.min(100)).div_ceil(10).min(if score < 100 { 9 } else { 10 });
                (format!("[{}{}]", "#".repeat(full), ".".repeat(10 - full)), format!("{score} %"))
            }
            None => (pad(self.words.no_score, 12), "-".to_owned()),
        };
        let ink = match score {
            Some(90..) => Ink::Good,
            Some(70..) => Ink::Caution,
            Some(_) => Ink::Bad,
            None => Ink::Faint,
        };
        format!("  {} {} {}", pad(&name, name_cells), paint(self.color, ink, &bar), pad_left(&shown, 6))
    }

    fn priorities(&mut self) -> io::Result<()> {
        let words = self.words;
        self.heading(words.do_first)?;
        let things = summary::priorities(self.report, PRIORITIES_MAX);
        if things.is_empty() {
            return writeln!(self.out, "  {}", words.nothing_to_do);
        }
        let id_cells = things.iter().map(|thing| width(thing.control_id)).max().unwrap_or(0).min(24);
        let severity_cells = things.iter().map(|thing| width(words.severity_word(thing.severity))).max().unwrap_or(0);
        for (at, thing) in things.iter().enumerate() {
            let severity = words.severity_word(thing.severity);
            let painted = paint(self.color, Ink::Severity(thing.severity), severity);
            let gap = " ".repeat(severity_cells - width(severity));
            let id = pad(&shorten(&clean(thing.control_id), id_cells), id_cells);
            let lead = format!(" {:>2}. {painted}{gap}  {id}  ", at + 1);
            let indent = 9 + severity_cells + id_cells;
            let what =
                format!("{}: {}", count(words.resources_one, words.resources_many, thing.resources), thing.title);
            for (line_at, line) in wrap(&what, self.width - indent).iter().enumerate() {
                let lead = if line_at == 0 { lead.clone() } else { " ".repeat(indent) };
                writeln!(self.out, "{lead}{line}")?;
            }
            self.fix(&thing.fix)?;
        }
        self.wrapped("", 2, words.do_first_order, Some(Ink::Faint))?;
        self.wrapped("", 2, words.see_control, Some(Ink::Faint))
    }

    /// The fix in at most two lines; a command that does not fit is better read in `controls show`.
    fn fix(&mut self, fix: &str) -> io::Result<()> {
        if fix.is_empty() {
            return Ok(());
        }
        let lead = format!("     {}: ", self.words.fix);
        let indent = width(&lead);
        let lines = wrap(fix, self.width - indent);
        let shown = lines.len().min(2);
        for (at, line) in lines.iter().take(shown).enumerate() {
            let cut = at + 1 == shown && lines.len() > shown;
            let line = if cut { shorten(&format!("{line} ..."), self.width - indent) } else { line.clone() };
            writeln!(self.out, "{}{line}", if at == 0 { lead.clone() } else { " ".repeat(indent) })?;
        }
        Ok(())
    }

    fn accepted(&mut self) -> io::Result<()> {
        let words = self.words;
        let (decisions, by_hand) = summary::accepted(self.report);
        if decisions.is_empty() && by_hand == 0 {
            return Ok(());
        }
        self.heading(words.suppressions)?;
        for decision in decisions.iter().take(LIST_MAX) {
            let suppression = decision.suppression;
            let controls = list(words, decision.controls.iter().map(|id| (*id).to_owned()).collect(), 4);
            let mut parts = vec![
                count(words.findings_one, words.findings_many, decision.findings),
                controls,
                fill(words.until, &suppression.until),
            ];
            parts.extend(suppression.owner.clone());
            parts.push(suppression.source.clone());
            self.wrapped("  -", 4, &parts.join(" / "), None)?;
            self.wrapped("", 4, &suppression.reason, Some(Ink::Faint))?;
        }
        self.more(decisions.len())?;
        if by_hand > 0 {
            self.wrapped(
                "  -",
                4,
                &format!("{}: {}", words.suppressed, count(words.findings_one, words.findings_many, by_hand)),
                None,
            )?;
        }
        Ok(())
    }

    fn blind(&mut self) -> io::Result<()> {
        let words = self.words;
        let spots = summary::blind_spots(self.report);
        self.heading(words.not_seen)?;
        if spots.is_empty() {
            return writeln!(self.out, "  {}", words.all_seen);
        }
        for spot in spots.iter().take(LIST_MAX) {
            let hidden = spot.hides(words).join(words.separator);
            let line = format!("{} ({hidden}; {})", spot.operation, regions(words, &spot.regions));
            self.wrapped("  -", 4, &line, Some(Ink::Caution))?;
            if !spot.reason.is_empty() {
                self.wrapped("", 4, &spot.reason, None)?;
            }
        }
        self.more(spots.len())?;
        self.wrapped("", 2, words.not_seen_explained, Some(Ink::Faint))
    }

    fn problems(&mut self) -> io::Result<()> {
        let report = self.report;
        if report.problems.is_empty() {
            return Ok(());
        }
        self.heading(self.words.problems)?;
        for problem in &report.problems {
            self.wrapped("  -", 4, problem, Some(Ink::Caution))?;
        }
        Ok(())
    }

    fn files(&mut self, files: &[PathBuf]) -> io::Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        self.heading(self.words.written)?;
        for file in files {
            // Not wrapped: a path is copied, and a line break inside it would break the copy.
            writeln!(self.out, "  {}", clean(&file.display().to_string()))?;
        }
        Ok(())
    }

    fn more(&mut self, listed: usize) -> io::Result<()> {
        match listed.checked_sub(LIST_MAX).filter(|more| *more > 0) {
            Some(more) => writeln!(self.out, "  - {}", fill(self.words.and_more, more)),
            None => Ok(()),
        }
    }
}

/// Up to five Regions by name, more as a number with the first ones.
fn regions(words: &Words, regions: &[String]) -> String {
    if regions.len() <= 5 {
        return regions.join(", ");
    }
    format!(
        "{} ({})",
        count(words.regions_count_one, words.regions_count_many, regions.len()),
        list(words, regions.to_vec(), 3)
    )
}

/// The first `shown` names and how many more.
fn list(words: &Words, mut names: Vec<String>, shown: usize) -> String {
    let more = names.len().saturating_sub(shown);
    if more > 0 {
        names.truncate(shown);
        names.push(fill(words.and_more, more));
    }
    names.join(words.separator)
}
