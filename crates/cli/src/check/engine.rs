//! From files to verdicts with their places.

use std::collections::{HashMap, HashSet};
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use jiff::civil::Date;
use sekisho_analyze::posture::DeclaredJudge;
use sekisho_hub::SuppressionRule;
use sekisho_iac::terraform::{self, plan};
use sekisho_iac::{Declared, Options, Origin, Problem, ProblemKind, Reading, SkipTool, Span, cloudformation, shape};
use sekisho_model::{AccountScope, ComplianceStatus, Lang, ScanMeta, Snapshot, Timestamp, Value, Verdict};
use sekisho_rules::packs::{PackSet, TerraformMapping};

use super::discover::Input;
use super::modules::{self, Disk};
use super::skip::{self, ForeignRules, Skip};
use super::{Checked, Dialect, Found, Passed};

/// Lines of the file that are shown of what is at fault, and of a resource in which something is missing.
const EXCERPT_LINES: u32 = 4;
const EXCERPT_LINES_MISSING: u32 = 2;
/// Expressions nest in each other through locals and modules; a thread's usual stack is short for that.
const STACK_BYTES: usize = 32 << 20;

pub(super) struct Engine<'p> {
    pub(super) packs: &'p PackSet,
    pub(super) judge: DeclaredJudge<'p>,
    pub(super) options: Options,
    pub(super) disk: Disk,
    pub(super) mappings: HashMap<&'p str, Vec<&'p TerraformMapping>>,
    /// The parameters of the controls in force, by id: what a fix sets.
    pub(super) parameters: HashMap<String, Value>,
    /// Whether skips of other tools count, and what they mean.
    pub(super) foreign: Option<ForeignRules>,
    pub(super) suppressions: &'p [SuppressionRule],
    pub(super) now: Timestamp,
}

/// What one file came to.
#[derive(Default)]
struct One {
    found: Vec<Found>,
    problems: Vec<(Problem, Option<(u32, u32)>)>,
    templates: usize,
    resources: usize,
    passed: Vec<Passed>,
    declared: Vec<(String, (u32, u32))>,
}

