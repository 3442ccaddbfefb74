//! The intrinsic functions: what a template's expressions come to, as far as that can be known before deployment.
//!
//! Source: AWS CloudFormation Template Reference, "Intrinsic function reference" and "Pseudo parameters reference". What hangs
//! on something outside the template (a parameter without a value, an export, a dynamic reference) is unknown, with the
//! expression. Recursion ends at [`DEPTH_MAX`], and [`Effort`] counts.

use std::sync::Arc;

use sekisho_model::{Unknown, UnknownKind};

use super::effort::{Effort, PIECES_MAX, TEXT_MAX};
use super::template::Template;
use crate::located::{Entry, Located, Node, Piece};
use crate::parse::{Data, Node as Written};

/// Nesting of functions, conditions included.
const DEPTH_MAX: usize = 200;

/// A condition before deployment.
#[derive(Debug, Clone)]
pub(super) enum Truth {
    Yes,
    No,
    Unknown(Arc<Unknown>),
}

/// A value that is not known, because of `expression`.
pub(super) fn unknown(expression: impl Into<String>, why: impl Into<String>) -> Arc<Unknown> {
    Arc::new(Unknown { source: expression.into(), kind: UnknownKind::Undetermined, message: why.into() })
}

/// The function that a node calls, with its argument: `!Sub x` and `{"Fn::Sub": x}` alike.
pub(super) fn call(node: &Written) -> Option<(String, Written)> {
    if let Some(tag) = &node.tag {
        let name = if matches!(&**tag, "Ref" | "Condition") { tag.to_string() } else { format!("Fn::{tag}") };
        return Some((name, Written { tag: None, ..node.clone() }));
    }
    let [(key, value)] = node.entries() else { return None };
    let name = key.text()?;
    (name == "Ref" || name.starts_with("Fn::")).then(|| (name.to_owned(), value.clone()))
}

