//! The nouns of Sekisho.
//!
//! Every other crate speaks in these types: an [`Arn`], a [`Resource`] with CloudFormation-shaped
//! properties, the [`Finding`] that a control makes of it. The crate holds no I/O and never reads the
//! clock, so whatever is computed from these types is a function of them.
//!
//! Conventions:
//! - A property document is a [`Value`]. It has one case more than JSON, [`Value::Unknown`], because a
//!   scanner that was refused a read must not be able to forget it.
//! - Times are [`jiff::Timestamp`] (UTC); names end in `_at`.
//! - Texts for people are [`Text`], Japanese and English side by side.

mod arn;
mod control;
mod finding;
mod gap;
mod resource;
mod scan;
mod suggest;
mod text;
mod value;

pub use arn::{Arn, ArnError};
pub use control::{Schedule, Severity};
pub use finding::{
    ComplianceStatus, Evidence, Finding, FindingKey, RecordState, ResourceRef, StatusReason, Suppression, Verdict,
    VerdictSubject, WorkflowStatus,
};
pub use gap::Gap;
pub use resource::{ACCOUNT_TYPE, Resource, account_resource_id};
pub use scan::{AccountScope, ScanMeta, Snapshot};
pub use suggest::closest;
pub use text::{Lang, Text};
pub use value::{Key, Map, Unknown, UnknownKind, Value, shared_key};

/// The timestamp type used everywhere (UTC, nanosecond precision), re-exported so that all crates agree on it.
pub use jiff::Timestamp;
