//! Texts with `${...}` and `%{...}` in them.
//!
//! Source: "Strings and Templates" of the Terraform language documentation. Two details are Terraform's alone: a strip mark (`~`)
//! works on the line that it touches and no further, and the indentation of a `<<-` heredoc is measured after the strip marks
//! have done their work, line by line.

use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::template::{Directive, Element, HeredocTemplate, Strip, Template};

use super::convert::{convert, text};
use super::eval::pairs;
use super::scope::{Bound, Scope, TEXT_MAX};
use super::types::Type;
use super::value::{Data, Evaluated, Fault, Value, fault};
use crate::located::Piece;

/// Whether the literals of a template stand on lines of their own (heredocs, files) or between quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    Yes,
    No,
}

/// The text that a template comes to. One interpolation alone between quotes is its value, whatever its type.
pub(super) fn value(scope: &Scope<'_>, template: &Template, lines: Lines) -> Evaluated {
    if let (Some(Element::Interpolation(only)), 1) = (template.get(0), template.len())
        && lines == Lines::No
    {
        return scope.value(&only.expr);
    }
    let mut out = Woven::default();
    write(scope, template, lines, (false, false), &mut out)?;
    Ok(out.finish())
}

/// A heredoc. The parser takes indentation off the outer text only; one that has directives or strip marks is read again.
pub(super) fn heredoc(scope: &Scope<'_>, heredoc: &HeredocTemplate) -> Evaluated {
    let simple = heredoc.template.iter().all(|element| match element {
        Element::Literal(_) => true,
        Element::Interpolation(interpolation) => interpolation.strip == Strip::None,
        Element::Directive(_) => false,
    });
    let written = scope.file.and_then(|(file, base)| {
        let (range, text) = (heredoc.span()?, scope.names.text(file)?);
        let start = base as usize + range.start;
        let whole = text.get(start..base as usize + range.end)?;
        let (intro, rest) = whole.split_once('\n')?;
        let body = rest.get(..rest.rfind('\n')? + 1)?.to_owned();
        let base = u32::try_from(start + intro.len() + 1).ok()?;
        intro.starts_with("<<-").then_some((body, (file, base)))
    });
    match written {
        Some((body, file)) if !simple => {
            let mut template = parsed(&body)?;
            outdent(&mut template);
            value(&Scope { file: Some(file), ..*scope }, &template, Lines::Yes)
        }
        _ => value(scope, &heredoc.template, Lines::Yes),
    }
}

/// A part of a template in the order of its text.
enum Token<'t> {
    /// A line of a literal, or the part of one; whether a strip mark stands before it and after it.
    Line(&'t mut String, bool, bool),
    /// An interpolation or a mark of a directive.
    Other,
}

/// Takes the common indentation off all lines, as Terraform does it.
fn outdent(template: &mut Template) {
    // Whether the next token begins a line.
    let begins = |fresh: &mut bool, token: &Token<'_>| {
        let begins = *fresh;
        *fresh = match token {
            Token::Line(line, after_mark, before_mark) => {
                line.ends_with('\n') && !before_mark && !(*after_mark && line.trim_start().is_empty())
            }
            Token::Other => false,
        };
        begins
    };
    let spaces = |line: &str| line.len() - line.trim_start().len();
    let (mut fresh, mut least) = (true, usize::MAX);
    tokens(template, (false, false), &mut |token| {
        if begins(&mut fresh, &token) {
            match token {
                Token::Line(line, ..) if line.trim().is_empty() && line.ends_with('\n') => {}
                Token::Line(line, ..) => least = least.min(spaces(line)),
                Token::Other => least = 0,
            }
        }
    });
    let mut fresh = true;
    tokens(template, (false, false), &mut |token| {
        if begins(&mut fresh, &token)
            && let Token::Line(line, ..) = token
            && !(line.trim().is_empty() && line.ends_with('\n'))
        {
            *line = line.get(least.min(spaces(line))..).unwrap_or_default().to_owned();
        }
    });
}

