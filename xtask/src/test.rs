//! `cargo xtask test`: everything that a change has to pass, in the order of how fast it fails.
//!
//! It installs nothing but the lab's Python packages below the target folder. `cargo nextest` is used where it is
//! there; `cargo test` runs the same tests otherwise.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use sekisho_testkit::lab::PYTHON_VARIABLE;

use crate::{cargo, must, python, say, tidy};

/// Runs all checks and tests.
///
/// # Errors
/// The first check that fails.
pub(crate) fn run() -> Result<()> {
    say("1/5 formatting");
    must(cargo().args(["fmt", "--all", "--check"])).context("run `cargo fmt --all`")?;
    say("2/5 house rules");
    tidy::run()?;
    say("3/5 lints");
    must(cargo().args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]))?;
    say("4/5 the tests inside the packs");
    must(cargo().args(["run", "--quiet", "--package", "sekisho", "--", "controls", "test"]))?;
    say("5/5 tests");
    let python = python::with_requirements()?;
    must(tests().env(PYTHON_VARIABLE, python))
}

fn tests() -> Command {
    let mut command = cargo();
    let probe = cargo().args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if probe.is_ok_and(|status| status.success()) {
        command.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
    } else {
        command.args(["test", "--workspace", "--no-fail-fast", "--quiet"]);
    }
    command
}
