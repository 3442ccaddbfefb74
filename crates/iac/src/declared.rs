//! What a dialect hands over: declared resources, and what could not be read.

use std::sync::Arc;

use crate::located::Located;
use crate::source::{Sources, Span};

/// One resource as it is declared.
#[derive(Debug, Clone)]
pub struct Declared {
    /// The template that it belongs to, as a path: addresses are unique within it.
    pub unit: Arc<str>,
    /// `AWS::S3::Bucket`.
    pub type_name: Arc<str>,
    /// Logical id.
    pub address: Arc<str>,
    /// The whole declaration.
    pub span: Option<Span>,
    /// The calls of modules that lead to it, the innermost first.
    pub via: Vec<Span>,
    /// The properties; always a map.
    pub properties: Located,
    /// Skips: comments in it or on the line above it, and texts in its Metadata.
    pub skips: Vec<SkipComment>,
}

/// How a skip begins, in comments and in Metadata.
pub const SKIP_MARK: &str = "sekisho:skip=";

/// Whose skip it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SkipTool {
    /// Our own.
    Sekisho,
    /// `checkov:skip=ID:reason`, and `Metadata.checkov.skip`.
    Checkov,
    /// `Metadata.cfn_nag.rules_to_suppress`.
    CfnNag,
    /// `Metadata.guard.SuppressedRules`.
    CfnGuard,
    /// `trivy:ignore:ID` and `tfsec:ignore:ID`.
    Trivy,
}

/// A skip written beside the code, as it stands; what it means is decided where findings are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkipComment {
    /// Whose it is.
    pub tool: SkipTool,
    /// The line from the mark on; of other tools the id of a rule, a colon, and the reason.
    pub text: Arc<str>,
    /// Where it stands.
    pub span: Option<Span>,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// A file, or a part of it, that could not be read: its resources are missing.
    Unreadable,
    /// A file that was read and declares nothing: of no interest unless somebody named it.
    NoTemplate,
    /// Something that was read but not understood (a transform): what it makes is missing.
    NotUnderstood,
}

/// What could not be read or understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad.
    pub kind: ProblemKind,
    /// The file as the user would write it.
    pub path: Arc<str>,
    /// Where in it.
    pub span: Option<Span>,
    /// Lower-case, names the thing and the next step.
    pub message: String,
}

/// Everything that was read from some files.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The texts.
    pub sources: Sources,
    /// The resources in the order of the files.
    pub declared: Vec<Declared>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}
