//! The published rule sets and partitions, as packed in the binary, against endpoints that AWS documents ("Service
//! endpoints and quotas", AWS General Reference).

use serde_json::json;

use super::super::ModelSet;
use super::{Endpoint, Parameters};

fn resolve(
    service: &str,
    region: &str,
    given: &[(&str, serde_json::Value)],
    built_ins: &[(&str, serde_json::Value)],
) -> Result<Endpoint, String> {
    let models = ModelSet::builtin().unwrap();
    let service = models.service(service).unwrap();
    let own = |pairs: &[(&str, serde_json::Value)]| -> Parameters {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    };
    let mut built_ins = own(built_ins);
    built_ins.insert("AWS::Region".into(), json!(region));
    service.rules.resolve(&service.rules.bind(&built_ins, &own(given)), models.partitions())
}

fn url(service: &str, region: &str) -> String {
    resolve(service, region, &[], &[]).unwrap().url
}

#[test]
fn regional_services_in_every_partition() {
    assert_eq!(url("kms", "eu-west-1"), "https://kms.eu-west-1.amazonaws.com");
    assert_eq!(url("ec2", "cn-north-1"), "https://ec2.cn-north-1.amazonaws.com.cn");
    assert_eq!(url("kms", "us-gov-west-1"), "https://kms.us-gov-west-1.amazonaws.com");
    assert_eq!(url("kms", "us-east-99"), "https://kms.us-east-99.amazonaws.com", "a Region newer than the pack");
}

#[test]
fn global_services_name_their_signing_region() {
    let iam = resolve("iam", "eu-west-1", &[], &[]).unwrap();
    assert_eq!((iam.url.as_str(), iam.signing_region.as_deref()), ("https://iam.amazonaws.com", Some("us-east-1")));
    let china = resolve("iam", "cn-north-1", &[], &[]).unwrap();
    assert_eq!(
        (china.url.as_str(), china.signing_region.as_deref()),
        ("https://iam.cn-north-1.amazonaws.com.cn", Some("cn-north-1"))
    );
    let gov = resolve("iam", "us-gov-east-1", &[], &[]).unwrap();
    assert_eq!(
        (gov.url.as_str(), gov.signing_region.as_deref()),
        ("https://iam.us-gov.amazonaws.com", Some("us-gov-west-1"))
    );
}

#[test]
fn fips_and_dual_stack() {
    let fips = resolve("kms", "us-east-1", &[], &[("AWS::UseFIPS", json!(true))]).unwrap();
    assert_eq!(fips.url, "https://kms-fips.us-east-1.amazonaws.com");
    let dual = resolve("ec2", "us-east-1", &[], &[("AWS::UseDualStack", json!(true))]).unwrap();
    assert_eq!(dual.url, "https://ec2.us-east-1.api.aws");
}

#[test]
fn buckets_are_hosts_where_they_can_be() {
    let bucket = |name: &str, built_ins: &[(&str, serde_json::Value)]| {
        resolve("s3", "eu-west-1", &[("Bucket", json!(name))], built_ins).unwrap().url
    };
    assert_eq!(bucket("my-logs", &[]), "https://my-logs.s3.eu-west-1.amazonaws.com");
    assert_eq!(bucket("my.logs", &[]), "https://s3.eu-west-1.amazonaws.com/my.logs", "dots do not fit the certificate");
    let path_style = [("AWS::S3::ForcePathStyle", json!(true))];
    assert_eq!(bucket("my-logs", &path_style), "https://s3.eu-west-1.amazonaws.com/my-logs");
    let local = [("AWS::S3::ForcePathStyle", json!(true)), ("SDK::Endpoint", json!("http://localhost:5000"))];
    assert_eq!(bucket("my-logs", &local), "http://localhost:5000/my-logs");
}

#[test]
fn s3_control_puts_the_account_in_front() {
    let given = [("AccountId", json!("123456789012")), ("RequiresAccountId", json!(true))];
    let found = resolve("s3control", "eu-west-1", &given, &[]).unwrap();
    assert_eq!(found.url, "https://123456789012.s3-control.eu-west-1.amazonaws.com");
    assert_eq!(found.signing_name.as_deref(), Some("s3"));
}

#[test]
fn partitions_know_their_regions() {
    let models = ModelSet::builtin().unwrap();
    let of = |region: &str| models.partitions().of_region(region).unwrap().id.clone();
    assert_eq!(
        (of("eu-west-1").as_str(), of("cn-north-1").as_str(), of("us-gov-west-1").as_str()),
        ("aws", "aws-cn", "aws-us-gov")
    );
    assert_eq!(of("eusc-de-east-1"), "aws-eusc");
    assert_eq!(models.partitions().by_id("aws").unwrap().global_region(), "us-east-1");
    assert!(models.partitions().by_id("aws-us-gov").unwrap().regions().eq(["us-gov-east-1", "us-gov-west-1"]));
}

#[test]
fn every_packed_model_parses() {
    let models = ModelSet::builtin().unwrap();
    let names: Vec<String> = models.services().map(str::to_owned).collect();
    assert!(names.len() >= 15, "{names:?}");
    for name in names {
        models.service(&name).unwrap();
    }
}
