//! CloudFormation templates, YAML and JSON.

mod for_each;
mod resolve;
mod sam;
mod template;

use std::sync::Arc;

use self::resolve::Truth;
use self::template::Template;
use crate::declared::{Declared, Problem, ProblemKind, Reading};
use crate::located::{Located, Node};
use crate::options::Options;
use crate::parse::{self, Node as Written};
use crate::skips;
use crate::source::{Source, Span};

/// Whether a text may be a template at all: what is not is passed over in silence when folders are searched.
pub fn looks_like_template(text: &str) -> bool {
    text.contains("Resources") && ["AWS::", "Custom::", "Alexa::"].iter().any(|start| text.contains(start))
}

/// Reads one template. `path` is as the user would write it.
pub fn read(path: &str, text: Arc<str>, options: &Options) -> Reading {
    let mut reading = Reading::default();
    let source = Source::new(path, text.clone());
    let file = reading.sources.add(source.clone());
    let path: Arc<str> = path.into();
    let mut problem = |kind, span, message: String| {
        reading.problems.push(Problem { kind, path: path.clone(), span, message });
    };
    let root = match parse::parse(&text, file) {
        Ok(Some(root)) => root,
        Ok(None) => {
            problem(ProblemKind::NoTemplate, None, "the file is empty".to_owned());
            return reading;
        }
        Err(mistake) => {
            let at = source.byte_of(mistake.line, mistake.column);
            problem(ProblemKind::Unreadable, Some(Span { file, start: at, end: at }), mistake.text);
            return reading;
        }
    };
    let (root, loops) = if for_each::may_loop(&text) {
        for_each::expanded(&root, &Template::new(&root, options))
    } else {
        (root, Vec::new())
    };
    for (span, message) in loops {
        problem(ProblemKind::NotUnderstood, Some(span), message);
    }
    let template = Template::new(&root, options);
    let Some(resources) = template.section("Resources").filter(|section| !section.entries().is_empty()) else {
        problem(ProblemKind::NoTemplate, Some(root.span), "there is no section `Resources`".to_owned());
        return reading;
    };
    for transform in unknown_transforms(&root) {
        let name = transform.text().unwrap_or("the transform");
        let words = format!("{name} runs at deployment: what it changes is not judged");
        problem(ProblemKind::NotUnderstood, Some(transform.span), words);
    }
    let mut declared = Vec::new();
    for (name, body) in resources.entries() {
        match resource(&template, name, body, &path) {
            Ok(Some(mut resource)) => {
                resource.skips.extend(skips::comments(&source, resource.span, &["#"]));
                if sam::globals_key(&resource.type_name).is_none() {
                    declared.push(resource);
                } else if let Some(made) = sam::expanded(&resource) {
                    declared.extend(made);
                } else {
                    let words = format!("{} is not judged yet", resource.type_name);
                    problem(ProblemKind::NotUnderstood, Some(name.span), words);
                }
            }
            Ok(None) => {}
            Err(message) => problem(ProblemKind::NotUnderstood, Some(name.span), message),
        }
    }
    reading.declared = declared;
    reading
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
    path: &Arc<str>,
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
        unit: path.clone(),
        type_name: type_name.into(),
        address: address.into(),
        span: Some(Span { start: name.span.start, ..body.span }),
        via: Vec::new(),
        properties,
        skips: skips::metadata(body.get("Metadata")),
    }))
}
