//! Paths into answers: `Keys`, `Reservations[].Instances[]`, `DomainStatusList`.

use sekisho_model::Value;

/// The elements at `path`. A step ending in `[]` goes into every element; the last step's list is opened in
/// any case. An unknown on the way is the only element.
pub(crate) fn items_at(answer: &Value, path: &str) -> Vec<Value> {
    let mut level: Vec<&Value> = vec![answer];
    for step in path.split('.') {
        let name = step.strip_suffix("[]").unwrap_or(step);
        let inner = level.into_iter().filter_map(|value| value.get(name));
        level = inner.flat_map(opened).collect();
    }
    level.into_iter().filter(|value| !value.is_null()).cloned().collect()
}

fn opened(value: &Value) -> Vec<&Value> {
    match value {
        Value::List(items) => items.iter().collect(),
        other => vec![other],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_open_lists() {
        let answer: Value =
            serde_json::from_str(r#"{"R":[{"I":[{"a":1},{"a":2}]},{"I":[]},{}],"K":["x"],"D":{"one":1}}"#).unwrap();
        assert_eq!(items_at(&answer, "R[].I[]").len(), 2);
        assert_eq!(items_at(&answer, "K"), vec![Value::from("x")]);
        assert_eq!(items_at(&answer, "D").len(), 1);
        assert_eq!(items_at(&answer, "Missing"), Vec::<Value>::new());
    }
}
