//! Plans of Terraform and OpenTofu, as `terraform show -json` writes them.
//!
//! Source: "JSON Output Format" of Terraform's documentation. `planned_values` has what will be; what is known after apply only is
//! absent there and named in `after_unknown`. Two things are put right: an unknown that nobody configured is what the provider
//! computes, and absent here as it is in the files; and an unknown that refers to another planned resource is a reference, so that
//! joins work although there is no id yet. Values that are sensitive are judged and never shown.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::syntax::unreadable;
use crate::declared::{Declared, Problem, ProblemKind, Reading};
use crate::located::{Entry, Located, Node as Made, Reference};
use crate::parse::{self, Data, Node};
use crate::source::{Source, Span};
use sekisho_model::{Unknown, UnknownKind};

/// Variables and outputs that hand a reference on.
const HOPS_MAX: usize = 32;

/// Whether a text may be a plan.
pub fn looks_like_plan(text: &str) -> bool {
    text.contains("\"format_version\"")
        && (text.contains("\"planned_values\"") || text.contains("\"resource_changes\""))
}

/// Reads a plan. `path` is as the user would write it.
pub fn read(path: &str, text: Arc<str>) -> Reading {
    let mut reading = Reading::default();
    let source = Source::new(path, text.clone());
    let file = reading.sources.add(source.clone());
    let root = match parse::parse(&text, file) {
        Ok(Some(root)) => root,
        Ok(None) => return reading,
        Err(mistake) => {
            let at = source.byte_of(mistake.line, mistake.column);
            reading.problems.push(unreadable(path, Some(Span { file, start: at, end: at }), mistake.text));
            return reading;
        }
    };
    let version = root.get("format_version").and_then(Node::text).unwrap_or_default();
    if !(version.starts_with("0.") || version.starts_with("1.")) {
        let words = format!("plans of the format \"{version}\" are not known; those of 0.x and 1.x are");
        reading.problems.push(unreadable(path, Some(root.span), words));
        return reading;
    }
    let changes = root.get("resource_changes").map(Node::items).unwrap_or_default();
    let changes = changes.iter().filter_map(|change| Some((change.get("address")?.text()?, change.get("change")?)));
    let plan = Plan {
        configuration: root.get("configuration").and_then(|configuration| configuration.get("root_module")),
        changes: changes.collect(),
        addresses: HashSet::new(),
    };
    let Some(module) = root.get("planned_values").and_then(|values| values.get("root_module")) else {
        let message = "the plan has no planned values; write it with \"terraform show -json PLANFILE\"".to_owned();
        let problem = Problem { kind: ProblemKind::Unreadable, path: path.into(), span: None, message };
        reading.problems.push(problem);
        return reading;
    };
    let mut planned = Vec::new();
    gather(module, &mut planned);
    let plan =
        Plan { addresses: planned.iter().filter_map(|resource| resource.get("address")?.text()).collect(), ..plan };
    let unit: Arc<str> = path.into();
    reading.declared = planned.iter().filter_map(|resource| plan.declared(resource, &unit)).collect();
    reading
}

/// The managed resources of a module and of those below it.
fn gather<'n>(module: &'n Node, into: &mut Vec<&'n Node>) {
    let mut waiting = vec![module];
    while let Some(module) = waiting.pop() {
        let resources = module.get("resources").map(Node::items).unwrap_or_default();
        into.extend(resources.iter().filter(|one| one.get("mode").and_then(Node::text) == Some("managed")));
        waiting.extend(module.get("child_modules").map(Node::items).unwrap_or_default().iter().rev());
    }
}

struct Plan<'n> {
    configuration: Option<&'n Node>,
    changes: HashMap<&'n str, &'n Node>,
    addresses: HashSet<&'n str>,
}

/// Where a resource stands: what its references are relative to.
struct Place<'p> {
    /// The names of the calls that lead to its module.
    path: Vec<&'p str>,
    /// `module.a["x"].` or nothing.
    prefix: &'p str,
    /// `["key"]` or nothing.
    index: &'p str,
}

