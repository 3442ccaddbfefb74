//! What a scan changed, compared with the scans before it.
//!
//! The lists hold finding ids, sorted. Each finding is in at most one of `new`, `regressed`, `reopened`,
//! `unsuppressed`, `suppressed`, `fixed` and `lost_sight`; those in `archived` may be in `fixed` too. While a
//! verdict is missing (WARNING, NOT_AVAILABLE), the last PASSED or FAILED is what later verdicts are compared
//! with, so that one refused call does not make old failures look new.

use sekisho_model::{ComplianceStatus, RecordState, Timestamp, WorkflowStatus};
use sekisho_store::{FindingFilter, FindingHead, FindingOrder, Store, StoreError};

use crate::baseline::Baseline;

/// The scan compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreviousScan {
    /// Its number.
    pub id: i64,
    /// When it started to read.
    pub started_at: Timestamp,
}

/// See the module's head.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delta {
    /// The last scan of any of these accounts; `None` at the first.
    pub previous: Option<PreviousScan>,
    /// FAILED, and not known before.
    pub new: Vec<String>,
    /// FAILED, and PASSED before.
    pub regressed: Vec<String>,
    /// FAILED, and archived before: the resource is back.
    pub reopened: Vec<String>,
    /// FAILED, and accepted until this scan: the decision ended or was removed.
    pub unsuppressed: Vec<String>,
    /// FAILED, and accepted since this scan.
    pub suppressed: Vec<String>,
    /// FAILED before, and now PASSED or archived.
    pub fixed: Vec<String>,
    /// FAILED before, and now not to be judged (WARNING, NOT_AVAILABLE).
    pub lost_sight: Vec<String>,
    /// Archived by this scan.
    pub archived: Vec<String>,
    /// How many are FAILED as before and not accepted.
    pub unchanged: usize,
    /// How many are FAILED and accepted, all in all.
    pub accepted: usize,
}

/// The last status that was a judgement.
fn judged(head: &FindingHead) -> Option<ComplianceStatus> {
    let decided = |status: &ComplianceStatus| matches!(status, ComplianceStatus::Passed | ComplianceStatus::Failed);
    Some(head.status).filter(decided).or(head.previous_status.filter(decided))
}

impl Delta {
    /// What is worse than before and not accepted: the findings that `--fail-on new` means.
    pub fn worse(&self) -> impl Iterator<Item = &str> {
        let lists = [&self.new, &self.regressed, &self.reopened, &self.unsuppressed];
        lists.into_iter().flatten().map(String::as_str)
    }

    /// Notes a verdict's effect on the finding `id`.
    pub(crate) fn verdict(
        &mut self,
        before: Option<&FindingHead>,
        id: &str,
        status: ComplianceStatus,
        workflow: WorkflowStatus,
    ) {
        let was_current = before.is_some_and(|head| head.record_state == RecordState::Active);
        let was_failed = before.is_some_and(|head| judged(head) == Some(ComplianceStatus::Failed));
        let list = match status {
            ComplianceStatus::Failed => {
                if workflow == WorkflowStatus::Suppressed {
                    self.accepted += 1;
                }
                match self.failed(before, workflow) {
                    Some(list) => list,
                    None => return,
                }
            }
            ComplianceStatus::Passed if was_current && was_failed => &mut self.fixed,
            ComplianceStatus::Warning | ComplianceStatus::NotAvailable
                if was_current && before.is_some_and(|head| head.status == ComplianceStatus::Failed) =>
            {
                &mut self.lost_sight
            }
            _ => return,
        };
        list.push(id.to_owned());
    }

    fn failed(&mut self, before: Option<&FindingHead>, workflow: WorkflowStatus) -> Option<&mut Vec<String>> {
        let accepted_before = before.is_some_and(|head| {
            head.workflow == WorkflowStatus::Suppressed && head.record_state == RecordState::Active
        });
        if workflow == WorkflowStatus::Suppressed {
            return (!accepted_before).then_some(&mut self.suppressed);
        }
        let Some(head) = before else { return Some(&mut self.new) };
        if head.record_state == RecordState::Archived {
            return Some(&mut self.reopened);
        }
        if accepted_before {
            return Some(&mut self.unsuppressed);
        }
        match judged(head) {
            Some(ComplianceStatus::Passed) => Some(&mut self.regressed),
            Some(_) => {
                self.unchanged += 1;
                None
            }
            None => Some(&mut self.new),
        }
    }

    /// Notes that a finding was archived.
    pub(crate) fn archived(&mut self, head: &FindingHead) {
        if judged(head) == Some(ComplianceStatus::Failed) {
            self.fixed.push(head.id.clone());
        }
        self.archived.push(head.id.clone());
    }

    pub(crate) fn sort(&mut self) {
        let lists = [
            &mut self.new,
            &mut self.regressed,
            &mut self.reopened,
            &mut self.unsuppressed,
            &mut self.suppressed,
            &mut self.fixed,
            &mut self.lost_sight,
            &mut self.archived,
        ];
        lists.into_iter().for_each(|list| list.sort_unstable());
    }

    /// Compares what is open now with a baseline: `new` is open and not in the baseline; of the baseline, `fixed`
    /// passes or is archived, `suppressed` is accepted, and `lost_sight` cannot be judged or is unknown here.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub fn against_baseline(store: &dyn Store, baseline: &Baseline) -> Result<Self, StoreError> {
        let mut delta = Self::default();
        let mut still_open = std::collections::BTreeSet::new();
        store.finding_each(&FindingFilter::open(), FindingOrder::Id, &mut |finding| {
            if baseline.findings.contains(&finding.id) {
                delta.unchanged += 1;
                still_open.insert(finding.id);
            } else {
                delta.new.push(finding.id);
            }
        })?;
        for id in baseline.findings.difference(&still_open) {
            let finding = store.finding_get(id)?;
            let list = match finding {
                Some(finding) if finding.record_state == RecordState::Archived => &mut delta.fixed,
                Some(finding) if finding.status == ComplianceStatus::Passed => &mut delta.fixed,
                Some(finding) if finding.status == ComplianceStatus::Failed => {
                    delta.accepted += 1;
                    &mut delta.suppressed
                }
                _ => &mut delta.lost_sight,
            };
            list.push(id.clone());
        }
        delta.sort();
        Ok(delta)
    }
}
