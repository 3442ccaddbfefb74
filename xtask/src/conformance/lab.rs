//! The suite `lab`: a scan of a seeded account gives exactly the verdicts that the account's labels say.
//!
//! The account is, in this order: `--endpoint` with `--expected`; the labelled lab beside the data folder
//! (`../lab` of `--data`, by default `../shared/lab`); the project's own lab. The expected file is described in
//! `lab/seed.py`. Controls that do not exist here are left out of the comparison.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use sekisho_testkit::lab::{Lab, Seed};
use serde_json::{Value, json};

use super::{Options, Outcome};
use crate::lab::lab_environment;
use crate::{must, python, root, say, target};

const ACCOUNT_KEY: &str = "AWS::::Account:";

/// Control and key to verdict.
type Verdicts = BTreeMap<(String, String), String>;

/// Seeds, scans, compares.
///
/// # Errors
/// When the lab or the scan fails.
pub(crate) fn run(options: &Options) -> Result<Outcome> {
    let binary = options.binary()?;
    let folder = target().join("conformance-lab");
    std::fs::create_dir_all(&folder)?;
    if let Some(endpoint) = &options.endpoint {
        let expected = options
            .expected
            .as_ref()
            .context("--endpoint needs --expected FILE, the verdicts of what it was seeded with")?;
        return judge(&binary, &folder, endpoint, &read_json(expected)?, &[]);
    }
    let data = options.data.clone().unwrap_or_else(|| root().join("../shared/data"));
    let labelled = data.join("../lab");
    if labelled.join("lab_server.py").is_file() {
        return labelled_lab(&binary, &folder, &labelled);
    }
    say(&format!("{} is not there; using the project's own lab", labelled.display()));
    let lab = Lab::start(&python::with_requirements()?)?;
    let expected = lab.seed(Seed::Home)?;
    let expected = for_account(expected, sekisho_testkit::lab::HOME_ACCOUNT);
    judge(&binary, &folder, &lab.endpoint(), &expected, &["--taken-at", sekisho_testkit::lab::NOW])
}

/// A server that is killed when it is no longer needed.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn labelled_lab(binary: &Path, folder: &Path, lab: &Path) -> Result<Outcome> {
    let python = python::with_requirements()?;
    // It takes no port 0; a port that was free a moment ago has to do.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut server = Command::new(&python);
    server.arg(lab.join("lab_server.py")).args(["--port", &port.to_string()]).env("PYTHONDONTWRITEBYTECODE", "1");
    let mut server =
        Server(server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("cannot start the labelled lab")?);
    let mut ready = String::new();
    if let Some(stdout) = server.0.stdout.take() {
        BufReader::new(stdout).read_line(&mut ready)?;
    }
    ensure!(
        ready.contains("http://"),
        "the labelled lab did not start; does {} have its requirements?",
        python.display()
    );
    let endpoint = format!("http://127.0.0.1:{port}");
    let expected = folder.join("expected.json");
    let mut seed = Command::new(&python);
    seed.arg(lab.join("seed_account.py")).args(["--quiet", "--endpoint", &endpoint]).arg("--out").arg(&expected);
    must(seed.env("PYTHONDONTWRITEBYTECODE", "1").stdout(Stdio::null()))?;
    judge(binary, folder, &endpoint, &read_json(&expected)?, &[])
}

fn read_json(path: &Path) -> Result<Value> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is not json", path.display()))
}

fn judge(binary: &Path, folder: &Path, endpoint: &str, expected: &Value, more: &[&str]) -> Result<Outcome> {
    let findings = scan(binary, folder, endpoint, expected, more)?;
    let known = super::known_controls(binary)?;
    let found = verdicts(&read_json(&findings)?)?;
    Ok(compare(expected, &found, &known))
}

/// Scans the Regions that the labels speak of, and writes ASFF.
fn scan(binary: &Path, folder: &Path, endpoint: &str, expected: &Value, more: &[&str]) -> Result<PathBuf> {
    let (findings, data) = (folder.join("findings.json"), folder.join("data"));
    if data.exists() {
        std::fs::remove_dir_all(&data)?;
    }
    let mut scan = Command::new(binary);
    scan.args(["scan", "--quiet", "--format", "asff"]).arg("-o").arg(&findings).arg("--data").arg(&data).args(more);
    for region in regions(expected) {
        scan.args(["--region", &region]);
    }
    must(lab_environment(&mut scan, endpoint))?;
    Ok(findings)
}

/// The Regions named by ARNs and account keys of the labels.
fn regions(expected: &Value) -> BTreeSet<String> {
    if let Some(listed) = expected.pointer("/meta/regions").and_then(Value::as_array) {
        return listed.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    let keys = each(expected, "controls")
        .flat_map(|(_, labels)| labels.as_object().into_iter().flatten().map(|(key, _)| key.as_str()));
    let region = |key: &str| match key.split_once('#') {
        Some((_, region)) => Some(region.to_owned()),
        None => key.split(':').nth(3).filter(|region| key.starts_with("arn:") && !region.is_empty()).map(str::to_owned),
    };
    keys.filter_map(region).collect()
}

fn each<'v>(expected: &'v Value, part: &str) -> impl Iterator<Item = (&'v String, &'v Value)> {
    expected.get(part).and_then(Value::as_object).into_iter().flatten()
}

