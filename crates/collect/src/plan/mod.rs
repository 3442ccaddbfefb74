//! Turns resource packs into calls, and answers into resources.
//!
//! A pack says which calls tell what about one type ([`sekisho_rules::packs::ResourcePack`]); this module makes
//! them. Types are read independently of each other, per account and Region, children after their parents.
//!
//! Conventions:
//! - What fails stays visible: a failed list is a [`Gap`], a failed call about one resource makes everything
//!   computed from it [`Value::Unknown`](sekisho_model::Value::Unknown). Nothing is retried here; that is the client's business.
//! - The same call (account, Region, operation, parameters) is made once per scan, however many packs need it.
//! - The order of answers does not matter: the snapshot is sorted at the end.

mod cache;
mod frame;
mod items;
mod reader;
mod shape;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use sekisho_model::{AccountScope, Gap, Resource, ScanMeta, Snapshot, Timestamp, Unknown, UnknownKind};
use sekisho_rules::packs::{PackSet, ResourcePack, Scope};

use crate::aws::{Account, Api, BoxFuture};
use cache::CallCache;
use reader::Reader;

/// Accounts times Regions that are read at the same time. The client limits calls; this limits memory.
const PLACES_AT_ONCE: usize = 24;
/// Types that are read at the same time in one place.
const TYPES_AT_ONCE: usize = 16;

/// One account to read, and where.
#[derive(Debug, Clone)]
pub struct AccountPlan {
    /// The account with its credentials.
    pub account: Arc<Account>,
    /// Regions to read, sorted.
    pub regions: Vec<String>,
    /// Where global services are read and reported.
    pub home_region: String,
}

/// Hears how the reading goes on. Calls come from several threads.
pub trait Observer: Send + Sync {
    /// A type has been read (or refused) in one place.
    fn type_read(&self, place: (&str, &str), type_name: &str, resources: &[Resource], gap: Option<&Gap>);
    /// All types of one place have been read.
    fn place_read(&self, account: &str, region: &str);
}

/// Hears nothing.
#[derive(Debug)]
pub struct Silent;

impl Observer for Silent {
    fn type_read(&self, _: (&str, &str), _: &str, _: &[Resource], _: Option<&Gap>) {}
    fn place_read(&self, _: &str, _: &str) {}
}

/// What a scan reads: types, accounts, the time.
pub struct Plan {
    /// The packs.
    pub packs: Arc<PackSet>,
    /// The types to read (parents included).
    pub types: BTreeSet<String>,
    /// The accounts.
    pub accounts: Vec<AccountPlan>,
    /// The scan's time.
    pub taken_at: Timestamp,
}

/// Reads everything in the plan.
pub async fn read(api: Arc<dyn Api>, plan: Plan, observer: Arc<dyn Observer>) -> Snapshot {
    let shared = Arc::new(Shared {
        cache: CallCache::new(api, shared_operations(&plan)),
        now: plan.taken_at,
        packs: plan.packs.clone(),
        types: plan.types.clone(),
        observer,
    });
    let places = plan.accounts.iter().flat_map(|account| {
        let mut regions = account.regions.clone();
        // Global types are read in the home Region even if it is not among the Regions asked for.
        if !regions.contains(&account.home_region) {
            regions.push(account.home_region.clone());
        }
        regions.into_iter().map(move |region| (account.clone(), region))
    });
    let tasks: Vec<BoxFuture<'_, PlaceRead>> = places
        .map(|(account, region)| -> BoxFuture<'_, PlaceRead> {
            let shared = shared.clone();
            Box::pin(async move {
                let task = tokio::spawn(read_place(shared.clone(), account.clone(), region.clone()));
                // A task only fails to finish if it panicked; then all of its place is unknown.
                task.await.unwrap_or_else(|_| unread_place(&shared, &account, &region))
            })
        })
        .collect();
    let mut tasks = stream::iter(tasks).buffer_unordered(PLACES_AT_ONCE);
    let (mut resources, mut gaps) = (Vec::new(), Vec::new());
    while let Some(place) = tasks.next().await {
        resources.extend(place.resources);
        gaps.extend(place.gaps);
    }
    let key = |resource: &Resource| {
        (resource.type_name.clone(), resource.account.clone(), resource.region.clone(), resource.arn.clone())
    };
    resources.sort_by_cached_key(key);
    gaps.sort_by(|a, b| (&a.type_name, &a.account, &a.region).cmp(&(&b.type_name, &b.account, &b.region)));
    gaps.dedup_by(|later, kept| {
        (&later.type_name, &later.account, &later.region) == (&kept.type_name, &kept.account, &kept.region)
    });
    Snapshot { meta: meta(&plan), resources, gaps }
}

