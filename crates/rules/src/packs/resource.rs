//! Resource packs: how to read one AWS type and which document to make of it.
//!
//! The calls of a pack are described, not made, here; `collect` makes them. Names of calls are variables of
//! the pack's expressions. All expressions of a pack share one list of variables ([`ResourcePack::roots`]).

use std::collections::{BTreeSet, HashSet};

use sekisho_model::{Key, Map};
use serde::Deserialize;

use super::problem::{Problem, line_of};
use super::raw::{Ordered, RawCall, RawExpr, RawList, RawResourcePack, RawTemplatePart};
use super::set::{Form, PackSource};
use super::terraform::{self, Expression, TerraformMapping};
use crate::cel::Program;

/// Whether a pack describes things that exist any number of times or one document of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Any number of resources.
    #[default]
    Resource,
    /// One document per account, or per account and Region.
    Setting,
}

/// Where a type is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// In every Region.
    Regional,
    /// Once per account, in the partition's home Region.
    Global,
}

/// What a named entry of `once`, `locate` or `each` is computed from.
#[derive(Debug)]
pub enum Source {
    /// An AWS call, `kms:DescribeKey`.
    Operation(String),
    /// An expression.
    Value(Program),
}

/// One named call.
#[derive(Debug)]
pub struct Call {
    /// The variable that its answer becomes.
    pub name: String,
    /// The call, or the expression in its place.
    pub source: Source,
    /// Parameters.
    pub with: Vec<(Key, Program)>,
    /// The call is made only if this holds.
    pub when: Option<Program>,
    /// Error codes that mean null.
    pub absent_on: Vec<String>,
    /// Repeat until this holds.
    pub until: Option<Program>,
    /// Many ids in one call.
    pub batch: Option<Batch>,
    /// Only this path of the answer.
    pub items: Option<String>,
    /// The Region to call, if not the one being read.
    pub region: Option<Program>,
}

/// How one call answers for many elements.
#[derive(Debug)]
pub struct Batch {
    /// Ids per call.
    pub size: usize,
    /// The id of an element.
    pub ids: Program,
    /// The path of the results.
    pub items: String,
    /// The id of a result.
    pub matching: Program,
}

/// Where the elements come from.
#[derive(Debug)]
pub struct List {
    /// A call with the path of its elements, or an expression over the `once` answers.
    pub source: Source,
    /// Parameters of the call.
    pub with: Vec<(Key, Program)>,
    /// Path of the elements in the answer.
    pub items: String,
    /// Which elements to keep.
    pub keep: Option<Program>,
    /// No call and no elements unless this holds.
    pub when: Option<Program>,
    /// Error codes that mean "none".
    pub absent_on: Vec<String>,
    /// The Region to call, if not the one being read.
    pub region: Option<Program>,
}

/// What CloudFormation declares as a resource of its own and AWS gives back as a part of this one: a bucket's policy.
#[derive(Debug)]
pub struct TemplatePart {
    /// The type of the declaration, `AWS::S3::BucketPolicy`.
    pub type_name: String,
    /// Its property that names what it belongs to.
    pub of: String,
    /// Its property that is the part; empty for all of them.
    pub from: String,
    /// What makes the part of its properties (`item`), where it is none of them as it stands.
    pub value: Option<Expression>,
    /// Where the part goes: `attributes.Policy`.
    pub target: String,
    /// Whether it is added to a list there, instead of taking the place.
    pub append: bool,
}

/// One resource pack; see `docs/add-a-resource.md` for the meaning of each part.
#[derive(Debug)]
#[expect(missing_docs, reason = "the fields are the keys of the file, described in docs/add-a-resource.md")]
pub struct ResourcePack {
    pub type_name: String,
    pub kind: Kind,
    pub scope: Scope,
    pub asff: String,
    pub parent: Option<String>,
    pub once: Vec<Call>,
    pub list: Option<List>,
    pub locate: Vec<Call>,
    pub region: Option<Program>,
    pub each: Vec<Call>,
    pub keep_when: Option<Program>,
    pub arn: Option<Program>,
    pub ref_is_arn: bool,
    pub name: Option<Program>,
    pub copies: Vec<(Program, Vec<Key>)>,
    pub properties: Vec<(Key, Program)>,
    pub attributes: Vec<(Key, Program)>,
    pub tags: Option<Program>,
    pub defaults: Map,
    pub decided_at_deployment: Vec<Key>,
    pub template_parts: Vec<TemplatePart>,
    pub terraform: Vec<TerraformMapping>,
    pub file: String,
    /// The variables of all expressions, fixed ones first.
    pub roots: Vec<String>,
}

/// Variables that every pack has, in slots 0 to 7.
pub(crate) const FIXED_ROOTS: [&str; 8] = ["item", "parent", "account", "region", "partition", "now", "ids", "result"];

