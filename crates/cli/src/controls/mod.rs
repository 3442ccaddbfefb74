//! `sekisho controls`: what the product judges by, for readers and writers of controls.

mod list;
mod new;
mod role;
mod show;
mod test;

use anyhow::Result;
use sekisho_rules::packs::Control;

use crate::Outcome;
use crate::args::ControlsCommand;
use crate::packs;

/// Runs one subcommand.
pub(crate) fn run(command: ControlsCommand) -> Result<Outcome> {
    match command {
        ControlsCommand::List { packs, lang, filter, json } => {
            list::run(&packs::load(&packs)?.set, lang.get(), filter.as_deref(), json)
        }
        ControlsCommand::Show { id, packs, lang } => show::run(&packs::load(&packs)?.set, &id, lang.get()),
        ControlsCommand::Test { id, packs } => test::run(&packs, id.as_deref()),
        ControlsCommand::New { id, resource, folder } => new::run(&id, &resource, &folder),
        ControlsCommand::Role { ids, format, packs } => role::run(&packs::load(&packs)?.set, &ids, format),
    }
}

/// Whether a control is meant by `word`: its id, or its service.
fn is_meant(control: &Control, word: &str) -> bool {
    control.id.eq_ignore_ascii_case(word) || control.service().eq_ignore_ascii_case(word)
}
