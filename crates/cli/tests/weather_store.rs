//! What happens to the machine: a killed process, two scans at once, a data directory that cannot be written, a damaged
//! snapshot. A clear word, the last complete scan stands, nothing is lost or invented.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod lab_support;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lab_support::{SCAN, Scan, fail, read, sekisho, succeed};
use sekisho_testkit::synthetic;

fn save(folder: &Path, name: &str, resources: usize) {
    sekisho_collect::snapshot::write(&synthetic::snapshot(resources), File::create(folder.join(name)).unwrap())
        .unwrap();
}

fn judge(folder: &Path, snapshot: &str) -> Command {
    let mut command = sekisho(folder);
    command.args(SCAN).args(["--snapshot", snapshot]);
    command
}

/// What the store says of the last scan, asked without scanning.
fn score(folder: &Path) -> String {
    let output = succeed(sekisho(folder).args(["score", "--json", "--data", "data"]));
    String::from_utf8(output.stdout).unwrap()
}

fn statuses(scan: &Scan) -> Vec<(String, String)> {
    scan.verdicts.iter().map(|(key, said)| (format!("{key:?}"), said.status.clone())).collect()
}

#[test]
fn a_killed_scan_leaves_the_last_complete_one() {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), "small", 200);
    save(folder.path(), "large", 3_000);
    succeed(&mut judge(folder.path(), "small"));
    let before = score(folder.path());
    let started = Instant::now();
    let undisturbed = tempfile::tempdir().unwrap();
    save(undisturbed.path(), "large", 3_000);
    succeed(&mut judge(undisturbed.path(), "large"));
    let whole = started.elapsed();
    let mut killed = 0;
    for part in 1..=8 {
        let mut running = judge(folder.path(), "large").stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole * part / 10);
        // SIGKILL on Unix: the process has no say in it.
        running.kill().unwrap();
        if running.wait().unwrap().success() {
            break;
        }
        killed += 1;
        let now = score(folder.path());
        if now != before {
            // Killed after its transaction was committed: then the large scan stands, whole.
            assert_eq!(now, score(undisturbed.path()), "after {part}/10 of a scan");
            break;
        }
    }
    assert!(killed > 0, "every scan ended before it was killed");
    succeed(&mut judge(folder.path(), "large"));
    assert_eq!(statuses(&read(folder.path())), statuses(&read(undisturbed.path())));
}

#[test]
fn a_second_scan_on_the_same_directory_is_refused_and_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), "large", 6_000);
    let mut first = judge(folder.path(), "large").stderr(Stdio::null()).spawn().unwrap();
    let patience = Instant::now();
    // Files there mean that the first has opened, and so locked, the store.
    let opened = || std::fs::read_dir(folder.path().join("data")).is_ok_and(|mut files| files.next().is_some());
    while !opened() && patience.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut refused = None;
    while refused.is_none() && first.try_wait().unwrap().is_none() && patience.elapsed() < Duration::from_secs(120) {
        let second = sekisho(folder.path())
            .args(["scan", "--demo", "--quiet", "--no-report", "--data", "data"])
            .output()
            .unwrap();
        if !second.status.success() {
            refused = Some(String::from_utf8_lossy(&second.stderr).into_owned());
        }
    }
    assert!(first.wait().unwrap().success());
    let text = refused.expect("the second scan was never refused");
    assert!(text.contains("data") && !text.contains("panicked"), "{text}");
    assert!(read(folder.path()).verdicts.len() > 6_000);
}

#[test]
fn a_data_directory_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), "small", 20);
    // A file where the directory should be: refused for root too, unlike permissions.
    std::fs::write(folder.path().join("data"), "not a directory").unwrap();
    let text = fail(&mut judge(folder.path(), "small"));
    assert!(text.contains("data"), "{text}");
}

#[test]
fn a_database_that_is_not_one_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), "small", 20);
    succeed(&mut judge(folder.path(), "small"));
    let database = largest(&folder.path().join("data"));
    let garbage = vec![0x5a; 8192];
    std::fs::write(&database, &garbage).unwrap();
    let text = fail(&mut judge(folder.path(), "small"));
    assert!(text.contains(database.file_name().unwrap().to_str().unwrap()) || text.contains("data"), "{text}");
    assert_eq!(std::fs::read(&database).unwrap(), garbage, "what somebody may still rescue was overwritten");
}

fn largest(folder: &Path) -> std::path::PathBuf {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    files.max_by_key(|path| path.metadata().unwrap().len()).unwrap()
}

/// A full disk, by way of the limit on file sizes: writes fail with EFBIG as they do with ENOSPC.
#[cfg(unix)]
#[test]
fn a_full_disk_loses_nothing_that_was_kept() {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), "small", 200);
    save(folder.path(), "large", 4_000);
    succeed(&mut judge(folder.path(), "small"));
    let before = score(folder.path());
    let script = "ulimit -f 1200; trap '' XFSZ; exec \"$0\" \"$@\"";
    let plain = judge(folder.path(), "large");
    let mut limited = Command::new("bash");
    limited.args(["-c", script]).arg(plain.get_program()).args(plain.get_args()).current_dir(folder.path());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let text = fail(&mut limited);
    assert!(!text.trim().is_empty());
    assert_eq!(score(folder.path()), before);
}

#[test]
fn a_damaged_snapshot_is_refused_and_nothing_is_kept_of_it() {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), "small", 200);
    succeed(&mut judge(folder.path(), "small"));
    let before = score(folder.path());
    let whole = std::fs::read(folder.path().join("small")).unwrap();
    std::fs::write(folder.path().join("cut"), &whole[..whole.len() / 2]).unwrap();
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x40;
    std::fs::write(folder.path().join("flipped"), flipped).unwrap();
    std::fs::write(folder.path().join("other"), "resources: []\n").unwrap();
    for name in ["cut", "flipped", "other", "not-there"] {
        let text = fail(&mut judge(folder.path(), name));
        assert!(text.contains(name), "{name}: {text}");
    }
    assert_eq!(score(folder.path()), before);
}