impl<'p> Engine<'p> {
    /// Checks all inputs, in parallel; the outcome is in their order.
    pub(super) fn check(&self, inputs: Vec<Input>, lang: Lang) -> Checked<'p> {
        let inputs = self.without_nested(inputs);
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(inputs.len().max(1));
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(input) = inputs.get(at) else { return done };
                done.push((at, self.one(input)));
            }
        };
        let mut all: Vec<(usize, One)> = Vec::with_capacity(inputs.len());
        thread::scope(|scope| {
            let builder = || thread::Builder::new().stack_size(STACK_BYTES);
            let running: Vec<_> = (0..threads).filter_map(|_| builder().spawn_scoped(scope, work).ok()).collect();
            if running.is_empty() {
                all.extend(work());
            }
            for thread in running {
                if let Ok(done) = thread.join() {
                    all.extend(done);
                }
            }
        });
        all.sort_by_key(|(at, _)| *at);
        let mut checked = Checked {
            packs: self.packs,
            lang,
            found: vec![],
            problems: vec![],
            templates: 0,
            resources: 0,
            passed: vec![],
            declared: vec![],
        };
        for (_, one) in all {
            checked.found.extend(one.found);
            checked.problems.extend(one.problems);
            checked.templates += one.templates;
            checked.resources += one.resources;
            checked.passed.extend(one.passed);
            checked.declared.extend(one.declared);
        }
        checked
    }

    /// What a file or folder declares; `None` for what is no template or cannot be read at all.
    pub(super) fn reading(&self, input: &Input) -> Option<Reading> {
        if input.module {
            return Some(terraform::read(&input.path, &self.disk, &self.options));
        }
        let text = input.text.as_ref().ok()?;
        if plan::looks_like_plan(text) {
            return Some(plan::read(&input.path, text.clone()));
        }
        cloudformation::looks_like_template(text)
            .then(|| cloudformation::read_with_nested(&input.path, text, &self.options, &self.disk))
    }

    /// Without the templates that others nest: those are judged with the parameters that they are given, as parts of the others.
    pub(super) fn without_nested(&self, inputs: Vec<Input>) -> Vec<Input> {
        let nested = |input: &Input| {
            let text = input.text.as_ref().ok().filter(|_| !input.module)?;
            Some(cloudformation::nested_paths(&input.path, text, &self.options, &self.disk))
        };
        let nested: HashSet<String> = inputs.iter().filter_map(nested).flatten().collect();
        let stays = |input: &Input| input.named || !nested.contains(&modules::written(Path::new(&input.path)));
        inputs.into_iter().filter(stays).collect()
    }

    fn one(&self, input: &Input) -> One {
        let mut one = One::default();
        if let Err(message) = &input.text {
            one.problems.push((unreadable(&input.path, message), None));
            return one;
        }
        let Some(reading) = self.reading(input) else {
            if input.named {
                one.problems
                    .push((unreadable(&input.path, "it is neither a template of CloudFormation, a plan of Terraform, nor a file of a module: it has no resources"), None));
            }
            return one;
        };
        let told = |problem: &&Problem| input.named || problem.kind != ProblemKind::NoTemplate;
        let problems = reading.problems.iter().filter(told);
        one.problems.extend(problems.map(|problem| (problem.clone(), position(&reading, problem.span))));
        if reading.declared.is_empty() {
            return one;
        }
        one.templates = 1;
        self.judged(&reading, &mut one);
        one
    }

    fn judged(&self, reading: &Reading, one: &mut One) {
        let skips: Vec<Vec<Skip>> =
            reading.declared.iter().map(|declared| self.skips(reading, declared, one)).collect();
        one.resources = reading.declared.len();
        let spans = reading.declared.iter().flat_map(|declared| declared.span.into_iter().chain(declared.via.clone()));
        one.declared.extend(spans.filter_map(|span| lines(reading, span)));
        let mut by_arn: HashMap<String, Origin> = HashMap::new();
        let mut resources = Vec::new();
        for shaped in shape::shape(&reading.declared, self.packs, &self.options) {
            by_arn.insert(shaped.resource.arn.clone(), shaped.origin);
            resources.push(shaped.resource);
        }
        let snapshot = Snapshot { meta: self.meta(), resources, gaps: Vec::new() };
        for verdict in self.judge.judge(&snapshot) {
            let Some(origin) = by_arn.get(&verdict.subject.resource.id) else { continue };
            let Some((declared, skips)) = reading.declared.get(origin.declared).zip(skips.get(origin.declared)) else {
                continue;
            };
            if verdict.status == ComplianceStatus::Passed {
                one.passed.push(Passed {
                    control_id: verdict.control_id.to_string(),
                    path: path_of(reading, declared),
                    address: declared.address.to_string(),
                });
            } else {
                one.found.push(self.found(reading, origin, declared, skips, &verdict));
            }
        }
        one.found.sort_by(|a, b| (a.lines, &a.control_id).cmp(&(b.lines, &b.control_id)));
    }

    fn meta(&self) -> ScanMeta {
        let Options { account, region, partition, .. } = &self.options;
        let scope = AccountScope {
            account: account.clone(),
            partition: partition.clone(),
            name: None,
            identity: String::new(),
            regions: vec![region.clone()],
            home_region: region.clone(),
        };
        ScanMeta { taken_at: self.now, accounts: vec![scope], version: env!("CARGO_PKG_VERSION").to_owned() }
    }

    fn found(
        &self,
        reading: &Reading,
        origin: &Origin,
        declared: &Declared,
        skips: &[Skip],
        verdict: &Verdict,
    ) -> Found {
        let mut span = None;
        let mut evidence = Vec::new();
        for seen in &verdict.evidence {
            let (place, sensitive) = self.place(reading, origin, declared, &seen.path);
            span = span.or(place.filter(|place| Some(*place) != declared.span));
            let value = if sensitive { Value::from("(secret)") } else { seen.value.clone() };
            evidence.push((seen.path.to_string(), value));
        }
        let most = if span.is_some() { EXCERPT_LINES } else { EXCERPT_LINES_MISSING };
        let span = span.or(declared.span);
        let mut found = Found {
            control_id: verdict.control_id.to_string(),
            severity: verdict.severity,
            status: verdict.status,
            path: path_of(reading, declared),
            dialect: if self.mappings.contains_key(&*declared.type_name) {
                Dialect::Terraform
            } else {
                Dialect::CloudFormation
            },
            lines: (1, 1),
            column: 1,
            places: places(reading, origin, declared),
            excerpt: Vec::new(),
            address: declared.address.to_string(),
            type_name: declared.type_name.to_string(),
            evidence,
            reasons: verdict.reasons.iter().map(|reason| reason.description.clone()).collect(),
            patch: self.patch(reading, origin, declared, verdict),
            accepted: self.accepted(&path_of(reading, declared), declared, skips, verdict),
        };
        if let Some((span, source)) = span.and_then(|span| Some((span, reading.sources.get(span.file)?))) {
            found.path = source.path.to_string();
            let first = source.position(span.start);
            // A block of YAML ends where the next thing starts.
            let written = source.text.get(span.start as usize..span.end as usize).unwrap_or_default().trim_end();
            let last = first.line + u32::try_from(written.matches('\n').count()).unwrap_or(0);
            (found.lines, found.column) = ((first.line, last), first.column);
            let shown = first.line..=last.min(first.line + most - 1);
            found.excerpt = shown.map(|line| source.line(line).to_owned()).collect();
        }
        found
    }

    /// Where evidence is written: in the declaration itself, or in that of a part which was joined into it.
    pub(super) fn place(
        &self,
        reading: &Reading,
        origin: &Origin,
        declared: &Declared,
        path: &str,
    ) -> (Option<Span>, bool) {
        let gave = |(field, _): &&(String, usize)| {
            path.strip_prefix(field.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let part = origin.parts.iter().rev().find(gave).and_then(|(_, at)| reading.declared.get(*at));
        let written = part.unwrap_or(declared);
        let below = path.split_once('.').map_or(path, |(_, rest)| rest);
        shape::place(written, self.mapping(written, below), path)
    }

    /// The mapping of a declaration that gives a field; none for CloudFormation.
    pub(super) fn mapping(&self, written: &Declared, path: &str) -> Option<&'p TerraformMapping> {
        let field = path.split(['.', '[']).next().unwrap_or_default();
        let mappings = self.mappings.get(&*written.type_name)?;
        let gives = |mapping: &&&TerraformMapping| {
            mapping.properties.iter().chain(&mapping.attributes).any(|(name, _)| **name == *field)
        };
        mappings.iter().find(gives).or_else(|| mappings.first()).copied()
    }

    /// The skips of a resource that hold; what cannot be read or has ended is said.
    fn skips(&self, reading: &Reading, declared: &Declared, one: &mut One) -> Vec<Skip> {
        let mut holding = Vec::new();
        for comment in &declared.skips {
            let read = match (comment.tool, &self.foreign) {
                (SkipTool::Sekisho, _) => skip::read(comment),
                (_, Some(rules)) => rules.read(comment),
                (_, None) => continue,
            };
            let message = match read {
                Ok(skip) if !skip.is_over(self.today()) => {
                    holding.push(skip);
                    continue;
                }
                Ok(_) => format!("the skip of {} has ended and accepts nothing", declared.address),
                Err(message) => message,
            };
            let kind = ProblemKind::NotUnderstood;
            let path = path_of(reading, declared).into();
            let problem = Problem { kind, path, span: comment.span, message };
            // A comment on the line between two resources is seen from both.
            if !one.problems.iter().any(|(known, _)| *known == problem) {
                one.problems.push((problem, position(reading, comment.span)));
            }
        }
        holding
    }

    fn today(&self) -> Date {
        sekisho_hub::day(self.now)
    }

    /// The reason of the decision that accepts a finding: a skip beside the code, or an entry of `sekisho.yaml` by control
    /// and by ARN, logical id or `file#LogicalId`.
    fn accepted(&self, path: &str, declared: &Declared, skips: &[Skip], verdict: &Verdict) -> Option<String> {
        if let Some(reason) = skips.iter().find_map(|skip| skip.accepts(&verdict.control_id)) {
            return Some(reason.to_owned());
        }
        let long = format!("{path}#{}", declared.address);
        let names = [&*declared.address, long.as_str(), verdict.subject.resource.name.as_str()];
        let fits = |rule: &&SuppressionRule| rule.accepts_declared(verdict, &names, self.now);
        self.suppressions.iter().find(fits).map(|rule| rule.reason.clone())
    }
}

