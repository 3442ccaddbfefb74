//! The embedded store: SQLite in one data directory, nothing to install.
//!
//! The directory holds `sekisho.db` (with SQLite's `-wal` and `-shm` beside it) and `sekisho.lock`.
//!
//! Conventions:
//! - One writer per directory. The writer holds an operating system's lock on `sekisho.lock` for as long as it
//!   is open, so a second scan is refused at once and not after it has read an account for minutes. The
//!   system drops the lock of a killed process. Readers take no lock and are never blocked (WAL).
//! - `synchronous=FULL`: when a commit returns, the write-ahead log is on disk.
//! - Columns are for finding and sorting, the body holds the whole finding. `last_observed_at` is the one field
//!   that is true in its column (`observed.at`) only.

mod body;
mod read;
mod rows;
mod schema;
mod write;

use std::cell::RefCell;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use sekisho_model::{Finding, ScanMeta};

use crate::error::StoreError;
use crate::records::{Change, ChangeFilter, Cursor, FindingFilter, FindingOrder, ScanRecord};
use crate::{ScanWriter, Store};

/// How long to wait for another connection's short write (a checkpoint) before giving up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// SQLite's page cache in KiB. Keeps the indexes of some hundred thousand findings in memory during a scan.
const CACHE_KIB: i64 = 64 * 1024;

/// The SQLite store. See the module's head.
pub struct EmbeddedStore {
    connection: Connection,
    file: PathBuf,
    /// Held while open; `None` in readers.
    writer_lock: Option<File>,
    unpacker: RefCell<body::Unpacker>,
}

impl EmbeddedStore {
    /// Opens the store in `directory` for writing, makes or migrates it where needed, and holds the directory's
    /// writer lock until it is dropped.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process writes there, [`StoreError::NewerSchema`],
    /// [`StoreError::NotWritable`], [`StoreError::Corrupt`] and the rest of [`StoreError`].
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        directory_create(directory)?;
        let lock = lock(directory)?;
        let file = directory.join("sekisho.db");
        private_file(&file)?;
        let mut connection = Connection::open(&file).map_err(|error| StoreError::from_sqlite(&file, error))?;
        prepare_writer(&connection).map_err(|error| StoreError::from_sqlite(&file, error))?;
        schema::migrate(&mut connection, &file)?;
        // The file's name must survive a power cut too, and that is the directory's content.
        #[cfg(unix)]
        File::open(directory)
            .and_then(|opened| opened.sync_all())
            .map_err(|error| StoreError::from_io(directory, error))?;
        Self::with(connection, file, Some(lock))
    }

    /// Opens an existing store for reading, also while another process writes.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none yet, and the rest of [`StoreError`].
    pub fn open_reader(directory: &Path) -> Result<Self, StoreError> {
        let file = directory.join("sekisho.db");
        if !file.exists() {
            return Err(StoreError::Missing { directory: directory.to_owned() });
        }
        let failed = |error| StoreError::from_sqlite(&file, error);
        let connection = open_for_reading(&file).map_err(failed)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        schema::check_readable(&connection, &file, directory)?;
        Self::with(connection, file, None)
    }

    /// Lets the file grow to this many pages of 4 KiB and no further, as a full disk would.
    ///
    /// # Errors
    /// [`StoreError`] when SQLite refuses.
    #[cfg(feature = "conformance")]
    pub fn limit_pages_for_test(&self, pages: u32) -> Result<(), StoreError> {
        let sql = format!("PRAGMA max_page_count = {pages}");
        self.connection.query_row(&sql, [], |_| Ok(())).map_err(|error| self.failed(error))
    }

    fn with(connection: Connection, file: PathBuf, writer_lock: Option<File>) -> Result<Self, StoreError> {
        let unpacker =
            body::Unpacker::new().map_err(|detail| StoreError::Body { finding_id: String::new(), detail })?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self { connection, file, writer_lock, unpacker: RefCell::new(unpacker) })
    }

    fn failed(&self, error: rusqlite::Error) -> StoreError {
        StoreError::from_sqlite(&self.file, error)
    }
}

