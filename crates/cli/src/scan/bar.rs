//! `--fail-on`: when a scan ends with exit code 2.

use sekisho_hub::{Baseline, Delta};
use sekisho_model::{ComplianceStatus, Finding};

use crate::args::Bar;

/// Whether any finding is over the bar. With a baseline, only findings that are not in it count.
pub(crate) fn is_over(bars: &[Bar], findings: &[Finding], delta: &Delta, against: Option<&(Baseline, Delta)>) -> bool {
    let known = |finding: &Finding| against.is_some_and(|(baseline, _)| baseline.findings.contains(&finding.id));
    bars.iter().any(|bar| match bar {
        Bar::New => match against {
            Some((_, delta)) => !delta.new.is_empty(),
            None => delta.worse().next().is_some(),
        },
        Bar::Severity(severity) => {
            findings.iter().any(|finding| finding.is_open() && finding.severity == *severity && !known(finding))
        }
        Bar::NotAvailable => findings.iter().any(|finding| finding.status == ComplianceStatus::NotAvailable),
    })
}
