//! The packs as the writers of reports see them.

use std::collections::BTreeMap;

use sekisho_model::{Map, Value};
use sekisho_rules::packs::{Control, PackSet, effective_parameters};

use crate::output::{ControlTexts, ControlView, FixView, StandardLink};

/// Texts and facts of the controls in a pack set, with the parameters in force.
pub(crate) struct PackTexts<'a> {
    pub(crate) packs: &'a PackSet,
    pub(crate) parameters: &'a BTreeMap<String, Map>,
}

impl PackTexts<'_> {
    fn parameters(&self, control: &Control) -> Vec<(String, Vec<String>)> {
        let Value::Map(effective) = effective_parameters(&control.parameters, self.parameters.get(&control.id)) else { return Vec::new() };
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let values = |value: &Value| value.as_list().map_or_else(|| vec![text(value)], |items| items.iter().map(text).collect());
        effective.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_string(), values(value))).collect()
    }
}

impl ControlTexts for PackTexts<'_> {
    fn control(&self, id: &str) -> Option<ControlView<'_>> {
        let control = self.packs.controls.get(id)?;
        let standards = self.packs.standards_of(&control.id).map(|(standard, requirements)| StandardLink {
            id: standard.id.as_str().into(),
            standards_id: standard.standards_id.as_str().into(),
            name: standard.name.as_str().into(),
            version: standard.version.as_str().into(),
            requirement_prefix: standard.requirement_prefix.as_str().into(),
            requirements: requirements.to_vec(),
        });
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
            standards: standards.collect(),
            parameters: self.parameters(control),
        })
    }

    fn asff_type(&self, type_name: &str) -> Option<&str> {
        self.packs.resources.get(type_name).map(|pack| pack.asff.as_str())
    }
}
