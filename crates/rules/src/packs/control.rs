//! Control packs: when a resource is all right, why it matters and what to do.

use std::collections::BTreeMap;

use sekisho_model::{ACCOUNT_TYPE, ComplianceStatus, Map, Schedule, Severity, Text, Timestamp, Value};
use serde::Deserialize;

use super::problem::{Problem, line_of, line_of_test};
use super::raw::{RawControl, RawExpr, RawGiven, RawTest};
use super::set::{Form, PackSource};
use crate::cel::{Program, Uses};

/// The names in a control's conditions, in the order of their slots.
pub const CONTROL_ROOTS: [&str; 11] =
    ["properties", "attributes", "tags", "arn", "name", "type", "account", "region", "partition", "parameters", "now"];

/// The clock of a control's tests unless they set one.
const TEST_NOW: &str = "2026-01-01T00:00:00Z";

/// How often a control that judges the account does so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlScope {
    /// Once per account.
    Global,
    /// Once per account and Region.
    Regional,
}

/// What a control says about an account and Region in which it applies to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenEmpty {
    /// One PASSED finding on the account, as AWS does.
    #[default]
    Passed,
    /// Nothing: AWS shows "No data" for the few controls that are judged elsewhere then.
    NoData,
}

/// How to fix it, in each of the ways that people work.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Fix {
    /// Steps in the AWS console.
    pub console: Text,
    /// AWS CLI commands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cli: Option<String>,
    /// CloudFormation, where it can be declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloudformation: Option<String>,
    /// Terraform, where it can be declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terraform: Option<String>,
    /// Whether setting what `passes_when` asks for is all there is to do: nothing is replaced, breaks or costs much more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub mechanical: bool,
}

/// What a test expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the verdicts of sekisho_model::ComplianceStatus, and their absence")]
pub enum Expectation {
    Passed,
    Failed,
    Warning,
    NotAvailable,
    NotApplicable,
}

impl Expectation {
    /// The verdict meant, `None` for not applicable.
    pub fn status(self) -> Option<ComplianceStatus> {
        match self {
            Self::Passed => Some(ComplianceStatus::Passed),
            Self::Failed => Some(ComplianceStatus::Failed),
            Self::Warning => Some(ComplianceStatus::Warning),
            Self::NotAvailable => Some(ComplianceStatus::NotAvailable),
            Self::NotApplicable => None,
        }
    }
}

/// A related resource in a test.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) type_name: String,
    pub(crate) raw: RawGiven,
}

/// One test of a control.
#[derive(Debug)]
pub struct ControlTest {
    /// What is special about the case.
    pub name: String,
    /// Where it stands in the file, from 1; 0 if that cannot be told.
    pub line: usize,
    /// The verdict it must get.
    pub expect: Expectation,
    /// The evidence path it must name.
    pub because: Option<String>,
    /// Operations that were refused.
    pub denied: Vec<String>,
    pub(crate) type_name: String,
    pub(crate) resource_name: Option<String>,
    pub(crate) arn: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) now: Timestamp,
    pub(crate) properties: Map,
    pub(crate) attributes: Map,
    pub(crate) tags: Map,
    pub(crate) given: Vec<Given>,
    pub(crate) parameters: Map,
}

/// One control; see `docs/add-a-control.md` for the meaning of each part.
#[derive(Debug)]
#[expect(missing_docs, reason = "the fields are the keys of the file, described in docs/add-a-control.md")]
pub struct Control {
    pub id: String,
    pub uid: uuid::Uuid,
    pub severity: Severity,
    pub resources: Vec<String>,
    pub scope: Option<ControlScope>,
    /// For declarations that are not deployed. `true`: judged even where the condition hangs on attributes, which exist only
    /// after deployment and count as absent then. `false`: never judged, since what decides is declared elsewhere.
    pub before_deployment: Option<bool>,
    pub when_empty: WhenEmpty,
    pub applies_when: Option<Program>,
    pub warns_when: Option<Program>,
    pub passes_when: Program,
    pub title: Text,
    pub why: Text,
    pub accept_when: Text,
    pub fix: Fix,
    pub category: String,
    pub config_rule: Option<String>,
    pub schedule: Schedule,
    pub parameters: Map,
    pub tests: Vec<ControlTest>,
    pub file: String,
    /// What the conditions read, all three together.
    pub uses: Uses,
}

