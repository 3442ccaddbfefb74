//! `sekisho controls show`.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anyhow::{Result, anyhow};
use sekisho_model::Lang;
use sekisho_rules::packs::{Control, PackSet};

use crate::Outcome;
use crate::output::text;
use crate::scan::columns;

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
    let width = columns();
    let head = format!("{}  {}  ", control.id, control.severity.label());
    text::indented(&mut out, &head, control.title.get(lang), width)?;
    for (heading, body) in [
        (label(lang, "Why it matters", "なぜ重要か"), &control.why),
        (label(lang, "When to accept it", "許容してよい場合"), &control.accept_when),
        (label(lang, "Fix in the console", "コンソールでの対処"), &control.fix.console),
    ] {
        writeln!(out, "\n{heading}")?;
        body.get(lang).lines().try_for_each(|line| text::indented(&mut out, "  ", line, width))?;
    }
    for (heading, body) in [
        ("AWS CLI", &control.fix.cli),
        ("CloudFormation", &control.fix.cloudformation),
        ("Terraform", &control.fix.terraform),
    ] {
        // To be copied, so without line breaks of ours.
        if let Some(body) = body {
            writeln!(out, "\n{heading}")?;
            body.trim_end().lines().try_for_each(|line| writeln!(out, "  {line}"))?;
        }
    }
    judges(&mut out, control, lang, width)?;
    writeln!(out, "\n{}", label(lang, "Reads", "読み取る API"))?;
    let types = set.types_for([control]);
    let packs = types.iter().filter_map(|name| set.resources.get(name));
    let operations: BTreeSet<&str> = packs.flat_map(|pack| pack.operations()).collect();
    operations.iter().try_for_each(|operation| writeln!(out, "  {operation}"))?;
    for (at, (standard, numbers)) in set.standards_of(&control.id).enumerate() {
        if at == 0 {
            writeln!(out, "\n{}", label(lang, "Standards", "標準"))?;
        }
        let line = format!("{} {} {}", standard.name, standard.version, numbers.join(", "));
        text::indented(&mut out, "  ", &line, width)?;
    }
    Ok(Outcome::Clean)
}

/// What is judged, by which conditions and with which numbers.
fn judges(out: &mut dyn Write, control: &Control, lang: Lang, width: usize) -> io::Result<()> {
    writeln!(out)?;
    text::indented(out, &format!("{} ", label(lang, "Judges", "判定対象")), &control.resources.join(", "), width)?;
    for (name, program) in [
        (label(lang, "applies when", "適用する条件"), control.applies_when.as_ref()),
        (label(lang, "warns when", "WARNING の条件"), control.warns_when.as_ref()),
        (label(lang, "passes when", "合格の条件"), Some(&control.passes_when)),
    ] {
        if let Some(program) = program {
            text::indented(out, &format!("  {name}: "), program.source(), width)?;
        }
    }
    for (name, value) in control.parameters.iter() {
        writeln!(out, "  {} {name}: {value}", label(lang, "parameter", "パラメータ"))?;
    }
    Ok(())
}
