//! Posture: every control on every resource.
//!
//! Rules (Security Hub user guide, "Evaluating compliance status and control status"):
//! - A control that found nothing to evaluate in an account and Region gives one PASSED finding on the account.
//! - A control whose resources could not be listed gives one NOT_AVAILABLE finding on the account, beside the
//!   verdicts on what could be listed. A service that AWS does not offer in the Region gives none: there is no data.
//! - Evidence is computed for every verdict but PASSED, where it would be the whole condition.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use sekisho_model::{
    ACCOUNT_TYPE, AccountScope, ComplianceStatus, Gap, Map, Resource, ResourceRef, Snapshot, StatusReason, Unknown,
    UnknownKind, Value, Verdict, VerdictSubject, account_resource_id,
};
use sekisho_rules::inventory::Inventory;
use sekisho_rules::packs::{
    Control, ControlScope, Judged, Kind, PackSet, Place, Scope, Subject, WhenEmpty, effective_parameters,
};

/// Fewer resources than this are judged on one thread: starting threads would cost more.
const THREADS_FROM: usize = 2_000;

/// What the user has decided about controls.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Controls that are not judged.
    pub disabled: BTreeSet<String>,
    /// Only these controls are judged.
    pub only: Option<BTreeSet<String>>,
    /// Parameter overrides by control id.
    pub parameters: BTreeMap<String, Map>,
}

/// A control with its effective parameters.
struct Prepared<'p> {
    control: &'p Control,
    /// Its place in the order of controls.
    rank: usize,
    id: Arc<str>,
    parameters: Value,
}

/// The controls that `settings` leave, in order.
pub fn controls<'p>(packs: &'p PackSet, settings: &Settings) -> Vec<&'p Control> {
    let wanted = |control: &&Control| {
        !settings.disabled.contains(&control.id) && settings.only.as_ref().is_none_or(|only| only.contains(&control.id))
    };
    packs.controls_in_order().into_iter().filter(wanted).collect()
}

/// All verdicts, sorted by control, account, Region and resource.
pub fn judge(packs: &PackSet, snapshot: &Snapshot, settings: &Settings) -> Vec<Verdict> {
    let prepared = prepared(packs, settings);
    let accounts = account_documents(snapshot);
    let now = snapshot.meta.taken_at.to_string();
    let inventory = Inventory::new(snapshot, packs.global_types()).with_config_types(packs.config_types_judged());
    let bench = Bench { packs, snapshot, prepared: &prepared, inventory: &inventory, now: &now, bare: None };
    let mut buckets = bench.resources();
    bench.accounts(&accounts, &mut buckets);
    bench.add_empty_and_unread(&mut buckets);
    in_order(buckets)
}

/// The controls of a run with their effective parameters, for judging many templates with them.
pub struct DeclaredJudge<'p> {
    packs: &'p PackSet,
    prepared: Vec<Prepared<'p>>,
}

impl<'p> DeclaredJudge<'p> {
    /// Prepares the controls that `settings` leave.
    pub fn new(packs: &'p PackSet, settings: &Settings) -> Self {
        Self { packs, prepared: prepared(packs, settings) }
    }

    /// The verdicts on resources that are declared and not deployed. Attributes of them are unknown of the kind
    /// [`UnknownKind::Undeployed`]: a control whose verdict hangs on one gives none, unless its pack says `before_deployment: true`;
    /// then it is judged with the attributes absent. Of the controls about accounts those give verdicts that look at nothing but one
    /// document of settings, where that is declared: on the declaration.
    pub fn judge(&self, declared: &Snapshot) -> Vec<Verdict> {
        let now = declared.meta.taken_at.to_string();
        let inventory = Inventory::new(declared, self.packs.global_types()).of_declarations();
        let documents = account_documents(declared);
        // The neighbours without what is known after deployment, too: a flow log that is declared will be active.
        let stripped = declared.resources.iter().map(without_unknown).collect();
        let stripped = Snapshot { meta: declared.meta.clone(), resources: stripped, gaps: Vec::new() };
        let neighbours = Inventory::new(&stripped, self.packs.global_types()).of_declarations();
        let bare = stripped.resources.iter().map(|resource| (resource.arn.as_str(), resource)).collect();
        let bench = Bench {
            packs: self.packs,
            snapshot: declared,
            prepared: &self.prepared,
            inventory: &inventory,
            now: &now,
            bare: Some((&bare, &neighbours)),
        };
        let mut buckets = bench.resources();
        bench.settings(&documents, &mut buckets);
        in_order(buckets)
    }
}

