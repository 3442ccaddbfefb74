//! Accepted findings: the rules of `sekisho.yaml`, whom they match, and what is wrong with them.
//!
//! - All selectors of a rule have to fit. Days are days in UTC, and `until` is the last day on which a rule holds.
//! - Where several rules fit, the one that holds longest counts; among equals the first in the file.
//! - A tag that could not be read neither fits nor does not: a finding that the rule had accepted stays accepted,
//!   others are not touched. Otherwise one refused call would raise an alarm over what was decided long ago.
//! - A rule is said to match nothing only by a scan that could have seen a match: of all controls, without gaps,
//!   of the rule's account and Region.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use sekisho_model::{ScanMeta, Suppression, Timestamp, Value, Verdict};

use crate::glob::Glob;

/// How many days ahead the end of a rule is announced.
const NOTICE_DAYS: i32 = 14;

/// One entry of `suppress:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuppressionRule {
    /// Control ids.
    pub control: Option<Glob>,
    /// Resource ids: ARNs, or `AWS::::Account:123456789012`.
    pub resource: Option<Glob>,
    /// Tag names and patterns for their values; all have to fit.
    pub tags: Vec<(String, Glob)>,
    /// 12-digit account.
    pub account: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day (UTC).
    pub until: Date,
    /// Who answers for it.
    pub owner: Option<String>,
    /// `sekisho.yaml:12`.
    pub source: String,
}

/// Something about the decisions file that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionProblem {
    /// `sekisho.yaml:12`.
    pub source: String,
    /// What sort.
    pub kind: ProblemKind,
    /// What it is and what to do.
    pub text: String,
}

/// The sorts of [`DecisionProblem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// The last day is over; the rule does nothing any more.
    Expired,
    /// Nothing in the scan fits the rule.
    MatchedNothing,
    /// A notice: the rule ends within 14 days.
    EndsSoon,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    Yes,
    No,
    Unknown,
}

/// The day (UTC) of a time.
pub fn day(time: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(time).date()
}