impl Store for EmbeddedStore {
    fn finding_get(&self, id: &str) -> Result<Option<Finding>, StoreError> {
        read::finding_get(&self.connection, &self.file, &mut self.unpacker.borrow_mut(), id)
    }

    fn finding_list(
        &self,
        filter: &FindingFilter,
        order: FindingOrder,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Vec<Finding>, StoreError> {
        let page = read::Page { filter, order, after, limit };
        read::finding_list(&self.connection, &self.file, &mut self.unpacker.borrow_mut(), &page)
    }

    fn finding_count(&self, filter: &FindingFilter) -> Result<u64, StoreError> {
        read::finding_count(&self.connection, filter).map_err(|error| self.failed(error))
    }

    fn scan_list(&self, limit: usize) -> Result<Vec<ScanRecord>, StoreError> {
        read::scan_list(&self.connection, limit).map_err(|error| self.failed(error))
    }

    fn change_list(&self, filter: &ChangeFilter, limit: usize) -> Result<Vec<Change>, StoreError> {
        read::change_list(&self.connection, filter, limit).map_err(|error| self.failed(error))
    }

    fn scan_begin(&mut self, meta: &ScanMeta) -> Result<Box<dyn ScanWriter + '_>, StoreError> {
        if self.writer_lock.is_none() {
            return Err(StoreError::ReaderOnly { file: self.file.clone() });
        }
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| StoreError::from_sqlite(&self.file, error))?;
        Ok(Box::new(write::EmbeddedScan::new(transaction, self.file.clone(), meta)?))
    }
}

fn prepare_writer(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // The pragma answers with the mode that is now in force; some file systems cannot do WAL, and then the
    // rollback journal is just as safe, only slower and blocking for readers.
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // The log of a large first scan is cut back after its checkpoint.
    connection.query_row("PRAGMA journal_size_limit = 67108864", [], |_| Ok(()))
}

/// Opens for reading; a directory without write permission has no room for SQLite's `-shm`, so there the file is
/// read as immutable, which is true as long as there is no `-wal` (nobody has it open).
fn open_for_reading(file: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    let probe = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    match probe {
        Err(_) if !Path::new(&log).exists() => {
            let uri = format!("file:{}?immutable=1", uri_path(file));
            Connection::open_with_flags(uri, flags)
        }
        Err(error) => Err(error),
        Ok(()) => Ok(connection),
    }
}

/// The path inside a `file:` URI (RFC 3986): all but unreserved characters and `/` escaped.
fn uri_path(file: &Path) -> String {
    let mut text = String::new();
    for byte in file.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Findings tell an attacker where to go, so only the owner may look into a directory that we make.
fn directory_create(directory: &Path) -> Result<(), StoreError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(directory).map_err(|error| StoreError::from_io(directory, error))
}

/// Makes the database file, if it is new, readable for the owner only; SQLite gives its `-wal` and `-shm` the same
/// permissions. The directory may be one that others can enter.
fn private_file(file: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(file).map(drop).map_err(|error| StoreError::from_io(file, error))
}

fn lock(directory: &Path) -> Result<File, StoreError> {
    let path = directory.join("sekisho.lock");
    let failed = |error| StoreError::from_io(&path, error);
    // Not truncated on opening: until we hold the lock, the content is another process's.
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let holder = holder(&mut file);
            return Err(StoreError::Locked { directory: directory.to_owned(), holder });
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    // Only for the other process's message, so a failure to write it is no reason to stop.
    let _told = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
    Ok(file)
}

/// ` (process 123)`, from what the holder wrote into the lock file.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(20).read_to_string(&mut text));
    let known = read.is_ok() && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if known { format!(" (process {text})") } else { String::new() }
}
