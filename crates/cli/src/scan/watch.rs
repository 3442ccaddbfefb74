//! Watches the reading: feeds the progress display, and shows the first findings as they appear.

use std::io::{self, IsTerminal, Stderr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use sekisho_analyze::posture::{self, Settings};
use sekisho_collect::aws::Counters;
use sekisho_collect::plan::{AccountPlan, Observer};
use sekisho_model::{ComplianceStatus, Gap, Lang, Resource, ScanMeta, Severity, Snapshot, Verdict};
use sekisho_rules::packs::PackSet;

use crate::args::ScanArgs;
use crate::output::ColorChoice;
use crate::output::progress::{FINDINGS_MAX, Progress, ProgressFinding, ProgressSnapshot, ProgressStyle};

/// Columns where the terminal does not say.
const WIDTH_DEFAULT: usize = 80;
/// Resources of one type that are judged for a first look.
const FIRST_LOOK_MAX: usize = 200;

/// See the module head.
pub(crate) struct Watch {
    display: Option<Mutex<Progress<Stderr>>>,
    packs: Arc<PackSet>,
    lang: Lang,
    started: Instant,
    counters: Arc<Counters>,
    accounts: usize,
    places: usize,
    services: usize,
    places_read: AtomicUsize,
    types_read: AtomicUsize,
    resources: AtomicUsize,
    findings: AtomicUsize,
}

impl Watch {
    /// A watch over `plans` with `types` types each.
    pub(crate) fn new(
        args: &ScanArgs,
        packs: Arc<PackSet>,
        plans: &[AccountPlan],
        types: usize,
        counters: Arc<Counters>,
        started: Instant,
    ) -> Self {
        let places = plans.iter().map(|plan| plan.regions.len()).sum();
        let display = (!args.quiet).then(|| Mutex::new(Progress::new(io::stderr(), style(args))));
        Self {
            display,
            packs,
            lang: args.lang.get(),
            started,
            counters,
            accounts: plans.len(),
            places,
            services: places * types,
            places_read: AtomicUsize::new(0),
            types_read: AtomicUsize::new(0),
            resources: AtomicUsize::new(0),
            findings: AtomicUsize::new(0),
        }
    }

    fn now(&self) -> ProgressSnapshot {
        let totals = self.counters.now();
        let places_read = self.places_read.load(Ordering::Relaxed).min(self.places);
        let accounts_read =
            if places_read == self.places { self.accounts } else { places_read * self.accounts / self.places.max(1) };
        ProgressSnapshot {
            elapsed: self.started.elapsed(),
            accounts: (accounts_read, self.accounts),
            regions: (places_read, self.places),
            services: (self.types_read.load(Ordering::Relaxed).min(self.services), self.services),
            resources: self.resources.load(Ordering::Relaxed) as u64,
            calls: totals.calls,
            throttled: totals.throttled,
            refused: totals.refused,
        }
    }

    /// Refreshes the display. A closed stderr does not end the scan.
    pub(crate) fn show(&self) {
        if let Some(Ok(mut display)) = self.display.as_ref().map(Mutex::lock) {
            let _ = display.update(&self.now());
        }
    }

    /// Ends the display.
    pub(crate) fn finish(&self) {
        if let Some(Ok(mut display)) = self.display.as_ref().map(Mutex::lock) {
            let _ = display.finish(&self.now());
        }
    }

    /// Judges a few resources by the severe controls that need nothing else, for a first look.
    fn first_look(&self, resources: &[Resource]) {
        let Some(type_name) = resources.first().map(|resource| resource.type_name.clone()) else { return };
        let alone = self.packs.controls.values().filter(|control| {
            control.severity >= Severity::High
                && control.resources.contains(&type_name)
                && control.uses.types.is_empty()
        });
        let only: std::collections::BTreeSet<String> = alone.map(|control| control.id.clone()).collect();
        if only.is_empty() {
            return;
        }
        let meta = ScanMeta { taken_at: crate::now(), accounts: Vec::new(), version: String::new() };
        let snapshot =
            Snapshot { meta, resources: resources.iter().take(FIRST_LOOK_MAX).cloned().collect(), gaps: Vec::new() };
        let verdicts = posture::judge(&self.packs, &snapshot, &Settings { only: Some(only), ..Settings::default() });
        for verdict in verdicts.iter().filter(|verdict| verdict.status == ComplianceStatus::Failed) {
            if self.findings.fetch_add(1, Ordering::Relaxed) > FINDINGS_MAX {
                return;
            }
            self.finding(verdict);
        }
    }

    fn finding(&self, verdict: &Verdict) {
        let title = self.packs.controls.get(&*verdict.control_id).map_or("", |control| control.title.get(self.lang));
        if let Some(Ok(mut display)) = self.display.as_ref().map(Mutex::lock) {
            let finding = ProgressFinding {
                severity: verdict.severity,
                control_id: &verdict.control_id,
                title,
                resource_id: &verdict.subject.resource.name,
            };
            let _ = display.finding(&finding);
        }
    }
}

/// How stderr looks.
fn style(args: &ScanArgs) -> ProgressStyle {
    let is_terminal = io::stderr().is_terminal();
    ProgressStyle { is_terminal, color: color(args.color, is_terminal), width: width(), lang: args.lang.get() }
}

/// Whether to colour a stream.
pub(crate) fn color(choice: ColorChoice, is_terminal: bool) -> bool {
    let variable = |name: &str| std::env::var(name).ok();
    choice.resolve(is_terminal, variable("NO_COLOR").as_deref(), variable("TERM").as_deref())
}

/// The columns to write: what `COLUMNS` says (POSIX, "Environment Variables"), else the terminal's.
pub(crate) fn width() -> usize {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    asked.filter(|columns| *columns > 0).or_else(terminal).unwrap_or(WIDTH_DEFAULT)
}

impl Observer for Watch {
    fn type_read(&self, _: (&str, &str), _: &str, resources: &[Resource], _: Option<&Gap>) {
        self.types_read.fetch_add(1, Ordering::Relaxed);
        self.resources.fetch_add(resources.len(), Ordering::Relaxed);
        if self.display.is_some() && self.findings.load(Ordering::Relaxed) <= FINDINGS_MAX {
            self.first_look(resources);
        }
    }

    fn place_read(&self, _: &str, _: &str) {
        self.places_read.fetch_add(1, Ordering::Relaxed);
    }
}
