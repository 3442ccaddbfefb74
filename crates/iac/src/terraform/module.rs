//! One module with the values that it was called with: what its names mean, and what it declares.
//!
//! Everything is computed when it is asked for and then kept, so that the order of the files does not matter. What asks for
//! itself while it is computed is a circle, which is said instead of followed.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use hcl_edit::expr::{Expression, ObjectKey, TraversalOperator};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::Files;
use super::convert::{convert, text};
use super::data;
use super::eval::{excerpt, pairs};
use super::scope::{Bound, Budget, Names, Scope};
use super::syntax::{Attribute, Block, Body, ModuleSource, joined};
use super::types::{Defaults, Type, constraint};
use super::value::{Data, Evaluated, Fault, Fields, Value, fault, unknown};
use crate::declared::{Declared, Problem, ProblemKind};
use crate::options::Options;
use crate::source::{FileId, Source, Sources, Span};

/// Modules inside modules.
const DEPTH_MAX: usize = 16;
/// Resources of one root module, with all that `count` and `for_each` make of them.
const INSTANCES_MAX: usize = 50_000;
/// What resources have besides their arguments.
const META: [&str; 8] =
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

    fn source(&self, file: FileId) -> Option<Source> {
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
    each: Option<(Value, Value)>,
    count: Option<Value>,
}

impl Repetition {
    fn only() -> Self {
        Self { key: Key::Only, each: None, count: None }
    }

    fn at(at: usize) -> Self {
        Self { key: Key::Index(at), each: None, count: Some(Decimal::from(at).into()) }
    }

    /// `[0]`, `["key"]` or nothing.
    fn suffix(&self) -> String {
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
    prefix: String,
    /// `a.b`, as `terraform init` names calls.
    path: String,
    depth: usize,
    call: Option<Call<'w>>,
    values: RefCell<HashMap<String, Option<Evaluated>>>,
    children: RefCell<HashMap<Arc<str>, Children<'w>>>,
}

/// The instances of a called module.
type Children<'w> = Rc<Vec<(Repetition, Rc<Instance<'w>>)>>;

/// Who called a module, and how.
struct Call<'w> {
    parent: Weak<Instance<'w>>,
    name: Arc<str>,
    repetition: Repetition,
}

/// What names mean in one instance of a block.
struct Here<'h, 'w> {
    module: &'h Rc<Instance<'w>>,
    repetition: Option<&'h Repetition>,
}

impl<'w> Instance<'w> {
    pub(super) fn root(world: &'w World<'w>) -> Rc<Self> {
        let source = world.module(&world.root);
        Rc::new(Self::new(world, source, None, String::new(), String::new(), 0))
    }

