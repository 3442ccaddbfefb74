//! What names mean where an expression stands.

use std::rc::Rc;
use std::sync::Arc;

use super::module::{Instance, Repetition};
use super::scope::{Bound, Budget, Names, Scope};
use super::syntax::Attribute;
use super::value::{Data, Evaluated, Fault, Fields, Value, fault, unknown};
use crate::files::joined;
use crate::source::FileId;

/// What names mean in one instance of a block.
pub(super) struct Here<'h, 'w> {
    pub(super) module: &'h Rc<Instance<'w>>,
    pub(super) repetition: Option<&'h Repetition>,
}

impl<'h, 'w> Here<'h, 'w> {
    pub(super) fn scope<'s>(&'s self, attribute: &Attribute, bound: Option<&'s Bound<'s>>) -> Scope<'s> {
        let file = attribute.placed.then_some((attribute.span.file, 0));
        Scope { names: self, bound, file, sealed: false }
    }
}

impl Names for Here<'_, '_> {
    fn look_up(&self, root: &str, path: &[&str]) -> Option<(Evaluated, usize)> {
        let first = path.first().copied();
        let missing = |what: &str| Some((fault(format!("{what} needs a name after it")), 0));
        // Files may be missing, so that what is declared nowhere is unknown, and no mistake.
        let one = |value: Option<Evaluated>| {
            let name = first.unwrap_or_default();
            Some((value.unwrap_or_else(|| Ok(unknown(format!("{root}.{name}"), "it is declared nowhere here"))), 1))
        };
        let elsewhere = |address: String| Ok(Data::Resource(address.into(), Arc::new(Fields::new())).into());
        match (root, first) {
            ("var" | "local" | "path" | "terraform" | "count" | "module", None) => missing(root),
            ("var", Some(name)) => one(self.module.variable(name)),
            ("local", Some(name)) => one(self.module.local(name)),
            ("module", Some(name)) => self.module.called_value(name, path.get(1).copied()).or_else(|| one(None)),
            ("count", Some("index")) => one(self.repetition.and_then(|own| own.count.clone()).map(Ok)),
            ("each", None) => {
                let (key, value) = self.repetition?.each.clone()?;
                let fields = [(Arc::from("key"), key), (Arc::from("value"), value)];
                Some((Ok(Value::object(fields.into_iter().collect())), 0))
            }
            ("each", Some(part)) => {
                let each = self.repetition.and_then(|own| own.each.as_ref());
                one(each.and_then(|(key, value)| match part {
                    "key" => Some(Ok(key.clone())),
                    "value" => Some(Ok(value.clone())),
                    _ => None,
                }))
            }
            ("path", Some("module")) => one(Some(Ok(self.module_path().into()))),
            ("path", Some("root")) => one(Some(Ok(".".into()))),
            ("path", Some("cwd")) => one(Some(Ok(self.module.world.files.current_folder().into()))),
            ("terraform", Some("workspace")) => one(Some(Ok("default".into()))),
            ("self", _) => Some((Ok(unknown("self", "it is known after deployment")), path.len().min(1))),
            ("data", Some(kind)) => {
                let name = path.get(1).copied().unwrap_or_default();
                let found = self.module.resource("data", kind, name);
                Some((found.unwrap_or_else(|| elsewhere(format!("data.{kind}.{name}"))), 2))
            }
            (kind, Some(name)) if kind.contains('_') => {
                let found = self.module.resource("managed", kind, name);
                Some((found.unwrap_or_else(|| elsewhere(format!("{kind}.{name}"))), 1))
            }
            _ => None,
        }
    }

    fn budget(&self) -> &Budget {
        &self.module.world.budget
    }

    fn file(&self, path: &str) -> Result<Arc<str>, Fault> {
        let world = self.module.world;
        world.files.read(&joined(&world.root, path)).map_err(|why| Fault(format!("{path}: {why}")))
    }

    fn current_folder(&self) -> String {
        self.module.world.files.current_folder()
    }

    fn text(&self, file: FileId) -> Option<Arc<str>> {
        self.module.world.source(file).map(|source| source.text)
    }

    fn files(&self, folder: &str) -> Result<Vec<String>, Fault> {
        let world = self.module.world;
        let found = world.files.list_below(&joined(&world.root, folder));
        found.ok_or_else(|| Fault(format!("there is no folder {folder}")))
    }
}

impl Here<'_, '_> {
    /// The folder of the module as its root module writes it.
    fn module_path(&self) -> String {
        let (root, own) = (&self.module.world.root, &self.module.source.folder);
        let parts = |path: &str| path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let (root, own) = (parts(root), parts(own));
        let common = root.iter().zip(&own).take_while(|(a, b)| a == b).count();
        let up = std::iter::repeat_n("..".to_owned(), root.len() - common);
        let path: Vec<String> = up.chain(own.into_iter().skip(common)).collect();
        if path.is_empty() { ".".to_owned() } else { path.join("/") }
    }
}