/// All tokens of a template and of those inside it, to look at or to change.
fn tokens(template: &mut Template, strip: (bool, bool), visit: &mut dyn FnMut(Token<'_>)) {
    let marks: Vec<(bool, bool)> = template.iter().map(strips).collect();
    for (at, element) in template.iter_mut().enumerate() {
        match element {
            Element::Literal(literal) => {
                let start = at.checked_sub(1).and_then(|before| marks.get(before)).map_or(strip.0, |marks| marks.1);
                let end = marks.get(at + 1).map_or(strip.1, |marks| marks.0);
                let mut lines: Vec<String> = literal.as_ref().split_inclusive('\n').map(str::to_owned).collect();
                let last = lines.len().saturating_sub(1);
                for (at, line) in lines.iter_mut().enumerate() {
                    visit(Token::Line(line, start && at == 0, end && at == last));
                }
                *literal.as_mut() = lines.concat();
            }
            Element::Interpolation(_) => visit(Token::Other),
            Element::Directive(directive) => match &mut **directive {
                Directive::If(choice) => {
                    visit(Token::Other);
                    let next = choice.else_expr.as_ref().map_or(choice.endif_expr.strip, |other| other.strip);
                    let inner = (strips_end(choice.if_expr.strip), strips_start(next));
                    tokens(&mut choice.if_expr.template, inner, visit);
                    if let Some(other) = &mut choice.else_expr {
                        visit(Token::Other);
                        let inner = (strips_end(other.strip), strips_start(choice.endif_expr.strip));
                        tokens(&mut other.template, inner, visit);
                    }
                    visit(Token::Other);
                }
                Directive::For(looping) => {
                    visit(Token::Other);
                    let inner = (strips_end(looping.for_expr.strip), strips_start(looping.endfor_expr.strip));
                    tokens(&mut looping.for_expr.template, inner, visit);
                    visit(Token::Other);
                }
            },
        }
    }
}

/// A template as a text of its own, for `templatefile`.
pub(super) fn parsed(source: &str) -> Result<Template, Fault> {
    source.parse::<Template>().map_err(|error| {
        let place = error.location();
        Fault(format!("the template is wrong in line {}, column {}: {}", place.line(), place.column(), error.message()))
    })
}

fn write(
    scope: &Scope<'_>,
    template: &Template,
    lines: Lines,
    (strip_start, strip_end): (bool, bool),
    out: &mut Woven,
) -> Result<(), Fault> {
    let elements: Vec<&Element> = template.iter().collect();
    for (at, element) in elements.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| elements.get(before));
        let after = elements.get(at + 1);
        match element {
            Element::Literal(literal) => {
                let start = before.map_or(strip_start, |element| strips(element).1);
                let end = after.map_or(strip_end, |element| strips(element).0);
                out.literal(stripped(literal.as_ref(), lines, start, end))?;
            }
            Element::Interpolation(interpolation) => out.add(&scope.value(&interpolation.expr)?)?,
            Element::Directive(directive) => directed(scope, directive, lines, out)?,
        }
    }
    Ok(())
}

fn directed(scope: &Scope<'_>, directive: &Directive, lines: Lines, out: &mut Woven) -> Result<(), Fault> {
    match directive {
        Directive::If(choice) => {
            let condition = convert(&scope.value(&choice.if_expr.cond_expr)?, &Type::Bool)?;
            let next = choice.else_expr.as_ref().map_or(choice.endif_expr.strip, |other| other.strip);
            match condition.data {
                Data::Bool(true) => {
                    let strip = (strips_end(choice.if_expr.strip), strips_start(next));
                    write(scope, &choice.if_expr.template, lines, strip, out)
                }
                Data::Bool(false) => match &choice.else_expr {
                    Some(other) => {
                        let strip = (strips_end(other.strip), strips_start(choice.endif_expr.strip));
                        write(scope, &other.template, lines, strip, out)
                    }
                    None => Ok(()),
                },
                _ => out.add(&condition),
            }
        }
        Directive::For(looping) => {
            let intro = &looping.for_expr;
            let collection = scope.value(&intro.collection_expr)?;
            if collection.doubt().is_some() {
                return out.add(&collection);
            }
            let strip = (strips_end(intro.strip), strips_start(looping.endfor_expr.strip));
            for (key, value) in pairs(&collection)? {
                scope.names.budget().spend(1)?;
                let bound = Bound::pair(intro.key_var.as_deref(), key, &intro.value_var, value, scope.bound);
                write(&Scope { bound: Some(&bound), ..*scope }, &intro.template, lines, strip, out)?;
            }
            Ok(())
        }
    }
}

