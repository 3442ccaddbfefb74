//! The command line.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, Subcommand};
use sekisho_model::{Lang, Severity, Timestamp};

use crate::output::{ColorChoice, Format};

/// Finds what is wrong in AWS accounts, says what matters, and remembers.
#[derive(Debug, Parser)]
#[command(name = "sekisho", version, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read AWS accounts, judge them, keep the findings and write a report
    #[command(after_help = SCAN_HELP)]
    Scan(Box<ScanArgs>),
    /// Judge CloudFormation templates by the same controls, before they are deployed
    #[command(after_help = CHECK_HELP)]
    Check(CheckArgs),
    /// Show the security scores of the last scan, what they cost and how to raise them
    Score(ScoreArgs),
    /// Look at, test and write controls
    #[command(subcommand)]
    Controls(ControlsCommand),
}

const SCAN_HELP: &str = "\
Examples:
  sekisho scan --demo                              a recorded account, without AWS
  sekisho scan --profile prod --region ap-northeast-1
  sekisho scan --organization --role-name SekishoRead
  sekisho scan --format asff -o findings.json --fail-on new,critical

Exit codes: 0 clean, 2 findings over the bar of --fail-on, 1 error.";

const CHECK_HELP: &str = "\
Examples:
  sekisho check templates/
  sekisho check stack.yaml --parameters prod.json
  sekisho check . --format sarif -o sekisho.sarif

Exit codes: 0 clean, 2 findings over the bar (of --fail-on; all open ones without it), 1 error.";

/// What `sekisho check` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// Templates, folders to search for them, or - for standard input
    #[arg(default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Values of parameters, in any of the AWS CLI's JSON forms; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) parameters: Vec<PathBuf>,
    /// The Region where it will be deployed
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    pub(crate) region: String,
    /// Only controls of this name: S3.8, S3; repeatable
    #[arg(long, value_name = "CONTROL|SERVICE")]
    pub(crate) only: Vec<String>,
    /// Decisions file [default: ./sekisho.yaml if it is there]
    #[command(flatten)]
    pub(crate) keeping: KeepingArgs,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: CheckFormat,
    /// File to write instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Findings in this file are known: they are shown and do not count for the exit code
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write the open findings to a baseline file, and end clean
    #[arg(long, value_name = "FILE")]
    pub(crate) write_baseline: Option<PathBuf>,
    /// Accept what skips of checkov, cfn_nag, cfn-guard, trivy and tfsec in the code accept
    #[arg(long)]
    pub(crate) honour_foreign_skips: bool,
    /// Write the fixes that are mechanical into the files, and check what is left
    #[arg(long, conflicts_with = "diff")]
    pub(crate) fix: bool,
    /// Show what --fix would write, as a diff, and write nothing
    #[arg(long)]
    pub(crate) diff: bool,
    /// Only findings that the changes since a git revision may have made: main, v1.2, HEAD~3
    #[arg(long, value_name = "REVISION")]
    pub(crate) changed_since: Option<String>,
    /// Print the document that the controls see of a resource, by its logical id or address
    #[arg(long, value_name = "ID")]
    pub(crate) explain_resource: Option<String>,
    /// Exit with 2 if there are findings of these severities [default: of any]
    #[arg(long, value_name = "critical,high,...", value_delimiter = ',')]
    pub(crate) fail_on: Vec<Bar>,
    /// Colour: auto, always or never
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
    #[command(flatten)]
    pub(crate) packs: PackArgs,
    #[command(flatten)]
    pub(crate) lang: LangArgs,
}

/// The value of `check --format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people.
    Text,
    /// Everything, for machines.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// JUnit XML.
    Junit,
    /// A table for a comment on a pull request.
    Markdown,
}

/// What `sekisho scan` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    /// Only controls or types of this name: S3.8, S3, AWS::KMS::Key; repeatable
    #[arg(long, value_name = "CONTROL|SERVICE|TYPE")]
    pub(crate) only: Vec<String>,
    /// Save everything judged to this file, to judge it again with --snapshot
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) keeping: KeepingArgs,
    /// Output format: json, ndjson, asff, ocsf, csv, html, junit or markdown; repeatable
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Vec<Format>,
    /// File to write; repeatable, paired with --format in order; the ending chooses the format if there is none
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// Do not write sekisho-report.html when no format is asked for
    #[arg(long)]
    pub(crate) no_report: bool,
    /// Exit with 2 if there are findings that are new (or got worse), or of these severities
    #[arg(long, value_name = "new,critical,high,...", value_delimiter = ',')]
    pub(crate) fail_on: Vec<Bar>,
    /// Known open findings: --fail-on looks only at those that are not in this file
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write the findings that are open now to a baseline file
    #[arg(long, value_name = "FILE")]
    pub(crate) write_baseline: Option<PathBuf>,
    /// Colour: auto, always or never
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
    /// No progress display and no summary
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) packs: PackArgs,
    #[command(flatten)]
    pub(crate) lang: LangArgs,
}

/// Where the resources come from, if not from AWS.
#[derive(Debug, clap::Args)]
pub(crate) struct SourceArgs {
    /// Judge the recorded account that comes with Sekisho
    #[arg(long, conflicts_with_all = ["snapshot", "save"])]
    pub(crate) demo: bool,
    /// Judge a saved scan instead of reading AWS
    #[arg(long, value_name = "FILE", conflicts_with = "save")]
    pub(crate) snapshot: Option<PathBuf>,
    /// The scan's time, for recordings that must be reproducible
    #[arg(long, value_name = "TIME", hide = true)]
    pub(crate) taken_at: Option<Timestamp>,
}

