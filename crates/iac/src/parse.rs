//! From YAML or JSON to a tree whose nodes know their place and their short tags: templates, `.tf.json` files and plans.
//!
//! JSON is read by the same parser, since it is a subset of YAML. Made from the parser's
//! events rather than by a loader: a hostile file may not exhaust us, so depth and the number of nodes are capped, and an
//! alias costs the nodes that it repeats.

use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use crate::source::{FileId, Span};

/// Deeper nesting than any template has; CloudFormation itself stops far earlier.
const DEPTH_MAX: usize = 100;
/// CloudFormation takes templates of 1 MB; aliases may not make more of one than this many nodes.
const NODES_MAX: usize = 1_000_000;

/// A node with its place and its short tag (`!Sub` without the sign).
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) tag: Option<Arc<str>>,
    /// Whether a text was written without quotes.
    pub(crate) plain: bool,
    pub(crate) data: Data,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Arc<str>),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The value under a key of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// The entries of a map; none for anything else.
    pub(crate) fn entries(&self) -> &[(Node, Node)] {
        match &self.data {
            Data::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The elements of a list; none for anything else.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.data {
            Data::List(items) => items,
            _ => &[],
        }
    }

    /// How many nodes there are, this one included.
    pub(crate) fn count(&self) -> usize {
        1 + match &self.data {
            Data::List(items) => items.iter().map(Node::count).sum(),
            Data::Map(entries) => entries.iter().map(|(key, value)| key.count() + value.count()).sum(),
            _ => 0,
        }
    }

    /// The text of a string.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Why a text is no template, and where.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) text: String,
}

struct Open {
    start: Marker,
    tag: Option<Arc<str>>,
    is_map: bool,
    anchor: usize,
    /// How many nodes there were before it.
    before: usize,
    nodes: Vec<Node>,
}

struct Builder<'t> {
    file: FileId,
    /// Byte offset of each character that the parser counts, in steps: the parser counts characters.
    offsets: Offsets<'t>,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    root: Option<Node>,
}

/// From character to byte positions, walking forward: markers mostly grow.
struct Offsets<'t> {
    text: &'t str,
    is_ascii: bool,
    chars: usize,
    bytes: usize,
}

impl Offsets<'_> {
    fn byte(&mut self, chars: usize) -> u32 {
        if self.is_ascii {
            return u32::try_from(chars.min(self.text.len())).unwrap_or(u32::MAX);
        }
        if chars < self.chars {
            (self.chars, self.bytes) = (0, 0);
        }
        let rest = self.text.get(self.bytes..).unwrap_or_default();
        let step = rest.char_indices().nth(chars - self.chars).map_or(rest.len(), |(at, _)| at);
        (self.chars, self.bytes) = (chars, self.bytes + step);
        u32::try_from(self.bytes).unwrap_or(u32::MAX)
    }
}

/// Parses one document; `None` for an empty one.
///
/// # Errors
/// What is wrong, and where.
pub(crate) fn parse(text: &str, file: FileId) -> Result<Option<Node>, Mistake> {
    let mut parser = Parser::new_from_str(text);
    let offsets = Offsets { text, is_ascii: text.is_ascii(), chars: 0, bytes: 0 };
    let mut builder = Builder { file, offsets, open: Vec::new(), anchors: HashMap::new(), nodes: 0, root: None };
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let words =
                format!("this is neither YAML nor JSON: {}; check indentation, quotes and brackets", error.info());
            mistake(*error.marker(), words)
        })?;
        if matches!(event, Event::StreamEnd) {
            break;
        }
        builder.take(event, span.start, span.end)?;
        if builder.nodes > NODES_MAX {
            return Err(mistake(span.start, format!("there are more than {NODES_MAX} nodes; are aliases nested?")));
        }
    }
    Ok(builder.root)
}

fn mistake(at: Marker, text: impl Into<String>) -> Mistake {
    Mistake { line: at.line().max(1), column: at.col() + 1, text: text.into() }
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, start: Marker, end: Marker) -> Result<(), Mistake> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let data = if plain { scalar(&text) } else { Data::Text(text.as_ref().into()) };
                let node = Node { span: self.span(start, end), tag: short(tag.as_deref()), plain, data };
                self.nodes += 1;
                self.add(node, anchor, 1);
            }
            Event::SequenceStart(anchor, tag) => self.begin(start, short(tag.as_deref()), false, anchor)?,
            Event::MappingStart(anchor, tag) => self.begin(start, short(tag.as_deref()), true, anchor)?,
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let span = self.span(open.start, end);
                let data = if open.is_map { Data::Map(paired(open.nodes)?) } else { Data::List(open.nodes) };
                self.nodes += 1;
                let size = self.nodes - open.before;
                self.add(Node { span, tag: open.tag, plain: false, data }, open.anchor, size);
            }
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err(mistake(start, "an alias (*name) refers to nothing before it"));
                };
                self.nodes += size;
                self.add(node, 0, 0);
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, start: Marker, tag: Option<Arc<str>>, is_map: bool, anchor: usize) -> Result<(), Mistake> {
        if self.open.len() >= DEPTH_MAX {
            return Err(mistake(start, format!("nested deeper than {DEPTH_MAX} levels")));
        }
        self.open.push(Open { start, tag, is_map, anchor, before: self.nodes, nodes: Vec::new() });
        Ok(())
    }

    fn add(&mut self, node: Node, anchor: usize, size: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut() {
            Some(open) => open.nodes.push(node),
            None if self.root.is_none() => self.root = Some(node),
            None => {}
        }
    }

    fn span(&mut self, start: Marker, end: Marker) -> Span {
        let start = self.offsets.byte(start.index());
        Span { file: self.file, start, end: self.offsets.byte(end.index()).max(start) }
    }
}

fn paired(nodes: Vec<Node>) -> Result<Vec<(Node, Node)>, Mistake> {
    let mut entries = Vec::with_capacity(nodes.len() / 2);
    let mut nodes = nodes.into_iter();
    while let (Some(key), Some(value)) = (nodes.next(), nodes.next()) {
        // A numeric key (a port in a mapping) is a name too.
        let key = Node { data: named(key.data), ..key };
        entries.push((key, value));
    }
    Ok(entries)
}

fn named(key: Data) -> Data {
    match key {
        Data::Bool(truth) => Data::Text(truth.to_string().into()),
        Data::Int(number) => Data::Text(number.to_string().into()),
        Data::Double(number) => Data::Text(number.to_string().into()),
        other => other,
    }
}

/// A plain scalar. CloudFormation reads YAML 1.1, but `yes` and `on` stay texts: no property means them as truths, and
/// names like `NO` would be lost.
fn scalar(text: &str) -> Data {
    match text {
        "" | "~" | "null" => Data::Null,
        "true" | "True" | "TRUE" => Data::Bool(true),
        "false" | "False" | "FALSE" => Data::Bool(false),
        _ => number(text).unwrap_or_else(|| Data::Text(text.into())),
    }
}

fn number(text: &str) -> Option<Data> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    // Account numbers and octal modes keep their leading zeros.
    if digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.") {
        return None;
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Data::Int(whole));
    }
    let numeric = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse::<f64>().ok().filter(|_| numeric).map(Data::Double)
}

/// `!Sub` as `Sub`; YAML's own tags say nothing that the text does not.
fn short(tag: Option<&Tag>) -> Option<Arc<str>> {
    tag.filter(|tag| tag.handle == "!").map(|tag| tag.suffix.as_str().into())
}
