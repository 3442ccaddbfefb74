//! `cargo xtask models`: writes `packs/models`, the trimmed AWS service models that the client drives.
//!
//! The models come from a pinned botocore wheel (checked by hash), cut down to the operations that the resource
//! packs name: `call: service:Operation`. That makes the folder an allow-list too, since the client cannot call
//! what it has no model of. Output is deterministic, one line per operation and shape, so that a diff shows what
//! AWS changed; `--check` fails where regenerating would change a file.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};

const WHEEL: &str = "botocore-1.44.5-py3-none-any.whl";
const REQUIREMENT: &str =
    "botocore==1.44.5 --hash=sha256:8f16a56d1dff125dd65322ae021efa7ba5195a6db5102b96862566055b748921\n";

/// What the client itself calls, whatever the packs say.
const BUILT_IN: [&str; 5] = [
    "account:ListRegions",
    "ec2:DescribeRegions",
    "organizations:DescribeOrganization",
    "organizations:ListAccounts",
    "sts:GetCallerIdentity",
];

/// Traits of shapes and members that the codecs use; the rest (documentation, patterns, limits) is dropped.
const SHAPE_TRAITS: [&str; 13] = [
    "type",
    "required",
    "payload",
    "flattened",
    "locationName",
    "timestampFormat",
    "xmlNamespace",
    "document",
    "sparse",
    "error",
    "exception",
    "retryable",
    "wrapper",
];
const MEMBER_TRAITS: [&str; 13] = [
    "shape",
    "location",
    "locationName",
    "queryName",
    "flattened",
    "timestampFormat",
    "xmlNamespace",
    "xmlAttribute",
    "hostLabel",
    "contextParam",
    "jsonvalue",
    "streaming",
    "payload",
];
const OPERATION_TRAITS: [&str; 6] = ["http", "input", "output", "endpoint", "staticContextParams", "authtype"];
const METADATA: [&str; 10] = [
    "apiVersion",
    "awsQueryCompatible",
    "endpointPrefix",
    "jsonVersion",
    "protocol",
    "serviceId",
    "signatureVersion",
    "signingName",
    "targetPrefix",
    "xmlNamespace",
];

/// Protocols that the client speaks, best first. Services offer several; CBOR is left out, since every service that
/// Sekisho reads offers JSON beside it.
const PROTOCOLS: [&str; 5] = ["json", "rest-json", "query", "ec2", "rest-xml"];

/// Input and output members that page a list, for the operations to which botocore gives no paginator.
const PAGE_TOKENS: [(&str, &str); 9] = [
    ("NextToken", "NextToken"),
    ("nextToken", "nextToken"),
    ("NextMarker", "NextMarker"),
    ("Marker", "NextMarker"),
    ("Marker", "Marker"),
    ("marker", "nextMarker"),
    ("position", "position"),
    ("NextPageToken", "NextPageToken"),
    ("PaginationToken", "PaginationToken"),
];

/// What the command line asks for.
#[derive(Debug, Default)]
struct Wish {
    check: bool,
    also: BTreeSet<String>,
    own: Option<PathBuf>,
}

impl Wish {
    fn parse(args: &[String]) -> Result<Self> {
        let mut wish = Self::default();
        let mut rest = args.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--check" => wish.check = true,
                "--also" => {
                    let text = read_text(Path::new(rest.next().context("--also needs a file")?))?;
                    wish.also.extend(text.split_whitespace().map(str::to_owned));
                }
                "--packs" => wish.own = Some(PathBuf::from(rest.next().context("--packs needs a folder")?)),
                other => {
                    bail!("unknown argument `{other}`; write cargo xtask models [--check] [--also FILE] [--packs DIR]")
                }
            }
        }
        Ok(wish)
    }
}

