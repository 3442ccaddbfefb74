//! `sekisho controls test`.

use std::io::{self, Write};

use anyhow::{Result, bail};
use sekisho_model::{ComplianceStatus, Value};
use sekisho_rules::packs::testing;

use super::is_meant;
use crate::args::PackArgs;
use crate::{Outcome, packs};

/// Runs the tests of all controls, or of those that `word` names with details.
pub(crate) fn run(args: &PackArgs, word: Option<&str>) -> Result<Outcome> {
    let packs = packs::load_with_tests(args)?;
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
                    let place = if test.line == 0 { String::new() } else { format!(":{}", test.line) };
                    writeln!(out, "{}{place}: {} \"{}\": {failure}", control.file, control.id, test.name)?;
                }
            }
            if word.is_some() && outcome.failure.is_none() {
                let status = outcome.status.map_or("NOT_APPLICABLE", ComplianceStatus::label);
                writeln!(out, "ok  {:<12} {:<15} {}", control.id, status, test.name)?;
                for evidence in &outcome.evidence {
                    writeln!(out, "      {} = {}", evidence.path, shown(&evidence.value))?;
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
    let uncallable = packs::uncallable(args, &packs.set)?;
    uncallable.iter().try_for_each(|problem| writeln!(out, "{problem}"))?;
    Ok(if failed == 0 && uncallable.is_empty() { Outcome::Clean } else { Outcome::OverTheBar })
}

/// A value of evidence; of an unknown one, why it is not known.
fn shown(value: &Value) -> String {
    match value {
        Value::Unknown(unknown) => format!("unknown: {} {}", unknown.source, unknown.message),
        known => known.to_string(),
    }
}
