//! From declared resources to the documents that controls judge.
//!
//! A CloudFormation declaration has the shape of the document already. What is done here: references become the names and ARNs of
//! the resources that they mean, so that controls see neighbours as they do in an account; parts that CloudFormation declares as
//! resources of their own (a bucket's policy) are joined into what they belong to, by what the resource pack says under
//! `template_parts`; and attributes, which are true of running things only, are unknown. What Terraform's provider names otherwise
//! is renamed first, by what the pack says under `terraform` ([`terraform`]).

mod place;
mod terraform;

use std::collections::{BTreeMap, HashMap, HashSet};

use sekisho_model::{Key, Map, Resource, Unknown, UnknownKind, Value};
use sekisho_rules::packs::{Kind, PackSet, ResourcePack, TemplatePart, TerraformMapping};

pub use self::place::place;

use crate::declared::Declared;
use crate::located::{Located, Node, Piece, Reference};
use crate::options::Options;

/// Where CloudFormation declares tags: some types put their own name before it.
const TAGS: [&str; 7] = [
    "Tags",
    "AccessPointTags",
    "FileSystemTags",
    "HealthCheckTags",
    "HostedZoneTags",
    "IdentityPoolTags",
    "UserPoolTags",
];

/// The longest text that is put together of names; no document of AWS is larger than a template, 1 MB.
const TEXT_MAX: usize = 1 << 20;
/// The longest name; a longer one is none, and would be repeated wherever it is referred to.
const NAME_MAX: usize = 2048;

/// Parts that are named after parts.
const HOPS_MAX: usize = 8;

/// A resource as controls see it, and what it was made of.
#[derive(Debug, Clone)]
pub struct Shaped {
    /// The document.
    pub resource: Resource,
    /// The declarations behind it.
    pub origin: Origin,
}

/// Which declarations a resource comes from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The place of its own among the declared.
    pub declared: usize,
    /// Fields (`properties.VersioningConfiguration`) that other declarations gave, and which.
    pub parts: Vec<(String, usize)>,
}

/// A name that a resource has in the account, or will be given: pretended ones are made of its address.
struct Identity {
    name: String,
    arn: String,
    ref_is_arn: bool,
    /// The name as it is declared.
    declared: Option<Node>,
}

/// All documents of one template or module, in its order. Types without a pack are left out: no control judges them. No two have the
/// same ARN, even where they declare the same name (one bucket under either of two conditions).
pub fn shape(declared: &[Declared], packs: &PackSet, options: &Options) -> Vec<Shaped> {
    let mappings = packs.terraform();
    let of = |resource: &Declared| mappings.get(&*resource.type_name).map(Vec::as_slice).unwrap_or_default();
    let mapping = |resource: &Declared| of(resource).first().copied().filter(|mapping| mapping.inside.is_none());
    let inside = |resource: &Declared| of(resource).iter().copied().filter(|mapping| mapping.inside.is_some());
    let identities =
        declared.iter().map(|resource| (&*resource.address, identity(resource, mapping(resource), packs, options)));
    let shaper = Shaper { identities: identities.collect(), options };
    let mut shaped: Vec<Shaped> = Vec::new();
    let mut arns = HashSet::new();
    let mut parts: Vec<(usize, &TerraformMapping, Value)> = Vec::new();
    for (at, resource) in declared.iter().enumerate() {
        for mapping in inside(resource) {
            if let Some(pack) = packs.resources.get(&mapping.is) {
                shaped.extend(shaper.inside(at, resource, pack, mapping));
            }
        }
        let found = match mapping(resource) {
            Some(mapping) => {
                let item = shaper.value(&resource.properties);
                if mapping.of.is_some() {
                    parts.extend(of(resource).iter().map(|mapping| (at, *mapping, item.clone())));
                    continue;
                }
                packs.resources.get(&mapping.is).map(|pack| (pack, shaper.renamed(mapping, item)))
            }
            None => packs.resources.get(&*resource.type_name).map(|pack| {
                let properties = match shaper.value(&resource.properties) {
                    Value::Map(properties) => properties,
                    _ => Map::new(),
                };
                let tags = tags(TAGS.iter().find_map(|name| properties.get(name)));
                (pack, Renamed { properties, attributes: Map::new(), tags })
            }),
        };
        let Some((pack, renamed)) = found else { continue };
        let mut document = shaper.resource(resource, pack, renamed);
        if !arns.insert(document.arn.clone()) {
            document.arn = format!("{}#{}", document.arn, resource.address);
            arns.insert(document.arn.clone());
        }
        shaped.push(Shaped { resource: document, origin: Origin { declared: at, parts: Vec::new() } });
    }
    let alone = shaper.join_terraform(&mut shaped, &parts, declared);
    let whole = shaped.len();
    shaper.join_templates(&mut shaped, packs, declared);
    for one in shaped.iter_mut().take(whole) {
        if let Some(pack) = packs.resources.get(&one.resource.type_name) {
            fill(&mut one.resource, pack);
        }
    }
    let mut seen = HashSet::new();
    for (at, mapping, item) in parts.iter().filter(|(at, ..)| alone.contains(at) && seen.insert(*at)) {
        let part = shaper.renamed(mapping, item.clone());
        if part.properties.is_empty() && part.attributes.is_empty() {
            continue;
        }
        if let Some((pack, declared)) = packs.resources.get(&mapping.is).zip(declared.get(*at)) {
            shaped.push(shaper.alone(*at, declared, pack, part));
        }
    }
    join_settings(&mut shaped, packs);
    shaped
}

