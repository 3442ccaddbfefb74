//! Control status and security score, by AWS's own formula.
//!
//! Sources: Security Hub user guide, "Evaluating compliance status and control status" and "Calculating
//! security scores". Every control weighs one; severity and the number of resources do not count.
//! - A control is Failed if any finding in scope failed, else Unknown if any is WARNING or NOT_AVAILABLE, else
//!   Passed; with no findings left it has No data. Archived and suppressed findings are not looked at.
//! - Score = Passed / (Passed + Failed + Unknown), as a whole percentage. The guide's examples fit rounding to
//!   the nearest; half is rounded up here. Without any scored control there is no score.
//! - The summary score counts each control once, however many enabled standards contain it.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_model::{ComplianceStatus, Finding, RecordState, Severity, WorkflowStatus};
use sekisho_rules::packs::{PackSet, Standard, control_order};

/// The status of a control over all findings in scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ControlStatus {
    /// Nothing failed, everything could be judged.
    Passed,
    /// Something failed.
    Failed,
    /// Nothing failed, something could not be judged.
    Unknown,
    /// Nothing to look at.
    NoData,
    /// Switched off.
    Disabled,
}

/// A control's findings in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Failed findings that count.
    pub failed: usize,
    /// WARNING and NOT_AVAILABLE findings that count.
    pub unknown: usize,
    /// Passed findings that count.
    pub passed: usize,
    /// Suppressed findings, which do not count.
    pub suppressed: usize,
}

impl Tally {
    /// The status that these numbers give.
    pub fn status(&self) -> ControlStatus {
        match (self.failed, self.unknown, self.passed) {
            (1.., ..) => ControlStatus::Failed,
            (0, 1.., _) => ControlStatus::Unknown,
            (0, 0, 1..) => ControlStatus::Passed,
            (0, 0, 0) => ControlStatus::NoData,
        }
    }
}

/// A standard's score with its arithmetic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandardScore {
    /// Standard id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Whole percentage; `None` without any scored control.
    pub score: Option<u8>,
    /// Control ids by status, in order.
    pub controls: BTreeMap<ControlStatus, Vec<String>>,
}

impl StandardScore {
    /// The controls with a status.
    pub fn with(&self, status: ControlStatus) -> &[String] {
        self.controls.get(&status).map_or(&[], Vec::as_slice)
    }

    /// How many controls the score is a share of.
    pub fn scored(&self) -> usize {
        [ControlStatus::Passed, ControlStatus::Failed, ControlStatus::Unknown]
            .map(|status| self.with(status).len())
            .iter()
            .sum()
    }
}

/// The scores of one scope (an account, or all of them).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scores {
    /// Per standard.
    pub standards: Vec<StandardScore>,
    /// Over all of them.
    pub summary: Option<u8>,
    /// Findings per control.
    pub tallies: BTreeMap<String, Tally>,
}

/// Passed / total as a whole percentage, half rounded up; `None` for nothing.
pub fn percentage(passed: usize, total: usize) -> Option<u8> {
    if total == 0 {
        return None;
    }
    u8::try_from((200 * passed + total) / (2 * total)).ok()
}

/// Counts findings per control; archived ones are left out.
pub fn tallies<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> BTreeMap<String, Tally> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for finding in findings.into_iter().filter(|finding| finding.record_state == RecordState::Active) {
        let tally = tallies.entry(finding.control_id.clone()).or_default();
        if finding.workflow == WorkflowStatus::Suppressed {
            tally.suppressed += 1;
            continue;
        }
        match finding.status {
            ComplianceStatus::Failed => tally.failed += 1,
            ComplianceStatus::Passed => tally.passed += 1,
            ComplianceStatus::Warning | ComplianceStatus::NotAvailable => tally.unknown += 1,
        }
    }
    tallies
}

/// Scores over `findings`, for the standards in `enabled` (all if empty), with `disabled` controls left out.
pub fn scores<'f>(
    packs: &PackSet,
    findings: impl IntoIterator<Item = &'f Finding>,
    enabled: &BTreeSet<String>,
    disabled: &BTreeSet<String>,
) -> Scores {
    from_tallies(packs, tallies(findings), enabled, disabled)
}

