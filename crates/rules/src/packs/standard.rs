//! Standards: which controls, under which requirement numbers. Never logic.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A control's place in a standard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandardControl {
    /// Control id.
    pub id: String,
    /// Requirement numbers; empty where the standard has none.
    pub requirements: Vec<String>,
}

/// One version of one standard, `packs/standards/<name>/<version>.yaml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    /// Short name for command lines and configuration, `fsbp`, `cis-5.0.0`.
    pub id: String,
    /// Full name.
    pub name: String,
    /// Version.
    pub version: String,
    /// The tail of Security Hub's standard ARN, `standards/pci-dss/v/4.0.1`; also its `StandardsId`.
    pub standards_id: String,
    /// The name that Security Hub puts before requirement numbers in `RelatedRequirements`.
    pub requirement_prefix: String,
    /// Control id to requirement numbers.
    pub controls: BTreeMap<String, Vec<String>>,
}

impl Standard {
    /// The requirement numbers of a control, `None` if the standard does not contain it.
    pub fn requirements(&self, control_id: &str) -> Option<&[String]> {
        self.controls.get(control_id).map(Vec::as_slice)
    }
}
