//! Text for terminals and tables: width, wrapping, padding, and the removal of what could hurt a terminal.
//!
//! Conventions:
//! - Width is counted in terminal cells (Unicode Standard Annex 11): a kanji takes two.
//! - Characters of *ambiguous* width (box drawing, blocks, the ellipsis) are not used at all, because Japanese
//!   terminals draw them two cells wide and tables would fray there. Hence `#` bars and `...`.
//! - Names of resources come from strangers. Control characters and text-direction overrides in them would
//!   let a bucket policy repaint somebody's terminal, so [`clean`] goes before everything else.

use std::io::{self, Write};

use jiff::Timestamp;
use unicode_width::UnicodeWidthChar;

/// Closing punctuation that must not begin a line (the commonest of the Japanese *kinsoku* rules, JIS X 4051).
const NEVER_FIRST: &str = "、。，．）」』】〉》］｝・：；？！ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ";
/// Opening brackets that must not end a line.
const NEVER_LAST: &str = "（「『【〈《［｛";

/// The number of terminal cells that `text` takes: the sum over its characters, which is how terminals count
/// (they do not join emoji sequences).
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|character| character.width().unwrap_or(0)).sum()
}

/// Whether a character may steer a terminal or turn the reading direction of what follows.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// `text` on one line, with every steering character replaced (white space by a space, the rest by U+FFFD).
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\t' | '\n' | '\r' => ' ',
            other if steers(other) => '\u{fffd}',
            other => other,
        })
        .collect()
}

/// The longest prefix of `text` that fits in `cells`.
fn prefix(text: &str, cells: usize) -> &str {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += character.width().unwrap_or(0);
        if used > cells {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// `text` cut to `cells`, with `...` where something is missing.
pub(crate) fn shorten(text: &str, cells: usize) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let dots = cells.min(3);
    format!("{}{}", prefix(text, cells - dots), ".".repeat(dots))
}

/// `text` cut in the middle, because the two ends of an ARN say most.
pub(crate) fn shorten_middle(text: &str, cells: usize) -> String {
    if width(text) <= cells || cells < 8 {
        return shorten(text, cells);
    }
    let head = prefix(text, (cells - 3) / 3);
    let mut room = cells - 3 - width(head);
    let mut tail_at = text.len();
    for (at, character) in text.char_indices().rev() {
        let needed = character.width().unwrap_or(0);
        if needed > room {
            break;
        }
        room -= needed;
        tail_at = at;
    }
    format!("{head}...{}", text.get(tail_at..).unwrap_or_default())
}

/// Pads on the right to `cells`.
pub(crate) fn pad(text: &str, cells: usize) -> String {
    format!("{text}{}", " ".repeat(cells.saturating_sub(width(text))))
}

/// Pads on the left to `cells`, for numbers.
pub(crate) fn pad_left(text: &str, cells: usize) -> String {
    format!("{}{text}", " ".repeat(cells.saturating_sub(width(text))))
}

/// A piece that stays together, and whether a space precedes it.
struct Piece {
    text: String,
    spaced: bool,
}

/// Cuts at spaces (but not at no-break spaces) and between wide characters, keeping closing punctuation with what
/// it closes.
fn pieces(text: &str) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let (mut spaced, mut glue) = (false, false);
    for character in text.chars() {
        if character.is_whitespace() && character != '\u{a0}' {
            (spaced, glue) = (true, false);
            continue;
        }
        let wide = character.width() == Some(2);
        let joins = glue || NEVER_FIRST.contains(character) || !wide;
        match out.last_mut() {
            Some(last) if joins && !spaced && (glue || NEVER_FIRST.contains(character) || last.ends_narrow()) => {
                last.text.push(character);
            }
            _ => out.push(Piece { text: character.to_string(), spaced }),
        }
        spaced = false;
        glue = NEVER_LAST.contains(character);
    }
    out
}

impl Piece {
    fn ends_narrow(&self) -> bool {
        self.text.chars().next_back().is_some_and(|last| last.width() != Some(2))
    }
}

