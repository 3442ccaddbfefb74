//! `cargo xtask lab`: records the demo account that ships in the binary.
//!
//! The lab's clock and ids are fixed, so that the same seed and packs give the same bytes; `--check` fails where a
//! new recording would differ. Some operations are refused, because a real reader's role often is, and the demo has
//! to show what Sekisho says then.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use sekisho_testkit::lab::{HOME_ACCOUNT, Lab, NOW, Seed};
use serde_json::json;

use crate::{cargo, must, python, root, say, target};

/// What the demo's reader may not do.
const REFUSED: [&str; 4] = [
    "lambda:GetPolicy",
    "secretsmanager:ListSecrets",
    "ssm:DescribeInstanceInformation",
    "ssm:ListResourceComplianceSummaries",
];
const REGIONS: [&str; 2] = ["ap-northeast-1", "us-east-1"];
const DEMO: &str = "crates/cli/assets/demo.ndjson.zst";

/// Records or checks the demo.
///
/// # Errors
/// When the lab or the scan fails, or the recording differs under `--check`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let python = python::with_requirements()?;
    must(cargo().args(["build", "--quiet", "--package", "sekisho"]))?;
    let lab = Lab::start(&python)?;
    say(&format!("seeding {}", lab.endpoint()));
    lab.seed(Seed::Everything)?;
    lab.weather(&json!({ "refuse": REFUSED }))?;
    let folder = target().join("lab-demo");
    std::fs::create_dir_all(&folder)?;
    let recorded = folder.join("demo.ndjson.zst");
    record(&lab, &folder, &recorded)?;
    let demo = root().join(DEMO);
    let new = std::fs::read(&recorded)?;
    if arguments.iter().any(|argument| argument == "--check") {
        ensure!(new == std::fs::read(&demo)?, "{DEMO} is not what lab/ gives; run `cargo xtask lab`");
        return Ok(());
    }
    std::fs::write(&demo, &new).with_context(|| format!("cannot write {DEMO}"))?;
    say(&format!("wrote {DEMO}, {} bytes", new.len()));
    Ok(())
}

fn record(lab: &Lab, folder: &Path, recorded: &Path) -> Result<()> {
    let accounts = folder.join("accounts.yaml");
    std::fs::write(
        &accounts,
        format!(
            "- {{ id: \"{HOME_ACCOUNT}\", name: hanamichi-prod }}\n- {{ id: \"444455556666\", name: hanamichi-sandbox, role: SekishoAudit }}\n"
        ),
    )?;
    let data = folder.join("data");
    if data.exists() {
        std::fs::remove_dir_all(&data)?;
    }
    let mut scan = Command::new(target().join("debug/sekisho"));
    scan.args(["scan", "--quiet", "--no-report", "--taken-at", NOW, "--session-name", "sekisho"])
        .arg("--accounts")
        .arg(&accounts);
    for region in REGIONS {
        scan.args(["--region", region]);
    }
    scan.arg("--save").arg(recorded).arg("--data").arg(&data);
    must(lab_environment(&mut scan, &lab.endpoint()))
}

/// Points the AWS settings of a child at the lab, and away from those of the person.
pub(crate) fn lab_environment<'c>(command: &'c mut Command, endpoint: &str) -> &'c mut Command {
    for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"] {
        command.env_remove(name);
    }
    command
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_ACCESS_KEY_ID", "lab")
        .env("AWS_SECRET_ACCESS_KEY", "lab")
        .env("AWS_REGION", "ap-northeast-1")
        .env("AWS_CONFIG_FILE", "none")
        .env("AWS_SHARED_CREDENTIALS_FILE", "none")
        .env("AWS_EC2_METADATA_DISABLED", "true")
}
