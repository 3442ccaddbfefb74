//! The Python that the lab runs in: a virtual environment below the target folder, made once.
//!
//! `SEKISHO_TEST_PYTHON` in the environment wins, for those who have one already.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{must, read_text, root, say, target};

/// The Python executable that has `lab/requirements.txt`.
///
/// # Errors
/// When Python 3 is missing, or the packages cannot be installed.
pub(crate) fn with_requirements() -> Result<PathBuf> {
    if let Some(given) = std::env::var_os(sekisho_testkit::lab::PYTHON_VARIABLE) {
        return Ok(PathBuf::from(given));
    }
    let requirements = root().join("lab/requirements.txt");
    let wanted = read_text(&requirements)?;
    let folder = target().join("lab-venv");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let stamp = folder.join("installed-requirements.txt");
    // The stamp is written last, so that a half-made environment is made again.
    if read_text(&stamp).ok().as_deref() == Some(wanted.as_str()) {
        return Ok(python);
    }
    say("setting up Python for the lab (once)");
    let own = |text: &str| format!("{text}; Python 3.11 or newer with venv is needed for the lab");
    must(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))
        .with_context(|| own("cannot make a virtual environment"))?;
    must(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(&requirements),
    )
    .with_context(|| own("cannot install lab/requirements.txt"))?;
    std::fs::write(&stamp, wanted)?;
    Ok(python)
}
