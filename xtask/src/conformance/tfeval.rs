//! The suite `tfeval`: expressions and root modules come to what Terraform itself computes for them, unknown parts included.
//!
//! `--data` is a folder with `iac/tfeval`, whose layout its README describes. It drives an example of the crate `iac`: the binary
//! judges resources that have a pack, and these cases are of a resource that has none.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::{Options, Outcome};
use crate::{cargo, must, root, target};

/// Compares both parts of the suite.
///
/// # Errors
/// When the data or the example fails.
pub(crate) fn run(options: &Options) -> Result<Outcome> {
    must(cargo().args(["build", "--quiet", "--package", "sekisho-iac", "--example", "tfeval"]))?;
    let program = target().join("debug/examples/tfeval");
    let folder = options.data.clone().unwrap_or_else(|| root().join("../shared/data")).join("iac/tfeval");
    let mut outcome = Outcome::default();
    functions(&program, &folder, &mut outcome)?;
    modules(&program, &folder, &mut outcome)?;
    Ok(outcome)
}

fn read(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not json", path.display()))
}

fn lines(program: &Path, argument: &Path) -> Result<Vec<Value>> {
    let output = Command::new(program).arg(argument).output()?;
    ensure!(output.status.success(), "tfeval failed: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    text.lines().map(|line| serde_json::from_str(line).context("tfeval wrote no json")).collect()
}

fn functions(program: &Path, folder: &Path, outcome: &mut Outcome) -> Result<()> {
    let cases = read(&folder.join("functions.json"))?;
    let cases = cases.as_array().context("functions.json is no list")?;
    let expressions: Vec<&str> = cases.iter().filter_map(|case| case.get("expr")?.as_str()).collect();
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), serde_json::to_string(&expressions)?)?;
    let found = lines(program, file.path())?;
    ensure!(found.len() == cases.len(), "{} expressions gave {} results", cases.len(), found.len());
    for (case, found) in cases.iter().zip(found) {
        outcome.total += 1;
        let part = |value: &Value, name: &str| value.get(name).cloned().unwrap_or(Value::Null);
        // How Terraform words an error is its own.
        let same = match case.get("error") {
            Some(_) => found.get("error").is_some(),
            None => {
                alike(&part(case, "json"), &part(&found, "json"))
                    && found.get("error").is_none()
                    && bare(&part(case, "type")) == bare(&part(&found, "type"))
            }
        };
        if !same {
            outcome
                .mismatches
                .push(json!({ "control": "expression", "key": case.get("expr"), "expected": case, "found": found }));
        }
    }
    Ok(())
}

/// A type without the spaces and commas that only lay it out.
fn bare(name: &Value) -> String {
    let text: String = name.as_str().unwrap_or_default().split_whitespace().collect();
    text.replace(",]", "]").replace(",}", "}").replace(",)", ")")
}

/// Equal, numbers but for the last digit of a double: readers of JSON differ in it.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() <= f64::EPSILON * a.abs().max(b.abs()),
            _ => a == b,
        },
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, value)| b.get(name).is_some_and(|other| alike(value, other)))
        }
        _ => a == b,
    }
}

fn modules(program: &Path, folder: &Path, outcome: &mut Outcome) -> Result<()> {
    let expected = read(&folder.join("modules.json"))?;
    for (name, resources) in expected.as_object().context("modules.json is no map")? {
        let found = lines(program, &folder.join("modules").join(name))?;
        let wanted = resources.as_array().context("a module is no list")?;
        let address = |value: &Value| value.get("address").and_then(Value::as_str).map(str::to_owned);
        let all: BTreeSet<String> = wanted.iter().chain(&found).filter_map(address).collect();
        if let Some(problem) = found.iter().find(|line| line.get("problem").is_some()) {
            outcome
                .mismatches
                .push(json!({ "control": "module", "key": name, "expected": "no problem", "found": problem }));
        }
        for one in all {
            outcome.total += 1;
            let of = |list: &[Value]| list.iter().find(|value| address(value).as_ref() == Some(&one)).cloned();
            let (wanted, found) = (of(wanted), of(&found));
            if !(wanted.as_ref().zip(found.as_ref()).is_some_and(|(wanted, found)| same_resource(wanted, found))) {
                let key = format!("{name}#{one}");
                outcome.mismatches.push(json!({ "control": "module", "key": key, "expected": wanted, "found": found }));
            }
        }
    }
    if outcome.total == 0 {
        bail!("{} has no cases", folder.display());
    }
    Ok(())
}

fn same_resource(wanted: &Value, found: &Value) -> bool {
    let part = |value: &Value, name: &str| value.get(name).cloned().unwrap_or_else(|| json!({}));
    alike(&part(wanted, "values"), &part(found, "values")) && alike(&part(wanted, "unknown"), &part(found, "unknown"))
}
