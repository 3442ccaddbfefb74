//! Data sources that can be known without AWS: where it is deployed, and policy documents.
//!
//! Source: pages of the data sources in the AWS provider's documentation. All other data sources keep what is written of them, and
//! the rest is known after deployment.

use std::sync::Arc;

use super::functions::from_json;
use super::types::Type;
use super::value::{Data, Fields, Value, unknown};
use crate::options::Options;

/// Adds what is known besides the arguments.
pub(super) fn complete(kind: &str, fields: &mut Fields, options: &Options) {
    let known: Vec<(&str, Value)> = match kind {
        "aws_caller_identity" => vec![("account_id", options.account.as_str().into())],
        "aws_partition" => {
            let suffix = if options.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
            vec![("partition", options.partition.as_str().into()), ("dns_suffix", suffix.into())]
        }
        "aws_region" if !fields.contains_key("name") && !fields.contains_key("endpoint") => {
            ["name", "id", "region"].map(|name| (name, options.region.as_str().into())).into()
        }
        "aws_iam_policy_document" => {
            let document = policy_document(fields);
            vec![("json", encoded(document.clone())), ("minified_json", encoded(document))]
        }
        _ => Vec::new(),
    };
    fields.extend(known.into_iter().map(|(name, value)| (Arc::from(name), value)));
}

/// The JSON text of a document; with its structure where not all of it is known.
fn encoded(document: Value) -> Value {
    match document.first_doubt() {
        None => super::functions::json(&document).map_or_else(|_| unknown("json", "it cannot be written"), Value::from),
        Some(_) if document.doubt().is_none() => Data::Encoded(Arc::new(document)).into(),
        Some(doubt) => doubt,
    }
}

fn policy_document(fields: &Fields) -> Value {
    let empty = Value::tuple(Vec::new());
    let list = |name: &str| fields.get(name).filter(|list| !list.is_null()).unwrap_or(&empty);
    let mut statements: Vec<Value> = Vec::new();
    let mut add = |statement: Value, over: bool| {
        let sid = statement.fields().and_then(|fields| fields.get("Sid")).and_then(Value::as_str).map(str::to_owned);
        let same = statements.iter_mut().find(|own| {
            over && sid.is_some()
                && own.fields().and_then(|fields| fields.get("Sid")).and_then(Value::as_str) == sid.as_deref()
        });
        match same {
            Some(own) => *own = statement,
            None => statements.push(statement),
        }
    };
    for (name, over) in [("source_policy_documents", false), ("statement", true), ("override_policy_documents", true)] {
        let given = list(name);
        let Some(items) = given.items() else { return given.doubt().unwrap_or_else(Value::null) };
        for item in items {
            if name == "statement" {
                match item.fields() {
                    Some(fields) => add(statement(fields), over),
                    None => return item.doubt().unwrap_or_else(Value::null),
                }
                continue;
            }
            let document = match &item.data {
                Data::String(text) => serde_json::from_str(text).map(|document| from_json(&document)).ok(),
                Data::Encoded(inner) => Some((**inner).clone()),
                Data::Null(_) => continue,
                _ => return item.doubt().unwrap_or_else(Value::null),
            };
            let statement = document.as_ref().and_then(Value::fields).and_then(|fields| fields.get("Statement"));
            match statement {
                Some(one) if one.fields().is_some() => add(one.clone(), over),
                Some(many) => many.items().unwrap_or_default().iter().for_each(|one| add(one.clone(), over)),
                None => return unknown("aws_iam_policy_document", format!("an item of {name} is no policy document")),
            }
        }
    }
    let mut document = Fields::new();
    if let Some(id) = fields.get("policy_id").filter(|id| !id.is_null()) {
        document.insert("Id".into(), id.clone());
    }
    document.insert("Version".into(), fields.get("version").cloned().unwrap_or_else(|| "2012-10-17".into()));
    document.insert("Statement".into(), Value::tuple(statements));
    Value::object(document)
}

fn statement(given: &Fields) -> Value {
    let mut made = Fields::new();
    let present = |name: &str| given.get(name).filter(|value| !value.is_null());
    if let Some(sid) = present("sid").filter(|sid| sid.as_str() != Some("")) {
        made.insert("Sid".into(), sid.clone());
    }
    made.insert("Effect".into(), present("effect").cloned().unwrap_or_else(|| "Allow".into()));
    let lists = [
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ];
    for (name, key) in lists {
        if let Some(list) = present(name) {
            made.insert(key.into(), list_or_one(list));
        }
    }
    for (name, key) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        if let Some(list) = present(name) {
            made.insert(key.into(), principals(list));
        }
    }
    if let Some(list) = present("condition") {
        made.insert("Condition".into(), conditions(list));
    }
    Value::object(made)
}

/// A list of one is written as the one; `&{aws:username}` stands for a variable of IAM.
fn list_or_one(list: &Value) -> Value {
    let iam = |value: &Value| match &value.data {
        Data::String(text) if text.contains("&{") => Value::from(text.replace("&{", "${")).at(value.span),
        _ => value.clone(),
    };
    match list.items() {
        Some([one]) => iam(one),
        Some(items) => Value::tuple(items.iter().map(iam).collect()).at(list.span),
        None => list.clone(),
    }
}

fn principals(list: &Value) -> Value {
    let Some(items) = list.items() else { return list.clone() };
    let mut by_type: Fields = Fields::new();
    for item in items {
        let Some(fields) = item.fields() else { return item.clone() };
        let kind = fields.get("type").cloned().unwrap_or_else(Value::null);
        let identifiers = fields.get("identifiers").cloned().unwrap_or_else(Value::null);
        let Some(kind) = kind.as_str() else { return kind };
        if kind == "*" {
            return "*".into();
        }
        let together = match by_type.get(kind) {
            Some(before) => {
                let both = [before, &identifiers].into_iter().flat_map(|list| match list.items() {
                    Some(items) => items.to_vec(),
                    None => vec![list.clone()],
                });
                Value::tuple(both.collect())
            }
            None => identifiers,
        };
        by_type.insert(kind.into(), list_or_one(&together));
    }
    Value::object(by_type)
}

fn conditions(list: &Value) -> Value {
    let Some(items) = list.items() else { return list.clone() };
    let mut by_test: Fields = Fields::new();
    for item in items {
        let Some(fields) = item.fields() else { return item.clone() };
        let get = |name: &str| fields.get(name).cloned().unwrap_or(Data::Null(Type::String).into());
        let (test, variable, values) = (get("test"), get("variable"), get("values"));
        let (Some(test), Some(variable)) = (test.as_str(), variable.as_str()) else {
            return [test, variable].into_iter().find_map(|part| part.doubt()).unwrap_or_else(Value::null);
        };
        let mut variables = by_test.get(test).and_then(Value::fields).cloned().unwrap_or_default();
        variables.insert(variable.into(), list_or_one(&values));
        by_test.insert(test.into(), Value::object(variables));
    }
    Value::object(by_test)
}
