//! Any JSON as a policy document: every question is answered, and hiding a statement never turns an answer around.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sekisho_model::{Map, Timestamp, Unknown, UnknownKind, Value};
use sekisho_rules::cel::{Env, Program, Truth, Val};

const QUESTIONS: [&str; 8] = [
    "policy_allows_public(document)",
    "policy_allows_public(document, ['s3:Get*', 'sqs:SendMessage'])",
    "policy_allows_other_accounts(document, '111122223333', ['s3:PutObject'])",
    "policy_denies_insecure_transport(document)",
    "policy_allows_admin(document)",
    "policy_allows_service_wildcard(document)",
    "policy_allows_on_all_resources(document, ['kms:Decrypt'])",
    "policy_allows_service_unpinned(document, 's3.amazonaws.com')",
];

static PROGRAMS: LazyLock<Vec<Program>> = LazyLock::new(|| {
    QUESTIONS.iter().map(|question| Program::compile(question, &["document"]).expect("questions compile")).collect()
});

fn with_hidden_statement(document: &Value, at: usize) -> Option<Value> {
    let Value::List(statements) = document.get("Statement")? else { return None };
    let mut statements = statements.clone();
    let unknown = Unknown { source: "iam:GetPolicy".into(), kind: UnknownKind::Denied, message: "hidden".into() };
    *statements.get_mut(at)? = unknown.into();
    Some(Value::Map([("Statement", Value::List(statements))].into_iter().collect::<Map>()))
}

fn truth(program: &Program, document: &Value) -> Truth {
    program.truth(&Env::new(&[Val::from(document)], Timestamp::UNIX_EPOCH))
}

fuzz_target!(|text: &str| {
    let Ok(document) = serde_json::from_str::<Value>(text) else { return };
    for program in &*PROGRAMS {
        let before = truth(program, &document);
        for at in 0..4 {
            let Some(hidden) = with_hidden_statement(&document, at) else { break };
            let after = truth(program, &hidden);
            assert!(
                after == before || matches!(after, Truth::Unknown(_)),
                "{}: {before:?}, then {after:?}",
                program.source()
            );
        }
    }
});
