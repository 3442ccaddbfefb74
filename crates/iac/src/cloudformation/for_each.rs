//! `Fn::ForEach`: copies that the language extensions make of a part of the template, made here before anything else is read.
//!
//! Source: "Fn::ForEach" in the CloudFormation Template Reference. The loop's variable is filled in wherever it is named: in keys and
//! texts as `${Name}` or `&{Name}` (then without signs), and as `Ref`. A collection that is not known is said and makes nothing.

use std::sync::Arc;

use super::resolve::call;
use super::template::Template;
use crate::located::{Located, Node as Made};
use crate::parse::{Data, Node};
use crate::source::Span;

const PREFIX: &str = "Fn::ForEach::";
/// Copies that all loops of a template may make; CloudFormation stops at 500 resources.
const COPIES_MAX: usize = 10_000;
/// Nodes in all copies together: as many as a template may have.
const NODES_MAX: usize = 1_000_000;
/// Loops in loops.
const DEPTH_MAX: usize = 100;

/// Whether a text may hold loops at all.
pub(super) fn may_loop(text: &str) -> bool {
    text.contains(PREFIX)
}

/// The template without loops, and what could not be copied with its place.
pub(super) fn expanded(root: &Node, template: &Template<'_>) -> (Node, Vec<(Span, String)>) {
    let mut expander = Expander { template, copies: 0, nodes: 0, is_full: false, problems: Vec::new() };
    let node = expander.node(root, 0);
    (node, expander.problems)
}

struct Expander<'e, 't> {
    template: &'e Template<'t>,
    copies: usize,
    nodes: usize,
    /// That there are too many copies is said once.
    is_full: bool,
    problems: Vec<(Span, String)>,
}

impl Expander<'_, '_> {
    fn node(&mut self, node: &Node, depth: usize) -> Node {
        if depth > DEPTH_MAX {
            return node.clone();
        }
        let data = match &node.data {
            Data::List(items) => Data::List(items.iter().map(|item| self.node(item, depth + 1)).collect()),
            Data::Map(entries) => {
                let mut made = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    match key.text().and_then(|key| key.strip_prefix(PREFIX)) {
                        Some(name) => made.extend(self.copies(name, key.span, value, depth + 1)),
                        None => made.push((key.clone(), self.node(value, depth + 1))),
                    }
                }
                Data::Map(made)
            }
            other => other.clone(),
        };
        Node { data, ..node.clone() }
    }

    fn copies(&mut self, name: &str, place: Span, argument: &Node, depth: usize) -> Vec<(Node, Node)> {
        let mut no = |why: &str| {
            self.problems.push((place, format!("the loop {name} is not judged: {why}")));
            Vec::new()
        };
        let [variable, collection, body] = argument.items() else {
            return no("it takes a name, a collection and what is copied");
        };
        let Some(variable) = variable.text() else { return no("its name is not a text") };
        let values = match self.template.resolve(collection, 0).map(|collection| collection.node) {
            Some(Made::List(items)) => items.iter().map(text_of).collect::<Option<Vec<Arc<str>>>>(),
            _ => None,
        };
        let Some(values) = values else { return no("its collection is not known before deployment") };
        self.copies = self.copies.saturating_add(values.len());
        self.nodes = self.nodes.saturating_add(body.count().saturating_mul(values.len()));
        if self.copies > COPIES_MAX || self.nodes > NODES_MAX {
            if !std::mem::replace(&mut self.is_full, true) {
                let words = format!("all loops together make more than {COPIES_MAX} copies or {NODES_MAX} values");
                self.problems.push((place, format!("the loop {name} is not judged: {words}")));
            }
            return Vec::new();
        }
        let mut made = Vec::new();
        for value in values {
            let filled = filled(body, variable, &value, 0);
            let filled = self.node(&filled, depth);
            made.extend(filled.entries().iter().cloned());
        }
        made
    }
}

fn text_of(located: &Located) -> Option<Arc<str>> {
    match &located.node {
        Made::String(text) => Some(text.clone()),
        Made::Int(number) => Some(number.to_string().into()),
        Made::Bool(truth) => Some(truth.to_string().into()),
        _ => None,
    }
}

/// A part of the template with the variable filled in.
fn filled(node: &Node, variable: &str, value: &Arc<str>, depth: usize) -> Node {
    if depth > DEPTH_MAX {
        return node.clone();
    }
    if let Some((function, argument)) = call(node)
        && function == "Ref"
        && argument.text() == Some(variable)
    {
        return Node { tag: None, plain: false, data: Data::Text(value.clone()), ..node.clone() };
    }
    let data = match &node.data {
        Data::Text(text) => Data::Text(replaced(text, variable, value)),
        Data::List(items) => Data::List(items.iter().map(|item| filled(item, variable, value, depth + 1)).collect()),
        Data::Map(entries) => {
            let entry = |(key, inner): &(Node, Node)| {
                (filled(key, variable, value, depth + 1), filled(inner, variable, value, depth + 1))
            };
            Data::Map(entries.iter().map(entry).collect())
        }
        other => other.clone(),
    };
    Node { data, ..node.clone() }
}

fn replaced(text: &Arc<str>, variable: &str, value: &str) -> Arc<str> {
    let (whole, plain) = (format!("${{{variable}}}"), format!("&{{{variable}}}"));
    if !text.contains(&whole) && !text.contains(&plain) {
        return text.clone();
    }
    let letters: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    text.replace(&whole, value).replace(&plain, &letters).into()
}
