//! A baseline: the open findings of one moment in a file, so that a scheduler can be told to mind only what is new.
//!
//! The file is JSON, `{"sekisho_baseline": 1, "made_at": "...", "findings": ["arn:...", ...]}`, one id per line and
//! sorted, so that it lies well in version control.

use std::collections::BTreeSet;

use sekisho_model::Timestamp;
use sekisho_store::{FindingFilter, FindingOrder, Store, StoreError};

/// The largest baseline that is read; about a million findings.
pub const BASELINE_MAX_BYTES: usize = 256 * 1024 * 1024;

/// The format that is written.
const FORMAT: u32 = 1;

/// A set of finding ids, and when they were open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// When it was made.
    pub made_at: Timestamp,
    /// The ids.
    pub findings: BTreeSet<String>,
}

/// Why a text is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// Too large.
    #[error("the baseline has more than {BASELINE_MAX_BYTES} bytes; is it the right file?")]
    TooLarge,
    /// Not ours.
    #[error("this is not a baseline ({0}); make one with `sekisho scan --write-baseline FILE`")]
    NotABaseline(String),
    /// Of a later version.
    #[error(
        "the baseline has format {0}, this sekisho reads {FORMAT}; use the newer sekisho or make the baseline anew"
    )]
    NewerFormat(u32),
}

#[derive(serde::Serialize, serde::Deserialize)]
struct File {
    sekisho_baseline: u32,
    made_at: Timestamp,
    findings: BTreeSet<String>,
}

impl Baseline {
    /// The findings that are open now.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub fn of_store(store: &dyn Store, now: Timestamp) -> Result<Self, StoreError> {
        let mut findings = BTreeSet::new();
        store.finding_each(&FindingFilter::open(), FindingOrder::Id, &mut |finding| {
            findings.insert(finding.id);
        })?;
        Ok(Self { made_at: now, findings })
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        let file = File { sekisho_baseline: FORMAT, made_at: self.made_at, findings: self.findings.clone() };
        // Strings and a number cannot fail to be written.
        let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// [`BaselineError`] when it is not a baseline of a known format.
    pub fn from_json(text: &str) -> Result<Self, BaselineError> {
        if text.len() > BASELINE_MAX_BYTES {
            return Err(BaselineError::TooLarge);
        }
        /// The number alone, since later formats may look different otherwise.
        #[derive(serde::Deserialize)]
        struct Head {
            sekisho_baseline: u32,
        }
        let not_one = |error: serde_json::Error| BaselineError::NotABaseline(error.to_string());
        let head: Head = serde_json::from_str(text).map_err(not_one)?;
        if head.sekisho_baseline != FORMAT {
            return Err(BaselineError::NewerFormat(head.sekisho_baseline));
        }
        let file: File = serde_json::from_str(text).map_err(not_one)?;
        Ok(Self { made_at: file.made_at, findings: file.findings })
    }
}
