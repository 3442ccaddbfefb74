//! Everything a scan prints and writes.
//!
//! Each writer is one file with one function `write(&Report, &mut dyn Write)`, a pure function of its report: same report,
//! same bytes. Shared figures come from [`summary`](self), shared words from one table, so the formats never
//! disagree. Adding a format is one file here and one line in [`Format`].
//!
//! Conventions:
//! - Whatever was read from AWS is hostile text until the writer has escaped it for its format.
//! - Machine formats speak Security Hub's words in every language; people's formats follow [`Report::lang`].
//! - Writers stream: memory does not grow with the number of findings (HTML and JUnit group them, by reference).

pub mod asff;
mod asff_details;
mod asff_types;
pub mod csv;
pub mod html;
mod html_data;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod ocsf;
mod pack_texts;
pub(crate) mod paint;
pub mod progress;
mod report;
mod summary;
pub mod terminal;
pub(crate) mod text;
pub(crate) mod words;

use std::io::{self, Write};
use std::path::Path;
use std::str::FromStr;

pub use pack_texts::PackTexts;
pub use paint::ColorChoice;
pub use report::{
    ControlTexts, ControlView, Counters, DeltaView, FixView, Report, ResourceIndex, StandardLink, StandardScore, Unread,
};

/// A file format of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// One JSON document.
    Json,
    /// One finding per line.
    Ndjson,
    /// Security Hub's finding format.
    Asff,
    /// Open Cybersecurity Schema Framework, Compliance Finding.
    Ocsf,
    /// For spreadsheets.
    Csv,
    /// To read and to send on.
    Html,
    /// For continuous integration.
    Junit,
    /// For a ticket or a chat.
    Markdown,
}

impl Format {
    /// All formats, in the order of the help text.
    pub const ALL: [Self; 8] =
        [Self::Json, Self::Ndjson, Self::Asff, Self::Ocsf, Self::Csv, Self::Html, Self::Junit, Self::Markdown];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Asff => "asff",
            Self::Ocsf => "ocsf",
            Self::Csv => "csv",
            Self::Html => "html",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
        }
    }

    /// The file name ending, `asff.json`, chosen so that several formats can share one stem.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Asff => "asff.json",
            Self::Ocsf => "ocsf.json",
            Self::Csv => "csv",
            Self::Html => "html",
            Self::Junit => "junit.xml",
            Self::Markdown => "md",
        }
    }

    /// The format that a file name asks for, by its ending.
    pub fn of_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let mut fitting: Vec<Self> =
            Self::ALL.into_iter().filter(|format| name.ends_with(&format!(".{}", format.extension()))).collect();
        // `x.asff.json` ends in `.json` too; the longer ending says more.
        fitting.sort_by_key(|format| std::cmp::Reverse(format.extension().len()));
        fitting.first().copied()
    }

    /// Writes `report` in this format.
    ///
    /// # Errors
    /// Whatever `out` answers (a full disk, a closed pipe). The output is then incomplete and should be discarded.
    pub fn write(self, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Json => json::write(report, out),
            Self::Ndjson => json::write_lines(report, out),
            Self::Asff => asff::write(report, out),
            Self::Ocsf => ocsf::write(report, out),
            Self::Csv => csv::write(report, out),
            Self::Html => html::write(report, out),
            Self::Junit => junit::write(report, out),
            Self::Markdown => markdown::write(report, out),
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.into_iter().map(Self::name).collect();
            format!("`{text}` is not a format; write one of {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_choose_the_format() {
        assert_eq!(Format::of_path(Path::new("a/report.asff.json")), Some(Format::Asff));
        assert_eq!(Format::of_path(Path::new("report.json")), Some(Format::Json));
        assert_eq!(Format::of_path(Path::new("r.HTML")), Some(Format::Html));
        assert_eq!(Format::of_path(Path::new("r.pdf")), None);
        assert!(Format::ALL.into_iter().all(|format| format.name().parse() == Ok(format)));
    }
}
