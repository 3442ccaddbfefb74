//! Changes to the text of a template or module that set properties, keeping everything else as it stands.
//!
//! A value that is written is replaced where it stands; one that is missing is written before its neighbours, in their indentation. Where
//! that is not plainly possible there is no change: whoever asks judges the changed text again, and keeps only what helped.

use sekisho_model::{Map, Value};
use sekisho_rules::packs::{TerraformMapping, snake};

use crate::declared::Declared;
use crate::located::{Entry, Located, Node};
use crate::source::{FileId, Source, Sources, Span};

/// One change: bytes of a file, and what takes their place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte; the same as `start` for what is only added.
    pub end: u32,
    /// The new text.
    pub text: String,
}

/// The changes that set properties of a declaration, by CloudFormation's names (`VersioningConfiguration.Status`). `mapping` is that of
/// the declaration, for Terraform's names. Empty where one of them cannot be set.
pub fn set(
    sources: &Sources,
    declared: &Declared,
    mapping: Option<&TerraformMapping>,
    wanted: &[(String, Value)],
) -> Vec<Edit> {
    let Some((span, source)) = declared.span.and_then(|span| Some((span, sources.get(span.file)?))) else {
        return Vec::new();
    };
    let edits = match mapping {
        Some(mapping) => {
            let one = |(path, value): &(String, Value)| in_module(source, span, declared, mapping, path, value);
            let edits: Option<Vec<Option<Edit>>> = wanted.iter().map(one).collect();
            edits.map(|edits| edits.into_iter().flatten().collect())
        }
        None => in_template(source, span, declared, wanted),
    };
    edits.unwrap_or_default()
}

fn text_of(source: &Source, span: Span) -> &str {
    source.text.get(span.start as usize..span.end as usize).unwrap_or_default()
}

/// What stands before a place in its line, if that is nothing but spaces.
fn indentation(source: &Source, at: u32) -> Option<&str> {
    let before = source.text.get(..at as usize)?;
    let line = before.rsplit('\n').next().unwrap_or(before);
    line.chars().all(|symbol| symbol == ' ' || symbol == '\t').then_some(line)
}

fn in_template(source: &Source, span: Span, declared: &Declared, wanted: &[(String, Value)]) -> Option<Vec<Edit>> {
    let mut tree = Map::new();
    for (path, value) in wanted {
        let steps: Vec<&str> = path.split('.').collect();
        insert(&mut tree, &steps, value.clone());
    }
    let json = source.text.trim_start().starts_with('{');
    let mut edits = Vec::new();
    if declared.properties.span.is_some() {
        merge(source, &declared.properties, &tree, json, &mut edits)?;
        return Some(edits);
    }
    // No Properties at all: they go under the type.
    let text = text_of(source, span);
    let at = text.find(&*declared.type_name)? + declared.type_name.len();
    let line = text.get(..at)?.rfind('\n').map_or(0, |line| line + 1);
    let key = text.get(line..at)?;
    let plain = key.trim_start().starts_with("Type:") && key.trim_end_matches(&*declared.type_name).ends_with(' ');
    if json || !plain {
        return None;
    }
    let indent = key.get(..key.len() - key.trim_start().len())?;
    let mut text = format!("\n{indent}Properties:");
    for (name, value) in tree.iter() {
        text.push_str(&format!("\n{indent}  {name}: {}", literal(value, json)));
    }
    let end = span.start + u32::try_from(at).ok()?;
    Some(vec![Edit { file: span.file, start: end, end, text }])
}

fn insert(tree: &mut Map, steps: &[&str], value: Value) {
    let Some((first, rest)) = steps.split_first() else { return };
    if rest.is_empty() {
        tree.insert(*first, value);
        return;
    }
    let mut inner = match tree.remove(first) {
        Some(Value::Map(inner)) => inner,
        _ => Map::new(),
    };
    insert(&mut inner, rest, value);
    tree.insert(*first, Value::Map(inner));
}