/// Whether a decision comes from a file (its source ends in `:` and a line number). Those are lifted when their
/// rule is gone; a decision made by hand on one finding stays until it is lifted by hand or ends.
pub fn is_from_file(suppression: &Suppression) -> bool {
    suppression
        .source
        .rsplit_once(':')
        .is_some_and(|(file, line)| !file.is_empty() && !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether a decision's last day is over. A day that cannot be read counts as over: nothing is hidden by a typo.
pub(crate) fn is_over(suppression: &Suppression, today: Date) -> bool {
    suppression.until.parse::<Date>().map_or(true, |until| until < today)
}

impl SuppressionRule {
    fn record(&self) -> Suppression {
        Suppression {
            reason: self.reason.clone(),
            until: self.until.to_string(),
            owner: self.owner.clone(),
            source: self.source.clone(),
        }
    }

    fn fit(&self, verdict: &Verdict) -> Fit {
        let places = [(&self.account, &*verdict.subject.account), (&self.region, &*verdict.subject.region)];
        let globs = [(&self.control, &*verdict.control_id), (&self.resource, verdict.subject.resource.id.as_str())];
        if places.iter().any(|(wanted, found)| wanted.as_ref().is_some_and(|wanted| wanted != found))
            || globs.iter().any(|(glob, found)| glob.as_ref().is_some_and(|glob| !glob.matches(found)))
        {
            return Fit::No;
        }
        if self.tags.is_empty() {
            return Fit::Yes;
        }
        if verdict.subject.tags.as_unknown().is_some() {
            return Fit::Unknown;
        }
        let mut fit = Fit::Yes;
        for (name, glob) in &self.tags {
            match verdict.subject.tags.get(name) {
                Some(Value::String(value)) if glob.matches(value) => {}
                Some(Value::Unknown(_)) => fit = Fit::Unknown,
                _ => return Fit::No,
            }
        }
        fit
    }

    /// Whether it holds for a verdict on a declaration, which people name by `names` (logical id, `file#LogicalId`) rather
    /// than by an ARN that does not exist yet.
    pub fn accepts_declared(&self, verdict: &Verdict, names: &[&str], now: Timestamp) -> bool {
        let wanted = self.resource.as_ref();
        let named = wanted.is_some_and(|glob| names.iter().any(|name| glob.matches(name)));
        let rule = if named { &Self { resource: None, ..self.clone() } } else { self };
        self.until >= day(now) && matches!(rule.fit(verdict), Fit::Yes)
    }

    /// Whether it is the decision behind a finding's acceptance, wherever in the file it stands now.
    fn is_behind(&self, suppression: &Suppression) -> bool {
        self.reason == suppression.reason && self.until.to_string() == suppression.until
    }

    /// Whether this scan would have seen a match.
    fn is_in_sight(&self, meta: &ScanMeta) -> bool {
        meta.accounts.iter().any(|scope| {
            let regions = || scope.regions.iter().chain([&scope.home_region]);
            self.account.as_ref().is_none_or(|account| *account == scope.account)
                && self.region.as_ref().is_none_or(|wanted| regions().any(|region| region == wanted))
        })
    }
}

/// The rules at work during one scan.
pub(crate) struct Rules<'a> {
    today: Date,
    /// The longest-holding first, so that the first fit counts; with what each matched.
    holding: Vec<(&'a SuppressionRule, bool)>,
    expired: Vec<&'a SuppressionRule>,
}

impl<'a> Rules<'a> {
    pub(crate) fn new(rules: &'a [SuppressionRule], now: Timestamp) -> Self {
        let today = day(now);
        let (mut holding, expired): (Vec<_>, Vec<_>) = rules.iter().partition(|rule| rule.until >= today);
        holding.sort_by_key(|rule| std::cmp::Reverse(rule.until)); // stable: equals stay in the file's order
        Self { today, holding: holding.into_iter().map(|rule| (rule, false)).collect(), expired }
    }

    pub(crate) fn today(&self) -> Date {
        self.today
    }

    /// The decision that accepts this verdict's finding; `before` is the decision so far.
    pub(crate) fn accept(&mut self, verdict: &Verdict, before: Option<&Suppression>) -> Option<Suppression> {
        let mut found = None;
        for (rule, matched) in &mut self.holding {
            let fits = match rule.fit(verdict) {
                Fit::Yes => true,
                Fit::No => false,
                Fit::Unknown => before.is_some_and(|before| rule.is_behind(before)),
            };
            if fits {
                *matched = true;
                found = found.or(Some(*rule));
            }
        }
        found.map(SuppressionRule::record)
    }

    /// What people should know about the file, in the order of `rules`.
    pub(crate) fn problems(&self, meta: &ScanMeta, saw_everything: bool) -> Vec<DecisionProblem> {
        let mut problems = Vec::new();
        let mut add = |rule: &SuppressionRule, kind, text| {
            problems.push(DecisionProblem { source: rule.source.clone(), kind, text });
        };
        for rule in &self.expired {
            let text = format!(
                "this suppression ended on {}; fix the findings, or decide anew and move `until`, or remove it",
                rule.until
            );
            add(rule, ProblemKind::Expired, text);
        }
        for (rule, matched) in &self.holding {
            if !matched && saw_everything && rule.is_in_sight(meta) {
                let text =
                    "this suppression matches nothing; correct its control, resource, tag or account, or remove it";
                add(rule, ProblemKind::MatchedNothing, text.to_owned());
            }
            let days = self.today.until(rule.until).map_or(i32::MAX, |span| span.get_days());
            if days <= NOTICE_DAYS {
                let when = if days == 0 { "ends today".to_owned() } else { format!("ends in {days} days") };
                add(
                    rule,
                    ProblemKind::EndsSoon,
                    format!("this suppression {when} ({}); fix it until then or decide anew", rule.until),
                );
            }
        }
        problems.sort_by(|a, b| (line(&a.source), a.kind).cmp(&(line(&b.source), b.kind)));
        problems
    }
}

/// File and line number, so that line 9 comes before line 10.
fn line(source: &str) -> (&str, u64) {
    source.rsplit_once(':').map_or((source, 0), |(file, line)| (file, line.parse().unwrap_or(0)))
}
