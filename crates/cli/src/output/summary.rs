//! The figures that more than one writer shows, computed in one place so that terminal, Markdown and HTML
//! never disagree.
//!
//! Conventions: every active finding is counted exactly once: suppressed, or else failed, or else not judged
//! (WARNING and NOT_AVAILABLE, which Security Hub's control status calls unknown), or else passed. Therefore
//! the columns of a table add up to the number of findings.

use std::collections::{BTreeMap, HashMap};

use sekisho_model::{ComplianceStatus, Finding, Lang, Severity, Suppression, WorkflowStatus};

use super::report::{ControlView, Report, Unread};
use super::words::{Words, count};

/// How a finding is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Suppressed,
    Failed,
    Unjudged,
    Passed,
}

/// The one class of a finding.
pub(crate) fn class(finding: &Finding) -> Class {
    if finding.workflow == WorkflowStatus::Suppressed {
        return Class::Suppressed;
    }
    match finding.status {
        ComplianceStatus::Failed => Class::Failed,
        ComplianceStatus::Warning | ComplianceStatus::NotAvailable => Class::Unjudged,
        ComplianceStatus::Passed => Class::Passed,
    }
}

/// The service of a control: `S3` of `S3.8`, the whole id where it has no number.
pub(crate) fn service(control_id: &str) -> &str {
    control_id.rsplit_once('.').map_or(control_id, |(service, _)| service)
}

/// The counts of one row.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Tally {
    /// Failed findings by severity, worst first ([`Severity::WORST_FIRST`]).
    pub(crate) failed: [usize; 5],
    pub(crate) passed: usize,
    pub(crate) unjudged: usize,
    pub(crate) suppressed: usize,
}

impl Tally {
    /// All failed findings.
    pub(crate) fn failed_total(&self) -> usize {
        self.failed.iter().sum()
    }

    fn merge(&mut self, other: &Self) {
        self.failed.iter_mut().zip(other.failed).for_each(|(sum, more)| *sum += more);
        self.passed += other.passed;
        self.unjudged += other.unjudged;
        self.suppressed += other.suppressed;
    }

    fn add(&mut self, finding: &Finding) {
        match class(finding) {
            Class::Suppressed => self.suppressed += 1,
            Class::Unjudged => self.unjudged += 1,
            Class::Passed => self.passed += 1,
            Class::Failed => {
                let at = Severity::WORST_FIRST.iter().position(|severity| *severity == finding.control_severity);
                if let Some(count) = at.and_then(|at| self.failed.get_mut(at)) {
                    *count += 1;
                }
            }
        }
    }
}

/// Counts by service, the service with the worst failures first, and the total.
pub(crate) fn tally(report: &Report<'_>) -> (Vec<(String, Tally)>, Tally) {
    let mut total = Tally::default();
    for finding in report.findings {
        total.add(finding);
    }
    (tally_by(report, |finding| service(&finding.control_id)), total)
}

/// Counts by account, in the same order.
pub(crate) fn tally_by_account(report: &Report<'_>) -> Vec<(String, Tally)> {
    tally_by(report, |finding| &finding.account)
}

fn tally_by<'a>(report: &'a Report<'_>, key: impl Fn(&'a Finding) -> &'a str) -> Vec<(String, Tally)> {
    let mut groups: BTreeMap<&str, Tally> = BTreeMap::new();
    for finding in report.findings {
        groups.entry(key(finding)).or_default().add(finding);
    }
    let mut rows: Vec<(String, Tally)> = Vec::new();
    for (name, tally) in groups {
        // AWS spells one service in two ways (AutoScaling.1, Autoscaling.5).
        match rows.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, sum)) => sum.merge(&tally),
            None => rows.push((name.to_owned(), tally)),
        }
    }
    // Arrays compare place by place, and the worst severity is first; the sort is stable, so ties stay by name.
    rows.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.failed));
    rows
}

/// Who looked at what, in as few lines as a person reads.
pub(crate) struct Scope {
    /// Account ids with their names.
    pub(crate) accounts: Vec<String>,
    /// The ARNs that made the calls, without repeats.
    pub(crate) identities: Vec<String>,
    /// All Regions, sorted.
    pub(crate) regions: Vec<String>,
}

/// The scope over all accounts.
pub(crate) fn scope(report: &Report<'_>) -> Scope {
    let mut scope = Scope { accounts: Vec::new(), identities: Vec::new(), regions: Vec::new() };
    for account in &report.meta.accounts {
        scope.accounts.push(match &account.name {
            Some(name) => format!("{} ({name})", account.account),
            None => account.account.clone(),
        });
        if !scope.identities.contains(&account.identity) {
            scope.identities.push(account.identity.clone());
        }
        scope.regions.extend(account.regions.iter().cloned());
    }
    scope.regions.sort();
    scope.regions.dedup();
    scope
}

