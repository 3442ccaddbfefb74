//! `cargo xtask tidy`: the rules of the house that no compiler checks.
//!
//! - Crates use each other only along the permitted edges (docs/ARCHITECTURE.md).
//! - Hand-written Rust files have at most 600 lines, functions at most 70, and every module says why it exists.
//! - No leftovers, and no path of somebody's machine, in any text of the project.
//! - The documents name no file that is not there.
//! - The service models are what the packs call for (where the pinned wheel is at hand; it is not downloaded here).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::{cargo, models, read_text, root, say};

const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;

/// Who may use whom; `testkit` only in tests and benches.
const EDGES: [(&str, &[&str]); 10] = [
    ("sekisho-model", &[]),
    ("sekisho-rules", &["sekisho-model"]),
    ("sekisho-analyze", &["sekisho-model", "sekisho-rules"]),
    ("sekisho-collect", &["sekisho-model", "sekisho-rules"]),
    ("sekisho-store", &["sekisho-model"]),
    ("sekisho-hub", &["sekisho-model", "sekisho-store"]),
    ("sekisho-iac", &["sekisho-model", "sekisho-rules"]),
    (
        "sekisho",
        &[
            "sekisho-model",
            "sekisho-rules",
            "sekisho-analyze",
            "sekisho-collect",
            "sekisho-store",
            "sekisho-hub",
            "sekisho-iac",
        ],
    ),
    ("sekisho-testkit", &["sekisho-model"]),
    ("xtask", &["sekisho-testkit"]),
];

/// Written in two parts, so that this file does not name them.
const BANNED: [(&str, &str); 6] =
    [("TO", "DO"), ("FIX", "ME"), ("XX", "X:"), ("/wo", "rk/"), ("/ro", "ot/"), ("/tmp/", "sk")];

/// Folders whose texts are searched for what is banned; files and folders of these names are passed over.
const TEXTS: [&str; 8] = ["crates", "xtask", "packs", "docs", "lab", "benchmarks", ".ci", "README.md"];
const PASSED_OVER: [&str; 5] = ["target", "models", "__pycache__", ".git", "node_modules"];
const TEXT_ENDINGS: [&str; 12] = ["rs", "md", "yaml", "yml", "toml", "py", "txt", "sh", "css", "js", "sql", "json"];

/// Runs all checks and fails with all complaints.
pub(crate) fn run() -> Result<()> {
    let mut complaints = edges()?;
    for file in text_files()? {
        let text = read_text(&file)?;
        let name = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
        complaints.extend(banned(&name, &text));
        if name.ends_with(".rs") {
            complaints.extend(file_complaints(&name, &text));
        } else if name.ends_with(".md") {
            complaints.extend(missing_files(&file, &name, &text));
        }
    }
    if models::is_wheel_here() {
        models::run(&["--check".to_owned()])?;
    } else {
        say("packs/models not compared: `cargo xtask models --check` downloads what that needs");
    }
    if complaints.is_empty() {
        return Ok(());
    }
    bail!("{} complaint(s)\n{}", complaints.len(), complaints.join("\n"));
}

fn edges() -> Result<Vec<String>> {
    let output = cargo().args(["metadata", "--format-version", "1", "--no-deps"]).output().context("cargo metadata")?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).context("cargo metadata gave no JSON")?;
    let mut complaints = Vec::new();
    for package in metadata.get("packages").and_then(|packages| packages.as_array()).into_iter().flatten() {
        let text = |value: &serde_json::Value, key: &str| {
            value.get(key).and_then(|text| text.as_str()).unwrap_or_default().to_owned()
        };
        let name = text(package, "name");
        let Some((_, permitted)) = EDGES.iter().find(|(known, _)| *known == name) else {
            complaints
                .push(format!("crate {name} is not in the map; add it to xtask/src/tidy.rs and docs/ARCHITECTURE.md"));
            continue;
        };
        for dependency in package.get("dependencies").and_then(|list| list.as_array()).into_iter().flatten() {
            let used = text(dependency, "name");
            let ours = EDGES.iter().any(|(known, _)| *known == used);
            if ours
                && dependency.get("kind").is_none_or(serde_json::Value::is_null)
                && !permitted.contains(&used.as_str())
            {
                complaints.push(format!("{name} uses {used}, which the map does not permit"));
            }
        }
    }
    Ok(complaints)
}

fn text_files() -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    for name in TEXTS {
        let path = root().join(name);
        if path.is_file() {
            files.insert(path);
        } else if path.is_dir() {
            walk(&path, &mut files)?;
        }
    }
    Ok(files)
}

