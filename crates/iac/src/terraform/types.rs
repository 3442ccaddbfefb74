//! The types of Terraform's language: what a variable demands, and how branches of one expression come to one type.
//!
//! Source: "Types and Values" and "Type Constraints" of the Terraform language documentation; the rules of conversion and
//! unification are those of the language's value library, observed with Terraform itself.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use hcl_edit::expr::{Expression, ObjectKey};

/// A type. `Dynamic` stands for any, and for the type of what is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    Dynamic,
    Bool,
    Number,
    String,
    List(Box<Type>),
    Set(Box<Type>),
    Map(Box<Type>),
    Tuple(Vec<Type>),
    Object(BTreeMap<Arc<str>, Field>),
}

/// An attribute of an object type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) of: Type,
    /// `optional(...)`: absent is null.
    pub(super) optional: bool,
}

/// A constraint with the defaults that `optional(type, default)` gives, by the path of the attribute.
#[derive(Debug, Clone)]
pub(super) struct Constraint<'e> {
    pub(super) of: Type,
    pub(super) defaults: Defaults<'e>,
}

/// Defaults of the attributes inside a type, mirroring its shape.
#[derive(Debug, Clone, Default)]
pub(super) struct Defaults<'e> {
    /// Of the attributes of an object: the default expression, and what lies deeper.
    pub(super) fields: BTreeMap<Arc<str>, (Option<&'e Expression>, Defaults<'e>)>,
    /// Of the elements of a collection.
    pub(super) elements: Option<Box<Defaults<'e>>>,
}

impl Type {
    /// A field that must be there.
    pub(super) fn required(self) -> Field {
        Field { of: self, optional: false }
    }

    pub(super) fn is_primitive(&self) -> bool {
        matches!(self, Self::Bool | Self::Number | Self::String)
    }

    /// The one type that both convert to; none where there is no such type.
    pub(super) fn unified(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (a, b) if a == b => Some(a.clone()),
            (Self::Dynamic, of) | (of, Self::Dynamic) => Some(of.clone()),
            (a, b) if a.is_primitive() && b.is_primitive() => {
                // A number and a boolean have nothing in common but their texts, and only a text brings those in.
                (*a == Self::String || *b == Self::String).then_some(Self::String)
            }
            (Self::List(a), Self::List(b)) => Some(Self::List(Box::new(a.unified(b)?))),
            (Self::Set(a), Self::Set(b)) => Some(Self::Set(Box::new(a.unified(b)?))),
            (Self::Map(a), Self::Map(b)) => Some(Self::Map(Box::new(a.unified(b)?))),
            (Self::List(a), Self::Set(b)) | (Self::Set(b), Self::List(a)) => Some(Self::List(Box::new(a.unified(b)?))),
            (Self::Tuple(a), Self::Tuple(b)) if a.len() == b.len() => {
                let parts = a.iter().zip(b).map(|(a, b)| a.unified(b));
                Some(Self::Tuple(parts.collect::<Option<_>>()?))
            }
            (Self::Tuple(a), Self::Tuple(b)) => Some(Self::List(Box::new(Self::of_all(a.iter().chain(b))?))),
            (Self::Tuple(parts), Self::List(of)) | (Self::List(of), Self::Tuple(parts)) => {
                Some(Self::List(Box::new(Self::of_all(parts.iter().chain([&**of]))?)))
            }
            (Self::Tuple(parts), Self::Set(of)) | (Self::Set(of), Self::Tuple(parts)) => {
                Some(Self::Set(Box::new(Self::of_all(parts.iter().chain([&**of]))?)))
            }
            (Self::Object(a), Self::Object(b)) if a.keys().eq(b.keys()) => {
                let unify = |(name, field): (&Arc<str>, &Field)| {
                    Some((name.clone(), field.of.unified(&b.get(name)?.of)?.required()))
                };
                Some(Self::Object(a.iter().map(unify).collect::<Option<_>>()?))
            }
            (Self::Object(a), Self::Object(b)) => {
                let all = a.values().chain(b.values()).map(|field| &field.of);
                Some(Self::Map(Box::new(Self::of_all(all)?)))
            }
            (Self::Object(fields), Self::Map(of)) | (Self::Map(of), Self::Object(fields)) => {
                let all = fields.values().map(|field| &field.of).chain([&**of]);
                Some(Self::Map(Box::new(Self::of_all(all)?)))
            }
            _ => None,
        }
    }

    /// The one type of all of them; `Dynamic` of none.
    pub(super) fn of_all<'t>(all: impl IntoIterator<Item = &'t Self>) -> Option<Self> {
        all.into_iter().try_fold(Self::Dynamic, |so_far, next| so_far.unified(next))
    }
}

