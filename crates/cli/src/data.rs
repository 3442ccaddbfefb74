//! Where things are kept on this machine.

use std::env;
use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::args::KeepingArgs;

/// The data directory: as asked for, or the XDG default. The demo has one of its own, so that a recorded
/// account never mixes with real ones.
pub(crate) fn directory(keeping: &KeepingArgs, demo: bool) -> Result<PathBuf> {
    if let Some(directory) = &keeping.data {
        return Ok(directory.clone());
    }
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")));
    match base {
        Some(base) => Ok(base.join(if demo { "sekisho-demo" } else { "sekisho" })),
        None => bail!("there is no home directory to keep findings in; name a directory with --data"),
    }
}
