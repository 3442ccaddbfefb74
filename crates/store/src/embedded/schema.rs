//! The tables, their versions and how one version becomes the next.
//!
//! A migration is one SQL text that turns version n-1 into n, run in one transaction together with the new
//! number. A migration that was released is never edited; `tests/frozen.rs` opens a database of every
//! version ever released.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use crate::error::StoreError;

/// Marks the file as ours for `file(1)` and for the check below: "SKSH".
const APPLICATION_ID: i64 = 0x534b_5348;

/// `MIGRATIONS[n]` makes version n+1.
const MIGRATIONS: &[&str] = &[include_str!("schema-1.sql")];

/// The version that this program writes.
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64;

/// The version of an existing database, 0 for an empty file.
fn version(connection: &Connection, file: &Path) -> Result<i64, StoreError> {
    let failed = |error| StoreError::from_sqlite(file, error);
    let mut tables = connection
        .prepare(
            "SELECT (SELECT count(*) FROM sqlite_schema), (SELECT count(*) FROM sqlite_schema WHERE name = 'meta')",
        )
        .map_err(failed)?;
    let (all, meta): (i64, i64) = tables.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(failed)?;
    if all == 0 {
        return Ok(0);
    }
    let application: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(failed)?;
    if meta == 0 || application != APPLICATION_ID {
        return Err(StoreError::NotOurs { file: file.to_owned() });
    }
    let text: Option<String> = connection
        .query_row("SELECT value FROM meta WHERE name = 'schema_version'", [], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    let number = text.and_then(|text| text.parse().ok());
    number.ok_or_else(|| StoreError::Corrupt { path: file.to_owned(), detail: "meta has no schema_version".to_owned() })
}

/// Refuses what this program cannot read.
pub(super) fn check_readable(connection: &Connection, file: &Path, directory: &Path) -> Result<(), StoreError> {
    match version(connection, file)? {
        0 => Err(StoreError::Missing { directory: directory.to_owned() }),
        found if found > VERSION => Err(StoreError::NewerSchema { file: file.to_owned(), found, known: VERSION }),
        found if found < VERSION => Err(StoreError::OlderSchema { file: file.to_owned(), found }),
        _ => Ok(()),
    }
}

/// Brings the database to [`VERSION`].
pub(super) fn migrate(connection: &mut Connection, file: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::from_sqlite(file, error);
    let found = version(connection, file)?;
    if found > VERSION {
        return Err(StoreError::NewerSchema { file: file.to_owned(), found, known: VERSION });
    }
    for (from, sql) in (0..).zip(MIGRATIONS) {
        if from >= found {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
            step(&transaction, sql, from + 1).map_err(failed)?;
            transaction.commit().map_err(failed)?;
        }
    }
    Ok(())
}

fn step(transaction: &Transaction<'_>, sql: &str, to: i64) -> Result<(), rusqlite::Error> {
    transaction.execute_batch(sql)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.execute(
        "INSERT INTO meta (name, value) VALUES ('schema_version', ?1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [to.to_string()],
    )?;
    Ok(())
}
