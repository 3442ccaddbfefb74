//! What is wrong with a pack, for the person who writes it.

use std::fmt;

/// One mistake, with its place and the next step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// 1-based line, 0 if the file as a whole is meant.
    pub line: usize,
    /// What is wrong and what to write instead.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(formatter, "{}: {}", self.file, self.text)
        } else {
            write!(formatter, "{}:{}: {}", self.file, self.line, self.text)
        }
    }
}

/// The line on which the innermost key of `path` stands; falls back to the outer keys.
///
/// YAML values carry no positions, so the keys are looked for in the text, each below the one before.
pub(crate) fn line_of(text: &str, path: &[&str]) -> usize {
    let mut found = 0;
    let mut from = 0;
    for key in path {
        let hit = text.lines().enumerate().skip(from).find(|(_, line)| {
            let code = line.trim_start().trim_start_matches("- ");
            code.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'))
                || line.contains(&format!("{{ {key}:"))
                || line.contains(&format!(", {key}:"))
        });
        if let Some((at, _)) = hit {
            found = at + 1;
            from = at;
        }
    }
    found
}