impl<'n> Plan<'n> {
    fn declared(&self, resource: &'n Node, unit: &Arc<str>) -> Option<Declared> {
        let text = |name: &str| resource.get(name).and_then(Node::text);
        let (address, type_name, name) = (text("address")?, text("type")?, text("name")?);
        let own = format!("{type_name}.{name}");
        let start = address.rfind(&own)?;
        let (prefix, rest) = address.split_at_checked(start)?;
        let index = rest.get(own.len()..).unwrap_or_default();
        let place = Place { path: calls(prefix), prefix, index };
        let expressions = self.module(&place.path).and_then(|module| {
            let resources = module.get("resources").map(Node::items).unwrap_or_default();
            resources.iter().find(|one| one.get("address").and_then(Node::text) == Some(&own))?.get("expressions")
        });
        let change = self.changes.get(address);
        let part = |name: &str| change.and_then(|change| change.get(name));
        let (unknown, sensitive) = (part("after_unknown"), part("after_sensitive"));
        let properties = match resource.get("values") {
            Some(values) => self.value(values, unknown, sensitive, expressions, &place, ""),
            // Terraform leaves `values` out where all of them are known after apply only.
            None => Located::at(Made::Map(self.map(&[], unknown, sensitive, expressions, &place)), resource.span),
        };
        Some(Declared {
            unit: unit.clone(),
            type_name: type_name.into(),
            address: address.into(),
            span: Some(resource.span),
            via: Vec::new(),
            properties,
            skips: Vec::new(),
        })
    }