impl Template<'_> {
    /// The value of an expression; `None` for `AWS::NoValue`.
    pub(super) fn resolve(&self, node: &Written, depth: usize) -> Option<Located> {
        if depth > DEPTH_MAX {
            return Some(Located::at(Node::Unknown(unknown("template", "expressions are nested too deep")), node.span));
        }
        if let Err(why) = self.effort.spend(1) {
            return Some(Located::at(Node::Unknown(why), node.span));
        }
        if let Some((name, argument)) = call(node) {
            let mut value = self.function(&name, &argument, depth + 1)?;
            value.span = Some(node.span);
            return Some(value);
        }
        let plain = match &node.data {
            Data::Null => Node::Null,
            Data::Bool(truth) => Node::Bool(*truth),
            Data::Int(number) => Node::Int(*number),
            Data::Double(number) => Node::Double(*number),
            Data::Text(text) => literal(text),
            Data::List(items) => Node::List(items.iter().filter_map(|item| self.resolve(item, depth + 1)).collect()),
            Data::Map(entries) => Node::Map(self.entries(entries, depth)),
        };
        Some(Located::at(plain, node.span))
    }

    fn entries(&self, entries: &[(Written, Written)], depth: usize) -> Vec<Entry> {
        let entry = |(key, value): &(Written, Written)| {
            Some(Entry { key: key.text()?.into(), key_span: Some(key.span), value: self.resolve(value, depth + 1)? })
        };
        entries.iter().filter_map(entry).collect()
    }

    fn function(&self, name: &str, argument: &Written, depth: usize) -> Option<Located> {
        let no = |why: &str| Some(Located::loose(Node::Unknown(unknown(name, why))));
        match name {
            "Ref" => self.reference(argument.text().unwrap_or_default()),
            "Fn::GetAtt" => Some(self.attribute(argument, depth)),
            "Fn::Sub" => Some(self.substituted(argument, depth)),
            "Fn::Join" => Some(self.joined(argument, depth)),
            "Fn::Select" => self.selected(argument, depth),
            "Fn::Split" => Some(self.split(argument, depth)),
            "Fn::FindInMap" => self.found_in_map(argument, depth),
            "Fn::If" => self.chosen(argument, depth),
            "Fn::Base64" => self.resolve(argument, depth),
            "Fn::ToJsonString" => self.resolve(argument, depth),
            "Fn::ImportValue" => no("it is exported by another stack"),
            "Fn::GetAZs" => no("it depends on the account"),
            "Fn::Cidr" => no("address blocks are computed at deployment"),
            "Fn::Transform" => no("macros run at deployment"),
            "Fn::Length" => Some(match self.resolve(argument, depth).map(|list| list.node) {
                Some(Node::List(items)) => Located::loose(Node::Int(i64::try_from(items.len()).unwrap_or(i64::MAX))),
                _ => Located::loose(Node::Unknown(unknown(name, "its list is not known"))),
            }),
            _ => no("this function is not known to Sekisho"),
        }
    }

    /// `Ref`: a pseudo parameter, a parameter or a resource.
    fn reference(&self, name: &str) -> Option<Located> {
        let text = |text: &str| Some(Located::loose(Node::String(text.into())));
        let expression = format!("!Ref {name}");
        match name {
            "AWS::NoValue" => None,
            "AWS::AccountId" => text(&self.options.account),
            "AWS::Region" => text(&self.options.region),
            "AWS::Partition" => text(&self.options.partition),
            "AWS::URLSuffix" => {
                text(if self.options.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" })
            }
            "AWS::StackName" => text("stack"),
            _ if name.starts_with("AWS::") => {
                Some(Located::loose(Node::Unknown(unknown(expression, "it is known at deployment"))))
            }
            _ if self.is_resource(name) => Some(Located::loose(self.refer(name, None))),
            _ => Some(self.parameter(name).unwrap_or_else(|| {
                Located::loose(Node::Unknown(unknown(expression, "there is no parameter or resource of that name")))
            })),
        }
    }

    fn attribute(&self, argument: &Written, depth: usize) -> Located {
        let (address, attribute) = match (argument.text(), argument.items()) {
            (Some(text), _) => text.split_once('.').unwrap_or((text, "")),
            (None, [address, attribute]) => (address.text().unwrap_or_default(), attribute.text().unwrap_or_default()),
            _ => ("", ""),
        };
        self.attribute_named(address, attribute, format!("!GetAtt {address}.{attribute}"), depth)
    }

    fn attribute_named(&self, address: &str, attribute: &str, expression: String, depth: usize) -> Located {
        if attribute.is_empty() || !self.is_resource(address) {
            return Located::loose(Node::Unknown(unknown(expression, "there is no resource of that name")));
        }
        let output = self.output(address, attribute, depth);
        output.unwrap_or_else(|| Located::loose(self.refer(address, Some(attribute))))
    }

    fn substituted(&self, argument: &Written, depth: usize) -> Located {
        let (text, variables) = match argument.items() {
            [text, variables] => (text, Some(variables)),
            [text] => (text, None),
            _ => (argument, None),
        };
        let Some(text) = text.text() else {
            return Located::loose(Node::Unknown(unknown("Fn::Sub", "its text is not a constant")));
        };
        let mut pieces = Pieces::default();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            pieces.literal(before);
            let Some((name, further)) = after.split_once('}') else {
                pieces.literal("${");
                rest = after;
                continue;
            };
            rest = further;
            if let Some(kept) = name.strip_prefix('!') {
                pieces.literal(&format!("${{{kept}}}"));
                continue;
            }
            let name = name.trim();
            let own = variables.and_then(|variables| variables.get(name)).and_then(|value| self.resolve(value, depth));
            let value = match own {
                Some(value) => Some(value),
                None if name.contains('.') && !name.starts_with("AWS::") => {
                    let (address, attribute) = name.split_once('.').unwrap_or((name, ""));
                    Some(self.attribute_named(address, attribute, format!("${{{name}}}"), depth))
                }
                None => self.reference(name),
            };
            pieces.add(value);
        }
        pieces.literal(rest);
        pieces.text(&self.effort)
    }

    fn joined(&self, argument: &Written, depth: usize) -> Located {
        let [delimiter, list] = argument.items() else {
            return Located::loose(Node::Unknown(unknown("Fn::Join", "it takes a delimiter and a list")));
        };
        let (delimiter, list) = (delimiter.text().unwrap_or_default(), self.resolve(list, depth));
        match list.map(|list| list.node) {
            Some(Node::List(items)) => {
                let mut pieces = Pieces::default();
                for (at, item) in items.into_iter().enumerate() {
                    pieces.literal(if at == 0 { "" } else { delimiter });
                    pieces.add(Some(item));
                }
                pieces.text(&self.effort)
            }
            Some(Node::Unknown(why)) => Located::loose(Node::Unknown(why)),
            _ => Located::loose(Node::Unknown(unknown("Fn::Join", "its list is not known"))),
        }
    }

    fn selected(&self, argument: &Written, depth: usize) -> Option<Located> {
        let no = |why: &str| Some(Located::loose(Node::Unknown(unknown("Fn::Select", why))));
        let [index, list] = argument.items() else { return no("it takes an index and a list") };
        let index = match self.resolve(index, depth).map(|index| index.node) {
            Some(Node::Int(index)) => usize::try_from(index).ok(),
            Some(Node::String(index)) => index.parse().ok(),
            _ => None,
        };
        match (index, self.resolve(list, depth).map(|list| list.node)) {
            (Some(index), Some(Node::List(items))) => {
                items.into_iter().nth(index).map_or_else(|| no("its list is shorter"), Some)
            }
            (_, Some(Node::Unknown(why))) => Some(Located::loose(Node::Unknown(why))),
            _ => no("its index or list is not known"),
        }
    }

    fn split(&self, argument: &Written, depth: usize) -> Located {
        let [delimiter, text] = argument.items() else {
            return Located::loose(Node::Unknown(unknown("Fn::Split", "it takes a delimiter and a text")));
        };
        match (delimiter.text(), self.resolve(text, depth).map(|text| text.node)) {
            (Some(delimiter), Some(Node::String(text))) if !delimiter.is_empty() => {
                let part = |part: &str| Located::loose(Node::String(part.into()));
                Located::loose(match self.effort.spend_text(text.len(), text.matches(delimiter).count()) {
                    Ok(()) => Node::List(text.split(delimiter).map(part).collect()),
                    Err(why) => Node::Unknown(why),
                })
            }
            (_, Some(Node::Unknown(why))) => Located::loose(Node::Unknown(why)),
            _ => Located::loose(Node::Unknown(unknown("Fn::Split", "its text is not known"))),
        }
    }

    fn found_in_map(&self, argument: &Written, depth: usize) -> Option<Located> {
        let [map, first, second, more @ ..] = argument.items() else {
            return Some(Located::loose(Node::Unknown(unknown("Fn::FindInMap", "it takes a map and two keys"))));
        };
        let mut keys = Vec::new();
        for part in [map, first, second] {
            match self.resolve(part, depth).map(|part| part.node) {
                Some(Node::String(text)) => keys.push(text.to_string()),
                Some(Node::Int(number)) => keys.push(number.to_string()),
                Some(Node::Unknown(why)) => return Some(Located::loose(Node::Unknown(why))),
                _ => return Some(Located::loose(Node::Unknown(unknown("Fn::FindInMap", "its keys are not known")))),
            }
        }
        let found = keys.iter().try_fold(self.section("Mappings")?, |level, key| level.get(key));
        let default = more.first().and_then(|options| options.get("DefaultValue"));
        match found.or(default) {
            Some(value) => self.resolve(value, depth),
            None => Some(Located::loose(Node::Unknown(unknown(
                format!("Fn::FindInMap {}", keys.join(".")),
                "the map has no such entry",
            )))),
        }
    }

    fn chosen(&self, argument: &Written, depth: usize) -> Option<Located> {
        let [condition, then, otherwise] = argument.items() else {
            return Some(Located::loose(Node::Unknown(unknown("Fn::If", "it takes a condition and two values"))));
        };
        match self.condition_named(condition.text().unwrap_or_default(), depth) {
            Truth::Yes => self.resolve(then, depth),
            Truth::No => self.resolve(otherwise, depth),
            Truth::Unknown(why) => {
                let (then, otherwise) = (self.resolve(then, depth), self.resolve(otherwise, depth));
                // Whatever the condition, the value is the same.
                if then.as_ref().map(|value| bare(&value.node)) == otherwise.as_ref().map(|value| bare(&value.node)) {
                    return then;
                }
                Some(Located::loose(Node::Unknown(why)))
            }
        }
    }

    /// A condition of the section `Conditions`.
    pub(super) fn condition_named(&self, name: &str, depth: usize) -> Truth {
        let conditions = self.section("Conditions").map(Written::entries).unwrap_or_default();
        let found = conditions
            .iter()
            .find_map(|(key, condition)| Some((key.text()?, condition)).filter(|(key, _)| *key == name));
        let Some((name, condition)) = found else {
            return Truth::Unknown(unknown(format!("Condition {name}"), "there is no condition of that name"));
        };
        match self.conditions.borrow().get(name) {
            Some(Some(truth)) => return truth.clone(),
            Some(None) => return Truth::Unknown(unknown("Conditions", format!("{name} refers to itself in a circle"))),
            None => {}
        }
        self.conditions.borrow_mut().insert(name, None);
        let truth = self.condition(condition, depth + 1);
        self.conditions.borrow_mut().insert(name, Some(truth.clone()));
        truth
    }

    fn condition(&self, node: &Written, depth: usize) -> Truth {
        if depth > DEPTH_MAX {
            return Truth::Unknown(unknown("Conditions", "conditions are nested too deep"));
        }
        if let Err(why) = self.effort.spend(1) {
            return Truth::Unknown(why);
        }
        let called = call(node).or_else(|| match node.entries() {
            [(key, value)] if key.text() == Some("Condition") => Some(("Condition".to_owned(), value.clone())),
            _ => None,
        });
        let Some((name, argument)) = called else {
            return Truth::Unknown(unknown("Conditions", "this is not a condition function"));
        };
        let all = |stop: bool| {
            let mut doubt = None;
            for part in argument.items() {
                match (self.condition(part, depth + 1), stop) {
                    (Truth::Yes, true) => return Truth::Yes,
                    (Truth::No, false) => return Truth::No,
                    (Truth::Unknown(why), _) => doubt = Some(why),
                    _ => {}
                }
            }
            doubt.map_or(if stop { Truth::No } else { Truth::Yes }, Truth::Unknown)
        };
        match name.as_str() {
            "Condition" => self.condition_named(argument.text().unwrap_or_default(), depth + 1),
            "Fn::And" => all(false),
            "Fn::Or" => all(true),
            "Fn::Not" => match argument.items().first().map(|inner| self.condition(inner, depth + 1)) {
                Some(Truth::Yes) => Truth::No,
                Some(Truth::No) => Truth::Yes,
                Some(doubt) => doubt,
                None => Truth::Unknown(unknown("Fn::Not", "it takes one condition")),
            },
            "Fn::Equals" => self.equals(&argument, depth),
            _ => Truth::Unknown(unknown(name, "this is not a condition function that Sekisho knows")),
        }
    }

    fn equals(&self, argument: &Written, depth: usize) -> Truth {
        let [left, right] = argument.items() else {
            return Truth::Unknown(unknown("Fn::Equals", "it takes two values"));
        };
        let sides = [left, right].map(|side| self.resolve(side, depth + 1).map(|value| value.node));
        for side in sides.iter().flatten() {
            match side {
                Node::Unknown(why) => return Truth::Unknown(why.clone()),
                Node::Reference(_) | Node::Text(_) => {
                    return Truth::Unknown(unknown("Fn::Equals", "an id is known at deployment"));
                }
                _ => {}
            }
        }
        let [left, right] = sides.map(|side| side.map(|side| bare(&side)));
        if left == right { Truth::Yes } else { Truth::No }
    }
}

