//! Folders of Terraform: which of them are root modules, and the files that their reading may see.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use sekisho_iac::terraform::{self, Files};

use super::discover;

/// Files that `fileset` may see below one folder.
const BELOW_MAX: usize = 20_000;

/// The disk, as far as a module may see it: below where the user stands, and below the repositories (or else the folders) of the
/// paths that were named. A pull request may come from anybody: `file("/etc/passwd")` reads nothing.
pub(super) struct Disk {
    allowed: Vec<PathBuf>,
    current: PathBuf,
    /// Texts that stand for those on the disk, by the path as the user would write it.
    pub(super) overlay: HashMap<String, Arc<str>>,
}

impl Disk {
    pub(super) fn new(paths: &[PathBuf]) -> Self {
        let current = std::env::current_dir().and_then(fs::canonicalize).unwrap_or_default();
        let base = |path: &PathBuf| {
            let path = fs::canonicalize(path).ok()?;
            let repository = path.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_path_buf);
            Some(repository.unwrap_or(path))
        };
        let allowed = paths.iter().filter_map(base).chain([current.clone()]).filter(|path| path.parent().is_some());
        Self { allowed: allowed.collect(), current, overlay: HashMap::new() }
    }

    fn real(&self, path: &str) -> Result<PathBuf, String> {
        let path = if path.is_empty() { "." } else { path };
        let real = fs::canonicalize(path).map_err(|error| format!("it cannot be read: {error}"))?;
        if self.allowed.iter().any(|base| real.starts_with(base)) {
            return Ok(real);
        }
        Err("it is outside of the folders that are checked; name a folder around both".to_owned())
    }
}

impl Disk {
    /// What stands on the disk, whatever is laid over it.
    pub(super) fn original(&self, path: &str) -> Result<Arc<str>, String> {
        discover::text_of(&self.real(path)?)
    }
}

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Arc<str>, String> {
        self.overlay.get(path).map_or_else(|| self.original(path), |text| Ok(text.clone()))
    }

    fn list(&self, folder: &str) -> Option<Vec<String>> {
        let mut names: Vec<String> = fs::read_dir(self.real(folder).ok()?)
            .ok()?
            .flatten()
            .filter(|entry| entry.path().is_file())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        Some(names)
    }

    fn list_below(&self, folder: &str) -> Option<Vec<String>> {
        let base = self.real(folder).ok()?;
        let (mut found, mut waiting) = (Vec::new(), vec![base.clone()]);
        while let Some(below) = waiting.pop() {
            for entry in fs::read_dir(below).ok()?.flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => waiting.push(entry.path()),
                    Ok(kind) if kind.is_file() && found.len() < BELOW_MAX => {
                        found.extend(
                            entry.path().strip_prefix(&base).ok().map(|path| path.to_string_lossy().into_owned()),
                        );
                    }
                    _ => {}
                }
            }
        }
        found.sort();
        Some(found)
    }

    fn current_folder(&self) -> String {
        self.current.to_string_lossy().into_owned()
    }
}

/// The root modules among the folders of some module files: those that no other one calls. A folder that was named is one in
/// any case.
pub(super) fn roots(folders: &BTreeSet<String>, named: &BTreeSet<String>, disk: &Disk) -> Vec<String> {
    let mut called = HashSet::new();
    for folder in folders {
        called.extend(terraform::called_folders(folder, disk));
    }
    folders.iter().filter(|folder| named.contains(*folder) || !called.contains(*folder)).cloned().collect()
}

/// A folder as the user would write it, with `/` and without what says nothing; empty for where the user stands.
pub(super) fn written(folder: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut start = String::new();
    for component in folder.components() {
        match component {
            Component::RootDir | Component::Prefix(_) => start = "/".to_owned(),
            Component::CurDir => {}
            other => parts.push(other.as_os_str().to_string_lossy().into_owned()),
        }
    }
    format!("{start}{}", parts.join("/"))
}
