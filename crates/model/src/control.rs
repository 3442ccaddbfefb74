//! The words that controls are described in.

use std::fmt;

/// How bad a failed control is, in Security Hub's five labels. Ordered from harmless to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    /// Also the severity of every finding that is not FAILED.
    Informational,
    /// Normalized 1 to 39.
    Low,
    /// Normalized 40 to 69.
    Medium,
    /// Normalized 70 to 89.
    High,
    /// Normalized 90 to 100.
    Critical,
}

impl Severity {
    /// All labels, worst first.
    pub const WORST_FIRST: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Informational];

    /// Security Hub's label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Informational => "INFORMATIONAL",
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        }
    }

    /// Security Hub's `Severity.Normalized` for the label (0, 1, 40, 70, 90).
    pub fn normalized(self) -> i64 {
        match self {
            Self::Informational => 0,
            Self::Low => 1,
            Self::Medium => 40,
            Self::High => 70,
            Self::Critical => 90,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.label())
    }
}

impl std::str::FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::WORST_FIRST
            .into_iter()
            .find(|severity| severity.label().eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("`{text}` is not a severity; write critical, high, medium, low or informational"))
    }
}

/// When AWS itself runs the check; Sekisho runs all of them at every scan and states this as a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Schedule {
    /// Every 12 or 24 hours.
    #[serde(rename = "periodic")]
    Periodic,
    /// When the resource changes.
    #[serde(rename = "change-triggered")]
    ChangeTriggered,
    /// Both.
    #[serde(rename = "change-triggered+periodic")]
    Both,
}
