//! Nested stacks whose templates are files beside the parent: read with it, as one.
//!
//! `aws cloudformation package`, SAM's applications and the CDK name a child by a path until it is uploaded. A child is judged with the
//! parameters that its parent gives, and what it puts out is known to the parent. A child elsewhere (an S3 address) stays unknown.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::effort::Effort;
use super::for_each;
use super::template::{Given, Template};
use crate::declared::{Problem, ProblemKind};
use crate::files::{Files, joined};
use crate::located::{Located, Node as Made};
use crate::options::Options;
use crate::parse::{self, Node};
use crate::source::{FileId, Source, Sources, Span};

/// Stacks in stacks; AWS itself has no use for more.
const DEPTH_MAX: usize = 10;
/// Templates of one tree.
const TEMPLATES_MAX: usize = 500;
/// Nodes of all templates of one tree, after which no more are read: one file may be nested many times.
const NODES_MAX: usize = 2_000_000;

/// A template and those below it.
pub(super) struct Tree {
    pub(super) root: Node,
    pub(super) path: Arc<str>,
    pub(super) file: FileId,
    /// Where the parent declares it.
    pub(super) declared: Option<Span>,
    /// By the logical id of the stack.
    pub(super) children: BTreeMap<Arc<str>, Tree>,
}

/// What is read so far.
pub(super) struct Loader<'l> {
    pub(super) options: &'l Options,
    pub(super) files: Option<&'l dyn Files>,
    pub(super) sources: Sources,
    pub(super) problems: Vec<Problem>,
    templates: usize,
    nodes: usize,
    pub(super) effort: Effort,
}

impl<'l> Loader<'l> {
    pub(super) fn new(options: &'l Options, files: Option<&'l dyn Files>) -> Self {
        Self {
            options,
            files,
            sources: Sources::default(),
            problems: Vec::new(),
            templates: 0,
            nodes: 0,
            effort: Effort::default(),
        }
    }

    pub(super) fn problem(&mut self, path: &Arc<str>, kind: ProblemKind, span: Option<Span>, message: String) {
        self.problems.push(Problem { kind, path: path.clone(), span, message });
    }

    /// Parses a template and what it nests. `None` if it cannot be read, which is among the problems.
    pub(super) fn tree(
        &mut self,
        path: &str,
        text: &Arc<str>,
        given: Option<&Rc<Given>>,
        above: &[Arc<str>],
    ) -> Option<Tree> {
        let source = Source::new(path, text.clone());
        let file = self.sources.add(source.clone());
        let path: Arc<str> = path.into();
        self.templates += 1;
        let root = match parse::parse(text, file) {
            Ok(Some(root)) => root,
            Ok(None) => {
                self.problem(&path, ProblemKind::NoTemplate, None, "the file is empty".to_owned());
                return None;
            }
            Err(mistake) => {
                let at = source.byte_of(mistake.line, mistake.column);
                self.problem(&path, ProblemKind::Unreadable, Some(Span { file, start: at, end: at }), mistake.text);
                return None;
            }
        };
        let root = if for_each::may_loop(text) {
            self.effort.grant(root.count());
            let (root, loops) = for_each::expanded(&root, &self.template(&root, given));
            for (span, message) in loops {
                self.problem(&path, ProblemKind::NotUnderstood, Some(span), message);
            }
            root
        } else {
            root
        };
        let nodes = root.count();
        self.nodes = self.nodes.saturating_add(nodes);
        self.effort.grant(nodes);
        let children = if may_nest(text) { self.children(&root, &path, given, above) } else { BTreeMap::new() };
        Some(Tree { root, path, file, declared: None, children })
    }

