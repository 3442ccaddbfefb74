//! `sekisho score`: the scores of what is kept, what they cost and how to raise them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use anyhow::{Result, bail};
use sekisho_analyze::score::{self, ControlStatus, Scores, Step};
use sekisho_model::{Finding, Lang};
use sekisho_rules::packs::PackSet;
use sekisho_store::embedded::EmbeddedStore;
use sekisho_store::{FindingFilter, FindingOrder, Store, StoreError};

use crate::args::ScoreArgs;
use crate::output::text;
use crate::scan::columns;
use crate::{Outcome, data, decisions, packs};

/// Resources named under a step of the plan.
const RESOURCES_SHOWN: usize = 5;

struct Scope<'a> {
    packs: &'a PackSet,
    enabled: BTreeSet<String>,
    disabled: BTreeSet<String>,
    findings: Vec<Finding>,
    lang: Lang,
}

/// Runs the command.
pub(crate) fn run(args: &ScoreArgs) -> Result<Outcome> {
    let loaded = packs::load(&args.packs)?;
    let decisions = decisions::load(&args.keeping, &loaded.set)?;
    let store = match EmbeddedStore::open_reader(&data::directory(&args.keeping, args.demo)?) {
        Err(StoreError::Missing { .. }) if args.demo => {
            bail!("the demo has not been scanned yet; run `sekisho scan --demo` first")
        }
        opened => opened?,
    };
    let mut findings = Vec::new();
    let filter = FindingFilter { accounts: args.account.iter().cloned().collect(), ..FindingFilter::active() };
    store.finding_each(&filter, FindingOrder::Id, &mut |finding| findings.push(finding))?;
    if findings.is_empty() {
        match &args.account {
            Some(account) => bail!("there are no findings of account {account}; scan it first"),
            None => bail!("there are no findings yet; run `sekisho scan` first"),
        }
    }
    let scope = Scope {
        packs: &loaded.set,
        enabled: decisions::enabled_standards(&decisions),
        disabled: decisions::disabled_controls(&decisions),
        findings,
        lang: args.lang.get(),
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    if args.json {
        serde_json::to_writer_pretty(&mut out, &scope.json())?;
        writeln!(out)?;
    } else {
        scope.print(args, &mut out)?;
    }
    out.flush()?;
    Ok(Outcome::Clean)
}

fn percent(score: Option<u8>) -> String {
    score.map_or_else(|| "-".to_owned(), |score| format!("{score}%"))
}

impl Scope<'_> {
    fn scores(&self, account: Option<&str>) -> Scores {
        let findings = self.findings.iter().filter(|finding| account.is_none_or(|account| finding.account == account));
        score::scores(self.packs, findings, &self.enabled, &self.disabled)
    }

    fn plan(&self, scores: &Scores) -> Vec<Step> {
        score::plan(self.packs, scores, &self.enabled, &self.disabled)
    }

    fn accounts(&self) -> BTreeSet<&str> {
        self.findings.iter().map(|finding| finding.account.as_str()).collect()
    }

    fn say(&self, en: &'static str, ja: &'static str) -> &'static str {
        match self.lang {
            Lang::En => en,
            Lang::Ja => ja,
        }
    }

    fn print(&self, args: &ScoreArgs, out: &mut dyn Write) -> Result<()> {
        let scores = self.scores(None);
        let accounts = self.accounts();
        writeln!(out, "{} {}", self.say("Security score", "セキュリティスコア"), percent(scores.summary))?;
        let formula = self.say(
            "passed / (passed + failed + unknown) controls, each counted once over all standards",
            "成功 /（成功 + 失敗 + 判定不可）のコントロール数。複数の標準にあるコントロールも 1 回だけ数えます",
        );
        text::indented(out, "", formula, columns())?;
        for standard in &scores.standards {
            let count = |status| standard.with(status).len();
            writeln!(
                out,
                "  {:>4}  {} v{}  ({} / {} + {} + {})",
                percent(standard.score),
                standard.name,
                standard.version,
                count(ControlStatus::Passed),
                count(ControlStatus::Passed),
                count(ControlStatus::Failed),
                count(ControlStatus::Unknown),
            )?;
        }
        if accounts.len() > 1 {
            writeln!(out, "\n{}", self.say("By account", "アカウント別"))?;
            for account in accounts {
                writeln!(out, "  {:>4}  {account}", percent(self.scores(Some(account)).summary))?;
            }
        }
        if args.explain {
            self.explain(&scores, out)?;
        }
        if args.plan {
            self.print_plan(&scores, out)?;
        }
        Ok(())
    }

    fn explain(&self, scores: &Scores, out: &mut dyn Write) -> Result<()> {
        for standard in &scores.standards {
            let scored = standard.scored();
            if scored == 0 {
                continue;
            }
            writeln!(out, "\n{} v{}: {}", standard.name, standard.version, percent(standard.score))?;
            let each = 100.0 / scored as f64;
            for (status, label) in [
                (ControlStatus::Failed, self.say("failed", "失敗")),
                (ControlStatus::Unknown, self.say("unknown", "判定不可")),
            ] {
                for id in standard.with(status) {
                    let tally = scores.tallies.get(id).copied().unwrap_or_default();
                    let title = self.packs.controls.get(id).map_or("", |control| control.title.get(self.lang));
                    let open = tally.failed + tally.unknown;
                    let head = format!("  -{each:.2}  {id:<16} {label}  {open}/{}  ", open + tally.passed);
                    text::indented(out, &head, title, columns())?;
                }
            }
            let (no_data, disabled) =
                (standard.with(ControlStatus::NoData).len(), standard.with(ControlStatus::Disabled).len());
            writeln!(
                out,
                "  {} {no_data}, {} {disabled}",
                self.say("not counted: no data", "計算対象外: データなし"),
                self.say("disabled", "無効")
            )?;
        }
        Ok(())
    }

    fn print_plan(&self, scores: &Scores, out: &mut dyn Write) -> Result<()> {
        let heading = self.say(
            "Fixes, one after the other. Points are what the scores of all standards gain together; standards are named where \
             their score changes.",
            "対処の優先順位（上から順に実施した場合）。ポイントは全標準のスコアの上昇分の合計です。スコアが変わる標準だけを示します。",
        );
        let width = columns();
        writeln!(out)?;
        for line in text::wrap(heading, width) {
            writeln!(out, "{line}")?;
        }
        let mut before: BTreeMap<&str, Option<u8>> =
            scores.standards.iter().map(|standard| (standard.id.as_str(), standard.score)).collect();
        let steps = self.plan(scores);
        for (at, step) in steps.iter().enumerate() {
            let title = self.packs.controls.get(&step.control_id).map_or("", |control| control.title.get(self.lang));
            let points = format!("+{:.2}", step.points);
            let head = format!("{:>4}. {:<16} {:<9} {points:>7}  ", at + 1, step.control_id, step.severity.label());
            text::indented(out, &head, title, width)?;
            let mut changes = Vec::new();
            for (id, score) in &step.reached {
                if before.insert(id, *score) != Some(*score) {
                    changes.push(format!("{id}\u{a0}{}", percent(*score)));
                }
            }
            let colon = if changes.is_empty() { "" } else { ": " };
            let reached = format!("{}{colon}{}", percent(step.summary), changes.join(", "));
            text::indented(out, &format!("      {} ", self.say("then", "実施後")), &reached, width)?;
            let failing: Vec<&Finding> = self
                .findings
                .iter()
                .filter(|finding| finding.control_id == step.control_id && finding.is_open())
                .collect();
            for finding in failing.iter().take(RESOURCES_SHOWN) {
                text::indented(out, "      - ", &finding.resource.id, width)?;
            }
            if failing.len() > RESOURCES_SHOWN {
                let more = failing.len() - RESOURCES_SHOWN;
                writeln!(out, "      - {}", self.say("and {} more", "ほか {} 件").replace("{}", &more.to_string()))?;
            }
        }
        Ok(())
    }

    fn json(&self) -> serde_json::Value {
        let scores = self.scores(None);
        let standard = |standard: &score::StandardScore| {
            serde_json::json!({
                "id": standard.id, "name": standard.name, "version": standard.version, "score": standard.score,
                "passed": standard.with(ControlStatus::Passed), "failed": standard.with(ControlStatus::Failed),
                "unknown": standard.with(ControlStatus::Unknown), "no_data": standard.with(ControlStatus::NoData),
                "disabled": standard.with(ControlStatus::Disabled),
            })
        };
        let mut resources: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for finding in self.findings.iter().filter(|finding| finding.is_open()) {
            resources.entry(&finding.control_id).or_default().push(&finding.resource.id);
        }
        let step = |step: &Step| {
            serde_json::json!({
                "control": step.control_id, "severity": step.severity, "points": step.points, "reached": step.reached,
                "summary": step.summary, "resources": resources.get(step.control_id.as_str()),
            })
        };
        let accounts: BTreeMap<&str, Option<u8>> =
            self.accounts().into_iter().map(|account| (account, self.scores(Some(account)).summary)).collect();
        serde_json::json!({
            "format": 1, "summary": scores.summary, "accounts": accounts,
            "standards": scores.standards.iter().map(standard).collect::<Vec<_>>(),
            "plan": self.plan(&scores).iter().map(step).collect::<Vec<_>>(),
        })
    }
}