fn prepared<'p>(packs: &'p PackSet, settings: &Settings) -> Vec<Prepared<'p>> {
    let with_parameters = |(rank, control): (usize, &'p Control)| Prepared {
        control,
        rank,
        id: control.id.as_str().into(),
        parameters: effective_parameters(&control.parameters, settings.parameters.get(&control.id)),
    };
    controls(packs, settings).into_iter().enumerate().map(with_parameters).collect()
}

fn in_order(mut buckets: Buckets) -> Vec<Verdict> {
    for bucket in &mut buckets {
        // Resources come sorted within their type, so the verdicts of most controls are sorted.
        if !bucket.is_sorted_by(|a, b| order(a, b).is_le()) {
            bucket.sort_by(order);
        }
    }
    // Room for all at once: growing step by step would hold millions of verdicts twice.
    let mut verdicts = Vec::with_capacity(buckets.iter().map(Vec::len).sum());
    for bucket in buckets {
        verdicts.extend(bucket);
    }
    verdicts
}

/// Verdicts by the rank of their control. Sorting millions of verdicts by control would cost more than judging.
type Buckets = Vec<Vec<Verdict>>;

fn order(left: &Verdict, right: &Verdict) -> Ordering {
    let (left, right) = (&*left.subject, &*right.subject);
    let by_account = left.account.cmp(&right.account);
    by_account.then_with(|| left.region.cmp(&right.region)).then_with(|| left.resource.id.cmp(&right.resource.id))
}

/// The documents that controls about accounts judge.
fn account_documents(snapshot: &Snapshot) -> Vec<(Resource, &AccountScope, ControlScope)> {
    let mut documents = Vec::new();
    for scope in &snapshot.meta.accounts {
        let document =
            |region: &str| Resource::new(ACCOUNT_TYPE, &account_resource_id(&scope.account), &scope.account, region);
        documents.push((document(&scope.home_region), scope, ControlScope::Global));
        documents.extend(scope.regions.iter().map(|region| (document(region), scope, ControlScope::Regional)));
    }
    documents
}

/// The verdicts of two parts of the resources, the second after the first.
fn joined(mut left: Buckets, right: Buckets) -> Buckets {
    for (bucket, more) in left.iter_mut().zip(right) {
        bucket.extend(more);
    }
    left
}

struct Bench<'a> {
    packs: &'a PackSet,
    snapshot: &'a Snapshot,
    prepared: &'a [Prepared<'a>],
    inventory: &'a Inventory<'a>,
    now: &'a str,
    /// For declarations: the same without the attributes that are known after deployment, by ARN.
    bare: Option<(&'a HashMap<&'a str, &'a Resource>, &'a Inventory<'a>)>,
}

