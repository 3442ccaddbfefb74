//! The packs as the writers see them.

use std::collections::BTreeMap;

use sekisho_model::{Map, Value};
use sekisho_rules::packs::{PackSet, effective_parameters};

use super::asff_types;
use super::report::{ControlTexts, ControlView, FixView, StandardLink};

/// [`ControlTexts`] over loaded packs.
pub struct PackTexts<'a> {
    packs: &'a PackSet,
    overrides: &'a BTreeMap<String, Map>,
}

impl<'a> PackTexts<'a> {
    /// The texts of `packs`; `overrides` are the parameters that `sekisho.yaml` sets, by control id.
    pub fn new(packs: &'a PackSet, overrides: &'a BTreeMap<String, Map>) -> Self {
        Self { packs, overrides }
    }

    fn standards(&self, control_id: &str) -> Vec<StandardLink<'_>> {
        let links = self.packs.standards.iter().filter_map(|standard| {
            let requirements = standard.requirements(control_id)?;
            Some(StandardLink {
                id: (&*standard.id).into(),
                standards_id: (&*standard.standards_id).into(),
                name: (&*standard.name).into(),
                version: (&*standard.version).into(),
                requirement_prefix: (&*standard.requirement_prefix).into(),
                requirements: requirements.to_vec(),
            })
        });
        links.collect()
    }
}

/// A parameter's value as ASFF wants it: a list of texts.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::List(items) => items.iter().flat_map(texts).collect(),
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.to_string()],
        other => vec![other.to_string()],
    }
}

impl ControlTexts for PackTexts<'_> {
    fn control(&self, id: &str) -> Option<ControlView<'_>> {
        let control = self.packs.controls.get(id)?;
        let parameters = effective_parameters(&control.parameters, self.overrides.get(id));
        Some(ControlView {
            id: &control.id,
            severity: control.severity,
            title: &control.title,
            why: &control.why,
            accept_when: &control.accept_when,
            fix: FixView {
                console: Some(&control.fix.console),
                cli: control.fix.cli.as_deref(),
                cloudformation: control.fix.cloudformation.as_deref(),
                terraform: control.fix.terraform.as_deref(),
            },
            category: &control.category,
            standards: self.standards(id),
            parameters: parameters
                .as_map()
                .into_iter()
                .flat_map(Map::iter)
                .map(|(name, value)| (name.to_string(), texts(value)))
                .collect(),
        })
    }

    /// ASFF's published name, or else what the pack says.
    fn asff_type(&self, type_name: &str) -> Option<&str> {
        match asff_types::asff_type(type_name) {
            "Other" => self.packs.resources.get(type_name).map(|pack| pack.asff.as_str()),
            known => Some(known),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_lists_of_texts() {
        let value = Value::from(vec![Value::from(22_i64), Value::from("tcp"), Value::Null]);
        assert_eq!(texts(&value), ["22", "tcp"]);
        assert_eq!(texts(&Value::from(true)), ["true"]);
    }
}
