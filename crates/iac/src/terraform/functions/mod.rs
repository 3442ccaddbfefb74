//! The functions of Terraform's language.
//!
//! Source: "Built-in Functions" of the Terraform language documentation. What depends on the moment or on chance (`timestamp`,
//! `uuid`, `bcrypt`), on a private key, or on the bytes of a compressor is unknown. Unless a function says otherwise here, an
//! argument that is not known whole makes its result unknown.

mod collections;
mod encoding;
mod files;
mod format;
mod lists;
mod network;
mod numbers;
mod strings;
mod time;

pub(super) use self::encoding::{from_json, json};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::convert::{convert, text};
use super::eval::doubt_in;
use super::scope::Scope;
use super::types::Type;
use super::value::{Data, Evaluated, Fault, Value, fault, unknown};

/// Functions that make something of arguments that hold unknown parts.
const TAKES_UNKNOWN: [&str; 31] = [
    "chunklist",
    "coalesce",
    "coalescelist",
    "concat",
    "element",
    "ephemeralasnull",
    "flatten",
    "format",
    "issensitive",
    "join",
    "jsonencode",
    "keys",
    "length",
    "lookup",
    "merge",
    "nonsensitive",
    "one",
    "reverse",
    "sensitive",
    "setproduct",
    "slice",
    "tobool",
    "tolist",
    "tomap",
    "tonumber",
    "toset",
    "tostring",
    "transpose",
    "type",
    "values",
    "zipmap",
];
/// Functions of which a null argument means something.
const TAKES_NULL: [&str; 19] = [
    "alltrue",
    "anytrue",
    "coalesce",
    "coalescelist",
    "compact",
    "concat",
    "ephemeralasnull",
    "issensitive",
    "jsonencode",
    "lookup",
    "merge",
    "nonsensitive",
    "sensitive",
    "tobool",
    "tolist",
    "tomap",
    "tonumber",
    "toset",
    "tostring",
];

/// Calls a function with arguments that have been evaluated.
pub(super) fn call(scope: &Scope<'_>, name: &str, arguments: Vec<Value>) -> Evaluated {
    let sensitive =
        arguments.iter().any(|argument| argument.sensitive) && name != "nonsensitive" && name != "issensitive";
    let doubt = if TAKES_UNKNOWN.contains(&name) { None } else { doubt_in(&arguments) };
    if let Some(doubt) = doubt {
        return Ok(doubt.marked(sensitive));
    }
    if arguments.iter().any(Value::is_null) && !TAKES_NULL.contains(&name) && name != "yamlencode" && name != "zipmap" {
        return fault(format!("{name}() was given null"));
    }
    let arguments = Arguments { name, values: arguments };
    let families =
        [numbers::call, strings::call, collections::call, lists::call, encoding::call, network::call, time::call];
    let found = families.iter().find_map(|family| family(&arguments)).or_else(|| files::call(scope, &arguments));
    match found {
        Some(value) => Ok(value?.marked(sensitive)),
        None => match name {
            "timestamp" | "plantimestamp" | "uuid" | "bcrypt" | "rsadecrypt" | "base64gzip" => {
                Ok(unknown(format!("{name}()"), "its result is not the same each time"))
            }
            _ => fault(format!("there is no function {name}()")),
        },
    }
}

/// What a function was given.
struct Arguments<'n> {
    name: &'n str,
    values: Vec<Value>,
}

impl Arguments<'_> {
    fn get(&self, at: usize) -> Result<&Value, Fault> {
        self.values.get(at).ok_or_else(|| Fault(format!("{}() needs more arguments", self.name)))
    }

    /// The one argument of a function that takes one.
    fn only(&self) -> Result<&Value, Fault> {
        if self.values.len() == 1 { self.get(0) } else { fault(format!("{}() takes one argument", self.name)) }
    }

    fn text(&self, at: usize) -> Result<String, Fault> {
        match text(self.get(at)?)?.data {
            Data::String(text) => Ok(text.to_string()),
            _ => fault(format!("{}() needs a text", self.name)),
        }
    }

    fn number(&self, at: usize) -> Result<Decimal, Fault> {
        match convert(self.get(at)?, &Type::Number)?.data {
            Data::Number(number) => Ok(number),
            _ => fault(format!("{}() needs a number", self.name)),
        }
    }

    fn whole(&self, at: usize) -> Result<i64, Fault> {
        let number = self.number(at)?;
        let whole = if number.is_integer() { number.to_i64() } else { None };
        whole.ok_or_else(|| Fault(format!("{}() needs a whole number", self.name)))
    }

    fn items(&self, at: usize) -> Result<&[Value], Fault> {
        let value = self.get(at)?;
        value.items().ok_or_else(|| Fault(format!("{}() needs a list, not {}", self.name, value.type_of())))
    }

    /// The texts of a list.
    fn texts(&self, at: usize) -> Result<Vec<String>, Fault> {
        let one = |value: &Value| match text(value)?.data {
            Data::String(text) => Ok(text.to_string()),
            _ => fault(format!("{}() needs a list of texts", self.name)),
        };
        self.items(at)?.iter().map(one).collect()
    }
}
