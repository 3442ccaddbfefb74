//! The shapes that ASFF has for the details of resources, cut out of the published model of Security Hub.
//!
//! One line per structure, member to type: `string`, `boolean`, `integer`, `double`, the name of another structure, `[type]` for a list and
//! `{type}` for a map with string keys. The members of `ResourceDetails` are the resource types.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The structure from which all others are reached.
const ROOT: &str = "ResourceDetails";

/// The content of `packs/models/asff/details.json`.
///
/// # Errors
/// When the model has another form than botocore's.
pub(crate) fn details(model: &Value) -> Result<String> {
    let mut structures = BTreeMap::new();
    type_of(model, ROOT, &mut structures)?;
    let lines: Vec<String> = structures
        .iter()
        .map(|(name, members)| Ok(format!(" {}:{}", serde_json::to_string(name)?, serde_json::to_string(members)?)))
        .collect::<Result<_>>()?;
    Ok(format!("{{\n{}\n}}\n", lines.join(",\n")))
}

type Structures = BTreeMap<String, BTreeMap<String, String>>;

/// The type that a shape is, with all structures below it.
fn type_of(model: &Value, name: &str, structures: &mut Structures) -> Result<String> {
    let shape = model.pointer(&format!("/shapes/{name}")).with_context(|| format!("the model has no shape {name}"))?;
    let inner = |part: &str| shape.pointer(&format!("/{part}/shape")).and_then(Value::as_str).unwrap_or_default();
    Ok(match shape.get("type").and_then(Value::as_str).unwrap_or_default() {
        "structure" => {
            if !structures.contains_key(name) {
                structures.insert(name.to_owned(), BTreeMap::new());
                let mut members = BTreeMap::new();
                for (member, reference) in shape.get("members").and_then(Value::as_object).into_iter().flatten() {
                    let target = reference.get("shape").and_then(Value::as_str).unwrap_or_default();
                    members.insert(member.clone(), type_of(model, target, structures)?);
                }
                structures.insert(name.to_owned(), members);
            }
            name.to_owned()
        }
        "list" => format!("[{}]", type_of(model, inner("member"), structures)?),
        "map" => format!("{{{}}}", type_of(model, inner("value"), structures)?),
        plain @ ("string" | "boolean" | "integer" | "double") => plain.to_owned(),
        "long" => "integer".to_owned(),
        other => bail!("{name} is a `{other}`, for which ASFF's details have no word yet; add it to xtask/src/asff.rs"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structures_are_told_once_with_their_members() {
        let model = serde_json::json!({ "shapes": {
            "ResourceDetails": { "type": "structure", "members": { "AwsX": { "shape": "X" }, "Other": { "shape": "Words" } } },
            "X": { "type": "structure", "members": { "Size": { "shape": "Long" }, "Inner": { "shape": "Xs" } } },
            "Xs": { "type": "list", "member": { "shape": "X" } },
            "Words": { "type": "map", "key": { "shape": "Text" }, "value": { "shape": "Text" } },
            "Long": { "type": "long" }, "Text": { "type": "string" }, "Unused": { "type": "string" },
        }});
        let expected = "{\n \"ResourceDetails\":{\"AwsX\":\"X\",\"Other\":\"{string}\"},\n \"X\":{\"Inner\":\"[X]\",\"Size\":\"integer\"}\n}\n";
        assert_eq!(details(&model).unwrap(), expected);
    }
}