    fn new(
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
    fn kept(&self, name: String, compute: impl FnOnce() -> Evaluated) -> Evaluated {
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
    fn argument(
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
    fn words(&self, attribute: &Attribute) -> String {
        let text = self.world.source(attribute.span.file).map(|source| source.text);
        let range = attribute.span.start as usize..attribute.span.end as usize;
        let whole = text.as_deref().and_then(|text| text.get(range)).unwrap_or_default();
        excerpt(whole.split_once('=').filter(|_| attribute.placed).map_or(whole, |(_, expression)| expression))
    }

    fn variable(self: &Rc<Self>, name: &str) -> Option<Evaluated> {
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

    fn local(self: &Rc<Self>, name: &str) -> Option<Evaluated> {
        let attribute = self.source.locals.get(name)?;
        let here = Here { module: self, repetition: None };
        Some(self.kept(format!("local.{name}"), || here.scope(attribute, None).value(&attribute.expression)))
    }

    fn output(self: &Rc<Self>, name: &str) -> Evaluated {
        let Some(attribute) = self.source.outputs.get(name).and_then(|block| block.body.attribute("value")) else {
            return fault(format!("the module has no output \"{name}\""));
        };
        let here = Here { module: self, repetition: None };
        self.kept(format!("output.{name}"), || here.scope(attribute, None).value(&attribute.expression))
    }

    fn outputs(self: &Rc<Self>) -> Value {
        let output = |name: &Arc<str>| {
            let value = self.output(name);
            (name.clone(), value.unwrap_or_else(|Fault(why)| unknown(format!("{}{name}", self.prefix), why)))
        };
        Value::object(self.source.outputs.keys().map(output).collect())
    }

    /// The instances that `count` and `for_each` make of a block.
    fn repetitions(self: &Rc<Self>, body: &Body) -> Vec<Repetition> {
        let several = |attribute: &Attribute| {
            let here = Here { module: self, repetition: None };
            let value = here.scope(attribute, None).value(&attribute.expression);
            value.unwrap_or_else(|Fault(why)| unknown(self.words(attribute), why))
        };
        let not_known = |value: Value| {
            let doubt = value.first_doubt().unwrap_or(value);
            let each = Some((doubt.clone(), doubt.clone()));
            vec![Repetition { key: Key::Unknown, each, count: Some(doubt) }]
        };
        if let Some(attribute) = body.attribute("count") {
            let count = several(attribute);
            return match convert(&count, &Type::Number) {
                Ok(Value { data: Data::Number(number), .. }) => match number.to_usize() {
                    Some(count) if count <= INSTANCES_MAX => (0..count).map(Repetition::at).collect(),
                    _ => {
                        let words = format!("a count of {number} is more than the {INSTANCES_MAX} that are judged");
                        self.world.problem(attribute.span, words.clone());
                        not_known(unknown("count", words))
                    }
                },
                Ok(doubt) => not_known(doubt),
                Err(Fault(why)) => not_known(unknown("count", why)),
            };
        }
        let Some(for_each) = body.attribute("for_each") else { return vec![Repetition::only()] };
        let value = several(for_each);
        if value.doubt().is_some() || matches!(value.data, Data::Set(..)) && value.first_doubt().is_some() {
            return not_known(value);
        }
        match pairs(&value) {
            Ok(pairs) => {
                let one = |(key, value): (Value, Value)| {
                    let name: Arc<str> =
                        text(&key).ok().and_then(|text| text.as_str().map(Arc::from)).unwrap_or_default();
                    Repetition { key: Key::Name(name), each: Some((key, value)), count: None }
                };
                pairs.into_iter().map(one).collect()
            }
            Err(Fault(why)) => not_known(unknown(self.words(for_each), why)),
        }
    }

    /// The inside of a block as fields. Blocks come as lists of what they say.
    fn fields(
        self: &Rc<Self>,
        body: &Body,
        repetition: Option<&Repetition>,
        bound: Option<&Bound<'_>>,
        top: bool,
    ) -> Fields {
        let mut fields = Fields::new();
        for attribute in &body.attributes {
            if !(top && META.contains(&&*attribute.name)) {
                fields.insert(attribute.name.clone(), self.argument(attribute, repetition, bound));
            }
        }
        let mut lists: BTreeMap<Arc<str>, Result<Vec<Value>, Value>> = BTreeMap::new();
        for block in &body.blocks {
            if top && META.contains(&&*block.name) {
                continue;
            }
            let name = if &*block.name == "dynamic" { block.labels.first() } else { Some(&block.name) };
            let Some(name) = name else { continue };
            let made = if &*block.name == "dynamic" {
                self.dynamic(name, block, repetition, bound)
            } else {
                let fields = self.fields(&block.body, repetition, bound, false);
                Ok(vec![Value::object(fields).at(Some(block.span))])
            };
            let list = lists.entry(name.clone()).or_insert_with(|| Ok(Vec::new()));
            match (list.as_mut(), made) {
                (Ok(list), Ok(made)) => list.extend(made),
                (Ok(_), Err(doubt)) => *list = Err(doubt),
                (Err(_), _) => {}
            }
        }
        for (name, list) in lists {
            let value = match list {
                Ok(list) => {
                    let span = list.first().and_then(|first| first.span).filter(|_| list.len() == 1);
                    Value::tuple(list).at(span)
                }
                Err(doubt) => doubt,
            };
            fields.insert(name, value);
        }
        fields
    }

    /// The blocks that a `dynamic` block makes; `Err` is why that is not known.
    fn dynamic(
        self: &Rc<Self>,
        name: &Arc<str>,
        block: &Block,
        repetition: Option<&Repetition>,
        bound: Option<&Bound<'_>>,
    ) -> Result<Vec<Value>, Value> {
        let no = |why: &str| unknown(format!("dynamic \"{name}\""), why).at(Some(block.span));
        let for_each = block.body.attribute("for_each").ok_or_else(|| no("it has no for_each"))?;
        let content = block.body.blocks("content").next().ok_or_else(|| no("it has no content"))?;
        let iterator: Arc<str> = match block.body.attribute("iterator").map(|iterator| &iterator.expression) {
            Some(Expression::Variable(name)) => name.as_str().into(),
            Some(Expression::String(name)) => name.value().as_str().into(),
            _ => name.clone(),
        };
        let collection = self.argument(for_each, repetition, bound);
        if let Some(doubt) = collection.doubt() {
            return Err(doubt.at(Some(block.span)));
        }
        let mut made = Vec::new();
        for (key, value) in pairs(&collection).map_err(|Fault(why)| no(&why))? {
            if self.world.budget.spend(1).is_err() {
                return Err(no("the module asks for more computing than is allowed"));
            }
            let each = [(Arc::from("key"), key), (Arc::from("value"), value)];
            let values = vec![(&*iterator, Value::object(each.into_iter().collect()))];
            let bound = Bound { values, outer: bound };
            let fields = self.fields(&content.body, repetition, Some(&bound), false);
            made.push(Value::object(fields).at(Some(content.span)));
        }
        Ok(made)
    }

    /// A resource or data source as an expression sees it: one, a list or a map of them.
    fn resource(self: &Rc<Self>, mode: &str, kind: &str, name: &str) -> Option<Evaluated> {
        let blocks = if mode == "data" { &self.source.data } else { &self.source.resources };
        let block = blocks.iter().find(|block| matches!(&block.labels[..], [a, b] if **a == *kind && **b == *name))?;
        let dot = if mode == "data" { "data." } else { "" };
        Some(self.kept(format!("{dot}{kind}.{name}"), || {
            let mut all = Vec::new();
            for repetition in self.repetitions(&block.body) {
                let made = self.world.instances.get() + 1;
                self.world.instances.set(made);
                if made > INSTANCES_MAX {
                    return fault(format!("there are more than {INSTANCES_MAX} resources"));
                }
                self.world.budget.spend(10)?;
                let value = self.resource_instance(block, mode, &repetition);
                all.push((repetition.key, value));
            }
            Ok(match all.first().map(|(key, _)| key) {
                Some(Key::Only | Key::Unknown) => all.into_iter().next().map_or_else(Value::null, |(_, only)| only),
                Some(Key::Index(_)) => Value::tuple(all.into_iter().map(|(_, value)| value).collect()),
                Some(Key::Name(_)) => {
                    let named = all.into_iter().filter_map(|(key, value)| match key {
                        Key::Name(name) => Some((name, value)),
                        _ => None,
                    });
                    Value::object(named.collect())
                }
                // None at all: a list or a map without elements.
                None if block.body.attribute("count").is_some() => Value::tuple(Vec::new()),
                None => Value::object(Fields::new()),
            })
        }))
    }

    fn resource_instance(self: &Rc<Self>, block: &Block, mode: &str, repetition: &Repetition) -> Value {
        let label = |at: usize| block.labels.get(at).cloned().unwrap_or_default();
        let (kind, name) = (label(0), label(1));
        let mut fields = self.fields(&block.body, Some(repetition), None, true);
        let dot = if mode == "data" { "data." } else { "" };
        let address = format!("{}{dot}{kind}.{name}{}", self.prefix, repetition.suffix());
        if mode == "data" {
            data::complete(&kind, &mut fields, self.world.options);
        } else if kind.starts_with("aws_") && !fields.contains_key("tags_all") {
            let provider = block.body.attribute("provider").and_then(|provider| provider_name(&provider.expression));
            let defaults = self.default_tags(provider.as_deref().unwrap_or("aws"), 0);
            if let Some(tags) = merged_tags(defaults, fields.get("tags")) {
                fields.insert("tags_all".into(), tags);
            }
        }
        Value::from(Data::Resource(address.into(), Arc::new(fields))).at(Some(block.span))
    }

    /// The tags that a provider puts on everything.
    fn default_tags(self: &Rc<Self>, provider: &str, depth: usize) -> Option<Value> {
        let (name, alias) = provider.split_once('.').map_or((provider, None), |(name, alias)| (name, Some(alias)));
        let fits = |block: &&Block| {
            let own = block.body.attribute("alias").and_then(|alias| alias.expression.as_str());
            block.labels.first().is_some_and(|label| **label == *name) && own == alias
        };
        if let Some(block) = self.source.providers.iter().find(fits) {
            let tags = block.body.blocks("default_tags").next()?.body.attribute("tags")?;
            return Some(self.argument(tags, None, None));
        }
        let call = self.call.as_ref().filter(|_| depth <= DEPTH_MAX)?;
        let parent = call.parent.upgrade()?;
        let handed = parent.source.calls.get(&call.name)?.body.attribute("providers").map(|handed| &handed.expression);
        let handed = match handed {
            Some(Expression::Object(handed)) => handed.iter().find_map(|(key, value)| {
                let own = match key {
                    ObjectKey::Ident(name) => Some(name.as_str().to_owned()),
                    ObjectKey::Expression(key) => provider_name(key),
                };
                (own.as_deref() == Some(provider)).then(|| provider_name(value.expr()))?
            }),
            _ => None,
        };
        parent.default_tags(&handed.unwrap_or_else(|| name.to_owned()), depth + 1)
    }

    /// The modules that a call makes. `None` where there is no such call; what is not here is said once.
    fn called(self: &Rc<Self>, name: &str) -> Option<Children<'w>> {
        let (name, block) = self.source.calls.get_key_value(name)?;
        if let Some(known) = self.children.borrow().get(name) {
            return Some(known.clone());
        }
        let path = if self.path.is_empty() { name.to_string() } else { format!("{}.{name}", self.path) };
        let folder = self.folder_of(block, &path);
        let mut children = Vec::new();
        if let Some(folder) = folder {
            let source = self.world.module(&folder);
            for repetition in self.repetitions(&block.body) {
                let prefix = format!("{}module.{name}{}.", self.prefix, repetition.suffix());
                let call = Call { parent: Rc::downgrade(self), name: name.clone(), repetition: repetition.clone() };
                let child = Self::new(self.world, source.clone(), Some(call), prefix, path.clone(), self.depth + 1);
                children.push((repetition, Rc::new(child)));
            }
        }
        let children = Rc::new(children);
        self.children.borrow_mut().insert(name.clone(), children.clone());
        Some(children)
    }

    /// Where the files of a called module are.
    fn folder_of(&self, block: &Block, path: &str) -> Option<String> {
        let source = block.body.attribute("source").and_then(|source| source.expression.as_str());
        let Some(source) = source else {
            self.world.problem(block.span, "the module has no source that is a text".to_owned());
            return None;
        };
        if self.depth >= DEPTH_MAX {
            self.world
                .problem(block.span, format!("modules call each other more than {DEPTH_MAX} deep, or in a circle"));
            return None;
        }
        if source.starts_with("./") || source.starts_with("../") || source == "." || source == ".." {
            let folder = joined(&self.source.folder, source);
            if self.world.files.list(&folder).is_some() {
                return Some(folder);
            }
            self.world.problem(block.span, format!("there is no folder {folder}: what the module makes is not judged"));
            return None;
        }
        let found = self.world.installed.get(path).map(|folder| joined(&self.world.root, folder));
        if found.is_none() {
            let words = format!(
                "the module comes from {source}, which is not on this machine: what it makes is not judged; run \"terraform init\" first"
            );
            self.world.problem(block.span, words);
        }
        found
    }

    /// What a call comes to as a value: the outputs, or a list or map of them.
    fn called_value(self: &Rc<Self>, name: &str, output: Option<&str>) -> Option<(Evaluated, usize)> {
        let children = self.called(name)?;
        let block = self.source.calls.get(name)?;
        let repeats = block.body.attribute("count").is_some() || block.body.attribute("for_each").is_some();
        let none = || unknown(format!("module.{name}"), "the module is not on this machine");
        Some(match (&children[..], output) {
            ([], Some(_)) if !repeats => (Ok(none()), 2),
            ([], _)
                if self
                    .folder_of(
                        block,
                        &if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) },
                    )
                    .is_none() =>
            {
                (Ok(none()), 1)
            }
            ([(Repetition { key: Key::Only, .. }, child)], Some(output)) => (child.output(output), 2),
            ([(Repetition { key: Key::Only, .. }, child)], None) => (Ok(child.outputs()), 1),
            ([(Repetition { key: Key::Unknown, .. }, _)], _) => {
                (Ok(unknown(format!("module.{name}"), "it is not known how often the module is called")), 1)
            }
            (children, _) => {
                let outputs = children.iter().map(|(repetition, child)| (&repetition.key, child.outputs()));
                if matches!(children.first(), Some((Repetition { key: Key::Name(_), .. }, _))) {
                    let named = outputs.filter_map(|(key, value)| match key {
                        Key::Name(name) => Some((name.clone(), value)),
                        _ => None,
                    });
                    (Ok(Value::object(named.collect())), 1)
                } else {
                    (Ok(Value::tuple(outputs.map(|(_, value)| value).collect())), 1)
                }
            }
        })
    }

    /// Everything that this module and those that it calls declare.
    pub(super) fn declare(self: &Rc<Self>, unit: &Arc<str>, into: &mut Vec<Declared>) {
        for block in &self.source.resources {
            let [kind, name] = &block.labels[..] else { continue };
            match self.resource("managed", kind, name) {
                Some(Ok(value)) => self.declared(unit, kind, block, &value, into),
                Some(Err(Fault(why))) => self.world.problem(block.span, format!("{kind}.{name} is not judged: {why}")),
                None => {}
            }
        }
        for name in self.source.calls.keys() {
            for (_, child) in self.called(name).iter().flat_map(|children| children.iter()) {
                child.declare(unit, into);
            }
        }
    }

    fn declared(&self, unit: &Arc<str>, kind: &Arc<str>, block: &Block, value: &Value, into: &mut Vec<Declared>) {
        let all: Vec<&Value> = match &value.data {
            Data::Tuple(items) => items.iter().collect(),
            Data::Object(fields) => fields.values().collect(),
            _ => vec![value],
        };
        let source = self.world.source(block.span.file);
        for one in all {
            let Data::Resource(address, fields) = &one.data else { continue };
            let skips = source.as_ref().map(|source| crate::skips::comments(source, Some(block.span), &["#", "//"]));
            into.push(Declared {
                unit: unit.clone(),
                type_name: kind.clone(),
                address: address.clone(),
                span: Some(block.span),
                properties: Value::object(Fields::clone(fields)).located(block.span),
                skips: skips.unwrap_or_default(),
            });
        }
    }
}

impl Call<'_> {
    /// What the caller gives for a variable.
    fn input(&self, name: &str) -> Option<Evaluated> {
        let parent = self.parent.upgrade()?;
        let attribute = parent.source.calls.get(&self.name)?.body.attribute(name)?;
        let here = Here { module: &parent, repetition: Some(&self.repetition) };
        Some(here.scope(attribute, None).value(&attribute.expression))
    }
}