/// One thing to do: a control and the resources on which it fails.
pub(crate) struct Priority<'a> {
    pub(crate) control_id: &'a str,
    pub(crate) severity: Severity,
    pub(crate) resources: usize,
    pub(crate) title: String,
    /// The shortest fix in the report's language, empty where the control is unknown.
    pub(crate) fix: String,
}

/// The things to do first, worst severity first, then most resources, then by id. At most `limit`.
pub(crate) fn priorities<'a>(report: &Report<'a>, limit: usize) -> Vec<Priority<'a>> {
    let mut open: HashMap<&'a str, (Severity, usize)> = HashMap::new();
    for finding in report.findings.iter().filter(|finding| class(finding) == Class::Failed) {
        open.entry(&finding.control_id).or_insert((finding.control_severity, 0)).1 += 1;
    }
    let mut ranked: Vec<_> = open.into_iter().collect();
    ranked.sort_by(|(left_id, (left, left_count)), (right_id, (right, right_count))| {
        right.cmp(left).then(right_count.cmp(left_count)).then_with(|| natural(left_id).cmp(&natural(right_id)))
    });
    ranked
        .into_iter()
        .take(limit)
        .map(|(control_id, (severity, resources))| Priority {
            control_id,
            severity,
            resources,
            title: report.title(control_id),
            fix: report.controls.control(control_id).map(|view| shortest_fix(&view, report.lang)).unwrap_or_default(),
        })
        .collect()
}

/// Sorts `S3.10` after `S3.9`.
pub(crate) fn natural(control_id: &str) -> (&str, u64, &str) {
    let number = control_id.rsplit_once('.').and_then(|(_, number)| number.parse().ok()).unwrap_or(0);
    (service(control_id), number, control_id)
}

/// The CLI command where it is one line, because it can be pasted; otherwise where to click; otherwise the
/// command's first line.
pub(crate) fn shortest_fix(view: &ControlView<'_>, lang: Lang) -> String {
    let cli = view.fix.cli.map(join_continued).unwrap_or_default();
    let mut commands = cli.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = commands.next().unwrap_or_default();
    if !first.is_empty() && commands.next().is_none() {
        return first.to_owned();
    }
    match view.fix.console {
        Some(console) if !console.get(lang).trim().is_empty() => console.get(lang).trim().to_owned(),
        _ => first.to_owned(),
    }
}

/// Shell lines continued with a backslash, joined.
fn join_continued(command: &str) -> String {
    let mut out = String::new();
    for line in command.lines() {
        match line.trim_end().strip_suffix('\\') {
            Some(continued) => {
                out.push_str(continued.trim());
                out.push(' ');
            }
            None => {
                out.push_str(line.trim());
                out.push('\n');
            }
        }
    }
    out
}

/// Something that could not be seen, and how much hangs on it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Blind {
    /// The operation (`kms:GetKeyPolicy`), or the reason code where the reason names none.
    pub(crate) operation: String,
    /// Why.
    pub(crate) reason: String,
    /// Findings that could not be judged for this reason.
    pub(crate) findings: usize,
    /// Lists of resources that could not be read.
    pub(crate) lists: usize,
    /// Resources that lack what the operation would have told, with or without a verdict that hangs on it.
    pub(crate) resources: usize,
    /// The accounts concerned, sorted.
    pub(crate) accounts: Vec<String>,
    /// The Regions concerned, sorted.
    pub(crate) regions: Vec<String>,
}

impl Blind {
    /// What it hides, in words: lists and findings, or else the resources of which only that much is not known.
    pub(crate) fn hides(&self, words: &Words) -> Vec<String> {
        let lists = (self.lists > 0).then(|| count(words.lists_one, words.lists_many, self.lists));
        let findings = (self.findings > 0).then(|| count(words.findings_one, words.findings_many, self.findings));
        let hidden: Vec<String> = lists.into_iter().chain(findings).collect();
        match hidden.is_empty() {
            true => vec![count(words.unread_one, words.unread_many, self.resources)],
            false => hidden,
        }
    }
}

