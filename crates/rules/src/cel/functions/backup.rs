//! AWS Backup selections: which resources a plan takes in.
//!
//! The rules are those of "Assigning resources to a backup plan" in the AWS Backup guide: resources are
//! named by ARN (with wildcards), excluded by ARN, and chosen by tag; a list of tags joins with OR,
//! conditions join with AND.

use sekisho_model::Value;

use super::super::eval::Env;
use super::super::value::Val;
use super::glob;

pub(super) fn backup_selected<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let [selection, arn, tags] = args else { return Val::Null };
    if selection.is_null() {
        return Val::Bool(false);
    }
    let (selection, tags) = (selection.to_value(), tags.to_value());
    Val::Bool(arn.as_str().is_some_and(|arn| selects(&selection, arn, &tags)))
}

fn matched(list: Option<&Value>, arn: &str) -> bool {
    list.and_then(Value::as_list)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .any(|pattern| glob::matches(pattern, arn))
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::List(items)) => items.is_empty(),
        Some(Value::Map(map)) => map.values().all(|inner| is_empty(Some(inner))),
        Some(_) => false,
    }
}

fn selects(selection: &Value, arn: &str, tags: &Value) -> bool {
    if matched(selection.get("NotResources"), arn) {
        return false;
    }
    let listed = selection.get("ListOfTags").and_then(Value::as_list).into_iter().flatten();
    let by_tag =
        listed.into_iter().any(|condition| tag_holds(condition, tags, |actual, wanted| actual == Some(wanted)));
    let (resources, conditions, tag_list) =
        (selection.get("Resources"), selection.get("Conditions"), selection.get("ListOfTags"));
    let named = if is_empty(resources) { !is_empty(conditions) || is_empty(tag_list) } else { matched(resources, arn) };
    by_tag || (named && all_conditions_hold(conditions, tags))
}

fn all_conditions_hold(conditions: Option<&Value>, tags: &Value) -> bool {
    let Some(Value::Map(conditions)) = conditions else { return true };
    conditions.iter().all(|(operator, list)| {
        list.as_list().into_iter().flatten().all(|condition| {
            tag_holds(condition, tags, |actual, wanted| match &**operator {
                "StringEquals" => actual == Some(wanted),
                "StringLike" => actual.is_some_and(|actual| glob::matches(wanted, actual)),
                "StringNotEquals" => actual != Some(wanted),
                "StringNotLike" => !actual.is_some_and(|actual| glob::matches(wanted, actual)),
                _ => false,
            })
        })
    })
}

fn tag_holds(condition: &Value, tags: &Value, holds: impl Fn(Option<&str>, &str) -> bool) -> bool {
    let text = |key: &str| condition.get(key).and_then(Value::as_str);
    let (Some(key), Some(wanted)) = (text("ConditionKey"), text("ConditionValue")) else { return false };
    let name = key.strip_prefix("aws:ResourceTag/").unwrap_or(key);
    holds(tags.get(name).and_then(Value::as_str), wanted)
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
            assert_eq!(selects(&value(selection), arn, &tags), expected, "{selection}");
        }
    }
}
