//! AWS Backup selections: which resources a plan takes in.
//!
//! The rules are those of "Assigning resources to a backup plan" in the AWS Backup guide: resources are
//! named by ARN (with wildcards), excluded by ARN, and chosen by tag; a list of tags joins with OR,
//! conditions join with AND.

use sekisho_model::Value;

use super::super::eval::{Env, and, or};
use super::super::value::{Truth, Val};
use super::glob;
use super::three_valued::{all, any, any_text, field, not};

pub(super) fn backup_selected<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let [selection, arn, tags] = args else { return Val::Null };
    if selection.is_null() {
        return Val::Bool(false);
    }
    let (selection, tags) = (selection.to_value(), tags.to_value());
    arn.as_str().map_or(Val::Bool(false), |arn| selects(&selection, arn, &tags).into())
}

fn is_empty(value: Option<&Value>) -> Truth {
    match value {
        None | Some(Value::Null) => Truth::True,
        Some(Value::List(items)) => items.is_empty().into(),
        Some(Value::Map(map)) => all(map.values(), |inner| is_empty(Some(inner))),
        Some(Value::Unknown(why)) => Truth::Unknown(why.clone()),
        Some(_) => Truth::False,
    }
}

/// The elements of a list; an unknown in its place is one unknown element.
fn listed(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let unknown = value.filter(|value| value.as_unknown().is_some());
    unknown.into_iter().chain(value.and_then(Value::as_list).into_iter().flatten())
}

fn selects(selection: &Value, arn: &str, tags: &Value) -> Truth {
    let part = |name: &str| field(Some(selection), name);
    let matched = |list: Option<&Value>| {
        any(listed(list), |pattern| any_text(Some(pattern), |pattern| glob::matches(pattern, arn)))
    };
    let (resources, conditions, tag_list) = (part("Resources"), part("Conditions"), part("ListOfTags"));
    let by_tag = any(listed(tag_list), |condition| tag_holds(condition, tags, |actual, wanted| actual == Some(wanted)));
    let named = match is_empty(resources) {
        Truth::True => or(not(is_empty(conditions)), || is_empty(tag_list)),
        Truth::False => matched(resources),
        unknown => unknown,
    };
    let chosen = or(by_tag, || and(named, || all_conditions_hold(conditions, tags)));
    and(not(matched(part("NotResources"))), || chosen)
}

fn all_conditions_hold(conditions: Option<&Value>, tags: &Value) -> Truth {
    match conditions {
        Some(Value::Map(conditions)) => all(conditions.iter(), |(operator, list)| {
            all(listed(Some(list)), |condition| {
                tag_holds(condition, tags, |actual, wanted| match &**operator {
                    "StringEquals" => actual == Some(wanted),
                    "StringLike" => actual.is_some_and(|actual| glob::matches(wanted, actual)),
                    "StringNotEquals" => actual != Some(wanted),
                    "StringNotLike" => !actual.is_some_and(|actual| glob::matches(wanted, actual)),
                    _ => false,
                })
            })
        }),
        Some(Value::Unknown(why)) => Truth::Unknown(why.clone()),
        _ => Truth::True,
    }
}

fn tag_holds(condition: &Value, tags: &Value, holds: impl Fn(Option<&str>, &str) -> bool) -> Truth {
    let unknown = |value: Option<&Value>| value.and_then(Value::as_unknown).map(|why| Truth::Unknown(why.clone()));
    let part = |name: &str| field(Some(condition), name);
    let (key, wanted) = (part("ConditionKey"), part("ConditionValue"));
    if let Some(unknown) = unknown(key).or_else(|| unknown(wanted)) {
        return unknown;
    }
    let (Some(key), Some(wanted)) = (key.and_then(Value::as_str), wanted.and_then(Value::as_str)) else {
        return Truth::False;
    };
    let actual = field(Some(tags), key.strip_prefix("aws:ResourceTag/").unwrap_or(key));
    unknown(actual).unwrap_or_else(|| holds(actual.and_then(Value::as_str), wanted).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn selections_as_the_backup_guide_describes_them() {
        let arn = "arn:aws:rds:us-east-1:111122223333:db:orders";
        let tags = value(r#"{"backup":"yes"}"#);
        for (selection, expected) in [
            (r#"{"Resources":["*"]}"#, true),
            (r#"{"Resources":["arn:aws:rds:*:*:db:*"]}"#, true),
            (r#"{"Resources":["arn:aws:dynamodb:*:*:table/*"]}"#, false),
            (r#"{"Resources":["*"],"NotResources":["arn:aws:rds:*:*:db:*"]}"#, false),
            (
                r#"{"ListOfTags":[{"ConditionType":"STRINGEQUALS","ConditionKey":"backup","ConditionValue":"yes"}]}"#,
                true,
            ),
            (
                r#"{"ListOfTags":[{"ConditionType":"STRINGEQUALS","ConditionKey":"backup","ConditionValue":"no"}]}"#,
                false,
            ),
            (
                r#"{"Resources":["*"],"Conditions":{"StringEquals":[{"ConditionKey":"aws:ResourceTag/backup","ConditionValue":"no"}]}}"#,
                false,
            ),
            (
                r#"{"Conditions":{"StringLike":[{"ConditionKey":"aws:ResourceTag/backup","ConditionValue":"y*"}]}}"#,
                true,
            ),
        ] {
            assert_eq!(selects(&value(selection), arn, &tags), Truth::from(expected), "{selection}");
        }
    }
}
