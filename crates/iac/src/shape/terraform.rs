//! From the names of Terraform's provider to CloudFormation's.

use std::sync::Arc;

use sekisho_model::{Key, Map, Timestamp, Unknown, Value};
use sekisho_rules::cel::{Env, Val};
use sekisho_rules::packs::{Expression, TerraformMapping};

use super::{Renamed, Shaped, Shaper, tags};
use crate::located::Located;

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
    fn mapped(&self, expression: &Expression, item: &Value) -> Value {
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
    /// known.
    pub(super) fn join_terraform(&self, shaped: &mut [Shaped], parts: &[(usize, &TerraformMapping, Value)]) {
        for (at, mapping, item) in parts {
            let Some(of) = &mapping.of else { continue };
            let of = self.mapped(of, item);
            let doubt = of.as_unknown().cloned();
            let mine = |one: &Shaped| {
                let is = |value: &Value| {
                    let text = value.as_str();
                    text.is_some_and(|text| text == one.resource.name || text == one.resource.arn)
                };
                let named_alike =
                    || doubt.as_ref().is_some_and(|why| self.hidden_by(one).as_ref() == Some(&why.source));
                is(&of) || of.as_list().is_some_and(|all| all.iter().any(is)) || named_alike()
            };
            let of_its_type = |one: &&mut Shaped| one.resource.type_name == mapping.is;
            let nobodys = !shaped.iter().any(|one| one.resource.type_name == mapping.is && mine(one));
            if let (Some(why), true) = (&doubt, nobodys) {
                // It belongs to one of those here, or to one elsewhere: what it says may be true of any.
                for one in shaped.iter_mut().filter(of_its_type) {
                    unknown_where_absent(&mut one.resource.properties, &mapping.properties, why);
                    unknown_where_absent(&mut one.resource.attributes, &mapping.attributes, why);
                }
                continue;
            }
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
                        one.origin.parts.push((format!("{document}.{name}"), *at));
                    }
                }
            }
        }
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

/// A list with another one, or another element, at its end.
fn appended(before: Option<&Value>, more: &Value) -> Value {
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
