//! Reads `sekisho.yaml`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sekisho_analyze::posture::Settings;
use sekisho_hub::decisions::{self, DECISIONS_MAX_BYTES};
use sekisho_hub::{Decisions, Known};
use sekisho_rules::packs::PackSet;

use crate::args::{Bar, KeepingArgs};
use crate::files;

const DEFAULT_FILE: &str = "sekisho.yaml";

/// What the file says; nothing if none is named and there is no `sekisho.yaml` here.
pub(crate) fn load(keeping: &KeepingArgs, packs: &PackSet) -> Result<Decisions> {
    let path = match &keeping.config {
        Some(path) => path.clone(),
        None if Path::new(DEFAULT_FILE).is_file() => PathBuf::from(DEFAULT_FILE),
        None => return Ok(Decisions::default()),
    };
    let text = files::read_text(&path, DECISIONS_MAX_BYTES as u64)?;
    let known = Known {
        controls: packs.controls.values().map(|control| (control.id.clone(), control.parameters.clone())).collect(),
        standards: packs.standards.iter().map(|standard| standard.id.clone()).collect(),
    };
    decisions::parse(&text, &path.display().to_string(), &known)
        .with_context(|| format!("{} has mistakes", path.display()))
}

/// What the decisions mean for judging.
pub(crate) fn settings(decisions: &Decisions) -> Settings {
    Settings { disabled: disabled_controls(decisions), parameters: decisions.parameters.clone(), only: None }
}

/// What a run fails on: what the command line says, else what the file says.
pub(crate) fn bars(given: &[Bar], decisions: &Decisions) -> Vec<Bar> {
    if !given.is_empty() {
        return given.to_vec();
    }
    // The file's words have been checked.
    decisions.fail_on.iter().filter_map(|word| word.parse().ok()).collect()
}

/// The ids of the controls that are switched off.
pub(crate) fn disabled_controls(decisions: &Decisions) -> BTreeSet<String> {
    decisions.disabled.iter().map(|disabled| disabled.control.clone()).collect()
}

/// The ids of the standards that count; empty for all.
pub(crate) fn enabled_standards(decisions: &Decisions) -> BTreeSet<String> {
    decisions.standards.iter().flatten().cloned().collect()
}
