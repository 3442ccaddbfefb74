//! Calls of other modules: where their files are, and what they come to.

use std::rc::Rc;

use super::module::{Call, Children, DEPTH_MAX, Instance, Key, Repetition};
use super::names::Here;
use super::syntax::Block;
use super::value::{Evaluated, Value, unknown};
use crate::files::joined;
use crate::source::Span;

impl<'w> Instance<'w> {
    /// The calls that lead to this module, the innermost first.
    pub(super) fn via(&self) -> Vec<Span> {
        let Some(call) = &self.call else { return Vec::new() };
        let Some(parent) = call.parent.upgrade() else { return Vec::new() };
        let own = parent.source.calls.get(&call.name).map(|block| block.span);
        own.into_iter().chain(parent.via()).collect()
    }

    /// The modules that a call makes. `None` where there is no such call; what is not here is said once.
    pub(super) fn called(self: &Rc<Self>, name: &str) -> Option<Children<'w>> {
        let (name, block) = self.source.calls.get_key_value(name)?;
        if let Some(known) = self.children.borrow().get(name) {
            return Some(known.clone());
        }
        let path = if self.path.is_empty() { name.to_string() } else { format!("{}.{name}", self.path) };
        let folder = self.folder_of(block, &path);
        let mut children = Vec::new();
        if let Some(folder) = folder {
            let source = self.world.module(&folder);
            for repetition in self.repetitions(&block.body) {
                let prefix = format!("{}module.{name}{}.", self.prefix, repetition.suffix());
                let call = Call { parent: Rc::downgrade(self), name: name.clone(), repetition: repetition.clone() };
                let child = Self::new(self.world, source.clone(), Some(call), prefix, path.clone(), self.depth + 1);
                children.push((repetition, Rc::new(child)));
            }
        }
        let children = Rc::new(children);
        self.children.borrow_mut().insert(name.clone(), children.clone());
        Some(children)
    }

    /// Where the files of a called module are.
    pub(super) fn folder_of(&self, block: &Block, path: &str) -> Option<String> {
        let source = block.body.attribute("source").and_then(|source| source.expression.as_str());
        let Some(source) = source else {
            self.world.problem(block.span, "the module has no source that is a text".to_owned());
            return None;
        };
        if self.depth >= DEPTH_MAX {
            self.world
                .problem(block.span, format!("modules call each other more than {DEPTH_MAX} deep, or in a circle"));
            return None;
        }
        if source.starts_with("./") || source.starts_with("../") || source == "." || source == ".." {
            let folder = joined(&self.source.folder, source);
            if self.world.files.list(&folder).is_some() {
                return Some(folder);
            }
            self.world.problem(block.span, format!("there is no folder {folder}: what the module makes is not judged"));
            return None;
        }
        let found = self.world.installed.get(path).map(|folder| joined(&self.world.root, folder));
        if found.is_none() {
            let words = format!(
                "the module comes from {source}, which is not on this machine: what it makes is not judged; run \"terraform init\" first"
            );
            self.world.problem(block.span, words);
        }
        found
    }

    /// What a call comes to as a value: the outputs, or a list or map of them.
    pub(super) fn called_value(self: &Rc<Self>, name: &str, output: Option<&str>) -> Option<(Evaluated, usize)> {
        let children = self.called(name)?;
        let block = self.source.calls.get(name)?;
        let repeats = block.body.attribute("count").is_some() || block.body.attribute("for_each").is_some();
        let none = || unknown(format!("module.{name}"), "the module is not on this machine");
        Some(match (&children[..], output) {
            ([], Some(_)) if !repeats => (Ok(none()), 2),
            ([], _)
                if self
                    .folder_of(
                        block,
                        &if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) },
                    )
                    .is_none() =>
            {
                (Ok(none()), 1)
            }
            ([(Repetition { key: Key::Only, .. }, child)], Some(output)) => (child.output(output), 2),
            ([(Repetition { key: Key::Only, .. }, child)], None) => (Ok(child.outputs()), 1),
            ([(Repetition { key: Key::Unknown, .. }, _)], _) => {
                (Ok(unknown(format!("module.{name}"), "it is not known how often the module is called")), 1)
            }
            (children, _) => {
                let outputs = children.iter().map(|(repetition, child)| (&repetition.key, child.outputs()));
                if matches!(children.first(), Some((Repetition { key: Key::Name(_), .. }, _))) {
                    let named = outputs.filter_map(|(key, value)| match key {
                        Key::Name(name) => Some((name.clone(), value)),
                        _ => None,
                    });
                    (Ok(Value::object(named.collect())), 1)
                } else {
                    (Ok(Value::tuple(outputs.map(|(_, value)| value).collect())), 1)
                }
            }
        })
    }
}

impl Call<'_> {
    /// What the caller gives for a variable.
    pub(super) fn input(&self, name: &str) -> Option<Evaluated> {
        let parent = self.parent.upgrade()?;
        let attribute = parent.source.calls.get(&self.name)?.body.attribute(name)?;
        let here = Here { module: &parent, repetition: Some(&self.repetition) };
        Some(here.scope(attribute, None).value(&attribute.expression))
    }
}
