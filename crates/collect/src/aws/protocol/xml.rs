//! A small, safe XML reader: text to a tree of elements.
//!
//! It reads what AWS writes and refuses what an attacker might: document types (and with them every entity of one's
//! own, so nothing expands), more than [`DEPTH_MAX`] levels, more than [`ELEMENTS_MAX`] elements. The five
//! predefined entities and character references are resolved.

use std::borrow::Cow;

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::ProtocolError;

/// AWS's deepest documents (launch templates, CloudFront configurations) stay below 20.
const DEPTH_MAX: usize = 64;
/// An element costs about 100 bytes; the largest real answer (all IAM policies of an account) has 200,000.
const ELEMENTS_MAX: usize = 3_000_000;

/// One element. `text` is meaningful for elements without children only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Element<'x> {
    /// Without its namespace prefix.
    pub(super) name: Cow<'x, str>,
    /// Names with their prefix.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element<'x>>,
    pub(super) text: Cow<'x, str>,
}

impl<'x> Element<'x> {
    /// The first child of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Element<'x>> {
        self.children.iter().find(|child| child.name == name)
    }

    fn append_text(&mut self, more: Cow<'x, str>) {
        if self.text.is_empty() {
            self.text = more;
        } else {
            self.text.to_mut().push_str(&more);
        }
    }
}

/// Parses a document.
///
/// # Errors
/// [`ProtocolError::Answer`] for anything that is not one complete, plain XML document.
pub(super) fn parse(text: &str) -> Result<Element<'_>, ProtocolError> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element<'_>> = Vec::new();
    let mut root = None;
    let mut elements = 0_usize;
    loop {
        let position = reader.buffer_position();
        let event = reader.read_event().map_err(|_| broken("it is not well-formed XML", position))?;
        match event {
            Event::Start(start) => {
                elements += 1;
                if root.is_some() || open.len() >= DEPTH_MAX || elements > ELEMENTS_MAX {
                    return Err(broken("the XML is deeper or larger than any answer of AWS", position));
                }
                open.push(element(&start).ok_or_else(|| broken("it is not well-formed XML", position))?);
            }
            Event::End(_) => {
                let closed = open.pop().ok_or_else(|| broken("it is not well-formed XML", position))?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(closed),
                    None => root = Some(closed),
                }
            }
            Event::Text(text) => add_text(&mut open, text.xml10_content_of(), position)?,
            Event::CData(text) => add_text(&mut open, text.xml10_content_of(), position)?,
            Event::GeneralRef(reference) => {
                let text = resolve(&reference).ok_or_else(|| broken("the XML uses an unknown entity", position))?;
                add_text(&mut open, text, position)?;
            }
            Event::DocType(_) => return Err(broken("the XML has a document type, which AWS never sends", position)),
            Event::Eof => break,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    if !open.is_empty() {
        return Err(ProtocolError::Answer("the XML is cut off".into()));
    }
    root.ok_or_else(|| ProtocolError::Answer("the XML is empty".into()))
}

/// Character data of both kinds of event, which share no trait. Line ends are normalized as XML 1.0 says.
trait Content<'x> {
    fn xml10_content_of(self) -> Cow<'x, str>;
}

impl<'x> Content<'x> for quick_xml::events::BytesText<'x> {
    fn xml10_content_of(self) -> Cow<'x, str> {
        normalize(self.into_inner())
    }
}

impl<'x> Content<'x> for quick_xml::events::BytesCData<'x> {
    fn xml10_content_of(self) -> Cow<'x, str> {
        normalize(self.into_inner())
    }
}

fn normalize(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { text }
}

fn broken(problem: &str, position: u64) -> ProtocolError {
    ProtocolError::Answer(format!("{problem} (at byte {position})"))
}

/// Adds character data to the open element; outside of the root only white space is allowed.
fn add_text<'x>(open: &mut [Element<'x>], text: Cow<'x, str>, position: u64) -> Result<(), ProtocolError> {
    match open.last_mut() {
        Some(element) => element.append_text(text),
        None if text.trim_matches(['\u{feff}', ' ', '\n', '\t']).is_empty() => {}
        None => return Err(broken("there is text outside of the XML", position)),
    }
    Ok(())
}

fn element<'x>(start: &BytesStart<'_>) -> Option<Element<'x>> {
    let name = start.local_name().as_ref().to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
        attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    Some(Element { name: Cow::Owned(name), attributes, children: Vec::new(), text: Cow::Borrowed("") })
}

fn resolve<'x>(reference: &BytesRef<'_>) -> Option<Cow<'x, str>> {
    if reference.is_char_ref() {
        return reference.resolve_char_ref().ok()?.map(|letter| Cow::Owned(letter.to_string()));
    }
    quick_xml::escape::resolve_predefined_entity(reference).map(Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_aws_writes() {
        let root =
            parse("<?xml version=\"1.0\"?>\n<a xmlns='u'><b>1 &lt; 2 &#x26; &#51;</b><ns:c x:t='q'/></a>\n").unwrap();
        assert_eq!(root.name, "a");
        assert_eq!(root.child("b").unwrap().text, "1 < 2 & 3");
        assert_eq!(root.child("c").unwrap().attributes, [("x:t".to_owned(), "q".to_owned())]);
        assert_eq!(parse("<a><![CDATA[<x>]]> y</a>").unwrap().text, "<x> y");
    }

    #[test]
    fn refuses_what_is_broken_or_hostile() {
        let deep = "<a>".repeat(100_000);
        let bomb = "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>";
        for text in ["", " ", "<a>", "<a></b>", "<a/><b/>", "x<a/>", "<a>&x;</a>", "<a b></a>", "<a", bomb, &deep] {
            assert!(parse(text).is_err(), "{}", text.get(..20.min(text.len())).unwrap_or_default());
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[<>/a&;\"'= !?\\[\\]\\-#x0-9]{0,60}") {
            let _ = parse(&text);
        }

        #[test]
        fn text_survives(text in "[ -~é日]{0,40}") {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let document = format!("<a>{escaped}</a>");
            prop_assert_eq!(parse(&document).unwrap().text, text);
        }
    }
}
