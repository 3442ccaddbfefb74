//! One module with the values that it was called with: what its names mean, and what it declares.
//!
//! Everything is computed when it is asked for and then kept, so that the order of the files does not matter. What asks for
//! itself while it is computed is a circle, which is said instead of followed. Resources, calls, providers and names are the
//! neighbouring files.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use hcl_edit::expr::Expression;
use rust_decimal::Decimal;

use super::convert::convert;
use super::eval::excerpt;
use super::names::Here;
use super::scope::{Bound, Budget, Scope};
use super::syntax::{Attribute, Block, ModuleSource};
use super::types::{Defaults, constraint};
use super::value::{Data, Evaluated, Fault, Fields, Value, fault, unknown};
use crate::declared::{Problem, ProblemKind};
use crate::files::Files;
use crate::options::Options;
use crate::source::{FileId, Source, Sources, Span};

/// Modules inside modules.
pub(super) const DEPTH_MAX: usize = 16;
/// Resources of one root module, with all that `count` and `for_each` make of them.
pub(super) const INSTANCES_MAX: usize = 50_000;
/// What resources have besides their arguments.
pub(super) const META: [&str; 8] =
    ["count", "for_each", "provider", "depends_on", "lifecycle", "provisioner", "connection", "providers"];

/// What all modules of one reading share.
pub(super) struct World<'w> {
    pub(super) files: &'w dyn Files,
    pub(super) options: &'w Options,
    pub(super) budget: Budget,
    pub(super) sources: RefCell<Sources>,
    pub(super) problems: RefCell<Vec<Problem>>,
    /// The folder of the root module.
    pub(super) root: String,
    /// Where `terraform init` has put modules, by the path of their calls.
    pub(super) installed: BTreeMap<String, String>,
    /// Values given for variables of the root module.
    pub(super) given: BTreeMap<Arc<str>, Value>,
    pub(super) modules: RefCell<HashMap<String, Rc<ModuleSource>>>,
    pub(super) instances: Cell<usize>,
}

impl World<'_> {
    pub(super) fn module(&self, folder: &str) -> Rc<ModuleSource> {
        if let Some(known) = self.modules.borrow().get(folder) {
            return known.clone();
        }
        let (mut sources, mut problems) = (self.sources.borrow_mut(), self.problems.borrow_mut());
        let module = Rc::new(ModuleSource::read(folder, self.files, &mut sources, &mut problems));
        self.modules.borrow_mut().insert(folder.to_owned(), module.clone());
        module
    }

    pub(super) fn problem(&self, span: Span, message: String) {
        let path = self.sources.borrow().get(span.file).map(|source| source.path.clone()).unwrap_or_default();
        let problem = Problem { kind: ProblemKind::NotUnderstood, path, span: Some(span), message };
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    pub(super) fn source(&self, file: FileId) -> Option<Source> {
        self.sources.borrow().get(file).cloned()
    }
}

/// Which of the instances that a block makes.
#[derive(Debug, Clone)]
pub(super) enum Key {
    /// The block makes one.
    Only,
    Index(usize),
    Name(Arc<str>),
    /// How many there are is not known; this one stands for all.
    Unknown,
}

/// One instance with what `count` and `each` mean in it.
#[derive(Debug, Clone)]
pub(super) struct Repetition {
    pub(super) key: Key,
    pub(super) each: Option<(Value, Value)>,
    pub(super) count: Option<Value>,
}

impl Repetition {
    pub(super) fn only() -> Self {
        Self { key: Key::Only, each: None, count: None }
    }

    pub(super) fn at(at: usize) -> Self {
        Self { key: Key::Index(at), each: None, count: Some(Decimal::from(at).into()) }
    }

    /// `[0]`, `["key"]` or nothing.
    pub(super) fn suffix(&self) -> String {
        match &self.key {
            Key::Only => String::new(),
            Key::Index(at) => format!("[{at}]"),
            Key::Name(name) => format!("[\"{}\"]", name.escape_default()),
            Key::Unknown => "[*]".to_owned(),
        }
    }
}

