//! What every writer is given.
//!
//! A [`Report`] borrows everything and computes nothing, so that one scan can be written in eight formats
//! without a copy of 100,000 findings. Whoever calls the writers (the scan command) fills it; the writers
//! never reach past it, which keeps them pure: same report, same bytes.
//!
//! Conventions:
//! - `findings` are the active ones, sorted by control, account, Region and resource; suppressed ones are among them.
//! - Shares and scores are whole percentages, `None` where there is nothing to score (never 0 or 100).

use std::borrow::Cow;
use std::collections::HashMap;

use sekisho_model::{Finding, Gap, Lang, Resource, ScanMeta, Severity, Text, Timestamp, Unknown};

/// One finished scan, ready to be written.
pub struct Report<'a> {
    /// Who looked, at what, when.
    pub meta: &'a ScanMeta,
    /// All active findings, sorted.
    pub findings: &'a [Finding],
    /// What changed since the scan before; `None` at the first scan.
    pub delta: Option<DeltaView>,
    /// One entry per enabled standard, in the order in which they are shown.
    pub scores: Vec<StandardScore>,
    /// The score over all enabled standards.
    pub summary_score: Option<u8>,
    /// What is known of the controls.
    pub controls: &'a dyn ControlTexts,
    /// Lists that could not be read.
    pub gaps: &'a [Gap],
    /// Reads about single resources that failed, also those on which no verdict hangs.
    pub unread: Vec<Unread>,
    /// The resources that were judged, for formats that tell about them; empty where no such format is written.
    pub resources: ResourceIndex<'a>,
    /// What is wrong with `sekisho.yaml`, one sentence each, in the report's language.
    pub problems: Vec<String>,
    /// What the scan cost.
    pub counters: Counters,
    /// Which packs judged, in one line: `built-in 2026-11-25 + /path`.
    pub packs: String,
    /// The language of what people read. Machine formats keep their field names and words in every language.
    pub lang: Lang,
    /// When judging ended.
    pub finished_at: Timestamp,
}

/// Resources by type and identifier, as findings name them.
#[derive(Debug, Clone, Default)]
pub struct ResourceIndex<'a>(HashMap<(&'a str, &'a str), &'a Resource>);

impl<'a> ResourceIndex<'a> {
    /// An index of `resources`.
    pub fn of(resources: &'a [Resource]) -> Self {
        Self(resources.iter().map(|resource| ((&*resource.type_name, &*resource.arn), resource)).collect())
    }

    /// The resource that a finding is about, if this scan has read it.
    pub fn of_finding(&self, finding: &Finding) -> Option<&'a Resource> {
        self.0.get(&(&*finding.resource.type_name, &*finding.resource.id)).copied()
    }
}

/// A read that failed for some resources of an account and Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The operation and why.
    pub unknown: Unknown,
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// How many resources lack what it would have told.
    pub resources: usize,
}

/// The difference to the scan before, by finding id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeltaView {
    /// When the scan before was taken.
    pub previous_at: Timestamp,
    /// Failed findings that did not exist before.
    pub new: Vec<String>,
    /// Findings that failed before and do not any more (passed, or the resource is gone).
    pub fixed: Vec<String>,
    /// Findings that passed before and fail now.
    pub regressed: Vec<String>,
    /// Failed findings that failed before.
    pub unchanged: Vec<String>,
}

/// A standard's score, the arithmetic beside it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct StandardScore {
    /// The standard's id in the packs.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version, without `v`.
    pub version: String,
    /// Passed / (passed + failed + unknown), rounded; `None` where nothing could be scored.
    pub score: Option<u8>,
    /// Controls by status.
    pub passed: usize,
    /// At least one resource failed.
    pub failed: usize,
    /// Nothing failed, something could not be judged.
    pub unknown: usize,
    /// Nothing to look at.
    pub no_data: usize,
    /// Switched off.
    pub disabled: usize,
    /// The ids of the failed controls.
    pub failing_controls: Vec<String>,
}

/// What the scan cost, and how the service answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Counters {
    /// API calls answered.
    pub calls: u64,
    /// Answers that were "slow down"; each was tried again.
    pub throttled: u64,
    /// Calls that AWS refused.
    pub refused: u64,
    /// Resources read.
    pub resources: u64,
    /// Findings deleted from the data directory: archived for 30 days, or not seen for 90.
    pub purged: u64,
    /// Wall time of the scan.
    pub seconds: f64,
}

/// What the writers ask of the packs.
pub trait ControlTexts {
    /// A control by its id; `None` for ids that no loaded pack has (findings of a pack since removed).
    fn control(&self, id: &str) -> Option<ControlView<'_>>;

    /// Security Hub's name of a CloudFormation type (`AwsS3Bucket`), where the packs say so. `None` falls back
    /// on ASFF's published types.
    fn asff_type(&self, type_name: &str) -> Option<&str> {
        let _ = type_name;
        None
    }
}

/// One control as the writers see it.
#[derive(Debug, Clone)]
pub struct ControlView<'a> {
    /// `S3.8`.
    pub id: &'a str,
    /// How bad a failure is.
    pub severity: Severity,
    /// One sentence that states what should be.
    pub title: &'a Text,
    /// The risk.
    pub why: &'a Text,
    /// When an exception is reasonable.
    pub accept_when: &'a Text,
    /// Ways to fix it.
    pub fix: FixView<'a>,
    /// `Protect > Data protection`.
    pub category: &'a str,
    /// The standards that contain it.
    pub standards: Vec<StandardLink<'a>>,
    /// Parameters in force, by name.
    pub parameters: Vec<(String, Vec<String>)>,
}

/// The four dialects of a fix. A dialect that makes no sense for the control is absent.
#[derive(Debug, Clone, Copy, Default)]
pub struct FixView<'a> {
    /// Where to click.
    pub console: Option<&'a Text>,
    /// AWS CLI commands.
    pub cli: Option<&'a str>,
    /// A CloudFormation fragment (YAML).
    pub cloudformation: Option<&'a str>,
    /// A Terraform fragment (HCL).
    pub terraform: Option<&'a str>,
}

/// A standard that contains a control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandardLink<'a> {
    /// The standard's id in the packs, equal to [`StandardScore::id`].
    pub id: Cow<'a, str>,
    /// Security Hub's id, `standards/nist-800-53/v/5.0.0`.
    pub standards_id: Cow<'a, str>,
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its version, without `v`.
    pub version: Cow<'a, str>,
    /// What Security Hub writes before a requirement's number, `PCI DSS v4.0.1`.
    pub requirement_prefix: Cow<'a, str>,
    /// The standard's own numbers for what the control checks.
    pub requirements: Vec<String>,
}

impl Report<'_> {
    /// The partition of an account (`aws` where the account is not part of the scan).
    pub fn partition(&self, account: &str) -> &str {
        self.meta.account(account).map_or("aws", |scope| &scope.partition)
    }

    /// The name of an account, where known.
    pub fn account_name(&self, account: &str) -> Option<&str> {
        self.meta.account(account).and_then(|scope| scope.name.as_deref())
    }

    /// The title of a control in the report's language, its id where no pack knows it.
    pub fn title(&self, control_id: &str) -> String {
        self.controls
            .control(control_id)
            .map_or_else(|| control_id.to_owned(), |view| view.title.get(self.lang).to_owned())
    }
}
