//! `sekisho.yaml`: what people have decided about their findings and controls.
//!
//! ```yaml
//! suppress:
//!   - control: S3.8                           # id or pattern; at least one of control, resource, tag, account, region
//!     resource: arn:aws:s3:::www-*
//!     tag: { Exposure: public }
//!     account: "123456789012"
//!     region: eu-west-1
//!     reason: static website, contents are public on purpose    # required
//!     until: 2027-03-31                       # required; the last day, in UTC
//!     owner: web team
//! parameters:
//!   IAM.3: { maxAccessKeyAge: 60 }
//! disabled:
//!   - { control: S3.11, reason: no consumer of event notifications }
//! standards: [aws-foundational-security-best-practices]
//! fail_on: [critical, high]                   # which findings make the exit code 2 where the command line does not say
//! ```
//!
//! Conventions: a file is good or it is refused as a whole, with every mistake at its line and column and what to
//! write instead. A misspelled key is a mistake, because it would be a decision that silently does nothing.

mod fields;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;
use sekisho_model::{Map, Value, closest};

use crate::glob::Glob;
use crate::suppression::SuppressionRule;
use fields::Fields;
use tree::{Data, Mistake, Node};

/// The largest file that is read: room for some thousand decisions.
pub const DECISIONS_MAX_BYTES: usize = 1024 * 1024;

/// What a run can be told to fail on: severities, what is new, and what could not be judged.
pub const BARS: [&str; 6] = ["new", "critical", "high", "medium", "low", "not-available"];

/// A control that is switched off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisabledControl {
    /// `S3.11`.
    pub control: String,
    /// Why.
    pub reason: String,
    /// `sekisho.yaml:12`.
    pub source: String,
}

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decisions {
    /// Accepted findings, in the order of the file.
    pub suppressions: Vec<SuppressionRule>,
    /// Parameters by control id, each a map from name to value.
    pub parameters: BTreeMap<String, Map>,
    /// Controls that are off.
    pub disabled: Vec<DisabledControl>,
    /// The standards that count; `None` for all.
    pub standards: Option<Vec<String>>,
    /// Which findings make a run fail, in the words of [`BARS`]; empty where the file does not say.
    pub fail_on: Vec<String>,
}

/// The names that a file may use.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Control ids, with the names and defaults of their parameters; null for those without a default.
    pub controls: BTreeMap<String, Map>,
    /// Standard ids.
    pub standards: BTreeSet<String>,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionError {
    /// The file.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong and what to write instead.
    pub text: String,
}

impl fmt::Display for DecisionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}: {}", self.file, self.line, self.column, self.text)
    }
}

/// All mistakes of a file, by place; one a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct DecisionsError(pub Vec<DecisionError>);

/// Reads the text of a decisions file; `file` is its name for messages and for where a decision comes from.
///
/// # Errors
/// [`DecisionsError`] with every mistake found.
pub fn parse(text: &str, file: &str, known: &Known) -> Result<Decisions, DecisionsError> {
    let error = |mistake: Mistake| DecisionError {
        file: file.to_owned(),
        line: mistake.place.line,
        column: mistake.place.column,
        text: mistake.text,
    };
    if text.len() > DECISIONS_MAX_BYTES {
        let text =
            format!("the file has {} bytes, the limit is {DECISIONS_MAX_BYTES}; is it the right file?", text.len());
        return Err(DecisionsError(vec![DecisionError { file: file.to_owned(), line: 1, column: 1, text }]));
    }
    let root = match tree::parse(text) {
        Ok(Some(root)) => root,
        Ok(None) => return Ok(Decisions::default()),
        Err(mistake) => return Err(DecisionsError(vec![error(mistake)])),
    };
    let mut reader = Reader { file, known, mistakes: Vec::new() };
    let decisions = reader.decisions(&root);
    if reader.mistakes.is_empty() {
        return Ok(decisions);
    }
    reader.mistakes.sort_by_key(|mistake| mistake.place);
    Err(DecisionsError(reader.mistakes.into_iter().map(error).collect()))
}

/// Goes through the tree and collects mistakes.
struct Reader<'a> {
    file: &'a str,
    known: &'a Known,
    mistakes: Vec<Mistake>,
}

const SUPPRESS_KEYS: [&str; 8] = ["control", "resource", "tag", "account", "region", "reason", "until", "owner"];