fn walk(folder: &Path, files: &mut BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let ending = path.extension().map(|ending| ending.to_string_lossy().into_owned()).unwrap_or_default();
        if PASSED_OVER.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            walk(&path, files)?;
        } else if TEXT_ENDINGS.contains(&ending.as_str()) {
            files.insert(path);
        }
    }
    Ok(())
}

fn banned(name: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    for (left, right) in BANNED {
        let word = format!("{left}{right}");
        if let Some(at) = text.lines().position(|line| line.contains(&word)) {
            complaints.push(format!("{name}:{}: contains {word}", at + 1));
        }
    }
    complaints
}

/// Targets of links, and paths in backticks that begin with a folder of the project, that do not exist. Names with
/// placeholders (`<service>`, `*`, upper-case words) are patterns, not files.
fn missing_files(file: &Path, name: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let links = line
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .map(|link| (file.parent().unwrap_or(root()), link));
        let quoted = line.split('`').skip(1).step_by(2).map(|path| (root(), path));
        let starts_here =
            |path: &str| TEXTS.iter().any(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')));
        let candidates = links
            .filter(|(_, link)| !link.contains("://") && !link.starts_with('#'))
            .chain(quoted.filter(|(_, path)| starts_here(path)));
        for (base, path) in candidates {
            let path = path.split('#').next().unwrap_or(path);
            let is_pattern = path.contains(['<', '*', '{', ' ', '$'])
                || path
                    .split(['/', '.', '-'])
                    .any(|part| part.len() > 1 && part.chars().all(|letter| letter.is_ascii_uppercase()));
            if !is_pattern && !base.join(path).exists() && !path.ends_with("README.md") {
                complaints.push(format!("{name}:{}: {path} does not exist", at + 1));
            }
        }
    }
    complaints
}

fn file_complaints(name: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() > FILE_LINES_MAX {
        complaints.push(format!("{name}: {} lines; split it at {FILE_LINES_MAX}", lines.len()));
    }
    let head = lines.iter().find(|line| !line.is_empty() && !line.starts_with("#!["));
    if !head.is_some_and(|line| line.starts_with("//!")) {
        complaints.push(format!("{name}: does not say why it exists; open it with //!"));
    }
    complaints.extend(long_functions(name, &lines));
    complaints
}

/// Functions from their `fn` line to the closing brace at the same indentation. Tests are left out: tables of
/// cases may be long.
fn long_functions(name: &str, lines: &[&str]) -> Vec<String> {
    let mut complaints = Vec::new();
    let is_function = |line: &str| {
        let code = line
            .trim_start()
            .trim_start_matches("pub(crate) ")
            .trim_start_matches("pub(super) ")
            .trim_start_matches("pub ");
        code.trim_start_matches("const ").trim_start_matches("async ").starts_with("fn ")
    };
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| is_function(line)) {
        let in_tests = name.contains("/tests/")
            || name.contains("/benches/")
            || lines.iter().take(at).any(|line| line.contains("#[cfg(test)]"));
        let indent = line.len() - line.trim_start().len();
        let end = lines
            .iter()
            .enumerate()
            .skip(at)
            .find(|(_, line)| line.len() - line.trim_start().len() == indent && line.trim_start().starts_with('}'));
        let length = end.map_or(0, |(end, _)| end - at + 1);
        if length > FUNCTION_LINES_MAX && !in_tests {
            complaints
                .push(format!("{name}:{}: a function of {length} lines; split it at {FUNCTION_LINES_MAX}", at + 1));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_functions_are_found_outside_tests_only() {
        let long = format!("//! Why.\nfn long() {{\n{}}}\n", "    step();\n".repeat(FUNCTION_LINES_MAX));
        assert_eq!(file_complaints("crates/a/src/b.rs", &long).len(), 1);
        assert!(file_complaints("crates/a/tests/b.rs", &long).is_empty());
        let short = format!("//! Why.\nfn short() {{\n{}}}\n", "    step();\n".repeat(FUNCTION_LINES_MAX - 2));
        assert!(file_complaints("crates/a/src/b.rs", &short).is_empty());
    }

    #[test]
    fn a_module_says_why_it_exists() {
        assert_eq!(file_complaints("crates/a/src/b.rs", "use std::fs;\n").len(), 1);
    }

    #[test]
    fn documents_name_only_what_is_there() {
        let text = "see `xtask/src/tidy.rs`, `packs/controls/aws/<service>/<ID>.yaml`, `crates/no/such.rs` and [this](no-such.md)";
        let complaints = missing_files(&root().join("README.md"), "README.md", text);
        assert_eq!(complaints.len(), 2, "{complaints:?}");
    }

    #[test]
    fn banned_words_are_found_with_their_line() {
        let word = ["TO", "DO"].concat();
        assert_eq!(banned("a.md", &format!("fine\n{word} later\n")), [format!("a.md:2: contains {word}")]);
    }
}
