//! Bundles the project's packs into the library, so that the binary needs no files beside it.
//!
//! Two compressed JSON lists of `[path, text]`, sorted by path: the files as written, and the form in which a scan
//! reads them ([`packs::Form::Bundled`] in the library): JSON, which costs a tenth of YAML to parse, without the
//! tests of controls, which are half of the text and run only on demand.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

type Files = Vec<(String, String)>;

/// Slow to write, as quick to read as any level.
const COMPRESSION_LEVEL: i32 = 19;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../packs");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut written = Files::new();
    for kind in ["controls", "resources", "standards"] {
        collect(&root, &root.join(kind), &mut written)?;
    }
    written.sort();
    let bundled = written.iter().map(bundled).collect::<Result<Files, _>>()?;
    let target = PathBuf::from(env::var("OUT_DIR")?);
    for (name, files) in [("written.zst", &written), ("bundled.zst", &bundled)] {
        fs::write(target.join(name), zstd::bulk::compress(&serde_json::to_vec(files)?, COMPRESSION_LEVEL)?)?;
    }
    Ok(())
}

fn bundled((path, text): &(String, String)) -> Result<(String, String), Box<dyn Error>> {
    let mut file: yaml_serde::Value = yaml_serde::from_str(text).map_err(|error| format!("{path}: {error}"))?;
    if path.starts_with("controls/")
        && let Some(control) = file.as_mapping_mut()
    {
        control.remove("tests");
    }
    Ok((path.clone(), serde_json::to_string(&file)?))
}

fn collect(root: &Path, folder: &Path, files: &mut Files) -> Result<(), Box<dyn Error>> {
    if !folder.is_dir() {
        return Ok(());
    }
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
            files.push((name, fs::read_to_string(&path)?));
        }
    }
    Ok(())
}
