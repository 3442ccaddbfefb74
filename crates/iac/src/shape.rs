//! From declared resources to the documents that controls judge.
//!
//! A CloudFormation declaration has the shape of the document already. What is done here: references become the names and ARNs of
//! the resources that they mean, so that controls see neighbours as they do in an account; parts that CloudFormation declares as
//! resources of their own (a bucket's policy) are joined into what they belong to, by what the resource pack says under
//! `template_parts`; and attributes, which are true of running things only, are unknown.

use std::collections::{BTreeMap, HashMap, HashSet};

use sekisho_model::{Map, Resource, Unknown, UnknownKind, Value};
use sekisho_rules::packs::{PackSet, ResourcePack, TemplatePart};

use crate::declared::Declared;
use crate::located::{Located, Node, Piece, Reference};
use crate::options::Options;
use crate::source::Span;

/// What `Ref` gives an ARN for; for all other types it gives the name or id.
/// Source: "Return values" of each type's page in the CloudFormation Template Reference.
const REF_IS_ARN: [&str; 12] = [
    "AWS::CertificateManager::Certificate",
    "AWS::CloudFormation::Stack",
    "AWS::ECS::Service",
    "AWS::ECS::TaskDefinition",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::IAM::ManagedPolicy",
    "AWS::MSK::Cluster",
    "AWS::SecretsManager::Secret",
    "AWS::SNS::Topic",
    "AWS::StepFunctions::StateMachine",
];

/// A resource as controls see it, and which declaration it is.
#[derive(Debug, Clone)]
pub struct Shaped {
    /// The document.
    pub resource: Resource,
    /// Its place among the declared.
    pub declared: usize,
}

/// A name that a resource has in the account, or will be given: pretended ones are made of its address.
struct Identity {
    name: String,
    arn: String,
    ref_is_arn: bool,
}

/// All documents of one template, in its order. Types without a pack are left out: no control judges them. No two have the
/// same ARN, even where they declare the same name (one bucket under either of two conditions).
pub fn shape(declared: &[Declared], packs: &PackSet, options: &Options) -> Vec<Shaped> {
    let identities: HashMap<&str, Identity> =
        declared.iter().map(|resource| (&*resource.address, identity(resource, options))).collect();
    let shaper = Shaper { identities, options };
    let mut shaped: Vec<Shaped> = Vec::new();
    let mut arns = HashSet::new();
    for (at, resource) in declared.iter().enumerate() {
        if let Some(pack) = packs.resources.get(&*resource.type_name) {
            let mut document = shaper.resource(resource, pack);
            if !arns.insert(document.arn.clone()) {
                document.arn = format!("{}#{}", document.arn, resource.address);
                arns.insert(document.arn.clone());
            }
            shaped.push(Shaped { resource: document, declared: at });
        }
    }
    for resource in &mut shaped {
        let Some(pack) = packs.resources.get(&resource.resource.type_name) else { continue };
        for part in &pack.template_parts {
            shaper.join(&mut resource.resource, part, declared);
        }
    }
    shaped
}

fn identity(resource: &Declared, options: &Options) -> Identity {
    let mut parts = resource.type_name.split("::").skip(1);
    let service = parts.next().unwrap_or_default();
    let kind = parts.last().unwrap_or_default();
    let given = [format!("{kind}Name"), "Name".to_owned(), format!("{kind}Identifier"), format!("{kind}Id")];
    let given = given.iter().find_map(|key| resource.properties.get(key).and_then(Located::as_str));
    let name = given.unwrap_or(&resource.address).to_owned();
    let (service, kind) = (service.to_lowercase(), kind.to_lowercase());
    let Options { account, region, partition, .. } = options;
    let arn = match &*resource.type_name {
        "AWS::S3::Bucket" => format!("arn:{partition}:s3:::{name}"),
        _ => format!("arn:{partition}:{service}:{region}:{account}:{kind}/{}", resource.address),
    };
    Identity { name, arn, ref_is_arn: REF_IS_ARN.contains(&&*resource.type_name) }
}

struct Shaper<'d> {
    identities: HashMap<&'d str, Identity>,
    options: &'d Options,
}