impl Control {
    /// Whether it judges the account and not single resources.
    pub fn is_about_account(&self) -> bool {
        self.resources.iter().any(|name| name == ACCOUNT_TYPE)
    }

    /// The service prefix of the id, `S3`.
    pub fn service(&self) -> &str {
        self.id.split('.').next().unwrap_or(&self.id)
    }

    /// The types that judging it needs.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.resources
            .iter()
            .filter(|name| *name != ACCOUNT_TYPE)
            .map(String::as_str)
            .chain(self.uses.types.iter().map(String::as_str))
    }

    /// Parses one file.
    ///
    /// # Errors
    /// Every mistake found in it.
    pub(crate) fn parse(source: &PackSource) -> Result<Self, Vec<Problem>> {
        let raw: RawControl = source.parse()?;
        let (file, text) = (source.path.as_str(), source.text.as_str());
        let mut problems = Vec::new();
        let mut problem = |path: &[&str], words: String| {
            problems.push(Problem { file: file.to_owned(), line: line_of(text, path), text: words })
        };
        check_form(&raw, file, &mut problem);
        if source.form == Form::Written {
            check_tests(&raw, &mut problem);
        }
        let mut compile =
            |key: &str, raw: Option<&RawExpr>| match raw.map(|raw| Program::compile(&raw.0, &CONTROL_ROOTS)) {
                None => None,
                Some(Ok(program)) => Some(program),
                Some(Err(error)) => {
                    problem(&[key], format!("{key}: {error}"));
                    None
                }
            };
        let applies_when = compile("applies_when", raw.applies_when.as_ref());
        let warns_when = compile("warns_when", raw.warns_when.as_ref());
        let passes_when = compile("passes_when", Some(&raw.passes_when));
        let resources = raw.resource.into_vec();
        let mut tests = Vec::with_capacity(raw.tests.len());
        for test in raw.tests {
            let name = test.name.clone();
            let line = line_of_test(text, &name);
            match control_test(test, line, &resources) {
                Ok(test) => tests.push(test),
                Err(words) => {
                    problems.push(Problem { file: file.to_owned(), line, text: format!("test \"{name}\": {words}") })
                }
            }
        }
        let Some(passes_when) = passes_when.filter(|_| problems.is_empty()) else { return Err(problems) };
        let mut uses = Uses::default();
        for program in [Some(&passes_when), applies_when.as_ref(), warns_when.as_ref()].into_iter().flatten() {
            uses.merge(program.uses());
        }
        Ok(Self {
            id: raw.id,
            uid: raw.uid,
            severity: raw.severity,
            resources,
            scope: raw.scope,
            before_deployment: raw.before_deployment,
            when_empty: raw.when_empty,
            applies_when,
            warns_when,
            passes_when,
            title: unfolded(raw.title),
            why: unfolded(raw.why),
            accept_when: unfolded(raw.accept_when),
            fix: Fix {
                console: unfolded(raw.fix.console),
                cli: raw.fix.cli,
                cloudformation: raw.fix.cloudformation,
                terraform: raw.fix.terraform,
                mechanical: raw.fix.mechanical,
            },
            category: raw.category,
            config_rule: raw.config_rule,
            schedule: raw.schedule,
            parameters: raw.parameters,
            tests,
            file: file.to_owned(),
            uses,
        })
    }
}

/// YAML folds a line break into a space, which Japanese does not have between its characters.
fn unfolded(text: Text) -> Text {
    let is_japanese =
        |symbol: char| ('\u{3000}'..='\u{9fff}').contains(&symbol) || ('\u{ff01}'..='\u{ff60}').contains(&symbol);
    let symbols: Vec<char> = text.ja.chars().collect();
    let beside = |at: Option<usize>| at.and_then(|at| symbols.get(at)).is_some_and(|symbol| is_japanese(*symbol));
    let stays = |at: usize| !(beside(at.checked_sub(1)) && beside(Some(at + 1)));
    let ja = symbols.iter().enumerate().filter(|(at, symbol)| **symbol != ' ' || stays(*at)).map(|(_, symbol)| symbol);
    Text { ja: ja.collect(), en: text.en }
}

