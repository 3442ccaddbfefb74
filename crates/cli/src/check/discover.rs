//! Which files to check.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};

use crate::files;

/// A larger file is no template: CloudFormation takes 1 MB.
const FILE_MAX_BYTES: u64 = 8 << 20;
/// More files than this means that the wrong folder was named.
const FILES_MAX: usize = 100_000;
/// Folders that hold other people's code or none.
const PASSED_OVER: [&str; 6] = [".git", "node_modules", ".terraform", "target", "__pycache__", ".venv"];

/// A text to check, or why there is none.
pub(super) struct Input {
    /// As the user would write it; `-` for standard input.
    pub(super) path: String,
    pub(super) text: Result<Arc<str>, String>,
    /// Whether the user named this very file: then it must be a template.
    pub(super) named: bool,
}

/// Reads what the paths name: files, folders with everything below them, `-`.
pub(super) fn sources(paths: &[PathBuf]) -> Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            std::io::stdin()
                .lock()
                .take(FILE_MAX_BYTES + 1)
                .read_to_end(&mut bytes)
                .context("cannot read standard input")?;
            inputs.push(Input { path: "-".to_owned(), text: decoded(bytes), named: true });
        } else if path.is_dir() {
            let mut files = Vec::new();
            walk(path, &mut files)?;
            files.sort();
            inputs.extend(files.iter().map(|file| read(file, false)));
        } else {
            inputs.push(read(path, true));
        }
    }
    Ok(inputs)
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
                && ["yaml", "yml", "json", "template"].iter().any(|ending| has_ending(&name, ending))
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
    let bytes = fs::File::open(path).and_then(|file| {
        let mut bytes = Vec::new();
        file.take(FILE_MAX_BYTES + 1).read_to_end(&mut bytes).map(|_| bytes)
    });
    let text = match bytes {
        Ok(bytes) => decoded(bytes),
        Err(error) => Err(format!("it cannot be read: {error}; is the path right?")),
    };
    Input { path: path.display().to_string(), text, named }
}

fn decoded(bytes: Vec<u8>) -> Result<Arc<str>, String> {
    let text = files::decoded(bytes, FILE_MAX_BYTES).map_err(|words| format!("it {words}"))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).into())
}
