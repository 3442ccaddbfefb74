//! The data inside the HTML report, packed for 100,000 findings.
//!
//! Every distinct text stands once in `strings`; resources and findings are columns of small numbers that point into
//! it. A browser parses that several times faster than objects with repeated names and texts, and the script's filters
//! compare numbers. `crates/cli/assets/report.js` is the only reader, so the layout has no version: file and script travel
//! together.
//!
//! Layout: `evidence` holds distinct lists of (path, value) or (code, description) pairs as string numbers, the empty list
//! first; `suppression` is 0 or one more than a place in `suppressions`; `class` follows the order failed, not judged,
//! suppressed, passed; `change` is 1 for new, 2 for regressed; `since` counts seconds from `taken`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::io::{self, Write};

use sekisho_model::{ComplianceStatus, Finding, Severity, Suppression};
use serde::Serialize;

use super::report::{ControlView, Report};
use super::summary::{Change, Changed, Class, class, natural, service};
use super::text::limit_chars;
use super::words::words;

/// Longer evidence values are cut; the JSON formats have them whole.
const VALUE_CHARS_MAX: usize = 400;
/// Evidence pairs kept per finding.
const PAIRS_MAX: usize = 12;

/// Numbers distinct things in the order of their first appearance.
struct Table<K> {
    numbers: HashMap<K, u32>,
    items: Vec<K>,
}

impl<K: Clone + Eq + Hash> Table<K> {
    fn new() -> Self {
        Self { numbers: HashMap::new(), items: Vec::new() }
    }

    fn number(&mut self, item: K) -> u32 {
        if let Some(number) = self.numbers.get(&item) {
            return *number;
        }
        let number = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        self.items.push(item.clone());
        self.numbers.insert(item, number);
        number
    }
}

#[derive(Serialize)]
struct Island<'a> {
    words: BTreeMap<&'static str, &'static str>,
    taken: i64,
    has_changes: bool,
    accounts: Vec<(&'a str, Option<&'a str>)>,
    regions: Vec<&'a str>,
    standards: Vec<(String, String)>,
    statuses: [&'static str; 4],
    controls: Vec<Control>,
    resources: Resources,
    evidence: Vec<Vec<u32>>,
    suppressions: Vec<&'a Suppression>,
    findings: Findings,
    strings: Vec<Cow<'a, str>>,
}

#[derive(Serialize)]
struct Control {
    id: String,
    service: String,
    severity: usize,
    title: String,
    why: String,
    accept_when: String,
    standards: Vec<(u32, String)>,
    fix: Fix,
}

#[derive(Serialize, Default)]
struct Fix {
    console: String,
    cli: String,
    cloudformation: String,
    terraform: String,
}

#[derive(Serialize, Default)]
struct Resources {
    id: Vec<u32>,
    name: Vec<u32>,
    #[serde(rename = "type")]
    type_name: Vec<u32>,
    account: Vec<u32>,
    region: Vec<u32>,
}

#[derive(Serialize, Default)]
struct Findings {
    control: Vec<u32>,
    resource: Vec<u32>,
    class: Vec<u8>,
    status: Vec<u8>,
    evidence: Vec<u32>,
    reasons: Vec<u32>,
    suppression: Vec<u32>,
    change: Vec<u8>,
    since: Vec<i64>,
}