impl Reader<'_> {
    fn note<T>(&mut self, result: Result<T, Mistake>) -> Option<T> {
        result.map_err(|mistake| self.mistakes.push(mistake)).ok()
    }

    fn source(&self, node: &Node) -> String {
        format!("{}:{}", self.file, node.place.line)
    }

    fn items<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.data {
            Data::List(items) => items,
            _ if node.is_empty() => &[],
            other => {
                self.mistakes.push(
                    node.place.mistake(format!("expected a list of {what}, found {other}; start each with `- `")),
                );
                &[]
            }
        }
    }

    fn fields<'n>(&mut self, node: &'n Node, keys: &[&str], example: &str) -> Option<Fields<'n>> {
        let fields = self.note(Fields::of(node, example))?;
        self.mistakes.extend(fields.unknown_keys(keys));
        Some(fields)
    }

    fn decisions(&mut self, root: &Node) -> Decisions {
        let mut decisions = Decisions::default();
        let keys = ["suppress", "parameters", "disabled", "standards", "fail_on"];
        let Some(fields) = self.fields(root, &keys, "suppress: [...]") else { return decisions };
        if let Some(node) = fields.get("suppress") {
            for item in self.items(node, "suppressions") {
                decisions.suppressions.extend(self.suppression(item));
            }
        }
        if let Some(node) = fields.get("parameters").filter(|node| !node.is_empty()) {
            decisions.parameters = self.parameters(node);
        }
        if let Some(node) = fields.get("disabled") {
            for item in self.items(node, "disabled controls") {
                let disabled = self.disabled(item);
                if let Some(twice) =
                    disabled.as_ref().filter(|new| decisions.disabled.iter().any(|old| old.control == new.control))
                {
                    self.mistakes.push(item.place.mistake(format!("{} is disabled twice; remove one", twice.control)));
                }
                decisions.disabled.extend(disabled);
            }
        }
        if let Some(node) = fields.get("standards") {
            decisions.standards = Some(self.standards(node));
        }
        if let Some(node) = fields.get("fail_on") {
            for item in self.items(node, "severities") {
                let word = fields::scalar(item);
                match self.note(word) {
                    Some(word) if BARS.contains(&word.to_lowercase().as_str()) => {
                        decisions.fail_on.push(word.to_lowercase())
                    }
                    Some(word) => {
                        let text = format!("`{word}` is nothing to fail on; write {}", BARS.join(", "));
                        self.mistakes.push(item.place.mistake(text));
                    }
                    None => {}
                }
            }
        }
        decisions
    }

    fn suppression(&mut self, item: &Node) -> Option<SuppressionRule> {
        let example = "control: S3.8, reason: ..., until: 2027-03-31";
        let fields = self.fields(item, &SUPPRESS_KEYS, example)?;
        let before = self.mistakes.len();
        let control = fields.get("control").and_then(|node| self.control_pattern(node));
        let resource = fields.get("resource").and_then(|node| {
            let glob = fields::glob(node);
            self.note(glob)
        });
        let tags = fields.get("tag").map(|node| self.tags(node)).unwrap_or_default();
        let account = self.note(fields.text("account")).flatten();
        if let (Some(account), Some(node)) = (&account, fields.get("account"))
            && (account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()))
        {
            let text = format!("`{account}` is not an account id; write its 12 digits in quotes");
            self.mistakes.push(node.place.mistake(text));
        }
        let region = self.note(fields.text("region")).flatten();
        let reason = self.note(fields.required("reason", "write why this is acceptable"));
        let until = self.until(&fields);
        let owner = self.note(fields.text("owner")).flatten();
        if !["control", "resource", "tag", "account", "region"].iter().any(|key| fields.get(key).is_some()) {
            let text = "this would accept every finding; add a control, resource, tag, account or region";
            self.mistakes.push(item.place.mistake(text));
        }
        if self.mistakes.len() > before {
            return None;
        }
        let source = self.source(item);
        Some(SuppressionRule {
            control,
            resource,
            tags,
            account,
            region,
            reason: reason?,
            until: until?,
            owner,
            source,
        })
    }

    fn until(&mut self, fields: &Fields<'_>) -> Option<Date> {
        let text = self.note(fields.required("until", "write the last day, as in 2027-03-31"))?;
        let place = fields.get("until")?.place;
        // jiff also reads forms with a time and short forms; one form is enough here.
        let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
        if date.is_none() {
            self.mistakes.push(
                place.mistake(format!("`{text}` is not a date; write the last day as YYYY-MM-DD, as in 2027-03-31")),
            );
        }
        date
    }

    fn tags(&mut self, node: &Node) -> Vec<(String, Glob)> {
        let entries = match &node.data {
            Data::Map(entries) if !entries.is_empty() => entries,
            other => {
                let text = format!("expected a tag name and value, found {other}; write tag: {{ Name: value }}");
                self.mistakes.push(node.place.mistake(text));
                return Vec::new();
            }
        };
        let pair = |(key, value): &(Node, Node)| Ok((fields::scalar(key)?, fields::glob(value)?));
        entries.iter().filter_map(|entry| self.note(pair(entry))).collect()
    }

    fn control_pattern(&mut self, node: &Node) -> Option<Glob> {
        let glob = self.note(fields::glob(node))?;
        if glob.is_plain() {
            self.known_control(node, glob.as_str())?;
        } else if !self.known.controls.keys().any(|id| glob.matches(id)) {
            let text = format!("no control fits `{glob}`; `sekisho controls list` shows them all");
            self.mistakes.push(node.place.mistake(text));
            return None;
        }
        Some(glob)
    }

    /// The id, if there is such a control.
    fn known_control(&mut self, node: &Node, id: &str) -> Option<String> {
        if self.known.controls.contains_key(id) {
            return Some(id.to_owned());
        }
        let next = match closest(id, self.known.controls.keys().map(String::as_str)) {
            Some(close) => format!("did you mean `{close}`?"),
            None => "`sekisho controls list` shows them all".to_owned(),
        };
        self.mistakes.push(node.place.mistake(format!("there is no control `{id}`; {next}")));
        None
    }

    fn parameters(&mut self, node: &Node) -> BTreeMap<String, Map> {
        let mut all = BTreeMap::new();
        let example = "IAM.3: { maxAccessKeyAge: 60 }";
        let Some(controls) = self.note(Fields::of(node, example)) else { return all };
        for (key, values) in controls.entries() {
            let Some(id) = self.note(fields::scalar(key)).and_then(|id| self.known_control(key, &id)) else { continue };
            let Some(names) = self.note(Fields::of(values, "maxAccessKeyAge: 60")) else { continue };
            let defaults = self.known.controls.get(&id).filter(|defaults| !defaults.is_empty());
            let Some(defaults) = defaults else {
                self.mistakes.push(key.place.mistake(format!("{id} has no parameters; remove this entry")));
                continue;
            };
            let known: Vec<&str> = defaults.keys().map(|name| &**name).collect();
            self.mistakes.extend(names.unknown_keys(&known));
            for (name, default) in defaults.iter() {
                let Some(given) = names.get(name) else { continue };
                self.mistakes.extend(misfit(&given.value(), default).map(|misfit| {
                    let next = format!("write {} such as {}", kind(default), example_of(default));
                    given.place.mistake(format!("`{name}` cannot {misfit}; {next}"))
                }));
            }
            if let Value::Map(map) = values.value() {
                all.insert(id, map);
            }
        }
        all
    }

    fn disabled(&mut self, item: &Node) -> Option<DisabledControl> {
        let fields = self.fields(item, &["control", "reason"], "{ control: S3.11, reason: ... }")?;
        let id = self.note(fields.required("control", "write the id of the control to disable"));
        let control = id.and_then(|id| self.known_control(fields.get("control")?, &id));
        let reason = self.note(fields.required("reason", "write why this control is not needed"));
        Some(DisabledControl { control: control?, reason: reason?, source: self.source(item) })
    }

    fn standards(&mut self, node: &Node) -> Vec<String> {
        let mut standards = Vec::new();
        for item in self.items(node, "standards") {
            let Some(id) = self.note(fields::scalar(item)) else { continue };
            if self.known.standards.contains(&id) {
                standards.push(id);
                continue;
            }
            let next = match closest(&id, self.known.standards.iter().map(String::as_str)) {
                Some(close) => format!("did you mean `{close}`?"),
                None => format!("known are {}", self.known.standards.iter().cloned().collect::<Vec<_>>().join(", ")),
            };
            self.mistakes.push(item.place.mistake(format!("there is no standard `{id}`; {next}")));
        }
        standards
    }
}

/// How a parameter's value differs in sort from its default: a comparison of a text with a number would be unknown for every
/// resource, far from the place of the mistake. Null takes the parameter away, which its control understands or not.
fn misfit(value: &Value, default: &Value) -> Option<String> {
    match (value, default) {
        (Value::List(items), Value::List(defaults)) => {
            let wanted = kind(defaults.first()?);
            items.iter().map(kind).find(|found| *found != wanted).map(|found| format!("hold {found}"))
        }
        _ if value.is_null() || default.is_null() || kind(value) == kind(default) => None,
        _ => Some(format!("be {}", kind(value))),
    }
}

/// What people call the sort of a value.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null | Value::Unknown(_) => "nothing",
        Value::Bool(_) => "true or false",
        Value::Int(_) | Value::Double(_) => "a number",
        Value::String(_) => "a text",
        Value::List(_) => "a list",
        Value::Map(_) => "keys and values",
    }
}

/// A default short enough to be an example; texts in quotes, since `1.30` without them is a number.
fn example_of(default: &Value) -> String {
    match default {
        Value::List(items) => items.first().map_or_else(|| "[]".to_owned(), |first| format!("[{first}]")),
        other => other.to_string(),
    }
}