/// A value without places, scalars as texts: CloudFormation compares texts.
fn bare(node: &Node) -> String {
    match node {
        Node::Null => String::new(),
        Node::Bool(truth) => truth.to_string(),
        Node::Int(number) => number.to_string(),
        Node::Double(number) => number.to_string(),
        Node::String(text) => text.to_string(),
        Node::List(items) => format!("[{}]", items.iter().map(|item| bare(&item.node)).collect::<Vec<_>>().join(",")),
        Node::Map(entries) => {
            let entry = |entry: &Entry| format!("{}:{}", entry.key, bare(&entry.value.node));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(","))
        }
        other => format!("{other:?}"),
    }
}

/// A text as it stands. A dynamic reference is filled in at deployment, mostly with a secret.
fn literal(text: &Arc<str>) -> Node {
    match text.find("{{resolve:") {
        Some(_) => Node::Unknown(unknown("{{resolve:...}}", "dynamic references are filled in at deployment")),
        None => Node::String(text.clone()),
    }
}

/// A text that is being put together.
#[derive(Default)]
pub(super) struct Pieces {
    pieces: Vec<Piece>,
    /// The end, as far as it is known.
    last: String,
    length: usize,
    sensitive: bool,
}

impl Pieces {
    pub(super) fn literal(&mut self, text: &str) {
        self.length = self.length.saturating_add(text.len());
        if self.length <= TEXT_MAX {
            self.last.push_str(text);
        }
    }

