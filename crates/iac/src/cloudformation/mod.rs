//! CloudFormation templates, YAML and JSON.

mod effort;
mod for_each;
mod nested;
mod resolve;
mod sam;
mod template;

use std::sync::Arc;

use self::nested::{Loader, Tree};
use self::resolve::Truth;
use self::template::Template;
use crate::declared::{Declared, ProblemKind, Reading};
use crate::files::Files;
use crate::located::{Located, Node};
use crate::options::Options;
use crate::parse::Node as Written;
use crate::skips;
use crate::source::Span;

/// Whether a text may be a template at all: what is not is passed over in silence when folders are searched.
pub fn looks_like_template(text: &str) -> bool {
    text.contains("Resources") && ["AWS::", "Custom::", "Alexa::"].iter().any(|start| text.contains(start))
}

/// Reads one template. `path` is as the user would write it.
pub fn read(path: &str, text: Arc<str>, options: &Options) -> Reading {
    read_tree(path, &text, options, None)
}

/// Reads a template together with the nested stacks whose templates are among `files`. Their resources have addresses such as
/// `Network/Vpc`.
pub fn read_with_nested(path: &str, text: &Arc<str>, options: &Options, files: &dyn Files) -> Reading {
    read_tree(path, text, options, Some(files))
}

/// The paths of all templates that a template nests, however deep: they need not be read once more by themselves.
pub fn nested_paths(path: &str, text: &Arc<str>, options: &Options, files: &dyn Files) -> Vec<String> {
    if !nested::may_nest(text) {
        return Vec::new();
    }
    let mut loader = Loader::new(options, Some(files));
    let mut waiting: Vec<Tree> =
        loader.tree(path, text, None, &[]).map(|tree| tree.children.into_values().collect()).unwrap_or_default();
    let mut paths = Vec::new();
    while let Some(tree) = waiting.pop() {
        paths.push(tree.path.to_string());
        waiting.extend(tree.children.into_values());
    }
    paths
}

fn read_tree(path: &str, text: &Arc<str>, options: &Options, files: Option<&dyn Files>) -> Reading {
    let mut loader = Loader::new(options, files);
    let tree = loader.tree(path, text, None, &[]);
    let mut declared = Vec::new();
    if let Some(tree) = &tree {
        let template = Template::of_tree(tree, options, loader.effort.clone());
        declare(tree, &template, &[], &tree.path, &mut loader, &mut declared);
    }
    Reading { sources: loader.sources, problems: loader.problems, declared }
}

/// What a template declares, and then what it nests.
fn declare(
    tree: &Tree,
    template: &Template<'_>,
    via: &[Span],
    unit: &Arc<str>,
    loader: &mut Loader<'_>,
    into: &mut Vec<Declared>,
) {
    let mut problem = |kind, span, message: String| loader.problem(&tree.path, kind, span, message);
    let Some(resources) = template.section("Resources").filter(|section| !section.entries().is_empty()) else {
        problem(ProblemKind::NoTemplate, Some(tree.root.span), "there is no section `Resources`".to_owned());
        return;
    };
    for transform in unknown_transforms(&tree.root) {
        let name = transform.text().unwrap_or("the transform");
        let words = format!("{name} runs at deployment: what it changes is not judged");
        problem(ProblemKind::NotUnderstood, Some(transform.span), words);
    }
    let source = loader.sources.get(tree.file).cloned();
    for (name, body) in resources.entries() {
        match resource(template, name, body, unit, via) {
            Ok(Some(mut resource)) => {
                resource.skips.extend(source.iter().flat_map(|source| skips::comments(source, resource.span, &["#"])));
                let nested = name.text().is_some_and(|name| tree.children.contains_key(name));
                if nested || sam::globals_key(&resource.type_name).is_none() {
                    into.push(resource);
                } else if let Some(made) = sam::expanded(&resource) {
                    into.extend(made);
                } else {
                    let words = format!("{} is not judged yet", resource.type_name);
                    loader.problem(&tree.path, ProblemKind::NotUnderstood, Some(name.span), words);
                }
            }
            Ok(None) => {}
            Err(message) => loader.problem(&tree.path, ProblemKind::NotUnderstood, Some(name.span), message),
        }
    }
    for (name, child) in &tree.children {
        // A stack whose condition does not hold makes nothing.
        let body = template.section("Resources").and_then(|resources| resources.get(name));
        let condition = body.and_then(|body| body.get("Condition")?.text());
        if condition.is_some_and(|condition| matches!(template.condition_named(condition, 0), Truth::No)) {
            continue;
        }
        let Some(Ok(inner)) = template.child(name, 0) else { continue };
        let via: Vec<Span> = child.declared.into_iter().chain(via.iter().copied()).collect();
        declare(child, &inner, &via, unit, loader, into);
    }
}

/// Transforms other than SAM's, which is read here, and the language extensions, whose functions are.
fn unknown_transforms(root: &Written) -> Vec<&Written> {
    let known = ["AWS::Serverless-2016-10-31", "AWS::LanguageExtensions"];
    let Some(transform) = root.get("Transform") else { return Vec::new() };
    let all = if transform.items().is_empty() { std::slice::from_ref(transform) } else { transform.items() };
    all.iter().filter(|one| !one.text().is_some_and(|name| known.contains(&name))).collect()
}

/// One entry of `Resources`; `None` where its condition does not hold.
fn resource(
    template: &Template<'_>,
    name: &Written,
    body: &Written,
    unit: &Arc<str>,
    via: &[Span],
) -> Result<Option<Declared>, String> {
    let address = name.text().unwrap_or_default();
    let Some(type_name) = body.get("Type").and_then(Written::text) else {
        return Err(format!("the resource `{address}` has no `Type` that is a text"));
    };
    // What may or may not be made is judged as if it were.
    let condition = body.get("Condition").and_then(Written::text).map(|name| template.condition_named(name, 0));
    if matches!(condition, Some(Truth::No)) {
        return Ok(None);
    }
    let properties = body.get("Properties").and_then(|properties| template.resolve(properties, 0));
    let properties = properties.unwrap_or_else(|| Located::loose(Node::Map(Vec::new())));
    let globals = sam::globals_key(type_name).and_then(|kind| template.section("Globals")?.get(kind));
    let properties = sam::with_globals(properties, globals.and_then(|globals| template.resolve(globals, 0)));
    Ok(Some(Declared {
        unit: unit.clone(),
        type_name: type_name.into(),
        address: format!("{}{address}", template.prefix).into(),
        span: Some(Span { start: name.span.start, ..body.span }),
        via: via.to_vec(),
        properties,
        skips: skips::metadata(body.get("Metadata")),
    }))
}
