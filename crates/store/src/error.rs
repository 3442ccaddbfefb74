//! What can go wrong with a store, told so that the next step is clear.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// A failure of the store. The texts name the file and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process is writing.
    #[error("{} is in use by another scan{holder}; wait until it ends or choose another data directory with --data", directory.display())]
    Locked {
        /// The data directory.
        directory: PathBuf,
        /// ` (process 123)` where known, else empty.
        holder: String,
    },
    /// Written by a later Sekisho.
    #[error("{} has schema version {found}, this sekisho knows up to {known}; use the newer sekisho that wrote it, or another data directory with --data", file.display())]
    NewerSchema {
        /// The database file.
        file: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Written by an earlier Sekisho and opened for reading only.
    #[error("{} has the older schema version {found}; run one scan with this sekisho to migrate it", file.display())]
    OlderSchema {
        /// The database file.
        file: PathBuf,
        /// Its version.
        found: i64,
    },
    /// A database, but of something else.
    #[error("{} is not a sekisho database; choose another data directory with --data", file.display())]
    NotOurs {
        /// The database file.
        file: PathBuf,
    },
    /// Nothing there yet.
    #[error("there are no findings in {} yet; run `sekisho scan` first, or name the right data directory with --data", directory.display())]
    Missing {
        /// The data directory.
        directory: PathBuf,
    },
    /// No right to write.
    #[error("{} cannot be written ({detail}); check its owner and permissions, or choose another data directory with --data", path.display())]
    NotWritable {
        /// What cannot be written.
        path: PathBuf,
        /// The system's words.
        detail: String,
    },
    /// A store opened for reading was asked to write.
    #[error("{} was opened for reading only; open it as the writer to store a scan", file.display())]
    ReaderOnly {
        /// The database file.
        file: PathBuf,
    },
    /// No space left.
    #[error("no space left for {}; free some space and scan again: the last complete scan is kept", path.display())]
    Full {
        /// The database file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("{} is damaged ({detail}); move it away and scan again, or restore it from a backup", path.display())]
    Corrupt {
        /// The database file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// Another process held the database for too long.
    #[error("{} stayed busy; another program has it open, close it and try again", path.display())]
    Busy {
        /// The database file.
        path: PathBuf,
    },
    /// One stored finding cannot be read.
    #[error("the stored finding {finding_id} cannot be read ({detail}); move the database away and scan again")]
    Body {
        /// Whose body it is.
        finding_id: String,
        /// What is wrong.
        detail: String,
    },
    /// The file system failed.
    #[error("{} failed: {source}; check the disk and the path", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// Anything else that SQLite says.
    #[error("{}: {source}; if it persists, move the file away and scan again", path.display())]
    Sqlite {
        /// The database file.
        path: PathBuf,
        /// SQLite's error.
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// Sorts a file system's error about `path`.
    pub(crate) fn from_io(path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                Self::NotWritable { path, detail: source.to_string() }
            }
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::Io { path, source },
        }
    }

    /// Sorts SQLite's error about the database `path`.
    pub(crate) fn from_sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        let detail = source.to_string();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Self::NotWritable { path, detail }
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt { path, detail },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            _ => Self::Sqlite { path, source },
        }
    }
}
