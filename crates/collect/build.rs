//! Packs the service models of `packs/models` into one compressed archive that the binary carries.
//!
//! Layout, repeated per file: name length (u32 LE), name, compressed length (u32 LE), zstd frame. One frame per
//! service, so that a scan decompresses and parses only the services that it calls.

use std::error::Error;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let models = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../../packs/models");
    println!("cargo::rerun-if-changed={}", models.display());
    println!("cargo::rerun-if-changed={}", models.join("aws").display());
    let mut files = json_files(&models);
    files.extend(json_files(&models.join("aws")));
    files.sort();
    let mut archive = Vec::new();
    for path in files {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.file_stem().ok_or("a model file has no name")?.to_string_lossy().into_owned();
        let frame = zstd::bulk::compress(&std::fs::read(&path)?, 15)?;
        for part in [name.as_bytes(), frame.as_slice()] {
            archive.extend_from_slice(&u32::try_from(part.len())?.to_le_bytes());
            archive.extend_from_slice(part);
        }
    }
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("models.bin"), archive)?;
    Ok(())
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|kind| kind == "json")).collect()
}
