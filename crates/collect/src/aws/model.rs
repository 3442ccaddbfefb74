//! One AWS service as its published model describes it, in the form that the codecs walk.
//!
//! Models are botocore's, trimmed by `cargo xtask models`. Conventions:
//! - Shapes refer to each other by index, so recursive shapes need no special care and a step costs nothing.
//! - A reference carries the traits of the reference merged over those of the shape it names, as botocore merges
//!   them; a codec looks at [`Member`] only.
//! - Member names are shared [`Key`]s: a thousand answers hold one allocation per name.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use sekisho_model::Key;
use serde::Deserialize;
use serde_json::Value as Json;

use super::endpoint::RuleSet;
use super::page::Paginator;

/// Why a model cannot be used. Only a broken pack gives this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// No such service in the pack.
    #[error(
        "no model of service `{0}`; name one of its operations in a resource pack and run cargo xtask models (docs/add-a-resource.md)"
    )]
    NoService(String),
    /// The service is there, the operation is not.
    #[error("no model of `{0}`; name it in a resource pack and run cargo xtask models (docs/add-a-resource.md)")]
    NoOperation(String),
    /// The file is damaged.
    #[error("the model of `{service}` is damaged ({problem}); run cargo xtask models")]
    Damaged {
        /// The service.
        service: String,
        /// What is wrong.
        problem: String,
    },
}

/// The wire protocols of AWS that reading needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Json,
    RestJson,
    RestXml,
    Query,
    Ec2,
}

/// Where a member travels in a REST protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Location {
    Body,
    Uri,
    QueryString,
    Header,
    /// A map whose entries are headers that share a prefix.
    Headers,
    StatusCode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimestampFormat {
    Iso8601,
    Rfc822,
    Unix,
}

/// A reference to a shape, with the traits that apply there.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// The member's name in the model, which is the key in the answer. Empty for list elements.
    pub(crate) name: Key,
    pub(crate) shape: usize,
    pub(crate) location: Location,
    pub(crate) location_name: Option<Box<str>>,
    rare: Option<Box<RareTraits>>,
    pub(crate) timestamp_format: Option<TimestampFormat>,
    pub(crate) flattened: bool,
    pub(crate) xml_attribute: bool,
    pub(crate) host_label: bool,
    pub(crate) json_value: bool,
}

/// Traits that few members have, kept apart because a scan holds thousands of members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct RareTraits {
    query_name: Option<Box<str>>,
    context_param: Option<Box<str>>,
    xml_namespace: Option<Box<str>>,
}

impl Member {
    /// The name in EC2's query protocol, where it is not the name on the wire.
    pub(crate) fn query_name(&self) -> Option<&str> {
        self.rare.as_ref()?.query_name.as_deref()
    }

    /// The endpoint parameter that the member sets.
    pub(crate) fn context_param(&self) -> Option<&str> {
        self.rare.as_ref()?.context_param.as_deref()
    }

    /// The namespace of the member's XML element.
    pub(crate) fn xml_namespace(&self) -> Option<&str> {
        self.rare.as_ref()?.xml_namespace.as_deref()
    }

    /// The name on the wire: `locationName`, or the member's own.
    pub(crate) fn wire_name(&self) -> &str {
        self.location_name.as_deref().unwrap_or(&self.name)
    }
}

/// What a shape is.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Structure(Structure),
    List(Box<Member>),
    Map {
        key: Box<Member>,
        value: Box<Member>,
    },
    String,
    Integer,
    Float,
    Boolean,
    Timestamp,
    Blob,
    /// Any JSON.
    Document,
}

/// The members of a structure.
#[derive(Debug, Clone, Default)]
pub(crate) struct Structure {
    pub(crate) members: Vec<Member>,
    /// Indices into `members`, sorted by wire name.
    by_wire_name: Box<[u32]>,
    /// The member that is the whole body, in REST protocols.
    pub(crate) payload: Option<Box<str>>,
    pub(crate) required: Vec<Box<str>>,
}

