//! `--format json`: everything that was found, for machines.

use std::io::{self, Write};

use serde_json::json;

use super::{Checked, Found};

/// Raised when the form changes in a way that readers notice.
const FORMAT: u32 = 1;

pub(super) fn write(checked: &Checked<'_>, out: &mut dyn Write) -> io::Result<()> {
    let problems = checked.problems.iter().map(|(problem, place)| {
        json!({
            "kind": format!("{:?}", problem.kind), "path": &*problem.path, "message": problem.message,
            "line": place.map(|place| place.0), "column": place.map(|place| place.1),
        })
    });
    let document = json!({
        "format": FORMAT,
        "templates": checked.templates, "resources": checked.resources,
        "passed": checked.passed.iter().map(|passed| {
            json!({ "control": passed.control_id, "path": passed.path, "resource": passed.address })
        }).collect::<Vec<_>>(),
        "findings": checked.found.iter().map(|found| finding(checked, found)).collect::<Vec<_>>(),
        "problems": problems.collect::<Vec<_>>(),
    });
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
