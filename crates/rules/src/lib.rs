//! Packs, and the evaluator that judges by them.
//!
//! A *resource pack* says how to read one AWS type and how to shape it; a *control pack* says when such a
//! resource is all right; a *standard* lists controls. All are data: this crate loads and checks them
//! ([`packs`]), compiles their CEL expressions ([`cel`]), and runs the tests inside them ([`packs::testing`]).
//! It is pure: no I/O but reading pack files that it is given, no clock.

pub mod cel;
mod iam_actions;
pub mod inventory;
pub mod packs;

pub use iam_actions::iam_actions;
