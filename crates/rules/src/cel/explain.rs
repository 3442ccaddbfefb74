//! Which path and value decided a verdict.
//!
//! A second walk, made only for verdicts that need evidence. It follows the logic: of a false `&&` only the
//! false side matters, of a failed `all` only the first element that failed, of a satisfied `exists` the
//! element that satisfied it. At the leaves it names the document paths that were compared.

use sekisho_model::{Evidence, Value, shared_key};

use super::ast::{Expr, Loop, Root};
use super::compile::Program;
use super::eval::{Env, Frame, bind, element_truth, eval, truth_of};
use super::value::{Truth, Val};

/// More evidence than this tells a person nothing more.
const EVIDENCE_MAX: usize = 8;
/// A value larger than this (as JSON) is shown as its size: evidence is to be read, and ASFF has limits.
const VALUE_MAX_BYTES: usize = 400;
/// Roots that are facts about the thing judged. Parameters and the place are not evidence.
const EVIDENCE_ROOTS: [&str; 5] = ["properties", "attributes", "tags", "arn", "name"];

impl Program {
    /// The evidence for the program's truth in `env`, at most eight paths, in the order of the condition.
    pub fn evidence<'a>(&'a self, env: &Env<'a, '_>) -> Vec<Evidence> {
        let mut explainer = Explainer { program: self, paths: vec![None; self.locals], found: Vec::new() };
        explainer.explain(&self.expr, &mut Frame::new(self, env));
        explainer.found.truncate(EVIDENCE_MAX);
        explainer.found.shrink_to_fit(); // millions are kept
        explainer.found
    }
}

struct Explainer<'a> {
    program: &'a Program,
    /// The document paths of the elements that macros have bound.
    paths: Vec<Option<String>>,
    found: Vec<Evidence>,
}

impl<'a> Explainer<'a> {
    fn explain(&mut self, expr: &'a Expr, frame: &mut Frame<'a, '_>) {
        if self.found.len() >= EVIDENCE_MAX {
            return;
        }
        match expr {
            Expr::Not(inner) => self.explain(inner, frame),
            Expr::And(left, right) => self.explain_pair(left, right, &Truth::True, frame),
            Expr::Or(left, right) => self.explain_pair(left, right, &Truth::False, frame),
            Expr::Conditional(three) => {
                let [condition, then, otherwise] = &**three;
                match truth_of(condition, frame) {
                    Truth::True => self.explain(then, frame),
                    Truth::False => self.explain(otherwise, frame),
                    Truth::Unknown(_) => self.explain(condition, frame),
                }
            }
            Expr::Loop { kind: kind @ (Loop::Exists | Loop::All), range, local, body, .. } => {
                self.explain_loop(*kind, range, *local, body, frame);
            }
            other => self.leaves(other, frame),
        }
    }

    /// Both sides of a logical operator whose neutral element is `neutral`: a side that alone decides is the
    /// evidence; if neither does, both are.
    fn explain_pair(&mut self, left: &'a Expr, right: &'a Expr, neutral: &Truth, frame: &mut Frame<'a, '_>) {
        let (left_truth, right_truth) = (truth_of(left, frame), truth_of(right, frame));
        let decides = |truth: &Truth| truth != neutral && !matches!(truth, Truth::Unknown(_));
        let unknown = |truth: &Truth| matches!(truth, Truth::Unknown(_));
        match (decides(&left_truth), decides(&right_truth)) {
            (true, _) => self.explain(left, frame),
            (false, true) => self.explain(right, frame),
            (false, false) if unknown(&left_truth) && !unknown(&right_truth) => self.explain(left, frame),
            (false, false) if unknown(&right_truth) && !unknown(&left_truth) => self.explain(right, frame),
            (false, false) => {
                self.explain(left, frame);
                self.explain(right, frame);
            }
        }
    }

