//! The packs that ship: they load, their tests hold, and their facts are AWS's.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use sekisho_model::{Schedule, Value};
use sekisho_rules::packs::{PackSet, builtin, builtin_for_judging, testing};

fn packs() -> PackSet {
    PackSet::load(&builtin()).unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    })
}

/// What a scan loads is what is written, apart from the tests.
#[test]
fn the_bundle_for_judging_is_the_packs_without_their_tests() {
    let mut written = packs();
    assert!(written.controls.values().all(|control| !control.tests.is_empty()));
    written.controls.values_mut().for_each(|control| control.tests.clear());
    let bundled = PackSet::load(&builtin_for_judging()).unwrap();
    assert_eq!(format!("{bundled:?}"), format!("{written:?}"));
}

#[test]
fn every_test_inside_a_control_holds() {
    let packs = packs();
    let mut failures = Vec::new();
    let mut count = 0;
    for control in packs.controls.values() {
        for test in &control.tests {
            count += 1;
            if let Some(failure) = testing::run(&packs, control, test).failure {
                failures.push(format!("{}: {} \"{}\": {failure}", control.file, control.id, test.name));
            }
        }
    }
    assert!(count > 1_000, "only {count} tests ran");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// `facts.json` holds what AWS publishes of each control (user guide of Security Hub, 2026): severity, Config
/// rule, schedule, parameters with defaults, requirement numbers.
#[test]
fn packs_agree_with_the_published_facts() {
    let packs = packs();
    let facts: Vec<Value> = serde_json::from_str(include_str!("facts.json")).unwrap();
    let mut wrong = Vec::new();
    for fact in &facts {
        let text = |key: &str| fact.get(key).and_then(Value::as_str).map(str::to_owned);
        let id = text("id").unwrap();
        let Some(control) = packs.controls.get(&id) else {
            wrong.push(format!("{id}: there is no control"));
            continue;
        };
        let mut check = |what: &str, ours: String, theirs: String| {
            if ours != theirs {
                wrong.push(format!("{id}: {what} is {ours}, published is {theirs}"));
            }
        };
        check("severity", control.severity.label().to_owned(), text("severity").unwrap());
        check("config_rule", format!("{:?}", control.config_rule), format!("{:?}", text("config_rule")));
        check("category", control.category.clone(), text("category").unwrap());
        let schedule = match control.schedule {
            Schedule::Periodic => "periodic",
            Schedule::ChangeTriggered => "change-triggered",
            Schedule::Both => "change-triggered+periodic",
        };
        check("schedule", schedule.to_owned(), text("schedule").unwrap());
        check(
            "parameters",
            Value::Map(control.parameters.clone()).to_string(),
            fact.get("parameters").unwrap().to_string(),
        );
        let ours: BTreeMap<String, Vec<String>> =
            packs.standards_of(&id).map(|(standard, numbers)| (standard.id.clone(), numbers.to_vec())).collect();
        check("standards", format!("{ours:?}"), format!("{:?}", published_standards(fact)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let named: Vec<&str> = facts.iter().filter_map(|fact| fact.get("id").and_then(Value::as_str)).collect();
    let unnamed: Vec<&String> = packs.controls.keys().filter(|id| !named.contains(&id.as_str())).collect();
    assert!(unnamed.is_empty(), "controls without published facts: {unnamed:?}");
}

fn published_standards(fact: &Value) -> BTreeMap<String, Vec<String>> {
    let ids = [
        ("FSBP v1.0.0", "fsbp"),
        ("CIS v1.2.0", "cis-1.2.0"),
        ("CIS v1.4.0", "cis-1.4.0"),
        ("CIS v3.0.0", "cis-3.0.0"),
        ("CIS v5.0.0", "cis-5.0.0"),
        ("PCI DSS v3.2.1", "pci-3.2.1"),
        ("PCI DSS v4.0.1", "pci-4.0.1"),
        ("NIST 800-53 r5", "nist-800-53-r5"),
        ("NIST 800-171 r2", "nist-800-171-r2"),
        ("Resource Tagging", "resource-tagging"),
    ];
    let published = fact.get("standards").and_then(Value::as_map).unwrap();
    let numbers =
        |value: &Value| value.as_list().unwrap().iter().filter_map(Value::as_str).map(str::to_owned).collect();
    ids.into_iter().filter_map(|(name, id)| Some((id.to_owned(), numbers(published.get(name)?)))).collect()
}

#[test]
fn every_severe_control_of_the_named_services_is_here() {
    let facts: Vec<Value> = serde_json::from_str(include_str!("facts.json")).unwrap();
    let severe = facts
        .iter()
        .filter(|fact| matches!(fact.get("severity").and_then(Value::as_str), Some("CRITICAL" | "HIGH")))
        .count();
    // 88 CRITICAL and HIGH controls, counted in AWS's pages for the resource types that Sekisho judges.
    assert_eq!(severe, 88);
    assert!(facts.len() >= 160);
}

#[test]
fn both_languages_are_really_there() {
    for control in packs().controls.values() {
        for text in [&control.title, &control.why, &control.accept_when, &control.fix.console] {
            let japanese = text.ja.chars().filter(|symbol| ('\u{3040}'..='\u{9fff}').contains(symbol)).count();
            assert!(japanese >= 4, "{}: no Japanese in {:?}", control.id, text.ja);
            assert!(
                !text.en.chars().any(|symbol| ('\u{3040}'..='\u{9fff}').contains(&symbol)),
                "{}: Japanese in {:?}",
                control.id,
                text.en
            );
        }
    }
}