/// Runs the command. `--check` compares instead of writing, `--also FILE` adds the operations listed in FILE
/// (one `service:Operation` a line) to those of the packs. `--packs DIR` writes `DIR/models` instead: what the
/// resource packs of that folder call beyond the built-in ones.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let root = crate::root();
    let wish = Wish::parse(args)?;
    let mut wanted: BTreeSet<String> = BUILT_IN.into_iter().map(str::to_owned).chain(wish.also).collect();
    collect_calls(&root.join("packs/resources"), &mut wanted)?;
    let target = match &wish.own {
        Some(folder) => {
            wanted = wanted_by_own(folder, &wanted)?;
            folder.join("models")
        }
        None => root.join("packs/models"),
    };
    if wanted.is_empty() {
        crate::say("nothing to do: the built-in models have every operation that this folder names");
        return Ok(());
    }
    let unpacked = unpack_botocore(&root.join("target/botocore"))?;
    let mut files = generate(&unpacked, &wanted)?;
    if wish.own.is_some() {
        // Which Regions and partitions there are is the program's own knowledge.
        files.remove("partitions.json");
    } else {
        let folder = newest_version(&unpacked.join("botocore/data"), "securityhub")?;
        files.insert("asff/details.json".into(), crate::asff::details(&read_json(&folder.join("service-2.json.gz"))?)?);
    }
    if wish.check { compare(&target, &files) } else { write(&target, &files) }
}

/// All operations of the services of which the packs below `folder` call more than `built_in` has. A model in a
/// user's folder takes the place of the built-in one, so it has to know what the built-in packs call too.
fn wanted_by_own(folder: &Path, built_in: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    let resources = folder.join("resources");
    ensure!(resources.is_dir(), "{} is not there; name the folder that holds resources/", resources.display());
    let mut own = BTreeSet::new();
    collect_calls(&resources, &mut own)?;
    let service = |call: &str| call.split(':').next().unwrap_or_default().to_owned();
    let services: BTreeSet<String> = own.difference(built_in).map(|call| service(call)).collect();
    Ok(own.union(built_in).filter(|call| services.contains(&service(call))).cloned().collect())
}

/// Adds every value under a key `call` in the YAML files below `folder`.
fn collect_calls(folder: &Path, wanted: &mut BTreeSet<String>) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect_calls(&path, wanted)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = read_text(&path)?;
            let document: Value =
                yaml_serde::from_str(&text).with_context(|| format!("{} is not YAML", path.display()))?;
            calls_in(&document, wanted);
        }
    }
    Ok(())
}

fn calls_in(document: &Value, wanted: &mut BTreeSet<String>) {
    match document {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value.as_str() {
                    Some(call) if key == "call" => drop(wanted.insert(call.to_owned())),
                    _ => calls_in(value, wanted),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| calls_in(item, wanted)),
        _ => {}
    }
}

/// Whether the wheel was unpacked before, so that checking needs no network.
pub(crate) fn is_wheel_here() -> bool {
    crate::root().join("target/botocore/unpacked/botocore/data/partitions.json").exists()
}

/// Downloads and unpacks the wheel once; the result stays in `target/`.
fn unpack_botocore(folder: &Path) -> Result<PathBuf> {
    let unpacked = folder.join("unpacked");
    if unpacked.join("botocore/data/partitions.json").exists() {
        return Ok(unpacked);
    }
    std::fs::create_dir_all(folder)?;
    let requirements = folder.join("requirements.txt");
    std::fs::write(&requirements, REQUIREMENT)?;
    let pip = Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "-d"])
        .arg(folder)
        .arg("-r")
        .arg(&requirements)
        .status()
        .context("python3 with pip is needed to download the service models")?;
    ensure!(pip.success(), "pip could not download botocore; see its message above");
    let unzip =
        Command::new("python3").args(["-m", "zipfile", "-e"]).arg(folder.join(WHEEL)).arg(&unpacked).status()?;
    ensure!(unzip.success(), "could not unpack {WHEEL}");
    Ok(unpacked)
}

