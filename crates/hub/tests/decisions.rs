//! `sekisho.yaml`: what a good file says, and what is told about a bad one.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code reports by panicking")]

use std::collections::BTreeMap;

use jiff::civil::date;
use proptest::prelude::*;
use sekisho_hub::{Decisions, Known, decisions};
use sekisho_model::Value;

fn known() -> Known {
    let controls = [
        ("S3.8", "{}"),
        ("S3.11", "{}"),
        ("IAM.3", r#"{"maxAccessKeyAge": 90}"#),
        ("EC2.19", r#"{"blockedPorts": [20, 21]}"#),
        ("EKS.2", r#"{"oldestVersionSupported": "1.30", "tags": null}"#),
    ];
    let own = |(id, defaults): (&str, &str)| (id.to_owned(), serde_json::from_str(defaults).unwrap());
    let standards = ["fsbp", "cis-5.0"].map(str::to_owned).into();
    Known { controls: controls.map(own).into_iter().collect(), standards }
}

fn parse(text: &str) -> Result<Decisions, String> {
    decisions::parse(text, "sekisho.yaml", &known()).map_err(|error| error.to_string())
}

#[test]
fn parameters_are_of_the_sort_of_their_defaults() {
    for (written, told) in [
        ("IAM.3: { maxAccessKeyAge: sixty }", "2:29: `maxAccessKeyAge` cannot be a text; write a number such as 90"),
        ("IAM.3: { maxAccessKeyAge: [60] }", "2:29: `maxAccessKeyAge` cannot be a list; write a number such as 90"),
        ("EC2.19: { blockedPorts: 22 }", "2:27: `blockedPorts` cannot be a number; write a list such as [20]"),
        ("EC2.19: { blockedPorts: [22, ssh] }", "2:27: `blockedPorts` cannot hold a text; write a list such as [20]"),
        (
            "EKS.2: { oldestVersionSupported: 1.30 }",
            "2:36: `oldestVersionSupported` cannot be a number; write a text such as \"1.30\"",
        ),
    ] {
        let error = parse(&format!("parameters:\n  {written}\n")).unwrap_err();
        assert_eq!(error, format!("sekisho.yaml:{told}"));
    }
    for sound in ["IAM.3: { maxAccessKeyAge: 1.5 }", "EC2.19: { blockedPorts: [] }", "EKS.2: { tags: [a] }"] {
        assert!(parse(&format!("parameters:\n  {sound}\n")).is_ok(), "{sound}");
    }
}

#[test]
fn full_file() {
    let text = r#"
suppress:
  - control: S3.8
    resource: arn:aws:s3:::www-*
    tag: { Exposure: public }
    account: 012345678901
    region: eu-west-1
    reason: >-
      static website,
      公開コンテンツ
    until: 2027-03-31
    owner: web team
  - { control: "EC2.*", reason: lab, until: "2027-01-01" }
parameters:
  IAM.3: { maxAccessKeyAge: 60 }
  EC2.19:
    blockedPorts: [22, 3389]
disabled:
  - control: S3.11
    reason: not used
standards: [cis-5.0]
"#;
    let decisions = parse(text).unwrap();
    let [site, lab] = decisions.suppressions.as_slice() else { panic!("{decisions:?}") };
    assert_eq!(site.control.as_ref().unwrap().as_str(), "S3.8");
    assert_eq!(site.resource.as_ref().unwrap().as_str(), "arn:aws:s3:::www-*");
    assert_eq!(
        site.tags.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>(),
        [("Exposure", "public")]
    );
    assert_eq!((site.account.as_deref(), site.region.as_deref()), (Some("012345678901"), Some("eu-west-1")));
    assert_eq!((site.reason.as_str(), site.until), ("static website, 公開コンテンツ", date(2027, 3, 31)));
    assert_eq!((site.owner.as_deref(), site.source.as_str()), (Some("web team"), "sekisho.yaml:3"));
    assert_eq!((lab.source.as_str(), lab.until, &lab.owner), ("sekisho.yaml:13", date(2027, 1, 1), &None));
    assert_eq!(decisions.parameters["IAM.3"].get("maxAccessKeyAge"), Some(&Value::Int(60)));
    assert_eq!(decisions.parameters["EC2.19"].get("blockedPorts").unwrap().to_string(), "[22,3389]");
    let disabled = &decisions.disabled[0];
    assert_eq!(
        (disabled.control.as_str(), disabled.reason.as_str(), disabled.source.as_str()),
        ("S3.11", "not used", "sekisho.yaml:19")
    );
    assert_eq!(decisions.standards, Some(vec!["cis-5.0".to_owned()]));
}

#[test]
fn nothing_decided() {
    for text in ["", "# only a comment\n", "---\n", "suppress:\nparameters:\ndisabled:\n", "suppress: []\n"] {
        assert_eq!(parse(text), Ok(Decisions::default()), "{text:?}");
    }
}

#[test]
fn parameter_values_follow_yaml() {
    let value = |text: &str| {
        let decisions = parse(&format!("parameters: {{ EKS.2: {{ tags: {text} }} }}")).unwrap();
        decisions.parameters["EKS.2"].get("tags").unwrap().to_string()
    };
    let cases = [
        ("60", "60"),
        ("'60'", "\"60\""),
        ("1.5", "1.5"),
        ("true", "true"),
        ("yes", "\"yes\""),
        ("null", "null"),
        ("inf", "\"inf\""),
        ("a b", "\"a b\""),
    ];
    for (text, expected) in cases {
        assert_eq!(value(text), expected, "{text}");
    }
}

/// (file, what is told about it; each entry has to be in one line that starts with the place)
#[test]
fn mistakes_have_a_place_and_a_next_step() {
    let rule = |line: &str| format!("suppress:\n  - control: S3.8\n    reason: r\n    until: 2027-01-01\n{line}");
    let cases = [
        ("supress: []".to_owned(), "1:1", "did you mean `suppress`?"),
        (rule("    owners: web\n"), "5:5", "did you mean `owner`?"),
        (rule("    colour: red\n"), "5:5", "known are control"),
        (rule("    account: 12345\n"), "5:14", "write its 12 digits"),
        (rule("    tag: public\n"), "5:10", "write tag: { Name: value }"),
        (rule("    resource: \"\"\n"), "5:15", "nothing is written here"),
        (rule("    until: 2027-02-01\n"), "5:5", "is there twice, first on line 4"),
        ("suppress:\n  - control: S3.8\n    until: 2027-01-01\n".into(), "2:5", "`reason` is missing"),
        ("suppress:\n  - control: S3.8\n    reason: r\n".into(), "2:5", "`until` is missing"),
        ("suppress:\n  - reason: r\n    until: 2027-01-01\n".into(), "2:5", "accept every finding"),
        ("suppress:\n  - control: S3.8\n    reason: r\n    until: 2027-2-30\n".into(), "4:12", "YYYY-MM-DD"),
        ("suppress:\n  - control: S3.8\n    reason: r\n    until: 31.03.2027\n".into(), "4:12", "YYYY-MM-DD"),
        ("suppress:\n  - control: S3.8\n    reason: r\n    until: 2027-01-01T10:00\n".into(), "4:12", "YYYY-MM-DD"),
        ("suppress:\n  - { control: S3.88, reason: r, until: 2027-01-01 }\n".into(), "2:16", "did you mean `S3.8`?"),
        (
            "suppress:\n  - { control: Lambda.1, reason: r, until: 2027-01-01 }\n".into(),
            "2:16",
            "sekisho controls list",
        ),
        ("suppress:\n  - { control: 'Lambda.*', reason: r, until: 2027-01-01 }\n".into(), "2:16", "no control fits"),
        ("suppress: S3.8\n".into(), "1:11", "expected a list of suppressions"),
        ("suppress: [S3.8]\n".into(), "1:12", "expected keys and values"),
        ("parameters: { IAM.3: { maxAcessKeyAge: 60 } }".into(), "1:24", "did you mean"),
        ("parameters: { IAM.3: { nonsense: 60 } }".into(), "1:24", "known are maxAccessKeyAge"),
        ("parameters: { S3.8: { a: 60 } }".into(), "1:15", "has no parameters"),
        ("parameters: { IAM.33: { maxAccessKeyAge: 60 } }".into(), "1:15", "did you mean `IAM.3`?"),
        ("parameters: { IAM.3: 60 }".into(), "1:22", "expected keys and values"),
        ("disabled: [ { control: S3.11 } ]".into(), "1:13", "`reason` is missing"),
        ("disabled:\n- { control: S3.11, reason: a }\n- { control: S3.11, reason: b }".into(), "3:3", "disabled twice"),
        ("standards: [cis-50]".into(), "1:13", "did you mean `cis-5.0`?"),
        ("standards: [iso]".into(), "1:13", "known are cis-5.0, fsbp"),
        ("suppress: [\n".into(), "2:1", "not YAML"),
        ("suppress: &a []\n".into(), "1:11", "anchors"),
        ("suppress: []\n---\nsuppress: []\n".into(), "2:1", "more than one document"),
        ("- a\n".into(), "1:1", "expected keys and values"),
        (format!("suppress: {}", "[".repeat(40)), "1:26", "nested deeper"),
        (format!("# {}", "x".repeat(2 * 1024 * 1024)), "1:1", "the limit is"),
    ];
    for (text, place, told) in cases {
        let error = parse(&text).unwrap_err();
        let shown = text.chars().take(120).collect::<String>();
        let found =
            error.lines().any(|line| line.starts_with(&format!("sekisho.yaml:{place}: ")) && line.contains(told));
        assert!(found, "{shown}\nwanted {place} {told}\n{error}");
    }
}

#[test]
fn all_mistakes_are_told_at_once_in_order() {
    let text = "disabled:\n  - { control: S3.99, reason: r }\nsuppress:\n  - { control: S3.8, reason: r }\n  - { control: X, until: 2027-01-01 }\n";
    let error = decisions::parse(text, "f.yaml", &known()).unwrap_err();
    let lines: Vec<usize> = error.0.iter().map(|mistake| mistake.line).collect();
    assert_eq!(lines, [2, 4, 5, 5]);
}

proptest! {
    /// Any text is read or refused, without a panic, and what is read twice is the same.
    #[test]
    fn any_text_is_read_or_refused(text in "(suppress|parameters|disabled|control|S3.8|reason|until|2027-01-01|[-:{}\\[\\],&*!|>'\"#\\n ]|[a-zé\\x00-\\x1f]){0,60}") {
        prop_assert_eq!(parse(&text), parse(&text));
    }

    /// Every accepted rule has what is required.
    #[test]
    fn accepted_rules_are_complete(fields in prop::collection::btree_map("control|resource|account|reason|until|owner|tag", "S3.8|arn:x|123456789012|2027-01-01|why|", 0..7)) {
        let fields: BTreeMap<String, String> = fields;
        let body: Vec<String> = fields.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        if let Ok(decisions) = parse(&format!("suppress:\n  - {{ {} }}\n", body.join(", "))) {
            for rule in decisions.suppressions {
                prop_assert!(!rule.reason.is_empty());
                prop_assert!(rule.control.is_some() || rule.resource.is_some() || rule.account.is_some() || !rule.tags.is_empty());
            }
        }
    }
}
