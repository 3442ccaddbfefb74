//! A scan's frame: who looked, at what, when.

use crate::gap::Gap;
use crate::resource::Resource;
use jiff::Timestamp;

/// One account that was scanned.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AccountScope {
    /// 12-digit account.
    pub account: String,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The name from Organizations or the accounts file, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The ARN that made the calls.
    pub identity: String,
    /// The Regions that were looked at, sorted.
    pub regions: Vec<String>,
    /// The Region in which global resources are reported (us-east-1, cn-north-1, us-gov-west-1).
    pub home_region: String,
}

/// What is true of a scan as a whole.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ScanMeta {
    /// When the reading started. It is also the `now` of every age that controls compute, so that a saved
    /// scan is judged again identically.
    pub taken_at: Timestamp,
    /// The accounts, sorted.
    pub accounts: Vec<AccountScope>,
    /// Sekisho's version that did the reading.
    pub version: String,
}

impl ScanMeta {
    /// The scope of one account.
    pub fn account(&self, account: &str) -> Option<&AccountScope> {
        self.accounts.iter().find(|scope| scope.account == account)
    }
}

/// Everything that a scan saw and failed to see: the input of judging.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The frame.
    pub meta: ScanMeta,
    /// Resources, sorted by type, account, Region and ARN.
    pub resources: Vec<Resource>,
    /// Lists that failed.
    pub gaps: Vec<Gap>,
}
