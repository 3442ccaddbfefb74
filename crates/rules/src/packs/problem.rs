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

/// What the YAML reader says, as help for a person: without the place, which a [`Problem`] has already, and with the
/// likely word instead of all words that are allowed.
pub(crate) fn plainly(message: &str) -> String {
    let message = match message.rsplit_once(" at line ") {
        Some((text, place)) if place.chars().all(|symbol| symbol.is_ascii_digit() || " column".contains(symbol)) => {
            text
        }
        _ => message,
    };
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (Some(word), true) = (quoted.next(), message.contains("unknown ")) else {
        return if message.contains("missing field `") { format!("{message}; add it") } else { message.to_owned() };
    };
    let known = message.split_once(", expected").map_or(message, |(known, _)| known);
    match sekisho_model::closest(word, quoted) {
        Some(close) => format!("{known}; did you mean `{close}`?"),
        None => message.to_owned(),
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

/// The line on which the test of that name stands, 0 where it is not found.
pub(crate) fn line_of_test(text: &str, name: &str) -> usize {
    let from = line_of(text, &["tests"]).saturating_sub(1);
    let names = |line: &str| line.split_once("name:").is_some_and(|(_, rest)| rest.contains(name));
    text.lines().enumerate().skip(from).find(|(_, line)| names(line)).map_or(0, |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_of_yaml_speaks_plainly() {
        for (said, told) in [
            (
                "unknown field `pases_when`, expected one of `id`, `passes_when` at line 6 column 1",
                "unknown field `pases_when`; did you mean `passes_when`?",
            ),
            (
                "tests[1].expect: unknown variant `NO`, expected `PASSED` or `FAILED` at line 27 column 31",
                "tests[1].expect: unknown variant `NO`, expected `PASSED` or `FAILED`",
            ),
            ("title: missing field `ja` at line 8 column 3", "title: missing field `ja`; add it"),
            ("found a tab at line 3 column 1, while scanning", "found a tab at line 3 column 1, while scanning"),
        ] {
            assert_eq!(plainly(said), told);
        }
    }

    #[test]
    fn tests_are_found_by_name() {
        let text = "id: A.1\nname: off\ntests:\n  - { name: on, expect: PASSED }\n  - name: \"off\"\n";
        assert_eq!((line_of_test(text, "on"), line_of_test(text, "off"), line_of_test(text, "gone")), (4, 5, 0));
    }
}
