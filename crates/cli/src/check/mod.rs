//! `sekisho check`: the controls of the scan on templates, before anything is deployed.
//!
//! One template is one small account: its resources see each other as they would after deployment. A file that cannot be read
//! is reported and costs nothing but itself. Exit codes as `scan`: 0 clean, 2 findings over the bar, 1 error, and 1 too where a
//! file that was named could not be read.

mod baseline;
mod changed;
mod discover;
mod engine;
mod explain;
mod fix;
mod html;
mod json;
mod modules;
mod reports;
mod sarif;
mod skip;
mod terminal;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, IsTerminal, Write};

use anyhow::{Context, Result, bail};
use sekisho_analyze::posture::{DeclaredJudge, Settings};
use sekisho_iac::{Options, Problem, ProblemKind};
use sekisho_model::{ComplianceStatus, Lang, Map, Severity, Value};
use sekisho_rules::packs::{Control, PackSet, effective_parameters};
use uuid::Uuid;

use crate::args::{Bar, CheckArgs, CheckFormat};
use crate::scan::{color, columns};
use crate::{Outcome, decisions, files, packs};

/// A parameters file is short.
const PARAMETERS_MAX_BYTES: u64 = 1 << 20;

/// In which language a fix is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    CloudFormation,
    Terraform,
}

/// One verdict that a reader has to know of.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) control_id: String,
    pub(crate) severity: Severity,
    pub(crate) status: ComplianceStatus,
    /// The file as the user would write it.
    pub(crate) path: String,
    pub(crate) dialect: Dialect,
    /// First and last line, from 1.
    pub(crate) lines: (u32, u32),
    /// The column of the first line, from 1.
    pub(crate) column: u32,
    /// Everything that it was made of, by file with first and last line: the declaration, its parts, the calls of modules.
    pub(crate) places: Vec<(String, (u32, u32))>,
    /// The first lines as they stand.
    pub(crate) excerpt: Vec<String>,
    /// Logical id, or the address in Terraform.
    pub(crate) address: String,
    pub(crate) type_name: String,
    /// Path and value of what decided.
    pub(crate) evidence: Vec<(String, Value)>,
    /// Why it could not be judged.
    pub(crate) reasons: Vec<String>,
    /// The reason of a decision that accepts it.
    pub(crate) accepted: Option<String>,
    /// What would fix it, where that is mechanical.
    pub(crate) patch: fix::Patch,
}

/// A control that holds.
#[derive(Debug, Clone)]
pub(crate) struct Passed {
    pub(crate) control_id: String,
    pub(crate) path: String,
    pub(crate) address: String,
}

/// Everything that a run came to.
pub(crate) struct Checked<'p> {
    pub(crate) packs: &'p PackSet,
    pub(crate) lang: Lang,
    pub(crate) found: Vec<Found>,
    /// With the place as `line:column`, where there is one.
    pub(crate) problems: Vec<(Problem, Option<(u32, u32)>)>,
    pub(crate) templates: usize,
    pub(crate) resources: usize,
    pub(crate) passed: Vec<Passed>,
    /// The places of everything that is declared, by file with first and last line.
    pub(crate) declared: Vec<(String, (u32, u32))>,
}

impl Checked<'_> {
    /// The title of a finding's control.
    pub(crate) fn title(&self, found: &Found) -> &str {
        self.packs.controls.get(&found.control_id).map_or("", |control| control.title.get(self.lang))
    }

    /// How to fix a finding, in the language in which it is written.
    pub(crate) fn fix(&self, found: &Found) -> Option<&str> {
        let fix = &self.packs.controls.get(&found.control_id)?.fix;
        match found.dialect {
            Dialect::CloudFormation => fix.cloudformation.as_deref(),
            Dialect::Terraform => fix.terraform.as_deref(),
        }
    }
}

impl Found {
    /// Whether it has to be fixed: failed and not accepted.
    pub(crate) fn is_open(&self) -> bool {
        self.status == ComplianceStatus::Failed && self.accepted.is_none()
    }

    /// What stays the same when the resource moves in its file.
    pub(crate) fn fingerprint(&self) -> String {
        let name = [&*self.control_id, &*self.path, &*self.address].join("\n");
        Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
    }
}

