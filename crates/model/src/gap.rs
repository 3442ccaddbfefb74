//! What a scan could not see.

use crate::value::{Unknown, Value};

/// A list of resources that could not be read: nothing is known of this type in this account and Region.
/// Reads that failed for one resource only are inside that resource, as [`Value::Unknown`].
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Gap {
    /// The CloudFormation type whose list failed.
    #[serde(rename = "type")]
    pub type_name: String,
    /// 12-digit account.
    pub account: String,
    /// Region, the partition's home Region for global types.
    pub region: String,
    /// The operation and why.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Gap {
    /// The gap as the value that a condition sees instead of the list.
    pub fn value(&self) -> Value {
        self.unknown.clone().into()
    }
}