/// Settings of an account are one document, however many declarations say something of them: the first, with what the others know.
fn join_settings(shaped: &mut Vec<Shaped>, packs: &PackSet) {
    let mut firsts: HashMap<String, usize> = HashMap::new();
    let mut joined: Vec<Shaped> = Vec::with_capacity(shaped.len());
    for one in shaped.drain(..) {
        let type_name = &one.resource.type_name;
        let is_setting = packs.resources.get(type_name).is_some_and(|pack| pack.kind == Kind::Setting);
        match firsts.get(type_name).copied().and_then(|first| joined.get_mut(first)) {
            Some(first) if is_setting => first.learn(&one),
            _ => {
                if is_setting {
                    firsts.insert(type_name.clone(), joined.len());
                }
                joined.push(one);
            }
        }
    }
    *shaped = joined;
}

impl Shaped {
    /// Takes over what another declaration of the same thing knows and this one does not.
    fn learn(&mut self, other: &Shaped) {
        let at = other.origin.declared;
        let documents = [
            ("properties", &mut self.resource.properties, &other.resource.properties),
            ("attributes", &mut self.resource.attributes, &other.resource.attributes),
        ];
        for (document, own, more) in documents {
            let (Value::Map(own), Value::Map(more)) = (own, more) else { continue };
            for (name, value) in more.iter().filter(|(_, value)| value.as_unknown().is_none() && !value.is_null()) {
                if own.get(name).is_none_or(|known| known.is_null() || known.as_unknown().is_some()) {
                    own.insert(name.clone(), value.clone());
                    self.origin.parts.push((format!("{document}.{name}"), at));
                }
            }
        }
    }
}

/// Properties, attributes and tags by CloudFormation's names.
struct Renamed {
    properties: Map,
    attributes: Map,
    tags: Value,
}

/// What absent properties mean.
fn fill(resource: &mut Resource, pack: &ResourcePack) {
    let Value::Map(properties) = &mut resource.properties else { return };
    pack.apply_defaults(properties);
    for name in &pack.decided_at_deployment {
        if properties.get(name).is_none_or(Value::is_null) {
            let message = "it is not declared, and AWS decides at deployment".to_owned();
            let source = format!("properties.{name}");
            properties.insert(name.clone(), Unknown { source, kind: UnknownKind::Undetermined, message }.into());
        }
    }
}

