//! `sekisho controls new`.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use sekisho_model::ACCOUNT_TYPE;

use crate::args::PackArgs;
use crate::{Outcome, packs};

/// Writes a control file that loads and whose tests run, to be changed into what is wanted.
pub(crate) fn run(id: &str, resource: &str, folder: &Path) -> Result<Outcome> {
    let shipped = packs::load(&PackArgs { own: Vec::new(), packs_root: None })?.set;
    if !shipped.resources.contains_key(resource) && resource != ACCOUNT_TYPE {
        let hint = sekisho_model::closest(resource, shipped.resources.keys().map(String::as_str));
        let hint = hint.map_or_else(
            || "describe it first (docs/add-a-resource.md) and name it in the control's `resource`".to_owned(),
            |close| format!("did you mean {close}?"),
        );
        say(&format!("note: there is no built-in resource pack for {resource}; {hint}"));
    }
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
    if let Some(control) = shipped.controls.values().find(|control| control.id.eq_ignore_ascii_case(id)) {
        bail!("{} is a control of Sekisho's own; choose another prefix, for example ACME.1", control.id);
    }
    let parent = target.parent().unwrap_or(folder);
    fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    let text = include_str!("new.yaml")
        .replace("{ID}", id)
        .replace("{UID}", &uuid::Uuid::new_v4().to_string())
        .replace("{RESOURCE}", resource);
    fs::write(&target, text).with_context(|| format!("cannot write {}", target.display()))?;
    // In a clone the folder holds the built-in packs, which cannot be added to themselves.
    let option = if packs::is_whole_set(folder) { "--packs-root" } else { "--packs" };
    say(&format!("wrote {}", target.display()));
    say(&format!("next: edit it, then `sekisho controls test {id} {option} {}`", folder.display()));
    Ok(Outcome::Clean)
}

/// Prints a line; a closed pipe is not an error.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