/// What could not be seen, grouped by operation and reason; what hides most first.
pub(crate) fn blind_spots(report: &Report<'_>) -> Vec<Blind> {
    let mut groups: BTreeMap<(String, String), Blind> = BTreeMap::new();
    let mut note = |operation: &str, reason: &str, account: &str, region: &str, add: &dyn Fn(&mut Blind)| {
        let group = groups.entry((operation.to_owned(), reason.to_owned())).or_insert_with(|| Blind {
            operation: operation.to_owned(),
            reason: reason.to_owned(),
            findings: 0,
            lists: 0,
            resources: 0,
            accounts: Vec::new(),
            regions: Vec::new(),
        });
        add(group);
        for (names, name) in [(&mut group.accounts, account), (&mut group.regions, region)] {
            if let Err(at) = names.binary_search_by(|known| known.as_str().cmp(name)) {
                names.insert(at, name.to_owned());
            }
        }
    };
    for gap in report.gaps {
        note(&gap.unknown.source, &gap.unknown.message, &gap.account, &gap.region, &|blind| blind.lists += 1);
    }
    for unread in &report.unread {
        let Unread { unknown, account, region, resources } = unread;
        note(&unknown.source, &unknown.message, account, region, &|blind| blind.resources += resources);
    }
    for finding in report.findings.iter().filter(|finding| class(finding) == Class::Unjudged) {
        for reason in &finding.reasons {
            let (operation, why) = split_operation(&reason.code, &reason.description);
            note(operation, why, &finding.account, &finding.region, &|blind| blind.findings += 1);
        }
        if finding.reasons.is_empty() {
            note(finding.status.label(), "", &finding.account, &finding.region, &|blind| blind.findings += 1);
        }
    }
    let mut spots: Vec<_> = groups.into_values().collect();
    spots.sort_by_key(|spot| std::cmp::Reverse((spot.lists, spot.findings, spot.resources)));
    spots
}

/// `kms:GetKeyPolicy: access denied` is an operation and a reason; anything else is a reason under its code.
fn split_operation<'a>(code: &'a str, description: &'a str) -> (&'a str, &'a str) {
    let is_operation = |text: &str| {
        text.split_once(':').is_some_and(|(service, name)| {
            !service.is_empty()
                && service.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                && name.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
    };
    match description.split_once(": ") {
        Some((operation, why)) if is_operation(operation) => (operation, why),
        _ => (code, description),
    }
}

/// A decision and what it covers.
pub(crate) struct Accepted<'a> {
    pub(crate) suppression: &'a Suppression,
    pub(crate) findings: usize,
    /// The controls concerned, in natural order.
    pub(crate) controls: Vec<&'a str>,
}

/// Suppressed findings grouped by the decision behind them, the one that ends first on top. The second value
/// counts findings suppressed without a recorded decision (by hand, through the API).
pub(crate) fn accepted<'a>(report: &Report<'a>) -> (Vec<Accepted<'a>>, usize) {
    let mut groups: BTreeMap<(&str, &str, &str), Accepted<'a>> = BTreeMap::new();
    let mut by_hand = 0;
    for finding in report.findings.iter().filter(|finding| class(finding) == Class::Suppressed) {
        let Some(suppression) = &finding.suppression else {
            by_hand += 1;
            continue;
        };
        let group = groups
            .entry((&suppression.until, &suppression.source, &suppression.reason))
            .or_insert_with(|| Accepted { suppression, findings: 0, controls: Vec::new() });
        group.findings += 1;
        let key = natural(&finding.control_id);
        if let Err(at) = group.controls.binary_search_by(|known| natural(known).cmp(&key)) {
            group.controls.insert(at, &finding.control_id);
        }
    }
    (groups.into_values().collect(), by_hand)
}

/// The ids that are new, and those that regressed, as sets for marking findings.
pub(crate) struct Changed<'a>(HashMap<&'a str, Change>);

/// How a failed finding relates to the scan before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Change {
    New,
    Regressed,
    Unchanged,
    Fixed,
}

impl Change {
    /// The word that machine formats use.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Regressed => "regressed",
            Self::Unchanged => "unchanged",
            Self::Fixed => "fixed",
        }
    }
}

impl<'a> Changed<'a> {
    /// Reads the report's difference.
    pub(crate) fn of(report: &'a Report<'_>) -> Self {
        let mut by_id = HashMap::new();
        if let Some(delta) = &report.delta {
            for (ids, change) in [
                (&delta.unchanged, Change::Unchanged),
                (&delta.fixed, Change::Fixed),
                (&delta.new, Change::New),
                (&delta.regressed, Change::Regressed),
            ] {
                by_id.extend(ids.iter().map(|id| (id.as_str(), change)));
            }
        }
        Self(by_id)
    }

    /// How this finding changed, if it is part of the difference.
    pub(crate) fn get(&self, id: &str) -> Option<Change> {
        self.0.get(id).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_and_order_of_control_ids() {
        assert_eq!((service("S3.8"), service("mine")), ("S3", "mine"));
        let mut ids = ["S3.10", "S3.9", "EC2.2"];
        ids.sort_by(|left, right| natural(left).cmp(&natural(right)));
        assert_eq!(ids, ["EC2.2", "S3.9", "S3.10"]);
    }

    #[test]
    fn reasons_name_their_operation() {
        assert_eq!(split_operation("C", "kms:GetKeyPolicy: access denied"), ("kms:GetKeyPolicy", "access denied"));
        assert_eq!(split_operation("C", "no: such thing"), ("C", "no: such thing"));
    }

    #[test]
    fn continued_lines_are_one_command() {
        assert_eq!(join_continued("aws s3api x \\\n  --bucket b\n"), "aws s3api x --bucket b\n");
    }
}
