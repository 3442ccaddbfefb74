//! Takes in the verdicts of one scan.
//!
//! Conventions:
//! - One scan is one transaction of the store: all of it or nothing.
//! - Verdicts are put in order and merged first: where two are about the same finding (a list that shifted while
//!   it was paged), the worse one counts, so the result does not depend on the order of reading.
//! - A finding is archived when this scan judged its control in its account and Region and gave no verdict on it:
//!   the resource is deleted, the control no longer applies to it, or the control is disabled.
//! - It is *not* archived, nor changed in any other way, when its account or Region was not scanned, when its
//!   control was left out of this scan, or when the list of its resource type could not be read there (a gap).
//!   Such a finding keeps its status, workflow and times, `last_observed_at` included, so that its age shows. The
//!   account-level NOT_AVAILABLE finding of the control says that the list was refused. When the list can be read
//!   again, the account-level finding gets no verdict any more and is archived.
//! - Global resources are reported in the home Region. When that Region is not among the scanned ones, only those
//!   controls count as judged there that gave a verdict there.
//! - What has been archived for 30 days, and what no scan has met for 90, is deleted with its history.
//! - A scan older than one that is already stored for the same account and Region is refused: it would undo it.

mod archive;

use std::collections::BTreeSet;

use jiff::SignedDuration;
use sekisho_model::{ComplianceStatus, Gap, ScanMeta, Timestamp, Verdict, WorkflowStatus};
use sekisho_store::{FindingHead, FindingRow, FindingWrite, ScanCounts, ScanRecord, ScanWriter, Store, StoreError};

use crate::delta::{Delta, PreviousScan};
use crate::suppression::{DecisionProblem, Rules, SuppressionRule};
use crate::workflow::{self, Clock, Next};

/// How many verdicts are looked up and written at a time.
const BATCH: usize = 1_000;

/// How many past scans are searched for the previous one of the same accounts.
const PAST_SCANS: usize = 1_000;

/// How long archived findings are kept, as Security Hub keeps them (user guide, "Understanding findings").
const ARCHIVED_DAYS: i64 = 30;

/// How long active findings are kept that no scan meets again: Security Hub deletes them as long after
/// their last update, and every check of it is an update.
const UNSEEN_DAYS: i64 = 90;

/// What a scan judged, and what it could not see. The accounts and Regions are in `ScanMeta`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScanScope {
    /// Ids of the controls that were judged.
    pub controls: BTreeSet<String>,
    /// Ids of the controls that are disabled; their findings are archived.
    pub disabled: BTreeSet<String>,
    /// Whether all controls there are were judged, and not a choice of them. Then findings of controls that no
    /// pack contains any more are archived too.
    pub all_controls: bool,
    /// Lists that could not be read.
    pub gaps: Vec<Gap>,
}

/// What came of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingested {
    /// As stored.
    pub scan: ScanRecord,
    /// What changed.
    pub delta: Delta,
    /// What is wrong with the decisions file, by line.
    pub problems: Vec<DecisionProblem>,
}

/// Why a scan was not taken in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// The store failed; nothing of the scan is kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something newer is stored already.
    #[error(
        "this scan was taken at {taken_at}, but account {account} has a scan of {newer} already; store it in another data directory with --data"
    )]
    OlderScan {
        /// When the refused scan was taken.
        taken_at: Timestamp,
        /// The account in both.
        account: String,
        /// When the stored one was taken.
        newer: Timestamp,
    },
}

/// Takes in the verdicts of one scan, with the decisions of `sekisho.yaml`. `now` is the time of writing and the
/// day for which decisions hold; `meta.taken_at` is the time at which things were seen.
///
/// # Errors
/// [`HubError`] when the store fails or holds something newer; then nothing is changed.
pub fn ingest(
    store: &mut dyn Store,
    meta: &ScanMeta,
    scope: &ScanScope,
    verdicts: Vec<Verdict>,
    suppressions: &[SuppressionRule],
    now: Timestamp,
) -> Result<Ingested, HubError> {
    let previous = previous_scan(store, meta)?;
    let verdicts = merged(verdicts);
    let judged_places = archive::JudgedPlaces::of(meta, &verdicts);
    let mut writer = store.scan_begin(meta)?;
    let mut taking = Taking {
        clock: Clock { seen_at: meta.taken_at, now },
        rules: Rules::new(suppressions, now),
        delta: Delta { previous, ..Delta::default() },
        counts: ScanCounts::default(),
    };
    let mut verdicts = verdicts.into_iter();
    loop {
        let batch: Vec<Verdict> = verdicts.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        taking.batch(&mut *writer, batch)?;
    }
    archive::archive_unobserved(&mut *writer, meta, scope, &judged_places, now, &mut taking.delta)?;
    // Being seen is counted from the scan, so that judging an old snapshot does not delete what it has just told.
    let purged = writer.finding_purge(before(now, ARCHIVED_DAYS), before(meta.taken_at, UNSEEN_DAYS))?;
    let Taking { rules, mut delta, mut counts, .. } = taking;
    delta.sort();
    let count = |list: &Vec<String>| u64::try_from(list.len()).unwrap_or(u64::MAX);
    counts.new = count(&delta.new) + count(&delta.reopened);
    counts.fixed = count(&delta.fixed);
    counts.regressed = count(&delta.regressed);
    counts.archived = count(&delta.archived);
    counts.purged = purged;
    let scan = writer.scan_commit(now, &counts)?;
    let problems = rules.problems(meta, scope.all_controls && scope.gaps.is_empty());
    Ok(Ingested { scan, delta, problems })
}

