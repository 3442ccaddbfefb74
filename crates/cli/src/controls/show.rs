//! `sekisho controls show`.

use std::io::{self, Write};

use anyhow::{Result, anyhow};
use sekisho_model::Lang;
use sekisho_rules::packs::{Control, PackSet};

use crate::Outcome;

/// Labels in both languages, in the order in which they are printed.
fn label(lang: Lang, en: &'static str, ja: &'static str) -> &'static str {
    match lang {
        Lang::En => en,
        Lang::Ja => ja,
    }
}

/// The control of that id, or an error with the closest one.
fn find<'s>(set: &'s PackSet, id: &str) -> Result<&'s Control> {
    set.controls.values().find(|control| control.id.eq_ignore_ascii_case(id)).ok_or_else(|| {
        let hint = sekisho_model::closest(id, set.controls.keys().map(String::as_str))
            .map_or_else(|| "see `sekisho controls list`".to_owned(), |close| format!("did you mean {close}?"));
        anyhow!("there is no control {id}; {hint}")
    })
}

/// Prints everything that a person wants to know about one control.
pub(crate) fn run(set: &PackSet, id: &str, lang: Lang) -> Result<Outcome> {
    let control = find(set, id)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}  {}  {}", control.id, control.severity.label(), control.title.get(lang))?;
    let mut section = |heading: &str, body: &str| -> io::Result<()> {
        writeln!(out, "\n{heading}")?;
        body.trim_end().lines().try_for_each(|line| writeln!(out, "  {line}"))
    };
    section(label(lang, "Why it matters", "なぜ重要か"), control.why.get(lang))?;
    section(label(lang, "When to accept it", "許容してよい場合"), control.accept_when.get(lang))?;
    section(label(lang, "Fix in the console", "コンソールでの対処"), control.fix.console.get(lang))?;
    for (heading, body) in [
        ("AWS CLI", &control.fix.cli),
        ("CloudFormation", &control.fix.cloudformation),
        ("Terraform", &control.fix.terraform),
    ] {
        if let Some(body) = body {
            section(heading, body)?;
        }
    }
    let mut condition = String::new();
    for (name, program) in [
        ("applies when", control.applies_when.as_ref()),
        ("warns when", control.warns_when.as_ref()),
        ("passes when", Some(&control.passes_when)),
    ] {
        if let Some(program) = program {
            condition.push_str(&format!("{name}: {}\n", program.source().trim()));
        }
    }
    if !control.parameters.is_empty() {
        condition.push_str(&format!("parameters: {:?}\n", control.parameters));
    }
    section(&format!("{} {}", label(lang, "Judges", "判定対象"), control.resources.join(", ")), &condition)?;
    let operations: Vec<&str> = set
        .types_for([control])
        .iter()
        .filter_map(|name| set.resources.get(name))
        .flat_map(|pack| pack.operations())
        .collect();
    section(label(lang, "Reads", "読み取る API"), &operations.join("\n"))?;
    let standards: Vec<String> = set
        .standards_of(&control.id)
        .map(|(standard, numbers)| {
            format!("{} {} {}", standard.name, standard.version, numbers.join(", ")).trim_end().to_owned()
        })
        .collect();
    section(label(lang, "Standards", "標準"), &standards.join("\n"))?;
    Ok(Outcome::Clean)
}
