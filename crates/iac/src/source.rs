//! The texts that were read and places in them: what lets a finding point at a line.

use std::sync::Arc;

/// A file among the [`Sources`] of one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A part of a file, in bytes, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A place as people count: line and column from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
}

/// One file with its text.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path as the user would write it: relative to where the user stands, `-` for standard input.
    pub path: Arc<str>,
    /// What stands in it.
    pub text: Arc<str>,
    line_starts: Vec<u32>,
}

impl Source {
    /// Counts the lines of a text.
    pub fn new(path: &str, text: Arc<str>) -> Self {
        let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(after.map(|(at, _)| offset(at + 1))).collect();
        Self { path: path.into(), text, line_starts }
    }

    /// Where a byte stands; beyond the end it is the last place.
    pub fn position(&self, at: u32) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= at).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let before = self.text.get(start as usize..(at as usize).min(self.text.len())).unwrap_or("");
        Position { line: offset(line), column: offset(before.chars().count() + 1) }
    }

    /// The byte at a line and column, both from 1, the column in characters.
    pub fn byte_of(&self, line: usize, column: usize) -> u32 {
        let start = self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or_else(|| offset(self.text.len()));
        let rest = self.text.get(start as usize..).unwrap_or_default();
        let inside = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
        start.saturating_add(offset(inside))
    }

    /// The text of a line (from 1) without its end.
    pub fn line(&self, line: u32) -> &str {
        let start = self.line_starts.get((line as usize).saturating_sub(1)).copied().unwrap_or(0) as usize;
        self.text.get(start..).unwrap_or("").lines().next().unwrap_or("")
    }
}

/// Files are read up to sizes far below 4 GiB, so that offsets fit.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// All files of one reading.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Keeps a file.
    pub fn add(&mut self, source: Source) -> FileId {
        self.0.push(source);
        FileId(offset(self.0.len() - 1))
    }

    /// A file that was added here.
    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.0.get(file.0 as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_lines_and_characters() {
        let source = Source::new("a.yaml", "一二三\nb: c\n".into());
        assert_eq!(source.position(3), Position { line: 1, column: 2 });
        assert_eq!(source.position(10), Position { line: 2, column: 1 });
        assert_eq!(source.position(13), Position { line: 2, column: 4 });
        assert_eq!(source.position(999), Position { line: 3, column: 1 });
        assert_eq!(source.line(2), "b: c");
    }
}
