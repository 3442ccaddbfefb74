//! What Terraform's language comes to here, as JSON lines, to compare with what Terraform itself computes:
//! `tfeval FILE` evaluates each line of a file, `tfeval FOLDER` the root module in a folder.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use sekisho_iac::terraform::{self, Files};
use sekisho_iac::{Located, Node, Options};
use serde_json::{Map, Value, json};

struct Disk;

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Arc<str>, String> {
        fs::read_to_string(path).map(Arc::from).map_err(|error| error.to_string())
    }

    fn list(&self, folder: &str) -> Option<Vec<String>> {
        let below = self.list_below(folder)?;
        Some(below.into_iter().filter(|name| !name.contains('/')).collect())
    }

    fn list_below(&self, folder: &str) -> Option<Vec<String>> {
        let mut found = Vec::new();
        let mut waiting = vec![String::new()];
        while let Some(below) = waiting.pop() {
            let path = Path::new(folder).join(&below);
            for entry in fs::read_dir(path).ok()?.flatten() {
                let name = Path::new(&below).join(entry.file_name()).to_string_lossy().into_owned();
                if entry.path().is_dir() { waiting.push(name) } else { found.push(name) }
            }
        }
        found.sort();
        Some(found)
    }

    fn current_folder(&self) -> String {
        std::env::current_dir().map(|folder| folder.display().to_string()).unwrap_or_default()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: tfeval FILE|FOLDER")?;
    let mut out = io::stdout().lock();
    if Path::new(&path).is_dir() {
        let reading = terraform::read(&path, &Disk, &Options::default());
        for problem in &reading.problems {
            writeln!(out, "{}", json!({ "problem": problem.message }))?;
        }
        for declared in &reading.declared {
            let (values, unknown) = split(&declared.properties);
            let unknown = unknown.unwrap_or_else(|| json!({}));
            writeln!(out, "{}", json!({ "address": declared.address, "values": values, "unknown": unknown }))?;
        }
        return Ok(());
    }
    for expression in serde_json::from_str::<Vec<String>>(&fs::read_to_string(path)?)? {
        let line = match terraform::evaluate(&expression) {
            Ok((json, of)) => json!({ "json": serde_json::from_str::<Value>(&json)?, "type": of }),
            Err(error) => json!({ "error": error }),
        };
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The known part of a value, and where it is unknown: the form of `planned_values` and `after_unknown`.
fn split(located: &Located) -> (Value, Option<Value>) {
    match &located.node {
        Node::Null => (Value::Null, None),
        Node::Bool(truth) => ((*truth).into(), None),
        Node::Int(number) => ((*number).into(), None),
        Node::Double(number) => ((*number).into(), None),
        Node::String(text) => (Value::from(&**text), None),
        Node::List(items) => {
            let parts: Vec<_> = items.iter().map(split).collect();
            let unknown = parts.iter().any(|(_, unknown)| unknown.is_some());
            let unknown = unknown.then(|| parts.iter().map(|(_, one)| one.clone().unwrap_or(json!(false))).collect());
            (parts.into_iter().map(|(value, _)| value).collect(), unknown)
        }
        Node::Map(entries) => {
            let (mut known, mut unknown) = (Map::new(), Map::new());
            for entry in entries {
                let (value, hidden) = split(&entry.value);
                if hidden != Some(Value::Bool(true)) {
                    known.insert(entry.key.to_string(), value);
                }
                if let Some(hidden) = hidden {
                    unknown.insert(entry.key.to_string(), hidden);
                }
            }
            (known.into(), (!unknown.is_empty()).then(|| unknown.into()))
        }
        Node::Text(_) | Node::Reference(_) | Node::Unknown(_) => (Value::Null, Some(true.into())),
    }
}
