//! What a person sees on stderr while a scan runs.
//!
//! On a terminal one line is redrawn in place; elsewhere (a log, a scheduler) a plain line appears every
//! [`PLAIN_INTERVAL`]. The first findings appear as they are made, a few only: the display is there to show that the
//! right thing is being looked at, not to be the report.
//!
//! The display reads no clock: the caller says how much time has passed in every [`ProgressSnapshot`]. Errors of writing
//! are returned; the caller may ignore them, since a closed stderr must not end a scan.

use std::io::{self, Write};
use std::time::Duration;

use sekisho_model::{Lang, Severity};

use super::paint::{Ink, paint};
use super::text::{clean, shorten, shorten_middle, thousands, width};
use super::words::{Words, words};

/// How often a plain line appears where nothing can be redrawn.
pub const PLAIN_INTERVAL: Duration = Duration::from_secs(5);
/// How many findings are shown while the scan runs.
pub const FINDINGS_MAX: usize = 5;

/// Where the scan stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProgressSnapshot {
    /// Since the scan began.
    pub elapsed: Duration,
    /// Accounts finished, and how many there are.
    pub accounts: (usize, usize),
    /// Account-Regions finished, and how many there are.
    pub regions: (usize, usize),
    /// Services finished (per account and Region), and how many there are; (0, 0) while unknown.
    pub services: (usize, usize),
    /// Resources read.
    pub resources: u64,
    /// Calls answered.
    pub calls: u64,
    /// Answers that were "slow down".
    pub throttled: u64,
    /// Calls refused.
    pub refused: u64,
}

/// A finding to show while the scan runs.
#[derive(Debug, Clone, Copy)]
pub struct ProgressFinding<'a> {
    /// The control's severity.
    pub severity: Severity,
    /// `S3.8`.
    pub control_id: &'a str,
    /// In the user's language.
    pub title: &'a str,
    /// ARN or name.
    pub resource_id: &'a str,
}

/// How the display looks, decided by the caller.
#[derive(Debug, Clone, Copy)]
pub struct ProgressStyle {
    /// Whether `out` is a terminal that redraws.
    pub is_terminal: bool,
    /// Whether to colour.
    pub color: bool,
    /// Columns.
    pub width: usize,
    /// Language.
    pub lang: Lang,
}

/// The live display.
pub struct Progress<W: Write> {
    out: W,
    style: ProgressStyle,
    words: &'static Words,
    drawn: bool,
    plain_at: Option<Duration>,
    findings: usize,
}

impl<W: Write> Progress<W> {
    /// A display that writes to `out` (stderr, so that stdout stays clean for data).
    pub fn new(out: W, style: ProgressStyle) -> Self {
        Self { out, style, words: words(style.lang), drawn: false, plain_at: None, findings: 0 }
    }

    /// Shows where the scan stands. Call it as often as convenient, a few times a second on a terminal.
    ///
    /// # Errors
    /// Whatever `out` answers.
    pub fn update(&mut self, snapshot: &ProgressSnapshot) -> io::Result<()> {
        if self.style.is_terminal {
            return self.draw(snapshot);
        }
        if self.plain_at.is_some_and(|last| snapshot.elapsed < last + PLAIN_INTERVAL) {
            return Ok(());
        }
        self.plain_at = Some(snapshot.elapsed);
        let line = self.line(snapshot, usize::MAX);
        writeln!(self.out, "{line}")?;
        self.out.flush()
    }

    /// Shows a finding, unless [`FINDINGS_MAX`] have been shown.
    ///
    /// # Errors
    /// Whatever `out` answers.
    pub fn finding(&mut self, finding: &ProgressFinding<'_>) -> io::Result<()> {
        if self.findings > FINDINGS_MAX {
            return Ok(());
        }
        self.erase()?;
        self.findings += 1;
        if self.findings > FINDINGS_MAX {
            let text = paint(self.style.color, Ink::Faint, &shorten(self.words.progress_more, self.room()));
            return writeln!(self.out, "  {text}");
        }
        let severity = self.words.severity_word(finding.severity);
        let painted = paint(self.style.color, Ink::Severity(finding.severity), severity);
        let id = clean(finding.control_id);
        let room = self.room().saturating_sub(width(severity) + width(&id) + 6);
        let resource = shorten_middle(&clean(finding.resource_id), room / 2);
        let title = shorten(&clean(finding.title), room.saturating_sub(width(&resource)));
        writeln!(self.out, "  {painted}  {id}  {title}  {resource}")
    }