/// As Terraform's console writes a type, on one line.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dynamic => f.write_str("dynamic"),
            Self::Bool => f.write_str("bool"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::List(of) => write!(f, "list({of})"),
            Self::Set(of) => write!(f, "set({of})"),
            Self::Map(of) => write!(f, "map({of})"),
            Self::Tuple(parts) => {
                f.write_str("tuple([")?;
                for (at, part) in parts.iter().enumerate() {
                    write!(f, "{}{part}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("])")
            }
            Self::Object(fields) => {
                f.write_str("object({")?;
                for (at, (name, field)) in fields.iter().enumerate() {
                    write!(f, "{}{name}: {}", if at == 0 { "" } else { ", " }, field.of)?;
                }
                f.write_str("})")
            }
        }
    }
}

/// Reads a type constraint: `map(object({ size = optional(number, 10) }))`. `Err` has what is no type.
pub(super) fn constraint(expression: &Expression) -> Result<Constraint<'_>, String> {
    let plain = |of| Ok(Constraint { of, defaults: Defaults::default() });
    let name = match expression {
        Expression::Variable(name) => name.as_str().to_owned(),
        // Before Terraform 0.12 types were quoted.
        Expression::String(name) => name.value().clone(),
        Expression::FuncCall(call) => return constructed(call.name.name.as_str(), call.args.iter().collect()),
        _ => return Err("a type is a name such as string or list(string)".to_owned()),
    };
    match name.as_str() {
        "any" => plain(Type::Dynamic),
        "bool" => plain(Type::Bool),
        "number" => plain(Type::Number),
        "string" => plain(Type::String),
        "list" => plain(Type::List(Box::new(Type::Dynamic))),
        "set" => plain(Type::Set(Box::new(Type::Dynamic))),
        "map" => plain(Type::Map(Box::new(Type::Dynamic))),
        other => Err(format!("there is no type `{other}`")),
    }
}

fn constructed<'e>(name: &str, arguments: Vec<&'e Expression>) -> Result<Constraint<'e>, String> {
    let [argument] = arguments[..] else { return Err(format!("{name}() takes one type")) };
    match name {
        "list" | "set" | "map" => {
            let Constraint { of, defaults } = constraint(argument)?;
            let of = Box::new(of);
            let of = match name {
                "list" => Type::List(of),
                "set" => Type::Set(of),
                _ => Type::Map(of),
            };
            Ok(Constraint { of, defaults: Defaults { elements: Some(Box::new(defaults)), ..Defaults::default() } })
        }
        "tuple" => {
            let Expression::Array(parts) = argument else { return Err("tuple() takes a list of types".to_owned()) };
            let parts = parts.iter().map(|part| Ok(constraint(part)?.of)).collect::<Result<_, String>>()?;
            Ok(Constraint { of: Type::Tuple(parts), defaults: Defaults::default() })
        }
        "object" => object(argument),
        other => Err(format!("there is no type `{other}()`")),
    }
}

fn object(argument: &Expression) -> Result<Constraint<'_>, String> {
    let Expression::Object(given) = argument else { return Err("object() takes names with types".to_owned()) };
    let (mut fields, mut defaults) = (BTreeMap::new(), Defaults::default());
    for (key, value) in given.iter() {
        let name: Arc<str> = match key {
            ObjectKey::Ident(name) => name.as_str().into(),
            ObjectKey::Expression(Expression::String(name)) => name.value().as_str().into(),
            ObjectKey::Expression(Expression::Variable(name)) => name.as_str().into(),
            ObjectKey::Expression(_) => return Err("the names of object() are constants".to_owned()),
        };
        let (of, optional, default) = match value.expr() {
            Expression::FuncCall(call) if call.name.name.as_str() == "optional" => {
                (call.args.get(0).ok_or("optional() takes a type")?, true, call.args.get(1))
            }
            of => (of, false, None),
        };
        let Constraint { of, defaults: deeper } = constraint(of)?;
        fields.insert(name.clone(), Field { of, optional });
        defaults.fields.insert(name, (default, deeper));
    }
    Ok(Constraint { of: Type::Object(fields), defaults })
}