    pub(super) fn piece(&mut self, piece: Piece) {
        match piece {
            Piece::Literal(text) => self.literal(&text),
            other => {
                self.end_literal();
                if self.pieces.len() <= PIECES_MAX {
                    self.pieces.push(other);
                }
            }
        }
    }

    fn end_literal(&mut self) {
        if !self.last.is_empty() && self.pieces.len() <= PIECES_MAX {
            self.pieces.push(Piece::Literal(std::mem::take(&mut self.last).into()));
        }
    }

    fn add(&mut self, value: Option<Located>) {
        let Some(value) = value else { return };
        self.sensitive |= value.sensitive;
        match value.node {
            Node::Null => {}
            Node::Bool(truth) => self.literal(&truth.to_string()),
            Node::Int(number) => self.literal(&number.to_string()),
            Node::Double(number) => self.literal(&number.to_string()),
            Node::String(text) => self.literal(&text),
            Node::Text(pieces) => pieces.into_iter().for_each(|piece| self.piece(piece)),
            Node::Reference(reference) => self.piece(Piece::Reference(reference)),
            Node::Unknown(why) => self.piece(Piece::Unknown(why)),
            Node::List(_) | Node::Map(_) => {
                self.piece(Piece::Unknown(unknown("text", "a list or map stands in a text")));
            }
        }
    }

    pub(super) fn text(mut self, effort: &Effort) -> Located {
        self.end_literal();
        let is_long = self.length > TEXT_MAX || self.pieces.len() > PIECES_MAX;
        let paid = effort.spend_text(self.length.min(TEXT_MAX), self.pieces.len());
        let node = match (paid, <[Piece; 1]>::try_from(self.pieces)) {
            (Err(why), _) => Node::Unknown(why),
            _ if is_long => Node::Unknown(unknown("text", "it is longer than a template may be")),
            (_, Ok([Piece::Literal(text)])) => literal(&text),
            (_, Ok([Piece::Reference(reference)])) => Node::Reference(reference),
            (_, Ok([Piece::Unknown(why)])) => Node::Unknown(why),
            (_, Err(pieces)) if pieces.is_empty() => Node::String("".into()),
            (_, Err(pieces)) => Node::Text(pieces),
        };
        Located { node, span: None, sensitive: self.sensitive }
    }
}
