//! Reading files that people give: with a size cap, and an error that names the file.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};

/// Reads a text file of at most `max_bytes`.
pub(crate) fn read_text(path: &Path, max_bytes: u64) -> Result<String> {
    let file = File::open(path).with_context(|| format!("cannot open {} (is the path right?)", path.display()))?;
    let mut bytes = Vec::new();
    file.take(max_bytes + 1).read_to_end(&mut bytes).with_context(|| format!("cannot read {}", path.display()))?;
    decoded(bytes, max_bytes).map_err(|words| anyhow!("{} {words}", path.display()))
}

/// The text of at most `max_bytes` bytes of a file; otherwise what is wrong with it, to follow its name.
pub(crate) fn decoded(bytes: Vec<u8>, max_bytes: u64) -> Result<String, String> {
    if bytes.len() as u64 > max_bytes {
        return Err(format!("is larger than {max_bytes} bytes; is it the right file?"));
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8 text; save it as UTF-8".to_owned())
}

/// Whether a file can be written there later: said before a scan, not after it.
pub(crate) fn check_folder(path: &Path) -> Result<&Path> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        bail!("cannot write {}: there is no folder {}; create it first", path.display(), folder.display());
    }
    if path.is_dir() {
        bail!("cannot write {}: it is a folder; name a file in it", path.display());
    }
    Ok(folder)
}

/// Writes a file whole or not at all: into a neighbour first, which then takes its place.
pub(crate) fn write_whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let failed = || format!("cannot write {}", path.display());
    let folder = check_folder(path)?;
    let mut builder = tempfile::Builder::new();
    // Reports are for other people too: the usual permissions (less the umask), not those of a secret.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut neighbour = builder.tempfile_in(folder).with_context(failed)?;
    let mut out = BufWriter::new(neighbour.as_file_mut());
    write(&mut out).and_then(|()| out.flush()).with_context(failed)?;
    drop(out);
    neighbour.as_file().sync_all().with_context(failed)?;
    neighbour.persist(path).with_context(failed)?;
    Ok(())
}