/// File name below `packs/models` to content.
fn generate(unpacked: &Path, wanted: &BTreeSet<String>) -> Result<BTreeMap<String, String>> {
    let data = unpacked.join("botocore/data");
    let endpoints = read_json(&data.join("endpoints.json"))?;
    let mut services: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for call in wanted {
        let (service, operation) =
            call.split_once(':').with_context(|| format!("`{call}` is no call; write service:Operation"))?;
        services.entry(service).or_default().insert(operation);
    }
    let mut files = BTreeMap::new();
    let mut problems = Vec::new();
    for (service, operations) in services {
        let text =
            newest_version(&data, service).and_then(|folder| trim_service(&folder, service, &operations, &endpoints));
        match text {
            Ok(text) => drop(files.insert(format!("aws/{service}.json"), text)),
            Err(problem) => problems.push(format!("{problem:#}")),
        }
    }
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    let partitions = read_json(&data.join("partitions.json"))?;
    files.insert("partitions.json".into(), lines(&partitions, 2)? + "\n");
    let notice = read_text(&unpacked.join("botocore-1.44.5.dist-info/NOTICE"))?;
    files.insert(
        "NOTICE".into(),
        format!(
            "The files in this folder are derived from botocore 1.44.5 (https://github.com/boto/botocore), which is\n\
             licensed under the Apache License, Version 2.0. They were cut down by `cargo xtask models` to the\n\
             operations that Sekisho calls. botocore's own notice follows.\n\n{}\n",
            notice.trim_end()
        ),
    );
    Ok(files)
}

fn newest_version(data: &Path, service: &str) -> Result<PathBuf> {
    let folder = data.join(service);
    let entries = std::fs::read_dir(&folder).with_context(|| {
        format!("botocore has no service `{service}`; use its client names (elbv2, apigatewayv2, s3control ...)")
    })?;
    let mut versions: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    versions.sort(); // folders are named by date
    versions.pop().with_context(|| format!("{} is empty", folder.display()))
}

fn read_text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8", path.display()))
}

fn read_json(path: &Path) -> Result<Value> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut text = Vec::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
        flate2::read::GzDecoder::new(bytes.as_slice()).take(1 << 28).read_to_end(&mut text)?;
    } else {
        text = bytes;
    }
    serde_json::from_slice(&text).with_context(|| format!("{} is not JSON", path.display()))
}

fn trim_service(folder: &Path, service: &str, wanted: &BTreeSet<&str>, endpoints: &Value) -> Result<String> {
    let model = read_json(&folder.join("service-2.json.gz"))?;
    let mut rules = read_json(&folder.join("endpoint-rule-set-1.json.gz"))?;
    let paginators = read_json(&folder.join("paginators-1.json")).unwrap_or(Value::Null);
    strip_documentation(&mut rules);

    let mut operations = Map::new();
    let mut pages = Map::new();
    let mut reached = BTreeSet::new();
    for name in wanted {
        let operation = model
            .pointer(&format!("/operations/{name}"))
            .with_context(|| format!("service `{service}` has no operation `{name}`; see botocore's documentation"))?;
        for side in ["input", "output"] {
            if let Some(shape) = operation.pointer(&format!("/{side}/shape")).and_then(Value::as_str) {
                reach(&model, shape, &mut reached);
            }
        }
        let mut trimmed = keep(operation, &OPERATION_TRAITS);
        let throttling = throttling_codes(&model, operation);
        if !throttling.is_empty() {
            trimmed.insert("throttlingErrors".into(), json!(throttling));
        }
        operations.insert((*name).to_owned(), Value::Object(trimmed));
        let known = paginators.get("pagination").and_then(|all| all.get(name)).cloned();
        if let Some(paginator) = known.or_else(|| derived_paginator(&model, operation)) {
            pages.insert((*name).to_owned(), paginator);
        }
    }
    let shapes: Map<String, Value> = reached
        .iter()
        .filter_map(|name| Some((name.clone(), trim_shape(model.pointer(&format!("/shapes/{name}"))?))))
        .collect();
    let all_metadata = model.get("metadata").unwrap_or(&Value::Null);
    let mut metadata = keep(all_metadata, &METADATA);
    let protocol = protocol(all_metadata).with_context(|| format!("no protocol of `{service}` is supported"))?;
    metadata.insert("protocol".into(), json!(protocol));
    let prefix = metadata.get("endpointPrefix").and_then(Value::as_str).unwrap_or(service);
    let trimmed = json!({
        "regions": service_regions(endpoints, prefix),
        "metadata": metadata,
        "operations": operations,
        "paginators": pages,
        "shapes": shapes,
        "endpointRules": rules,
    });
    Ok(lines(&trimmed, 2)? + "\n")
}

