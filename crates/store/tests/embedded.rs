//! What the embedded store promises beyond the common suite: locks, readers, damage, full disks, killed processes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "test code reports by panicking"
)]

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::Connection;
use sekisho_model::{ComplianceStatus, Finding};
use sekisho_store::conformance::{at, finding, meta, store_conformance};
use sekisho_store::embedded::EmbeddedStore;
use sekisho_store::{FieldChange, FindingFilter, FindingOrder, FindingWrite, ScanCounts, Store, StoreError};

fn findings(count: u32, status: ComplianceStatus) -> Vec<FindingWrite> {
    (0..count)
        .map(|n| FindingWrite {
            finding: finding("S3.8", "111111111111", "us-east-1", n, status),
            observed: true,
            changes: vec![FieldChange { field: "status", from: None, to: Some(status.label().into()) }],
        })
        .collect()
}

fn scan(store: &mut EmbeddedStore, writes: &[FindingWrite]) -> Result<(), StoreError> {
    let mut scan = store.scan_begin(&meta(0))?;
    scan.finding_put(writes)?;
    scan.scan_commit(at(1), &ScanCounts::default()).map(drop)
}

fn failed_count(store: &EmbeddedStore) -> u64 {
    let filter = FindingFilter { statuses: vec![ComplianceStatus::Failed], ..FindingFilter::default() };
    store.finding_count(&filter).unwrap()
}

#[test]
fn keeps_the_promises_of_every_store() {
    let mut directories = Vec::new();
    store_conformance(|| {
        directories.push(tempfile::tempdir().unwrap());
        EmbeddedStore::open(directories.last().unwrap().path()).unwrap()
    });
}

#[test]
fn second_writer_is_refused_by_name_and_readers_are_not() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = EmbeddedStore::open(directory.path()).unwrap();
    scan(&mut writer, &findings(3, ComplianceStatus::Failed)).unwrap();
    let Err(error) = EmbeddedStore::open(directory.path()) else { panic!("two writers") };
    let text = error.to_string();
    assert!(matches!(error, StoreError::Locked { .. }), "{text}");
    assert!(text.contains(&directory.path().display().to_string()), "{text}");
    assert!(text.contains(&format!("(process {})", std::process::id())), "{text}");

    let mut open_scan = writer.scan_begin(&meta(10)).unwrap();
    open_scan.finding_put(&findings(3, ComplianceStatus::Passed)).unwrap();
    let reader = EmbeddedStore::open_reader(directory.path()).unwrap();
    assert_eq!(failed_count(&reader), 3, "a reader sees the last complete scan");
    open_scan.scan_commit(at(11), &ScanCounts::default()).unwrap();
    assert_eq!(failed_count(&reader), 0, "and then the next");
    drop(writer);
    EmbeddedStore::open(directory.path()).unwrap();
}

#[test]
fn reader_cannot_write_and_needs_a_store() {
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(EmbeddedStore::open_reader(directory.path()), Err(StoreError::Missing { .. })));
    drop(EmbeddedStore::open(directory.path()).unwrap());
    let mut reader = EmbeddedStore::open_reader(directory.path()).unwrap();
    assert!(matches!(reader.scan_begin(&meta(0)), Err(StoreError::ReaderOnly { .. })));
}

#[test]
fn findings_outlive_the_process_and_only_the_owner_may_look() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("a/b");
    let mut store = EmbeddedStore::open(&data).unwrap();
    scan(&mut store, &findings(3, ComplianceStatus::Failed)).unwrap();
    drop(store);
    let store = EmbeddedStore::open(&data).unwrap();
    assert_eq!(failed_count(&store), 3);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&data), mode(&data.join("sekisho.db"))), (0o700, 0o600));
    }
}

#[test]
fn damage_strangers_and_the_future_are_told_apart() {
    let open = |prepare: &dyn Fn(&Path)| {
        let directory = tempfile::tempdir().unwrap();
        prepare(&directory.path().join("sekisho.db"));
        let error = EmbeddedStore::open(directory.path()).err().unwrap();
        let reading = EmbeddedStore::open_reader(directory.path()).err().unwrap();
        assert_eq!(std::mem::discriminant(&error), std::mem::discriminant(&reading), "{error} / {reading}");
        assert!(error.to_string().contains("sekisho.db"), "{error}");
        error
    };
    let text = open(&|file| fs::write(file, "this is not a database, not at all".repeat(200)).unwrap());
    assert!(matches!(text, StoreError::Corrupt { .. }), "{text}");
    let stranger = open(&|file| Connection::open(file).unwrap().execute_batch("CREATE TABLE music (title)").unwrap());
    assert!(matches!(stranger, StoreError::NotOurs { .. }), "{stranger}");
    let future = open(&|file| {
        drop(EmbeddedStore::open(file.parent().unwrap()).unwrap());
        let raise = "UPDATE meta SET value = '999' WHERE name = 'schema_version'";
        Connection::open(file).unwrap().execute_batch(raise).unwrap();
    });
    assert!(matches!(future, StoreError::NewerSchema { found: 999, .. }), "{future}");
}

