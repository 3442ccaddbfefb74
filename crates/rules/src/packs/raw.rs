//! The files as written: serde's view, with every unknown key refused.

use std::fmt;

use sekisho_model::{Map, Schedule, Severity, Text, Value};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};

/// An expression; YAML may have read it as a number, a boolean or null.
#[derive(Debug, Clone)]
pub(crate) struct RawExpr(pub(crate) String);

impl<'de> Deserialize<'de> for RawExpr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text.into())),
            scalar @ (Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::Null) => Ok(Self(scalar.to_string())),
            _ => {
                Err(de::Error::custom("expected an expression; write it as a text, in quotes if it starts with [ or {"))
            }
        }
    }
}

/// A map that keeps the order of the file: later calls use earlier ones.
#[derive(Debug, Clone)]
pub(crate) struct Ordered<T>(pub(crate) Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OrderedVisitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OrderedVisitor<T> {
            type Value = Ordered<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Ordered<T>, A::Error> {
                let mut entries: Vec<(String, T)> = Vec::new();
                while let Some((key, value)) = access.next_entry::<String, T>()? {
                    if entries.iter().any(|(known, _)| *known == key) {
                        return Err(de::Error::custom(format!("`{key}` is there twice")));
                    }
                    entries.push((key, value));
                }
                Ok(Ordered(entries))
            }
        }
        deserializer.deserialize_map(OrderedVisitor(std::marker::PhantomData))
    }
}

/// One or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    pub(crate) fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawBatch {
    pub(crate) size: usize,
    pub(crate) ids: RawExpr,
    pub(crate) items: String,
    #[serde(rename = "match")]
    pub(crate) matching: RawExpr,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCall {
    pub(crate) call: Option<String>,
    #[serde(default)]
    pub(crate) with: Ordered<RawExpr>,
    pub(crate) when: Option<RawExpr>,
    #[serde(default)]
    pub(crate) absent_on: Vec<String>,
    pub(crate) until: Option<RawExpr>,
    pub(crate) batch: Option<RawBatch>,
    pub(crate) items: Option<String>,
    pub(crate) region: Option<RawExpr>,
    pub(crate) value: Option<RawExpr>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawList {
    pub(crate) call: Option<String>,
    #[serde(default)]
    pub(crate) with: Ordered<RawExpr>,
    pub(crate) items: Option<String>,
    pub(crate) from: Option<RawExpr>,
    #[serde(rename = "where")]
    pub(crate) keep: Option<RawExpr>,
    pub(crate) when: Option<RawExpr>,
    #[serde(default)]
    pub(crate) absent_on: Vec<String>,
    pub(crate) region: Option<RawExpr>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCopy {
    pub(crate) from: RawExpr,
    pub(crate) names: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawResourcePack {
    #[serde(rename = "type")]
    pub(crate) type_name: String,
    #[serde(default)]
    pub(crate) kind: super::Kind,
    pub(crate) scope: super::Scope,
    pub(crate) asff: Option<String>,
    pub(crate) parent: Option<String>,
    #[serde(default)]
    pub(crate) once: Ordered<RawCall>,
    pub(crate) list: Option<RawList>,
    #[serde(default)]
    pub(crate) locate: Ordered<RawCall>,
    pub(crate) region: Option<RawExpr>,
    #[serde(default)]
    pub(crate) each: Ordered<RawCall>,
    pub(crate) keep_when: Option<RawExpr>,
    pub(crate) arn: Option<RawExpr>,
    #[serde(default)]
    pub(crate) ref_is_arn: bool,
    pub(crate) name: Option<RawExpr>,
    pub(crate) copy: Option<OneOrMany<RawCopy>>,
    #[serde(default)]
    pub(crate) properties: Ordered<RawExpr>,
    #[serde(default)]
    pub(crate) attributes: Ordered<RawExpr>,
    pub(crate) tags: Option<RawExpr>,
    #[serde(default)]
    pub(crate) defaults: Map,
    #[serde(default)]
    pub(crate) decided_at_deployment: Vec<Box<str>>,
    #[serde(default)]
    pub(crate) template_parts: Ordered<RawTemplatePart>,
    #[serde(default)]
    pub(crate) terraform: Ordered<RawTerraform>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTerraform {
    pub(crate) like: Option<String>,
    pub(crate) of: Option<RawExpr>,
    pub(crate) each: Option<RawExpr>,
    pub(crate) within: Option<String>,
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) same: Vec<String>,
    #[serde(default)]
    pub(crate) properties: Ordered<RawExpr>,
    #[serde(default)]
    pub(crate) attributes: Ordered<RawExpr>,
    #[serde(default)]
    pub(crate) append: Vec<String>,
    pub(crate) tags: Option<RawExpr>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawFix {
    pub(crate) console: Text,
    pub(crate) cli: Option<String>,
    pub(crate) cloudformation: Option<String>,
    pub(crate) terraform: Option<String>,
    #[serde(default)]
    pub(crate) mechanical: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawGiven {
    pub(crate) name: Option<String>,
    pub(crate) arn: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    #[serde(default)]
    pub(crate) properties: Map,
    #[serde(default)]
    pub(crate) attributes: Map,
    #[serde(default)]
    pub(crate) tags: Map,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTest {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) type_name: Option<String>,
    pub(crate) resource_name: Option<String>,
    pub(crate) arn: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) now: Option<String>,
    #[serde(default)]
    pub(crate) properties: Map,
    #[serde(default)]
    pub(crate) attributes: Map,
    #[serde(default)]
    pub(crate) tags: Map,
    #[serde(default)]
    pub(crate) given: std::collections::BTreeMap<String, OneOrMany<RawGiven>>,
    #[serde(default)]
    pub(crate) parameters: Map,
    #[serde(default)]
    pub(crate) denied: Vec<String>,
    pub(crate) expect: super::Expectation,
    pub(crate) because: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawControl {
    pub(crate) id: String,
    pub(crate) uid: uuid::Uuid,
    pub(crate) severity: Severity,
    pub(crate) resource: OneOrMany<String>,
    pub(crate) scope: Option<super::ControlScope>,
    #[serde(default)]
    pub(crate) when_empty: super::WhenEmpty,
    pub(crate) applies_when: Option<RawExpr>,
    pub(crate) warns_when: Option<RawExpr>,
    pub(crate) passes_when: RawExpr,
    pub(crate) before_deployment: Option<bool>,
    pub(crate) title: Text,
    pub(crate) why: Text,
    pub(crate) accept_when: Text,
    pub(crate) fix: RawFix,
    pub(crate) category: String,
    pub(crate) config_rule: Option<String>,
    pub(crate) schedule: Schedule,
    #[serde(default)]
    pub(crate) parameters: Map,
    #[serde(default)]
    pub(crate) tests: Vec<RawTest>,
}

/// A part that CloudFormation declares as a resource of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTemplatePart {
    pub(crate) of: String,
    #[serde(default)]
    pub(crate) from: String,
    pub(crate) value: Option<RawExpr>,
    pub(crate) set: Option<String>,
    pub(crate) append: Option<String>,
}
