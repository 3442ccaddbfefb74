//! From the names of Terraform's provider to CloudFormation's.

use std::collections::HashSet;
use std::sync::Arc;

use sekisho_model::{Key, Map, Resource, Timestamp, Unknown, UnknownKind, Value};
use sekisho_rules::cel::{Env, Val};
use sekisho_rules::packs::{Expression, Inside, ResourcePack, TerraformMapping};

use super::{Origin, Renamed, Shaped, Shaper, tags};
use crate::declared::Declared;
use crate::located::{Located, Node};

/// Arguments that name a resource, whatever its type.
const NAMES: [&str; 8] = [
    "name",
    "bucket",
    "identifier",
    "cluster_identifier",
    "function_name",
    "domain_name",
    "replication_group_id",
    "domain",
];

/// The arguments that may hold the name of a type, the likeliest first.
pub(super) fn names(mapping: &TerraformMapping) -> Vec<String> {
    let kind = kind(&mapping.type_name);
    let own = mapping.name.clone().into_iter().chain(["name", "id", "identifier"].map(|end| format!("{kind}_{end}")));
    own.chain(NAMES.map(str::to_owned)).collect()
}

/// `instance` of `aws_db_instance`, or of its address.
fn kind(type_name: &str) -> &str {
    type_name.rsplit('_').next().unwrap_or(type_name)
}

/// The type in an address: `aws_kms_key` of `module.a["x.y"].aws_kms_key.main[0]`.
fn type_of(address: &str) -> &str {
    let start = address.rfind("aws_").unwrap_or(0);
    address.get(start..).and_then(|rest| rest.split('.').next()).unwrap_or_default()
}

/// Whether an attribute of a resource is its ARN.
pub(super) fn is_arn(attribute: &str, address: &str) -> bool {
    attribute == "arn" || attribute == format!("{}_arn", kind(type_of(address)))
}

/// Whether an attribute of a resource is its name or id. `default_security_group_id` of a VPC is not.
pub(super) fn is_name(attribute: &str, address: &str) -> bool {
    let kind = kind(type_of(address));
    NAMES.contains(&attribute)
        || matches!(attribute, "key_id" | "user" | "role")
        || ["name", "id", "identifier"].iter().any(|end| attribute == format!("{kind}_{end}"))
}