/// What a finding was made of.
fn places(reading: &Reading, origin: &Origin, declared: &Declared) -> Vec<(String, (u32, u32))> {
    let parts = origin.parts.iter().filter_map(|(_, at)| reading.declared.get(*at)?.span);
    let spans = declared.span.into_iter().chain(declared.via.iter().copied()).chain(parts);
    spans.filter_map(|span| lines(reading, span)).collect()
}

/// A place by its file with first and last line.
fn lines(reading: &Reading, span: Span) -> Option<(String, (u32, u32))> {
    let source = reading.sources.get(span.file)?;
    Some((source.path.to_string(), (source.position(span.start).line, source.position(span.end).line)))
}

/// The file in which a resource is declared.
fn path_of(reading: &Reading, declared: &Declared) -> String {
    let source = declared.span.and_then(|span| reading.sources.get(span.file));
    source.map_or(&declared.unit, |source| &source.path).to_string()
}

fn unreadable(path: &str, message: &str) -> Problem {
    Problem { kind: ProblemKind::Unreadable, path: path.into(), span: None, message: message.to_owned() }
}

fn position(reading: &Reading, span: Option<Span>) -> Option<(u32, u32)> {
    let span = span?;
    let at = reading.sources.get(span.file)?.position(span.start);
    Some((at.line, at.column))
}
