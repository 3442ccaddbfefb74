//! The three rules in which conditions differ from plain CEL (docs/cel.md): absent is null, unknown is a truth
//! value, numbers compare by value. The truth tables are Kleene's strong logic.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use sekisho_model::{Timestamp, Value};
use sekisho_rules::cel::{Env, Program, Truth, Val};

const DOCUMENT: &str = r#"{
  "t": true, "f": false, "n": null, "one": 1, "text": "abc",
  "u": {"$unknown": {"source": "kms:GetKeyPolicy", "kind": "DENIED", "message": "no"}},
  "list": [1, 2, 3],
  "doubt": [{"open": false}, {"open": {"$unknown": {"source": "x:Y", "kind": "FAILED", "message": "no"}}}],
  "rules": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/8"}, {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "CidrIp": "0.0.0.0/0"}]
}"#;

fn truth(condition: &str) -> &'static str {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let program = Program::compile(condition, &["properties"]).unwrap_or_else(|error| panic!("{condition}: {error}"));
    let roots = [Val::from(&document)];
    match program.truth(&Env::new(&roots, Timestamp::UNIX_EPOCH)) {
        Truth::True => "T",
        Truth::False => "F",
        Truth::Unknown(_) => "U",
    }
}

#[test]
fn kleene_truth_tables() {
    let values = [("T", "properties.t"), ("F", "properties.f"), ("U", "properties.u")];
    let and = [["T", "F", "U"], ["F", "F", "F"], ["U", "F", "U"]];
    let or = [["T", "T", "T"], ["T", "F", "U"], ["T", "U", "U"]];
    for (i, (_, left)) in values.iter().enumerate() {
        for (j, (_, right)) in values.iter().enumerate() {
            assert_eq!(truth(&format!("{left} && {right}")), and[i][j], "{left} && {right}");
            assert_eq!(truth(&format!("{left} || {right}")), or[i][j], "{left} || {right}");
        }
    }
    assert_eq!([truth("!properties.t"), truth("!properties.f"), truth("!properties.u")], ["F", "T", "U"]);
}

#[test]
fn absent_is_null_at_any_depth() {
    for (condition, expected) in [
        ("properties.gone", "F"),
        ("!properties.gone.deeper.still", "T"),
        ("properties.gone == null", "T"),
        ("properties.gone.deeper == properties.n", "T"),
        ("properties.gone < 7", "F"),
        ("properties.gone >= 7", "F"),
        ("properties.gone != 7", "T"),
        ("properties.gone in [1, 2]", "F"),
        ("properties.gone.exists(x, true)", "F"),
        ("properties.gone.all(x, false)", "T"),
        ("size(properties.gone) == 0", "T"),
        ("has(properties.gone)", "F"),
        ("has(properties.t)", "T"),
        ("properties.list[7] == null", "T"),
    ] {
        assert_eq!(truth(condition), expected, "{condition}");
    }
}

#[test]
fn unknown_travels_and_is_absorbed() {
    for (condition, expected) in [
        ("properties.u == 1", "U"),
        ("properties.u.deeper == 1", "U"),
        ("properties.u in [1]", "U"),
        ("size(properties.u) > 0", "U"),
        ("properties.doubt.exists(r, r.open)", "U"),
        ("properties.doubt.all(r, r.open)", "F"),
        ("properties.doubt.filter(r, r.open).size() >= 0", "U"),
        ("properties.doubt.exists_one(r, r.open)", "U"),
        ("properties.u ? true : true", "U"),
        ("has(properties.u)", "U"),
        ("coalesce(properties.n, properties.one) == 1", "T"),
    ] {
        assert_eq!(truth(condition), expected, "{condition}");
    }
}

#[test]
fn mistakes_in_a_condition_are_unknown_and_never_a_pass() {
    for condition in [
        "properties.text < 1",
        "properties.text && true",
        "properties.one",
        "1 / 0 == 1",
        "properties.one.exists(x, true)",
        "int(properties.text) == 1",
    ] {
        assert_eq!(truth(condition), "U", "{condition}");
    }
}

#[test]
fn numbers_compare_by_value_and_texts_never_equal_numbers() {
    assert_eq!(
        [truth("1 == 1.0"), truth("properties.one < 1.5"), truth("\"1\" == 1"), truth("1 in [1.0]")],
        ["T", "T", "F", "T"]
    );
}

#[test]
fn the_evidence_is_the_path_that_decided() {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let roots = [Val::from(&document)];
    let cases = [
        ("!properties.rules.exists(r, open_to_world(r) && covers_port(r, 22))", vec!["properties.rules[1]"]),
        ("properties.rules.all(r, r.CidrIp != \"0.0.0.0/0\")", vec!["properties.rules[1].CidrIp"]),
        ("properties.t && properties.f", vec!["properties.f"]),
        ("properties.f || properties.gone == 1", vec!["properties.f", "properties.gone"]),
        ("properties.t && properties.u", vec!["properties.u"]),
        ("properties.list.exists(x, x > 5)", vec!["properties.list"]),
    ];
    for (condition, expected) in cases {
        let program = Program::compile(condition, &["properties"]).unwrap();
        let env = Env::new(&roots, Timestamp::UNIX_EPOCH);
        let paths: Vec<String> = program.evidence(&env).into_iter().map(|evidence| evidence.path.to_string()).collect();
        assert_eq!(paths, expected, "{condition}");
    }
}
