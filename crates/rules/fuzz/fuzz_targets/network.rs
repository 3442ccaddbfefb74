//! Any text as a CIDR, any JSON as a rule or as EC2's permissions.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sekisho_model::{Timestamp, Value};
use sekisho_rules::cel::{Env, Program, Val};

const CONDITIONS: [&str; 7] = [
    "open_to_world(document) || open_to_world_ipv4(document) || open_to_world_ipv6(document)",
    "covers_port(document, 22) || covers_port(document, 53, 'udp')",
    "opens_only_ports(document, [80, 443], [53])",
    "covers_port(document.rule, document.port)",
    "ingress_rules(document).exists(rule, open_to_world(rule) && covers_port(rule, 22))",
    "egress_rules(document).all(rule, opens_only_ports(rule, document, [53]))",
    // The CIDR is looked at where it pins a caller.
    "policy_allows_public({'Statement': {'Effect': 'Allow', 'Principal': '*', 'Action': '*', \
     'Condition': {'IpAddress': {'aws:SourceIp': text}}}})",
];

static PROGRAMS: LazyLock<Vec<Program>> = LazyLock::new(|| {
    CONDITIONS
        .iter()
        .map(|condition| Program::compile(condition, &["document", "text"]).expect("conditions compile"))
        .collect()
});

fuzz_target!(|text: &str| {
    let document = serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    let roots = [Val::from(&document), Val::Str(text)];
    let env = Env::new(&roots, Timestamp::UNIX_EPOCH);
    for program in &*PROGRAMS {
        program.value(&env);
    }
});
