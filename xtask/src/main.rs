//! The project's own chores: generating, checking, testing.
//!
//! One module per chore. Chores start programs and print for people, so output goes through [`say`], and an error
//! ends the process with its text.

mod asff;
mod conformance;
mod lab;
mod models;
mod python;
mod test;
mod tidy;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

const HELP: &str = "\
write cargo xtask CHORE
  test                         everything that a change has to pass
  tidy                         the house rules that the compiler does not know
  models [--check]             writes packs/models from the pinned botocore
  models --packs DIR           writes DIR/models: what resource packs of your own call beyond the built-in ones
  lab [--check]                records the demo account from lab/
  conformance SUITE [--json]   runs a labelled suite against the release binary; suites: iac, lab";

fn main() -> ExitCode {
    match chore() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn chore() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((chore, rest)) if chore == "models" => models::run(rest),
        Some((chore, _)) if chore == "test" => test::run(),
        Some((chore, _)) if chore == "tidy" => tidy::run(),
        Some((chore, rest)) if chore == "lab" => lab::run(rest),
        Some((chore, rest)) if chore == "conformance" => conformance::run(rest),
        _ => bail!("{HELP}"),
    }
}

/// The folder of the workspace.
fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// Where cargo puts what it builds.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The cargo that runs this.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Prints a line for the person at the terminal; a closed pipe is not an error.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Runs a program to its end and fails where it fails.
fn must(command: &mut Command) -> Result<()> {
    let shown = format!("{command:?}");
    let status = command.status().with_context(|| format!("cannot start {shown}"))?;
    if !status.success() {
        bail!("{shown} ended with {status}");
    }
    Ok(())
}

/// Reads a file of the project.
fn read_text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8", path.display()))
}