fn identity(resource: &Declared, mapping: Option<&TerraformMapping>, packs: &PackSet, options: &Options) -> Identity {
    let type_name = mapping.map_or(&*resource.type_name, |mapping| mapping.is.as_str());
    let ref_is_arn = packs.resources.get(type_name).is_some_and(|pack| pack.ref_is_arn);
    let mut parts = type_name.split("::").skip(1);
    let service = parts.next().unwrap_or_default();
    let kind = parts.last().unwrap_or_default();
    let given: Vec<String> = match mapping {
        Some(mapping) => terraform::names(mapping),
        None => vec![format!("{kind}Name"), "Name".to_owned(), format!("{kind}Identifier"), format!("{kind}Id")],
    };
    let given = given.iter().filter_map(|key| resource.properties.get(key)).find(|given| given.node != Node::Null);
    let declared = given.map(|given| given.node.clone());
    let name = given.and_then(Located::as_str).filter(|name| name.len() <= NAME_MAX).unwrap_or(&resource.address);
    let name = name.to_owned();
    let (service, kind) = (service.to_lowercase(), kind.to_lowercase());
    let Options { account, region, partition, .. } = options;
    let arn = match type_name {
        "AWS::S3::Bucket" => format!("arn:{partition}:s3:::{name}"),
        _ => format!("arn:{partition}:{service}:{region}:{account}:{kind}/{}", resource.address),
    };
    Identity { name, arn, ref_is_arn, declared }
}

struct Shaper<'d> {
    identities: HashMap<&'d str, Identity>,
    options: &'d Options,
}

