//! Pagination, by botocore's paginators: where the token stands in an answer, under which name it is sent back, and
//! which lists belong together.
//!
//! Token expressions are JMESPath, of which the published models use three forms: `a.b`, `a[-1].b`, `x || y`.

use sekisho_model::{Map, Value};
use serde_json::Value as Json;

/// More pages than any account has; a service that pages on for ever is an error, not a long wait.
pub(crate) const PAGES_MAX: usize = 100_000;

/// How an operation pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paginator {
    pub(crate) input_tokens: Vec<String>,
    output_tokens: Vec<String>,
    result_keys: Vec<String>,
    more_results: Option<String>,
}

impl Paginator {
    pub(crate) fn parse(json: &Json) -> Result<Self, String> {
        let texts = |key: &str| match json.get(key) {
            Some(Json::String(text)) => vec![text.clone()],
            Some(Json::Array(items)) => items.iter().filter_map(|item| Some(item.as_str()?.to_owned())).collect(),
            _ => Vec::new(),
        };
        let paginator = Self {
            input_tokens: texts("input_token"),
            output_tokens: texts("output_token"),
            result_keys: texts("result_key"),
            more_results: texts("more_results").pop(),
        };
        let paired = paginator.input_tokens.len() == paginator.output_tokens.len();
        if paired && !paginator.input_tokens.is_empty() {
            Ok(paginator)
        } else {
            Err("a paginator's input and output tokens do not pair".into())
        }
    }

    /// The tokens of the next page, in the order of `input_tokens`; `None` after the last page.
    pub(crate) fn next_tokens(&self, page: &Value) -> Option<Vec<Option<Value>>> {
        if let Some(more) = &self.more_results
            && !search(page, more).is_some_and(is_truthy)
        {
            return None;
        }
        let token = |path: &String| search(page, path).filter(|value| is_truthy(value)).cloned();
        let tokens: Vec<Option<Value>> = self.output_tokens.iter().map(token).collect();
        tokens.iter().any(Option::is_some).then_some(tokens)
    }

    /// Adds a page to what was gathered.
    pub(crate) fn merge(&self, gathered: &mut Value, page: Value) {
        if self.result_keys.is_empty() {
            // Without a result key all lists at the top belong together.
            let Value::Map(fields) = page else { return };
            for (name, value) in fields.into_iter().filter(|(_, value)| value.as_list().is_some()) {
                merge_at(gathered, &[&name], value);
            }
            return;
        }
        for key in &self.result_keys {
            let steps: Vec<&str> = key.split('.').collect();
            if let Some(value) = page.at(key) {
                merge_at(gathered, &steps, value.clone());
            }
        }
    }

    /// Takes out the tokens of the first page, which would mislead beside a complete list.
    pub(crate) fn strip_tokens(&self, gathered: &mut Value) {
        for path in self.output_tokens.iter().chain(&self.more_results) {
            let steps: Vec<&str> = path.split('.').collect();
            let Some((last, parents)) = steps.split_last() else { continue };
            let mut place = Some(&mut *gathered);
            for step in parents {
                place = match place {
                    Some(Value::Map(map)) => map.get_mut(step),
                    _ => None,
                };
            }
            if let Some(Value::Map(map)) = place {
                map.remove(last);
            }
        }
    }
}

fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(map) => !map.is_empty(),
        _ => true,
    }
}

/// Lists grow, numbers add up, anything else is taken where there was nothing.
fn merge_at(gathered: &mut Value, path: &[&str], more: Value) {
    let (Value::Map(map), Some((step, rest))) = (gathered, path.split_first()) else { return };
    match map.get_mut(step) {
        None if rest.is_empty() => map.insert(*step, more),
        None => {
            map.insert(*step, Value::Map(Map::new()));
            if let Some(inner) = map.get_mut(step) {
                merge_at(inner, rest, more);
            }
        }
        Some(inner) if !rest.is_empty() => merge_at(inner, rest, more),
        Some(Value::List(items)) => {
            if let Value::List(more) = more {
                // Moves the elements of earlier pages: little beside the call that brought the page.
                *items = std::mem::take(items).into_iter().chain(more).collect();
            }
        }
        Some(Value::Int(sum)) => *sum = sum.saturating_add(more.as_int().unwrap_or(0)),
        Some(slot) => {
            if slot.is_null() {
                *slot = more;
            }
        }
    }
}

/// Evaluates a token expression.
fn search<'v>(page: &'v Value, expression: &str) -> Option<&'v Value> {
    expression.split("||").find_map(|path| search_path(page, path.trim()).filter(|value| is_truthy(value)))
}

fn search_path<'v>(page: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(page, |value, step| match step.strip_suffix("[-1]") {
        Some(name) => value.get(name)?.as_list()?.last(),
        None => value.get(step),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(json: Json) -> Value {
        json.into()
    }

    #[test]
    fn markers_and_truncation() {
        let paginator = Paginator::parse(&json!({
            "input_token": "Marker", "output_token": "Marker", "more_results": "IsTruncated", "result_key": "Users"
        }))
        .unwrap();
        let page = value(json!({"IsTruncated": true, "Marker": "m", "Users": [1]}));
        assert_eq!(paginator.next_tokens(&page), Some(vec![Some(Value::from("m"))]));
        assert_eq!(paginator.next_tokens(&value(json!({"IsTruncated": false, "Marker": "m"}))), None);
        let mut gathered = page;
        paginator.merge(&mut gathered, value(json!({"IsTruncated": false, "Users": [2, 3]})));
        paginator.strip_tokens(&mut gathered);
        assert_eq!(gathered, value(json!({"Users": [1, 2, 3]})));
    }

    #[test]
    fn the_three_token_forms() {
        let page = value(json!({"L": {"Next": "n"}, "Jobs": [{"Id": "a"}, {"Id": "b"}], "NextMarker": "", "T": ""}));
        assert_eq!(search(&page, "L.Next"), Some(&Value::from("n")));
        assert_eq!(search(&page, "Jobs[-1].Id"), Some(&Value::from("b")));
        assert_eq!(search(&page, "NextMarker || Jobs[-1].Id"), Some(&Value::from("b")));
        assert_eq!(search(&page, "T"), None, "an empty token ends the list");
    }

    #[test]
    fn several_tokens_and_dotted_keys() {
        let paginator = Paginator::parse(&json!({
            "input_token": ["A", "B"], "output_token": ["L.NextA", "L.NextB"], "result_key": "L.Items"
        }))
        .unwrap();
        let mut first = value(json!({"L": {"NextA": "1", "Items": [1]}}));
        assert_eq!(paginator.next_tokens(&first), Some(vec![Some(Value::from("1")), None]));
        paginator.merge(&mut first, value(json!({"L": {"Items": [2]}})));
        paginator.strip_tokens(&mut first);
        assert_eq!(first, value(json!({"L": {"Items": [1, 2]}})));
    }

    #[test]
    fn unpaired_tokens_are_refused() {
        assert!(Paginator::parse(&json!({"input_token": ["A", "B"], "output_token": "C"})).is_err());
        assert!(Paginator::parse(&json!({})).is_err());
    }
}
