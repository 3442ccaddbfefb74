//! Keeps findings, the history of their changes and the scans behind them.
//!
//! The crate knows the nouns of `sekisho-model` and nothing of rules, workflow or AWS: what a finding becomes
//! is decided in `hub`, the only crate that writes here. [`embedded::EmbeddedStore`] (SQLite in a data
//! directory) is the default; every other implementation of [`Store`] has to pass the same
//! `conformance` suite (feature of that name).
//!
//! Conventions:
//! - Methods are noun first (`finding_list`, `scan_begin`), lists come in a stated order, and pages go on from
//!   a [`Cursor`], never from an offset.
//! - A scan is one transaction: it is seen whole or not at all, and once `scan_commit` has returned, it
//!   survives a killed process and a power cut. A [`ScanWriter`] that is dropped leaves nothing behind.
//! - The clock is never read here; times come from the caller.
//! - Every stored form is versioned: the schema by a number in `meta`, each body by its own format number.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod embedded;
mod error;
mod fingerprint;
mod records;

pub use error::StoreError;
pub use fingerprint::{Fingerprint, finding_fingerprint, fingerprint};
pub use records::{
    Change, ChangeFilter, Cursor, FieldChange, FindingFilter, FindingHead, FindingOrder, FindingRow, FindingWrite,
    ScanCounts, ScanRecord,
};

use sekisho_model::{Finding, ScanMeta, Timestamp};

/// How many findings [`Store::finding_each`] reads at a time.
const PAGE: usize = 1_000;

/// What is kept, as readers see it, and the door to writing.
pub trait Store: Send {
    /// The finding with this id.
    ///
    /// # Errors
    /// Like all methods here: [`StoreError`] when the store cannot be read.
    fn finding_get(&self, id: &str) -> Result<Option<Finding>, StoreError>;

    /// Up to `limit` findings that match, in `order`, after `after` (from the start without it).
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn finding_list(
        &self,
        filter: &FindingFilter,
        order: FindingOrder,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Vec<Finding>, StoreError>;

    /// How many findings match.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn finding_count(&self, filter: &FindingFilter) -> Result<u64, StoreError>;

    /// Complete scans, the latest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn scan_list(&self, limit: usize) -> Result<Vec<ScanRecord>, StoreError>;

    /// Changes that match, oldest first (by time, then finding, then field).
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn change_list(&self, filter: &ChangeFilter, limit: usize) -> Result<Vec<Change>, StoreError>;

    /// Starts to write a scan. Nothing of it is visible before [`ScanWriter::scan_commit`].
    ///
    /// # Errors
    /// [`StoreError`] when the store was opened for reading or cannot be written.
    fn scan_begin(&mut self, meta: &ScanMeta) -> Result<Box<dyn ScanWriter + '_>, StoreError>;

    /// Calls `visit` for every finding that matches, in `order`, without holding them all in memory.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn finding_each(
        &self,
        filter: &FindingFilter,
        order: FindingOrder,
        visit: &mut dyn FnMut(Finding),
    ) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = self.finding_list(filter, order, after.as_ref(), PAGE)?;
            let last_page = page.len() < PAGE;
            after = page.last().map(Cursor::after);
            page.into_iter().for_each(&mut *visit);
            if last_page {
                return Ok(());
            }
        }
    }

    /// The last complete scan.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn scan_last(&self) -> Result<Option<ScanRecord>, StoreError> {
        Ok(self.scan_list(1)?.into_iter().next())
    }
}

/// One scan being written. Reads see what was written through it so far.
pub trait ScanWriter {
    /// The scan's number: 1 for the first, then rising.
    fn scan_id(&self) -> i64;

    /// What deciding needs to know of the findings with these ids, in the order of `ids`; `None` for the unknown.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn finding_heads(&mut self, ids: &[String]) -> Result<Vec<Option<FindingHead>>, StoreError>;

    /// Writes findings as they now are, new or changed, with their changes. `observed` says whether this scan
    /// saw them; if not, they stay in [`ScanWriter::unobserved_list`] unless they are archived.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    fn finding_put(&mut self, writes: &[FindingWrite]) -> Result<(), StoreError>;

    /// Notes that these findings were seen at `at` as they already stand. This is what most of a scan is, so
    /// it does not rewrite the finding.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    fn finding_observe(&mut self, rows: &[FindingRow], at: Timestamp) -> Result<(), StoreError>;

    /// All active findings of an account and Region that this scan has not seen, by id. Not paged: of one
    /// Region they are few, and heads are small.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn unobserved_list(&mut self, account: &str, region: &str) -> Result<Vec<FindingHead>, StoreError>;

    /// The whole finding, as of this scan.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn finding_get(&mut self, id: &str) -> Result<Option<Finding>, StoreError>;

    /// Deletes the findings that were archived before `archived_before`, and the active ones last seen before
    /// `seen_before`, with their histories. Gives their number.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    fn finding_purge(&mut self, archived_before: Timestamp, seen_before: Timestamp) -> Result<u64, StoreError>;

    /// Makes the scan final. When this returns, it is on disk.
    ///
    /// # Errors
    /// [`StoreError`] when it could not be written; then nothing of the scan is kept.
    fn scan_commit(self: Box<Self>, finished_at: Timestamp, counts: &ScanCounts) -> Result<ScanRecord, StoreError>;
}