/// Everything that is being numbered.
struct Packing<'a> {
    strings: Table<Cow<'a, str>>,
    accounts: Table<&'a str>,
    regions: Table<&'a str>,
    resources: Table<(&'a str, &'a str, &'a str)>,
    resource_columns: Resources,
    evidence: Table<Vec<u32>>,
    suppressions: Vec<&'a Suppression>,
    suppression_numbers: HashMap<(&'a str, &'a str, &'a str), u32>,
}

impl<'a> Packing<'a> {
    fn resource(&mut self, finding: &'a Finding) -> u32 {
        let key = (finding.resource.id.as_str(), finding.account.as_str(), finding.region.as_str());
        let known = self.resources.items.len();
        let number = self.resources.number(key);
        if self.resources.items.len() > known {
            let columns = &mut self.resource_columns;
            columns.id.push(self.strings.number(Cow::Borrowed(&finding.resource.id)));
            columns.name.push(self.strings.number(Cow::Borrowed(&finding.resource.name)));
            columns.type_name.push(self.strings.number(Cow::Borrowed(&finding.resource.type_name)));
            columns.account.push(self.accounts.number(&finding.account));
            columns.region.push(self.regions.number(&finding.region));
        }
        number
    }

    fn evidence(&mut self, finding: &'a Finding) -> u32 {
        let mut pairs = Vec::with_capacity(finding.evidence.len().min(PAIRS_MAX) * 2);
        for seen in finding.evidence.iter().take(PAIRS_MAX) {
            pairs.push(self.strings.number(Cow::Borrowed(&seen.path)));
            pairs.push(self.strings.number(Cow::Owned(limit_chars(&seen.value.to_string(), VALUE_CHARS_MAX))));
        }
        self.evidence.number(pairs)
    }

    fn reasons(&mut self, finding: &'a Finding) -> u32 {
        let mut pairs = Vec::with_capacity(finding.reasons.len().min(PAIRS_MAX) * 2);
        for reason in finding.reasons.iter().take(PAIRS_MAX) {
            pairs.push(self.strings.number(Cow::Borrowed(&reason.code)));
            pairs.push(self.strings.number(Cow::Borrowed(&reason.description)));
        }
        self.evidence.number(pairs)
    }

    fn suppression(&mut self, finding: &'a Finding) -> u32 {
        let Some(decision) = &finding.suppression else { return 0 };
        let key = (decision.reason.as_str(), decision.until.as_str(), decision.source.as_str());
        let suppressions = &mut self.suppressions;
        *self.suppression_numbers.entry(key).or_insert_with(|| {
            suppressions.push(decision);
            u32::try_from(suppressions.len()).unwrap_or(u32::MAX)
        })
    }
}

fn class_number(finding: &Finding) -> u8 {
    match class(finding) {
        Class::Failed => 0,
        Class::Unjudged => 1,
        Class::Suppressed => 2,
        Class::Passed => 3,
    }
}

fn status_number(status: ComplianceStatus) -> u8 {
    match status {
        ComplianceStatus::Failed => 0,
        ComplianceStatus::Passed => 1,
        ComplianceStatus::Warning => 2,
        ComplianceStatus::NotAvailable => 3,
    }
}

fn severity_number(severity: Severity) -> usize {
    Severity::WORST_FIRST.iter().position(|known| *known == severity).unwrap_or(Severity::WORST_FIRST.len() - 1)
}

/// A control's texts, in the report's language.
fn control(report: &Report<'_>, id: &str, severity: Severity, standards: &mut Table<(String, String)>) -> Control {
    let Some(view) = report.controls.control(id) else {
        return Control {
            id: id.to_owned(),
            service: service(id).to_owned(),
            severity: severity_number(severity),
            title: id.to_owned(),
            why: String::new(),
            accept_when: String::new(),
            standards: Vec::new(),
            fix: Fix::default(),
        };
    };
    Control {
        id: id.to_owned(),
        service: service(id).to_owned(),
        severity: severity_number(severity),
        title: view.title.get(report.lang).to_owned(),
        why: view.why.get(report.lang).trim().to_owned(),
        accept_when: view.accept_when.get(report.lang).trim().to_owned(),
        standards: view
            .standards
            .iter()
            .map(|link| {
                let name = (link.id.to_string(), format!("{} v{}", link.name, link.version));
                (standards.number(name), link.requirements.join(", "))
            })
            .collect(),
        fix: fix(report, &view),
    }
}

fn fix(report: &Report<'_>, view: &ControlView<'_>) -> Fix {
    let code = |text: Option<&str>| text.unwrap_or_default().trim_end().to_owned();
    Fix {
        console: code(view.fix.console.map(|text| text.get(report.lang))),
        cli: code(view.fix.cli),
        cloudformation: code(view.fix.cloudformation),
        terraform: code(view.fix.terraform),
    }
}

fn pack_findings<'a>(report: &'a Report<'_>, numbers: &HashMap<&str, u32>, packing: &mut Packing<'a>) -> Findings {
    let changed = Changed::of(report);
    let taken = report.meta.taken_at.as_second();
    let mut columns = Findings::default();
    for finding in report.findings {
        columns.control.push(numbers.get(finding.control_id.as_str()).copied().unwrap_or_default());
        columns.resource.push(packing.resource(finding));
        columns.class.push(class_number(finding));
        columns.status.push(status_number(finding.status));
        columns.evidence.push(packing.evidence(finding));
        columns.reasons.push(packing.reasons(finding));
        columns.suppression.push(packing.suppression(finding));
        columns.change.push(match changed.get(&finding.id) {
            Some(Change::New) => 1,
            Some(Change::Regressed) => 2,
            _ => 0,
        });
        columns.since.push(finding.first_observed_at.as_second() - taken);
    }
    columns
}

