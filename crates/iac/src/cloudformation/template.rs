//! A template's sections, and what its parameters are worth.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use sekisho_model::Unknown;

use super::effort::Effort;
use super::nested::{Tree, parameters};
use super::resolve::{Pieces, Truth, unknown};
use crate::located::{Located, Node, Piece, Reference};
use crate::options::Options;
use crate::parse::{Data, Node as Written};

/// What a parent stack gives to the parameters of a nested one.
pub(super) type Given = BTreeMap<Arc<str>, Located>;

/// A template while it is resolved. What others ask for again and again is worked out once, which also shows what asks for itself: those
/// entries are there without a value.
pub(super) struct Template<'t> {
    pub(super) root: &'t Written,
    pub(super) options: &'t Options,
    resources: HashMap<&'t str, &'t Written>,
    /// None for a template that nobody nests: its parameters are what the user gives.
    given: Option<Rc<Given>>,
    /// The logical ids of the stacks that lead here, each with a slash; nothing for a template that nobody nests.
    pub(super) prefix: String,
    children: Option<&'t BTreeMap<Arc<str>, Tree>>,
    pub(super) effort: Effort,
    pub(super) conditions: RefCell<HashMap<&'t str, Option<Truth>>>,
    stacks: RefCell<HashMap<&'t str, Option<Rc<Template<'t>>>>>,
    outputs: RefCell<HashMap<String, Option<Located>>>,
}

impl<'t> Template<'t> {
    /// A template by itself, without what it nests.
    pub(super) fn new(root: &'t Written, options: &'t Options, given: Option<Rc<Given>>, effort: Effort) -> Self {
        let resources = root.get("Resources").map(Written::entries).unwrap_or_default();
        let resources = resources.iter().filter_map(|(name, body)| Some((name.text()?, body))).collect();
        Self {
            root,
            options,
            resources,
            given,
            prefix: String::new(),
            children: None,
            effort,
            conditions: RefCell::default(),
            stacks: RefCell::default(),
            outputs: RefCell::default(),
        }
    }

    /// The template at the top of a tree.
    pub(super) fn of_tree(tree: &'t Tree, options: &'t Options, effort: Effort) -> Self {
        Self { children: Some(&tree.children), ..Self::new(&tree.root, options, None, effort) }
    }

    /// The template of a nested stack that is here, with what this one gives to it.
    pub(super) fn child(&self, stack: &str, depth: usize) -> Option<Result<Rc<Self>, Arc<Unknown>>> {
        let tree = self.children?.get(stack)?;
        let (id, body) = self.resources.get_key_value(stack)?;
        match self.stacks.borrow().get(id) {
            Some(Some(child)) => return Some(Ok(child.clone())),
            Some(None) => {
                return Some(Err(unknown(format!("stack {stack}"), "nested stacks need each other in a circle")));
            }
            None => {}
        }
        self.stacks.borrow_mut().insert(id, None);
        let given = parameters(self, body, depth + 1);
        let child = Rc::new(Self {
            children: Some(&tree.children),
            prefix: format!("{}{stack}/", self.prefix),
            ..Self::new(&tree.root, self.options, Some(Rc::new(given)), self.effort.clone())
        });
        self.stacks.borrow_mut().insert(id, Some(child.clone()));
        Some(Ok(child))
    }

    /// A reference to a resource of this template.
    pub(super) fn refer(&self, name: &str, attribute: Option<&str>) -> Node {
        let address = if self.prefix.is_empty() { name.into() } else { format!("{}{name}", self.prefix).into() };
        Node::Reference(Reference { address, attribute: attribute.map(Arc::from) })
    }

    /// What a nested stack puts out; none where the stack is not here, or puts out no such thing.
    pub(super) fn output(&self, stack: &str, attribute: &str, depth: usize) -> Option<Located> {
        let name = attribute.strip_prefix("Outputs.")?;
        match self.child(stack, depth + 1)? {
            Ok(child) => child.put_out(name, depth + 1),
            Err(why) => Some(Located::loose(Node::Unknown(why))),
        }
    }

    fn put_out(&self, name: &str, depth: usize) -> Option<Located> {
        if let Some(known) = self.outputs.borrow().get(name) {
            return known.as_ref().map(|known| self.effort.copy(known));
        }
        let value = self.root.get("Outputs")?.get(name)?.get("Value")?;
        let value = self.resolve(value, depth + 1);
        self.outputs.borrow_mut().insert(name.to_owned(), value.clone());
        value
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
        let is_list = kind.starts_with("List<") || kind == "CommaDelimitedList";
        let given = match &self.given {
            Some(given) => match given.get(name) {
                Some(value) => {
                    let value = self.effort.copy(value);
                    let node = if is_list { self.list(value.node) } else { value.node };
                    return Some(Located { node, sensitive: sensitive || value.sensitive, span: value.span });
                }
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
                Some(value) if is_list => self.list(Node::String(value.into())),
                Some(value) => Node::String(value.into()),
            }
        };
        Some(Located { node, span: Some(declared.span), sensitive })
    }

    /// A text with commas, as parameters that are lists are given.
    fn list(&self, node: Node) -> Node {
        let parts = match node {
            Node::String(text) => {
                if let Err(why) = self.effort.spend(text.matches(',').count()) {
                    return Node::Unknown(why);
                }
                let part = |part: &str| Located::loose(Node::String(part.trim().into()));
                text.split(',').map(part).collect()
            }
            Node::Text(pieces) => self.listed(pieces),
            // One of which the value is not known here.
            Node::Reference(reference) => vec![Located::loose(Node::Reference(reference))],
            other => return other,
        };
        Node::List(parts)
    }

    /// The same for a text of which parts are not known.
    fn listed(&self, pieces: Vec<Piece>) -> Vec<Located> {
        let mut parts = Vec::new();
        let mut part = Pieces::default();
        for piece in pieces {
            let Piece::Literal(text) = &piece else {
                part.piece(piece);
                continue;
            };
            for (at, between) in text.split(',').enumerate() {
                if at > 0 {
                    parts.push(std::mem::take(&mut part).text(&self.effort));
                }
                part.literal(between.trim());
            }
        }
        parts.push(part.text(&self.effort));
        parts
    }
}