/// How to get into the accounts.
#[derive(Debug, clap::Args)]
pub(crate) struct AccessArgs {
    /// Profile of ~/.aws/config
    #[arg(long)]
    pub(crate) profile: Option<String>,
    /// Region to read; repeatable [default: all Regions that the account has enabled]
    #[arg(long = "region", value_name = "REGION")]
    pub(crate) regions: Vec<String>,
    /// Role to assume first
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<String>,
    /// External id that the role asks for (also for the roles of --role-name)
    #[arg(long, value_name = "ID", env = "SEKISHO_EXTERNAL_ID", hide_env_values = true)]
    pub(crate) external_id: Option<String>,
    /// Name of the role sessions in CloudTrail
    #[arg(long, value_name = "NAME")]
    pub(crate) session_name: Option<String>,
    /// YAML file with the accounts to read: a list of `id`, and optionally `name`, `role`, `external_id`
    #[arg(long, value_name = "FILE", conflicts_with = "organization")]
    pub(crate) accounts: Option<PathBuf>,
    /// Read all active accounts of the organization
    #[arg(long)]
    pub(crate) organization: bool,
    /// Role to assume in each account of --accounts or --organization
    #[arg(long, value_name = "NAME", default_value = "SekishoRead")]
    pub(crate) role_name: String,
    /// Endpoint for all services [default: AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_<SERVICE>, the profile]
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// How long AWS may take to answer one attempt at a call; a call is tried several times
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) timeout: u64,
}

/// Where findings and decisions are kept.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct KeepingArgs {
    /// Data directory [default: $XDG_DATA_HOME/sekisho or ~/.local/share/sekisho]
    #[arg(long = "data", value_name = "DIR", env = "SEKISHO_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// Decisions file [default: ./sekisho.yaml if it is there]
    #[arg(long = "config", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What `sekisho score` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct ScoreArgs {
    /// Show the controls that cost points, per standard
    #[arg(long)]
    pub(crate) explain: bool,
    /// Rank the fixes by the points they win, with the score that each step reaches
    #[arg(long)]
    pub(crate) plan: bool,
    /// Only this account [default: all, and each account by itself]
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// The scores of the demo (`sekisho scan --demo`)
    #[arg(long)]
    pub(crate) demo: bool,
    #[command(flatten)]
    pub(crate) keeping: KeepingArgs,
    #[command(flatten)]
    pub(crate) packs: PackArgs,
    #[command(flatten)]
    pub(crate) lang: LangArgs,
}

/// One word of `--fail-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bar {
    /// Findings that are new or got worse since the last scan (or are not in the baseline).
    New,
    /// Open findings of a severity.
    Severity(Severity),
    /// Anything that could not be judged.
    NotAvailable,
}

impl FromStr for Bar {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "new" => Ok(Self::New),
            "not-available" | "not_available" => Ok(Self::NotAvailable),
            other => other
                .parse()
                .map(Self::Severity)
                .map_err(|_| format!("`{text}` is not a bar; write new, critical, high, medium, low or not-available")),
        }
    }
}

/// Which packs to judge by.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct PackArgs {
    /// A folder with controls and resource packs of your own, added to the built-in ones; repeatable
    #[arg(long = "packs", value_name = "DIR")]
    pub(crate) own: Vec<PathBuf>,
    /// Use the packs in this folder instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(crate) packs_root: Option<PathBuf>,
}

/// The language of texts.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct LangArgs {
    /// Language of texts, en or ja [default: from LC_ALL, LC_MESSAGES or LANG]
    #[arg(long, value_name = "LANG")]
    pub(crate) lang: Option<Lang>,
}

impl LangArgs {
    /// The language asked for, or that of the locale.
    pub(crate) fn get(&self) -> Lang {
        self.lang.unwrap_or_else(|| {
            let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
            let locale = locale.into_iter().find(|value| !value.is_empty()).unwrap_or_default();
            if locale.starts_with("ja") { Lang::Ja } else { Lang::En }
        })
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum ControlsCommand {
    /// List all controls
    List {
        #[command(flatten)]
        packs: PackArgs,
        #[command(flatten)]
        lang: LangArgs,
        /// Only controls of this service or standard (S3, fsbp, cis-5.0.0)
        #[arg(value_name = "SERVICE|STANDARD")]
        filter: Option<String>,
        /// JSON instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Show one control: why it matters, when to accept it, how to fix it, what it reads
    Show {
        /// Control id, S3.8
        id: String,
        #[command(flatten)]
        packs: PackArgs,
        #[command(flatten)]
        lang: LangArgs,
    },
    /// Check all packs and run the tests inside the controls
    Test {
        /// Only controls with this id or of this service; shows what decided each case
        id: Option<String>,
        #[command(flatten)]
        packs: PackArgs,
    },
    /// Write a new control file to start from
    New {
        /// Id of the control, ACME.1
        id: String,
        /// The type it judges
        #[arg(long, value_name = "TYPE", default_value = "AWS::S3::Bucket")]
        resource: String,
        /// The packs folder to write to
        #[arg(long = "packs", value_name = "DIR", default_value = "packs")]
        folder: PathBuf,
    },
    /// Print the least-privilege IAM policy that reading for the controls needs
    Role {
        /// Only for these controls or services
        ids: Vec<String>,
        /// json, cloudformation or terraform
        #[arg(long, default_value = "json")]
        format: RoleFormat,
        #[command(flatten)]
        packs: PackArgs,
    },
}

/// Forms of the IAM policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum RoleFormat {
    /// A policy document
    Json,
    /// A template with a role
    Cloudformation,
    /// A role as HCL
    Terraform,
}