    fn children(
        &mut self,
        root: &Node,
        path: &Arc<str>,
        given: Option<&Rc<Given>>,
        above: &[Arc<str>],
    ) -> BTreeMap<Arc<str>, Tree> {
        let mut children = BTreeMap::new();
        let Some(files) = self.files else { return children };
        let template = self.template(root, given);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (name, body) in root.get("Resources").map(Node::entries).unwrap_or_default() {
            let local = local_template(&template, body).or_else(|| asset(files, path, body));
            let (Some(id), Some(local)) = (name.text(), local) else { continue };
            let child = joined(folder, &local);
            let circle = above.iter().chain([path]).any(|known| **known == *child);
            let full = self.templates >= TEMPLATES_MAX || self.nodes >= NODES_MAX;
            if circle || full || above.len() >= DEPTH_MAX {
                let words =
                    format!("the nested stack {child} is not judged: stacks nest in a circle, or too many of them");
                self.problem(path, ProblemKind::NotUnderstood, Some(name.span), words);
                continue;
            }
            let text = match files.read(&child) {
                Ok(text) => text,
                Err(why) => {
                    let words = format!("the nested stack {child} is not judged: {why}");
                    self.problem(path, ProblemKind::NotUnderstood, Some(name.span), words);
                    continue;
                }
            };
            let parameters = Rc::new(parameters(&template, body, 0));
            let above: Vec<Arc<str>> = above.iter().cloned().chain([path.clone()]).collect();
            if let Some(tree) = self.tree(&child, &text, Some(&parameters), &above) {
                let declared = Some(Span { start: name.span.start, ..body.span });
                children.insert(id.into(), Tree { declared, ..tree });
            }
        }
        children
    }

    /// A template without what it nests.
    fn template<'t>(&self, root: &'t Node, given: Option<&Rc<Given>>) -> Template<'t>
    where
        'l: 't,
    {
        Template::new(root, self.options, given.cloned(), self.effort.clone())
    }
}

/// Whether a text may have nested stacks at all.
pub(super) fn may_nest(text: &str) -> bool {
    text.contains("AWS::CloudFormation::Stack") || text.contains("AWS::Serverless::Application")
}

/// The path of a nested stack's template, if it is one here.
fn local_template(template: &Template<'_>, body: &Node) -> Option<String> {
    let property = match body.get("Type")?.text()? {
        "AWS::CloudFormation::Stack" => "TemplateURL",
        "AWS::Serverless::Application" => "Location",
        _ => return None,
    };
    // The CDK says in Metadata which file it will upload.
    let asset = body.get("Metadata").and_then(|metadata| metadata.get("aws:asset:path")).and_then(Node::text);
    let written = body.get("Properties").and_then(|properties| template.resolve(properties.get(property)?, 0));
    let path = asset.or_else(|| written.as_ref().and_then(Located::as_str))?;
    let remote = path.contains("://") || path.starts_with("s3:");
    (!remote && !path.is_empty()).then(|| path.to_owned())
}

/// The file of a nested stack of the CDK: the address names the hash under which the assets file beside the template lists it.
fn asset(files: &dyn Files, path: &str, body: &Node) -> Option<String> {
    if body.get("Type")?.text()? != "AWS::CloudFormation::Stack" {
        return None;
    }
    let address = body.get("Properties")?.get("TemplateURL")?;
    let list = files.read(&format!("{}.assets.json", path.strip_suffix(".template.json")?)).ok()?;
    let list: serde_json::Value = serde_json::from_str(&list).ok()?;
    let named = |(hash, file): (&String, &serde_json::Value)| {
        let source = file.get("source")?.get("path")?.as_str()?;
        (source.ends_with(".template.json") && mentions(address, hash, 0)).then(|| source.to_owned())
    };
    list.get("files")?.as_object()?.iter().find_map(named)
}

/// Whether a text somewhere below a node holds `what`.
fn mentions(node: &Node, what: &str, depth: usize) -> bool {
    depth < 20
        && (node.text().is_some_and(|text| text.contains(what))
            || node.items().iter().any(|item| mentions(item, what, depth + 1))
            || node.entries().iter().any(|(_, value)| mentions(value, what, depth + 1)))
}

/// What a parent gives to the parameters of a nested stack.
pub(super) fn parameters(template: &Template<'_>, body: &Node, depth: usize) -> Given {
    let given = body.get("Properties").and_then(|properties| template.resolve(properties.get("Parameters")?, depth));
    match given.map(|given| given.node) {
        Some(Made::Map(entries)) => entries.into_iter().map(|entry| (entry.key, entry.value)).collect(),
        _ => Given::new(),
    }
}
