//! All resources of a scan, found by type, place and field: what makes a control see its neighbours.
//!
//! `resources("AWS::EC2::VPCEndpoint")` means those of the same account and Region. A list that could not be
//! read contributes one unknown element, so that "there is an endpoint" is never answered no for want of
//! permission. `related(..)` goes through an index that is built at first use, which keeps joins linear.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use foldhash::{HashMap, HashMapExt, HashSet};
use sekisho_model::{Gap, Resource, Snapshot, Unknown, UnknownKind, Value};

use crate::cel::Val;

/// Where to look for related resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// The same account and Region; all Regions for global types.
    Region,
    /// The same account, every scanned Region.
    Account,
}

/// Resources of one type, with what is missing.
#[derive(Debug, Default)]
struct ByType<'a> {
    /// Per account, in snapshot order.
    accounts: HashMap<&'a str, Vec<&'a Resource>>,
    gaps: Vec<&'a Gap>,
}

/// The resources of one account by the texts of one field.
#[derive(Default)]
struct FieldIndex<'a> {
    hits: HashMap<Cow<'a, str>, Vec<&'a Resource>>,
    /// Per Region one unknown of those that the field holds: it stands for any number of hits.
    doubts: BTreeMap<&'a str, Arc<Unknown>>,
}

type FieldIndexes<'a> = HashMap<&'a str, FieldIndex<'a>>;

/// See the module head.
pub struct Inventory<'a> {
    types: HashMap<&'a str, ByType<'a>>,
    global_types: HashSet<String>,
    config_types: Vec<String>,
    /// Whether the resources are those of a template: what it does not declare may exist all the same.
    declared: bool,
    /// By type, then by path.
    indexes: RwLock<HashMap<String, HashMap<String, Arc<FieldIndexes<'a>>>>>,
}

impl<'a> Inventory<'a> {
    /// Indexes a snapshot. `global_types` are the types read once per account; they are visible from every Region.
    pub fn new(snapshot: &'a Snapshot, global_types: impl IntoIterator<Item = String>) -> Self {
        Self::of(&snapshot.resources, &snapshot.gaps, global_types)
    }

    /// The same over loose parts.
    pub fn of(resources: &'a [Resource], gaps: &'a [Gap], global_types: impl IntoIterator<Item = String>) -> Self {
        let mut types: HashMap<&'a str, ByType<'a>> = HashMap::new();
        for resource in resources {
            types.entry(&resource.type_name).or_default().accounts.entry(&resource.account).or_default().push(resource);
        }
        for gap in gaps {
            types.entry(&gap.type_name).or_default().gaps.push(gap);
        }
        Self {
            types,
            global_types: global_types.into_iter().collect(),
            config_types: Vec::new(),
            declared: false,
            indexes: RwLock::default(),
        }
    }

    /// For the resources of a template: a neighbour that is looked up by its name or ARN and not declared is unknown.
    #[must_use]
    pub fn of_declarations(mut self) -> Self {
        self.declared = true;
        self
    }

    /// With the answer to `config_types_judged()`.
    #[must_use]
    pub fn with_config_types(mut self, config_types: Vec<String>) -> Self {
        self.config_types = config_types;
        self
    }

    /// AWS Config's names of the types that change-triggered controls judge.
    pub fn config_types(&self) -> &[String] {
        &self.config_types
    }