fn before(time: Timestamp, days: i64) -> Timestamp {
    time.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MIN)
}

/// The last scan of any of these accounts; an error if one of the same places is newer than this.
fn previous_scan(store: &dyn Store, meta: &ScanMeta) -> Result<Option<PreviousScan>, HubError> {
    let mut previous = None;
    for scan in store.scan_list(PAST_SCANS)? {
        for account in &meta.accounts {
            let Some(known) = scan.meta.account(&account.account) else { continue };
            let shared = known.regions.iter().any(|region| account.regions.contains(region));
            if shared && scan.started_at > meta.taken_at {
                return Err(HubError::OlderScan {
                    taken_at: meta.taken_at,
                    account: account.account.clone(),
                    newer: scan.started_at,
                });
            }
            previous = previous.or(Some(PreviousScan { id: scan.id, started_at: scan.started_at }));
        }
    }
    Ok(previous)
}

/// Worse verdicts first.
fn rank(status: ComplianceStatus) -> u8 {
    match status {
        ComplianceStatus::Failed => 0,
        ComplianceStatus::NotAvailable => 1,
        ComplianceStatus::Warning => 2,
        ComplianceStatus::Passed => 3,
    }
}

/// Verdicts in a fixed order, one for each finding.
fn merged(mut verdicts: Vec<Verdict>) -> Vec<Verdict> {
    verdicts.sort_by(|a, b| a.key().cmp(&b.key()).then(rank(a.status).cmp(&rank(b.status))));
    verdicts.dedup_by(|later, kept| later.key() == kept.key());
    verdicts
}

/// What is carried through the batches of one scan.
struct Taking<'a> {
    clock: Clock,
    rules: Rules<'a>,
    delta: Delta,
    counts: ScanCounts,
}

impl Taking<'_> {
    fn batch(&mut self, writer: &mut dyn ScanWriter, batch: Vec<Verdict>) -> Result<(), StoreError> {
        let ids: Vec<String> =
            batch.iter().map(|verdict| verdict.key().finding_id(&verdict.subject.partition)).collect();
        let heads = writer.finding_heads(&ids)?;
        let (mut seen, mut writes): (Vec<FindingRow>, Vec<FindingWrite>) = (Vec::new(), Vec::new());
        for ((verdict, id), head) in batch.into_iter().zip(ids).zip(heads) {
            match self.verdict(verdict, id, head.as_ref()) {
                Next::Unchanged => seen.extend(head.map(|head| head.row)),
                Next::Changed(write) => writes.push(*write),
            }
        }
        writer.finding_observe(&seen, self.clock.seen_at)?;
        writer.finding_put(&writes)
    }

    fn verdict(&mut self, verdict: Verdict, id: String, head: Option<&FindingHead>) -> Next {
        let status = verdict.status;
        let decision = self.rules.accept(&verdict, head.and_then(|head| head.suppression.as_ref()));
        let next = workflow::apply(head, id.clone(), verdict, decision, self.rules.today(), self.clock);
        let workflow = match (&next, head) {
            (Next::Changed(write), _) => write.finding.workflow,
            (Next::Unchanged, Some(head)) => head.workflow,
            (Next::Unchanged, None) => WorkflowStatus::New,
        };
        self.delta.verdict(head, &id, status, workflow);
        self.count(status, workflow);
        next
    }

    fn count(&mut self, status: ComplianceStatus, workflow: WorkflowStatus) {
        self.counts.verdicts += 1;
        self.counts.suppressed += u64::from(workflow == WorkflowStatus::Suppressed);
        match status {
            ComplianceStatus::Passed => self.counts.passed += 1,
            ComplianceStatus::Failed => self.counts.failed += 1,
            ComplianceStatus::Warning => self.counts.warning += 1,
            ComplianceStatus::NotAvailable => self.counts.not_available += 1,
        }
    }
}