    /// Ends the display and leaves the line empty for the summary.
    ///
    /// # Errors
    /// Whatever `out` answers.
    pub fn finish(&mut self, snapshot: &ProgressSnapshot) -> io::Result<()> {
        self.erase()?;
        let line = self.line(snapshot, if self.style.is_terminal { self.room() } else { usize::MAX });
        writeln!(self.out, "{line}")?;
        self.out.flush()
    }

    /// The columns that may be used: the last one stays free, since some terminals wrap when it is filled.
    fn room(&self) -> usize {
        self.style.width.max(40) - 3
    }

    fn erase(&mut self) -> io::Result<()> {
        if self.drawn {
            self.drawn = false;
            write!(self.out, "\r\u{1b}[2K")?;
        }
        Ok(())
    }

    fn draw(&mut self, snapshot: &ProgressSnapshot) -> io::Result<()> {
        self.erase()?;
        let line = self.line(snapshot, self.room());
        write!(self.out, "{line}")?;
        self.drawn = true;
        self.out.flush()
    }

    /// The line, what matters least left out where it does not fit.
    fn line(&self, snapshot: &ProgressSnapshot, cells: usize) -> String {
        let words = self.words;
        let share = |(done, all): (usize, usize), word: &str| (all > 0).then(|| format!("{done}/{all} {word}"));
        let number = |number: u64, word: &str| (number > 0).then(|| format!("{} {word}", thousands(number)));
        let seconds = snapshot.elapsed.as_secs();
        let clock = format!("{:02}:{:02}", seconds / 60, seconds % 60);
        // In the order of being left out last: time, refused and throttled say whether something is wrong.
        let parts = [
            number(snapshot.refused, words.progress_refused),
            number(snapshot.throttled, words.progress_throttled),
            share(snapshot.accounts, words.progress_accounts),
            share(snapshot.regions, words.progress_regions),
            Some(format!("{} {}", thousands(snapshot.calls), words.progress_calls)),
            share(snapshot.services, words.progress_services),
            number(snapshot.resources, words.progress_resources),
        ];
        let mut used = width(&clock);
        let fits = parts.map(|part| {
            part.filter(|text| {
                let fits = used + 2 + width(text) <= cells;
                used += if fits { 2 + width(text) } else { 0 };
                fits
            })
        });
        let [refused, throttled, accounts, regions, calls, services, resources] = fits;
        let shown = [accounts, regions, services, resources, calls, throttled, refused];
        shown.into_iter().flatten().fold(clock, |line, part| line + "  " + &part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(is_terminal: bool, width: usize, lang: Lang) -> ProgressStyle {
        ProgressStyle { is_terminal, color: false, width, lang }
    }

    fn snapshot(seconds: u64) -> ProgressSnapshot {
        ProgressSnapshot {
            elapsed: Duration::from_secs(seconds),
            accounts: (3, 12),
            regions: (41, 204),
            services: (310, 5200),
            resources: 12_345,
            calls: 9_876,
            throttled: 12,
            refused: 3,
        }
    }

    #[test]
    fn plain_lines_come_every_five_seconds() {
        let mut out = Vec::new();
        let mut progress = Progress::new(&mut out, style(false, 80, Lang::En));
        for seconds in [0, 1, 4, 5, 9, 10] {
            progress.update(&snapshot(seconds)).unwrap();
        }
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 3);
        assert_eq!(
            text.lines().next().unwrap(),
            "00:00  3/12 accounts  41/204 Regions  310/5200 services  12,345 resources  9,876 calls  12 throttled  3 refused"
        );
    }

    #[test]
    fn the_redrawn_line_fits_and_keeps_the_warnings() {
        for lang in [Lang::En, Lang::Ja] {
            for columns in [40, 60, 80, 200] {
                let mut out = Vec::new();
                Progress::new(&mut out, style(true, columns, lang)).update(&snapshot(65)).unwrap();
                let text = String::from_utf8(out).unwrap();
                assert!(width(&text) < columns, "{text}");
                assert!(text.starts_with("01:05  ") && text.ends_with(words(lang).progress_refused), "{text}");
            }
        }
    }

    #[test]
    fn a_few_findings_only_and_no_escape_sequences_from_names() {
        let mut out = Vec::new();
        let mut progress = Progress::new(&mut out, style(false, 80, Lang::En));
        let finding = ProgressFinding {
            severity: Severity::Critical,
            control_id: "S3.2",
            title: "General purpose buckets block public read access",
            resource_id: "arn:aws:s3:::a\u{1b}[2Jb",
        };
        for _ in 0..20 {
            progress.finding(&finding).unwrap();
        }
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), FINDINGS_MAX + 1);
        assert!(!text.contains('\u{1b}'));
        assert!(text.starts_with("  Critical  S3.2  "));
        assert!(text.lines().all(|line| width(line) <= 80));
    }
}