/// `text` in lines of at most `cells` cells. A piece longer than a line (an ARN) is cut.
pub(crate) fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(2);
    let mut lines = vec![String::new()];
    for piece in pieces(&clean(text)) {
        let Some(line) = lines.last_mut() else { break };
        let gap = usize::from(piece.spaced && !line.is_empty());
        if width(line) + gap + width(&piece.text) <= cells {
            line.push_str(if gap == 1 { " " } else { "" });
            line.push_str(&piece.text);
            continue;
        }
        if !line.is_empty() {
            lines.push(String::new());
        }
        let mut rest = piece.text.as_str();
        while width(rest) > cells {
            let head = prefix(rest, cells);
            if let Some(line) = lines.last_mut() {
                line.push_str(head);
            }
            lines.push(String::new());
            rest = rest.get(head.len()..).unwrap_or_default();
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(rest);
        }
    }
    lines
}

/// Writes `text` behind `head`, its further lines under its first. Where `head` leaves less than 20 columns, lines get
/// longer than the terminal rather than a word to a line.
pub(crate) fn indented(out: &mut dyn Write, head: &str, text: &str, columns: usize) -> io::Result<()> {
    let indent = width(head);
    for (at, line) in wrap(text, columns.saturating_sub(indent).max(20)).iter().enumerate() {
        if at == 0 {
            writeln!(out, "{head}{line}")?;
        } else {
            writeln!(out, "{:indent$}{line}", "")?;
        }
    }
    Ok(())
}

/// The first `limit` characters of `text`, with `...` in place of the last three where something is missing.
/// Limits of wire formats count characters, not cells.
pub(crate) fn limit_chars(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(3)).collect();
    format!("{kept}...")
}

/// A time as people read it, UTC said: `2026-11-25 00:37 UTC`.
pub(crate) fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A time for machines, RFC 3339 with milliseconds.
pub(crate) fn millisecond(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Thousands separated by commas (both languages do so).
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kanji_are_two_cells_wide() {
        assert_eq!((width("abc"), width("関所"), width("S3 バケット")), (3, 4, 11));
        assert_eq!(shorten("関所関所", 7), "関所...");
        assert_eq!(pad("関所", 6), "関所  ");
        assert_eq!(pad_left("7", 3), "  7");
    }

    #[test]
    fn both_ends_of_an_arn_stay() {
        assert_eq!(shorten_middle("arn:aws:s3:::a-very-long-bucket-name-indeed", 23), "arn:aw...et-name-indeed");
    }

    #[test]
    fn japanese_breaks_anywhere_but_before_closing_marks() {
        assert_eq!(wrap("鍵を更新します。次へ", 14), ["鍵を更新しま", "す。次へ"]);
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("「自動」を", 4), ["「自", "動」", "を"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
    }

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb\nc\u{202e}d"), "a\u{fffd}[2Jb c\u{fffd}d");
    }

    #[test]
    fn numbers_and_times() {
        assert_eq!(
            [thousands(0), thousands(999), thousands(1000), thousands(1_234_567)],
            ["0", "999", "1,000", "1,234,567"]
        );
        let at: Timestamp = "2026-11-25T00:37:05.1204Z".parse().unwrap();
        assert_eq!((minute(at), millisecond(at)), ("2026-11-25 00:37 UTC".into(), "2026-11-25T00:37:05.120Z".into()));
        assert_eq!(limit_chars("abcdef", 5), "ab...");
    }

    proptest! {
        #[test]
        fn lines_never_exceed_their_width(text in "\\PC{0,60}", cells in 4usize..40) {
            for line in wrap(&text, cells) {
                prop_assert!(width(&line) <= cells, "{line:?} in {cells}");
            }
            prop_assert!(width(&shorten(&text, cells)) <= cells);
            prop_assert!(width(&shorten_middle(&text, cells)) <= cells);
        }

        #[test]
        fn wrapping_loses_nothing_but_white_space(text in "[a-z 関所、。「」]{0,60}", cells in 4usize..20) {
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(bare(&wrap(&text, cells).concat()), bare(&text));
        }
    }
}