impl Shaper<'_> {
    fn resource(&self, declared: &Declared, pack: &ResourcePack) -> Resource {
        let mut resource = Resource::new(&declared.type_name, "", &self.options.account, &self.options.region);
        if let Some(identity) = self.identities.get(&*declared.address) {
            resource.arn.clone_from(&identity.arn);
            resource.name.clone_from(&identity.name);
        }
        let Value::Map(mut properties) = self.value(&declared.properties) else { return resource };
        for (name, default) in pack.defaults.iter() {
            if properties.get(name).is_none_or(Value::is_null) {
                properties.insert(name.clone(), default.clone());
            }
        }
        for name in &pack.decided_at_deployment {
            if properties.get(name).is_none_or(Value::is_null) {
                let message = "it is not declared, and AWS decides at deployment".to_owned();
                let source = format!("properties.{name}");
                properties.insert(name.clone(), Unknown { source, kind: UnknownKind::Undetermined, message }.into());
            }
        }
        resource.tags = tags(properties.get("Tags"));
        resource.properties = Value::Map(properties);
        let fed: Vec<&str> =
            pack.template_parts.iter().filter_map(|part| part.target.strip_prefix("attributes.")).collect();
        let later = |name: &str| {
            if fed.contains(&name) {
                return Value::Null;
            }
            let source = format!("attributes.{name}");
            Unknown { source, kind: UnknownKind::Undeployed, message: "it is known after deployment".to_owned() }.into()
        };
        let attributes = pack.attributes.iter().map(|(name, _)| (name.clone(), later(name)));
        resource.attributes = Value::Map(attributes.collect());
        resource
    }

    /// Joins the declarations that are parts of `resource` into it.
    fn join(&self, resource: &mut Resource, part: &TemplatePart, declared: &[Declared]) {
        for other in declared.iter().filter(|other| *other.type_name == *part.type_name) {
            let Some(of) = other.properties.get(&part.of) else { continue };
            let mine = |value: &Value| {
                let text = value.as_str();
                text == Some(&resource.name) || text == Some(&resource.arn)
            };
            let of = self.value(of);
            if !(mine(&of) || of.as_list().is_some_and(|items| items.iter().any(mine))) {
                continue;
            }
            let given = if part.from.is_empty() { Some(&other.properties) } else { other.properties.get(&part.from) };
            let given = given.map_or(Value::Null, |given| self.value(given));
            let (document, field) = part.target.split_once('.').unwrap_or(("properties", &part.target));
            let document = if document == "attributes" { &mut resource.attributes } else { &mut resource.properties };
            let Value::Map(fields) = document else { continue };
            let value = match (part.append, fields.get(field)) {
                (true, Some(Value::List(before))) => before.iter().cloned().chain([given]).collect::<Vec<_>>().into(),
                (true, _) => vec![given].into(),
                (false, _) => given,
            };
            fields.insert(field, value);
        }
    }

    fn value(&self, located: &Located) -> Value {
        match &located.node {
            Node::Null => Value::Null,
            Node::Bool(truth) => Value::Bool(*truth),
            Node::Int(number) => Value::Int(*number),
            Node::Double(number) => Value::Double(*number),
            Node::String(text) => Value::from(&**text),
            Node::Unknown(why) => Value::Unknown(why.clone()),
            Node::Reference(reference) => self.meant(reference),
            Node::Text(pieces) => self.woven(pieces),
            Node::List(items) => items.iter().map(|item| self.value(item)).collect::<Vec<_>>().into(),
            Node::Map(entries) => {
                Value::Map(entries.iter().map(|entry| (entry.key.clone(), self.value(&entry.value))).collect())
            }
        }
    }

    fn woven(&self, pieces: &[Piece]) -> Value {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Unknown(why) => return Value::Unknown(why.clone()),
                Piece::Reference(reference) => match self.meant(reference) {
                    Value::String(meant) => text.push_str(&meant),
                    other => return other,
                },
            }
        }
        Value::from(text)
    }

    /// What a reference stands for: a name or ARN; other attributes are known after deployment.
    fn meant(&self, reference: &Reference) -> Value {
        let identity = self.identities.get(&*reference.address);
        let known = identity.and_then(|identity| match reference.attribute.as_deref() {
            None => Some(if identity.ref_is_arn { &identity.arn } else { &identity.name }),
            Some(attribute) if attribute.ends_with("Arn") => Some(&identity.arn),
            Some(attribute) if attribute.ends_with("Id") || attribute.ends_with("Name") => Some(&identity.name),
            Some(_) => None,
        });
        if let Some(text) = known {
            return Value::from(text.as_str());
        }
        let source = format!("!GetAtt {}.{}", reference.address, reference.attribute.as_deref().unwrap_or_default());
        Unknown { source, kind: UnknownKind::Undetermined, message: "it is known after deployment".to_owned() }.into()
    }
}

/// `Tags` as a list of keys and values or as a map.
fn tags(tags: Option<&Value>) -> Value {
    let text = |value: &Value| match value {
        Value::Bool(truth) => Value::from(truth.to_string()),
        Value::Int(number) => Value::from(number.to_string()),
        Value::Double(number) => Value::from(number.to_string()),
        other => other.clone(),
    };
    let mut found: BTreeMap<String, Value> = BTreeMap::new();
    match tags {
        Some(Value::Unknown(why)) => return Value::Unknown(why.clone()),
        Some(Value::Map(tags)) => found.extend(tags.iter().map(|(name, value)| (name.to_string(), text(value)))),
        Some(Value::List(tags)) => {
            for tag in tags {
                match (tag, tag.get("Key")) {
                    (Value::Unknown(why), _) | (_, Some(Value::Unknown(why))) => return Value::Unknown(why.clone()),
                    (_, Some(Value::String(name))) => {
                        found.insert(name.to_string(), tag.get("Value").map_or(Value::Null, text));
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
    Value::Map(found.into_iter().collect::<Map>())
}

/// Where a path of evidence (`properties.Ingress[1].CidrIp`) is written: the place of the value, or of the nearest thing
/// around it that is written, and whether the value may be shown.
pub fn place(declared: &Declared, path: &str) -> (Option<Span>, bool) {
    let mut at = &declared.properties;
    let mut span = declared.span;
    let Some(rest) = path.strip_prefix("properties.") else { return (span, false) };
    for step in rest.split(['.', '[']) {
        let next = match step.strip_suffix(']').map(str::parse::<usize>) {
            Some(Ok(index)) => at.items().get(index).map(|item| (item, item.span)),
            Some(Err(_)) => None,
            None => entry(at, step),
        };
        let Some((value, place)) = next else { break };
        span = place.or(span);
        if value.sensitive {
            return (span, true);
        }
        at = value;
    }
    (span, at.sensitive)
}

fn entry<'l>(map: &'l Located, key: &str) -> Option<(&'l Located, Option<Span>)> {
    let Node::Map(entries) = &map.node else { return None };
    let entry = entries.iter().find(|entry| *entry.key == *key)?;
    let from = entry
        .key_span
        .map(|span| Span { end: entry.value.span.map_or(span.end, |value| value.end.max(span.end)), ..span });
    Some((&entry.value, from.or(entry.value.span)))
}
