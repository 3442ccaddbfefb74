//! Runs the tests inside control packs.

use std::collections::HashSet;

use sekisho_model::{
    ACCOUNT_TYPE, ComplianceStatus, Evidence, Gap, Key, Map, Resource, Unknown, UnknownKind, Value, account_resource_id,
};

use super::control::{Control, ControlTest, Given, effective_parameters};
use super::judge::{Judged, Place, Subject};
use super::resource::{Kind, ResourcePack};
use super::set::PackSet;
use crate::inventory::Inventory;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "us-east-1";

/// What a test gave.
#[derive(Debug, Clone, PartialEq)]
pub struct TestOutcome {
    /// The verdict; `None` for not applicable.
    pub status: Option<ComplianceStatus>,
    /// What decided it.
    pub evidence: Vec<Evidence>,
    /// Why it is not known.
    pub unknown: Option<String>,
    /// What is wrong, if the test failed.
    pub failure: Option<String>,
}

/// Runs one test.
pub fn run(set: &PackSet, control: &Control, test: &ControlTest) -> TestOutcome {
    run_changed(set, control, test, |_, _| {})
}

/// Runs one test after `change` has been made to the judged resource and to those around it, for tests of
/// what must hold whatever the documents say.
pub fn run_changed(
    set: &PackSet,
    control: &Control,
    test: &ControlTest,
    change: impl FnOnce(&mut Resource, &mut [Resource]),
) -> TestOutcome {
    let account = test.account.as_deref().unwrap_or(ACCOUNT);
    let region = test.region.as_deref().unwrap_or(REGION);
    let mut world = World { set, account, region, resources: Vec::new(), gaps: Vec::new(), effective: HashSet::new() };
    let mut judged = world.judged(test);
    for given in &test.given {
        world.give(given);
    }
    for operation in &test.denied {
        world.deny(control, operation, &mut judged);
    }
    change(&mut judged, &mut world.resources);
    let unused: Vec<&String> = test.denied.iter().filter(|operation| !world.effective.contains(*operation)).collect();
    let parameters = effective_parameters(&control.parameters, Some(&test.parameters));
    let inventory =
        Inventory::of(&world.resources, &world.gaps, set.global_types()).with_config_types(set.config_types_judged());
    let now_text = test.now.to_string();
    let place = Place { account, region, partition: "aws" };
    let (status, evidence, unknown) = judge(control, &judged, place, test, &now_text, &parameters, &inventory);
    let mut outcome = TestOutcome { status, evidence, unknown, failure: None };
    outcome.failure = failure(test, &outcome, unused.first().map(|name| name.as_str()));
    outcome
}

type Verdict = (Option<ComplianceStatus>, Vec<Evidence>, Option<String>);

fn judge<'a>(
    control: &'a Control,
    judged: &'a Resource,
    place: Place<'a>,
    test: &ControlTest,
    now: &'a str,
    parameters: &'a Value,
    inventory: &'a Inventory<'a>,
) -> Verdict {
    let mut subject = Subject::new(judged, place, test.now, now, inventory);
    let outcome = subject.judge(control, parameters);
    let evidence = subject.evidence(control, parameters, &outcome);
    match outcome {
        Judged::NotApplicable => (None, evidence, None),
        Judged::Verdict(status, why) => {
            (Some(status), evidence, why.map(|why| format!("{}: {}", why.source, why.message)))
        }
    }
}

fn failure(test: &ControlTest, outcome: &TestOutcome, unused_denial: Option<&str>) -> Option<String> {
    if let Some(operation) = unused_denial {
        return Some(format!(
            "refusing {operation} changes nothing here: neither the judged type nor a related one reads it"
        ));
    }
    let label = |status: Option<ComplianceStatus>| status.map_or("NOT_APPLICABLE", ComplianceStatus::label);
    if outcome.status != test.expect.status() {
        let evidence: Vec<String> =
            outcome.evidence.iter().map(|evidence| format!("{} = {}", evidence.path, evidence.value)).collect();
        let because = outcome.unknown.clone().unwrap_or_else(|| evidence.join(", "));
        return Some(format!("expected {}, got {} ({because})", label(test.expect.status()), label(outcome.status)));
    }
    // A condition with a type error is unknown too; that must not pass for a refused read.
    if let Some(unknown) = &outcome.unknown
        && unknown.starts_with("condition:")
    {
        return Some(format!("NOT_AVAILABLE because of a mistake in the condition: {unknown}"));
    }
    match &test.because {
        Some(path)
            if !outcome.evidence.iter().any(|evidence| {
                *evidence.path == **path
                    || evidence.path.starts_with(&format!("{path}."))
                    || evidence.path.starts_with(&format!("{path}["))
            }) =>
        {
            let paths: Vec<&str> = outcome.evidence.iter().map(|evidence| &*evidence.path).collect();
            Some(format!("expected the evidence {path}, got {}", paths.join(", ")))
        }
        _ => None,
    }
}

