//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use sekisho_model::Lang;

/// Finds what is wrong in AWS accounts, says what matters, and remembers.
#[derive(Debug, Parser)]
#[command(name = "sekisho", version, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Look at, test and write controls
    #[command(subcommand)]
    Controls(ControlsCommand),
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
