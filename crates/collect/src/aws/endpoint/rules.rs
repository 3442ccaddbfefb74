//! Parsing and evaluating endpoint rule sets (version 1.0).

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::functions;
use super::{Endpoint, Parameters, Partitions};

/// Rule trees are a few levels deep; the cap is against a damaged pack.
const DEPTH_MAX: usize = 64;

/// A parsed rule set.
#[derive(Debug, Clone)]
pub(crate) struct RuleSet {
    /// Parameter name, its built-in name if it has one, its default.
    parameters: Vec<Parameter>,
    rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
struct Parameter {
    name: String,
    built_in: Option<String>,
    default: Option<Json>,
}

#[derive(Debug, Clone)]
struct Rule {
    conditions: Vec<Condition>,
    outcome: Outcome,
}

#[derive(Debug, Clone)]
enum Outcome {
    Tree(Vec<Rule>),
    Error(Expression),
    Endpoint { url: Expression, properties: Json },
}

#[derive(Debug, Clone)]
struct Condition {
    function: String,
    arguments: Vec<Expression>,
    assign: Option<String>,
}

#[derive(Debug, Clone)]
enum Expression {
    Literal(Json),
    /// A string with `{Name}` or `{Name#path}` in it.
    Template(String),
    Reference(String),
    Call(Box<Condition>),
}

/// Scope of evaluation: parameters and what conditions assigned, innermost last.
type Scope = BTreeMap<String, Json>;

impl RuleSet {
    pub(crate) fn parse(json: &Json) -> Result<Self, String> {
        let parameters = json.get("parameters").and_then(Json::as_object).into_iter().flatten();
        let parameters = parameters
            .map(|(name, raw)| Parameter {
                name: name.clone(),
                built_in: raw.get("builtIn").and_then(Json::as_str).map(str::to_owned),
                default: raw.get("default").cloned(),
            })
            .collect();
        Ok(Self { parameters, rules: parse_rules(json.get("rules"), 0)? })
    }

    /// The parameters that the rule set declares, filled from built-ins (`AWS::Region`) and from what the operation
    /// gives, over the declared defaults.
    pub(crate) fn bind(&self, built_ins: &Parameters, given: &Parameters) -> Parameters {
        let mut bound = Parameters::new();
        for parameter in &self.parameters {
            let from_built_in = parameter.built_in.as_ref().and_then(|name| built_ins.get(name));
            let value = given.get(&parameter.name).or(from_built_in).or(parameter.default.as_ref());
            if let Some(value) = value {
                bound.insert(parameter.name.clone(), value.clone());
            }
        }
        bound
    }

