//! CloudWatch Logs filter patterns, compared by meaning as far as layout goes.
//!
//! CIS names patterns literally, and people type them with other blanks, quotes and order. Two patterns are
//! the same here if they differ only in blanks, in quotes around plain words, in redundant parentheses and
//! in the order of alternatives.

use super::super::eval::Env;
use super::super::value::Val;

/// Nesting beyond this is not a pattern that CIS asks for.
const DEPTH_MAX: usize = 32;

pub(super) fn same_filter_pattern<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    match args {
        [left, right] => match (left.as_str(), right.as_str()) {
            (Some(left), Some(right)) => Val::Bool(same_pattern(left, right)),
            _ => Val::Bool(false),
        },
        _ => Val::Null,
    }
}

/// See the module head.
pub(super) fn same_pattern(left: &str, right: &str) -> bool {
    normal_form(left) == normal_form(right)
}

fn normal_form(pattern: &str) -> String {
    let bare: String = pattern.chars().filter(|symbol| !symbol.is_whitespace() && *symbol != '"').collect();
    let inner = bare.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(&bare);
    normal(inner, 0)
}

fn normal(expression: &str, depth: usize) -> String {
    let mut expression = expression;
    while let Some(inner) = enclosed(expression) {
        expression = inner;
    }
    if depth > DEPTH_MAX {
        return expression.to_owned();
    }
    for operator in ["||", "&&"] {
        let parts = split_outside_parentheses(expression, operator);
        if parts.len() > 1 {
            let mut parts: Vec<String> = parts.into_iter().map(|part| normal(part, depth + 1)).collect();
            parts.sort();
            return format!("({})", parts.join(operator));
        }
    }
    expression.to_owned()
}

/// The inside of parentheses that enclose the whole expression.
fn enclosed(expression: &str) -> Option<&str> {
    let inner = expression.strip_prefix('(')?.strip_suffix(')')?;
    let mut depth = 0i32;
    for symbol in inner.chars() {
        depth += match symbol {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth < 0 {
            return None;
        }
    }
    (depth == 0).then_some(inner)
}

fn split_outside_parentheses<'t>(expression: &'t str, operator: &str) -> Vec<&'t str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0i32, 0usize);
    for (at, symbol) in expression.char_indices() {
        match symbol {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && at >= start && expression.get(at..).is_some_and(|rest| rest.starts_with(operator)) => {
                parts.extend(expression.get(start..at));
                start = at + operator.len();
            }
            _ => {}
        }
    }
    parts.extend(expression.get(start..));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_does_not_matter_and_content_does() {
        let same = |left: &str, right: &str| normal_form(left) == normal_form(right);
        assert!(same("{ ($.a = \"X\") || ($.b=Y) }", "{($.b=Y)||($.a=X)}"));
        assert!(same("{($.s=iam) && (($.n=A)||($.n=B))}", "{ (($.n=B) || ($.n=A)) && $.s=iam }"));
        assert!(!same("{($.a=X)||($.b=Y)}", "{($.a=X)&&($.b=Y)}"));
        assert!(!same("{$.a=X}", "{$.a=Y}"));
        assert!(same("((((", "(((("));
    }
}