    /// An `exists` is decided by the first element for which it holds, an `all` by the first for which it does
    /// not; failing that by the first unknown element; otherwise by the list as a whole.
    fn explain_loop(&mut self, kind: Loop, range: &'a Expr, local: usize, body: &'a Expr, frame: &mut Frame<'a, '_>) {
        let list = eval(range, frame);
        let deciding = Truth::from(kind == Loop::Exists);
        let mut chosen: Option<(usize, Val<'a>)> = None;
        for (at, element) in list.elements().into_iter().flatten().enumerate() {
            let truth = element_truth(element.clone(), local, body, frame);
            if truth == deciding {
                chosen = Some((at, element));
                break;
            }
            if matches!(truth, Truth::Unknown(_)) && chosen.is_none() {
                chosen = Some((at, element));
            }
        }
        let Some((at, element)) = chosen else { return self.leaves(range, frame) };
        let path = match &element {
            Val::Resource(resource) => Some(format!("{} {}: ", resource.type_name, resource.name)),
            _ => self.path_of(range, frame).map(|base| format!("{base}[{at}]")),
        };
        let before = self.found.len();
        if !element.is_unknown() {
            if let Some(slot) = self.paths.get_mut(local) {
                *slot = path;
            }
            bind(frame, local, element);
            self.explain(body, frame);
        }
        if self.found.len() == before {
            self.leaves(range, frame);
        }
    }

    /// Adds every document path read below `expr`.
    fn leaves(&mut self, expr: &'a Expr, frame: &mut Frame<'a, '_>) {
        if let Some(path) = self.path_of(expr, frame) {
            let value = eval(expr, frame);
            self.add(path, &value);
            return;
        }
        match expr {
            // Loops bind names of their own; only what they run over is a path here.
            Expr::Loop { range, .. } => self.leaves(range, frame),
            Expr::Call(function, args) if function.reads_type => {
                let value = eval(expr, frame);
                let type_name = args.first().and_then(Expr::as_constant_text).unwrap_or_default().to_owned();
                for arg in args.iter().skip(1) {
                    self.leaves(arg, frame);
                }
                self.add(type_name, &value);
            }
            // The answer of a function that looks at several types is the best short evidence there is.
            Expr::Call(function, _) if !function.types.is_empty() => {
                let value = eval(expr, frame);
                self.add(format!("{}()", function.name), &value);
            }
            _ => {
                for child in expr.children() {
                    self.leaves(child, frame);
                }
            }
        }
    }

    fn add(&mut self, path: String, value: &Val<'a>) {
        if self.found.len() < EVIDENCE_MAX && !self.found.iter().any(|evidence| *evidence.path == *path) {
            // Paths that name a related resource are as many as the resources; sharing them would only fill the pool.
            let path = if path.contains(": ") { path.into() } else { shared_key(&path) };
            self.found.push(Evidence { path, value: shortened(value.to_value()) });
        }
    }

    /// The document path of an expression, if it is one.
    fn path_of(&self, expr: &'a Expr, frame: &mut Frame<'a, '_>) -> Option<String> {
        match expr {
            Expr::Path { root, keys } => {
                let mut path = match root {
                    Root::Variable(slot) => {
                        let name = self.program.roots.get(*slot)?;
                        EVIDENCE_ROOTS.contains(&name.as_str()).then(|| name.clone())?
                    }
                    Root::Local(slot) => match self.paths.get(*slot)? {
                        Some(path) => path.clone(),
                        None if matches!(frame.root(*root), Some(Val::Resource(_))) => String::new(),
                        None => return None,
                    },
                };
                for key in keys {
                    if !path.is_empty() && !path.ends_with(' ') {
                        path.push('.');
                    }
                    path.push_str(key);
                }
                Some(path)
            }
            Expr::Field(inner, key) | Expr::Has(inner, key) => {
                let base = self.path_of(inner, frame).or_else(|| setting_path(inner))?;
                Some(format!("{base}.{key}"))
            }
            Expr::Index(container, index) => {
                let base = self.path_of(container, frame)?;
                Some(match eval(index, frame) {
                    Val::Int(at) => format!("{base}[{at}]"),
                    key => format!("{base}.{}", key.as_str()?),
                })
            }
            _ => None,
        }
    }
}

fn setting_path(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Call(function, args) if function.name == "setting" => {
            Some(format!("{}:", args.first()?.as_constant_text()?))
        }
        _ => None,
    }
}

/// `value`, or what to say of it if it is too long to be read.
fn shortened(value: Value) -> Value {
    let is_short = match &value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Double(_) => true,
        // Escapes make a text at most six times as long.
        Value::String(text) if text.len() <= VALUE_MAX_BYTES / 6 => true,
        _ => value.to_string().len() <= VALUE_MAX_BYTES,
    };
    if is_short {
        return value;
    }
    match &value {
        Value::List(items) => Value::from(format!("(list of {} elements)", items.len())),
        Value::Map(map) => Value::from(format!("(document with {} fields)", map.len())),
        Value::String(text) => {
            Value::from(format!("{}...", text.chars().take(VALUE_MAX_BYTES / 4).collect::<String>()))
        }
        _ => value,
    }
}