/// A module as it was called.
pub(super) struct Instance<'w> {
    pub(super) world: &'w World<'w>,
    pub(super) source: Rc<ModuleSource>,
    /// `module.a["x"].` or nothing.
    pub(super) prefix: String,
    /// `a.b`, as `terraform init` names calls.
    pub(super) path: String,
    pub(super) depth: usize,
    pub(super) call: Option<Call<'w>>,
    pub(super) values: RefCell<HashMap<String, Option<Evaluated>>>,
    pub(super) children: RefCell<HashMap<Arc<str>, Children<'w>>>,
}

/// The instances of a called module.
pub(super) type Children<'w> = Rc<Vec<(Repetition, Rc<Instance<'w>>)>>;

/// Who called a module, and how.
pub(super) struct Call<'w> {
    pub(super) parent: Weak<Instance<'w>>,
    pub(super) name: Arc<str>,
    pub(super) repetition: Repetition,
}

impl<'w> Instance<'w> {
    pub(super) fn root(world: &'w World<'w>) -> Rc<Self> {
        let source = world.module(&world.root);
        Rc::new(Self::new(world, source, None, String::new(), String::new(), 0))
    }

    pub(super) fn new(
        world: &'w World<'w>,
        source: Rc<ModuleSource>,
        call: Option<Call<'w>>,
        prefix: String,
        path: String,
        depth: usize,
    ) -> Self {
        let (values, children) = (RefCell::default(), RefCell::default());
        Self { world, source, prefix, path, depth, call, values, children }
    }

    /// Computes something once.
    pub(super) fn kept(&self, name: String, compute: impl FnOnce() -> Evaluated) -> Evaluated {
        match self.values.borrow().get(&name) {
            Some(Some(value)) => return value.clone(),
            Some(None) => return fault(format!("{name} refers to itself in a circle")),
            None => {}
        }
        self.values.borrow_mut().insert(name.clone(), None);
        let value = compute();
        self.values.borrow_mut().insert(name, Some(value.clone()));
        value
    }

    /// The value of an argument, with its place; what fails is unknown and says why.
    pub(super) fn argument(
        self: &Rc<Self>,
        attribute: &Attribute,
        repetition: Option<&Repetition>,
        bound: Option<&Bound<'_>>,
    ) -> Value {
        let here = Here { module: self, repetition };
        let value = here.scope(attribute, bound).value(&attribute.expression);
        let value = value.unwrap_or_else(|Fault(why)| unknown(self.words(attribute), why));
        value.at(Some(attribute.span))
    }

    /// The expression of an argument, as a text.
    pub(super) fn words(&self, attribute: &Attribute) -> String {
        let text = self.world.source(attribute.span.file).map(|source| source.text);
        let range = attribute.span.start as usize..attribute.span.end as usize;
        let whole = text.as_deref().and_then(|text| text.get(range)).unwrap_or_default();
        excerpt(whole.split_once('=').filter(|_| attribute.placed).map_or(whole, |(_, expression)| expression))
    }

    pub(super) fn variable(self: &Rc<Self>, name: &str) -> Option<Evaluated> {
        let block = self.source.variables.get(name)?;
        Some(self.kept(format!("var.{name}"), || self.variable_value(name, block)))
    }

