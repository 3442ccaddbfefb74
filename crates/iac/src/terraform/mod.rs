//! Terraform's language, read without running Terraform, and its plans.
//!
//! A folder of `.tf` files is a root module: its variables take the values of `terraform.tfvars`, `*.auto.tfvars` and what the
//! user gives, its calls of other modules are followed where those are on this machine, and every resource is evaluated as
//! far as it can be known without AWS. Names of the provider stay as they are; [`crate::shape`] turns resources into
//! CloudFormation's form by what the resource packs say.
//!
//! Hostile input is bounded: work, depth, the number of resources and the length of texts all have an end.

mod calls;
mod convert;
mod data;
mod eval;
mod functions;
mod json;
mod module;
mod names;
pub mod plan;
mod provider;
mod resource;
mod scope;
mod syntax;
mod template;
mod types;
mod value;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use self::module::{Instance, World};
use self::value::Value;
use crate::declared::{Problem, Reading};
pub use crate::files::Files;
use crate::files::joined;
use crate::options::Options;
use crate::source::{Source, Sources};

/// Whether a file is part of a module, by its name.
pub fn is_module_file(name: &str) -> bool {
    [".tf", ".tf.json", ".tofu", ".tofu.json"].iter().any(|ending| name.ends_with(ending))
}

/// The folders of modules that a folder's files call by a path, to tell root modules from those that are called.
pub fn called_folders(folder: &str, files: &dyn Files) -> Vec<String> {
    let module = syntax::ModuleSource::read(folder, files, &mut Sources::default(), &mut Vec::new());
    let sources = module.calls.values().filter_map(|call| call.body.attribute("source")?.expression.as_str());
    let local = sources.filter(|source| source.starts_with('.'));
    local.map(|source| joined(folder, source)).collect()
}

/// Reads the root module in a folder.
pub fn read(folder: &str, files: &dyn Files, options: &Options) -> Reading {
    let mut sources = Sources::default();
    let mut problems = Vec::new();
    let given = given(folder, files, options, &mut sources, &mut problems);
    let world = World {
        files,
        options,
        budget: scope::Budget::default(),
        sources: RefCell::new(sources),
        problems: RefCell::new(problems),
        root: folder.to_owned(),
        installed: installed(folder, files),
        given,
        modules: RefCell::new(HashMap::new()),
        instances: Cell::new(0),
    };
    let mut declared = Vec::new();
    let unit: Arc<str> = if folder.is_empty() { ".".into() } else { folder.into() };
    Instance::root(&world).declare(&unit, &mut declared);
    Reading { declared, sources: world.sources.into_inner(), problems: world.problems.into_inner() }
}

/// Where `terraform init` has put the modules that are not in the tree.
fn installed(folder: &str, files: &dyn Files) -> BTreeMap<String, String> {
    let list = files.read(&joined(folder, ".terraform/modules/modules.json")).ok();
    let list: Option<serde_json::Value> = list.and_then(|text| serde_json::from_str(&text).ok());
    let modules = list.as_ref().and_then(|list| list.get("Modules")?.as_array());
    let module = |module: &serde_json::Value| {
        Some((module.get("Key")?.as_str()?.to_owned(), module.get("Dir")?.as_str()?.to_owned()))
    };
    modules.into_iter().flatten().filter_map(module).filter(|(key, _)| !key.is_empty()).collect()
}

/// What the root module's variables are given, in Terraform's order: `terraform.tfvars`, `terraform.tfvars.json`,
/// `*.auto.tfvars` and `*.auto.tfvars.json` by name, and last what the user gives.
fn given(
    folder: &str,
    files: &dyn Files,
    options: &Options,
    sources: &mut Sources,
    problems: &mut Vec<Problem>,
) -> BTreeMap<Arc<str>, Value> {
    let mut given = BTreeMap::new();
    let names = files.list(folder).unwrap_or_default();
    let is_auto = |name: &&String| name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json");
    let first = ["terraform.tfvars", "terraform.tfvars.json"].map(str::to_owned);
    for name in first.iter().filter(|name| names.contains(name)).chain(names.iter().filter(is_auto)) {
        let path = joined(folder, name);
        let text = match files.read(&path) {
            Ok(text) => text,
            Err(message) => {
                problems.push(syntax::unreadable(&path, None, message));
                continue;
            }
        };
        let source = Source::new(&path, text);
        let file = sources.add(source.clone());
        match syntax::attributes(&source, file) {
            Ok(attributes) => {
                given.extend(attributes.into_iter().map(|attribute| (attribute.name.clone(), constant(&attribute))));
            }
            Err((span, message)) => problems.push(syntax::unreadable(&path, Some(span), message)),
        }
    }
    for (name, text) in &options.parameters {
        given.insert(name.as_str().into(), from_user(text));
    }
    given
}

/// Nothing can be named in a file of variables.
struct Nothing(scope::Budget);

impl scope::Names for Nothing {
    fn look_up(&self, _: &str, _: &[&str]) -> Option<(value::Evaluated, usize)> {
        None
    }
    fn budget(&self) -> &scope::Budget {
        &self.0
    }
    fn file(&self, _: &str) -> Result<Arc<str>, value::Fault> {
        value::fault("files cannot be read here")
    }
    fn current_folder(&self) -> String {
        "/".to_owned()
    }
    fn text(&self, _: crate::source::FileId) -> Option<Arc<str>> {
        None
    }
    fn files(&self, _: &str) -> Result<Vec<String>, value::Fault> {
        value::fault("files cannot be read here")
    }
}

fn constant(attribute: &syntax::Attribute) -> Value {
    evaluated(&attribute.expression)
        .unwrap_or_else(|value::Fault(why)| value::unknown(format!("var.{}", attribute.name), why))
        .at(Some(attribute.span))
}

fn evaluated(expression: &hcl_edit::expr::Expression) -> value::Evaluated {
    let nothing = Nothing(scope::Budget::default());
    scope::Scope { names: &nothing, bound: None, file: None, sealed: true }.value(expression)
}

/// A value from outside: a list or map where it is one in Terraform's language or JSON, else the text as it stands.
fn from_user(text: &str) -> Value {
    let structured = text.trim_start().starts_with(['[', '{']);
    let parsed = structured.then(|| text.parse::<hcl_edit::expr::Expression>().ok()).flatten();
    let value = parsed.and_then(|expression| evaluated(&expression).ok());
    value.unwrap_or_else(|| text.into())
}

/// What an expression without names comes to, as JSON and the name of its type: for comparing with Terraform itself.
///
/// # Errors
/// Why it has no value.
pub fn evaluate(expression: &str) -> Result<(String, String), String> {
    let parsed = expression.parse().map_err(|error: hcl_edit::parser::Error| error.message().to_owned())?;
    let value = evaluated(&parsed).map_err(|value::Fault(why)| why)?;
    let json = functions::json(&value).map_err(|value::Fault(why)| why)?;
    Ok((json, value.type_of().to_string()))
}
