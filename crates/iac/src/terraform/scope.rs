//! What an expression may refer to, and how much work it may cause.

use std::cell::Cell;
use std::sync::Arc;

use hcl_edit::Ident;

use super::value::{Evaluated, Fault, Value, fault};
use crate::source::FileId;

/// Expressions inside expressions, through locals, variables and modules. A circle is noticed where it closes; this ends
/// chains that are merely long before the stack does.
const DEPTH_MAX: usize = 300;
/// Evaluated expressions and made elements of one root module. The largest public modules need some ten thousand.
const STEPS_MAX: u64 = 5_000_000;
/// Length of a text that functions make, in bytes.
pub(super) const TEXT_MAX: usize = 8 << 20;

/// How much has been done so far.
#[derive(Debug, Default)]
pub(super) struct Budget {
    steps: Cell<u64>,
    depth: Cell<usize>,
}

impl Budget {
    /// Counts work before it is done.
    pub(super) fn spend(&self, steps: usize) -> Result<(), Fault> {
        let steps = self.steps.get().saturating_add(steps as u64);
        self.steps.set(steps);
        if steps > STEPS_MAX { fault("the module asks for more computing than is allowed") } else { Ok(()) }
    }

    /// Goes one level deeper for `work`.
    pub(super) fn nested(&self, work: impl FnOnce() -> Evaluated) -> Evaluated {
        if self.depth.get() >= DEPTH_MAX {
            return fault("expressions refer to each other too deep, or in a circle");
        }
        self.depth.set(self.depth.get() + 1);
        let value = work();
        self.depth.set(self.depth.get() - 1);
        value
    }
}

/// What names mean. A module gives it; expressions add the names that they bind.
pub(super) trait Names {
    /// The value of a root name with the attributes and indices that lead to one object (`var.x`, `aws_s3_bucket.b`), as many
    /// as were used; none if there is no such name.
    fn look_up(&self, root: &str, path: &[&str]) -> Option<(Evaluated, usize)>;
    /// How much may still be done.
    fn budget(&self) -> &Budget;
    /// A file below the module, for the functions that read files.
    fn file(&self, path: &str) -> Result<Arc<str>, Fault>;
    /// The absolute path of the folder where the user stands.
    fn current_folder(&self) -> String;
    /// The text of a file that was read, for what the parser does not keep.
    fn text(&self, file: FileId) -> Option<Arc<str>>;
    /// Names of files below a folder, for `fileset`.
    fn files(&self, folder: &str) -> Result<Vec<String>, Fault>;
}

/// Where an expression stands: what it may name, and its file.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    pub(super) names: &'s dyn Names,
    /// Names bound by `for`, by a dynamic block or by a template's variables, the innermost last.
    pub(super) bound: Option<&'s Bound<'s>>,
    /// The file, and where in it the positions of the expression begin: none where there is no place to tell.
    pub(super) file: Option<(FileId, u32)>,
    /// Whether nothing but bound names can be seen (`templatefile`).
    pub(super) sealed: bool,
}

/// Names that are bound together.
pub(super) struct Bound<'s> {
    pub(super) values: Vec<(&'s str, Value)>,
    pub(super) outer: Option<&'s Bound<'s>>,
}

impl<'s> Scope<'s> {
    pub(super) fn bound(&self, name: &str) -> Option<&'s Value> {
        let mut at = self.bound;
        while let Some(bound) = at {
            if let Some((_, value)) = bound.values.iter().find(|(own, _)| *own == name) {
                return Some(value);
            }
            at = bound.outer;
        }
        None
    }
}

impl<'s> Bound<'s> {
    /// The names of a loop.
    pub(super) fn pair(
        key_name: Option<&'s Ident>,
        key: Value,
        value_name: &'s Ident,
        value: Value,
        outer: Option<&'s Bound<'s>>,
    ) -> Self {
        let key = key_name.map(|name| (name.as_str(), key));
        Self { values: key.into_iter().chain([(value_name.as_str(), value)]).collect(), outer }
    }
}