fn meta(plan: &Plan) -> ScanMeta {
    let scope = |plan: &AccountPlan| AccountScope {
        account: plan.account.id.clone(),
        partition: plan.account.partition.clone(),
        name: plan.account.name.clone(),
        identity: plan.account.identity.clone(),
        regions: plan.regions.clone(),
        home_region: plan.home_region.clone(),
    };
    let mut accounts: Vec<AccountScope> = plan.accounts.iter().map(scope).collect();
    accounts.sort_by(|a, b| a.account.cmp(&b.account));
    ScanMeta { taken_at: plan.taken_at, accounts, version: env!("CARGO_PKG_VERSION").to_owned() }
}

/// Operations that more than one of the types needs: their answers are kept for the scan.
fn shared_operations(plan: &Plan) -> BTreeSet<String> {
    let mut uses: HashMap<&str, usize> = HashMap::new();
    for operation in
        plan.types.iter().filter_map(|name| plan.packs.resources.get(name)).flat_map(ResourcePack::operations)
    {
        *uses.entry(operation).or_default() += 1;
    }
    uses.into_iter().filter(|(_, count)| *count > 1).map(|(operation, _)| operation.to_owned()).collect()
}

struct Shared {
    cache: CallCache,
    now: Timestamp,
    packs: Arc<PackSet>,
    types: BTreeSet<String>,
    observer: Arc<dyn Observer>,
}

#[derive(Default)]
struct PlaceRead {
    resources: Vec<Resource>,
    gaps: Vec<Gap>,
}

fn unread_place(shared: &Shared, account: &AccountPlan, region: &str) -> PlaceRead {
    let unknown = Unknown {
        source: "sekisho".into(),
        kind: UnknownKind::Failed,
        message: "reading ended unexpectedly; please report this".into(),
    };
    let gap = |type_name: &String| Gap {
        type_name: type_name.clone(),
        account: account.account.id.clone(),
        region: region.to_owned(),
        unknown: unknown.clone(),
    };
    PlaceRead { resources: Vec::new(), gaps: shared.types.iter().map(gap).collect() }
}

/// What reading one type in one place gave.
pub(crate) struct TypeRead {
    pub(crate) resources: Vec<Resource>,
    pub(crate) gap: Option<Gap>,
}

/// Reads all types of one account and Region, parents first.
async fn read_place(shared: Arc<Shared>, account: AccountPlan, region: String) -> PlaceRead {
    let home = region == account.home_region;
    let scanned = account.regions.contains(&region);
    let here = |pack: &&ResourcePack| match pack.scope {
        Scope::Regional => scanned,
        Scope::Global => home,
    };
    let mut waiting: Vec<&ResourcePack> =
        shared.types.iter().filter_map(|name| shared.packs.resources.get(name)).filter(here).collect();
    let mut done: BTreeMap<&str, TypeRead> = BTreeMap::new();
    while !waiting.is_empty() {
        let known = |name: &str| done.contains_key(name);
        // A parent that is not read here (another scope) has no children here either.
        let absent = |name: &str| !waiting.iter().any(|pack| pack.type_name == name);
        let (ready, later): (Vec<&ResourcePack>, Vec<&ResourcePack>) = waiting
            .iter()
            .copied()
            .partition(|pack| pack.parent.as_deref().is_none_or(|parent| known(parent) || absent(parent)));
        // Packs that are each other's parents would wait for ever.
        if ready.is_empty() {
            break;
        }
        let reader = Reader { cache: &shared.cache, now: shared.now, plan: &account, region: &region };
        let parent = |pack: &ResourcePack| pack.parent.as_deref().and_then(|parent| done.get(parent));
        let reads: Vec<BoxFuture<'_, (&str, TypeRead)>> =
            ready.into_iter().map(|pack| read_type(&shared, &reader, pack, parent(pack))).collect();
        let wave: Vec<(&str, TypeRead)> = stream::iter(reads).buffer_unordered(TYPES_AT_ONCE).collect().await;
        done.extend(wave);
        waiting = later;
    }
    shared.observer.place_read(&account.account.id, &region);
    let mut place = PlaceRead::default();
    for (type_name, read) in done {
        place.resources.extend(read.resources);
        // Elements of a located list live in any Region, so a failed list is a gap in all of them.
        if let Some(gap) = read.gap {
            let everywhere = shared.packs.resources.get(type_name).is_some_and(|pack| pack.region.is_some());
            let others = account.regions.iter().filter(|other| everywhere && **other != gap.region);
            place.gaps.extend(others.map(|other| Gap { region: other.clone(), ..gap.clone() }));
            place.gaps.push(gap);
        }
    }
    place
}

fn read_type<'p, 's: 'p>(
    shared: &'s Shared,
    reader: &'p Reader<'s>,
    pack: &'s ResourcePack,
    parent: Option<&'p TypeRead>,
) -> BoxFuture<'p, (&'s str, TypeRead)> {
    Box::pin(async move {
        let read = reader.read(pack, parent).await;
        shared.observer.type_read(
            (&reader.plan.account.id, reader.region),
            &pack.type_name,
            &read.resources,
            read.gap.as_ref(),
        );
        (pack.type_name.as_str(), read)
    })
}
