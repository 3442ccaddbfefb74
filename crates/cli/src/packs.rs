//! Finds and loads packs: the built-in ones, and folders of the user's own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use sekisho_collect::aws::{ModelSet, Operation};
use sekisho_rules::packs::{PackSet, PackSource, Source, builtin, builtin_for_judging};

use crate::args::PackArgs;
use crate::files;

/// Packs are small; more files than this below a folder means that the wrong folder was named.
const FILES_MAX: usize = 20_000;
const FILE_MAX_BYTES: u64 = 1 << 20;
/// How AWS names operations that only read.
const READING: [&str; 7] = ["BatchDescribe", "BatchGet", "Describe", "Get", "List", "Lookup", "Search"];
/// The largest whole model, EC2's, has 2 MB before it is trimmed.
const MODEL_MAX_BYTES: u64 = 16 << 20;

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
        if is_whole_set(folder) {
            bail!(
                "{0} holds the built-in packs themselves, which cannot be added a second time; write --packs-root {0}",
                folder.display()
            );
        }
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

/// The controls that `--only` means: by id, by service, by the type that they judge. `None` for all. A type that no control
/// judges is known too, and adds none.
pub(crate) fn only(packs: &PackSet, words: &[String]) -> Result<Option<BTreeSet<String>>> {
    if words.is_empty() {
        return Ok(None);
    }
    let mut ids = BTreeSet::new();
    for word in words {
        let before = ids.len();
        let meant = packs.controls.values().filter(|control| {
            control.id.eq_ignore_ascii_case(word)
                || control.service().eq_ignore_ascii_case(word)
                || control.resources.contains(word)
        });
        ids.extend(meant.map(|control| control.id.clone()));
        if ids.len() == before && !packs.resources.contains_key(word) {
            let known = packs.controls.keys().map(String::as_str).chain(packs.resources.keys().map(String::as_str));
            let hint = sekisho_model::closest(word, known)
                .map_or_else(|| "see `sekisho controls list`".to_owned(), |close| format!("did you mean {close}?"));
            bail!("--only {word}: no control judges that; {hint}");
        }
    }
    Ok(Some(ids))
}

/// Whether the folder is the project's own `packs/` or a copy of it: only that says which partitions AWS has.
pub(crate) fn is_whole_set(folder: &Path) -> bool {
    folder.join("models/partitions.json").is_file()
}

/// The service models that may be called: the built-in ones, and those beside the packs that the arguments name
/// (`DIR/models/aws/SERVICE.json`), which take their place.
pub(crate) fn models(args: &PackArgs) -> Result<ModelSet> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for folder in args.packs_root.iter().chain(&args.own) {
        let models = folder.join("models/aws");
        let Ok(entries) = std::fs::read_dir(&models) else { continue };
        for entry in entries {
            let path = entry.with_context(|| format!("cannot list {}", models.display()))?.path();
            let Some(service) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".json")) else {
                continue;
            };
            let text = files::read_text(&path, MODEL_MAX_BYTES)?;
            only_reads(&text).with_context(|| format!("{} is not used", path.display()))?;
            if texts.insert(service.to_owned(), text).is_some() {
                bail!("two of the folders have a model of `{service}`; put their packs into one folder");
            }
        }
    }
    Ok(ModelSet::builtin_with(texts)?)
}

/// Whether a model has operations that only read, by AWS's naming of operations: a scan may change nothing, whoever wrote the
/// folder that it is given.
fn only_reads(text: &str) -> Result<()> {
    let model: serde_json::Value = serde_json::from_str(text).context("it is not JSON")?;
    let operations = model.get("operations").and_then(serde_json::Value::as_object);
    for name in operations.into_iter().flat_map(serde_json::Map::keys) {
        let reads = READING.iter().any(|verb| {
            // `GetObject`, not `Getaway`.
            name.strip_prefix(verb).is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_uppercase()))
        });
        if !reads && name != "GenerateCredentialReport" {
            bail!("{name} is not an operation that lists, gets or describes; a scan only reads, so take it out");
        }
    }
    Ok(())
}

/// Calls in the user's own resource packs that cannot be made: operations without a model and misspelled parameters.
/// The built-in packs are checked by the project's tests.
pub(crate) fn uncallable(args: &PackArgs, set: &PackSet) -> Result<Vec<String>> {
    let folders: Vec<&PathBuf> = args.packs_root.iter().chain(&args.own).collect();
    let own =
        set.resources.values().filter(|pack| folders.iter().any(|folder| Path::new(&pack.file).starts_with(folder)));
    let models = models(args)?;
    let mut problems = Vec::new();
    for pack in own {
        let list = pack.list.as_ref().map(|list| (&list.source, &list.with));
        for (source, with) in pack.calls().map(|call| (&call.source, &call.with)).chain(list) {
            let Source::Operation(text) = source else { continue };
            let operation: Operation = text.parse()?;
            if let Err(problem) = models.check(&operation, with.iter().map(|(name, _)| &**name)) {
                problems.push(format!("{}: {problem}", pack.file));
            }
        }
    }
    problems.sort();
    problems.dedup();
    Ok(problems)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_could_change_something_is_refused() {
        for reading in ["GetKeyPolicy", "ListKeys", "DescribeKey", "BatchGetProjects", "GenerateCredentialReport"] {
            only_reads(&format!(r#"{{"operations": {{"{reading}": {{}}}}}}"#)).unwrap();
        }
        for other in ["DeleteBucket", "Getaway", "UpdateTrail", "InvokeFunction"] {
            let error = only_reads(&format!(r#"{{"operations": {{"ListKeys": {{}}, "{other}": {{}}}}}}"#)).unwrap_err();
            assert!(error.to_string().starts_with(other), "{error}");
        }
        assert!(only_reads("no").is_err());
    }
}