impl ResourcePack {
    /// Parses one file.
    ///
    /// # Errors
    /// Every mistake found in it.
    pub(crate) fn parse(source: &PackSource) -> Result<Self, Vec<Problem>> {
        let raw: RawResourcePack = source.parse()?;
        let (file, text) = (source.path.as_str(), source.text.as_str());
        let call_names = [&raw.once, &raw.locate, &raw.each]
            .into_iter()
            .flat_map(|calls| calls.0.iter().map(|(name, _)| name.as_str()));
        let roots: Vec<String> = FIXED_ROOTS.into_iter().chain(call_names).map(str::to_owned).collect();
        let mut builder = Builder { file, text, roots: roots.clone(), problems: Vec::new() };
        let mappings = terraform::mappings(&raw.terraform, &raw.type_name);
        let pack = builder.pack(raw);
        let pack = Self { terraform: builder.mappings(mappings, source.form), ..pack };
        if builder.problems.is_empty() { Ok(Self { roots, ..pack }) } else { Err(builder.problems) }
    }

    /// All calls but the list, in the order in which they are made.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.once.iter().chain(&self.locate).chain(&self.each)
    }

    /// Every operation that reading this type may call.
    pub fn operations(&self) -> BTreeSet<&str> {
        let list = self.list.as_ref().map(|list| &list.source);
        self.calls()
            .map(|call| &call.source)
            .chain(list)
            .filter_map(|source| match source {
                Source::Operation(operation) => Some(operation.as_str()),
                Source::Value(_) => None,
            })
            .collect()
    }

    /// Whether the pack gives a property or attribute of that name.
    pub fn has_field(&self, document: &str, field: &str) -> bool {
        let among = |fields: &[(Key, Program)]| fields.iter().any(|(name, _)| **name == *field);
        match document {
            "properties" => {
                among(&self.properties)
                    || self.copies.iter().any(|(_, names)| names.iter().any(|name| **name == *field))
                    || self.defaults.contains_key(field)
            }
            "attributes" => among(&self.attributes),
            _ => true,
        }
    }

    /// The names of all fields of a document, for "did you mean".
    pub fn field_names(&self, document: &str) -> Vec<&str> {
        let fields = if document == "attributes" { &self.attributes } else { &self.properties };
        let mut names: Vec<&str> = fields.iter().map(|(name, _)| &**name).collect();
        if document == "properties" {
            names.extend(self.copies.iter().flat_map(|(_, names)| names.iter().map(|name| &**name)));
        }
        names
    }

    /// The variables whose value is unknown when `operation` is refused; `None` if the list itself is.
    pub(crate) fn tainted_by(&self, operation: &str) -> Option<HashSet<String>> {
        let mut tainted: HashSet<String> = HashSet::new();
        let is_denied = |source: &Source| matches!(source, Source::Operation(name) if name == operation);
        let touches = |program: &Program, tainted: &HashSet<String>| {
            program.uses().roots.iter().any(|root| tainted.contains(root))
        };
        let mut list_denied = false;
        for (at, call) in self.calls().enumerate() {
            if at == self.once.len() && self.list_is_denied(operation, &tainted) {
                list_denied = true;
                tainted.insert("item".to_owned());
            }
            let inputs = call
                .with
                .iter()
                .map(|(_, program)| program)
                .chain(&call.when)
                .chain(&call.region)
                .chain(call.batch.as_ref().map(|batch| &batch.ids));
            let value = match &call.source {
                Source::Value(program) => Some(program),
                Source::Operation(_) => None,
            };
            if is_denied(&call.source) || inputs.chain(value).any(|program| touches(program, &tainted)) {
                tainted.insert(call.name.clone());
            }
        }
        (!list_denied && !self.list_is_denied(operation, &tainted)).then_some(tainted)
    }

    fn list_is_denied(&self, operation: &str, tainted: &HashSet<String>) -> bool {
        self.list.as_ref().is_some_and(|list| match &list.source {
            Source::Operation(name) => name == operation,
            Source::Value(program) => program.uses().roots.iter().any(|root| tainted.contains(root)),
        })
    }

    /// The fields of `document` that depend on one of the variables.
    pub(crate) fn fields_reading(&self, document: &str, variables: &HashSet<String>) -> Vec<Key> {
        let reads = |program: &Program| program.uses().roots.iter().any(|root| variables.contains(root));
        let fields = if document == "attributes" { &self.attributes } else { &self.properties };
        let mut names: Vec<Key> =
            fields.iter().filter(|(_, program)| reads(program)).map(|(name, _)| name.clone()).collect();
        if document == "properties" {
            names.extend(
                self.copies.iter().filter(|(from, _)| reads(from)).flat_map(|(_, copied)| copied.iter().cloned()),
            );
        }
        names
    }

    /// Fills in what an absent property means.
    pub fn apply_defaults(&self, properties: &mut Map) {
        for (name, value) in self.defaults.iter() {
            match properties.get(name) {
                None | Some(sekisho_model::Value::Null) => properties.insert(name.clone(), value.clone()),
                Some(_) => {}
            }
        }
    }
}

