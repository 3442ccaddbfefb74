//! Reading: findings, scans, history.

use std::path::Path;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Error, OptionalExtension, Row, params_from_iter};
use sekisho_model::{ComplianceStatus, Finding, RecordState, WorkflowStatus};

use super::body::Unpacker;
use super::rows::{nanos, time};
use crate::error::StoreError;
use crate::records::{Change, ChangeFilter, Cursor, FindingFilter, FindingOrder, ScanRecord};

/// The columns of a whole finding, of `finding f` joined with `observed o`.
const FINDING_COLUMNS: &str = "f.id, f.body_format, f.body_size, f.body, o.at";

/// One page of a list.
pub(super) struct Page<'a> {
    pub(super) filter: &'a FindingFilter,
    pub(super) order: FindingOrder,
    pub(super) after: Option<&'a Cursor>,
    pub(super) limit: usize,
}

/// A WHERE clause under construction. Values are always bound, never spelled into the text.
#[derive(Default)]
struct Where {
    text: String,
    values: Vec<Sql>,
    /// The list is walked in the order of ids: no other index may be used for filtering. SQLite would like to,
    /// and would then sort everything that matches for each page, which makes a walk quadratic.
    walks_ids: bool,
}

impl Where {
    fn and(&mut self, condition: &str) {
        self.text.push_str(if self.text.is_empty() { " WHERE " } else { " AND " });
        self.text.push_str(condition);
    }

    fn any_of(&mut self, column: &str, values: impl ExactSizeIterator<Item = Sql>) {
        if values.len() > 0 {
            let marks = vec!["?"; values.len()].join(", ");
            // A unary plus hides the column from the choice of an index (SQLite, "The Query Optimizer Overview").
            let plus = if self.walks_ids { "+" } else { "" };
            self.and(&format!("{plus}{column} IN ({marks})"));
            self.values.extend(values);
        }
    }

    fn of(filter: &FindingFilter, walks_ids: bool) -> Self {
        let mut clause = Self { walks_ids, ..Self::default() };
        let texts = [
            ("f.control_id", &filter.controls),
            ("f.account", &filter.accounts),
            ("f.region", &filter.regions),
            ("f.resource_id", &filter.resource_ids),
            ("f.resource_type", &filter.resource_types),
        ];
        for (column, values) in texts {
            clause.any_of(column, values.iter().map(|value| Sql::from(value.clone())));
        }
        let word = |label: &str| Sql::from(label.to_owned());
        clause.any_of("f.status", filter.statuses.iter().map(|s| word(ComplianceStatus::label(*s))));
        clause.any_of("f.severity", filter.severities.iter().map(|s| Sql::from(s.normalized())));
        clause.any_of("f.workflow", filter.workflows.iter().map(|w| word(WorkflowStatus::label(*w))));
        clause.any_of("f.record_state", filter.record_states.iter().map(|r| word(RecordState::label(*r))));
        clause
    }
}

fn limit(limit: usize) -> Sql {
    Sql::from(i64::try_from(limit).unwrap_or(i64::MAX))
}

/// Decodes a row of [`FINDING_COLUMNS`].
fn finding(row: &Row<'_>, unpacker: &mut Unpacker) -> Result<Result<Finding, StoreError>, Error> {
    let body = row.get_ref(3)?.as_blob()?;
    Ok(match unpacker.unpack(row.get(1)?, row.get(2)?, body) {
        Ok(mut finding) => {
            finding.last_observed_at = time(row, 4)?;
            Ok(finding)
        }
        Err(detail) => Err(StoreError::Body { finding_id: row.get(0)?, detail }),
    })
}

pub(super) fn finding_get(
    connection: &Connection,
    file: &Path,
    unpacker: &mut Unpacker,
    id: &str,
) -> Result<Option<Finding>, StoreError> {
    let sql = format!("SELECT {FINDING_COLUMNS} FROM finding f JOIN observed o ON o.finding = f.row WHERE f.id = ?1");
    let found = connection
        .prepare_cached(&sql)
        .and_then(|mut statement| statement.query_row([id], |row| finding(row, unpacker)).optional());
    found.map_err(|error| StoreError::from_sqlite(file, error))?.transpose()
}

