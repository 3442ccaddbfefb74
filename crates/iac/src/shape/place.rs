//! Where evidence is written.

use sekisho_rules::packs::{TerraformMapping, snake};

use crate::declared::Declared;
use crate::located::{Located, Node};
use crate::source::Span;

/// Where a path of evidence (`properties.Ingress[1].CidrIp`) is written: the place of the value, or of the nearest thing
/// around it that is written, and whether the value may be shown. `mapping` is that of the declaration, for Terraform's names.
pub fn place(declared: &Declared, mapping: Option<&TerraformMapping>, path: &str) -> (Option<Span>, bool) {
    let Some((document, rest)) = path.split_once('.') else { return (declared.span, false) };
    let Some(mapping) = mapping else {
        return if document == "properties" {
            below(&declared.properties, declared.span, rest, false)
        } else {
            (declared.span, false)
        };
    };
    let fields = if document == "attributes" { &mapping.attributes } else { &mapping.properties };
    let (field, deeper) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
    let reads = fields.iter().find(|(name, _)| **name == *field).map(|(_, expression)| expression.reads());
    // Of the arguments that make the property, the first that is written; what they hold is looked for by its name.
    let written = reads.iter().flatten().find_map(|name| entry(&declared.properties, name));
    match written {
        Some((value, span)) if !value.sensitive => {
            below(value, span.or(declared.span), deeper.trim_start_matches('.'), true)
        }
        Some((_, span)) => (span.or(declared.span), true),
        None => (declared.span, false),
    }
}

/// Goes down a path as far as it is written. A block of Terraform is a list of one where CloudFormation has a map.
fn below(from: &Located, around: Option<Span>, path: &str, terraform: bool) -> (Option<Span>, bool) {
    let (mut at, mut span) = (from, around);
    for step in path.split(['.', '[']).filter(|step| !step.is_empty()) {
        let next = match step.strip_suffix(']').map(str::parse::<usize>) {
            Some(Ok(index)) => at.items().get(index).map(|item| (item, item.span)),
            Some(Err(_)) => None,
            None if terraform => {
                let block = match at.items() {
                    [only] => only,
                    _ => at,
                };
                entry(block, &snake(step)).or_else(|| entry(block, step))
            }
            None => entry(at, step),
        };
        // What Terraform nests otherwise is passed over, and what lies deeper may be found by its name.
        let Some((value, place)) = next else { if terraform { continue } else { break } };
        span = place.or(span);
        if value.sensitive {
            return (span, true);
        }
        at = value;
    }
    (span, at.sensitive)
}

fn entry<'l>(map: &'l Located, key: &str) -> Option<(&'l Located, Option<Span>)> {
    let Node::Map(entries) = &map.node else { return None };
    let entry = entries.iter().find(|entry| *entry.key == *key)?;
    let from = entry
        .key_span
        .map(|span| Span { end: entry.value.span.map_or(span.end, |value| value.end.max(span.end)), ..span });
    Some((&entry.value, from.or(entry.value.span)))
}
