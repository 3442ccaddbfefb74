//! Which files and folders to check.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};

use sekisho_iac::terraform;

use super::modules::{self, Disk};
use crate::files;

/// Larger than any template (CloudFormation takes 1 MB) and than the plans of large states.
const FILE_MAX_BYTES: u64 = 64 << 20;
/// More files than this means that the wrong folder was named.
const FILES_MAX: usize = 100_000;
/// Folders that hold other people's code or none.
const PASSED_OVER: [&str; 6] = [".git", "node_modules", ".terraform", "target", "__pycache__", ".venv"];

/// A text to check, or why there is none.
#[derive(Clone)]
pub(super) struct Input {
    /// As the user would write it; `-` for standard input.
    pub(super) path: String,
    pub(super) text: Result<Arc<str>, String>,
    /// Whether the user named this very file: then it must be a template.
    pub(super) named: bool,
    /// Whether it is a folder with a root module of Terraform; there is no text then.
    pub(super) module: bool,
}

impl Input {
    /// The same with another text, if there is one.
    pub(super) fn with(&self, changed: Option<&(Arc<str>, String)>) -> Self {
        let text = changed.map_or_else(|| self.text.clone(), |(_, after)| Ok(after.as_str().into()));
        Self { text, ..self.clone() }
    }
}

/// Reads what the paths name: files, folders with everything below them, `-`. A file of a Terraform module stands for its folder.
pub(super) fn sources(paths: &[PathBuf], disk: &Disk) -> Result<Vec<Input>> {
    let mut inputs = Vec::new();
    let (mut folders, mut named) = (BTreeSet::new(), BTreeSet::new());
    let folder_of = |file: &Path| modules::written(file.parent().unwrap_or(Path::new("")));
    for path in paths {
        if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            std::io::stdin()
                .lock()
                .take(FILE_MAX_BYTES + 1)
                .read_to_end(&mut bytes)
                .context("cannot read standard input")?;
            inputs.push(Input { path: "-".to_owned(), text: decoded(bytes), named: true, module: false });
        } else if path.is_dir() {
            let mut files = Vec::new();
            walk(path, &mut files)?;
            files.sort();
            let (modules, others): (Vec<&PathBuf>, Vec<&PathBuf>) = files.iter().partition(|file| is_module_file(file));
            folders.extend(modules.into_iter().map(|file| folder_of(file)));
            named.insert(modules::written(path));
            inputs.extend(others.into_iter().map(|file| Input { path: modules::written(file), ..read(file, false) }));
        } else if is_module_file(path) && path.is_file() {
            folders.insert(folder_of(path));
            named.insert(folder_of(path));
        } else {
            inputs.push(read(path, true));
        }
    }
    let module = |path: String| Input { path, text: Ok("".into()), named: false, module: true };
    inputs.extend(modules::roots(&folders, &named, disk).into_iter().map(module));
    Ok(inputs)
}

fn is_module_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| terraform::is_module_file(&name.to_string_lossy()))
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot read the folder {}", folder.display()))?;
            // Links are not followed: they may lead out of the folder, or in a circle.
            let kind = entry.file_type().with_context(|| format!("cannot read {}", entry.path().display()))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if kind.is_dir() && !PASSED_OVER.contains(&&*name) {
                folders.push(entry.path());
            } else if kind.is_file()
                && ["yaml", "yml", "json", "template", "tf", "tofu"].iter().any(|ending| has_ending(&name, ending))
            {
                files.push(entry.path());
            }
        }
        if files.len() > FILES_MAX {
            bail!("there are more than {FILES_MAX} files below {}; name a smaller folder", folder.display());
        }
    }
    Ok(())
}

fn has_ending(name: &str, ending: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found.eq_ignore_ascii_case(ending))
}

fn read(path: &Path, named: bool) -> Input {
    Input { path: path.display().to_string(), text: text_of(path), named, module: false }
}

/// The text of a file, or what is wrong with it.
pub(super) fn text_of(path: &Path) -> Result<Arc<str>, String> {
    let bytes = fs::File::open(path).and_then(|file| {
        let mut bytes = Vec::new();
        file.take(FILE_MAX_BYTES + 1).read_to_end(&mut bytes).map(|_| bytes)
    });
    match bytes {
        Ok(bytes) => decoded(bytes),
        Err(error) => Err(format!("it cannot be read: {error}; is the path right?")),
    }
}

fn decoded(bytes: Vec<u8>) -> Result<Arc<str>, String> {
    // What Windows writes when the output of a command goes into a file.
    let bytes = match bytes.strip_prefix(&[0xff, 0xfe]) {
        Some(wide) => {
            let units: Vec<u16> =
                wide.chunks_exact(2).filter_map(|pair| Some(u16::from_le_bytes(pair.try_into().ok()?))).collect();
            String::from_utf16(&units)
                .map_err(|_| "it begins as UTF-16 and is none; save it as UTF-8".to_owned())?
                .into_bytes()
        }
        None => bytes,
    };
    let text = files::decoded(bytes, FILE_MAX_BYTES).map_err(|words| format!("it {words}"))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).into())
}