impl Shaper<'_> {
    /// The value of a mapping's expression for the arguments `item`.
    pub(super) fn mapped(&self, expression: &Expression, item: &Value) -> Value {
        let Some(program) = expression.program() else { return Value::Null };
        let options = self.options;
        let roots =
            [Val::Ref(item), Val::Str(&options.account), Val::Str(&options.region), Val::Str(&options.partition)];
        let mut env = Env::new(&roots, Timestamp::UNIX_EPOCH);
        // Terraform takes "true" for true, by the schema of the provider.
        env.converts = true;
        env.account = &options.account;
        env.region = &options.region;
        env.partition = &options.partition;
        program.value(&env).to_value()
    }

    /// The arguments of a resource by CloudFormation's names.
    pub(super) fn renamed(&self, mapping: &TerraformMapping, item: Value) -> Renamed {
        let fields = |fields: &[(Key, Expression)]| {
            let field = |(name, expression): &(Key, Expression)| {
                let value = self.mapped(expression, &item);
                (!value.is_null()).then(|| (name.clone(), value))
            };
            fields.iter().filter_map(field).collect::<Map>()
        };
        let own = match &mapping.tags {
            Some(expression) => Some(self.mapped(expression, &item)),
            None => item.get("tags_all").or_else(|| item.get("tags")).cloned(),
        };
        Renamed {
            properties: fields(&mapping.properties),
            attributes: fields(&mapping.attributes),
            tags: tags(own.as_ref()),
        }
    }

    /// Joins what Terraform declares apart into what it is part of: by name or ARN, or by the same expression where the name is not
    /// known. Gives the parts that have to be judged alone: those of something declared elsewhere, and those whose place another
    /// part of the same resource has taken.
    pub(super) fn join_terraform(
        &self,
        shaped: &mut [Shaped],
        parts: &[(usize, &TerraformMapping, Value)],
        declared: &[Declared],
    ) -> HashSet<usize> {
        let (mut alone, mut joined, mut replaced) = (HashSet::new(), HashSet::new(), HashSet::new());
        for (at, mapping, item) in parts {
            let Some(of) = &mapping.of else { continue };
            let of = self.mapped(of, item);
            let doubt = of.as_unknown().cloned();
            let referred = mapping.of.as_ref().and_then(|of| self.referred(declared.get(*at)?, &of.reads()));
            let is_referred = |one: &Shaped| {
                declared.get(one.origin.declared).is_some_and(|own| Some(&*own.address) == referred.as_deref())
            };
            // A reference says exactly which one it is; only without one does the name.
            let exactly = shaped.iter().any(is_referred);
            let mine = |one: &Shaped| {
                if exactly {
                    return is_referred(one);
                }
                let is = |value: &Value| {
                    let text = value.as_str();
                    text.is_some_and(|text| text == one.resource.name || text == one.resource.arn)
                };
                let named_alike =
                    || doubt.as_ref().is_some_and(|why| self.hidden_by(one).as_ref() == Some(&why.source));
                is(&of) || of.as_list().is_some_and(|all| all.iter().any(is)) || named_alike()
            };
            let of_its_type = |one: &&mut Shaped| one.resource.type_name == mapping.is;
            if !shaped.iter().any(|one| one.resource.type_name == mapping.is && mine(one)) {
                alone.insert(*at);
                // A resource whose name is not known either may be the one.
                let maybe = |one: &&mut Shaped| of_its_type(one) && self.hidden_by(one).is_some();
                if let Some(why) = &doubt {
                    for one in shaped.iter_mut().filter(maybe) {
                        unknown_where_absent(&mut one.resource.properties, &mapping.properties, why);
                        unknown_where_absent(&mut one.resource.attributes, &mapping.attributes, why);
                    }
                }
                continue;
            }
            joined.insert(*at);
            let Renamed { properties, attributes, .. } = self.renamed(mapping, item.clone());
            for one in shaped.iter_mut().filter(of_its_type).filter(|one| mine(one)) {
                let documents = [
                    ("properties", &mut one.resource.properties, &properties),
                    ("attributes", &mut one.resource.attributes, &attributes),
                ];
                for (document, fields, given) in documents {
                    let Value::Map(fields) = fields else { continue };
                    for (name, value) in given.iter() {
                        let added = mapping.append.iter().any(|appended| **appended == **name);
                        let value = if added { appended(fields.get(name), value) } else { value.clone() };
                        fields.insert(name.clone(), value);
                        let field = format!("{document}.{name}");
                        if !added {
                            let before = one.origin.parts.iter().filter(|(known, _)| *known == field);
                            replaced.extend(before.map(|(_, before)| *before));
                        }
                        one.origin.parts.push((field, *at));
                    }
                }
            }
        }
        alone.retain(|at| !joined.contains(at));
        alone.extend(replaced);
        alone
    }

    /// What is declared inside a resource and is a resource of its own in an account. Where the list is not known, neither is
    /// anything of what is in it.
    pub(super) fn inside(
        &self,
        at: usize,
        declared: &Declared,
        pack: &ResourcePack,
        mapping: &TerraformMapping,
    ) -> Vec<Shaped> {
        let Some((Inside { each, within }, around)) =
            mapping.inside.as_ref().zip(self.identities.get(&*declared.address))
        else {
            return Vec::new();
        };
        let elements = match self.mapped(each, &self.value(&declared.properties)) {
            Value::List(elements) => elements.to_vec(),
            doubt @ Value::Unknown(_) => vec![doubt],
            _ => Vec::new(),
        };
        let shaped = |(number, element): (usize, &Value)| {
            let mut properties: Map = match element {
                Value::Map(given) => {
                    let given = given.iter().filter(|(_, value)| !value.is_null());
                    given.map(|(name, value)| (name.clone(), value.clone())).collect()
                }
                doubt => {
                    pack.field_names("properties").into_iter().map(|name| (Key::from(name), doubt.clone())).collect()
                }
            };
            properties.insert(within.clone(), Value::from(around.name.as_str()));
            let renamed = Renamed { properties, attributes: Map::new(), tags: tags(None) };
            let mut resource = self.resource(declared, pack, renamed);
            let kind = pack.type_name.rsplit("::").next().unwrap_or_default();
            resource.arn = format!("{}#{kind}[{number}]", declared.address);
            resource.name = resource.arn.clone();
            Shaped { resource, origin: Origin { declared: at, parts: Vec::new() } }
        };
        elements.iter().enumerate().map(shaped).collect()
    }

    /// The address that one of some arguments refers to, through parts that are named after what they belong to.
    fn referred(&self, part: &Declared, arguments: &[String]) -> Option<Arc<str>> {
        let reference = arguments.iter().find_map(|name| match &part.properties.get(name)?.node {
            Node::Reference(reference) => Some(reference.address.clone()),
            _ => None,
        });
        let mut address = reference?;
        for _ in 0..super::HOPS_MAX {
            match self.identities.get(&*address).and_then(|identity| identity.declared.as_ref()) {
                Some(Node::Reference(further)) => address = further.address.clone(),
                _ => break,
            }
        }
        Some(address)
    }

    /// A part by itself: a resource of which nothing else is known, so that only what the part says is judged.
    pub(super) fn alone(&self, at: usize, declared: &Declared, pack: &ResourcePack, part: Renamed) -> Shaped {
        let mut resource = Resource::new(&pack.type_name, "", &self.options.account, &self.options.region);
        resource.arn = format!("{}#part", declared.address);
        resource.name = declared.address.to_string();
        let elsewhere = |document: &str, name: &Key| -> Value {
            let source = format!("{document}.{name}");
            Unknown { source, kind: UnknownKind::Undeployed, message: "it is declared elsewhere".to_owned() }.into()
        };
        let fields = |document: &str, names: Vec<Key>, given: &Map| {
            let field = |name: Key| {
                let value = given.get(&name).cloned().unwrap_or_else(|| elsewhere(document, &name));
                (name, value)
            };
            Value::Map(names.into_iter().map(field).collect())
        };
        let names = |document: &str| pack.field_names(document).into_iter().map(Key::from).collect::<Vec<_>>();
        let defaults = pack.defaults.keys().cloned();
        resource.properties =
            fields("properties", names("properties").into_iter().chain(defaults).collect(), &part.properties);
        resource.attributes = fields("attributes", names("attributes"), &part.attributes);
        resource.tags = elsewhere("tags", &Key::from("Tags"));
        Shaped { resource, origin: Origin { declared: at, parts: Vec::new() } }
    }

    /// The expression that hides the name of a resource. A resource whose name is not known goes by its address.
    fn hidden_by(&self, one: &Shaped) -> Option<String> {
        let declared = self.identities.get(one.resource.name.as_str())?.declared.as_ref()?;
        match self.value(&Located::loose(declared.clone())) {
            Value::Unknown(why) => Some(why.source.clone()),
            _ => None,
        }
    }
}

