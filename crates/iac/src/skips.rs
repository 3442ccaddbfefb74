//! Skips that stand beside the code: comments, and what templates say in `Metadata`.

use crate::declared::{SKIP_MARK, SkipComment, SkipTool};
use crate::parse::Node;
use crate::source::{Source, Span};

/// How the comments of other tools begin.
const FOREIGN_MARKS: [(&str, SkipTool); 3] =
    [("checkov:skip=", SkipTool::Checkov), ("trivy:ignore:", SkipTool::Trivy), ("tfsec:ignore:", SkipTool::Trivy)];

/// Lines of comments above a resource that belong to it.
const LINES_ABOVE_MAX: usize = 20;

/// Comments in the lines of a resource and in the lines right above it. `marks` begin a comment in the dialect.
pub(crate) fn comments(source: &Source, span: Option<Span>, marks: &[&str]) -> Vec<SkipComment> {
    let Some(span) = span else { return Vec::new() };
    let own = source.position(span.start).line;
    let only_comment = |line: &u32| marks.iter().any(|mark| source.line(*line).trim_start().starts_with(mark));
    let above = (1..own).rev().take(LINES_ABOVE_MAX).take_while(only_comment).last();
    let first = above.unwrap_or(own);
    let mut found = Vec::new();
    for line in first..=source.position(span.end).line {
        let text = source.line(line);
        let starts = marks.iter().filter_map(|mark| text.split_once(mark));
        let Some((before, after)) = starts.min_by_key(|(before, _)| before.len()) else { continue };
        // Not inside a value: a comment starts the line or follows a space.
        if !(before.is_empty() || before.ends_with(char::is_whitespace)) {
            continue;
        }
        let at = source.byte_of(line as usize, before.chars().count() + 1);
        let span = Some(Span { start: at, end: at, ..span });
        let after = after.trim();
        if after.starts_with(SKIP_MARK) {
            found.push(SkipComment { tool: SkipTool::Sekisho, text: after.into(), span });
        }
        for (mark, tool) in FOREIGN_MARKS {
            // Several may stand in one line.
            for rest in after.split(mark).skip(1) {
                let rest = rest.trim();
                let text = if tool == SkipTool::Trivy { rest.split_whitespace().next().unwrap_or(rest) } else { rest };
                found.push(SkipComment { tool, text: text.into(), span });
            }
        }
    }
    found
}

/// What a resource's Metadata says: texts that are skips (JSON has no comments), and the sections of other tools.
pub(crate) fn metadata(metadata: Option<&Node>) -> Vec<SkipComment> {
    let Some(metadata) = metadata else { return Vec::new() };
    let mut found = Vec::new();
    let mut waiting = vec![metadata];
    while let Some(node) = waiting.pop() {
        if let Some(text) = node.text().filter(|text| text.starts_with(SKIP_MARK)) {
            found.push(SkipComment { tool: SkipTool::Sekisho, text: text.into(), span: Some(node.span) });
        }
        waiting.extend(node.items());
        waiting.extend(node.entries().iter().map(|(_, value)| value));
    }
    let sections = [
        ("checkov", "skip", "comment", SkipTool::Checkov),
        ("cfn_nag", "rules_to_suppress", "reason", SkipTool::CfnNag),
        ("guard", "SuppressedRules", "", SkipTool::CfnGuard),
    ];
    for (section, list, reason, tool) in sections {
        let rules = metadata.get(section).and_then(|section| section.get(list)).map(Node::items).unwrap_or_default();
        for rule in rules {
            let Some(id) = rule.text().or_else(|| rule.get("id")?.text()) else { continue };
            let reason = rule.get(reason).and_then(Node::text).unwrap_or_default();
            found.push(SkipComment { tool, text: format!("{id}:{reason}").into(), span: Some(rule.span) });
        }
    }
    found
}