pub(super) fn finding_list(
    connection: &Connection,
    file: &Path,
    unpacker: &mut Unpacker,
    page: &Page<'_>,
) -> Result<Vec<Finding>, StoreError> {
    // Few findings share a resource, so its index is always the better choice.
    let walks_ids = page.order == FindingOrder::Id && page.filter.resource_ids.is_empty();
    let mut clause = Where::of(page.filter, walks_ids);
    if let Some(after) = page.after {
        match page.order {
            FindingOrder::Id => clause.and("f.id > ?"),
            FindingOrder::Severity => {
                clause.and("(f.severity < ? OR (f.severity = ? AND f.id > ?))");
                let severity = after.severity.normalized();
                clause.values.extend([Sql::from(severity), Sql::from(severity)]);
            }
        }
        clause.values.push(Sql::from(after.id.clone()));
    }
    let order = match page.order {
        FindingOrder::Id => "f.id",
        FindingOrder::Severity => "f.severity DESC, f.id",
    };
    let sql = format!(
        "SELECT {FINDING_COLUMNS} FROM finding f JOIN observed o ON o.finding = f.row{} ORDER BY {order} LIMIT ?",
        clause.text
    );
    clause.values.push(limit(page.limit));
    let read = |connection: &Connection| {
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(clause.values), |row| finding(row, unpacker))?;
        rows.collect::<Result<Vec<_>, Error>>()
    };
    read(connection).map_err(|error| StoreError::from_sqlite(file, error))?.into_iter().collect()
}

pub(super) fn finding_count(connection: &Connection, filter: &FindingFilter) -> Result<u64, Error> {
    let clause = Where::of(filter, false);
    let sql = format!("SELECT count(*) FROM finding f{}", clause.text);
    let count: i64 = connection.prepare_cached(&sql)?.query_row(params_from_iter(clause.values), |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or_default())
}

fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, Error> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text)
        .map_err(|error| Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error.into()))
}

pub(super) fn scan_list(connection: &Connection, count: usize) -> Result<Vec<ScanRecord>, Error> {
    let mut statement = connection
        .prepare_cached("SELECT id, started_at, finished_at, meta, counts FROM scan ORDER BY id DESC LIMIT ?1")?;
    let rows = statement.query_map([limit(count)], |row| {
        Ok(ScanRecord {
            id: row.get(0)?,
            started_at: time(row, 1)?,
            finished_at: time(row, 2)?,
            meta: json(row, 3)?,
            counts: json(row, 4)?,
        })
    })?;
    rows.collect()
}

pub(super) fn change_list(connection: &Connection, filter: &ChangeFilter, count: usize) -> Result<Vec<Change>, Error> {
    let mut clause = Where::default();
    clause.any_of("f.id", filter.finding_id.iter().map(|id| Sql::from(id.clone())));
    clause.any_of("c.scan", filter.scan_id.iter().map(|scan| Sql::from(*scan)));
    let sql = format!(
        "SELECT f.id, c.at, c.scan, c.field, c.from_value, c.to_value
         FROM change c JOIN finding f ON f.row = c.finding{} ORDER BY c.at, f.id, c.field LIMIT ?",
        clause.text
    );
    clause.values.push(limit(count));
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(clause.values), |row| {
        Ok(Change {
            finding_id: row.get(0)?,
            at: time(row, 1)?,
            scan_id: row.get(2)?,
            field: row.get(3)?,
            from: row.get(4)?,
            to: row.get(5)?,
        })
    })?;
    rows.collect()
}

/// Stores a scan's row; `nanos` for the times, JSON for the rest.
pub(super) fn scan_insert(connection: &Connection, scan: &ScanRecord) -> Result<(), Error> {
    let json = |value: Result<String, serde_json::Error>| value.map_err(|e| Error::ToSqlConversionFailure(e.into()));
    connection.execute(
        "INSERT INTO scan (id, started_at, finished_at, meta, counts) VALUES (?1, ?2, ?3, ?4, ?5)",
        rusqlite::params![
            scan.id,
            nanos(scan.started_at),
            nanos(scan.finished_at),
            json(serde_json::to_string(&scan.meta))?,
            json(serde_json::to_string(&scan.counts))?
        ],
    )?;
    Ok(())
}
