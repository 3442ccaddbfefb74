//! Functions that look at other resources of the scan.

use std::sync::Arc;

use super::super::eval::Env;
use super::super::value::{Val, type_error};
use crate::inventory::Reach;

fn all<'a>(env: &Env<'a, '_>, args: &[Val<'a>], reach: Reach) -> Val<'a> {
    let (Some(inventory), [type_name]) = (env.inventory, args) else { return no_inventory() };
    let Some(type_name) = type_name.as_str() else { return type_error("a type is a text") };
    Val::List(Arc::new(inventory.resources(type_name, env.account, env.region, reach)))
}

fn no_inventory<'a>() -> Val<'a> {
    type_error("other resources can be read in controls only, not while a resource is shaped")
}

pub(super) fn resources<'a>(env: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    all(env, args, Reach::Region)
}

pub(super) fn resources_everywhere<'a>(env: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    all(env, args, Reach::Account)
}

fn by_field<'a>(env: &Env<'a, '_>, args: &[Val<'a>], reach: Reach) -> Val<'a> {
    let (Some(inventory), [type_name, path, wanted]) = (env.inventory, args) else { return no_inventory() };
    let (Some(type_name), Some(path)) = (type_name.as_str(), path.as_str()) else {
        return type_error("type and path are texts");
    };
    let found = match wanted {
        Val::Null => Vec::new(),
        Val::Int(number) => inventory.related(type_name, path, &number.to_string(), env.account, env.region, reach),
        other => match other.as_str() {
            Some(text) => inventory.related(type_name, path, text, env.account, env.region, reach),
            None => {
                return type_error(format!(
                    "related resources are found by a text or a number, not by {}",
                    other.kind()
                ));
            }
        },
    };
    Val::List(Arc::new(found))
}

pub(super) fn related<'a>(env: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    by_field(env, args, Reach::Region)
}

pub(super) fn related_everywhere<'a>(env: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    by_field(env, args, Reach::Account)
}

pub(super) fn setting<'a>(env: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    match all(env, args, Reach::Region) {
        Val::List(found) => found.first().cloned().unwrap_or_default(),
        other => other,
    }
}

pub(super) fn config_types_judged<'a>(env: &Env<'a, '_>, _: &[Val<'a>]) -> Val<'a> {
    let types = env.inventory.map(|inventory| inventory.config_types()).unwrap_or_default();
    Val::List(Arc::new(types.iter().map(|name| Val::Text(name.as_str().into())).collect()))
}