/// The verdicts in an ASFF file. A finding on the account counts for the account in its Region and, the worst of all
/// Regions, for the account as a whole.
fn verdicts(asff: &Value) -> Result<Verdicts> {
    let Some(findings) = asff.as_array().or_else(|| asff.get("Findings").and_then(Value::as_array)) else {
        bail!("the scan wrote no list of findings");
    };
    let mut found = Verdicts::new();
    for finding in findings {
        let text = |pointer: &str| finding.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        if text("/RecordState") == "ARCHIVED" {
            continue;
        }
        let (control, key, status) =
            (text("/Compliance/SecurityControlId"), text("/Resources/0/Id"), text("/Compliance/Status"));
        if key.starts_with(ACCOUNT_KEY) {
            found.insert((control.clone(), format!("{key}#{}", text("/Region"))), status.clone());
        }
        let worst = found.entry((control, key)).or_insert_with(|| status.clone());
        if badness(&status) > badness(worst) {
            *worst = status;
        }
    }
    Ok(found)
}

fn badness(status: &str) -> u8 {
    match status {
        "FAILED" => 3,
        "NOT_AVAILABLE" => 2,
        "WARNING" => 1,
        _ => 0,
    }
}

/// Elastic IPs have two spellings in use; both mean the same address.
fn look_up<'v>(found: &'v Verdicts, control: &str, key: &str) -> Option<&'v String> {
    let other = key.replace(":elastic-ip/", ":eip-allocation/");
    [key.to_owned(), other].into_iter().find_map(|key| found.get(&(control.to_owned(), key)))
}

fn compare(expected: &Value, found: &Verdicts, known: &BTreeSet<String>) -> Outcome {
    let mut outcome = Outcome::default();
    for (control, labels) in each(expected, "controls").filter(|(control, _)| known.contains(*control)) {
        for (key, wanted) in labels.as_object().into_iter().flatten() {
            outcome.total += 1;
            let status = look_up(found, control, key);
            if status.map(String::as_str) != wanted.as_str() {
                outcome.mismatches.push(json!({ "control": control, "key": key, "expected": wanted, "found": status }));
            }
        }
    }
    for (control, keys) in each(expected, "absent").filter(|(control, _)| known.contains(*control)) {
        for key in keys.as_array().into_iter().flatten().filter_map(Value::as_str) {
            outcome.total += 1;
            let status = look_up(found, control, key);
            if status.is_some_and(|status| status == "PASSED" || status == "FAILED") {
                outcome
                    .mismatches
                    .push(json!({ "control": control, "key": key, "expected": "absent", "found": status }));
            }
        }
    }
    outcome
}

/// Leaves only the labels of one account.
fn for_account(mut expected: Value, account: &str) -> Value {
    if let Some(controls) = expected.get_mut("controls").and_then(Value::as_object_mut) {
        for labels in controls.values_mut().filter_map(Value::as_object_mut) {
            labels.retain(|key, _| key.contains(account) || key.starts_with("arn:aws:s3:::"));
        }
    }
    expected
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(control: &str, id: &str, region: &str, status: &str) -> Value {
        json!({ "Region": region, "RecordState": "ACTIVE", "Resources": [{ "Id": id }],
            "Compliance": { "SecurityControlId": control, "Status": status } })
    }

    #[test]
    fn labels_are_compared_by_resource_region_and_account() {
        let asff = json!([
            finding("KMS.4", "arn:aws:kms:us-east-1:1:key/a", "us-east-1", "FAILED"),
            finding("EC2.12", "arn:aws:ec2:us-east-1:1:eip-allocation/eipalloc-1", "us-east-1", "PASSED"),
            finding("EC2.7", "AWS::::Account:1", "us-east-1", "PASSED"),
            finding("EC2.7", "AWS::::Account:1", "eu-west-1", "FAILED"),
            finding("KMS.5", "arn:aws:kms:us-east-1:1:key/b", "us-east-1", "PASSED"),
        ]);
        let expected = json!({
            "controls": {
                "KMS.4": { "arn:aws:kms:us-east-1:1:key/a": "PASSED" },
                "EC2.12": { "arn:aws:ec2:us-east-1:1:elastic-ip/eipalloc-1": "PASSED" },
                "EC2.7": { "AWS::::Account:1#us-east-1": "PASSED", "AWS::::Account:1": "FAILED" },
                "Unknown.1": { "arn:x": "PASSED" },
            },
            "absent": { "KMS.5": ["arn:aws:kms:us-east-1:1:key/b", "arn:aws:kms:us-east-1:1:key/c"] },
        });
        let known = ["KMS.4", "KMS.5", "EC2.12", "EC2.7"].into_iter().map(str::to_owned).collect();
        let outcome = compare(&expected, &verdicts(&asff).unwrap(), &known);
        assert_eq!(outcome.total, 6);
        let wrong: Vec<&str> = outcome.mismatches.iter().filter_map(|found| found["control"].as_str()).collect();
        assert_eq!(wrong, ["KMS.4", "KMS.5"]);
    }

    #[test]
    fn regions_come_from_the_labels() {
        let expected = json!({ "controls": { "A.1": { "arn:aws:kms:us-east-1:1:key/a": "PASSED", "arn:aws:s3:::b": "PASSED", "AWS::::Account:1#eu-west-1": "PASSED" } } });
        assert_eq!(regions(&expected).into_iter().collect::<Vec<_>>(), ["eu-west-1", "us-east-1"]);
    }
}