/// The protocol to speak: the service's own if the client knows it, else the best of the others that it offers.
fn protocol(metadata: &Value) -> Option<&'static str> {
    let usual = metadata.get("protocol").and_then(Value::as_str);
    let offered = metadata.get("protocols").and_then(Value::as_array);
    let is_offered = |name: &str| offered.is_some_and(|all| all.iter().any(|other| other == name));
    let own = PROTOCOLS.into_iter().find(|name| usual == Some(name));
    own.or_else(|| PROTOCOLS.into_iter().find(|name| is_offered(name)))
}

fn keep(from: &Value, traits: &[&str]) -> Map<String, Value> {
    let Some(fields) = from.as_object() else { return Map::new() };
    let mut kept: Map<String, Value> =
        fields.iter().filter(|(key, _)| traits.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect();
    for value in kept.values_mut() {
        strip_documentation(value);
    }
    kept
}

fn strip_documentation(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, inner| !(key == "documentation" && inner.is_string()));
            fields.values_mut().for_each(strip_documentation);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_documentation),
        _ => {}
    }
}

/// Marks `name` and every shape below it.
fn reach(model: &Value, name: &str, reached: &mut BTreeSet<String>) {
    if !reached.insert(name.to_owned()) {
        return;
    }
    let Some(shape) = model.pointer(&format!("/shapes/{name}")) else { return };
    let parts = ["member", "key", "value"].into_iter().filter_map(|part| shape.get(part));
    let members = shape.get("members").and_then(Value::as_object).into_iter().flat_map(Map::values);
    for part in parts.chain(members) {
        if let Some(inner) = part.get("shape").and_then(Value::as_str) {
            reach(model, inner, reached);
        }
    }
}

fn trim_shape(shape: &Value) -> Value {
    let mut trimmed = keep(shape, &SHAPE_TRAITS);
    for part in ["member", "key", "value"] {
        if let Some(inner) = shape.get(part) {
            trimmed.insert(part.into(), Value::Object(keep(inner, &MEMBER_TRAITS)));
        }
    }
    if let Some(members) = shape.get("members").and_then(Value::as_object) {
        let kept = members.iter().map(|(name, member)| (name.clone(), Value::Object(keep(member, &MEMBER_TRAITS))));
        trimmed.insert("members".into(), Value::Object(kept.collect()));
    }
    Value::Object(trimmed)
}

/// Codes of the operation's own errors that the model marks as throttling.
fn throttling_codes(model: &Value, operation: &Value) -> BTreeSet<String> {
    let errors = operation.get("errors").and_then(Value::as_array);
    let names = errors.into_iter().flatten().filter_map(|error| error.get("shape")?.as_str());
    names
        .filter_map(|name| {
            let shape = model.pointer(&format!("/shapes/{name}"))?;
            shape.pointer("/retryable/throttling")?.as_bool()?.then_some(())?;
            let code = shape.pointer("/error/code").and_then(Value::as_str).unwrap_or(name);
            Some(code.to_owned())
        })
        .collect()
}

/// A paginator for an operation whose answer carries a token that its request accepts, where botocore has none
/// (WAFv2 lists, for one). Without it a long list would silently end after its first page.
fn derived_paginator(model: &Value, operation: &Value) -> Option<Value> {
    let members = |side: &str| {
        let shape = operation.pointer(&format!("/{side}/shape"))?.as_str()?;
        model.pointer(&format!("/shapes/{shape}/members"))?.as_object()
    };
    let (input, output) = (members("input")?, members("output")?);
    let kind = |member: &Value| {
        let shape = member.get("shape").and_then(Value::as_str).unwrap_or_default();
        model.pointer(&format!("/shapes/{shape}/type")).and_then(Value::as_str).unwrap_or_default()
    };
    let (asked, answered) = PAGE_TOKENS.into_iter().find(|(asked, answered)| {
        [input.get(*asked), output.get(*answered)].into_iter().all(|member| member.is_some_and(|m| kind(m) == "string"))
    })?;
    let lists: Vec<&String> = output.iter().filter(|(_, m)| kind(m) == "list").map(|(name, _)| name).collect();
    Some(json!({ "input_token": asked, "output_token": answered, "result_key": lists, "derived": true }))
}

