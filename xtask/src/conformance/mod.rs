//! `cargo xtask conformance SUITE`: the one way in which labelled suites are run.
//!
//! A suite is one file here: a function from [`Options`] to an [`Outcome`]. It drives the release binary, since that
//! is what people run. `--json` prints `{"suite", "total", "matched", "mismatches": [...], "settled": [...]}` on standard
//! output; the exit code is 0 only if everything matched but what AWS's pages settle otherwise ([`settled`]).

mod iac;
mod lab;
mod settled;
mod tfeval;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::{cargo, must, say, target};

/// How many mismatches are listed for people; `--json` has all.
const SHOWN: usize = 40;

/// What the command line says.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Folder with the suites' data, laid out as the shared data folder is.
    pub(crate) data: Option<PathBuf>,
    /// A server that is already seeded, with the file of its verdicts.
    pub(crate) endpoint: Option<String>,
    /// The verdicts expected of `endpoint`.
    pub(crate) expected: Option<PathBuf>,
    /// A binary to test instead of building the release one.
    binary: Option<PathBuf>,
    json: bool,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if argument == "--json" {
                options.json = true;
                continue;
            }
            let value = rest.next().with_context(|| format!("{argument} needs a value"))?;
            match argument.as_str() {
                "--data" => options.data = Some(PathBuf::from(value)),
                "--endpoint" => options.endpoint = Some(value.clone()),
                "--expected" => options.expected = Some(PathBuf::from(value)),
                "--binary" => options.binary = Some(PathBuf::from(value)),
                _ => bail!("conformance has no {argument}; it has --data, --endpoint, --expected, --binary and --json"),
            }
        }
        Ok(options)
    }

    /// The binary under test, built first where none was given.
    pub(crate) fn binary(&self) -> Result<PathBuf> {
        if let Some(given) = &self.binary {
            return Ok(given.clone());
        }
        must(cargo().args(["build", "--release", "--quiet", "--package", "sekisho"]))?;
        Ok(target().join("release/sekisho"))
    }
}

/// What a suite found.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Labels that were compared.
    pub(crate) total: usize,
    /// One object for each label that did not match.
    pub(crate) mismatches: Vec<Value>,
}

/// Runs a suite.
///
/// # Errors
/// An unknown suite, a suite that cannot run, or any mismatch.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let Some((suite, rest)) = arguments.split_first() else { bail!("name a suite: iac, lab or tfeval") };
    let options = Options::parse(rest)?;
    let outcome = match suite.as_str() {
        "iac" => iac::run(&options)?,
        "lab" => lab::run(&options)?,
        "tfeval" => tfeval::run(&options)?,
        other => bail!("there is no suite {other}; there are iac, lab and tfeval"),
    };
    let (mismatches, settled) = settled::apart(suite, outcome.mismatches);
    let matched = outcome.total.saturating_sub(mismatches.len() + settled.len());
    if options.json {
        let report = json!({ "suite": suite, "total": outcome.total, "matched": matched, "mismatches": mismatches, "settled": settled });
        writeln!(std::io::stdout(), "{report:#}")?;
    } else {
        for difference in settled.iter().chain(&mismatches).take(SHOWN) {
            say(&difference.to_string());
        }
        say(&format!("{suite}: {matched} of {} match, {} settled by AWS's pages", outcome.total, settled.len()));
    }
    if mismatches.is_empty() && outcome.total > 0 {
        Ok(())
    } else {
        bail!("{suite}: {} do not match", mismatches.len())
    }
}

/// The ids of the controls that the binary has: labels of others are not compared.
pub(crate) fn known_controls(binary: &Path) -> Result<BTreeSet<String>> {
    let listed = Command::new(binary).args(["controls", "list", "--json"]).output()?;
    ensure!(listed.status.success(), "`controls list` failed: {}", String::from_utf8_lossy(&listed.stderr));
    let listed: Value = serde_json::from_slice(&listed.stdout)?;
    let ids = listed
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|control| control.get("id").and_then(Value::as_str))
        .map(str::to_owned);
    Ok(ids.collect())
}