#[test]
fn torn_pages_are_reported_not_believed() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = EmbeddedStore::open(directory.path()).unwrap();
    scan(&mut store, &findings(2_000, ComplianceStatus::Failed)).unwrap();
    drop(store);
    let file = directory.path().join("sekisho.db");
    let mut bytes = fs::read(&file).unwrap();
    for byte in bytes.iter_mut().skip(4096 * 4) {
        *byte ^= 0x5a;
    }
    fs::write(&file, bytes).unwrap();
    let list = |store: EmbeddedStore| store.finding_list(&FindingFilter::default(), FindingOrder::Id, None, 10_000);
    let error = EmbeddedStore::open(directory.path()).and_then(list).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. } | StoreError::Body { .. }), "{error:?}");
}

#[test]
fn damaged_body_names_its_finding() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = EmbeddedStore::open(directory.path()).unwrap();
    let writes = findings(1, ComplianceStatus::Failed);
    scan(&mut store, &writes).unwrap();
    let connection = Connection::open(directory.path().join("sekisho.db")).unwrap();
    for harm in ["body = x'00112233'", "body_size = 99999999999", "body_format = 7"] {
        connection.execute_batch(&format!("UPDATE finding SET {harm}")).unwrap();
        let error = store.finding_get(&writes[0].finding.id).unwrap_err();
        assert!(matches!(error, StoreError::Body { .. }), "{harm}: {error}");
        assert!(error.to_string().contains(&writes[0].finding.id), "{harm}: {error}");
        scan(&mut store, &writes).unwrap();
        assert!(store.finding_get(&writes[0].finding.id).unwrap().is_some(), "the next scan heals it");
    }
}

/// SQLite's own page limit answers exactly as a full disk does (SQLITE_FULL), at a place we can choose.
#[test]
fn full_disk_keeps_the_last_complete_scan() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = EmbeddedStore::open(directory.path()).unwrap();
    scan(&mut store, &findings(10, ComplianceStatus::Failed)).unwrap();
    store.limit_pages_for_test(64).unwrap();
    let error = scan(&mut store, &findings(10_000, ComplianceStatus::Passed)).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    assert!(error.to_string().contains("free some space"), "{error}");
    drop(store);
    let store = EmbeddedStore::open(directory.path()).unwrap();
    assert_eq!(failed_count(&store), 10);
    assert_eq!(store.finding_count(&FindingFilter::default()).unwrap(), 10);
    assert_eq!(store.scan_last().unwrap().unwrap().id, 1);
}

#[cfg(unix)]
#[test]
fn directory_without_write_permission() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let mut store = EmbeddedStore::open(&data).unwrap();
    scan(&mut store, &findings(3, ComplianceStatus::Failed)).unwrap();
    drop(store);
    let allow = |mode| {
        for entry in fs::read_dir(&data).unwrap() {
            fs::set_permissions(entry.unwrap().path(), fs::Permissions::from_mode(mode & 0o666)).unwrap();
        }
        fs::set_permissions(&data, fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(0o555);
    // The superuser may write everywhere; then there is nothing to see here.
    if fs::write(data.join("probe"), "").is_err() {
        let error = EmbeddedStore::open(&data).err().unwrap();
        assert!(matches!(error, StoreError::NotWritable { .. }), "{error:?}");
        assert!(error.to_string().contains("permissions"), "{error}");
        assert_eq!(failed_count(&EmbeddedStore::open_reader(&data).unwrap()), 3);
    }
    allow(0o755);
}

const CHILD: &str = "SEKISHO_STORE_TEST_CHILD";

/// Not a test by itself: what the killed child of the next test does.
#[test]
fn child_writes_and_never_ends() {
    let Ok(directory) = std::env::var(CHILD) else { return };
    let mut store = EmbeddedStore::open(Path::new(&directory)).unwrap();
    scan(&mut store, &findings(500, ComplianceStatus::Failed)).unwrap();
    let mut open_scan = store.scan_begin(&meta(10)).unwrap();
    // Enough to overflow SQLite's cache, so that unfinished pages really reach the log on disk.
    open_scan.finding_put(&findings(120_000, ComplianceStatus::Passed)).unwrap();
    println!("half written");
    std::thread::sleep(std::time::Duration::from_secs(600));
}

#[test]
fn killed_process_leaves_the_last_complete_scan() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child_writes_and_never_ends", "--exact", "--nocapture"])
        .env(CHILD, directory.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut said = String::new();
    while !said.contains("half written") {
        let mut byte = [0];
        assert_eq!(output.read(&mut byte).unwrap(), 1, "the child ended early: {said}");
        said.push(char::from(byte[0]));
    }
    assert!(matches!(EmbeddedStore::open(directory.path()), Err(StoreError::Locked { .. })));
    child.kill().unwrap();
    child.wait().unwrap();
    let log = fs::metadata(directory.path().join("sekisho.db-wal")).unwrap().len();
    assert!(log > 5_000_000, "the unfinished scan had reached the disk ({log} bytes)");

    let mut store = EmbeddedStore::open(directory.path()).unwrap();
    assert_eq!(store.finding_count(&FindingFilter::default()).unwrap(), 500);
    assert_eq!(failed_count(&store), 500);
    assert_eq!(store.scan_last().unwrap().unwrap().id, 1);
    let mut read: Vec<Finding> = Vec::new();
    store.finding_each(&FindingFilter::default(), FindingOrder::Id, &mut |finding| read.push(finding)).unwrap();
    assert_eq!(read.len(), 500);
    scan(&mut store, &findings(501, ComplianceStatus::Passed)).unwrap();
    assert_eq!(store.scan_last().unwrap().unwrap().id, 2);
}
