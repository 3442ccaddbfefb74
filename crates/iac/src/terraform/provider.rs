//! Providers: the tags that they put on everything.

use std::rc::Rc;

use hcl_edit::expr::{Expression, ObjectKey, TraversalOperator};

use super::module::{DEPTH_MAX, Instance};
use super::syntax::Block;
use super::value::Value;

impl Instance<'_> {
    /// The tags that a provider puts on everything.
    pub(super) fn default_tags(self: &Rc<Self>, provider: &str, depth: usize) -> Option<Value> {
        let (name, alias) = provider.split_once('.').map_or((provider, None), |(name, alias)| (name, Some(alias)));
        let fits = |block: &&Block| {
            let own = block.body.attribute("alias").and_then(|alias| alias.expression.as_str());
            block.labels.first().is_some_and(|label| **label == *name) && own == alias
        };
        if let Some(block) = self.source.providers.iter().find(fits) {
            let tags = block.body.blocks("default_tags").next()?.body.attribute("tags")?;
            return Some(self.argument(tags, None, None));
        }
        let call = self.call.as_ref().filter(|_| depth <= DEPTH_MAX)?;
        let parent = call.parent.upgrade()?;
        let handed = parent.source.calls.get(&call.name)?.body.attribute("providers").map(|handed| &handed.expression);
        let handed = match handed {
            Some(Expression::Object(handed)) => handed.iter().find_map(|(key, value)| {
                let own = match key {
                    ObjectKey::Ident(name) => Some(name.as_str().to_owned()),
                    ObjectKey::Expression(key) => provider_name(key),
                };
                (own.as_deref() == Some(provider)).then(|| provider_name(value.expr()))?
            }),
            _ => None,
        };
        parent.default_tags(&handed.unwrap_or_else(|| name.to_owned()), depth + 1)
    }
}

/// `aws.east` of a provider's address.
pub(super) fn provider_name(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Variable(name) => Some(name.as_str().to_owned()),
        Expression::String(name) => Some(name.value().clone()),
        Expression::Traversal(traversal) => {
            let Expression::Variable(name) = &traversal.expr else { return None };
            match traversal.operators.first().map(|operator| operator.value()) {
                Some(TraversalOperator::GetAttr(alias)) => Some(format!("{}.{}", name.as_str(), alias.as_str())),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The tags that a resource will have: the provider's, with its own over them.
pub(super) fn merged_tags(defaults: Option<Value>, own: Option<&Value>) -> Option<Value> {
    let own = own.filter(|own| !own.is_null());
    match (defaults, own) {
        (None, own) => own.cloned(),
        (Some(defaults), None) => Some(defaults),
        (Some(defaults), Some(own)) => match (defaults.fields(), own.fields()) {
            (Some(below), Some(above)) => {
                let both = below.iter().chain(above).map(|(name, value)| (name.clone(), value.clone()));
                Some(Value::object(both.collect()).at(own.span))
            }
            _ => own.doubt().or_else(|| defaults.doubt()),
        },
    }
}