/// Writes the island's JSON, safe inside a `script` element.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let ids: BTreeSet<_> = report.findings.iter().map(|finding| natural(&finding.control_id)).collect();
    let numbers: HashMap<&str, u32> = ids.iter().map(|(_, _, id)| *id).zip(0..).collect();
    let severities: HashMap<&str, Severity> =
        report.findings.iter().map(|finding| (finding.control_id.as_str(), finding.control_severity)).collect();
    let mut standards = Table::new();
    for standard in &report.scores {
        standards.number((standard.id.clone(), format!("{} v{}", standard.name, standard.version)));
    }
    let controls: Vec<Control> = ids
        .iter()
        .map(|(_, _, id)| {
            control(report, id, severities.get(id).copied().unwrap_or(Severity::Informational), &mut standards)
        })
        .collect();
    let mut packing = Packing {
        strings: Table::new(),
        accounts: Table::new(),
        regions: Table::new(),
        resources: Table::new(),
        resource_columns: Resources::default(),
        evidence: Table::new(),
        suppressions: Vec::new(),
        suppression_numbers: HashMap::new(),
    };
    packing.evidence.number(Vec::new());
    let findings = pack_findings(report, &numbers, &mut packing);
    let island = Island {
        words: words(report.lang).entries().into_iter().collect(),
        taken: report.meta.taken_at.as_second(),
        has_changes: report.delta.is_some(),
        accounts: packing.accounts.items.iter().map(|account| (*account, report.account_name(account))).collect(),
        regions: packing.regions.items,
        standards: standards.items,
        statuses: ["failed", "passed", "warning", "not_available"],
        controls,
        resources: packing.resource_columns,
        evidence: packing.evidence.items,
        suppressions: packing.suppressions,
        findings,
        strings: packing.strings.items,
    };
    serde_json::to_writer(ScriptSafe(out), &island)?;
    Ok(())
}

/// Writes JSON so that no `</script` or `<!--` can occur in it. The three characters occur in JSON inside strings only,
/// where their `\u` form means the same.
struct ScriptSafe<'a>(&'a mut dyn Write);

impl Write for ScriptSafe<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|byte| matches!(byte, b'<' | b'>' | b'&')) {
            let escaped: &[u8] = match part.last() {
                Some(b'<') => b"\\u003c",
                Some(b'>') => b"\\u003e",
                Some(b'&') => b"\\u0026",
                _ => b"",
            };
            let kept = if escaped.is_empty() { part } else { part.get(..part.len() - 1).unwrap_or_default() };
            self.0.write_all(kept)?;
            self.0.write_all(escaped)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn json_means_the_same_and_holds_no_markup(text in "[a-z<>&/!\\-\"\\\\関]{0,40}") {
            let mut out = Vec::new();
            serde_json::to_writer(ScriptSafe(&mut out), &text).unwrap();
            prop_assert!(!out.iter().any(|byte| b"<>&".contains(byte)));
            prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }
}
