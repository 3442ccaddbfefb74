//! What a reading may assume of the place where the code will be deployed.

use std::collections::BTreeMap;

/// See the module head.
#[derive(Debug, Clone)]
pub struct Options {
    /// Values of parameters, by name; they win over defaults.
    pub parameters: BTreeMap<String, String>,
    /// The account; a pretended one where it is not known.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The partition.
    pub partition: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            parameters: BTreeMap::new(),
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            partition: "aws".to_owned(),
        }
    }
}
