//! `.tf.json` files: the same blocks written as JSON, with expressions inside texts.
//!
//! Source: "JSON Configuration Syntax" of the Terraform language documentation. Whether an object inside a resource is a block or
//! a value only the provider knows; both come to the same document here, so that all are read as values.

use std::sync::Arc;

use hcl_edit::Decorate as _;
use hcl_edit::expr::{Array, Expression, Object, ObjectKey, ObjectValue};
use hcl_edit::template::{StringTemplate, Template};

use super::syntax::{Attribute, Block, Body};
use crate::parse::{self, Data, Node};
use crate::source::{FileId, Source, Span};

/// The blocks of a file, or why it cannot be read and where.
pub(super) fn body(source: &Source, file: FileId) -> Result<Body, (Span, String)> {
    let root = match parse::parse(&source.text, file) {
        Ok(Some(root)) => root,
        Ok(None) => return Ok(Body::default()),
        Err(mistake) => {
            let at = source.byte_of(mistake.line, mistake.column);
            return Err((Span { file, start: at, end: at }, mistake.text));
        }
    };
    let mut body = Body::default();
    for (key, value) in root.entries() {
        let Some(name) = key.text() else { continue };
        // How many labels a block of this name has.
        let labels = match name {
            "resource" | "data" => 2,
            "variable" | "output" | "module" | "provider" => 1,
            "locals" | "terraform" => 0,
            // A file of variables has values only.
            _ => {
                body.attributes.push(attribute(name, value)?);
                continue;
            }
        };
        blocks(name, labels, &mut Vec::new(), value, &mut body.blocks)?;
    }
    Ok(body)
}

fn blocks(
    name: &str,
    labels: usize,
    so_far: &mut Vec<Arc<str>>,
    node: &Node,
    into: &mut Vec<Block>,
) -> Result<(), (Span, String)> {
    if !node.items().is_empty() {
        return node.items().iter().try_for_each(|item| blocks(name, labels, so_far, item, into));
    }
    if so_far.len() < labels {
        for (key, value) in node.entries() {
            so_far.push(key.text().unwrap_or_default().into());
            blocks(name, labels, so_far, value, into)?;
            so_far.pop();
        }
        return Ok(());
    }
    let attributes = node.entries().iter().filter(|(key, _)| key.text() != Some("//"));
    let attributes = attributes.map(|(key, value)| attribute(key.text().unwrap_or_default(), value));
    let mut body = Body { attributes: attributes.collect::<Result<_, _>>()?, blocks: Vec::new() };
    // The type of a variable is an expression in a text.
    if name == "variable"
        && let Some(constraint) = body.attributes.iter_mut().find(|attribute| &*attribute.name == "type")
        && let Some(Ok(parsed)) = constraint.expression.as_str().map(str::parse)
    {
        constraint.expression = parsed;
    }
    into.push(Block { name: name.into(), labels: so_far.clone(), body, span: node.span });
    Ok(())
}

fn attribute(name: &str, node: &Node) -> Result<Attribute, (Span, String)> {
    Ok(Attribute { name: name.into(), expression: expression(node)?, span: node.span, placed: false })
}

fn expression(node: &Node) -> Result<Expression, (Span, String)> {
    Ok(match &node.data {
        Data::Null => Expression::null(),
        Data::Bool(truth) => (*truth).into(),
        Data::Int(number) => Expression::from(*number),
        Data::Double(number) => match hcl_edit::Number::from_f64(*number) {
            Some(number) => Expression::Number(hcl_edit::repr::Formatted::new(number)),
            None => Expression::null(),
        },
        Data::Text(text) if text.contains("${") || text.contains("%{") => {
            let template: Template = text.parse().map_err(|error: hcl_edit::parser::Error| {
                (node.span, format!("the expression in this text is wrong: {}", error.message().replace('\n', "; ")))
            })?;
            let mut template = StringTemplate::from(template);
            template.decor_mut().clear();
            Expression::StringTemplate(template)
        }
        Data::Text(text) => Expression::from(&**text),
        Data::List(items) => {
            let mut array = Array::new();
            for item in items {
                array.push(expression(item)?);
            }
            Expression::Array(array)
        }
        Data::Map(entries) => {
            let mut object = Object::new();
            for (key, value) in entries {
                let name = Expression::from(key.text().unwrap_or_default());
                object.insert(ObjectKey::Expression(name), ObjectValue::new(expression(value)?));
            }
            Expression::Object(object)
        }
    })
}