impl<'a> Bench<'a> {
    fn partition(&self, account: &str) -> &'a str {
        self.snapshot.meta.account(account).map_or("aws", |scope| &scope.partition)
    }

    fn resources(&self) -> Buckets {
        let mut by_type: HashMap<&str, Vec<&'a Prepared<'a>>> = HashMap::new();
        for prepared in self.prepared {
            for type_name in prepared.control.resources.iter().filter(|name| *name != ACCOUNT_TYPE) {
                by_type.entry(type_name).or_default().push(prepared);
            }
        }
        let resources = self.resources_in_order();
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        if threads == 1 || resources.len() < THREADS_FROM {
            return self.chunk(&resources, &by_type);
        }
        let chunks = resources.chunks(resources.len().div_ceil(threads));
        thread::scope(|scope| {
            let by_type = &by_type;
            let running: Vec<_> =
                chunks.map(|chunk| (chunk, scope.spawn(move || self.chunk(chunk, by_type)))).collect();
            // A thread that panicked is done again here, so that its panic reaches the caller and no verdict is lost.
            let finished =
                running.into_iter().map(|(chunk, thread)| thread.join().unwrap_or_else(|_| self.chunk(chunk, by_type)));
            finished.reduce(joined).unwrap_or_else(|| self.buckets())
        })
    }

    /// By type, so that the same few controls stay in the processor's cache, and within a type in the order of verdicts:
    /// sorting the resources once is much less work than sorting the verdicts of each control.
    fn resources_in_order(&self) -> Vec<&'a Resource> {
        let mut resources: Vec<&Resource> = self.snapshot.resources.iter().collect();
        resources.sort_by(|a, b| {
            let by_place = || a.account.cmp(&b.account).then_with(|| a.region.cmp(&b.region));
            a.type_name.cmp(&b.type_name).then_with(by_place).then_with(|| a.arn.cmp(&b.arn))
        });
        resources
    }

    fn chunk(&self, resources: &[&'a Resource], by_type: &HashMap<&str, Vec<&'a Prepared<'a>>>) -> Buckets {
        let mut buckets = self.buckets();
        for resource in resources {
            let Some(controls) = by_type.get(resource.type_name.as_str()) else { continue };
            let place = Place {
                account: &resource.account,
                region: &resource.region,
                partition: self.partition(&resource.account),
            };
            self.subject(resource, place, controls.iter().copied(), &mut buckets);
        }
        buckets
    }

    fn buckets(&self) -> Buckets {
        self.prepared.iter().map(|_| Vec::new()).collect()
    }

    fn accounts(&self, documents: &'a [(Resource, &'a AccountScope, ControlScope)], buckets: &mut Buckets) {
        for (document, scope, wanted) in documents {
            let place = Place { account: &scope.account, region: &document.region, partition: &scope.partition };
            let controls = self.prepared.iter().filter(|prepared| prepared.control.scope == Some(*wanted));
            self.subject(document, place, controls, buckets);
        }
    }

    /// Controls about the account that look at one document of settings, which is among the declarations.
    fn settings(&self, documents: &'a [(Resource, &'a AccountScope, ControlScope)], buckets: &mut Buckets) {
        let is_setting = |resource: &&Resource| {
            self.packs.resources.get(&resource.type_name).is_some_and(|pack| pack.kind == Kind::Setting)
        };
        for resource in self.snapshot.resources.iter().filter(is_setting) {
            let reads_it = |prepared: &&Prepared<'_>| {
                let mut types = prepared.control.types().filter(|name| *name != ACCOUNT_TYPE);
                prepared.control.is_about_account()
                    && types.next() == Some(resource.type_name.as_str())
                    && types.next().is_none()
            };
            for prepared in self.prepared.iter().filter(reads_it) {
                let mut found = self.buckets();
                for (document, scope, wanted) in documents {
                    if prepared.control.scope == Some(*wanted) {
                        let place =
                            Place { account: &scope.account, region: &document.region, partition: &scope.partition };
                        self.subject(document, place, std::iter::once(prepared), &mut found);
                    }
                }
                let place = Place {
                    account: &resource.account,
                    region: &resource.region,
                    partition: self.partition(&resource.account),
                };
                let subject = Arc::new(verdict_subject(resource, place));
                let found = found.into_iter().flatten().take(1);
                let found = found.map(|verdict| Verdict { subject: subject.clone(), ..verdict });
                if let Some(bucket) = buckets.get_mut(prepared.rank) {
                    bucket.extend(found);
                }
            }
        }
    }

    fn subject(
        &self,
        resource: &'a Resource,
        place: Place<'a>,
        controls: impl Iterator<Item = &'a Prepared<'a>>,
        buckets: &mut Buckets,
    ) {
        let new = |resource, inventory| Subject::new(resource, place, self.snapshot.meta.taken_at, self.now, inventory);
        let subject = new(resource, self.inventory);
        let mut subject = if self.bare.is_some() { subject.declared() } else { subject };
        let bare = self.bare.and_then(|(bare, inventory)| Some((*bare.get(resource.arn.as_str())?, inventory)));
        let mut bare = bare.map(|(resource, inventory)| new(resource, inventory).declared());
        // What all verdicts about the resource have in common is made once, and not for what no control applies to.
        let mut shared: Option<Arc<VerdictSubject>> = None;
        for prepared in controls {
            if bare.is_some() && prepared.control.before_deployment == Some(false) {
                continue;
            }
            let mut judged = subject.judge(prepared.control, &prepared.parameters);
            let mut subject = &mut subject;
            if self.bare.is_some() && hangs_on_deployment(&judged) {
                let judge_bare = prepared.control.before_deployment == Some(true);
                let Some(bare) = bare.as_mut().filter(|_| judge_bare) else { continue };
                subject = bare;
                judged = subject.judge(prepared.control, &prepared.parameters);
                if hangs_on_deployment(&judged) {
                    continue;
                }
            }
            let Judged::Verdict(status, why) = &judged else { continue };
            let evidence = match status {
                ComplianceStatus::Passed => Box::default(),
                _ => subject.evidence(prepared.control, &prepared.parameters, &judged).into(),
            };
            let verdict = Verdict {
                control_id: prepared.id.clone(),
                subject: shared.get_or_insert_with(|| Arc::new(verdict_subject(resource, place))).clone(),
                severity: prepared.control.severity,
                status: *status,
                reasons: why.iter().map(|why| reason(why)).collect(),
                evidence,
            };
            if let Some(bucket) = buckets.get_mut(prepared.rank) {
                bucket.push(verdict);
            }
        }
    }

    /// One account-level finding for each control and place that has nothing to evaluate, or could not list it.
    fn add_empty_and_unread(&self, buckets: &mut Buckets) {
        let mut gaps: HashMap<(&str, &str, &str), &Gap> = HashMap::new();
        for gap in &self.snapshot.gaps {
            gaps.insert((&gap.type_name, &gap.account, &gap.region), gap);
        }
        for (prepared, bucket) in self.prepared.iter().zip(buckets) {
            if prepared.control.is_about_account() {
                continue;
            }
            // Verdicts of one place mostly stand together: only the first of each group is looked at.
            let same = |a: &Verdict, b: &Verdict| {
                Arc::ptr_eq(&a.subject, &b.subject)
                    || a.subject.account == b.subject.account && a.subject.region == b.subject.region
            };
            let groups = bucket.chunk_by(same).filter_map(<[Verdict]>::first);
            let firsts: Vec<&VerdictSubject> = groups.map(|first| &*first.subject).collect();
            let seen: HashSet<(&str, &str)> = firsts.iter().map(|first| (&*first.account, &*first.region)).collect();
            let mut added = Vec::new();
            for scope in &self.snapshot.meta.accounts {
                for region in self.regions_of(prepared.control, scope) {
                    let mut types = prepared.control.resources.iter();
                    let unread = types.find_map(|name| gaps.get(&(name.as_str(), scope.account.as_str(), region)));
                    let is_seen = seen.contains(&(scope.account.as_str(), region));
                    let (status, reason) = match unread {
                        Some(gap) if gap.unknown.kind == UnknownKind::Unavailable => continue,
                        Some(gap) => (ComplianceStatus::NotAvailable, reason(&gap.unknown)),
                        None if is_seen || prepared.control.when_empty == WhenEmpty::NoData => continue,
                        None => (ComplianceStatus::Passed, empty()),
                    };
                    added.push(account_verdict(prepared.control, scope, region, status, reason));
                }
            }
            bucket.extend(added);
        }
    }

    /// Where a control about resources is judged: in all Regions, or at home if all its types are global.
    fn regions_of<'s>(&self, control: &Control, scope: &'s AccountScope) -> Vec<&'s str> {
        let only_at_home = control.resources.iter().all(|name| {
            self.packs.resources.get(name).is_some_and(|pack| pack.scope == Scope::Global && pack.region.is_none())
        });
        if only_at_home { vec![&scope.home_region] } else { scope.regions.iter().map(String::as_str).collect() }
    }
}

