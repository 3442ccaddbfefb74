//! Resources and data sources: how often a block is made, and what stands in each.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use hcl_edit::expr::Expression;
use rust_decimal::prelude::ToPrimitive;

use super::convert::{convert, text};
use super::data;
use super::eval::pairs;
use super::module::{INSTANCES_MAX, Instance, Key, META, Repetition};
use super::names::Here;
use super::provider::{merged_tags, provider_name};
use super::scope::Bound;
use super::syntax::{Attribute, Block, Body};
use super::types::Type;
use super::value::{Data, Evaluated, Fault, Fields, Value, fault, unknown};
use crate::declared::Declared;

impl<'w> Instance<'w> {
    /// The instances that `count` and `for_each` make of a block.
    pub(super) fn repetitions(self: &Rc<Self>, body: &Body) -> Vec<Repetition> {
        let several = |attribute: &Attribute| {
            let here = Here { module: self, repetition: None };
            let value = here.scope(attribute, None).value(&attribute.expression);
            value.unwrap_or_else(|Fault(why)| unknown(self.words(attribute), why))
        };
        let not_known = |value: Value| {
            let doubt = value.first_doubt().unwrap_or(value);
            let each = Some((doubt.clone(), doubt.clone()));
            vec![Repetition { key: Key::Unknown, each, count: Some(doubt) }]
        };
        if let Some(attribute) = body.attribute("count") {
            let count = several(attribute);
            return match convert(&count, &Type::Number) {
                Ok(Value { data: Data::Number(number), .. }) => match number.to_usize() {
                    Some(count) if count <= INSTANCES_MAX => (0..count).map(Repetition::at).collect(),
                    _ => {
                        let words = format!("a count of {number} is more than the {INSTANCES_MAX} that are judged");
                        self.world.problem(attribute.span, words.clone());
                        not_known(unknown("count", words))
                    }
                },
                Ok(doubt) => not_known(doubt),
                Err(Fault(why)) => not_known(unknown("count", why)),
            };
        }
        let Some(for_each) = body.attribute("for_each") else { return vec![Repetition::only()] };
        let value = several(for_each);
        if value.doubt().is_some() || matches!(value.data, Data::Set(..)) && value.first_doubt().is_some() {
            return not_known(value);
        }
        match pairs(&value) {
            Ok(pairs) => {
                let one = |(key, value): (Value, Value)| {
                    let name: Arc<str> =
                        text(&key).ok().and_then(|text| text.as_str().map(Arc::from)).unwrap_or_default();
                    Repetition { key: Key::Name(name), each: Some((key, value)), count: None }
                };
                pairs.into_iter().map(one).collect()
            }
            Err(Fault(why)) => not_known(unknown(self.words(for_each), why)),
        }
    }

    /// The inside of a block as fields. Blocks come as lists of what they say.
    pub(super) fn fields(
        self: &Rc<Self>,
        body: &Body,
        repetition: Option<&Repetition>,
        bound: Option<&Bound<'_>>,
        top: bool,
    ) -> Fields {
        let mut fields = Fields::new();
        for attribute in &body.attributes {
            if !(top && META.contains(&&*attribute.name)) {
                fields.insert(attribute.name.clone(), self.argument(attribute, repetition, bound));
            }
        }
        let mut lists: BTreeMap<Arc<str>, Result<Vec<Value>, Value>> = BTreeMap::new();
        for block in &body.blocks {
            if top && META.contains(&&*block.name) {
                continue;
            }
            let name = if &*block.name == "dynamic" { block.labels.first() } else { Some(&block.name) };
            let Some(name) = name else { continue };
            let made = if &*block.name == "dynamic" {
                self.dynamic(name, block, repetition, bound)
            } else {
                let fields = self.fields(&block.body, repetition, bound, false);
                Ok(vec![Value::object(fields).at(Some(block.span))])
            };
            let list = lists.entry(name.clone()).or_insert_with(|| Ok(Vec::new()));
            match (list.as_mut(), made) {
                (Ok(list), Ok(made)) => list.extend(made),
                (Ok(_), Err(doubt)) => *list = Err(doubt),
                (Err(_), _) => {}
            }
        }
        for (name, list) in lists {
            let value = match list {
                Ok(list) => {
                    let span = list.first().and_then(|first| first.span).filter(|_| list.len() == 1);
                    Value::tuple(list).at(span)
                }
                Err(doubt) => doubt,
            };
            fields.insert(name, value);
        }
        fields
    }