struct World<'s> {
    set: &'s PackSet,
    account: &'s str,
    region: &'s str,
    resources: Vec<Resource>,
    gaps: Vec<Gap>,
    /// Denied operations that something in the world depends on.
    effective: HashSet<String>,
}

impl World<'_> {
    fn judged(&self, test: &ControlTest) -> Resource {
        let arn = match &test.arn {
            Some(arn) => arn.clone(),
            None if test.type_name == ACCOUNT_TYPE => account_resource_id(self.account),
            None => format!(
                "arn:aws:test:{}:{}:{}",
                self.region,
                self.account,
                test.resource_name.as_deref().unwrap_or("judged")
            ),
        };
        let mut resource = Resource::new(&test.type_name, &arn, self.account, self.region);
        if let Some(name) = &test.resource_name {
            resource.name.clone_from(name);
        }
        self.fill(&mut resource, &test.properties, &test.attributes, &test.tags);
        resource
    }

    fn fill(&self, resource: &mut Resource, properties: &Map, attributes: &Map, tags: &Map) {
        let mut properties = properties.clone();
        if let Some(pack) = self.set.resources.get(&resource.type_name) {
            pack.apply_defaults(&mut properties);
        }
        resource.properties = Value::Map(properties);
        resource.attributes = Value::Map(attributes.clone());
        resource.tags = Value::Map(tags.clone());
    }

    fn give(&mut self, given: &Given) {
        let raw = &given.raw;
        let account = raw.account.as_deref().unwrap_or(self.account);
        let region = raw.region.as_deref().unwrap_or(self.region);
        let name = raw.name.clone().unwrap_or_else(|| format!("given-{}", self.resources.len()));
        let arn = raw.arn.clone().unwrap_or_else(|| format!("arn:aws:test:{region}:{account}:{name}"));
        let mut resource = Resource::new(&given.type_name, &arn, account, region);
        resource.name = name;
        self.fill(&mut resource, &raw.properties, &raw.attributes, &raw.tags);
        self.resources.push(resource);
    }

    /// Makes unknown what a refused `operation` would have told, in the judged resource and around it.
    fn deny(&mut self, control: &Control, operation: &str, judged: &mut Resource) {
        let unknown =
            Unknown { source: operation.to_owned(), kind: UnknownKind::Denied, message: "refused in this test".into() };
        let set = self.set;
        for type_name in set.types_for([control]) {
            let Some(pack) = set.resources.get(&type_name) else { continue };
            if !self.depends(pack, operation) {
                continue;
            }
            self.effective.insert(operation.to_owned());
            let related = control.uses.types.contains(&type_name);
            let tainted = pack
                .tainted_by(operation)
                .filter(|_| !pack.parent.as_ref().is_some_and(|parent| self.list_refused(parent, operation)));
            match tainted {
                Some(variables) => {
                    if judged.type_name == type_name {
                        obscure(judged, pack, &variables, &unknown);
                    }
                    if pack.kind == Kind::Setting
                        && !self.resources.iter().any(|resource| resource.type_name == type_name)
                    {
                        self.resources.push(Resource::new(&type_name, &type_name, self.account, self.region));
                    }
                    for resource in self.resources.iter_mut().filter(|resource| resource.type_name == type_name) {
                        obscure(resource, pack, &variables, &unknown);
                    }
                }
                None => {
                    if related {
                        self.gaps.push(Gap {
                            type_name: type_name.clone(),
                            account: self.account.to_owned(),
                            region: self.region.to_owned(),
                            unknown: unknown.clone(),
                        });
                        self.resources.retain(|resource| resource.type_name != type_name);
                    }
                    if judged.type_name == type_name {
                        obscure(
                            judged,
                            pack,
                            &HashSet::from(["item".to_owned()]).into_iter().chain(pack.roots.iter().cloned()).collect(),
                            &unknown,
                        );
                    }
                }
            }
        }
    }

    fn depends(&self, pack: &ResourcePack, operation: &str) -> bool {
        pack.operations().contains(operation)
            || pack.parent.as_ref().is_some_and(|parent| self.list_refused(parent, operation))
    }

    fn list_refused(&self, type_name: &str, operation: &str) -> bool {
        self.set.resources.get(type_name).is_some_and(|pack| {
            (pack.operations().contains(operation) && pack.tainted_by(operation).is_none())
                || pack.parent.as_ref().is_some_and(|parent| self.list_refused(parent, operation))
        })
    }
}

fn obscure(resource: &mut Resource, pack: &ResourcePack, variables: &HashSet<String>, unknown: &Unknown) {
    let hide = |document: &mut Value, names: Vec<Key>| {
        if let Value::Map(map) = document {
            for name in names {
                map.insert(name, unknown.clone().into());
            }
        }
    };
    hide(&mut resource.properties, pack.fields_reading("properties", variables));
    hide(&mut resource.attributes, pack.fields_reading("attributes", variables));
    if pack.tags.as_ref().is_some_and(|tags| tags.uses().roots.iter().any(|root| variables.contains(root))) {
        resource.tags = unknown.clone().into();
    }
}