    fn variable_value(self: &Rc<Self>, name: &str, block: &Block) -> Evaluated {
        let here = Here { module: self, repetition: None };
        let default = block.body.attribute("default");
        let flag = |name: &str| match block.body.attribute(name).map(|flag| &flag.expression) {
            Some(Expression::Bool(truth)) => Some(*truth.value()),
            _ => None,
        };
        let default = || default.map(|default| here.scope(default, None).value(&default.expression));
        let given = match &self.call {
            None => self.world.given.get(name).cloned().map(Ok),
            Some(call) => call.input(name),
        };
        let given = match given {
            // An explicit null asks for the default only where the variable may not be null.
            Some(Ok(value)) if value.is_null() && flag("nullable") == Some(false) => default(),
            Some(given) => Some(given),
            None => default(),
        };
        let sensitive = flag("sensitive").unwrap_or(false);
        let Some(value) = given else {
            return Ok(unknown(format!("var.{name}"), "the variable has no value; give it with --parameters")
                .marked(sensitive));
        };
        let value = value?.marked(sensitive);
        let Some(wanted) = block.body.attribute("type") else { return Ok(value) };
        let wanted =
            constraint(&wanted.expression).map_err(|words| Fault(format!("the type of var.{name}: {words}")))?;
        let converted = convert(&value, &wanted.of).map_err(|Fault(words)| Fault(format!("var.{name}: {words}")))?;
        let filled = self.with_defaults(converted, &wanted.defaults)?;
        convert(&filled, &wanted.of)
    }

    /// Fills in what `optional(type, default)` says.
    fn with_defaults(self: &Rc<Self>, value: Value, defaults: &Defaults<'_>) -> Evaluated {
        let Value { data, span, sensitive } = value;
        let data = match data {
            Data::Object(fields) if !defaults.fields.is_empty() => {
                let mut filled = Fields::clone(&fields);
                for (name, (default, deeper)) in &defaults.fields {
                    let own = fields.get(name).filter(|own| !own.is_null());
                    let here = Here { module: self, repetition: None };
                    let scope = Scope { names: &here, bound: None, file: None, sealed: true };
                    let made = match (own, default) {
                        (Some(own), _) => own.clone(),
                        (None, Some(default)) => scope.value(default)?,
                        (None, None) => continue,
                    };
                    filled.insert(name.clone(), self.with_defaults(made, deeper)?);
                }
                Data::Object(Arc::new(filled))
            }
            Data::List(of, items) if defaults.elements.is_some() => {
                Data::List(of, Arc::new(self.each_filled(&items, defaults)?))
            }
            Data::Set(of, items) if defaults.elements.is_some() => {
                Data::Set(of, Arc::new(self.each_filled(&items, defaults)?))
            }
            Data::Map(of, fields) if defaults.elements.is_some() => {
                let values: Vec<Value> = fields.values().cloned().collect();
                let filled = self.each_filled(&values, defaults)?;
                Data::Map(of, Arc::new(fields.keys().cloned().zip(filled).collect()))
            }
            other => other,
        };
        Ok(Value { data, span, sensitive })
    }

    fn each_filled(self: &Rc<Self>, items: &[Value], defaults: &Defaults<'_>) -> Result<Vec<Value>, Fault> {
        let Some(deeper) = &defaults.elements else { return Ok(items.to_vec()) };
        items.iter().map(|item| self.with_defaults(item.clone(), deeper)).collect()
    }

    pub(super) fn local(self: &Rc<Self>, name: &str) -> Option<Evaluated> {
        let attribute = self.source.locals.get(name)?;
        let here = Here { module: self, repetition: None };
        Some(self.kept(format!("local.{name}"), || here.scope(attribute, None).value(&attribute.expression)))
    }

    pub(super) fn output(self: &Rc<Self>, name: &str) -> Evaluated {
        let Some(attribute) = self.source.outputs.get(name).and_then(|block| block.body.attribute("value")) else {
            return fault(format!("the module has no output \"{name}\""));
        };
        let here = Here { module: self, repetition: None };
        self.kept(format!("output.{name}"), || here.scope(attribute, None).value(&attribute.expression))
    }

    pub(super) fn outputs(self: &Rc<Self>) -> Value {
        let output = |name: &Arc<str>| {
            let value = self.output(name);
            (name.clone(), value.unwrap_or_else(|Fault(why)| unknown(format!("{}{name}", self.prefix), why)))
        };
        Value::object(self.source.outputs.keys().map(output).collect())
    }
}