    /// The blocks that a `dynamic` block makes; `Err` is why that is not known.
    pub(super) fn dynamic(
        self: &Rc<Self>,
        name: &Arc<str>,
        block: &Block,
        repetition: Option<&Repetition>,
        bound: Option<&Bound<'_>>,
    ) -> Result<Vec<Value>, Value> {
        let no = |why: &str| unknown(format!("dynamic \"{name}\""), why).at(Some(block.span));
        let for_each = block.body.attribute("for_each").ok_or_else(|| no("it has no for_each"))?;
        let content = block.body.blocks("content").next().ok_or_else(|| no("it has no content"))?;
        let iterator: Arc<str> = match block.body.attribute("iterator").map(|iterator| &iterator.expression) {
            Some(Expression::Variable(name)) => name.as_str().into(),
            Some(Expression::String(name)) => name.value().as_str().into(),
            _ => name.clone(),
        };
        let collection = self.argument(for_each, repetition, bound);
        if let Some(doubt) = collection.doubt() {
            return Err(doubt.at(Some(block.span)));
        }
        let mut made = Vec::new();
        for (key, value) in pairs(&collection).map_err(|Fault(why)| no(&why))? {
            if self.world.budget.spend(1).is_err() {
                return Err(no("the module asks for more computing than is allowed"));
            }
            let each = [(Arc::from("key"), key), (Arc::from("value"), value)];
            let values = vec![(&*iterator, Value::object(each.into_iter().collect()))];
            let bound = Bound { values, outer: bound };
            let fields = self.fields(&content.body, repetition, Some(&bound), false);
            made.push(Value::object(fields).at(Some(content.span)));
        }
        Ok(made)
    }

    /// A resource or data source as an expression sees it: one, a list or a map of them.
    pub(super) fn resource(self: &Rc<Self>, mode: &str, kind: &str, name: &str) -> Option<Evaluated> {
        let blocks = if mode == "data" { &self.source.data } else { &self.source.resources };
        let block = blocks.iter().find(|block| matches!(&block.labels[..], [a, b] if **a == *kind && **b == *name))?;
        let dot = if mode == "data" { "data." } else { "" };
        Some(self.kept(format!("{dot}{kind}.{name}"), || {
            let mut all = Vec::new();
            for repetition in self.repetitions(&block.body) {
                let made = self.world.instances.get() + 1;
                self.world.instances.set(made);
                if made > INSTANCES_MAX {
                    return fault(format!("there are more than {INSTANCES_MAX} resources"));
                }
                self.world.budget.spend(10)?;
                let value = self.resource_instance(block, mode, &repetition);
                all.push((repetition.key, value));
            }
            Ok(match all.first().map(|(key, _)| key) {
                Some(Key::Only | Key::Unknown) => all.into_iter().next().map_or_else(Value::null, |(_, only)| only),
                Some(Key::Index(_)) => Value::tuple(all.into_iter().map(|(_, value)| value).collect()),
                Some(Key::Name(_)) => {
                    let named = all.into_iter().filter_map(|(key, value)| match key {
                        Key::Name(name) => Some((name, value)),
                        _ => None,
                    });
                    Value::object(named.collect())
                }
                // None at all: a list or a map without elements.
                None if block.body.attribute("count").is_some() => Value::tuple(Vec::new()),
                None => Value::object(Fields::new()),
            })
        }))
    }

    pub(super) fn resource_instance(self: &Rc<Self>, block: &Block, mode: &str, repetition: &Repetition) -> Value {
        let label = |at: usize| block.labels.get(at).cloned().unwrap_or_default();
        let (kind, name) = (label(0), label(1));
        let mut fields = self.fields(&block.body, Some(repetition), None, true);
        let dot = if mode == "data" { "data." } else { "" };
        let address = format!("{}{dot}{kind}.{name}{}", self.prefix, repetition.suffix());
        if mode == "data" {
            data::complete(&kind, &mut fields, self.world.options);
        } else if kind.starts_with("aws_") && !fields.contains_key("tags_all") {
            let provider = block.body.attribute("provider").and_then(|provider| provider_name(&provider.expression));
            let defaults = self.default_tags(provider.as_deref().unwrap_or("aws"), 0);
            if let Some(tags) = merged_tags(defaults, fields.get("tags")) {
                fields.insert("tags_all".into(), tags);
            }
        }
        Value::from(Data::Resource(address.into(), Arc::new(fields))).at(Some(block.span))
    }

    /// Everything that this module and those that it calls declare.
    pub(super) fn declare(self: &Rc<Self>, unit: &Arc<str>, into: &mut Vec<Declared>) {
        for block in &self.source.resources {
            let [kind, name] = &block.labels[..] else { continue };
            match self.resource("managed", kind, name) {
                Some(Ok(value)) => self.declared(unit, kind, block, &value, into),
                Some(Err(Fault(why))) => self.world.problem(block.span, format!("{kind}.{name} is not judged: {why}")),
                None => {}
            }
        }
        for name in self.source.calls.keys() {
            for (_, child) in self.called(name).iter().flat_map(|children| children.iter()) {
                child.declare(unit, into);
            }
        }
    }

    pub(super) fn declared(
        &self,
        unit: &Arc<str>,
        kind: &Arc<str>,
        block: &Block,
        value: &Value,
        into: &mut Vec<Declared>,
    ) {
        let all: Vec<&Value> = match &value.data {
            Data::Tuple(items) => items.iter().collect(),
            Data::Object(fields) => fields.values().collect(),
            _ => vec![value],
        };
        let source = self.world.source(block.span.file);
        for one in all {
            let Data::Resource(address, fields) = &one.data else { continue };
            let skips = source.as_ref().map(|source| crate::skips::comments(source, Some(block.span), &["#", "//"]));
            into.push(Declared {
                unit: unit.clone(),
                type_name: kind.clone(),
                address: address.clone(),
                span: Some(block.span),
                via: self.via(),
                properties: Value::object(Fields::clone(fields)).located(block.span),
                skips: skips.unwrap_or_default(),
            });
        }
    }
}
