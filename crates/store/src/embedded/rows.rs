//! Between SQL values and ours.

use rusqlite::types::Type;
use rusqlite::{Error, Row};
use sekisho_model::{ComplianceStatus, RecordState, Severity, Timestamp, WorkflowStatus};

use crate::fingerprint::Fingerprint;
use crate::records::{FindingHead, FindingRow};

/// The columns that [`head`] reads, of `finding f` joined with `observed o`.
pub(super) const HEAD_COLUMNS: &str = "f.row, f.id, f.control_id, f.resource_type, f.status, f.previous_status, \
     f.control_severity, f.workflow, f.suppression, f.record_state, f.created_at, f.first_observed_at, o.at, \
     f.updated_at, f.fingerprint";

/// Nanoseconds since 1970; what lies beyond (years before 1678 and after 2261) is cut to the nearest.
pub(super) fn nanos(time: Timestamp) -> i64 {
    let nanos = time.as_nanosecond();
    i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
}

fn bad(column: usize, message: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::FromSqlConversionFailure(column, Type::Text, message.into())
}

/// The time in a column.
pub(super) fn time(row: &Row<'_>, column: usize) -> Result<Timestamp, Error> {
    let nanos: i64 = row.get(column)?;
    Timestamp::from_nanosecond(i128::from(nanos)).map_err(|error| bad(column, error))
}

fn word<T: Copy>(row: &Row<'_>, column: usize, words: &[T], label: impl Fn(T) -> &'static str) -> Result<T, Error> {
    let text = row.get_ref(column)?.as_str()?;
    let found = words.iter().copied().find(|word| label(*word) == text);
    found.ok_or_else(|| bad(column, format!("unknown word `{text}`")))
}

const STATUSES: [ComplianceStatus; 4] =
    [ComplianceStatus::Passed, ComplianceStatus::Failed, ComplianceStatus::Warning, ComplianceStatus::NotAvailable];

const WORKFLOWS: [WorkflowStatus; 4] =
    [WorkflowStatus::New, WorkflowStatus::Resolved, WorkflowStatus::Notified, WorkflowStatus::Suppressed];

fn severity(row: &Row<'_>, column: usize) -> Result<Severity, Error> {
    let number: i64 = row.get(column)?;
    let found = Severity::WORST_FIRST.into_iter().find(|severity| severity.normalized() == number);
    found.ok_or_else(|| bad(column, format!("unknown severity {number}")))
}

/// Reads [`HEAD_COLUMNS`].
pub(super) fn head(row: &Row<'_>) -> Result<FindingHead, Error> {
    let suppression = match row.get_ref(8)?.as_str_or_null()? {
        Some(text) => Some(serde_json::from_str(text).map_err(|error| bad(8, error))?),
        None => None,
    };
    let previous_status = match row.get_ref(5)?.as_str_or_null()? {
        Some(_) => Some(word(row, 5, &STATUSES, ComplianceStatus::label)?),
        None => None,
    };
    Ok(FindingHead {
        row: FindingRow(row.get(0)?),
        id: row.get(1)?,
        control_id: row.get(2)?,
        resource_type: row.get(3)?,
        status: word(row, 4, &STATUSES, ComplianceStatus::label)?,
        previous_status,
        control_severity: severity(row, 6)?,
        workflow: word(row, 7, &WORKFLOWS, WorkflowStatus::label)?,
        suppression,
        record_state: word(row, 9, &[RecordState::Active, RecordState::Archived], RecordState::label)?,
        created_at: time(row, 10)?,
        first_observed_at: time(row, 11)?,
        last_observed_at: time(row, 12)?,
        updated_at: time(row, 13)?,
        fingerprint: Fingerprint(row.get(14)?),
    })
}
