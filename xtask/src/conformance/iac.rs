//! The suite `iac`: labelled templates get the verdicts that their labels say, before deployment.
//!
//! `--data` is a folder with `iac/expected.json`, whose layout its README describes: templates of CloudFormation, root modules of
//! Terraform and plans. Vectors of controls that do not exist here are counted apart.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{Options, Outcome};
use crate::{root, say};

/// File, resource and control to verdict.
type Verdicts = BTreeMap<(String, String, String), String>;

/// Checks the files that vectors name, compares.
///
/// # Errors
/// When the data or the binary fails.
pub(crate) fn run(options: &Options) -> Result<Outcome> {
    let binary = options.binary()?;
    let folder = options.data.clone().unwrap_or_else(|| root().join("../shared/data")).join("iac");
    let expected = folder.join("expected.json");
    let text = std::fs::read_to_string(&expected).with_context(|| format!("cannot read {}", expected.display()))?;
    let expected: Value = serde_json::from_str(&text).with_context(|| format!("{} is not json", expected.display()))?;
    let all: Vec<&Value> = expected.get("vectors").and_then(Value::as_array).into_iter().flatten().collect();
    let known = super::known_controls(&binary)?;
    let text = |vector: &Value, field: &str| vector.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let judged: Vec<&Value> = all.iter().copied().filter(|vector| known.contains(&text(vector, "control"))).collect();
    say(&format!("{} vectors, {} of controls that are not here", all.len(), all.len() - judged.len()));
    let files: BTreeSet<String> = judged.iter().map(|vector| text(vector, "file")).collect();
    let found = verdicts(&binary, &folder, &files)?;
    let mut outcome = Outcome { total: judged.len(), ..Outcome::default() };
    for vector in judged {
        let key = (text(vector, "file"), text(vector, "resource"), text(vector, "control"));
        let status = found.get(&key).map_or("NOT_APPLICABLE", String::as_str);
        let wanted = text(vector, "expected");
        if status != wanted {
            let (file, resource, control) = key;
            outcome.mismatches.push(json!({
                "id": text(vector, "id"), "control": control, "key": format!("{file}#{resource}"),
                "expected": wanted, "found": status,
            }));
        }
    }
    Ok(outcome)
}

fn verdicts(binary: &Path, folder: &Path, files: &BTreeSet<String>) -> Result<Verdicts> {
    let output = Command::new(binary).current_dir(folder).args(["check", "--format", "json"]).args(files).output()?;
    ensure!(
        output.status.code().is_some_and(|code| code == 0 || code == 2),
        "`check` failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let checked: Value = serde_json::from_slice(&output.stdout).context("`check` wrote no json")?;
    let list = |name: &str| checked.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    // A file of a module stands for the folder that was named.
    let named = |path: String| {
        let folder = |file: &&String| path.strip_prefix(file.as_str()).is_some_and(|rest| rest.starts_with('/'));
        files.iter().find(folder).cloned().unwrap_or(path)
    };
    let key = |value: &Value| (named(text(value, "path")), text(value, "resource"), text(value, "control"));
    let passed = list("passed").iter().map(|passed| (key(passed), "PASSED".to_owned())).collect::<Vec<_>>();
    let others = list("findings").iter().map(|finding| (key(finding), text(finding, "status"))).collect::<Vec<_>>();
    Ok(passed.into_iter().chain(others).collect())
}
