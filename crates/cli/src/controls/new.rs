//! `sekisho controls new`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::Outcome;

/// Writes a control file that loads and whose tests run, to be changed into what is wanted.
pub(crate) fn run(id: &str, resource: &str, folder: &Path) -> Result<Outcome> {
    let Some((service, number)) = id.split_once('.') else {
        bail!("`{id}` is not a control id; write PREFIX.NUMBER, for example ACME.1")
    };
    let plain =
        |text: &str| !text.is_empty() && text.chars().all(|symbol| symbol.is_ascii_alphanumeric() || symbol == '-');
    if !plain(service) || !plain(number) {
        bail!("`{id}` is not a control id; use letters, digits and hyphens around one dot");
    }
    let target = folder.join("controls/aws").join(service.to_lowercase()).join(format!("{id}.yaml"));
    if target.exists() {
        bail!("{} is there already; choose another id or edit it", target.display());
    }
    let parent = target.parent().unwrap_or(folder);
    fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    let text = include_str!("new.yaml")
        .replace("{ID}", id)
        .replace("{UID}", &uuid::Uuid::new_v4().to_string())
        .replace("{RESOURCE}", resource);
    fs::write(&target, text).with_context(|| format!("cannot write {}", target.display()))?;
    let mut out = std::io::stdout();
    std::io::Write::write_all(
        &mut out,
        format!(
            "wrote {}\nnext: edit it, then `sekisho controls test {id} --packs {}`\n",
            target.display(),
            folder.display()
        )
        .as_bytes(),
    )?;
    Ok(Outcome::Clean)
}
