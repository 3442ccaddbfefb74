//! A template's sections, and what its parameters are worth.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::nested::{Tree, parameters};
use super::resolve::unknown;
use crate::located::{Located, Node, Reference};
use crate::options::Options;
use crate::parse::{Data, Node as Written};

/// What a parent stack gives to the parameters of a nested one.
pub(super) type Given = BTreeMap<Arc<str>, Located>;

/// A template while it is resolved.
pub(super) struct Template<'t> {
    pub(super) root: &'t Written,
    pub(super) options: &'t Options,
    resources: HashMap<&'t str, &'t Written>,
    /// None for a template that nobody nests: its parameters are what the user gives.
    given: Option<&'t Given>,
    /// The logical ids of the stacks that lead here, each with a slash; nothing for a template that nobody nests.
    pub(super) prefix: String,
    children: Option<&'t BTreeMap<Arc<str>, Tree>>,
}

impl<'t> Template<'t> {
    /// A template by itself, without what it nests.
    pub(super) fn new(root: &'t Written, options: &'t Options, given: Option<&'t Given>) -> Self {
        let resources = root.get("Resources").map(Written::entries).unwrap_or_default();
        let resources = resources.iter().filter_map(|(name, body)| Some((name.text()?, body))).collect();
        Self { root, options, resources, given, prefix: String::new(), children: None }
    }

    /// A template in its tree.
    pub(super) fn of_tree(tree: &'t Tree, options: &'t Options, given: Option<&'t Given>, prefix: String) -> Self {
        Self { prefix, children: Some(&tree.children), ..Self::new(&tree.root, options, given) }
    }

    /// A reference to a resource of this template.
    pub(super) fn refer(&self, name: &str, attribute: Option<&str>) -> Node {
        let address = if self.prefix.is_empty() { name.into() } else { format!("{}{name}", self.prefix).into() };
        Node::Reference(Reference { address, attribute: attribute.map(Arc::from) })
    }

    /// What a nested stack puts out; none where the stack is not here, or puts out no such thing.
    pub(super) fn output(&self, stack: &str, attribute: &str, depth: usize) -> Option<Located> {
        let tree = self.children?.get(stack)?;
        let output = tree.root.get("Outputs")?.get(attribute.strip_prefix("Outputs.")?)?.get("Value")?;
        let given = parameters(self, self.resources.get(stack)?);
        let child = Template::of_tree(tree, self.options, Some(&given), format!("{}{stack}/", self.prefix));
        child.resolve(output, depth + 1)
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
        let given = match self.given {
            Some(given) => match given.get(name) {
                Some(value) => return Some(Located { sensitive: sensitive || value.sensitive, ..value.clone() }),
                None => None,
            },
            None => self.options.parameters.get(name).cloned(),
        };
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
