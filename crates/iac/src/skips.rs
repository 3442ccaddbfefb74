//! Skips that stand as comments beside the code.

use crate::declared::{SKIP_MARK, SkipComment};
use crate::source::{Source, Span};

/// Comments in the lines of a resource and in the line above it. `marks` begin a comment in the dialect.
pub(crate) fn comments(source: &Source, span: Option<Span>, marks: &[&str]) -> Vec<SkipComment> {
    let Some(span) = span else { return Vec::new() };
    let first = source.position(span.start).line.saturating_sub(1).max(1);
    let lines = first..=source.position(span.end).line;
    let comment = |line: u32| {
        let text = source.line(line);
        let (before, after) =
            marks.iter().filter_map(|mark| text.split_once(mark)).min_by_key(|(before, _)| before.len())?;
        let after = after.trim();
        // Not inside a value: a comment starts the line or follows a space.
        let starts = before.is_empty() || before.ends_with(char::is_whitespace);
        let at = source.byte_of(line as usize, before.chars().count() + 1);
        (starts && after.starts_with(SKIP_MARK))
            .then(|| SkipComment { text: after.into(), span: Some(Span { start: at, end: at, ..span }) })
    };
    lines.filter_map(comment).collect()
}
