//! `--format json`: everything that was found, for machines.

use std::io::{self, Write};

use sekisho_iac::Problem;
use serde::{Serialize, Serializer};
use serde_json::json;

use super::{Checked, Found, Passed};

/// Raised when the form changes in a way that readers notice.
const FORMAT: u32 = 1;

/// The document, written as it is made: a list of findings can be long.
#[derive(serde::Serialize)]
struct Document<'c> {
    findings: Findings<'c>,
    format: u32,
    passed: PassedList<'c>,
    problems: Problems<'c>,
    resources: usize,
    templates: usize,
}

struct Findings<'c>(&'c Checked<'c>);
struct PassedList<'c>(&'c Checked<'c>);
struct Problems<'c>(&'c Checked<'c>);

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.found.iter().map(|found| finding(self.0, found)))
    }
}

impl Serialize for PassedList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let passed =
            |passed: &Passed| json!({ "control": passed.control_id, "path": passed.path, "resource": passed.address });
        serializer.collect_seq(self.0.passed.iter().map(passed))
    }
}

impl Serialize for Problems<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let problem = |(problem, place): &(Problem, Option<(u32, u32)>)| {
            json!({
                "kind": format!("{:?}", problem.kind), "path": &*problem.path, "message": problem.message,
                "line": place.map(|place| place.0), "column": place.map(|place| place.1),
            })
        };
        serializer.collect_seq(self.0.problems.iter().map(problem))
    }
}

pub(super) fn write(checked: &Checked<'_>, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        findings: Findings(checked),
        format: FORMAT,
        passed: PassedList(checked),
        problems: Problems(checked),
        resources: checked.resources,
        templates: checked.templates,
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn finding(checked: &Checked<'_>, found: &Found) -> serde_json::Value {
    let evidence = found.evidence.iter().map(|(path, value)| json!({ "path": path, "value": value }));
    json!({
        "control": found.control_id, "severity": found.severity, "status": found.status,
        "title": checked.title(found),
        "path": found.path, "start_line": found.lines.0, "end_line": found.lines.1,
        "resource": found.address, "type": found.type_name,
        "evidence": evidence.collect::<Vec<_>>(), "reasons": found.reasons, "accepted": found.accepted,
        "fix": checked.fix(found),
    })
}