fn unknown_where_absent(fields: &mut Value, given: &[(Key, Expression)], why: &Arc<Unknown>) {
    let Value::Map(fields) = fields else { return };
    for (name, _) in given {
        if fields.get(name).is_none_or(Value::is_null) {
            fields.insert(name.clone(), Value::Unknown(why.clone()));
        }
    }
}

/// A list with another one, or another element, at its end; a map whose lists go on in those of another (the statements of policies).
pub(super) fn appended(before: Option<&Value>, more: &Value) -> Value {
    if let (Some(Value::Map(before)), Value::Map(more)) = (before, more) {
        let mut both = before.clone();
        for (name, value) in more.iter() {
            let value = match (before.get(name), value) {
                (Some(own @ Value::List(_)), Value::List(_)) => appended(Some(own), value),
                _ => value.clone(),
            };
            both.insert(name.clone(), value);
        }
        return Value::Map(both);
    }
    let before = match before {
        Some(Value::List(items)) => items.to_vec(),
        Some(doubt @ Value::Unknown(_)) => return doubt.clone(),
        _ => Vec::new(),
    };
    match more {
        Value::List(items) => before.into_iter().chain(items.iter().cloned()).collect::<Vec<_>>().into(),
        Value::Unknown(_) => more.clone(),
        one => before.into_iter().chain([one.clone()]).collect::<Vec<_>>().into(),
    }
}