/// Writes what is wanted into a map that is written.
fn merge(source: &Source, at: &Located, wanted: &Map, json: bool, edits: &mut Vec<Edit>) -> Option<()> {
    let Node::Map(entries) = &at.node else { return None };
    let mut missing = Vec::new();
    for (name, value) in wanted.iter() {
        match (entries.iter().find(|entry| *entry.key == **name), value) {
            (Some(entry), Value::Map(inner)) if matches!(entry.value.node, Node::Map(_)) => {
                merge(source, &entry.value, inner, json, edits)?;
            }
            (Some(entry), value) if is_already(&entry.value, value) => {}
            (Some(entry), value) => {
                let Span { file, start, end } = entry.value.span?;
                edits.push(Edit { file, start, end, text: literal(value, json) });
            }
            (None, value) => missing.push((name, value)),
        }
    }
    if missing.is_empty() {
        return Some(());
    }
    let span = at.span?;
    let Some(first) = entries.iter().find_map(|entry: &Entry| entry.key_span) else {
        let all: Vec<String> = missing.iter().map(|(name, value)| pair(name, value, json)).collect();
        edits.push(Edit {
            file: span.file,
            start: span.start,
            end: span.end,
            text: format!("{{ {} }}", all.join(", ")),
        });
        return Some(());
    };
    let before = source.text.get(..first.start as usize)?.trim_end();
    let comma = if before.ends_with('{') || before.ends_with(',') { "," } else { "" };
    // In a file of JSON, or between braces, entries are parted by commas; where each has its line, by that alone.
    let between = match indentation(source, first.start) {
        Some(indent) => format!("{comma}\n{indent}"),
        None => ", ".to_owned(),
    };
    let text = missing.iter().map(|(name, value)| pair(name, value, json) + &between).collect();
    edits.push(Edit { file: first.file, start: first.start, end: first.start, text });
    Some(())
}

/// Whether a value is written already, as itself or as a text.
fn is_already(written: &Located, wanted: &Value) -> bool {
    match (&written.node, wanted) {
        (Node::Bool(truth), Value::Bool(wanted)) => truth == wanted,
        (Node::Int(number), Value::Int(wanted)) => number == wanted,
        (Node::String(text), Value::String(wanted)) => **text == **wanted,
        (Node::String(text), Value::Bool(_) | Value::Int(_)) => **text == *wanted.to_string(),
        _ => false,
    }
}

fn pair(name: &str, value: &Value, json: bool) -> String {
    let key = if json { format!("\"{name}\"") } else { name.to_owned() };
    format!("{key}: {}", literal(value, json))
}

/// A value on one line.
fn literal(value: &Value, json: bool) -> String {
    match value {
        Value::Map(map) => {
            let all: Vec<String> = map.iter().map(|(name, value)| pair(name, value, json)).collect();
            format!("{{ {} }}", all.join(", "))
        }
        Value::String(text) if !json && text.chars().all(|symbol| symbol.is_ascii_alphanumeric() || symbol == '_') => {
            let reads_otherwise =
                ["true", "false", "null", "yes", "no", "on", "off"].contains(&text.to_lowercase().as_str());
            let number = text.parse::<f64>().is_ok();
            if reads_otherwise || number { format!("\"{text}\"") } else { text.to_string() }
        }
        other => other.to_string(),
    }
}

/// Where an argument stands: in a block of the resource, or in the resource itself.
struct Argument {
    block: Option<String>,
    name: String,
}

