//! Findings that are known: a team starts with what it has, and only what comes anew stops the pipeline.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::{Checked, Found};
use crate::files;

const MAX_BYTES: u64 = 64 << 20;
/// The format that this Sekisho writes.
const FORMAT: u32 = 1;

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Tells it from the baseline of a scan.
    sekisho_check_baseline: u32,
    fingerprints: BTreeSet<String>,
}

/// The fingerprints of a baseline file.
///
/// # Errors
/// A file that cannot be read, or that is something else.
pub(super) fn read(path: &Path) -> Result<BTreeSet<String>> {
    let text = files::read_text(path, MAX_BYTES)?;
    let file: File = serde_json::from_str(&text).with_context(|| {
        format!("{} is no baseline of `sekisho check`; write one with --write-baseline", path.display())
    })?;
    if file.sekisho_check_baseline > FORMAT {
        bail!("{} has format {}, this Sekisho reads up to {FORMAT}", path.display(), file.sekisho_check_baseline);
    }
    Ok(file.fingerprints)
}

/// Writes what is open now.
pub(super) fn write(path: &Path, checked: &Checked<'_>) -> Result<()> {
    let fingerprints = checked.found.iter().filter(|found| found.is_open()).map(Found::fingerprint).collect();
    let file = File { sekisho_check_baseline: FORMAT, fingerprints };
    let text = serde_json::to_string_pretty(&file)?;
    files::write_whole(path, |out| writeln!(out, "{text}"))
}
