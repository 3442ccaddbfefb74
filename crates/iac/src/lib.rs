//! Infrastructure as code, read into the documents that controls judge: 予防 by the very rules of the scan.
//!
//! Reading has two halves. A dialect ([`cloudformation`]) parses files and resolves their expressions into
//! [`Declared`] resources whose values still know where they stand; shaping turns those into CloudFormation-shaped
//! resources by what the resource packs say. Nothing here knows a service, opens a connection or runs a program.
//!
//! Conventions: what cannot be known before deployment is unknown with the expression that hides it, never guessed; a file that
//! cannot be read is a [`Problem`] with its place and costs nothing but itself; all work on hostile input is bounded.

pub mod cloudformation;
pub mod declared;
pub mod files;
pub mod located;
pub mod options;
mod parse;
pub mod patch;
pub mod shape;
mod skips;
pub mod source;
pub mod terraform;

pub use declared::{Declared, Problem, ProblemKind, Reading, SKIP_MARK, SkipComment, SkipTool};
pub use files::Files;
pub use located::{Located, Node, Piece, Reference};
pub use options::Options;
pub use shape::{Origin, Shaped};
pub use source::{FileId, Position, Sources, Span};