/// Regions in which botocore's endpoints.json lists the service, in all partitions; empty for global services
/// and where it knows nothing, which means: assume everywhere.
fn service_regions(endpoints: &Value, prefix: &str) -> BTreeSet<String> {
    let partitions = endpoints.get("partitions").and_then(Value::as_array);
    let mut regions = BTreeSet::new();
    for partition in partitions.into_iter().flatten() {
        let Some(service) = partition.pointer(&format!("/services/{prefix}")) else { continue };
        if service.get("isRegionalized").and_then(Value::as_bool) == Some(false) {
            return BTreeSet::new();
        }
        let known = partition.get("regions").and_then(Value::as_object);
        let listed = service.get("endpoints").and_then(Value::as_object);
        let names = listed.into_iter().flat_map(Map::keys);
        regions.extend(names.filter(|name| known.is_some_and(|all| all.contains_key(*name))).cloned());
    }
    regions
}

/// JSON with one line per entry down to `depth` levels of objects and compact below.
fn lines(value: &Value, depth: usize) -> Result<String> {
    fn put(out: &mut String, value: &Value, depth: usize, indent: usize) -> Result<()> {
        match value {
            Value::Object(fields) if depth > 0 && !fields.is_empty() => {
                out.push_str("{\n");
                for (at, (key, inner)) in fields.iter().enumerate() {
                    out.push_str(&" ".repeat(indent + 1));
                    out.push_str(&serde_json::to_string(key)?);
                    out.push_str(": ");
                    put(out, inner, depth - 1, indent + 1)?;
                    out.push_str(if at + 1 < fields.len() { ",\n" } else { "\n" });
                }
                out.push_str(&" ".repeat(indent));
                out.push('}');
            }
            other => out.push_str(&serde_json::to_string(other)?),
        }
        Ok(())
    }
    let mut out = String::new();
    put(&mut out, value, depth, 0)?;
    Ok(out)
}

fn present_files(target: &Path) -> Result<BTreeSet<String>> {
    let mut present = BTreeSet::new();
    for (folder, prefix) in [(target.to_path_buf(), ""), (target.join("aws"), "aws/"), (target.join("asff"), "asff/")] {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                present.insert(format!("{prefix}{}", entry.file_name().to_string_lossy()));
            }
        }
    }
    Ok(present)
}

fn write(target: &Path, files: &BTreeMap<String, String>) -> Result<()> {
    for stale in present_files(target)?.iter().filter(|name| !files.contains_key(*name)) {
        std::fs::remove_file(target.join(stale))?;
    }
    for (name, text) in files {
        let path = target.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(target))?;
        // Unchanged files keep their time stamp, so that nothing is rebuilt for them.
        if read_text(&path).ok().as_deref() != Some(text.as_str()) {
            std::fs::write(path, text)?;
        }
    }
    Ok(())
}