/// A declaration with the attributes absent that are known after deployment.
fn without_unknown(resource: &Resource) -> Resource {
    let attributes = resource.attributes.as_map().into_iter().flat_map(Map::iter);
    let known =
        attributes.filter(|(_, value)| value.as_unknown().is_none_or(|why| why.kind != UnknownKind::Undeployed));
    let known: Map = known.map(|(name, value)| (name.clone(), value.clone())).collect();
    Resource { attributes: Value::Map(known), ..resource.clone() }
}

/// Whether a verdict is not known because an attribute is known only after deployment.
fn hangs_on_deployment(judged: &Judged) -> bool {
    matches!(judged, Judged::Verdict(ComplianceStatus::NotAvailable, Some(why)) if why.kind == UnknownKind::Undeployed)
}

fn verdict_subject(resource: &Resource, place: Place<'_>) -> VerdictSubject {
    VerdictSubject {
        account: place.account.into(),
        partition: place.partition.into(),
        region: place.region.into(),
        resource: ResourceRef {
            type_name: resource.type_name.clone(),
            id: resource.arn.clone(),
            name: resource.name.clone(),
        },
        tags: resource.tags.clone(),
    }
}

fn reason(why: &Unknown) -> StatusReason {
    StatusReason {
        code: StatusReason::code_for(why.kind).to_owned(),
        description: format!("{}: {}", why.source, why.message),
    }
}

fn empty() -> StatusReason {
    StatusReason {
        code: "CONFIG_EVALUATIONS_EMPTY".to_owned(),
        description: "there is no resource to which this control applies".to_owned(),
    }
}

fn account_verdict(
    control: &Control,
    scope: &AccountScope,
    region: &str,
    status: ComplianceStatus,
    reason: StatusReason,
) -> Verdict {
    Verdict {
        control_id: control.id.as_str().into(),
        subject: Arc::new(VerdictSubject {
            account: scope.account.as_str().into(),
            partition: scope.partition.as_str().into(),
            region: region.into(),
            resource: ResourceRef {
                type_name: ACCOUNT_TYPE.to_owned(),
                id: account_resource_id(&scope.account),
                name: scope.account.clone(),
            },
            tags: Value::Map(Map::new()),
        }),
        severity: control.severity,
        status,
        reasons: [reason].into(),
        evidence: Box::default(),
    }
}