impl Structure {
    /// The member with this name on the wire.
    pub(crate) fn by_wire_name(&self, name: &str) -> Option<&Member> {
        let member = |at: &u32| self.members.get(*at as usize);
        let order = |at: &u32| member(at).map_or(Ordering::Less, |member| member.wire_name().cmp(name));
        member(self.by_wire_name.get(self.by_wire_name.binary_search_by(order).ok()?)?)
    }

    /// The member with this name in the model.
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| &*member.name == name)
    }

    /// The member that is the whole body.
    pub(crate) fn payload_member(&self) -> Option<&Member> {
        self.member(self.payload.as_deref()?)
    }
}

/// One operation.
#[derive(Debug, Clone)]
pub(crate) struct OperationModel {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) input: Option<Member>,
    pub(crate) output: Option<Member>,
    /// Query protocol: the element that wraps the answer.
    pub(crate) result_wrapper: Option<String>,
    pub(crate) host_prefix: Option<String>,
    /// Endpoint parameters that the operation fixes.
    pub(crate) static_parameters: BTreeMap<String, Json>,
    pub(crate) paginator: Option<Paginator>,
    /// Codes of the operation's own errors that mean throttling.
    pub(crate) throttling_errors: Vec<String>,
}

/// One service, parsed.
#[derive(Debug)]
pub struct Service {
    pub(crate) name: String,
    pub(crate) protocol: Protocol,
    pub(crate) api_version: String,
    pub(crate) service_id: String,
    pub(crate) signing_name: String,
    pub(crate) target_prefix: String,
    pub(crate) json_version: String,
    pub(crate) xml_namespace: Option<String>,
    pub(crate) query_compatible: bool,
    pub(crate) regions: Vec<String>,
    pub(crate) rules: RuleSet,
    operations: HashMap<String, OperationModel>,
    shapes: Vec<Kind>,
}

impl Service {
    /// Parses one file of the pack.
    ///
    /// # Errors
    /// [`ModelError::Damaged`] where it is not a model.
    pub fn parse(name: &str, text: &[u8]) -> Result<Self, ModelError> {
        let damaged = |problem: String| ModelError::Damaged { service: name.to_owned(), problem };
        let raw: RawService = serde_json::from_slice(text).map_err(|error| damaged(error.to_string()))?;
        let index: HashMap<&str, usize> = raw.shapes.keys().enumerate().map(|(at, key)| (&**key, at)).collect();
        let builder = Builder { raw: &raw.shapes, index };
        let shapes = raw.shapes.values().map(|shape| builder.kind(shape)).collect::<Result<_, _>>().map_err(damaged)?;
        let mut operations = HashMap::new();
        for (operation, model) in &raw.operations {
            let paginator = raw.paginators.get(operation);
            operations.insert(operation.clone(), builder.operation(model, paginator).map_err(damaged)?);
        }
        let metadata = raw.metadata;
        Ok(Self {
            name: name.to_owned(),
            protocol: protocol_of(&metadata.protocol).map_err(damaged)?,
            signing_name: metadata.signing_name.unwrap_or(metadata.endpoint_prefix),
            api_version: metadata.api_version,
            service_id: metadata.service_id,
            target_prefix: metadata.target_prefix,
            json_version: metadata.json_version.unwrap_or_else(|| "1.0".to_owned()),
            xml_namespace: metadata.xml_namespace.as_ref().and_then(xml_namespace),
            query_compatible: metadata.aws_query_compatible.is_some(),
            regions: raw.regions,
            rules: RuleSet::parse(&raw.endpoint_rules).map_err(damaged)?,
            operations,
            shapes,
        })
    }

    /// The operation, where the pack has it.
    pub(crate) fn operation(&self, name: &str) -> Option<&OperationModel> {
        self.operations.get(name)
    }

    /// What a reference refers to.
    pub(crate) fn kind(&self, member: &Member) -> &Kind {
        const NOTHING: &Kind = &Kind::Document;
        self.shapes.get(member.shape).unwrap_or(NOTHING)
    }

