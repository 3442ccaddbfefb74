//! `--fix`: writes the fixes that are mechanical, and `--diff` shows them first.
//!
//! What to set is taken from the control's own condition (`mechanical: true` in its pack allows that), where to set it from the
//! places of the declaration. Changes are made to the texts in memory, everything is judged again, and what did not make its
//! finding go away is taken back before anything is written.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use sekisho_iac::patch::{self, Edit};
use sekisho_iac::{Declared, Origin, Reading};
use sekisho_model::{Lang, Map, Value, Verdict};

use super::discover::Input;
use super::engine::Engine;
use super::{Checked, modules};
use crate::files;
use crate::output::text;

/// The changes that would fix one finding, by the path of their file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Patch(BTreeMap<String, Vec<Edit>>);

/// Changed files: path to text before and after.
pub(super) struct Fixed {
    files: BTreeMap<String, (Arc<str>, String)>,
    /// How many findings go away.
    pub(super) findings: usize,
}

impl Engine<'_> {
    /// What would fix a finding, if that is mechanical.
    pub(super) fn patch(&self, reading: &Reading, origin: &Origin, declared: &Declared, verdict: &Verdict) -> Patch {
        let Some(control) = self.packs.controls.get(&*verdict.control_id).filter(|control| control.fix.mechanical)
        else {
            return Patch::default();
        };
        let empty = Value::Map(Map::new());
        let parameters = self.parameters.get(&control.id).unwrap_or(&empty);
        let field = |path: &str| format!("properties.{}", path.split('.').next().unwrap_or(path));
        // Only the properties that decided: the rest of the condition may hold already.
        let decided = |path: &str| {
            let field = field(path);
            verdict.evidence.iter().any(|seen| {
                seen.path.strip_prefix(&*field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        let mut wanted = control.passes_when.wanted("properties", parameters);
        wanted.retain(|(path, _)| decided(path));
        if wanted.is_empty() {
            return Patch::default();
        }
        // A part that was joined is changed where it is declared.
        let part = |path: &str| origin.parts.iter().rev().find(|(known, _)| *known == field(path)).map(|(_, at)| *at);
        let mut patch = Patch::default();
        let parts: BTreeSet<Option<usize>> = wanted.iter().map(|(path, _)| part(path)).collect();
        for at in parts {
            let of: Vec<(String, Value)> = wanted.iter().filter(|(path, _)| part(path) == at).cloned().collect();
            let written = at.and_then(|at| reading.declared.get(at)).unwrap_or(declared);
            let mapping = self.mapping(written, of.first().map_or("", |(path, _)| path.as_str()));
            for edit in patch::set(&reading.sources, written, mapping, &of) {
                let Some(source) = reading.sources.get(edit.file) else { continue };
                patch.0.entry(source.path.to_string()).or_default().push(edit);
            }
        }
        patch
    }

    /// Makes all mechanical fixes in memory and keeps those that help.
    pub(super) fn fixed(&mut self, checked: &Checked<'_>, inputs: &[Input], lang: Lang) -> Fixed {
        let mut patches: BTreeMap<String, Patch> = BTreeMap::new();
        for found in checked.found.iter().filter(|found| found.is_open() && !found.patch.0.is_empty()) {
            patches.insert(found.fingerprint(), found.patch.clone());
        }
        let unreadable = |checked: &Checked<'_>| -> BTreeSet<String> {
            checked.problems.iter().map(|(problem, _)| format!("{} {}", problem.path, problem.message)).collect()
        };
        let before = unreadable(checked);
        loop {
            let texts = self.texts(&patches, inputs);
            self.disk.overlay = texts.iter().map(|(path, (_, after))| (path.clone(), after.as_str().into())).collect();
            let changed: Vec<Input> = inputs.iter().map(|input| input.with(texts.get(&input.path))).collect();
            let after = self.check(changed, lang);
            let open: BTreeSet<String> =
                after.found.iter().filter(|found| found.is_open()).map(super::Found::fingerprint).collect();
            let broken = !unreadable(&after).is_subset(&before);
            let useless: Vec<String> =
                patches.keys().filter(|print| broken || open.contains(*print)).cloned().collect();
            if useless.is_empty() {
                return Fixed { findings: patches.len(), files: texts };
            }
            for print in useless {
                patches.remove(&print);
            }
        }
    }

    /// The texts of the files that patches change, before and after.
    fn texts(&self, patches: &BTreeMap<String, Patch>, inputs: &[Input]) -> BTreeMap<String, (Arc<str>, String)> {
        let mut edits: BTreeMap<&String, Vec<Edit>> = BTreeMap::new();
        for (path, more) in patches.values().flat_map(|patch| &patch.0) {
            edits.entry(path).or_default().extend(more.iter().cloned());
        }
        let given: HashMap<&str, &Arc<str>> = inputs
            .iter()
            .filter(|input| !input.module)
            .filter_map(|input| Some((input.path.as_str(), input.text.as_ref().ok()?)))
            .collect();
        let text = |path: &str| given.get(path).map(|text| (*text).clone()).or_else(|| self.disk.original(path).ok());
        let changed = |(path, edits): (&String, Vec<Edit>)| {
            let before = text(path)?;
            let after = patch::apply(&before, &edits);
            Some((path.clone(), (before, after)))
        };
        edits.into_iter().filter(|(path, _)| *path != "-").filter_map(changed).collect()
    }
}

impl Fixed {
    /// Shows all changes as a unified diff, for `git apply` or for people: a file may not steer their terminal.
    pub(super) fn show(&self, is_terminal: bool, out: &mut dyn Write) -> io::Result<()> {
        for line in self.diff().split_inclusive('\n') {
            match line.strip_suffix('\n').filter(|_| is_terminal) {
                Some(line) => writeln!(out, "{}", text::clean(line))?,
                None => out.write_all(line.as_bytes())?,
            }
        }
        Ok(())
    }

    fn diff(&self) -> String {
        let mut out = String::new();
        for (path, (before, after)) in &self.files {
            let path = modules::written(Path::new(path));
            let diff = similar::TextDiff::from_lines(&**before, after);
            // Writing into a text cannot fail.
            let _ = write!(
                out,
                "{}",
                diff.unified_diff().context_radius(3).header(&format!("a/{path}"), &format!("b/{path}"))
            );
        }
        out
    }

    /// Writes the files, each whole or not at all.
    pub(super) fn write(&self) -> Result<usize> {
        for (path, (_, after)) in &self.files {
            files::write_whole(Path::new(path), |out| out.write_all(after.as_bytes()))?;
        }
        Ok(self.files.len())
    }
}