impl Shaper<'_> {
    fn resource(&self, declared: &Declared, pack: &ResourcePack, renamed: Renamed) -> Resource {
        let mut resource = Resource::new(&pack.type_name, "", &self.options.account, &self.options.region);
        if let Some(identity) = self.identities.get(&*declared.address) {
            resource.arn.clone_from(&identity.arn);
            resource.name.clone_from(&identity.name);
        }
        resource.tags = renamed.tags;
        resource.properties = Value::Map(renamed.properties);
        let terraform = *declared.type_name != *pack.type_name;
        let fed = fed(pack, terraform);
        let later = |name: &Key| {
            if let Some(given) = renamed.attributes.get(name) {
                return given.clone();
            }
            if fed.contains(&&**name) {
                return Value::Null;
            }
            let source = format!("attributes.{name}");
            Unknown { source, kind: UnknownKind::Undeployed, message: "it is known after deployment".to_owned() }.into()
        };
        let attributes = pack.attributes.iter().map(|(name, _)| (name.clone(), later(name)));
        resource.attributes = Value::Map(attributes.collect());
        resource
    }

    /// Joins what CloudFormation declares apart; a part of something that is declared elsewhere is judged alone.
    fn join_templates(&self, shaped: &mut Vec<Shaped>, packs: &PackSet, declared: &[Declared]) {
        let mut by_type: HashMap<&str, Vec<(&ResourcePack, &TemplatePart)>> = HashMap::new();
        for pack in packs.resources.values() {
            for part in &pack.template_parts {
                by_type.entry(&part.type_name).or_default().push((pack, part));
            }
        }
        for (at, other) in declared.iter().enumerate() {
            let Some(parts) = by_type.get(&*other.type_name) else { continue };
            let mut joined = false;
            for (pack, part) in parts {
                for one in shaped.iter_mut().filter(|one| one.resource.type_name == pack.type_name) {
                    joined |= self.join(one, part, at, other);
                }
            }
            if let (false, Some((pack, part))) = (joined, parts.first()) {
                let (document, field) = part.target.split_once('.').unwrap_or(("properties", &part.target));
                let given: Map = [(Key::from(field), self.part(part, other))].into_iter().collect();
                let (properties, attributes) =
                    if document == "attributes" { (Map::new(), given) } else { (given, Map::new()) };
                shaped.push(self.alone(at, other, pack, Renamed { properties, attributes, tags: Value::Null }));
            }
        }
    }

    /// Joins the declaration at `at` into the resource if it is a part of it, and says whether it is.
    fn join(&self, one: &mut Shaped, part: &TemplatePart, at: usize, other: &Declared) -> bool {
        let Some(of) = other.properties.get(&part.of) else { return false };
        let resource = &mut one.resource;
        let mine = |value: &Value| {
            let text = value.as_str();
            text == Some(&resource.name) || text == Some(&resource.arn)
        };
        let of = self.value(of);
        if !(mine(&of) || of.as_list().is_some_and(|items| items.iter().any(mine))) {
            return false;
        }
        let given = self.part(part, other);
        let (document, field) = part.target.split_once('.').unwrap_or(("properties", &part.target));
        let document = if document == "attributes" { &mut resource.attributes } else { &mut resource.properties };
        let Value::Map(fields) = document else { return false };
        let value = if part.append { terraform::appended(fields.get(field), &given) } else { given };
        fields.insert(field, value);
        one.origin.parts.push((part.target.clone(), at));
        true
    }

    /// What a declaration is as a part of another resource.
    fn part(&self, part: &TemplatePart, other: &Declared) -> Value {
        if let Some(expression) = &part.value {
            return self.mapped(expression, &self.value(&other.properties));
        }
        let given = if part.from.is_empty() { Some(&other.properties) } else { other.properties.get(&part.from) };
        given.map_or(Value::Null, |given| self.value(given))
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
        // The whole text with what hides it, so that two texts are told apart that hang on the same thing.
        let mut hidden: Option<Unknown> = None;
        for piece in pieces {
            if text.len() > TEXT_MAX {
                let message = "it is longer than a template may be".to_owned();
                return Unknown { source: "text".to_owned(), kind: UnknownKind::Undetermined, message }.into();
            }
            let unknown = match piece {
                Piece::Literal(literal) => {
                    text.push_str(literal);
                    continue;
                }
                Piece::Unknown(why) => why.clone(),
                Piece::Reference(reference) => match self.meant(reference) {
                    Value::Unknown(why) => why,
                    meant => {
                        text.push_str(meant.as_str().unwrap_or_default());
                        continue;
                    }
                },
            };
            text.push_str(&format!("${{{}}}", unknown.source));
            hidden.get_or_insert_with(|| Unknown::clone(&unknown));
        }
        match hidden {
            Some(why) => Unknown { source: format!("{} in {text}", why.source), ..why }.into(),
            None => Value::from(text),
        }
    }

    /// What a reference stands for: a name or ARN; other attributes are known after deployment.
    fn meant(&self, reference: &Reference) -> Value {
        self.meant_within(reference, 0)
    }

    fn meant_within(&self, reference: &Reference, hops: usize) -> Value {
        let address = &reference.address;
        let attribute = reference.attribute.as_deref();
        // Every address of Terraform has a dot, none of CloudFormation's.
        let terraform = address.contains('.');
        let is_arn = match attribute {
            Some(attribute) if terraform => terraform::is_arn(attribute, address),
            Some(attribute) => attribute.ends_with("Arn"),
            None => false,
        };
        let is_name = match attribute {
            Some(attribute) if terraform => attribute == "id" || terraform::is_name(attribute, address),
            Some(attribute) => attribute.ends_with("Id") || attribute.ends_with("Name"),
            None => true,
        };
        let by_ref = attribute.is_none() || attribute == Some("id");
        match self.identities.get(&**address) {
            Some(identity) if is_arn || by_ref && identity.ref_is_arn => Value::from(identity.arn.as_str()),
            // The id of a part is the name of what it belongs to.
            Some(Identity { declared: Some(Node::Reference(named)), .. }) if is_name && hops < HOPS_MAX => {
                self.meant_within(named, hops + 1)
            }
            Some(identity) if is_name => Value::from(identity.name.as_str()),
            // Declared elsewhere, it has an id all the same.
            None if terraform && (attribute == Some("id") || is_arn) => Value::from(&**address),
            _ => {
                let attribute = attribute.unwrap_or_default();
                let source =
                    if terraform { format!("{address}.{attribute}") } else { format!("!GetAtt {address}.{attribute}") };
                let message = "it is known after deployment".to_owned();
                Unknown { source, kind: UnknownKind::Undetermined, message }.into()
            }
        }
    }
}

/// The attributes that other declarations give: without one of those they are absent, not unknown.
fn fed(pack: &ResourcePack, terraform: bool) -> Vec<&str> {
    if terraform {
        let parts = pack.terraform.iter().filter(|mapping| mapping.of.is_some());
        return parts.flat_map(|part| part.attributes.iter().map(|(name, _)| &**name)).collect();
    }
    pack.template_parts.iter().filter_map(|part| part.target.strip_prefix("attributes.")).collect()
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
