//! Conditions: CEL, parsed by the `cel` crate and evaluated here.
//!
//! Why an evaluator of our own: a verdict needs what CEL interpreters lack. A third truth value for what
//! could not be read, which travels through the logic (Kleene) instead of ending it with an error; the path
//! and value that decided, for the person who has to fix it; no copy of the document; and speed, since a
//! scan of a large organization makes tens of millions of evaluations.
//!
//! How: [`Program::compile`] turns the parsed tree into [`ast::Expr`], with names resolved to slots, macros
//! recognised as loops and regular expressions compiled. [`eval`] walks it over borrowed values
//! ([`Val`]). [`explain`] walks it once more, only for verdicts that need evidence.
//!
//! Where the semantics differ from plain CEL stands in `docs/cel.md`; the agreement elsewhere is checked by
//! `tests/cel_conformance.rs`.

pub(crate) mod ast;
mod compile;
mod eval;
mod explain;
pub mod functions;
mod value;
mod wanted;

pub use ast::Uses;
pub use compile::{CompileError, Program};
pub use eval::Env;
pub use value::{Truth, Val};
