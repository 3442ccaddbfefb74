//! Partitions: `aws`, `aws-cn`, `aws-us-gov` and the others of botocore's partitions.json.
//!
//! A Region belongs to the partition that lists it, else to the one whose pattern it matches, else to `aws`; that is
//! the published rule of the `aws.partition` function. The patterns all have the form `^(us|eu)\-\w+\-\d+$`, so
//! matching alternatives of a prefix does, and no regular-expression engine is needed.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// All partitions, in the published order.
#[derive(Debug, Clone, Deserialize)]
pub struct Partitions {
    partitions: Vec<Partition>,
}

/// One partition.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Partition {
    /// `aws`, `aws-cn`, `aws-us-gov` ...
    pub id: String,
    region_regex: String,
    regions: BTreeMap<String, Json>,
    outputs: Json,
}

impl Partition {
    /// The Region that global services of the partition answer for: `us-east-1`, `cn-northwest-1`, `us-gov-west-1`.
    pub fn global_region(&self) -> &str {
        self.outputs.get("implicitGlobalRegion").and_then(Json::as_str).unwrap_or("us-east-1")
    }

    /// The names of its Regions; pseudo Regions (`aws-global`) are left out.
    pub fn regions(&self) -> impl Iterator<Item = &str> {
        self.regions.keys().map(String::as_str).filter(|name| !name.ends_with("-global"))
    }

    /// What `aws.partition` answers.
    pub(crate) fn outputs(&self) -> Json {
        let mut outputs = self.outputs.clone();
        if let Some(fields) = outputs.as_object_mut() {
            fields.insert("name".into(), json!(self.id));
        }
        outputs
    }
}

impl Partitions {
    /// Parses partitions.json.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, String> {
        let parsed: Self = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if parsed.partitions.is_empty() { Err("it lists no partition".into()) } else { Ok(parsed) }
    }

    /// The partition with this id.
    pub fn by_id(&self, id: &str) -> Option<&Partition> {
        self.partitions.iter().find(|partition| partition.id == id)
    }

    /// The partition of a Region; `aws` for names that nobody knows.
    pub fn of_region(&self, region: &str) -> Option<&Partition> {
        let listed = self.partitions.iter().find(|partition| partition.regions.contains_key(region));
        listed
            .or_else(|| self.partitions.iter().find(|partition| matches_pattern(&partition.region_regex, region)))
            .or_else(|| self.by_id("aws"))
    }
}

/// Matches the published pattern form: a prefix with at most one group of alternatives, then `\-\w+\-\d+$`.
fn matches_pattern(pattern: &str, region: &str) -> bool {
    let Some(prefix) = pattern.trim_start_matches('^').strip_suffix(r"\-\w+\-\d+$") else { return false };
    let prefix = prefix.replace('\\', "");
    let (before, alternatives, after) = match prefix.split_once('(') {
        Some((before, rest)) => {
            let (alternatives, after) = rest.split_once(')').unwrap_or((rest, ""));
            (before, alternatives, after)
        }
        None => (prefix.as_str(), "", ""),
    };
    alternatives.split('|').any(|alternative| {
        let start = format!("{before}{alternative}{after}-");
        let Some((word, number)) = region.strip_prefix(&start).and_then(|tail| tail.rsplit_once('-')) else {
            return false;
        };
        !word.is_empty()
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !number.is_empty()
            && number.chars().all(|c| c.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::matches_pattern;

    #[test]
    fn published_patterns_match_their_regions_only() {
        let aws = r"^(us|eu|ap|sa|ca|me|af|il|mx)\-\w+\-\d+$";
        assert!(matches_pattern(aws, "us-east-9"));
        assert!(matches_pattern(aws, "mx-central-1"));
        assert!(!matches_pattern(aws, "us-gov-west-1"));
        assert!(!matches_pattern(aws, "cn-north-1"));
        assert!(matches_pattern(r"^us\-gov\-\w+\-\d+$", "us-gov-west-1"));
        assert!(matches_pattern(r"^eusc\-(de)\-\w+\-\d+$", "eusc-de-east-1"));
        assert!(!matches_pattern(r"^eusc\-(de)\-\w+\-\d+$", "eusc-fr-east-1"));
    }
}
