//! Decisions that stand beside the code: `# sekisho:skip=S3.8,S3.9 until=2027-03-31 reason="target of access logs"`.
//!
//! As in `sekisho.yaml`, a reason and an end are required, and what has ended accepts nothing. A skip that cannot be read is
//! a problem of the file, never a silent acceptance.

use std::collections::HashMap;

use anyhow::Context;
use jiff::civil::Date;
use sekisho_iac::{SKIP_MARK, SkipComment, SkipTool};

/// A skip that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Skip {
    controls: Vec<String>,
    /// None for those of other tools, which have no end.
    until: Option<Date>,
    reason: String,
}

impl Skip {
    /// The reason, if it names `control`. Whether it still holds is for [`Self::is_over`] to say.
    pub(super) fn accepts(&self, control: &str) -> Option<&str> {
        self.controls.iter().any(|id| id.eq_ignore_ascii_case(control)).then_some(self.reason.as_str())
    }

    /// Whether its last day is over.
    pub(super) fn is_over(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

/// Reads a skip.
///
/// # Errors
/// What is missing, and what to write.
pub(super) fn read(comment: &SkipComment) -> Result<Skip, String> {
    let example = "write sekisho:skip=S3.8 until=2027-03-31 reason=\"why\"";
    let (_, rest) = comment.text.split_once(SKIP_MARK).ok_or_else(|| format!("this is no skip; {example}"))?;
    let (ids, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let controls: Vec<String> = ids.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    if controls.is_empty() {
        return Err(format!("the skip names no control; {example}"));
    }
    let until = field(rest, "until=").ok_or_else(|| format!("the skip has no last day; {example}"))?;
    let until = until.parse().map_err(|_| format!("`{until}` is not a day; {example}"))?;
    let reason = field(rest, "reason=").filter(|reason| !reason.trim().is_empty());
    let reason = reason.ok_or_else(|| format!("the skip has no reason; {example}"))?;
    Ok(Skip { controls, until: Some(until), reason })
}

/// Rule ids of other tools, and the controls that judge the same.
pub(super) struct ForeignRules(HashMap<String, HashMap<String, Vec<String>>>);

impl ForeignRules {
    /// The built-in table.
    ///
    /// # Errors
    /// Only if the table that is built in were broken.
    pub(super) fn load() -> anyhow::Result<Self> {
        yaml_serde::from_str(include_str!("foreign_rules.yaml"))
            .map(Self)
            .context("the table of other tools' rules is broken")
    }

    /// A skip of another tool.
    ///
    /// # Errors
    /// A rule for which there is no control.
    pub(super) fn read(&self, comment: &SkipComment) -> Result<Skip, String> {
        let tool = match comment.tool {
            SkipTool::Checkov => "checkov",
            SkipTool::CfnNag => "cfn_nag",
            SkipTool::CfnGuard => "cfn-guard",
            SkipTool::Trivy | SkipTool::Sekisho => "trivy",
        };
        let (id, reason) = comment.text.split_once(':').unwrap_or((&comment.text, ""));
        let rule = self.0.get(tool).and_then(|rules| rules.get(id.trim()));
        let controls =
            rule.ok_or_else(|| format!("no control judges what {id} of {tool} does: this skip accepts nothing"))?;
        let reason =
            if reason.trim().is_empty() { format!("skip of {tool}") } else { format!("{tool}: {}", reason.trim()) };
        Ok(Skip { controls: controls.clone(), until: None, reason })
    }
}

/// The value after `name`, in double quotes or up to the next space.
fn field(text: &str, name: &str) -> Option<String> {
    let (before, rest) = text.split_once(name)?;
    if !before.is_empty() && !before.ends_with(char::is_whitespace) {
        return None;
    }
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').map(|(value, _)| value.to_owned()),
        None => rest.split_whitespace().next().map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skip(text: &str) -> Result<Skip, String> {
        read(&SkipComment { tool: SkipTool::Sekisho, text: text.into(), span: None })
    }

    #[test]
    fn a_skip_needs_controls_an_end_and_a_reason() {
        let whole = skip("sekisho:skip=S3.8,S3.9 until=2027-03-31 reason=\"logs of logs\"").unwrap();
        let (before, after) = (Date::constant(2027, 3, 31), Date::constant(2027, 4, 1));
        assert_eq!(whole.accepts("s3.9"), Some("logs of logs"));
        assert_eq!(whole.accepts("S3.1"), None);
        assert_eq!((whole.is_over(before), whole.is_over(after)), (false, true));
        assert!(skip("sekisho:skip=S3.8 reason=\"x\"").unwrap_err().contains("no last day"));
        assert!(skip("sekisho:skip=S3.8 until=2027-03-31").unwrap_err().contains("no reason"));
        assert!(skip("sekisho:skip=S3.8 until=soon reason=x").unwrap_err().contains("`soon` is not a day"));
        assert!(skip("sekisho:skip= until=2027-03-31 reason=x").unwrap_err().contains("names no control"));
    }
}
