//! `--explain-resource ID`: the document that the controls saw.

use std::io::Write;

use anyhow::{Result, bail};
use sekisho_iac::shape;
use sekisho_model::Value;

use super::discover::Input;
use super::engine::Engine;

impl Engine<'_> {
    /// Prints the documents of all resources with this logical id.
    pub(super) fn explain(&self, inputs: &[Input], address: &str, out: &mut dyn Write) -> Result<()> {
        let mut known = Vec::new();
        let mut printed = 0;
        for input in inputs {
            let Some(reading) = self.reading(input) else { continue };
            known.extend(reading.declared.iter().map(|declared| declared.address.to_string()));
            for shaped in shape::shape(&reading.declared, self.packs, &self.options) {
                let Some(declared) =
                    reading.declared.get(shaped.origin.declared).filter(|one| *one.address == *address)
                else {
                    continue;
                };
                let resource = &shaped.resource;
                let hidden = |path: &str| self.place(&reading, &shaped.origin, declared, path).1;
                let document = serde_json::json!({
                    "file": if input.path.is_empty() { "." } else { &input.path }, "resource": address, "type": resource.type_name, "name": resource.name,
                    "properties": shown(&hidden, &resource.properties, "properties"),
                    "attributes": resource.attributes, "tags": resource.tags,
                });
                serde_json::to_writer_pretty(&mut *out, &document)?;
                writeln!(out)?;
                printed += 1;
            }
        }
        if printed == 0 {
            let near = sekisho_model::closest(address, known.iter().map(String::as_str));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            bail!("no resource {address} of a type that Sekisho judges is declared here{hint}");
        }
        Ok(())
    }
}

/// A value without what its author marked as secret.
fn shown(hidden: &dyn Fn(&str) -> bool, value: &Value, path: &str) -> Value {
    if hidden(path) {
        return Value::from("(secret)");
    }
    match value {
        Value::Map(map) => Value::Map(
            map.iter().map(|(key, value)| (key.clone(), shown(hidden, value, &format!("{path}.{key}")))).collect(),
        ),
        Value::List(items) => {
            let item = |(at, item): (usize, &Value)| shown(hidden, item, &format!("{path}[{at}]"));
            items.iter().enumerate().map(item).collect::<Vec<_>>().into()
        }
        other => other.clone(),
    }
}
