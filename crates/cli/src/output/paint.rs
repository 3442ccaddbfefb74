//! Colour for terminals, with meaning and never alone: every coloured word says the same without its colour.
//!
//! The sixteen-colour palette is used because people have set those colours to what they can read.

use std::str::FromStr;

use sekisho_model::Severity;

/// The value of `--color`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// Colour on a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl FromStr for ColorChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            _ => Err(format!("`{text}` is not a colour choice; write auto, always or never")),
        }
    }
}

impl ColorChoice {
    /// Whether to colour. `no_color` is the value of `NO_COLOR` (set and not empty means no, see no-color.org),
    /// `term` that of `TERM`; an explicit choice beats both.
    pub fn resolve(self, is_terminal: bool, no_color: Option<&str>, term: Option<&str>) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => is_terminal && no_color.unwrap_or_default().is_empty() && term != Some("dumb"),
        }
    }
}

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Heading,
    Faint,
    Severity(Severity),
    Good,
    Bad,
    Caution,
}

/// Wraps `text` in the escape sequences of `ink`, or leaves it.
pub(crate) fn paint(color: bool, ink: Ink, text: &str) -> String {
    if !color || text.is_empty() {
        return text.to_owned();
    }
    let code = match ink {
        Ink::Heading => "1",
        Ink::Faint => "2",
        Ink::Severity(Severity::Critical) => "1;7;31",
        Ink::Severity(Severity::High) | Ink::Bad => "1;31",
        Ink::Severity(Severity::Medium) | Ink::Caution => "33",
        Ink::Severity(Severity::Low) => "36",
        Ink::Severity(Severity::Informational) => "2",
        Ink::Good => "32",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explicit_choice_beats_the_environment() {
        assert!(ColorChoice::Always.resolve(false, Some("1"), Some("dumb")));
        assert!(!ColorChoice::Never.resolve(true, None, None));
        assert!(ColorChoice::Auto.resolve(true, Some(""), Some("xterm")));
        assert!(!ColorChoice::Auto.resolve(true, Some("1"), Some("xterm")));
        assert!(!ColorChoice::Auto.resolve(false, None, Some("xterm")));
        assert!(!ColorChoice::Auto.resolve(true, None, Some("dumb")));
    }
}