fn check_form(raw: &RawControl, file: &str, problem: &mut impl FnMut(&[&str], String)) {
    let stem = file.rsplit('/').next().and_then(|name| name.strip_suffix(".yaml")).unwrap_or_default();
    if stem != raw.id {
        problem(&["id"], format!("the id `{}` is not the file's name; name the file {}.yaml", raw.id, raw.id));
    }
    for (key, words) in
        [("title", &raw.title), ("why", &raw.why), ("accept_when", &raw.accept_when), ("console", &raw.fix.console)]
    {
        for (lang, words) in [("en", &words.en), ("ja", &words.ja)] {
            if words.trim().is_empty() {
                problem(&[key], format!("{key}.{lang} is empty; write the text in that language"));
            }
        }
    }
    let about_account = matches!(&raw.resource, super::raw::OneOrMany::One(name) if name == ACCOUNT_TYPE);
    match (about_account, raw.scope) {
        (true, None) => {
            problem(&["resource"], format!("a control about {ACCOUNT_TYPE} needs `scope: global` or `scope: regional`"))
        }
        (false, Some(_)) => problem(
            &["scope"],
            format!("`scope` is for controls about {ACCOUNT_TYPE}; the resource pack has the scope of a type"),
        ),
        _ => {}
    }
}

fn check_tests(raw: &RawControl, problem: &mut impl FnMut(&[&str], String)) {
    let expects = |wanted: Expectation| raw.tests.iter().any(|test| test.expect == wanted);
    for (needed, wanted, words) in [
        (true, Expectation::Passed, "one that expects PASSED"),
        (true, Expectation::Failed, "one that expects FAILED"),
        (true, Expectation::NotAvailable, "one with a refused read (`denied`) that expects NOT_AVAILABLE"),
        (
            raw.applies_when.is_some(),
            Expectation::NotApplicable,
            "one that expects NOT_APPLICABLE, since there is an applies_when",
        ),
    ] {
        if needed && !expects(wanted) {
            problem(&["tests"], format!("the tests lack {words}"));
        }
    }
}

fn control_test(raw: RawTest, line: usize, resources: &[String]) -> Result<ControlTest, String> {
    let type_name = match (raw.type_name, resources) {
        (Some(name), _) if resources.contains(&name) => name,
        (Some(name), _) => return Err(format!("the control does not judge `{name}`")),
        (None, [only]) => only.clone(),
        (None, [first, ..]) => first.clone(),
        (None, []) => return Err("the control judges no type".into()),
    };
    let now = raw.now.as_deref().unwrap_or(TEST_NOW);
    let given = raw.given.into_iter().flat_map(|(type_name, given)| {
        given.into_vec().into_iter().map(move |raw| Given { type_name: type_name.clone(), raw })
    });
    Ok(ControlTest {
        name: raw.name,
        line,
        expect: raw.expect,
        because: raw.because,
        denied: raw.denied,
        type_name,
        resource_name: raw.resource_name,
        arn: raw.arn,
        account: raw.account,
        region: raw.region,
        now: now.parse().map_err(|_| format!("`{now}` is not a time; write 2026-01-01T00:00:00Z"))?,
        properties: raw.properties,
        attributes: raw.attributes,
        tags: raw.tags,
        given: given.collect(),
        parameters: raw.parameters,
    })
}

/// A control's defaults with overrides on top.
pub fn effective_parameters(defaults: &Map, overrides: Option<&Map>) -> Value {
    let mut merged: BTreeMap<_, _> = defaults.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    merged.extend(overrides.into_iter().flat_map(Map::iter).map(|(key, value)| (key.clone(), value.clone())));
    Value::Map(merged.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_japanese_has_no_spaces_of_its_own() {
        let folded = |ja: &str| unfolded(Text { en: String::new(), ja: ja.to_owned() }).ja;
        assert_eq!(folded("鍵を、 更新します。 次に"), "鍵を、更新します。次に");
        assert_eq!(folded("KMS キー を使う"), "KMS キーを使う");
        assert_eq!(folded("Amazon S3 を使う"), "Amazon S3 を使う");
    }
}
