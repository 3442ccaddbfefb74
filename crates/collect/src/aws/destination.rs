//! Which endpoint a call goes to: the rule set's parameters, custom endpoints, and S3's redirects.

use sekisho_model::{Map, Value};
use serde_json::{Value as Json, json};

use super::Operation;
use super::client::Client;
use super::endpoint::{Endpoint, Parameters, is_local};
use super::model::{OperationModel, Service};
use super::protocol::{WireResponse, error_region};

/// Resolves the endpoint of a call.
///
/// # Errors
/// The rule set's message, which says what the service does not offer (FIPS, dual stack, the partition).
pub(super) fn resolve(
    client: &Client,
    service: &Service,
    operation: &str,
    model: &OperationModel,
    region: &str,
    parameters: &Map,
) -> Result<Endpoint, String> {
    let custom = client.endpoints.of(&service.service_id);
    let local = custom.as_deref().is_some_and(is_local);
    let mut built_ins = Parameters::from([("AWS::Region".to_owned(), json!(region))]);
    // S3 answers GetBucketLocation in any Region only in path style. Behind a local address a bucket name cannot
    // become part of the host.
    if service.name == "s3" && (local || operation == "GetBucketLocation") {
        built_ins.insert("AWS::S3::ForcePathStyle".into(), json!(true));
    }
    match &custom {
        Some(url) => drop(built_ins.insert("SDK::Endpoint".into(), json!(url))),
        // A custom endpoint already says which flavour it is; the rules refuse to combine them.
        None => {
            built_ins.insert("AWS::UseFIPS".into(), json!(client.endpoints.use_fips));
            built_ins.insert("AWS::UseDualStack".into(), json!(client.endpoints.use_dual_stack));
        }
    }
    let mut given: Parameters = model.static_parameters.clone();
    for member in &service.structure(model.input.as_ref()).members {
        if let (Some(name), Some(value)) = (member.context_param(), parameters.get(&member.name)) {
            given.insert(name.to_string(), to_json(value));
        }
    }
    if service.name == "s3control" && local {
        // With it the rules would put the account number before the host, which resolves nowhere.
        given.remove("RequiresAccountId");
    }
    let bound = service.rules.bind(&built_ins, &given);
    service.rules.resolve(&bound, client.models.partitions())
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::String(text) => json!(text.as_str()),
        Value::Bool(truth) => json!(truth),
        Value::List(items) => items.iter().map(to_json).collect(),
        _ => Json::Null,
    }
}

/// The bucket that an S3 call is about.
pub(super) fn bucket_of<'p>(service: &Service, parameters: &'p Map) -> Option<&'p str> {
    if service.name == "s3" { parameters.get("Bucket")?.as_str() } else { None }
}

/// The Region that S3 says the bucket is in, where it says so instead of answering.
pub(super) fn redirected_region(service: &Service, response: WireResponse<'_>) -> Option<String> {
    if service.name != "s3" || !matches!(response.status, 301 | 302 | 307 | 308 | 400) {
        return None;
    }
    let named = response.header("x-amz-bucket-region").map(str::to_owned);
    named.or_else(|| error_region(response.body)).filter(|region| !region.is_empty())
}

/// Takes note of where buckets are when S3 tells it in passing, so that a bucket's dozen calls, sent side by side,
/// are not redirected one by one.
pub(super) fn learn_bucket_regions(client: &Client, operation: &Operation, parameters: &Map, answer: &Value) {
    if operation.service != "s3" {
        return;
    }
    let listed = answer.get("Buckets").and_then(Value::as_list).unwrap_or_default();
    for bucket in listed {
        let text = |key: &str| bucket.get(key).and_then(Value::as_str);
        if let (Some(name), Some(region)) = (text("Name"), text("BucketRegion")) {
            client.remember_bucket_region(name, region);
        }
    }
    // `EU` and null are how the oldest buckets say eu-west-1 and us-east-1; those are left to a redirect.
    let location = answer.get("LocationConstraint").and_then(Value::as_str).filter(|region| region.contains('-'));
    if let (Some(name), Some(region)) = (parameters.get("Bucket").and_then(Value::as_str), location) {
        client.remember_bucket_region(name, region);
    }
}