    /// The configuration of a called module.
    fn module(&self, path: &[&str]) -> Option<&'n Node> {
        path.iter().try_fold(self.configuration?, |module, call| module.get("module_calls")?.get(call)?.get("module"))
    }

    /// A planned value with what is unknown and sensitive in it.
    fn value(
        &self,
        planned: &Node,
        unknown: Option<&Node>,
        sensitive: Option<&Node>,
        expressions: Option<&'n Node>,
        place: &Place<'_>,
        key: &str,
    ) -> Located {
        let node = match &planned.data {
            Data::Null => Made::Null,
            Data::Bool(truth) => Made::Bool(*truth),
            Data::Int(number) => Made::Int(*number),
            Data::Double(number) => Made::Double(*number),
            Data::Text(text) => Made::String(text.clone()),
            Data::List(items) => Made::List(self.list(items, unknown, sensitive, expressions, place, key)),
            Data::Map(entries) => Made::Map(self.map(entries, unknown, sensitive, expressions, place)),
        };
        let hidden = sensitive.is_some_and(|sensitive| matches!(sensitive.data, Data::Bool(true)));
        Located { node, span: Some(planned.span), sensitive: hidden }
    }

    fn list(
        &self,
        items: &[Node],
        unknown: Option<&Node>,
        sensitive: Option<&Node>,
        expressions: Option<&'n Node>,
        place: &Place<'_>,
        key: &str,
    ) -> Vec<Located> {
        let nth = |node: Option<&'n Node>, at: usize| node.map(Node::items).unwrap_or_default().get(at);
        let element = |(at, item): (usize, &Node)| {
            let of = |node: Option<&Node>| node.map(Node::items).unwrap_or_default().get(at).cloned();
            // The blocks of a dynamic one share what is written once.
            let own = nth(expressions, at).or_else(|| expressions.filter(|all| !all.entries().is_empty()));
            if of(unknown).is_some_and(|unknown| matches!(unknown.data, Data::Bool(true))) {
                return Located::at(self.hidden(own, place, key), item.span);
            }
            self.value(item, of(unknown).as_ref(), of(sensitive).as_ref(), own, place, key)
        };
        items.iter().enumerate().map(element).collect()
    }

    fn map(
        &self,
        entries: &[(Node, Node)],
        unknown: Option<&Node>,
        sensitive: Option<&Node>,
        expressions: Option<&'n Node>,
        place: &Place<'_>,
    ) -> Vec<Entry> {
        let mut made: Vec<Entry> = Vec::new();
        for (key, value) in entries {
            let Some(name) = key.text() else { continue };
            let part = |node: Option<&Node>| node.and_then(|node| node.get(name)).cloned();
            let own = expressions.and_then(|expressions| expressions.get(name));
            let (unknown, sensitive) = (part(unknown), part(sensitive));
            if unknown.as_ref().is_some_and(|unknown| matches!(unknown.data, Data::Bool(true))) {
                continue;
            }
            let value = self.value(value, unknown.as_ref(), sensitive.as_ref(), own, place, name);
            made.push(Entry { key: name.into(), key_span: Some(key.span), value });
        }
        for (key, hidden) in unknown.map(Node::entries).unwrap_or_default() {
            let Some(name) = key.text() else { continue };
            let own = expressions.and_then(|expressions| expressions.get(name));
            // What nobody configured the provider computes: as absent as it is in the files.
            if let (Data::Bool(true), Some(own)) = (&hidden.data, own) {
                let value = Located::loose(self.hidden(Some(own), place, name));
                made.push(Entry { key: name.into(), key_span: None, value });
            }
        }
        made
    }

    /// What is known after apply: a reference where it is nothing but that, else unknown.
    fn hidden(&self, expression: Option<&'n Node>, place: &Place<'_>, key: &str) -> Made {
        let references =
            expression.and_then(|expression| expression.get("references")).map(Node::items).unwrap_or_default();
        let references: Vec<&str> = references.iter().filter_map(Node::text).collect();
        // Documents weave references into more than an id.
        let document = ["policy", "document", "definition", "template", "user_data", "content", "body"];
        if !document.iter().any(|word| key.contains(word))
            && let Some(reference) = self.referred(&references, &place.path, place.prefix, place.index, 0)
        {
            return Made::Reference(reference);
        }
        let source = references.first().copied().unwrap_or(key).to_owned();
        let message = "it is known after apply".to_owned();
        Made::Unknown(Arc::new(Unknown { source, kind: UnknownKind::Undetermined, message }))
    }

    /// The planned resource that references mean, through variables and outputs of modules.
    fn referred(
        &self,
        references: &[&str],
        path: &[&str],
        prefix: &str,
        index: &str,
        hops: usize,
    ) -> Option<Reference> {
        let first = references
            .iter()
            .find(|one| !["each.", "count.", "local.", "path."].iter().any(|own| one.starts_with(own)))?;
        if hops > HOPS_MAX {
            return None;
        }
        let list = |expression: &'n Node| {
            let references = expression.get("references").map(Node::items).unwrap_or_default();
            references.iter().filter_map(Node::text).collect::<Vec<_>>()
        };
        if let Some(name) = first.strip_prefix("var.") {
            let name = name.split(['.', '[']).next().unwrap_or_default();
            let (call, above) = path.split_last()?;
            let given = self.module(above)?.get("module_calls")?.get(call)?.get("expressions")?.get(name)?;
            let (prefix, index) = split_call(prefix, call)?;
            return self.referred(&list(given), above, prefix, index, hops + 1);
        }
        if let Some(rest) = first.strip_prefix("module.") {
            let (call, output) = rest.split_once('.').unwrap_or((rest, ""));
            let call = call.split('[').next().unwrap_or_default();
            let output = output.split(['.', '[']).next().unwrap_or_default();
            let below: Vec<&str> = path.iter().copied().chain([call]).collect();
            let given = self.module(&below)?.get("outputs")?.get(output)?.get("expression")?;
            let called = first.split(&format!(".{output}")).next().unwrap_or_default();
            let inner = format!("{prefix}{called}.");
            return self.referred(&list(given), &below, &inner, index, hops + 1);
        }
        let mut parts = first.splitn(3, '.');
        let (kind, name, attribute) = (parts.next()?, parts.next()?, parts.next());
        let (name, own_index) = name.split_at(name.find('[').unwrap_or(name.len()));
        let candidates = [own_index.to_owned(), index.to_owned(), String::new(), "[0]".to_owned()];
        let candidates = candidates.iter().skip(usize::from(own_index.is_empty()));
        let address = candidates.map(|index| format!("{prefix}{kind}.{name}{index}"));
        let address = address.into_iter().find(|address| self.addresses.contains(address.as_str()))?;
        let attribute = attribute.or_else(|| references.iter().find_map(|one| one.split('.').nth(2)));
        Some(Reference { address: address.into(), attribute: attribute.map(Arc::from) })
    }
}

/// The names of the calls in `module.a["x"].module.b.`.
fn calls(prefix: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = prefix;
    while let Some(after) = rest.strip_prefix("module.") {
        let end = after.find(['.', '[']).unwrap_or(after.len());
        let (name, tail) = after.split_at_checked(end).unwrap_or((after, ""));
        names.push(name);
        // A key may hold dots.
        let tail = if tail.starts_with('[') { tail.split_once(']').map_or("", |(_, tail)| tail) } else { tail };
        rest = tail.strip_prefix('.').unwrap_or(tail);
    }
    names
}

/// The prefix above the last call, and the index of that call.
fn split_call<'p>(prefix: &'p str, call: &str) -> Option<(&'p str, &'p str)> {
    let own = format!("module.{call}");
    let start = prefix.rfind(&own)?;
    let index = prefix.get(start + own.len()..)?.trim_end_matches('.');
    Some((prefix.get(..start)?, index))
}