    /// The structure that a reference refers to; an empty one where it is something else.
    pub(crate) fn structure(&self, member: Option<&Member>) -> &Structure {
        static EMPTY: LazyLock<Structure> = LazyLock::new(Structure::default);
        match member.map(|member| self.kind(member)) {
            Some(Kind::Structure(structure)) => structure,
            _ => &EMPTY,
        }
    }
}

fn protocol_of(name: &str) -> Result<Protocol, String> {
    match name {
        "json" => Ok(Protocol::Json),
        "rest-json" => Ok(Protocol::RestJson),
        "rest-xml" => Ok(Protocol::RestXml),
        "query" => Ok(Protocol::Query),
        "ec2" => Ok(Protocol::Ec2),
        other => Err(format!("protocol `{other}` is not supported")),
    }
}

fn xml_namespace(trait_value: &Json) -> Option<String> {
    let uri = trait_value.as_str().or_else(|| trait_value.get("uri")?.as_str());
    uri.map(str::to_owned)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawService<'t> {
    #[serde(default)]
    regions: Vec<String>,
    metadata: RawMetadata,
    #[serde(borrow)]
    operations: BTreeMap<String, RawOperation<'t>>,
    #[serde(default)]
    paginators: BTreeMap<String, Json>,
    #[serde(borrow)]
    shapes: BTreeMap<Cow<'t, str>, RawShape<'t>>,
    endpoint_rules: Json,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMetadata {
    api_version: String,
    endpoint_prefix: String,
    protocol: String,
    service_id: String,
    #[serde(default)]
    target_prefix: String,
    json_version: Option<String>,
    signing_name: Option<String>,
    aws_query_compatible: Option<Json>,
    xml_namespace: Option<Json>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawOperation<'t> {
    http: RawHttp,
    #[serde(borrow)]
    input: Option<RawMember<'t>>,
    output: Option<RawMember<'t>>,
    endpoint: Option<RawEndpoint>,
    #[serde(default)]
    static_context_params: BTreeMap<String, RawStatic>,
    #[serde(default)]
    throttling_errors: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawHttp {
    method: String,
    request_uri: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEndpoint {
    host_prefix: Option<String>,
}

#[derive(Deserialize)]
struct RawStatic {
    value: Json,
}

#[derive(Deserialize)]
struct RawContextParam {
    name: Box<str>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct RawMember<'t> {
    #[serde(borrow)]
    shape: Cow<'t, str>,
    location: Option<Cow<'t, str>>,
    location_name: Option<Box<str>>,
    query_name: Option<Box<str>>,
    context_param: Option<Box<RawContextParam>>,
    xml_namespace: Option<Box<Json>>,
    timestamp_format: Option<Cow<'t, str>>,
    flattened: bool,
    xml_attribute: bool,
    host_label: bool,
    jsonvalue: bool,
    result_wrapper: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawShape<'t> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'t, str>,
    #[serde(default, borrow)]
    members: BTreeMap<Cow<'t, str>, RawMember<'t>>,
    #[serde(default)]
    required: Vec<Box<str>>,
    member: Option<RawMember<'t>>,
    key: Option<RawMember<'t>>,
    value: Option<RawMember<'t>>,
    payload: Option<Box<str>>,
    location_name: Option<Box<str>>,
    timestamp_format: Option<Cow<'t, str>>,
    xml_namespace: Option<Box<Json>>,
    #[serde(default)]
    flattened: bool,
    #[serde(default)]
    document: bool,
}

/// Turns names into indices and merges traits.
struct Builder<'r, 't> {
    raw: &'r BTreeMap<Cow<'t, str>, RawShape<'t>>,
    index: HashMap<&'r str, usize>,
}

impl Builder<'_, '_> {
    fn member(&self, name: &str, raw: &RawMember<'_>) -> Result<Member, String> {
        let missing = || format!("shape `{}` is missing", raw.shape);
        let at = *self.index.get(&*raw.shape).ok_or_else(missing)?;
        let shape = self.raw.get(&raw.shape).ok_or_else(missing)?;
        let rare = RareTraits {
            query_name: raw.query_name.clone(),
            context_param: raw.context_param.as_ref().map(|param| param.name.clone()),
            xml_namespace: raw
                .xml_namespace
                .as_deref()
                .or(shape.xml_namespace.as_deref())
                .and_then(xml_namespace)
                .map(Into::into),
        };
        Ok(Member {
            name: name.into(),
            shape: at,
            location: location_of(raw.location.as_deref())?,
            location_name: raw.location_name.clone().or_else(|| shape.location_name.clone()),
            rare: (rare != RareTraits::default()).then(|| Box::new(rare)),
            timestamp_format: timestamp_format(raw.timestamp_format.as_deref().or(shape.timestamp_format.as_deref()))?,
            flattened: raw.flattened || shape.flattened,
            xml_attribute: raw.xml_attribute,
            host_label: raw.host_label,
            json_value: raw.jsonvalue,
        })
    }

    fn kind(&self, shape: &RawShape<'_>) -> Result<Kind, String> {
        let part = |part: &Option<RawMember<'_>>| {
            let raw = part.as_ref().ok_or("a list or map shape has no element")?;
            Ok::<_, String>(Box::new(self.member("", raw)?))
        };
        Ok(match &*shape.kind {
            "structure" if shape.document => Kind::Document,
            "structure" => Kind::Structure(self.structure(shape)?),
            "list" => Kind::List(part(&shape.member)?),
            "map" => Kind::Map { key: part(&shape.key)?, value: part(&shape.value)? },
            "string" | "character" => Kind::String,
            "integer" | "long" | "byte" | "short" | "bigInteger" => Kind::Integer,
            "float" | "double" | "bigDecimal" => Kind::Float,
            "boolean" => Kind::Boolean,
            "timestamp" => Kind::Timestamp,
            "blob" => Kind::Blob,
            other => return Err(format!("shape type `{other}` is not known")),
        })
    }

    fn structure(&self, shape: &RawShape<'_>) -> Result<Structure, String> {
        let members: Vec<Member> =
            shape.members.iter().map(|(name, raw)| self.member(name, raw)).collect::<Result<_, _>>()?;
        let mut by_wire_name: Vec<u32> = (0..).take(members.len()).collect();
        by_wire_name.sort_by_key(|at| members.get(*at as usize).map(Member::wire_name));
        Ok(Structure {
            members,
            by_wire_name: by_wire_name.into(),
            payload: shape.payload.clone(),
            required: shape.required.clone(),
        })
    }

    fn operation(&self, raw: &RawOperation<'_>, paginator: Option<&Json>) -> Result<OperationModel, String> {
        let side = |side: &Option<RawMember<'_>>| side.as_ref().map(|raw| self.member("", raw)).transpose();
        Ok(OperationModel {
            method: raw.http.method.clone(),
            uri: raw.http.request_uri.clone(),
            input: side(&raw.input)?,
            output: side(&raw.output)?,
            result_wrapper: raw.output.as_ref().and_then(|output| output.result_wrapper.clone()),
            host_prefix: raw.endpoint.as_ref().and_then(|endpoint| endpoint.host_prefix.clone()),
            static_parameters: raw.static_context_params.iter().map(|(k, v)| (k.clone(), v.value.clone())).collect(),
            paginator: paginator.map(Paginator::parse).transpose()?,
            throttling_errors: raw.throttling_errors.clone(),
        })
    }
}

fn location_of(name: Option<&str>) -> Result<Location, String> {
    Ok(match name {
        None => Location::Body,
        Some("uri") => Location::Uri,
        Some("querystring") => Location::QueryString,
        Some("header") => Location::Header,
        Some("headers") => Location::Headers,
        Some("statusCode") => Location::StatusCode,
        Some(other) => return Err(format!("location `{other}` is not known")),
    })
}

fn timestamp_format(name: Option<&str>) -> Result<Option<TimestampFormat>, String> {
    Ok(match name {
        None => None,
        Some("iso8601") => Some(TimestampFormat::Iso8601),
        Some("rfc822") => Some(TimestampFormat::Rfc822),
        Some("unixTimestamp") => Some(TimestampFormat::Unix),
        Some(other) => return Err(format!("timestamp format `{other}` is not known")),
    })
}
