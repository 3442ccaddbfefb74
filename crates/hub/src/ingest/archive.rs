//! Which findings are archived because a scan did not meet them again. The rules are in the head of `ingest`.

use std::collections::BTreeSet;

use sekisho_model::{AccountScope, ScanMeta, Timestamp, Verdict};
use sekisho_store::{FindingHead, FindingWrite, ScanWriter, StoreError};

use super::ScanScope;
use crate::delta::Delta;
use crate::workflow;

/// In home Regions that were not scanned themselves: (account, Region, control) with at least one verdict.
pub(super) struct JudgedPlaces(BTreeSet<(String, String, String)>);

impl JudgedPlaces {
    pub(super) fn of(meta: &ScanMeta, verdicts: &[Verdict]) -> Self {
        let homes: Vec<&AccountScope> =
            meta.accounts.iter().filter(|scope| !scope.regions.contains(&scope.home_region)).collect();
        if homes.is_empty() {
            return Self(BTreeSet::new());
        }
        let at_home = |verdict: &&Verdict| {
            let subject = &verdict.subject;
            homes.iter().any(|scope| *scope.account == *subject.account && *scope.home_region == *subject.region)
        };
        let place = |verdict: &Verdict| {
            let subject = &verdict.subject;
            (subject.account.to_string(), subject.region.to_string(), verdict.control_id.to_string())
        };
        Self(verdicts.iter().filter(at_home).map(place).collect())
    }

    fn contains(&self, account: &str, region: &str, control: &str) -> bool {
        self.0.contains(&(account.to_owned(), region.to_owned(), control.to_owned()))
    }
}

/// Archives what the scan should have met and did not.
pub(super) fn archive_unobserved(
    writer: &mut dyn ScanWriter,
    meta: &ScanMeta,
    scope: &ScanScope,
    judged_places: &JudgedPlaces,
    now: Timestamp,
    delta: &mut Delta,
) -> Result<(), StoreError> {
    for account in &meta.accounts {
        let regions: BTreeSet<&String> = account.regions.iter().chain([&account.home_region]).collect();
        for region in regions {
            let scanned = account.regions.contains(region);
            let mut writes: Vec<FindingWrite> = Vec::new();
            for head in writer.unobserved_list(&account.account, region)? {
                let judged = scanned || judged_places.contains(&account.account, region, &head.control_id);
                if !(judged && is_gone(&head, scope, &account.account, region)) {
                    continue;
                }
                if let Some(finding) = writer.finding_get(&head.id)? {
                    writes.push(workflow::archive(&head, finding, now));
                    delta.archived(&head);
                }
            }
            writer.finding_put(&writes)?;
        }
    }
    Ok(())
}

/// Whether a finding that got no verdict in a scanned place describes nothing any more.
fn is_gone(head: &FindingHead, scope: &ScanScope, account: &str, region: &str) -> bool {
    if scope.disabled.contains(&head.control_id) {
        return true;
    }
    if !scope.controls.contains(&head.control_id) {
        return scope.all_controls;
    }
    !scope.gaps.iter().any(|gap| gap.type_name == head.resource_type && gap.account == account && gap.region == region)
}
