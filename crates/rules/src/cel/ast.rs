//! The tree that is evaluated: names resolved, macros recognised, constants prepared.

use std::collections::BTreeSet;

use sekisho_model::{Key, Value};

use super::functions::Function;

/// A compiled expression.
#[derive(Debug)]
pub(crate) enum Expr {
    /// A constant.
    Literal(Value),
    /// A root variable by slot (`properties`, `item`) or one bound by a macro, with fields below it.
    Path {
        root: Root,
        keys: Box<[Key]>,
    },
    /// A field of something computed.
    Field(Box<Expr>, Key),
    /// `has(a.b)`.
    Has(Box<Expr>, Key),
    /// `list[0]`, `map["key"]`.
    Index(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Conditional(Box<[Expr; 3]>),
    Compare(Comparison, Box<Expr>, Box<Expr>),
    In(Box<Expr>, Box<Expr>),
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// `range.exists(x, body)` and its relatives; `x` lives in local slot `local`.
    Loop {
        kind: Loop,
        range: Box<Expr>,
        local: usize,
        filter: Option<Box<Expr>>,
        body: Box<Expr>,
    },
    /// `text.matches("pattern")` with a constant pattern.
    Matches(Box<Expr>, Box<regex::Regex>),
    Call(&'static Function, Vec<Expr>),
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
}

/// Where a path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    /// Slot of a variable that the environment provides.
    Variable(usize),
    /// Slot of a variable that a macro binds.
    Local(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loop {
    Exists,
    All,
    ExistsOne,
    Map,
    Filter,
}

impl Expr {
    /// The direct parts of the expression, for walks that do not evaluate.
    pub(crate) fn children(&self) -> Vec<&Expr> {
        match self {
            Self::Literal(_) | Self::Path { .. } => Vec::new(),
            Self::Field(inner, _)
            | Self::Has(inner, _)
            | Self::Not(inner)
            | Self::Negate(inner)
            | Self::Matches(inner, _) => vec![inner],
            Self::Index(a, b)
            | Self::And(a, b)
            | Self::Or(a, b)
            | Self::Compare(_, a, b)
            | Self::In(a, b)
            | Self::Arithmetic(_, a, b) => vec![a, b],
            Self::Conditional(three) => three.iter().collect(),
            Self::Loop { range, filter, body, .. } => {
                let mut parts: Vec<&Expr> = vec![range];
                parts.extend(filter.as_deref());
                parts.push(body);
                parts
            }
            Self::Call(_, args) | Self::List(args) => args.iter().collect(),
            Self::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
        }
    }

    /// The text of a constant string.
    pub(crate) fn as_constant_text(&self) -> Option<&str> {
        match self {
            Self::Literal(value) => value.as_str(),
            _ => None,
        }
    }
}

/// What an expression reads: the basis of "which calls does this control need" and of spelling checks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uses {
    /// Root variables, by name.
    pub roots: BTreeSet<String>,
    /// Root and first field: `("properties", "KeyPolicy")`.
    pub fields: BTreeSet<(String, String)>,
    /// Types named in `resources(..)`, `related(..)`, `setting(..)`.
    pub types: BTreeSet<String>,
    /// First fields read below `setting("T")` by path: `("T", "properties", "MinimumPasswordLength")`.
    pub setting_fields: BTreeSet<(String, String, String)>,
}

impl Uses {
    /// Adds what another expression reads.
    pub fn merge(&mut self, other: Self) {
        self.roots.extend(other.roots);
        self.fields.extend(other.fields);
        self.types.extend(other.types);
        self.setting_fields.extend(other.setting_fields);
    }

    pub(crate) fn collect(&mut self, expr: &Expr, root_names: &[String]) {
        match expr {
            Expr::Path { root: Root::Variable(slot), keys } => {
                if let Some(name) = root_names.get(*slot) {
                    self.roots.insert(name.clone());
                    if let Some(first) = keys.first() {
                        self.fields.insert((name.clone(), first.to_string()));
                    }
                }
            }
            Expr::Call(function, args) => {
                self.types.extend(function.types.iter().map(|name| (*name).to_owned()));
                if function.reads_type {
                    self.types.extend(args.first().and_then(Expr::as_constant_text).map(str::to_owned));
                }
            }
            Expr::Field(inner, field) => {
                if let Expr::Field(base, document) = &**inner
                    && let Expr::Call(function, args) = &**base
                    && function.name == "setting"
                    && let Some(type_name) = args.first().and_then(Expr::as_constant_text)
                {
                    self.setting_fields.insert((type_name.to_owned(), document.to_string(), field.to_string()));
                }
            }
            _ => {}
        }
        for child in expr.children() {
            self.collect(child, root_names);
        }
    }
}
