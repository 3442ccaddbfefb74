//! How much a template may ask for. A few lines can name each other so that resolving them would double at every step; what is resolved
//! is therefore counted over a template and all that it nests, and ends as unknown where it would be more than any template needs.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use sekisho_model::Unknown;

use super::resolve::unknown;
use crate::located::{Located, Node};

/// Values that a template may resolve beside twice those that are written.
const VALUES_SPARE: usize = 1_000_000;
/// Bytes of text that cost as much as a value.
const BYTES_PER_VALUE: usize = 32;
/// The longest text that a function may make; CloudFormation takes templates of 1 MB.
pub(super) const TEXT_MAX: usize = 1 << 20;
/// References and unknown parts of one text.
pub(super) const PIECES_MAX: usize = 10_000;

/// What is left, shared by a template and those below it.
#[derive(Debug, Clone)]
pub(super) struct Effort {
    left: Rc<Cell<usize>>,
}

impl Default for Effort {
    fn default() -> Self {
        Self { left: Rc::new(Cell::new(VALUES_SPARE)) }
    }
}

impl Effort {
    /// Allows what a template needs that has so many nodes.
    pub(super) fn grant(&self, nodes: usize) {
        self.left.set(self.left.get().saturating_add(nodes.saturating_mul(2)));
    }

    /// Takes the cost of some values, or says why there is none of them.
    pub(super) fn spend(&self, values: usize) -> Result<(), Arc<Unknown>> {
        match self.left.get().checked_sub(values) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => {
                self.left.set(0);
                Err(unknown("template", "its expressions make more values than any template needs"))
            }
        }
    }

    /// Takes the cost of a text.
    pub(super) fn spend_text(&self, bytes: usize, pieces: usize) -> Result<(), Arc<Unknown>> {
        self.spend(1 + bytes / BYTES_PER_VALUE + pieces)
    }

    /// A copy of a value, paid for.
    pub(super) fn copy(&self, value: &Located) -> Located {
        match self.spend(weight(value)) {
            Ok(()) => value.clone(),
            Err(why) => Located { node: Node::Unknown(why), ..Located::loose(Node::Null) },
        }
    }
}

/// How many values there are in one.
fn weight(value: &Located) -> usize {
    1 + match &value.node {
        Node::List(items) => items.iter().map(weight).sum(),
        Node::Map(entries) => entries.iter().map(|entry| weight(&entry.value)).sum(),
        Node::Text(pieces) => pieces.len(),
        _ => 0,
    }
}