/// The argument that a property is, if the mapping says so plainly.
fn argument(mapping: &TerraformMapping, path: &str) -> Option<Argument> {
    let (field, rest) = path.split_once('.').unwrap_or((path, ""));
    let (_, expression) = mapping.properties.iter().find(|(name, _)| **name == *field)?;
    let source = expression.source();
    let last = snake(rest.rsplit('.').next().unwrap_or(rest));
    let word = |text: &str| {
        text.chars().take_while(|symbol| symbol.is_ascii_alphanumeric() || *symbol == '_').collect::<String>()
    };
    if rest.is_empty() {
        let name = word(source.strip_prefix("coalesce(").unwrap_or(source).strip_prefix("item.")?);
        let plain = source == format!("item.{name}") || source.starts_with(&format!("coalesce(item.{name},"));
        return plain.then_some(Argument { block: None, name });
    }
    // `pascal(first(item.metadata_options))`, and `first(item.point_in_time_recovery).enabled` among others.
    let blocks: Vec<(String, String)> = source
        .split("first(item.")
        .skip(1)
        .map(|after| {
            let block = word(after);
            let inner = after.get(block.len()..).unwrap_or_default();
            (block, inner.strip_prefix(").").map(word).unwrap_or_default())
        })
        .collect();
    if let [(block, inner)] = &blocks[..]
        && inner.is_empty()
        && source == format!("pascal(first(item.{block}))")
    {
        return Some(Argument { block: Some(block.clone()), name: last });
    }
    if let Some((block, name)) = blocks.iter().find(|(_, name)| *name == last).or(match &blocks[..] {
        [only] if !only.1.is_empty() => Some(only),
        _ => None,
    }) {
        return Some(Argument { block: Some(block.clone()), name: name.clone() });
    }
    let named = |symbol: &str| source.contains(&format!("item.{last}{symbol}"));
    (blocks.is_empty() && (named(",") || named("}") || named(" "))).then_some(Argument { block: None, name: last })
}

fn in_module(
    source: &Source,
    span: Span,
    declared: &Declared,
    mapping: &TerraformMapping,
    path: &str,
    wanted: &Value,
) -> Option<Option<Edit>> {
    let Argument { block, name } = argument(mapping, path)?;
    let value = match wanted {
        Value::Bool(_) | Value::Int(_) | Value::String(_) => wanted.to_string(),
        _ => return None,
    };
    let (inside, around) = match &block {
        None => (Some(&declared.properties), span),
        Some(block) => {
            let written = declared.properties.get(block).and_then(|blocks| match blocks.items() {
                [only] => Some(only),
                _ => None,
            });
            (written, written.and_then(|block| block.span).unwrap_or(span))
        }
    };
    if let Some(written) = inside.and_then(|inside| inside.get(&name)) {
        if is_already(written, wanted) {
            return Some(None);
        }
        let at = written.span?;
        let (before, _) = text_of(source, at).split_once('=')?;
        let spaces = text_of(source, at).get(before.len() + 1..)?;
        let skip = before.len() + 1 + spaces.len() - spaces.trim_start().len();
        let start = at.start + u32::try_from(skip).ok()?;
        return Some(Some(Edit { file: at.file, start, end: at.end, text: value }));
    }
    // After the brace that opens the block, on a line of its own.
    let text = text_of(source, around);
    let open = text.find('{').filter(|open| {
        text.get(open + 1..).is_some_and(|rest| rest.trim_start_matches([' ', '\t', '\r']).starts_with('\n'))
    })?;
    let base = indentation(source, around.start)?;
    let line = match (&block, inside) {
        (Some(block), None) => format!("\n{base}  {block} {{\n{base}    {name} = {value}\n{base}  }}"),
        _ => format!("\n{base}  {name} = {value}"),
    };
    let at = around.start + u32::try_from(open + 1).ok()?;
    Some(Some(Edit { file: around.file, start: at, end: at, text: line }))
}

/// A text with changes made to it. Those that overlap one before them are left out.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort();
    sorted.dedup();
    let mut made = String::with_capacity(text.len());
    let mut at = 0;
    for edit in sorted {
        let (start, end) = (edit.start as usize, edit.end as usize);
        if start < at {
            continue;
        }
        made.push_str(text.get(at..start).unwrap_or_default());
        made.push_str(&edit.text);
        at = end;
    }
    made.push_str(text.get(at..).unwrap_or_default());
    made
}
