//! The use-cases of Sekisho, and the only crate that changes state.
//!
//! - [`ingest`] takes the verdicts of one scan and makes the new state of every finding out of them: workflow,
//!   archiving, acceptance, history, and what changed since the last scan ([`Delta`]).
//! - [`decisions`] reads `sekisho.yaml`, where people accept findings, set parameters and disable controls.
//! - [`Baseline`] is a remembered set of open findings to compare with.
//!
//! Conventions: no clock and no environment in here; `now` is a parameter. Findings are told apart by their id.

mod baseline;
pub mod decisions;
mod delta;
mod glob;
mod ingest;
mod suppression;
mod workflow;

pub use baseline::{BASELINE_MAX_BYTES, Baseline, BaselineError};
pub use decisions::{Decisions, DecisionsError, DisabledControl, Known};
pub use delta::{Delta, PreviousScan};
pub use glob::{Glob, GlobError};
pub use ingest::{HubError, Ingested, ScanScope, ingest};
pub use suppression::{DecisionProblem, ProblemKind, SuppressionRule, day, is_from_file};