fn compare(target: &Path, files: &BTreeMap<String, String>) -> Result<()> {
    let mut different: BTreeSet<String> =
        present_files(target)?.into_iter().filter(|name| !files.contains_key(name)).collect();
    for (name, text) in files {
        if read_text(&target.join(name)).ok().as_deref() != Some(text.as_str()) {
            different.insert(name.clone());
        }
    }
    let names: Vec<String> = different.into_iter().collect();
    ensure!(names.is_empty(), "packs/models is out of date ({}); run cargo xtask models", names.join(", "));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gets_models_of_the_services_that_it_calls_more_of() {
        let folder = std::env::temp_dir().join(format!("sekisho-models-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("resources")).unwrap();
        let pack = "list: { call: s3:ListThings }\neach: { a: { call: kms:ListKeys }, b: { call: ses:ListTags } }\n";
        std::fs::write(folder.join("resources/thing.yaml"), pack).unwrap();
        let built_in = ["s3:ListBuckets", "kms:ListKeys", "iam:ListRoles"].map(str::to_owned).into();
        let wanted = wanted_by_own(&folder, &built_in).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(wanted.iter().eq(["s3:ListBuckets", "s3:ListThings", "ses:ListTags"]), "{wanted:?}");
    }

    #[test]
    fn calls_are_found_at_any_depth() {
        let mut wanted = BTreeSet::new();
        let pack = "read: {list: {call: 'kms:ListKeys'}}\neach:\n  - {call: 'kms:DescribeKey', with: {call: {x: 1}}}\n";
        calls_in(&yaml_serde::from_str(pack).unwrap(), &mut wanted);
        assert_eq!(wanted.into_iter().collect::<Vec<_>>(), ["kms:DescribeKey", "kms:ListKeys"]);
    }

    #[test]
    fn operations_with_a_token_and_no_paginator_get_one() {
        let model = json!({"shapes": {
            "In": {"type": "structure", "members": {"NextMarker": {"shape": "Text"}}},
            "Out": {"type": "structure", "members": {
                "NextMarker": {"shape": "Text"}, "Acls": {"shape": "Acls"}, "Other": {"shape": "Text"}
            }},
            "Text": {"type": "string"}, "Acls": {"type": "list", "member": {"shape": "Text"}}
        }});
        let paginator = derived_paginator(&model, &json!({"input": {"shape": "In"}, "output": {"shape": "Out"}}));
        let expected = json!({
            "input_token": "NextMarker", "output_token": "NextMarker", "result_key": ["Acls"], "derived": true
        });
        assert_eq!(paginator, Some(expected));
        assert_eq!(derived_paginator(&model, &json!({"output": {"shape": "Out"}})), None);
    }

    #[test]
    fn only_what_is_reachable_is_kept() {
        let model = json!({"shapes": {
            "A": {"type": "structure", "members": {"Self": {"shape": "A"}, "B": {"shape": "B"}}},
            "B": {"type": "map", "key": {"shape": "C"}, "value": {"shape": "D"}}, "C": {}, "D": {}, "E": {}
        }});
        let mut reached = BTreeSet::new();
        reach(&model, "A", &mut reached);
        assert_eq!(reached.into_iter().collect::<String>(), "ABCD");
    }

    #[test]
    fn a_protocol_that_the_client_speaks_is_chosen() {
        let of = |usual: &str, offered: &[&str]| protocol(&json!({"protocol": usual, "protocols": offered}));
        assert_eq!(of("query", &["query"]), Some("query"));
        assert_eq!(of("smithy-rpc-v2-cbor", &["smithy-rpc-v2-cbor", "json", "query"]), Some("json"));
        assert_eq!(of("smithy-rpc-v2-cbor", &["smithy-rpc-v2-cbor"]), None);
    }

    #[test]
    fn global_services_have_no_list_of_regions() {
        let endpoints = json!({"partitions": [{
            "regions": {"eu-west-1": {}, "us-east-1": {}},
            "services": {
                "kms": {"endpoints": {"eu-west-1": {}, "eu-west-1-fips": {}}},
                "iam": {"isRegionalized": false, "endpoints": {"aws-global": {}}}
            }
        }]});
        assert_eq!(service_regions(&endpoints, "kms").into_iter().collect::<Vec<_>>(), ["eu-west-1"]);
        assert!(service_regions(&endpoints, "iam").is_empty() && service_regions(&endpoints, "none").is_empty());
    }

    #[test]
    fn lines_are_json_again() {
        let value = json!({"a": {"b": {"c": [1, 2]}, "d": {}}, "e": "x"});
        let text = lines(&value, 2).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        assert!(text.contains("\n  \"b\": {\"c\":[1,2]},\n"), "{text}");
    }
}
