//! Packs: what Sekisho knows about AWS, as files.
//!
//! [`PackSet::load`] takes file names and texts (built in, from a user's folder, from a test), and gives
//! either a checked set or a list of [`Problem`]s, each with file, line and what to write instead. Checking
//! goes beyond the form: a control that reads a property its resource pack does not have would silently see
//! null for ever, so that is an error here.

mod builtin;
mod control;
mod judge;
mod problem;
mod raw;
mod resource;
mod set;
mod standard;
mod terraform;
pub mod testing;

pub use builtin::{builtin, builtin_for_judging};
pub use control::{
    CONTROL_ROOTS, Control, ControlScope, ControlTest, Expectation, Fix, WhenEmpty, effective_parameters,
};
pub use judge::{Judged, Place, Subject};
pub use problem::Problem;
pub use resource::{Batch, Call, Kind, List, ResourcePack, Scope, Source, TemplatePart};
pub use set::{Form, PackSet, PackSource, control_order};
pub use standard::{Standard, StandardControl};
pub use terraform::{Expression, Inside, TERRAFORM_ROOTS, TerraformMapping, snake};
