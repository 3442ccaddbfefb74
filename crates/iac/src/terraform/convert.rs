//! From one type to another: what `tostring` and its like do, and what a variable's type does to what it is given.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::types::{Field, Type};
use super::value::{Data, Evaluated, Fields, Value, fault, number_text};

/// The value as a type demands it. Unknown stays unknown.
pub(super) fn convert(value: &Value, to: &Type) -> Evaluated {
    let keep = |data: Data| Ok(Value { data, span: value.span, sensitive: value.sensitive });
    match (&value.data, to) {
        (_, Type::Dynamic) => Ok(value.clone()),
        (Data::Null(_), _) => keep(Data::Null(to.clone())),
        (Data::Unknown(why, _), _) => keep(Data::Unknown(why.clone(), to.clone())),
        (Data::Reference(_) | Data::Resource(..), _) => Ok(value.clone()),
        (Data::Text(_) | Data::Encoded(_), Type::String) => Ok(value.clone()),
        (Data::Bool(_), Type::Bool) | (Data::Number(_), Type::Number) | (Data::String(_), Type::String) => {
            Ok(value.clone())
        }
        (Data::Bool(truth), Type::String) => keep(Data::String(truth.to_string().into())),
        (Data::Number(number), Type::String) => keep(Data::String(number_text(number).into())),
        (Data::String(text), Type::Bool) => match &**text {
            "true" | "1" => keep(Data::Bool(true)),
            "false" | "0" => keep(Data::Bool(false)),
            _ => fault(format!("\"{text}\" is no boolean")),
        },
        (Data::String(text), Type::Number) => match number(text) {
            Some(number) => keep(Data::Number(number)),
            None => fault(format!("\"{text}\" is no number")),
        },
        (_, Type::List(of) | Type::Set(of)) if value.items().is_some() => {
            let items = value.items().unwrap_or_default();
            let of = element_type(of, items)?;
            let items = items.iter().map(|item| convert(item, &of)).collect::<Result<Vec<_>, _>>()?;
            match to {
                Type::List(_) => keep(Data::List(of, Arc::new(items))),
                _ => keep(Value::set(of, items).data),
            }
        }
        (_, Type::Tuple(parts)) if value.items().is_some_and(|items| items.len() == parts.len()) => {
            let pairs = value.items().unwrap_or_default().iter().zip(parts);
            keep(Data::Tuple(Arc::new(pairs.map(|(item, of)| convert(item, of)).collect::<Result<_, _>>()?)))
        }
        (_, Type::Map(of)) if value.fields().is_some() => {
            let fields = value.fields().map(BTreeMap::iter).into_iter().flatten();
            let items: Vec<Value> = fields.clone().map(|(_, value)| value.clone()).collect();
            let of = element_type(of, &items)?;
            let fields = fields.map(|(name, value)| Ok((name.clone(), convert(value, &of)?)));
            let fields = fields.collect::<Result<Fields, _>>()?;
            keep(Data::Map(of, Arc::new(fields)))
        }
        (_, Type::Object(wanted)) if value.fields().is_some() => {
            let empty = Fields::new();
            let fields = value.fields().unwrap_or(&empty);
            let field = |(name, field): (&Arc<str>, &Field)| match fields.get(name) {
                Some(value) => Ok((name.clone(), convert(value, &field.of)?)),
                None if field.optional => Ok((name.clone(), Data::Null(field.of.clone()).into())),
                None => fault(format!("the attribute \"{name}\" is required")),
            };
            keep(Data::Object(Arc::new(wanted.iter().map(field).collect::<Result<_, _>>()?)))
        }
        _ => fault(format!("{} was given where {to} is needed", value.type_of())),
    }
}

/// The type of elements: what is wanted, or what they have in common where any will do.
fn element_type(wanted: &Type, items: &[Value]) -> Result<Type, super::value::Fault> {
    if *wanted != Type::Dynamic {
        return Ok(wanted.clone());
    }
    let types: Vec<Type> = items.iter().map(Value::type_of).collect();
    match Type::of_all(&types) {
        Some(of) => Ok(of),
        // `toset(["a", 1, true])` comes to texts.
        None if types.iter().all(|of| of.is_primitive() || *of == Type::Dynamic) => Ok(Type::String),
        None => fault("the elements have no type in common"),
    }
}

/// A number as Terraform reads texts: decimal, with an exponent or not.
pub(super) fn number(text: &str) -> Option<Decimal> {
    let sound = text.starts_with(|symbol: char| symbol.is_ascii_digit() || symbol == '-' || symbol == '.');
    let plain = text.chars().all(|symbol| symbol.is_ascii_digit() || "+-.eE".contains(symbol));
    if !sound || !plain {
        return None;
    }
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

/// The text of a primitive; what is not known stays so.
pub(super) fn text(value: &Value) -> Evaluated {
    convert(value, &Type::String)
}

/// Both values as the one type that they have in common, for branches of an expression.
pub(super) fn unify(values: Vec<Value>) -> Result<(Type, Vec<Value>), super::value::Fault> {
    let of = element_type(&Type::Dynamic, &values)?;
    let values = values.iter().map(|value| convert(value, &of)).collect::<Result<_, _>>()?;
    Ok((of, values))
}