struct Builder<'t> {
    file: &'t str,
    text: &'t str,
    roots: Vec<String>,
    problems: Vec<Problem>,
}

impl Builder<'_> {
    fn problem(&mut self, path: &[&str], text: impl Into<String>) {
        self.problems.push(Problem { file: self.file.to_owned(), line: line_of(self.text, path), text: text.into() });
    }

    fn program(&mut self, path: &[&str], raw: &RawExpr) -> Option<Program> {
        let roots: Vec<&str> = self.roots.iter().map(String::as_str).collect();
        match Program::compile(&raw.0, &roots) {
            Ok(program) => Some(program),
            Err(error) => {
                self.problem(path, format!("{}: {error}", path.last().copied().unwrap_or_default()));
                None
            }
        }
    }

    fn optional(&mut self, path: &[&str], raw: Option<&RawExpr>) -> Option<Program> {
        raw.and_then(|raw| self.program(path, raw))
    }

    fn programs(&mut self, path: &[&str], raw: &Ordered<RawExpr>) -> Vec<(Key, Program)> {
        let mut compiled = Vec::new();
        for (name, expr) in &raw.0 {
            let path: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
            compiled.extend(self.program(&path, expr).map(|program| (Key::from(name.as_str()), program)));
        }
        compiled
    }

    fn source(&mut self, path: &[&str], call: Option<String>, value: Option<&RawExpr>) -> Source {
        match (call, value) {
            (Some(operation), None) => {
                let sound = operation.split_once(':').is_some_and(|(service, name)| {
                    !service.is_empty()
                        && name.starts_with(|symbol: char| symbol.is_ascii_uppercase())
                        && name.chars().all(|symbol| symbol.is_ascii_alphanumeric())
                });
                if !sound {
                    self.problem(
                        path,
                        format!("`{operation}` is not an operation; write service:Operation, for example kms:ListKeys"),
                    );
                }
                Source::Operation(operation)
            }
            (None, Some(expr)) => match self.program(path, expr) {
                Some(program) => Source::Value(program),
                None => Source::Operation(String::new()),
            },
            _ => {
                self.problem(path, "needs either a call or an expression (`call:`, or `value:`/`from:`)");
                Source::Operation(String::new())
            }
        }
    }

    fn calls(&mut self, section: &str, raw: Ordered<RawCall>) -> Vec<Call> {
        raw.0.into_iter().map(|(name, call)| self.call(section, name, call)).collect()
    }

    fn call(&mut self, section: &str, name: String, raw: RawCall) -> Call {
        let path = [section, name.as_str()];
        let source = self.source(&path, raw.call, raw.value.as_ref());
        let batch = raw.batch.and_then(|batch| {
            let (ids, matching) = (self.program(&path, &batch.ids)?, self.program(&path, &batch.matching)?);
            Some(Batch { size: batch.size.max(1), ids, items: batch.items, matching })
        });
        let mut call = Call {
            with: self.programs(&path, &raw.with),
            when: self.optional(&path, raw.when.as_ref()),
            absent_on: raw.absent_on,
            until: self.optional(&path, raw.until.as_ref()),
            items: raw.items,
            region: self.optional(&path, raw.region.as_ref()),
            name: String::new(),
            source,
            batch,
        };
        self.check_order(&path, &name, &call);
        call.name = name;
        call
    }

    /// A call may use the answers of the calls above it only.
    fn check_order(&mut self, path: &[&str], name: &str, call: &Call) {
        let own = self.roots.iter().position(|root| root == name).unwrap_or(usize::MAX);
        let value = match &call.source {
            Source::Value(program) => Some(program),
            Source::Operation(_) => None,
        };
        let used: BTreeSet<String> = call
            .with
            .iter()
            .map(|(_, program)| program)
            .chain(&call.when)
            .chain(value)
            .flat_map(|program| program.uses().roots)
            .collect();
        for root in used {
            if self.roots.iter().position(|known| *known == root).is_some_and(|at| at >= own) {
                self.problem(path, format!("`{name}` uses `{root}`, which is read later; move `{root}` above it"));
            }
        }
    }

    fn list(&mut self, raw: RawList) -> List {
        let path = ["list"];
        let source = self.source(&path, raw.call, raw.from.as_ref());
        if matches!(source, Source::Operation(_)) && raw.items.is_none() {
            self.problem(&path, "needs `items`, the path to the elements in the answer");
        }
        List {
            source,
            with: self.programs(&path, &raw.with),
            items: raw.items.unwrap_or_default(),
            keep: self.optional(&path, raw.keep.as_ref()),
            when: self.optional(&path, raw.when.as_ref()),
            absent_on: raw.absent_on,
            region: self.optional(&path, raw.region.as_ref()),
        }
    }

    fn pack(&mut self, raw: RawResourcePack) -> ResourcePack {
        self.check_frame(&raw);
        let copies = raw.copy.map(super::raw::OneOrMany::into_vec).unwrap_or_default();
        let copies = copies
            .into_iter()
            .filter_map(|copy| {
                Some((self.program(&["copy"], &copy.from)?, copy.names.into_iter().map(Key::from).collect()))
            })
            .collect();
        ResourcePack {
            asff: raw.asff.unwrap_or_else(|| {
                raw.type_name.split("::").map(|part| if part == "AWS" { "Aws" } else { part }).collect()
            }),
            once: self.calls("once", raw.once),
            list: raw.list.map(|list| self.list(list)),
            locate: self.calls("locate", raw.locate),
            region: self.optional(&["region"], raw.region.as_ref()),
            each: self.calls("each", raw.each),
            keep_when: self.optional(&["keep_when"], raw.keep_when.as_ref()),
            arn: self.optional(&["arn"], raw.arn.as_ref()),
            ref_is_arn: raw.ref_is_arn,
            name: self.optional(&["name"], raw.name.as_ref()),
            copies,
            properties: self.programs(&["properties"], &raw.properties),
            attributes: self.programs(&["attributes"], &raw.attributes),
            tags: self.optional(&["tags"], raw.tags.as_ref()),
            decided_at_deployment: raw.decided_at_deployment.into_iter().map(Key::from).collect(),
            template_parts: self.template_parts(raw.template_parts),
            terraform: Vec::new(),
            defaults: raw.defaults,
            type_name: raw.type_name,
            kind: raw.kind,
            scope: raw.scope,
            parent: raw.parent,
            file: self.file.to_owned(),
            roots: Vec::new(),
        }
    }

    fn template_parts(&mut self, raw: Ordered<RawTemplatePart>) -> Vec<TemplatePart> {
        let mut parts = Vec::new();
        for (type_name, part) in raw.0 {
            let (target, append) = match (part.set, part.append) {
                (Some(target), None) => (target, false),
                (None, Some(target)) => (target, true),
                _ => {
                    self.problem(&["template_parts"], format!("{type_name} needs either `set` or `append`"));
                    continue;
                }
            };
            if !target.starts_with("properties.") && !target.starts_with("attributes.") {
                self.problem(
                    &["template_parts"],
                    format!("`{target}` is no field; write properties.X or attributes.X"),
                );
            }
            let value = part.value.map(|value| Expression::new(value.0));
            if let Some(Err(error)) = value.as_ref().map(Expression::compile) {
                self.problem(&["template_parts"], format!("{type_name}: {error}"));
            }
            parts.push(TemplatePart { type_name, of: part.of, from: part.from, value, target, append });
        }
        parts
    }

    /// What is wrong in the expressions of a mapping is said where packs are written; where they only judge they are compiled when
    /// they are needed, since a scan needs none of them.
    fn mappings(&mut self, mappings: Result<Vec<TerraformMapping>, String>, form: Form) -> Vec<TerraformMapping> {
        let mappings = mappings.unwrap_or_else(|text| {
            self.problem(&["terraform"], text);
            Vec::new()
        });
        if form == Form::Written {
            for mapping in &mappings {
                for (name, error) in mapping.mistakes() {
                    self.problem(&["terraform", &mapping.type_name], format!("{name}: {error}"));
                }
            }
        }
        mappings
    }

    fn check_frame(&mut self, raw: &RawResourcePack) {
        if raw.type_name.split("::").filter(|part| !part.is_empty()).count() != 3 {
            self.problem(&["type"], format!("`{}` is not a type name; write AWS::Service::Type", raw.type_name));
        }
        match raw.kind {
            Kind::Resource if raw.list.is_none() => {
                self.problem(&["type"], "has no `list`; add one, or `kind: setting` for a single document")
            }
            Kind::Resource if raw.arn.is_none() => {
                self.problem(&["type"], "has no `arn`; every resource needs an identity")
            }
            Kind::Setting if raw.list.is_some() => {
                self.problem(&["list"], "a setting is a single document and has no list; read it under `once`")
            }
            _ => {}
        }
        let mut seen = HashSet::new();
        for (name, _) in [&raw.once, &raw.locate, &raw.each].into_iter().flat_map(|calls| &calls.0) {
            if FIXED_ROOTS.contains(&name.as_str()) || !seen.insert(name.clone()) {
                self.problem(&[name], format!("`{name}` is taken; give the call another name"));
            }
        }
    }
}
