//! A template's sections, and what its parameters are worth.

use std::collections::HashMap;

use super::resolve::unknown;
use crate::located::{Located, Node};
use crate::options::Options;
use crate::parse::{Data, Node as Written};

/// A template while it is resolved.
pub(super) struct Template<'t> {
    pub(super) root: &'t Written,
    pub(super) options: &'t Options,
    resources: HashMap<&'t str, &'t Written>,
}

impl<'t> Template<'t> {
    pub(super) fn new(root: &'t Written, options: &'t Options) -> Self {
        let resources = root.get("Resources").map(Written::entries).unwrap_or_default();
        let resources = resources.iter().filter_map(|(name, body)| Some((name.text()?, body))).collect();
        Self { root, options, resources }
    }

    /// A top-level section.
    pub(super) fn section(&self, name: &str) -> Option<&'t Written> {
        self.root.get(name)
    }

    pub(super) fn is_resource(&self, name: &str) -> bool {
        self.resources.contains_key(name)
    }

    /// The value of a parameter: the given one, else its default, else unknown. `None` where there is no such parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<Located> {
        let declared = self.section("Parameters")?.get(name)?;
        let kind = declared.get("Type").and_then(Written::text).unwrap_or("String");
        let sensitive = match declared.get("NoEcho").map(|no_echo| &no_echo.data) {
            Some(Data::Bool(truth)) => *truth,
            Some(Data::Text(text)) => text.eq_ignore_ascii_case("true"),
            _ => false,
        };
        let given = self.options.parameters.get(name).cloned();
        let default = || match &declared.get("Default")?.data {
            Data::Text(text) => Some(text.to_string()),
            Data::Bool(truth) => Some(truth.to_string()),
            Data::Int(number) => Some(number.to_string()),
            Data::Double(number) => Some(number.to_string()),
            _ => None,
        };
        let no = |why: &str| Node::Unknown(unknown(format!("!Ref {name}"), why));
        let node = if kind.starts_with("AWS::SSM::Parameter::Value") {
            no("it is read from Parameter Store at deployment")
        } else {
            match given.or_else(default) {
                None => no("the parameter has no default; give it with --parameters"),
                Some(value) if kind.starts_with("List<") || kind == "CommaDelimitedList" => {
                    let part = |part: &str| Located::loose(Node::String(part.trim().into()));
                    Node::List(value.split(',').map(part).collect())
                }
                Some(value) => Node::String(value.into()),
            }
        };
        Some(Located { node, span: Some(declared.span), sensitive })
    }
}
