//! The files of a module, as one set of blocks: `.tf` and `.tf.json` alike, override files applied.
//!
//! Source: "Files and Directories", "Override Files" and "JSON Configuration Syntax" of the Terraform language documentation.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Attribute as HclAttribute, Body as HclBody, Structure};

use super::json;
use crate::declared::{Problem, ProblemKind};
use crate::files::{Files, joined};
use crate::source::{FileId, Source, Sources, Span};

/// The inside of a block.
#[derive(Debug, Clone, Default)]
pub(super) struct Body {
    pub(super) attributes: Vec<Attribute>,
    pub(super) blocks: Vec<Block>,
}

/// `name = expression`.
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub(super) name: Arc<str>,
    pub(super) expression: Expression,
    /// The whole line or lines.
    pub(super) span: Span,
    /// Whether the parts of the expression know their places in the file.
    pub(super) placed: bool,
}

/// `name "label" { ... }`.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) name: Arc<str>,
    pub(super) labels: Vec<Arc<str>>,
    pub(super) body: Body,
    pub(super) span: Span,
}

impl Body {
    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| *attribute.name == *name)
    }

    pub(super) fn blocks<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b Block> {
        self.blocks.iter().filter(move |block| *block.name == *name)
    }

    /// Lets what another body says take the place of what this one says.
    fn overridden_by(&mut self, other: Self) {
        let said: Vec<Arc<str>> = other.blocks.iter().map(|block| block.name.clone()).collect();
        self.blocks.retain(|block| !said.contains(&block.name));
        self.attributes.retain(|own| other.attribute(&own.name).is_none());
        self.attributes.extend(other.attributes);
        self.blocks.extend(other.blocks);
    }
}

/// Everything that a module says.
#[derive(Debug, Default)]
pub(super) struct ModuleSource {
    /// The folder, as the user would write it; empty for where the user stands.
    pub(super) folder: String,
    pub(super) variables: BTreeMap<Arc<str>, Block>,
    pub(super) locals: BTreeMap<Arc<str>, Attribute>,
    pub(super) outputs: BTreeMap<Arc<str>, Block>,
    pub(super) calls: BTreeMap<Arc<str>, Block>,
    pub(super) providers: Vec<Block>,
    /// `resource` blocks by type and name, in the order of the files.
    pub(super) resources: Vec<Block>,
    /// `data` blocks.
    pub(super) data: Vec<Block>,
}

impl ModuleSource {
    /// Reads the files of a folder.
    pub(super) fn read(folder: &str, files: &dyn Files, sources: &mut Sources, problems: &mut Vec<Problem>) -> Self {
        let mut module = Self { folder: folder.to_owned(), ..Self::default() };
        let names = files.list(folder).unwrap_or_default();
        let is_module_file = |name: &&String| super::is_module_file(name);
        let (overrides, plain): (Vec<&String>, Vec<&String>) =
            names.iter().filter(is_module_file).partition(|name| is_override(name));
        for (name, is_override) in
            plain.iter().map(|name| (name, false)).chain(overrides.iter().map(|name| (name, true)))
        {
            let path = joined(folder, name);
            let text = match files.read(&path) {
                Ok(text) => text,
                Err(message) => {
                    problems.push(unreadable(&path, None, message));
                    continue;
                }
            };
            let source = Source::new(&path, text.clone());
            let file = sources.add(source.clone());
            match body(&source, file) {
                Ok(body) => module.add(body, is_override),
                Err((span, message)) => problems.push(unreadable(&path, Some(span), message)),
            }
        }
        module
    }

    fn add(&mut self, body: Body, is_override: bool) {
        for block in body.blocks {
            let label = |at: usize| block.labels.get(at).cloned().unwrap_or_default();
            match &*block.name {
                "locals" => {
                    let locals = block.body.attributes.into_iter();
                    self.locals.extend(locals.map(|attribute| (attribute.name.clone(), attribute)));
                }
                "variable" => one(&mut self.variables, label(0), block, is_override),
                "output" => one(&mut self.outputs, label(0), block, is_override),
                "module" => one(&mut self.calls, label(0), block, is_override),
                "provider" => many(&mut self.providers, block, is_override),
                "resource" => many(&mut self.resources, block, is_override),
                "data" => many(&mut self.data, block, is_override),
                _ => {}
            }
        }
    }
}

fn one(all: &mut BTreeMap<Arc<str>, Block>, name: Arc<str>, block: Block, is_override: bool) {
    match all.get_mut(&name) {
        Some(known) if is_override => known.body.overridden_by(block.body),
        _ => {
            all.insert(name, block);
        }
    }
}

fn many(all: &mut Vec<Block>, block: Block, is_override: bool) {
    match all.iter_mut().find(|known| known.labels == block.labels && is_override) {
        Some(known) => known.body.overridden_by(block.body),
        None => all.push(block),
    }
}

fn is_override(name: &str) -> bool {
    let stem = name.strip_suffix(".json").unwrap_or(name);
    let stem = stem.strip_suffix(".tf").or_else(|| stem.strip_suffix(".tofu")).unwrap_or(stem);
    stem == "override" || stem.ends_with("_override")
}

/// The values of a `.tfvars` file, or of any file of attributes.
pub(super) fn attributes(source: &Source, file: FileId) -> Result<Vec<Attribute>, (Span, String)> {
    body(source, file).map(|body| body.attributes)
}

fn body(source: &Source, file: FileId) -> Result<Body, (Span, String)> {
    if source.path.ends_with(".json") {
        return json::body(source, file);
    }
    match source.text.parse::<HclBody>() {
        Ok(body) => Ok(converted(body, file)),
        Err(error) => {
            let at = source.byte_of(error.location().line(), error.location().column());
            let words = format!("this is not Terraform's language: {}", error.message().replace('\n', "; "));
            Err((Span { file, start: at, end: at }, words))
        }
    }
}

fn converted(body: HclBody, file: FileId) -> Body {
    let span = |range: Option<std::ops::Range<usize>>| {
        let range = range.unwrap_or_default();
        let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { file, start: at(range.start), end: at(range.end) }
    };
    let mut made = Body::default();
    for structure in body {
        match structure {
            Structure::Attribute(attribute) => {
                let place = span(attribute.span());
                let HclAttribute { key, value, .. } = attribute;
                let name = key.as_str().into();
                made.attributes.push(Attribute { name, expression: value, span: place, placed: true });
            }
            Structure::Block(block) => {
                let place = span(block.span());
                made.blocks.push(Block {
                    name: block.ident.as_str().into(),
                    labels: block.labels.iter().map(|label| label.as_str().into()).collect(),
                    span: place,
                    body: converted(block.body, file),
                });
            }
        }
    }
    made
}

pub(super) fn unreadable(path: &str, span: Option<Span>, message: String) -> Problem {
    Problem { kind: ProblemKind::Unreadable, path: path.into(), span, message }
}
