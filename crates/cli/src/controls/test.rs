//! `sekisho controls test`.

use std::io::{self, Write};

use anyhow::{Result, bail};
use sekisho_model::ComplianceStatus;
use sekisho_rules::packs::testing;

use super::is_meant;
use crate::Outcome;
use crate::packs::Loaded;

/// Runs the tests of all controls, or of those that `word` names with details.
pub(crate) fn run(packs: &Loaded, word: Option<&str>) -> Result<Outcome> {
    let mut out = io::stdout().lock();
    let (mut controls, mut passed, mut failed) = (0, 0, 0);
    for control in packs.set.controls_in_order() {
        if word.is_some_and(|word| !is_meant(control, word)) {
            continue;
        }
        controls += 1;
        for test in &control.tests {
            let outcome = testing::run(&packs.set, control, test);
            match &outcome.failure {
                None => passed += 1,
                Some(failure) => {
                    failed += 1;
                    writeln!(out, "{}: {} \"{}\": {failure}", control.file, control.id, test.name)?;
                }
            }
            if word.is_some() && outcome.failure.is_none() {
                let status = outcome.status.map_or("NOT_APPLICABLE", ComplianceStatus::label);
                writeln!(out, "ok  {:<12} {:<15} {}", control.id, status, test.name)?;
                for evidence in &outcome.evidence {
                    writeln!(out, "      {} = {}", evidence.path, evidence.value)?;
                }
            }
        }
    }
    if controls == 0 {
        bail!("no control is called {}; see `sekisho controls list`", word.unwrap_or_default());
    }
    writeln!(
        out,
        "{controls} {}, {} resource types: {passed} passed, {failed} failed",
        if controls == 1 { "control" } else { "controls" },
        packs.set.resources.len()
    )?;
    Ok(if failed == 0 { Outcome::Clean } else { Outcome::OverTheBar })
}
