//! Any condition on any document: it is refused or answered, never ends in a panic, and is answered the same or
//! not at all when something in the document is hidden (`monotonic.rs` says why).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code reports by panicking")]

use proptest::prelude::*;
use sekisho_model::{Map, Timestamp, Unknown, UnknownKind, Value};
use sekisho_rules::cel::functions::names;
use sekisho_rules::cel::{Env, Program, Truth, Val};

const ROOTS: [&str; 2] = ["properties", "tags"];
const KEYS: [&str; 12] = [
    "a",
    "b",
    "Key",
    "Value",
    "Statement",
    "Effect",
    "Principal",
    "Action",
    "IpProtocol",
    "FromPort",
    "CidrIp",
    "IpRanges",
];
const OPERATORS: [&str; 14] = ["==", "!=", "<", "<=", ">", ">=", "&&", "||", "+", "-", "*", "/", "%", "in"];
const MACROS: [&str; 5] = ["exists", "all", "exists_one", "map", "filter"];
const CONSTANTS: [&str; 11] = ["null", "true", "false", "0", "1", "22", "-1", "2.5", "[]", "{}", "9223372036854775807"];
const TEXTS: [&str; 12] =
    ["", "a", "é", "*", "Allow", "s3:*", "tcp", "22", "0.0.0.0/0", "1.2.3", "2026-01-01T00:00:00Z", r#"{"a": [1]}"#];

fn unknown() -> Value {
    Unknown { source: "test:Hidden".into(), kind: UnknownKind::Denied, message: "hidden in this test".into() }.into()
}

fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-3i64..70_000).prop_map(Value::Int),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Double),
        prop::sample::select(&TEXTS[..]).prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
        Just(unknown()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(&KEYS[..]), inner), 0..4)
                .prop_map(|entries| Value::Map(entries.into_iter().collect::<Map>())),
        ]
    })
}

/// Texts that mostly compile. Names bound by macros (`v`) may be unbound, functions may get the wrong number of
/// arguments: that is refused, and being refused is fine.
fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => one_of(&ROOTS),
        2 => Just("v".to_owned()),
        1 => one_of(&TEXTS).prop_map(|text| format!("{text:?}")),
        1 => one_of(&CONSTANTS),
    ];
    let apart = |name: &&str| !name.starts_with("resources") && !name.starts_with("related");
    let functions: Vec<&'static str> = names().filter(apart).collect();
    leaf.prop_recursive(5, 32, 3, move |inner| {
        let two = (inner.clone(), inner.clone());
        let loops = (inner.clone(), one_of(&MACROS), inner.clone());
        let compared = (inner.clone(), one_of(&OPERATORS), inner.clone());
        let chosen = (inner.clone(), inner.clone(), inner.clone());
        let list = prop::collection::vec(inner.clone(), 0..4);
        let called = (prop::sample::select(functions.clone()), prop::collection::vec(inner.clone(), 1..4));
        prop_oneof![
            4 => (inner.clone(), one_of(&KEYS)).prop_map(|(of, key)| format!("{of}.{key}")),
            1 => (inner.clone(), one_of(&KEYS)).prop_map(|(of, key)| format!("has({of}.{key})")),
            1 => two.clone().prop_map(|(of, at)| format!("{of}[{at}]")),
            3 => compared.prop_map(|(a, operator, b)| format!("({a} {operator} {b})")),
            1 => inner.clone().prop_map(|a| format!("!{a}")),
            1 => inner.prop_map(|a| format!("-({a})")),
            1 => chosen.prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            3 => loops.prop_map(|(of, name, body)| format!("{of}.{name}(v, {body})")),
            1 => list.prop_map(|items| format!("[{}]", items.join(", "))),
            1 => two.prop_map(|(a, b)| format!("{{'a': {a}, 'Key': {b}}}")),
            4 => called.prop_map(|(name, args)| format!("{name}({})", args.join(", "))),
        ]
    })
}

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> + Clone {
    prop::sample::select(texts).prop_map(str::to_owned)
}

/// The document with the value that `choice` falls on unknown.
fn hidden(value: &Value, choice: usize) -> Value {
    let count = match value {
        Value::List(items) => items.len(),
        Value::Map(map) => map.len(),
        _ => 0,
    };
    let (at, rest) = (choice % (count + 1), choice / (count + 1));
    let change = |(i, inner): (usize, &Value)| if i == at { hidden(inner, rest) } else { inner.clone() };
    match value {
        Value::List(items) if at < count => Value::List(items.iter().enumerate().map(change).collect()),
        Value::Map(map) if at < count => {
            let values = map.values().enumerate().map(change);
            Value::Map(map.keys().cloned().zip(values).collect::<Map>())
        }
        _ => unknown(),
    }
}

fn truth(program: &Program, document: &Value) -> Truth {
    let roots = [Val::from(document), Val::from(document.get("a").unwrap_or(document))];
    let env = Env::new(&roots, Timestamp::UNIX_EPOCH);
    program.evidence(&env);
    program.truth(&env)
}

/// Within the longest source allowed; each on a test thread's small stack.
#[test]
fn long_chains_and_deep_nesting_are_answered_or_refused() {
    let most = 4 * 1024;
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{'a': ", "1", "}"),
        ("int(", "1", ")"),
        ("tags.all(v, ", "true", ")"),
        ("(", "", ""),
        ("!", "true", ""),
        ("-", "1", ""),
        ("", "tags", ".a"),
        ("", "tags", "[0]"),
        ("", "1", " + 1"),
        ("", "1", " < 1"),
        ("", "1", " in [1]"),
        ("", "true", " && true"),
        ("true ? 1 : ", "1", ""),
        ("", "tags", ".map(v, v)"),
    ] {
        for times in [30, 60, 150, 1_000, most / (open.len() + close.len()) - 1] {
            let expression = [&open.repeat(times), inner, &close.repeat(times)].concat();
            if let Ok(program) = Program::compile(&expression, &ROOTS) {
                truth(&program, &Value::Null);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 1_000_000, ..ProptestConfig::with_cases(3_000) })]

    #[test]
    fn every_condition_is_answered_and_hiding_only_makes_it_unknown(
        expression in expressions(), document in documents(), choices in prop::collection::vec(any::<usize>(), 1..4),
    ) {
        let Ok(program) = Program::compile(&expression, &ROOTS) else { return Err(TestCaseError::reject("refused")) };
        let before = truth(&program, &document);
        let mut changed = document.clone();
        for choice in choices {
            changed = hidden(&changed, choice);
            let after = truth(&program, &changed);
            let same = after == before || matches!(after, Truth::Unknown(_));
            prop_assert!(same, "{} gives {:?} for {} and {:?} for {}", expression, before, document, after, changed);
        }
    }

    #[test]
    fn values_are_the_same_each_time(expression in expressions(), document in documents()) {
        let Ok(program) = Program::compile(&expression, &ROOTS) else { return Err(TestCaseError::reject("refused")) };
        let roots = [Val::from(&document), Val::Null];
        let env = Env::new(&roots, Timestamp::UNIX_EPOCH);
        let (first, second) = (program.value(&env).to_value().to_string(), program.value(&env).to_value().to_string());
        prop_assert_eq!(first, second);
    }
}