fn from_tallies(
    packs: &PackSet,
    tallies: BTreeMap<String, Tally>,
    enabled: &BTreeSet<String>,
    disabled: &BTreeSet<String>,
) -> Scores {
    let chosen: Vec<&Standard> =
        packs.standards.iter().filter(|standard| enabled.is_empty() || enabled.contains(&standard.id)).collect();
    let status = |id: &str| {
        if disabled.contains(id) {
            ControlStatus::Disabled
        } else {
            tallies.get(id).map_or(ControlStatus::NoData, Tally::status)
        }
    };
    let mut unique: BTreeMap<&str, ControlStatus> = BTreeMap::new();
    let mut standards = Vec::with_capacity(chosen.len());
    for standard in &chosen {
        let mut controls: BTreeMap<ControlStatus, Vec<String>> = BTreeMap::new();
        let mut ids: Vec<&str> = standard.controls.keys().map(String::as_str).collect();
        ids.sort_by(|a, b| control_order(a).cmp(&control_order(b)));
        for id in ids {
            let status = status(id);
            unique.insert(id, status);
            controls.entry(status).or_default().push(id.to_owned());
        }
        let score = score_of(|wanted| controls.get(&wanted).map_or(0, Vec::len));
        standards.push(StandardScore {
            id: standard.id.clone(),
            name: standard.name.clone(),
            version: standard.version.clone(),
            score,
            controls,
        });
    }
    let summary = score_of(|wanted| unique.values().filter(|status| **status == wanted).count());
    Scores { standards, summary, tallies }
}

fn score_of(count: impl Fn(ControlStatus) -> usize) -> Option<u8> {
    let passed = count(ControlStatus::Passed);
    percentage(passed, passed + count(ControlStatus::Failed) + count(ControlStatus::Unknown))
}

/// One step of the way up: fixing all failed findings of one control.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The control.
    pub control_id: String,
    /// Its severity.
    pub severity: Severity,
    /// How many findings to fix.
    pub failed: usize,
    /// Percentage points won, added up over the enabled standards. Zero if something of the control cannot be
    /// judged: fixing what failed then makes it Unknown, not Passed.
    pub points: f64,
    /// Standard id to the score reached after this step and all before it.
    pub reached: BTreeMap<String, Option<u8>>,
    /// The summary score reached.
    pub summary: Option<u8>,
}

/// The order in which fixing controls raises the score fastest: by points, then severity, then fewest findings.
pub fn plan(packs: &PackSet, scores: &Scores, enabled: &BTreeSet<String>, disabled: &BTreeSet<String>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (id, tally) in
        scores.tallies.iter().filter(|(id, tally)| tally.status() == ControlStatus::Failed && !disabled.contains(*id))
    {
        let Some(control) = packs.controls.get(id) else { continue };
        let gain = |standard: &StandardScore| {
            if standard.with(ControlStatus::Failed).contains(id) && tally.unknown == 0 {
                100.0 / standard.scored() as f64
            } else {
                0.0
            }
        };
        let points = scores.standards.iter().map(gain).sum();
        steps.push(Step {
            control_id: id.clone(),
            severity: control.severity,
            failed: tally.failed,
            points,
            reached: BTreeMap::new(),
            summary: None,
        });
    }
    steps.sort_by(|a, b| {
        b.points
            .total_cmp(&a.points)
            .then(b.severity.cmp(&a.severity))
            .then(a.failed.cmp(&b.failed))
            .then(control_order(&a.control_id).cmp(&control_order(&b.control_id)))
    });
    let mut tallies = scores.tallies.clone();
    for step in &mut steps {
        if let Some(tally) = tallies.get_mut(&step.control_id) {
            tally.passed += std::mem::take(&mut tally.failed);
        }
        let after = from_tallies(packs, tallies.clone(), enabled, disabled);
        step.reached = after.standards.into_iter().map(|standard| (standard.id, standard.score)).collect();
        step.summary = after.summary;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_those_worked_in_the_user_guide() {
        for (passed, total, expected) in
            [(168, 190, 88), (8, 37, 22), (6, 41, 15), (159, 215, 74), (28, 45, 62), (357, 515, 69)]
        {
            assert_eq!(percentage(passed, total), Some(expected), "{passed}/{total}");
        }
        assert_eq!(percentage(0, 0), None);
        assert_eq!(percentage(1, 200), Some(1), "half is rounded up");
        assert_eq!((percentage(0, 5), percentage(5, 5)), (Some(0), Some(100)));
    }

    #[test]
    fn status_as_the_user_guide_defines_it() {
        let tally = |failed, unknown, passed, suppressed| Tally { failed, unknown, passed, suppressed }.status();
        assert_eq!(tally(1, 1, 1, 0), ControlStatus::Failed);
        assert_eq!(tally(0, 1, 5, 0), ControlStatus::Unknown);
        assert_eq!(tally(0, 0, 5, 3), ControlStatus::Passed);
        assert_eq!(tally(0, 0, 0, 3), ControlStatus::NoData);
    }
}
