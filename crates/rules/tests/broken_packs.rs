//! What a person sees who makes a mistake in a pack.

use proptest::prelude::*;
use sekisho_rules::packs::{PackSet, PackSource, builtin};

const RESOURCE: &str = "type: AWS::X::Thing
scope: regional
list: { call: x:ListThings, items: Things }
arn: item.Arn
properties:
  Encrypted: item.Encrypted
";

fn control(condition: &str) -> String {
    format!(
        "id: X.1
uid: 2f0a0a2c-4d0e-4a37-9d2f-6a2a3c1f5b12
severity: HIGH
resource: AWS::X::Thing
passes_when: {condition}
title: {{ en: a, ja: あ }}
why: {{ en: a, ja: あ }}
accept_when: {{ en: a, ja: あ }}
fix: {{ console: {{ en: a, ja: あ }} }}
category: Protect
config_rule: null
schedule: periodic
tests:
  - {{ name: on, properties: {{ Encrypted: true }}, expect: PASSED }}
  - {{ name: off, properties: {{ Encrypted: false }}, expect: FAILED }}
  - {{ name: refused, denied: [\"x:ListThings\"], expect: NOT_AVAILABLE }}
"
    )
}

fn problems(resource: &str, control: &str) -> Vec<String> {
    let sources = [("resources/thing.yaml", resource), ("controls/X.1.yaml", control)];
    let sources: Vec<PackSource> = sources.iter().map(|(path, text)| PackSource::written(*path, *text)).collect();
    PackSet::load(&sources).map_or_else(|problems| problems.iter().map(ToString::to_string).collect(), |_| Vec::new())
}

#[test]
fn a_sound_pack_has_no_problems() {
    assert_eq!(problems(RESOURCE, &control("properties.Encrypted")), Vec::<String>::new());
}

#[test]
fn mistakes_are_named_with_file_line_and_the_next_step() {
    for (resource, control, expected) in [
        (
            RESOURCE.to_owned(),
            control("properties.Encrpyted"),
            "controls/X.1.yaml:5: AWS::X::Thing has no properties.Encrpyted; did you mean properties.Encrypted?",
        ),
        (
            RESOURCE.to_owned(),
            control("propertie.Encrypted"),
            "controls/X.1.yaml:5: passes_when: `propertie` is not a name here; did you mean `properties`?",
        ),
        (
            RESOURCE.to_owned(),
            control("opn_to_world(properties)"),
            "controls/X.1.yaml:5: passes_when: there is no function `opn_to_world`; did you mean `open_to_world`?",
        ),
        (
            RESOURCE.to_owned(),
            control("covers_port(properties)"),
            "controls/X.1.yaml:5: passes_when: `covers_port` takes 2 to 3 arguments, here it has 1",
        ),
        (
            RESOURCE.to_owned(),
            control("related(name, \"a\", \"b\").size() > 0"),
            "the type in `related(..)` must be a constant",
        ),
        (
            RESOURCE.to_owned(),
            control("properties.Encrypted &&"),
            "controls/X.1.yaml:5: passes_when: not a CEL expression",
        ),
        (
            RESOURCE.to_owned(),
            control("true").replace("severity: HIGH", "severity: SEVERE"),
            "unknown variant `SEVERE`",
        ),
        (
            RESOURCE.to_owned(),
            control("true").replace("X.1\n", "X.2\n"),
            "controls/X.1.yaml:1: the id `X.2` is not the file's name",
        ),
        (
            RESOURCE.to_owned(),
            control("true").replace("why: { en: a, ja: あ }", "why: { en: a, ja: \"\" }"),
            "why.ja is empty",
        ),
        (
            RESOURCE.to_owned(),
            control("true").replace("AWS::X::Thing", "AWS::X::Think"),
            "there is no resource pack for AWS::X::Think; did you mean AWS::X::Thing?",
        ),
        (
            RESOURCE.replace("call: x:ListThings", "call: ListThings"),
            control("properties.Encrypted"),
            "`ListThings` is not an operation; write service:Operation",
        ),
        (RESOURCE.replace("arn: item.Arn\n", ""), control("properties.Encrypted"), "has no `arn`"),
        (
            RESOURCE.replace("item.Encrypted", "thing.Encrypted"),
            control("properties.Encrypted"),
            "resources/thing.yaml:6: Encrypted: `thing` is not a name here",
        ),
        (
            RESOURCE.replace("scope: regional", "scope: regionl"),
            control("properties.Encrypted"),
            "unknown variant `regionl`",
        ),
        (
            RESOURCE.replace("arn:", "arnn:"),
            control("properties.Encrypted"),
            "resources/thing.yaml:4: unknown field `arnn`; did you mean `arn`?",
        ),
        (
            RESOURCE.to_owned(),
            control("properties.Encrypted && age_days(now) < parameters.maxAge"),
            "controls/X.1.yaml:5: parameters.maxAge is read, but it is no parameter of the control; give it a default",
        ),
        (
            RESOURCE.to_owned(),
            control("parameters.maxAge > 1").replace("tests:", "parameters: { maxAgee: 3 }\ntests:"),
            "did you mean parameters.maxAgee?",
        ),
        (
            RESOURCE.to_owned(),
            control("properties.Encrypted")
                .replace("  - { name: refused, denied: [\"x:ListThings\"], expect: NOT_AVAILABLE }\n", ""),
            "the tests lack one with a refused read",
        ),
    ] {
        let found = problems(&resource, &control);
        assert!(found.iter().any(|problem| problem.contains(expected)), "expected {expected}\ngot {found:#?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damaged_pack_files_never_panic(choice: prop::sample::Index, at: prop::sample::Index, insert in "[ -~\n]{0,6}", cut in 0usize..12) {
        let sources = builtin();
        let source = choice.get(&sources);
        let mut symbols: Vec<char> = source.text.chars().collect();
        let at = at.index(symbols.len());
        let end = (at + cut).min(symbols.len());
        symbols.splice(at..end, insert.chars());
        let damaged = PackSource { text: symbols.into_iter().collect(), ..source.clone() };
        let _ = PackSet::load(&[damaged]);
    }

    #[test]
    fn any_text_as_a_condition_compiles_or_is_refused(text in "[a-z0-9.()\\[\\]{}&|!<>=+\"'?: -]{0,40}") {
        let _ = sekisho_rules::cel::Program::compile(&text, &["properties", "a"]);
    }
}