/// Whether an element strips what stands before and after it.
fn strips(element: &Element) -> (bool, bool) {
    match element {
        Element::Literal(_) => (false, false),
        Element::Interpolation(interpolation) => (strips_start(interpolation.strip), strips_end(interpolation.strip)),
        Element::Directive(directive) => match &**directive {
            Directive::If(choice) => (strips_start(choice.if_expr.strip), strips_end(choice.endif_expr.strip)),
            Directive::For(looping) => (strips_start(looping.for_expr.strip), strips_end(looping.endfor_expr.strip)),
        },
    }
}

fn strips_start(strip: Strip) -> bool {
    matches!(strip, Strip::Start | Strip::Both)
}

fn strips_end(strip: Strip) -> bool {
    matches!(strip, Strip::End | Strip::Both)
}

/// A literal without the spaces that strip marks take: those of its first line after a mark, of its last line before one.
fn stripped(literal: &str, lines: Lines, start: bool, end: bool) -> &str {
    let mut rest = literal;
    if start {
        let line = if lines == Lines::Yes { rest.find('\n').map_or(rest.len(), |at| at + 1) } else { rest.len() };
        let first = rest.get(..line).unwrap_or(rest);
        rest = rest.get(first.len() - first.trim_start().len()..).unwrap_or_default();
    }
    if end {
        let before_last = rest.strip_suffix('\n').unwrap_or(rest).rfind('\n').map_or(0, |at| at + 1);
        let line = if lines == Lines::Yes { before_last } else { 0 };
        let last = rest.get(line..).unwrap_or(rest);
        rest = rest.get(..line + last.trim_end().len()).unwrap_or(rest);
    }
    rest
}

/// A text that is being put together.
#[derive(Default)]
pub(super) struct Woven {
    pieces: Vec<Piece>,
    literal: String,
    length: usize,
    sensitive: bool,
}

impl Woven {
    pub(super) fn literal(&mut self, text: &str) -> Result<(), Fault> {
        self.length = self.length.saturating_add(text.len());
        if self.length > TEXT_MAX {
            return fault("a text becomes longer than is allowed");
        }
        self.literal.push_str(text);
        Ok(())
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            self.pieces.push(Piece::Literal(std::mem::take(&mut self.literal).into()));
        }
    }

    pub(super) fn add(&mut self, value: &Value) -> Result<(), Fault> {
        self.sensitive |= value.sensitive;
        match &value.data {
            Data::Null(_) => return fault("a text cannot hold null"),
            Data::Unknown(why, _) => {
                self.flush();
                self.pieces.push(Piece::Unknown(why.clone()));
            }
            Data::Reference(reference) => {
                self.flush();
                self.pieces.push(Piece::Reference(reference.clone()));
            }
            Data::Text(pieces) => {
                self.flush();
                self.pieces.extend(pieces.iter().cloned());
            }
            Data::Encoded(_) => {
                if let Some(Value { data: Data::Unknown(why, _), .. }) = value.doubt() {
                    self.flush();
                    self.pieces.push(Piece::Unknown(why));
                }
            }
            _ => match text(value)?.as_str() {
                Some(text) => self.literal(text)?,
                None => return fault("only simple values can stand in a text"),
            },
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Value {
        self.flush();
        let data = match <[Piece; 1]>::try_from(self.pieces) {
            Ok([Piece::Literal(text)]) => Data::String(text),
            Ok([Piece::Reference(reference)]) => Data::Reference(reference),
            Ok([Piece::Unknown(why)]) => Data::Unknown(why, Type::String),
            Err(pieces) if pieces.is_empty() => Data::String("".into()),
            Err(pieces) => Data::Text(Arc::new(pieces)),
        };
        Value { data, span: None, sensitive: self.sensitive }
    }
}
