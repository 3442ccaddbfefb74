//! Writing a scan: one transaction from begin to commit.

use std::path::PathBuf;

use rusqlite::{Error, OptionalExtension, Transaction, params};
use sekisho_model::{ComplianceStatus, Finding, ScanMeta, Timestamp};

use super::body::{BODY_FORMAT, Packer, Unpacker};
use super::rows::{HEAD_COLUMNS, head, nanos};
use super::{read, rows};
use crate::ScanWriter;
use crate::error::StoreError;
use crate::fingerprint::finding_fingerprint;
use crate::records::{FindingHead, FindingRow, FindingWrite, ScanCounts, ScanRecord};

const FINDING_UPSERT: &str = "
    INSERT INTO finding (id, control_id, account, region, resource_type, resource_id, status, previous_status,
      severity, control_severity, workflow, suppression, record_state, created_at, first_observed_at, updated_at,
      fingerprint, body_format, body_size, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
    ON CONFLICT (id) DO UPDATE SET
      status = excluded.status, previous_status = excluded.previous_status, severity = excluded.severity,
      control_severity = excluded.control_severity, workflow = excluded.workflow, suppression = excluded.suppression,
      record_state = excluded.record_state, created_at = excluded.created_at,
      first_observed_at = excluded.first_observed_at, updated_at = excluded.updated_at,
      fingerprint = excluded.fingerprint, body_format = excluded.body_format, body_size = excluded.body_size,
      body = excluded.body
    RETURNING row";

const OBSERVED_UPSERT: &str = "
    INSERT INTO observed (finding, scan, at) VALUES (?1, ?2, ?3)
    ON CONFLICT (finding) DO UPDATE SET scan = excluded.scan, at = excluded.at";

/// A finding that no scan saw: remembered as such, but a sight that is already noted stays.
const UNOBSERVED_INSERT: &str = "
    INSERT INTO observed (finding, scan, at) VALUES (?1, 0, ?2) ON CONFLICT (finding) DO NOTHING";

const CHANGE_INSERT: &str = "
    INSERT INTO change (finding, at, field, scan, from_value, to_value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (finding, at, field) DO UPDATE SET scan = excluded.scan, to_value = excluded.to_value";

/// A scan being written.
pub(super) struct EmbeddedScan<'store> {
    transaction: Transaction<'store>,
    file: PathBuf,
    scan_id: i64,
    meta: ScanMeta,
    packer: Packer,
    unpacker: Unpacker,
}

impl<'store> EmbeddedScan<'store> {
    pub(super) fn new(transaction: Transaction<'store>, file: PathBuf, meta: &ScanMeta) -> Result<Self, StoreError> {
        let codec = |detail| StoreError::Body { finding_id: String::new(), detail };
        let scan_id = transaction
            .query_row("SELECT coalesce(max(id), 0) + 1 FROM scan", [], |row| row.get(0))
            .map_err(|error| StoreError::from_sqlite(&file, error))?;
        let (packer, unpacker) = (Packer::new().map_err(codec)?, Unpacker::new().map_err(codec)?);
        Ok(Self { transaction, file, scan_id, meta: meta.clone(), packer, unpacker })
    }

    fn failed(&self, error: Error) -> StoreError {
        StoreError::from_sqlite(&self.file, error)
    }

    fn heads(&self, ids: &[String]) -> Result<Vec<Option<FindingHead>>, Error> {
        let sql = format!("SELECT {HEAD_COLUMNS} FROM finding f JOIN observed o ON o.finding = f.row WHERE f.id = ?1");
        let mut statement = self.transaction.prepare_cached(&sql)?;
        ids.iter().map(|id| statement.query_row([id], head).optional()).collect()
    }

    fn put(&mut self, write: &FindingWrite) -> Result<(), StoreError> {
        let finding = &write.finding;
        let body_failed = |detail| StoreError::Body { finding_id: finding.id.clone(), detail };
        let packed = self.packer.pack(finding).map_err(body_failed)?;
        let suppression = finding.suppression.as_ref().map(serde_json::to_string).transpose();
        let suppression = suppression.map_err(|error| body_failed(error.to_string()))?;
        let run = || -> Result<(), Error> {
            let row: i64 = self.transaction.prepare_cached(FINDING_UPSERT)?.query_row(
                params![
                    finding.id,
                    finding.control_id,
                    finding.account,
                    finding.region,
                    finding.resource.type_name,
                    finding.resource.id,
                    finding.status.label(),
                    finding.previous_status.map(ComplianceStatus::label),
                    finding.severity.normalized(),
                    finding.control_severity.normalized(),
                    finding.workflow.label(),
                    suppression,
                    finding.record_state.label(),
                    nanos(finding.created_at),
                    nanos(finding.first_observed_at),
                    nanos(finding.updated_at),
                    finding_fingerprint(finding).0,
                    BODY_FORMAT,
                    packed.size,
                    packed.bytes,
                ],
                |row| row.get(0),
            )?;
            self.put_beside(row, write)
        };
        run().map_err(|error| self.failed(error))
    }

    /// The rows in the other tables.
    fn put_beside(&self, row: i64, write: &FindingWrite) -> Result<(), Error> {
        let seen_at = nanos(write.finding.last_observed_at);
        if write.observed {
            self.transaction.prepare_cached(OBSERVED_UPSERT)?.execute(params![row, self.scan_id, seen_at])?;
        } else {
            self.transaction.prepare_cached(UNOBSERVED_INSERT)?.execute(params![row, seen_at])?;
        }
        let at = nanos(write.finding.updated_at);
        for change in &write.changes {
            self.transaction.prepare_cached(CHANGE_INSERT)?.execute(params![
                row,
                at,
                change.field,
                self.scan_id,
                change.from,
                change.to
            ])?;
        }
        Ok(())
    }

    fn observe(&self, findings: &[FindingRow], at: Timestamp) -> Result<(), Error> {
        let mut statement =
            self.transaction.prepare_cached("UPDATE observed SET scan = ?1, at = ?2 WHERE finding = ?3")?;
        for finding in findings {
            statement.execute(params![self.scan_id, nanos(at), finding.0])?;
        }
        Ok(())
    }

    fn purge(&self, archived_before: Timestamp, seen_before: Timestamp) -> Result<u64, Error> {
        // An archived finding is not written again, so its last change is the archiving.
        let mut statement = self.transaction.prepare_cached(
            "SELECT row FROM finding WHERE record_state = 'ARCHIVED' AND updated_at < ?1
             UNION ALL
             SELECT f.row FROM observed o JOIN finding f ON f.row = o.finding WHERE o.at < ?2 AND f.record_state = 'ACTIVE'",
        )?;
        let times = params![nanos(archived_before), nanos(seen_before)];
        let rows: Vec<i64> = statement.query_map(times, |row| row.get(0))?.collect::<Result<_, Error>>()?;
        // SQLite may give the number of a deleted row to a new one, so nothing may stay behind under it.
        for sql in [
            "DELETE FROM change WHERE finding = ?1",
            "DELETE FROM observed WHERE finding = ?1",
            "DELETE FROM finding WHERE row = ?1",
        ] {
            let mut statement = self.transaction.prepare_cached(sql)?;
            rows.iter().try_for_each(|row| statement.execute([row]).map(drop))?;
        }
        Ok(rows.len() as u64)
    }

    fn unobserved(&self, account: &str, region: &str) -> Result<Vec<FindingHead>, Error> {
        // The `+` makes SQLite look up the place and sort the few found, not walk all ids in order.
        let sql = format!(
            "SELECT {HEAD_COLUMNS} FROM finding f JOIN observed o ON o.finding = f.row
             WHERE f.account = ?1 AND f.region = ?2 AND f.record_state = 'ACTIVE' AND o.scan <> ?3 ORDER BY +f.id"
        );
        let mut statement = self.transaction.prepare_cached(&sql)?;
        statement.query_map(params![account, region, self.scan_id], rows::head)?.collect()
    }
}

impl ScanWriter for EmbeddedScan<'_> {
    fn scan_id(&self) -> i64 {
        self.scan_id
    }

    fn finding_heads(&mut self, ids: &[String]) -> Result<Vec<Option<FindingHead>>, StoreError> {
        self.heads(ids).map_err(|error| self.failed(error))
    }

    fn finding_put(&mut self, writes: &[FindingWrite]) -> Result<(), StoreError> {
        writes.iter().try_for_each(|write| self.put(write))
    }

    fn finding_observe(&mut self, rows: &[FindingRow], at: Timestamp) -> Result<(), StoreError> {
        self.observe(rows, at).map_err(|error| self.failed(error))
    }

    fn unobserved_list(&mut self, account: &str, region: &str) -> Result<Vec<FindingHead>, StoreError> {
        self.unobserved(account, region).map_err(|error| self.failed(error))
    }

    fn finding_get(&mut self, id: &str) -> Result<Option<Finding>, StoreError> {
        read::finding_get(&self.transaction, &self.file, &mut self.unpacker, id)
    }

    fn finding_purge(&mut self, archived_before: Timestamp, seen_before: Timestamp) -> Result<u64, StoreError> {
        self.purge(archived_before, seen_before).map_err(|error| self.failed(error))
    }

    fn scan_commit(self: Box<Self>, finished_at: Timestamp, counts: &ScanCounts) -> Result<ScanRecord, StoreError> {
        let Self { transaction, file, scan_id, meta, .. } = *self;
        let scan = ScanRecord { id: scan_id, started_at: meta.taken_at, finished_at, meta, counts: counts.clone() };
        read::scan_insert(&transaction, &scan)
            .and_then(|()| transaction.commit())
            .map_err(|error| StoreError::from_sqlite(&file, error))?;
        Ok(scan)
    }
}