/// `aws.east` of a provider's address.
fn provider_name(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Variable(name) => Some(name.as_str().to_owned()),
        Expression::String(name) => Some(name.value().clone()),
        Expression::Traversal(traversal) => {
            let Expression::Variable(name) = &traversal.expr else { return None };
            match traversal.operators.first().map(|operator| operator.value()) {
                Some(TraversalOperator::GetAttr(alias)) => Some(format!("{}.{}", name.as_str(), alias.as_str())),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The tags that a resource will have: the provider's, with its own over them.
fn merged_tags(defaults: Option<Value>, own: Option<&Value>) -> Option<Value> {
    let own = own.filter(|own| !own.is_null());
    match (defaults, own) {
        (None, own) => own.cloned(),
        (Some(defaults), None) => Some(defaults),
        (Some(defaults), Some(own)) => match (defaults.fields(), own.fields()) {
            (Some(below), Some(above)) => {
                let both = below.iter().chain(above).map(|(name, value)| (name.clone(), value.clone()));
                Some(Value::object(both.collect()).at(own.span))
            }
            _ => own.doubt().or_else(|| defaults.doubt()),
        },
    }
}

impl<'h, 'w> Here<'h, 'w> {
    fn scope<'s>(&'s self, attribute: &Attribute, bound: Option<&'s Bound<'s>>) -> Scope<'s> {
        let file = attribute.placed.then_some((attribute.span.file, 0));
        Scope { names: self, bound, file, sealed: false }
    }
}

impl Names for Here<'_, '_> {
    fn look_up(&self, root: &str, path: &[&str]) -> Option<(Evaluated, usize)> {
        let first = path.first().copied();
        let missing = |what: &str| Some((fault(format!("{what} needs a name after it")), 0));
        // Files may be missing, so that what is declared nowhere is unknown, and no mistake.
        let one = |value: Option<Evaluated>| {
            let name = first.unwrap_or_default();
            Some((value.unwrap_or_else(|| Ok(unknown(format!("{root}.{name}"), "it is declared nowhere here"))), 1))
        };
        let elsewhere = |address: String| Ok(Data::Resource(address.into(), Arc::new(Fields::new())).into());
        match (root, first) {
            ("var" | "local" | "path" | "terraform" | "count" | "module", None) => missing(root),
            ("var", Some(name)) => one(self.module.variable(name)),
            ("local", Some(name)) => one(self.module.local(name)),
            ("module", Some(name)) => self.module.called_value(name, path.get(1).copied()).or_else(|| one(None)),
            ("count", Some("index")) => one(self.repetition.and_then(|own| own.count.clone()).map(Ok)),
            ("each", None) => {
                let (key, value) = self.repetition?.each.clone()?;
                let fields = [(Arc::from("key"), key), (Arc::from("value"), value)];
                Some((Ok(Value::object(fields.into_iter().collect())), 0))
            }
            ("each", Some(part)) => {
                let each = self.repetition.and_then(|own| own.each.as_ref());
                one(each.and_then(|(key, value)| match part {
                    "key" => Some(Ok(key.clone())),
                    "value" => Some(Ok(value.clone())),
                    _ => None,
                }))
            }
            ("path", Some("module")) => one(Some(Ok(self.module_path().into()))),
            ("path", Some("root")) => one(Some(Ok(".".into()))),
            ("path", Some("cwd")) => one(Some(Ok(self.module.world.files.current_folder().into()))),
            ("terraform", Some("workspace")) => one(Some(Ok("default".into()))),
            ("self", _) => Some((Ok(unknown("self", "it is known after deployment")), path.len().min(1))),
            ("data", Some(kind)) => {
                let name = path.get(1).copied().unwrap_or_default();
                let found = self.module.resource("data", kind, name);
                Some((found.unwrap_or_else(|| elsewhere(format!("data.{kind}.{name}"))), 2))
            }
            (kind, Some(name)) if kind.contains('_') => {
                let found = self.module.resource("managed", kind, name);
                Some((found.unwrap_or_else(|| elsewhere(format!("{kind}.{name}"))), 1))
            }
            _ => None,
        }
    }

    fn budget(&self) -> &Budget {
        &self.module.world.budget
    }

    fn file(&self, path: &str) -> Result<Arc<str>, Fault> {
        let world = self.module.world;
        world.files.read(&joined(&world.root, path)).map_err(|why| Fault(format!("{path}: {why}")))
    }

    fn current_folder(&self) -> String {
        self.module.world.files.current_folder()
    }

    fn text(&self, file: FileId) -> Option<Arc<str>> {
        self.module.world.source(file).map(|source| source.text)
    }

    fn files(&self, folder: &str) -> Result<Vec<String>, Fault> {
        let world = self.module.world;
        let found = world.files.list_below(&joined(&world.root, folder));
        found.ok_or_else(|| Fault(format!("there is no folder {folder}")))
    }
}

impl Here<'_, '_> {
    /// The folder of the module as its root module writes it.
    fn module_path(&self) -> String {
        let (root, own) = (&self.module.world.root, &self.module.source.folder);
        let parts = |path: &str| path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let (root, own) = (parts(root), parts(own));
        let common = root.iter().zip(&own).take_while(|(a, b)| a == b).count();
        let up = std::iter::repeat_n("..".to_owned(), root.len() - common);
        let path: Vec<String> = up.chain(own.into_iter().skip(common)).collect();
        if path.is_empty() { ".".to_owned() } else { path.join("/") }
    }
}
