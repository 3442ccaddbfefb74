//! `sekisho controls list`.

use std::io::{self, Write};

use anyhow::{Result, bail};
use sekisho_model::Lang;
use sekisho_rules::packs::{Control, PackSet};

use super::is_meant;
use crate::Outcome;

/// Prints one line per control, or a JSON list.
pub(crate) fn run(set: &PackSet, lang: Lang, filter: Option<&str>, json: bool) -> Result<Outcome> {
    let standard = filter.and_then(|word| set.standards.iter().find(|standard| standard.id.eq_ignore_ascii_case(word)));
    let wanted = |control: &&Control| match (filter, standard) {
        (None, _) => true,
        (_, Some(standard)) => standard.controls.contains_key(&control.id),
        (Some(word), None) => is_meant(control, word),
    };
    let controls: Vec<&Control> = set.controls_in_order().into_iter().filter(wanted).collect();
    if controls.is_empty() {
        let standards: Vec<&str> = set.standards.iter().map(|standard| standard.id.as_str()).collect();
        bail!(
            "no control, service or standard is called {}; standards: {}",
            filter.unwrap_or_default(),
            standards.join(", ")
        );
    }
    let mut out = io::stdout().lock();
    if json {
        let list: Vec<serde_json::Value> = controls.iter().map(|control| as_json(set, control)).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
        return Ok(Outcome::Clean);
    }
    for control in &controls {
        writeln!(out, "{:<18} {:<9} {}", control.id, control.severity.label(), control.title.get(lang))?;
    }
    writeln!(out, "{} {}", controls.len(), if controls.len() == 1 { "control" } else { "controls" })?;
    Ok(Outcome::Clean)
}

fn as_json(set: &PackSet, control: &Control) -> serde_json::Value {
    let standards: serde_json::Map<String, serde_json::Value> =
        set.standards_of(&control.id).map(|(standard, numbers)| (standard.id.clone(), numbers.into())).collect();
    serde_json::json!({
        "id": control.id, "uid": control.uid, "severity": control.severity, "resources": control.resources,
        "title": control.title, "category": control.category, "config_rule": control.config_rule,
        "schedule": control.schedule, "parameters": control.parameters, "standards": standards,
    })
}