/// Runs the command.
pub(crate) fn run(args: &CheckArgs) -> Result<Outcome> {
    let loaded = packs::load(&args.packs)?;
    let decided = decisions::load(&args.keeping, &loaded.set)?;
    let mut settings = decisions::settings(&decided);
    settings.only = packs::only(&loaded.set, &args.only)?;
    if settings.only.as_ref().is_some_and(BTreeSet::is_empty) {
        bail!("--only {}: no control judges that; see `sekisho controls list`", args.only.join(", "));
    }
    let options = Options { parameters: parameters(args)?, region: args.region.clone(), ..Options::default() };
    let disk = modules::Disk::new(&args.paths);
    let sources = discover::sources(&args.paths, &disk)?;
    let mut engine = engine::Engine {
        packs: &loaded.set,
        judge: DeclaredJudge::new(&loaded.set, &settings),
        options,
        disk,
        mappings: loaded.set.terraform(),
        foreign: args.honour_foreign_skips.then(skip::ForeignRules::load).transpose()?,
        parameters: in_force(&loaded.set, &settings),
        suppressions: &decided.suppressions,
        now: crate::now(),
    };
    if let Some(address) = &args.explain_resource {
        engine.explain(&sources, address, &mut io::stdout().lock())?;
        return Ok(Outcome::Clean);
    }
    let known = args.baseline.as_deref().map(baseline::read).transpose()?.unwrap_or_default();
    let changed = args.changed_since.as_deref().map(changed::Changed::since).transpose()?;
    let lang = args.lang.get();
    let mut checked = engine.check(sources.clone(), lang);
    if args.fix || args.diff {
        let fixed = engine.fixed(&checked, &sources, lang);
        if args.diff {
            fixed.show(io::stdout().is_terminal(), &mut io::stdout().lock())?;
            return Ok(Outcome::Clean);
        }
        let files = fixed.write()?;
        let told = match lang {
            Lang::En => format!("fixed {} findings in {files} files", fixed.findings),
            Lang::Ja => format!("{files} 個のファイルで {} 件を修正しました", fixed.findings),
        };
        writeln!(io::stderr(), "{told}")?;
        checked = engine.check(discover::sources(&args.paths, &engine.disk)?, lang);
    }
    if let Some(changed) = changed {
        changed.keep(&mut checked.found, &checked.declared);
    }
    write(&checked, args)?;
    if let Some(path) = &args.write_baseline {
        baseline::write(path, &checked)?;
        return Ok(Outcome::Clean);
    }
    let named_unreadable = checked.problems.iter().any(|(problem, _)| {
        problem.kind != ProblemKind::NotUnderstood
            && args.paths.iter().any(|path| path.display().to_string() == *problem.path)
    });
    let new = |found: &&Found| !known.contains(&found.fingerprint());
    let bars = decisions::bars(&args.fail_on, &decided);
    let over = checked.found.iter().filter(new).any(|found| is_over(found, &bars));
    match (over, named_unreadable) {
        (true, _) => Ok(Outcome::OverTheBar),
        (false, true) => bail!("a file that was named could not be read; see above"),
        (false, false) => Ok(Outcome::Clean),
    }
}

/// The parameters of all controls as the settings leave them.
fn in_force(packs: &PackSet, settings: &Settings) -> HashMap<String, Value> {
    let values = |control: &Control| {
        (control.id.clone(), effective_parameters(&control.parameters, settings.parameters.get(&control.id)))
    };
    packs.controls.values().map(values).collect()
}

/// Without `--fail-on` and `fail_on`, whatever is open is over the bar: a check stands in the way of a mistake.
fn is_over(found: &Found, bars: &[Bar]) -> bool {
    if bars.is_empty() {
        return found.is_open();
    }
    bars.iter().any(|bar| match bar {
        Bar::New => found.is_open(),
        Bar::Severity(severity) => found.is_open() && found.severity == *severity,
        Bar::NotAvailable => found.status == ComplianceStatus::NotAvailable,
    })
}

/// Parameter values: the forms of `aws cloudformation deploy` (`{"Name": "value"}`, `["Name=value"]`) and of
/// `create-stack` (`[{"ParameterKey": .., "ParameterValue": ..}]`), and CodePipeline's `{"Parameters": {..}}`.
fn parameters(args: &CheckArgs) -> Result<BTreeMap<String, String>> {
    let mut given = BTreeMap::new();
    for path in &args.parameters {
        let text = files::read_text(path, PARAMETERS_MAX_BYTES)?;
        let value: Value = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
        let scalar = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut take = |map: &Map| given.extend(map.iter().map(|(name, value)| (name.to_string(), scalar(value))));
        match (&value, value.get("Parameters")) {
            (_, Some(Value::Map(map))) | (Value::Map(map), _) => take(map),
            (Value::List(items), _) => {
                for item in items {
                    let pair = match item.as_str() {
                        Some(text) => text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())),
                        None => item
                            .get("ParameterKey")
                            .and_then(Value::as_str)
                            .zip(item.get("ParameterValue"))
                            .map(|(name, value)| (name.to_owned(), scalar(value))),
                    };
                    let Some((name, value)) = pair else {
                        bail!("{}: {item} is not a parameter; write ParameterKey and ParameterValue", path.display())
                    };
                    given.insert(name, value);
                }
            }
            _ => bail!("{} holds no parameters; write {{\"Name\": \"value\"}}", path.display()),
        }
    }
    Ok(given)
}

fn write(checked: &Checked<'_>, args: &CheckArgs) -> Result<()> {
    let print = |out: &mut dyn Write, is_terminal: bool, width: usize| match args.format {
        CheckFormat::Text => terminal::write(checked, color(args.color, is_terminal), width, out),
        CheckFormat::Json => json::write(checked, out),
        CheckFormat::Sarif => sarif::write(checked, out),
        CheckFormat::Github => terminal::write_github(checked, out),
        CheckFormat::Gitlab => reports::gitlab(checked, out),
        CheckFormat::Junit => reports::junit(checked, out),
        CheckFormat::Markdown => reports::markdown(checked, out),
        CheckFormat::Html => html::write(checked, out),
    };
    match &args.output {
        Some(path) => files::write_whole(path, |out| print(out, false, terminal::FILE_WIDTH)),
        None => {
            let is_terminal = io::stdout().is_terminal();
            let mut out = io::BufWriter::new(io::stdout().lock());
            print(&mut out, is_terminal, columns())?;
            Ok(out.flush()?)
        }
    }
}
