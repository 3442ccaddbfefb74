//! Finds and loads packs: the built-in ones, and folders of the user's own.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use sekisho_rules::packs::{PackSet, PackSource, builtin, builtin_for_judging};

use crate::args::PackArgs;
use crate::files;

/// Packs are small; more files than this below a folder means that the wrong folder was named.
const FILES_MAX: usize = 20_000;
const FILE_MAX_BYTES: u64 = 1 << 20;

/// The packs and how to call them in a report.
pub(crate) struct Loaded {
    pub(crate) set: PackSet,
    pub(crate) description: String,
}

/// Loads what the arguments name. The built-in controls come without their tests.
pub(crate) fn load(args: &PackArgs) -> Result<Loaded> {
    load_with(args, builtin_for_judging)
}

/// The same with all tests.
pub(crate) fn load_with_tests(args: &PackArgs) -> Result<Loaded> {
    load_with(args, builtin)
}

fn load_with(args: &PackArgs, builtin: fn() -> Vec<PackSource>) -> Result<Loaded> {
    let mut sources = match &args.packs_root {
        Some(root) => read_folder(root)?,
        None => builtin(),
    };
    let mut description = args
        .packs_root
        .as_ref()
        .map_or_else(|| format!("built-in {}", env!("CARGO_PKG_VERSION")), |root| root.display().to_string());
    for folder in &args.own {
        sources.extend(read_folder(folder)?);
        description = format!("{description} + {}", folder.display());
    }
    match PackSet::load(&sources) {
        Ok(set) => Ok(Loaded { set, description }),
        Err(problems) => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            let count = lines.len();
            let problems = if count == 1 { "a problem".to_owned() } else { format!("{count} problems") };
            Err(anyhow!("{problems} in the packs\n{}", lines.join("\n")))
        }
    }
}

fn read_folder(root: &Path) -> Result<Vec<PackSource>> {
    let mut paths = Vec::new();
    for kind in ["resources", "controls", "standards"] {
        let folder = root.join(kind);
        if folder.is_dir() {
            walk(&folder, &mut paths)?;
        }
    }
    if paths.is_empty() {
        return Err(anyhow!("{} has no pack files; it needs controls/ or resources/ with .yaml files", root.display()));
    }
    paths.sort();
    paths
        .into_iter()
        .map(|path| Ok(PackSource::written(path.display().to_string(), files::read_text(&path, FILE_MAX_BYTES)?)))
        .collect()
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
        if path.is_dir() {
            walk(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            paths.push(path);
        }
        if paths.len() > FILES_MAX {
            return Err(anyhow!("more than {FILES_MAX} files below {}; is it the packs folder?", folder.display()));
        }
    }
    Ok(())
}
