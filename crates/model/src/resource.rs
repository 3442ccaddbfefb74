//! A resource: what was read from an account, a template or a snapshot, always in CloudFormation's shape.

use crate::value::{Map, Value};

/// The pseudo type of controls that judge an account (or an account in one Region) as a whole.
pub const ACCOUNT_TYPE: &str = "AWS::::Account";

/// The resource id that Security Hub gives to account-level findings.
pub fn account_resource_id(account: &str) -> String {
    format!("{ACCOUNT_TYPE}:{account}")
}

/// One resource. `properties` is what CloudFormation could declare, `attributes` is what is only true of the
/// running thing (a key's state, a password's age).
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Resource {
    /// CloudFormation type name, `AWS::KMS::Key`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The ARN, or another stable identifier where the type has no ARN.
    pub arn: String,
    /// The short name people use: bucket name, instance id.
    pub name: String,
    /// 12-digit account.
    pub account: String,
    /// Region; for global resources the partition's home Region, as Security Hub reports them.
    pub region: String,
    /// What CloudFormation could declare.
    #[serde(default)]
    pub properties: Value,
    /// What is only true of the running thing.
    #[serde(default)]
    pub attributes: Value,
    /// Tag name to tag value; [`Value::Unknown`] where tags could not be read.
    #[serde(default)]
    pub tags: Value,
}

impl Resource {
    /// The value of a tag.
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.tags.get(name).and_then(Value::as_str)
    }

    /// A resource with empty documents.
    pub fn new(type_name: &str, arn: &str, account: &str, region: &str) -> Self {
        let name = arn.rsplit(['/', ':']).next().unwrap_or(arn).to_owned();
        Self {
            type_name: type_name.to_owned(),
            arn: arn.to_owned(),
            name,
            account: account.to_owned(),
            region: region.to_owned(),
            properties: Value::Map(Map::new()),
            attributes: Value::Map(Map::new()),
            tags: Value::Map(Map::new()),
        }
    }
}
