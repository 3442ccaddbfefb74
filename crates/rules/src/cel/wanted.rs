//! Which settings would make a condition hold: what a mechanical fix sets.
//!
//! Only what a condition says outright is taken from it: a field that must be true, equal to a constant or at least so much. Of
//! alternatives the first is taken. Whether it was enough is for judging again to say.

use sekisho_model::Value;

use super::Program;
use super::ast::{Comparison, Expr, Root};

impl Program {
    /// Paths below `root` (`properties`) with the values that the condition asks for, given the values of `parameters`. Empty if
    /// the condition says nothing that simple.
    pub fn wanted(&self, root: &str, parameters: &Value) -> Vec<(String, Value)> {
        let walk = Walk { program: self, root, parameters };
        let mut found = walk.of(&self.expr).unwrap_or_default();
        found.dedup_by(|a, b| a.0 == b.0);
        found
    }
}

struct Walk<'w> {
    program: &'w Program,
    root: &'w str,
    parameters: &'w Value,
}

type Wanted = Option<Vec<(String, Value)>>;

impl Walk<'_> {
    fn of(&self, expr: &Expr) -> Wanted {
        match expr {
            Expr::Path { .. } => self.set(expr, Value::Bool(true)),
            Expr::Not(inner) => self.set(inner, Value::Bool(false)),
            // What cannot be set is left out: it may hold already.
            Expr::And(left, right) => {
                let both: Vec<_> = [left, right].into_iter().filter_map(|part| self.of(part)).flatten().collect();
                (!both.is_empty()).then_some(both)
            }
            Expr::Or(left, right) => self.of(left).or_else(|| self.of(right)),
            Expr::Compare(comparison, left, right) => {
                let (path, constant, comparison) = match (self.constant(left), self.constant(right)) {
                    (None, Some(constant)) => (left, constant, *comparison),
                    (Some(constant), None) => (right, constant, turned(*comparison)),
                    _ => return None,
                };
                let value = match (comparison, constant) {
                    (Comparison::Equal | Comparison::GreaterEqual | Comparison::LessEqual, value) => value,
                    (Comparison::NotEqual, Value::Bool(truth)) => Value::Bool(!truth),
                    (Comparison::Greater, Value::Int(number)) => Value::Int(number.checked_add(1)?),
                    (Comparison::Less, Value::Int(number)) => Value::Int(number.checked_sub(1)?),
                    _ => return None,
                };
                self.set(path, value)
            }
            Expr::In(path, list) => match &**list {
                Expr::List(items) => self.set(path, self.constant(items.first()?)?),
                _ => None,
            },
            _ => None,
        }
    }

    fn set(&self, expr: &Expr, value: Value) -> Wanted {
        let path = self.path(expr, self.root)?;
        (!value.is_null()).then(|| vec![(path, value)])
    }

    /// The fields below a root, with dots.
    fn path(&self, expr: &Expr, root: &str) -> Option<String> {
        let Expr::Path { root: Root::Variable(slot), keys } = expr else { return None };
        let named = self.program.roots.get(*slot).is_some_and(|name| name == root) && !keys.is_empty();
        named.then(|| keys.iter().map(|key| &**key).collect::<Vec<_>>().join("."))
    }

    fn constant(&self, expr: &Expr) -> Option<Value> {
        match expr {
            Expr::Literal(value) => Some(value.clone()),
            Expr::Path { .. } => {
                let name = self.path(expr, "parameters")?;
                self.parameters.get(&name).filter(|value| !value.is_null()).cloned()
            }
            _ => None,
        }
    }
}

fn turned(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessEqual => Comparison::GreaterEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterEqual => Comparison::LessEqual,
        same => same,
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn simple_conditions_say_what_they_want() {
        let parameters = Value::Map([("least".into(), Value::Int(7))].into_iter().collect());
        for (condition, wanted) in [
            ("properties.Encrypted", r#"Encrypted=true"#),
            ("!properties.Public", r#"Public=false"#),
            ("properties.A.B == \"x\" && properties.Days >= parameters.least", r#"A.B="x" Days=7"#),
            ("3 < properties.Days", "Days=4"),
            ("properties.Mode in [\"Active\", \"Other\"]", r#"Mode="Active""#),
            ("size(properties.X) > 0 || properties.Y != false", "Y=true"),
            ("properties.List.exists(x, x.On)", ""),
            ("attributes.On", ""),
        ] {
            let program = Program::compile(condition, &["properties", "attributes", "parameters"]).unwrap();
            let found = program.wanted("properties", &parameters);
            let found: Vec<String> = found.iter().map(|(path, value)| format!("{path}={value}")).collect();
            assert_eq!(found.join(" "), wanted, "{condition}");
        }
    }
}