    /// Finds the endpoint.
    ///
    /// # Errors
    /// The rule set's own message where it refuses, or a word about a damaged rule set.
    pub(crate) fn resolve(&self, parameters: &Parameters, partitions: &Partitions) -> Result<Endpoint, String> {
        let mut scope = parameters.clone();
        evaluate_rules(&self.rules, &mut scope, partitions)?
            .unwrap_or_else(|| Err("no endpoint rule applies; check the Region's name".into()))
    }
}

fn parse_rules(json: Option<&Json>, depth: usize) -> Result<Vec<Rule>, String> {
    if depth > DEPTH_MAX {
        return Err("endpoint rules are nested too deeply".into());
    }
    let rules = json.and_then(Json::as_array).ok_or("endpoint rules are missing")?;
    rules.iter().map(|rule| parse_rule(rule, depth)).collect()
}

fn parse_rule(json: &Json, depth: usize) -> Result<Rule, String> {
    let conditions = json.get("conditions").and_then(Json::as_array).into_iter().flatten();
    let conditions = conditions.map(parse_condition).collect::<Result<_, _>>()?;
    let outcome = match json.get("type").and_then(Json::as_str) {
        Some("tree") => Outcome::Tree(parse_rules(json.get("rules"), depth + 1)?),
        Some("error") => Outcome::Error(parse_expression(json.get("error").unwrap_or(&Json::Null))?),
        Some("endpoint") => {
            let endpoint = json.get("endpoint").ok_or("an endpoint rule has no endpoint")?;
            Outcome::Endpoint {
                url: parse_expression(endpoint.get("url").unwrap_or(&Json::Null))?,
                properties: endpoint.get("properties").cloned().unwrap_or_default(),
            }
        }
        _ => return Err("an endpoint rule has an unknown type".into()),
    };
    Ok(Rule { conditions, outcome })
}

fn parse_condition(json: &Json) -> Result<Condition, String> {
    let function = json.get("fn").and_then(Json::as_str).ok_or("an endpoint condition names no function")?;
    let arguments = json.get("argv").and_then(Json::as_array).into_iter().flatten();
    Ok(Condition {
        function: function.to_owned(),
        arguments: arguments.map(parse_expression).collect::<Result<_, _>>()?,
        assign: json.get("assign").and_then(Json::as_str).map(str::to_owned),
    })
}

fn parse_expression(json: &Json) -> Result<Expression, String> {
    Ok(match json {
        Json::String(text) if text.contains('{') => Expression::Template(text.clone()),
        Json::Object(fields) if fields.contains_key("fn") => Expression::Call(Box::new(parse_condition(json)?)),
        Json::Object(fields) if fields.contains_key("ref") => {
            Expression::Reference(fields.get("ref").and_then(Json::as_str).unwrap_or_default().to_owned())
        }
        other => Expression::Literal(other.clone()),
    })
}

type Found = Option<Result<Endpoint, String>>;

fn evaluate_rules(rules: &[Rule], scope: &mut Scope, partitions: &Partitions) -> Result<Found, String> {
    for rule in rules {
        // Assignments of a rule are seen by its own later conditions and by what is below it, nowhere else.
        let mut inner = scope.clone();
        if !conditions_hold(&rule.conditions, &mut inner, partitions)? {
            continue;
        }
        let found = match &rule.outcome {
            Outcome::Tree(rules) => evaluate_rules(rules, &mut inner, partitions)?,
            Outcome::Error(message) => {
                let message = evaluate(message, &inner, partitions)?;
                Some(Err(message.and_then(|text| Some(text.as_str()?.to_owned())).unwrap_or_default()))
            }
            Outcome::Endpoint { url, properties } => Some(Ok(endpoint(url, properties, &inner, partitions)?)),
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn conditions_hold(conditions: &[Condition], scope: &mut Scope, partitions: &Partitions) -> Result<bool, String> {
    for condition in conditions {
        let value = evaluate_call(condition, scope, partitions)?;
        // Unset and false fail; anything else holds.
        match value {
            None | Some(Json::Null | Json::Bool(false)) => return Ok(false),
            Some(value) => {
                if let Some(name) = &condition.assign {
                    scope.insert(name.clone(), value);
                }
            }
        }
    }
    Ok(true)
}

fn evaluate_call(call: &Condition, scope: &Scope, partitions: &Partitions) -> Result<Option<Json>, String> {
    let mut arguments = Vec::with_capacity(call.arguments.len());
    for argument in &call.arguments {
        arguments.push(evaluate(argument, scope, partitions)?);
    }
    let first = arguments.first().and_then(Option::as_ref);
    match call.function.as_str() {
        "isSet" => Ok(Some(Json::Bool(first.is_some_and(|value| !value.is_null())))),
        "not" => Ok(Some(Json::Bool(!first.and_then(Json::as_bool).unwrap_or(false)))),
        name => functions::call(name, &arguments, partitions),
    }
}

fn evaluate(expression: &Expression, scope: &Scope, partitions: &Partitions) -> Result<Option<Json>, String> {
    match expression {
        Expression::Literal(value) => Ok(Some(value.clone())),
        Expression::Reference(name) => Ok(scope.get(name).cloned()),
        Expression::Template(text) => Ok(Some(Json::String(fill(text, scope)?))),
        Expression::Call(call) => evaluate_call(call, scope, partitions),
    }
}

/// Fills `{Name}` and `{Name#path}`; `{{` and `}}` stand for braces.
fn fill(template: &str, scope: &Scope) -> Result<String, String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        if let Some(after) = tail.strip_prefix("{{") {
            out.push('{');
            rest = after;
        } else if let Some(after) = tail.strip_prefix("}}") {
            out.push('}');
            rest = after;
        } else {
            let inner = tail.strip_prefix('{').and_then(|inner| inner.split_once('}'));
            let (name, after) = inner.ok_or("an endpoint template has a lone brace")?;
            let value = match name.split_once('#') {
                Some((name, path)) => scope.get(name).and_then(|value| functions::attribute(value, path)),
                None => scope.get(name).cloned(),
            };
            let text = value.as_ref().and_then(Json::as_str);
            out.push_str(text.ok_or_else(|| format!("an endpoint template needs `{name}`, which is not set"))?);
            rest = after;
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn endpoint(url: &Expression, properties: &Json, scope: &Scope, partitions: &Partitions) -> Result<Endpoint, String> {
    let url = evaluate(url, scope, partitions)?.and_then(|url| Some(url.as_str()?.to_owned()));
    // The first scheme that we speak; sigv4a (multi-Region access points) is not one.
    let schemes = properties.get("authSchemes").and_then(Json::as_array).into_iter().flatten();
    let speakable = |scheme: &&Json| scheme.get("name").and_then(Json::as_str).is_some_and(|name| name == "sigv4");
    let scheme = schemes.into_iter().find(speakable);
    let text = |name: &str| {
        let template = scheme.and_then(|scheme| scheme.get(name)).and_then(Json::as_str);
        template.map(|template| fill(template, scope)).transpose()
    };
    Ok(Endpoint {
        url: url.ok_or("an endpoint rule gives no URL")?,
        signing_region: text("signingRegion")?,
        signing_name: text("signingName")?,
    })
}