    /// Resources of `type_name` seen from `account` and `region`, unknown elements for gaps last.
    pub fn resources(&self, type_name: &str, account: &str, region: &str, reach: Reach) -> Vec<Val<'a>> {
        let Some(of_type) = self.types.get(type_name) else { return Vec::new() };
        let reach = self.effective(type_name, reach);
        let seen = of_type.accounts.get(account).into_iter().flatten();
        let mut found: Vec<Val<'a>> = seen
            .filter(|resource| reach == Reach::Account || resource.region == region)
            .map(|resource| Val::Resource(resource))
            .collect();
        found.extend(Self::gaps(of_type, account, region, reach));
        found
    }

    /// Those of [`Self::resources`] whose field at `path` equals `wanted` or is a list containing it; where a field
    /// is not known, an unknown element follows, as for a gap.
    pub fn related(
        &self,
        type_name: &str,
        path: &str,
        wanted: &str,
        account: &str,
        region: &str,
        reach: Reach,
    ) -> Vec<Val<'a>> {
        let by_identity = self.declared && matches!(path, "name" | "arn") && !wanted.is_empty();
        let elsewhere = || {
            let (source, message) = (format!("{type_name} {wanted}"), "it is not declared in this template".to_owned());
            vec![Val::Unknown(Arc::new(Unknown { source, kind: UnknownKind::Undetermined, message }))]
        };
        let Some(of_type) = self.types.get(type_name) else {
            return if by_identity { elsewhere() } else { Vec::new() };
        };
        let reach = self.effective(type_name, reach);
        let index = self.index(type_name, path);
        let of_account = index.get(account);
        let hits = of_account.and_then(|values| values.hits.get(wanted)).into_iter().flatten();
        let mut found: Vec<Val<'a>> = hits
            .filter(|resource| reach == Reach::Account || resource.region == region)
            .map(|resource| Val::Resource(resource))
            .collect();
        let doubts = of_account.into_iter().flat_map(|values| &values.doubts);
        let near = doubts.filter(|(seen_in, _)| reach == Reach::Account || **seen_in == region);
        found.extend(near.map(|(_, why)| Val::Unknown(why.clone())));
        found.extend(Self::gaps(of_type, account, region, reach));
        if by_identity && found.is_empty() { elsewhere() } else { found }
    }

    fn effective(&self, type_name: &str, reach: Reach) -> Reach {
        if self.global_types.contains(type_name) { Reach::Account } else { reach }
    }

    fn gaps(of_type: &ByType<'a>, account: &str, region: &str, reach: Reach) -> Vec<Val<'a>> {
        let here = |gap: &&&'a Gap| gap.account == account && (reach == Reach::Account || gap.region == region);
        of_type.gaps.iter().filter(here).map(|gap| Val::Unknown(Arc::new(gap.unknown.clone()))).collect()
    }

    fn index(&self, type_name: &str, path: &str) -> Arc<FieldIndexes<'a>> {
        if let Ok(indexes) = self.indexes.read()
            && let Some(index) = indexes.get(type_name).and_then(|of_type| of_type.get(path))
        {
            return index.clone();
        }
        let mut index = FieldIndexes::new();
        for (account, resources) in self.types.get(type_name).map(|of_type| &of_type.accounts).into_iter().flatten() {
            let values = index.entry(account).or_default();
            for resource in resources {
                let (texts, doubt) = field_texts(resource, path);
                for text in texts {
                    values.hits.entry(text).or_default().push(*resource);
                }
                if let Some(why) = doubt {
                    values.doubts.entry(&resource.region).or_insert(why);
                }
            }
        }
        let index = Arc::new(index);
        // A poisoned lock only means that another thread panicked while inserting; the index is rebuilt then.
        if let Ok(mut indexes) = self.indexes.write() {
            indexes.entry(type_name.to_owned()).or_default().insert(path.to_owned(), index.clone());
        }
        index
    }
}

/// The texts of a field, and why not all of them are known.
fn field_texts<'a>(resource: &'a Resource, path: &str) -> (Vec<Cow<'a, str>>, Option<Arc<Unknown>>) {
    let (document, rest) = path.split_once('.').unwrap_or((path, ""));
    let mut value = match document {
        "arn" => return (vec![Cow::Borrowed(&resource.arn)], None),
        "name" => return (vec![Cow::Borrowed(&resource.name)], None),
        "properties" => Some(&resource.properties),
        "attributes" => Some(&resource.attributes),
        "tags" => Some(&resource.tags),
        _ => None,
    };
    for step in rest.split('.') {
        value = value.and_then(|value| if value.as_unknown().is_some() { Some(value) } else { value.get(step) });
    }
    let items = match value {
        Some(Value::List(items)) => &**items,
        one => one.map(std::slice::from_ref).unwrap_or_default(),
    };
    (items.iter().filter_map(scalar_text).collect(), items.iter().find_map(Value::as_unknown).cloned())
}

fn scalar_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Int(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}
