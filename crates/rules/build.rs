//! Bundles the project's packs into the library, so that the binary needs no files beside it.
//!
//! The bundle is one JSON list of `[path, text]`, sorted by path. Reading it costs less than a millisecond;
//! parsing the packs costs the same from any source.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("../../packs");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    for kind in ["controls", "resources", "standards"] {
        collect(&root, &root.join(kind), &mut files)?;
    }
    files.sort();
    let target = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?).join("packs.json");
    fs::write(target, serde_json::to_vec(&files)?)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let name = path.strip_prefix(root).map_err(io::Error::other)?.to_string_lossy().into_owned();
            files.push((name, fs::read_to_string(&path)?));
        }
    }
    Ok(())
}
