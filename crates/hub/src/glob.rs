//! Patterns with `*` (any number of characters, none included) and `?` (exactly one), as in IAM policies: they
//! cross `:` and `/`, and case counts.
//!
//! Matching cannot blow up: the pattern is cut at its stars, and each piece is taken at the first place where it
//! fits, which is enough because a star can always stretch. Pieces without `?` are found in linear time; with
//! `?` the cost is at most the product of both lengths, and patterns are capped.

use std::fmt;

/// The longest pattern. ARNs have up to 2,048 characters.
const PATTERN_MAX_BYTES: usize = 2048;

/// A compiled pattern. Equality is that of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    text: String,
    /// The pieces between the stars; one piece means there is no star.
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    text: String,
    has_question_mark: bool,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GlobError {
    /// Nothing would match.
    #[error("an empty pattern matches nothing; write a name, or `*` for all")]
    Empty,
    /// Too long.
    #[error("the pattern is longer than {PATTERN_MAX_BYTES} bytes; shorten it with `*`")]
    TooLong,
}

impl Piece {
    /// The length in bytes of what the piece matches at the start of `text`.
    fn prefix_length(&self, text: &str) -> Option<usize> {
        if !self.has_question_mark {
            return text.starts_with(&self.text).then_some(self.text.len());
        }
        let mut rest = text.chars();
        for wanted in self.text.chars() {
            let found = rest.next()?;
            if wanted != '?' && wanted != found {
                return None;
            }
        }
        Some(text.len() - rest.as_str().len())
    }

    /// What follows the first place in `text` where the piece fits.
    fn skip_to<'t>(&self, text: &'t str) -> Option<&'t str> {
        if !self.has_question_mark {
            return text.split_once(self.text.as_str()).map(|(_, after)| after);
        }
        let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        starts
            .filter_map(|at| text.get(at..))
            .find_map(|rest| self.prefix_length(rest).and_then(|length| rest.get(length..)))
    }

    /// Whether `text` ends with the piece.
    fn fits_end(&self, text: &str) -> bool {
        let length = self.text.chars().count();
        let Some(skipped) = text.chars().count().checked_sub(length) else { return false };
        let start = text.char_indices().nth(skipped).map_or(text.len(), |(at, _)| at);
        text.get(start..).is_some_and(|end| self.prefix_length(end) == Some(end.len()))
    }
}

impl Glob {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`GlobError`] for an empty or an overlong text.
    pub fn new(text: &str) -> Result<Self, GlobError> {
        if text.is_empty() {
            return Err(GlobError::Empty);
        }
        if text.len() > PATTERN_MAX_BYTES {
            return Err(GlobError::TooLong);
        }
        let piece = |text: &str| Piece { text: text.to_owned(), has_question_mark: text.contains('?') };
        Ok(Self { text: text.to_owned(), pieces: text.split('*').map(piece).collect() })
    }

    /// Whether the whole of `text` fits.
    pub fn matches(&self, text: &str) -> bool {
        let Some((first, others)) = self.pieces.split_first() else { return false };
        let Some(rest) = first.prefix_length(text).and_then(|length| text.get(length..)) else { return false };
        let Some((last, middle)) = others.split_last() else { return rest.is_empty() };
        let rest = middle.iter().try_fold(rest, |rest, piece| piece.skip_to(rest));
        rest.is_some_and(|rest| last.fits_end(rest))
    }

    /// Whether it is a plain name without `*` and `?`.
    pub fn is_plain(&self) -> bool {
        matches!(self.pieces.as_slice(), [only] if !only.has_question_mark)
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stars_and_question_marks() {
        let cases = [
            ("S3.8", "S3.8", true),
            ("S3.8", "S3.80", false),
            ("S3.*", "S3.8", true),
            ("S3.*", "S3.", true),
            ("S3.*", "EC2.8", false),
            ("*", "", true),
            ("*", "anything", true),
            ("?", "", false),
            ("?", "é", true),
            ("EC2.1?", "EC2.19", true),
            ("EC2.1?", "EC2.1", false),
            ("arn:aws:s3:::web-*", "arn:aws:s3:::web-assets/2026", true),
            ("arn:aws:s3:::*-web", "arn:aws:s3:::a-web-web", true),
            ("arn:*:bucket", "arn:aws:s3:::bucket", true),
            ("*a*b*", "xaxbx", true),
            ("*a*b*", "xbxax", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("ab*ba", "aba", false),
            ("*?x", "abx", true),
            ("*?x", "x", false),
            ("**", "", true),
            ("a*?", "a", false),
            ("a*?*c", "abc", true),
            ("s3.*", "S3.8", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(Glob::new(pattern).unwrap().matches(text), expected, "{pattern} on {text}");
        }
        assert_eq!(Glob::new(""), Err(GlobError::Empty));
        assert_eq!(Glob::new(&"a".repeat(2049)), Err(GlobError::TooLong));
    }

    /// The definition, as a plain recursion.
    fn by_definition(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', pattern_rest)), _) => {
                by_definition(pattern_rest, text)
                    || text.split_first().is_some_and(|(_, rest)| by_definition(pattern, rest))
            }
            (Some(('?', pattern_rest)), Some((_, text_rest))) => by_definition(pattern_rest, text_rest),
            (Some((wanted, pattern_rest)), Some((found, text_rest))) => {
                wanted == found && by_definition(pattern_rest, text_rest)
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab?*é]{1,8}", text in "[abé]{0,10}") {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            let expected = by_definition(&characters(&pattern), &characters(&text));
            prop_assert_eq!(Glob::new(&pattern).unwrap().matches(&text), expected);
        }
    }

    #[test]
    fn many_stars_stay_quick() {
        let pattern = Glob::new(&format!("{}b", "a*".repeat(900))).unwrap();
        assert!(!pattern.matches(&"a".repeat(100_000)));
    }
}
