//! Made-up accounts of any size, for benches and whole-process measurements.
//!
//! The same numbers give the same snapshot (the generator is seeded), and resources are good and bad in fixed
//! proportions, so that measured work is comparable between runs. The mix follows what accounts are made of:
//! security groups with nested rules first, then instances, volumes, buckets and IAM.

use fastrand::Rng;
use sekisho_model::{AccountScope, Map, Resource, ScanMeta, Snapshot, Timestamp, Value};
use serde_json::json;

const ACCOUNT: &str = "111122223333";
const REGIONS: [&str; 2] = ["ap-northeast-1", "us-east-1"];
/// Rules in a security group: from a handful to the dozens that grow over years.
const RULES_MAX: usize = 24;

/// A snapshot of about `count` resources, sorted as a scan's is.
pub fn snapshot(count: usize) -> Snapshot {
    let mut random = Rng::with_seed(20);
    let mut resources: Vec<Resource> = (0..count).map(|number| resource(number, &mut random)).collect();
    let order = |resource: &Resource| {
        (resource.type_name.clone(), resource.account.clone(), resource.region.clone(), resource.arn.clone())
    };
    resources.sort_by_cached_key(order);
    Snapshot { meta: meta(), resources, gaps: Vec::new() }
}

/// `count` security groups, for measuring the nested condition alone.
pub fn security_groups(count: usize) -> Snapshot {
    let mut random = Rng::with_seed(20);
    let resources = (0..count).map(|number| security_group(number, &mut random)).collect();
    Snapshot { meta: meta(), resources, gaps: Vec::new() }
}

fn meta() -> ScanMeta {
    let account = AccountScope {
        account: ACCOUNT.to_owned(),
        partition: "aws".to_owned(),
        name: Some("synthetic".to_owned()),
        identity: format!("arn:aws:iam::{ACCOUNT}:role/Reader"),
        regions: REGIONS.map(str::to_owned).to_vec(),
        home_region: "us-east-1".to_owned(),
    };
    // 2026-11-20T00:00:00Z, an arbitrary fixed day.
    let taken_at = Timestamp::from_second(1_795_132_800).unwrap_or(Timestamp::UNIX_EPOCH);
    ScanMeta { taken_at, accounts: vec![account], version: "synthetic".to_owned() }
}

fn resource(number: usize, random: &mut Rng) -> Resource {
    match number % 20 {
        0..=5 => security_group(number, random),
        6..=9 => instance(number, random),
        10..=12 => volume(number, random),
        13..=15 => bucket(number, random),
        16 | 17 => role(number, random),
        18 => user(number, random),
        _ => key(number, random),
    }
}

fn made(
    type_name: &str,
    arn: String,
    region: &str,
    properties: serde_json::Value,
    attributes: serde_json::Value,
    tagged: bool,
) -> Resource {
    let mut resource = Resource::new(type_name, &arn, ACCOUNT, region);
    resource.properties = document(properties);
    resource.attributes = document(attributes);
    if tagged {
        resource.tags = document(json!({ "owner": "sre@example.com", "env": "prod" }));
    }
    resource
}

/// Serde gives our values from any JSON; what it cannot give does not occur in the literals here.
fn document(value: serde_json::Value) -> Value {
    serde_json::from_value(value).unwrap_or_else(|_| Value::Map(Map::new()))
}

fn region(number: usize) -> &'static str {
    if number.is_multiple_of(3) { "us-east-1" } else { "ap-northeast-1" }
}

fn security_group(number: usize, random: &mut Rng) -> Resource {
    let region = region(number);
    let rules: Vec<serde_json::Value> = (0..random.usize(1..=RULES_MAX))
        .map(|_| {
            let port = random.choice([22, 80, 443, 3306, 3389, 8080, 9200]).unwrap_or(443);
            // One rule in fifty is open to the world.
            let source = if random.u8(0..50) == 0 {
                "0.0.0.0/0".to_owned()
            } else {
                format!("10.{}.{}.0/24", random.u8(..), random.u8(..))
            };
            json!({ "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": source })
        })
        .collect();
    let properties = json!({
        "GroupName": format!("group-{number}"), "GroupDescription": "made up", "VpcId": "vpc-0123456789abcdef0",
        "SecurityGroupIngress": rules, "SecurityGroupEgress": [{ "IpProtocol": "-1", "CidrIp": "0.0.0.0/0" }],
    });
    made(
        "AWS::EC2::SecurityGroup",
        format!("arn:aws:ec2:{region}:{ACCOUNT}:security-group/sg-{number:017x}"),
        region,
        properties,
        json!({ "OwnerId": ACCOUNT }),
        random.bool(),
    )
}

fn instance(number: usize, random: &mut Rng) -> Resource {
    let region = region(number);
    let tokens = if random.u8(0..4) == 0 { "optional" } else { "required" };
    let group = format!("sg-{:017x}", number - number % 20);
    let properties = json!({
        "ImageId": "ami-0abcdef1234567890", "InstanceType": "m7g.large", "SubnetId": "subnet-0123456789abcdef0",
        "VpcId": "vpc-0123456789abcdef0", "SecurityGroupIds": [group], "MetadataOptions": { "HttpTokens": tokens, "HttpEndpoint": "enabled" },
        "NetworkInterfaces": [{ "NetworkInterfaceId": format!("eni-{number:017x}"), "DeviceIndex": 0, "GroupSet": [group] }],
    });
    let addresses: Vec<String> =
        if random.u8(0..10) == 0 { vec![format!("198.51.100.{}", random.u8(1..255))] } else { Vec::new() };
    made(
        "AWS::EC2::Instance",
        format!("arn:aws:ec2:{region}:{ACCOUNT}:instance/i-{number:017x}"),
        region,
        properties,
        json!({ "State": "running", "VirtualizationType": "hvm", "PublicIpAddresses": addresses, "LaunchTime": "2026-05-01T00:00:00Z", "Volumes": [] }),
        random.bool(),
    )
}

fn volume(number: usize, random: &mut Rng) -> Resource {
    let region = region(number);
    made(
        "AWS::EC2::Volume",
        format!("arn:aws:ec2:{region}:{ACCOUNT}:volume/vol-{number:017x}"),
        region,
        json!({ "Encrypted": random.u8(0..5) != 0, "Size": 100, "VolumeType": "gp3", "AvailabilityZone": format!("{region}a") }),
        json!({ "State": "in-use", "Attachments": [{ "State": "attached", "InstanceId": "i-0123456789abcdef0" }] }),
        random.bool(),
    )
}

fn bucket(number: usize, random: &mut Rng) -> Resource {
    let blocked = random.u8(0..10) != 0;
    let name = format!("synthetic-bucket-{number}");
    let statement = json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [format!("arn:aws:s3:::{name}"), format!("arn:aws:s3:::{name}/*")],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    });
    let properties = json!({
        "BucketName": name,
        "PublicAccessBlockConfiguration": { "BlockPublicAcls": blocked, "IgnorePublicAcls": blocked, "BlockPublicPolicy": blocked, "RestrictPublicBuckets": blocked },
        "BucketEncryption": { "ServerSideEncryptionConfiguration": [{ "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } }] },
        "VersioningConfiguration": { "Status": if random.bool() { "Enabled" } else { "Suspended" } },
    });
    let attributes = json!({ "Policy": { "Version": "2012-10-17", "Statement": [statement] }, "Acl": [] });
    made("AWS::S3::Bucket", format!("arn:aws:s3:::{name}"), region(number), properties, attributes, random.bool())
}

fn role(number: usize, random: &mut Rng) -> Resource {
    let action = if random.u8(0..20) == 0 { "kms:Decrypt" } else { "s3:GetObject" };
    let policy =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": [action], "Resource": "*" }] });
    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }] });
    made(
        "AWS::IAM::Role",
        format!("arn:aws:iam::{ACCOUNT}:role/role-{number}"),
        "us-east-1",
        json!({ "RoleName": format!("role-{number}"), "Path": "/", "AssumeRolePolicyDocument": trust, "ManagedPolicyArns": [],
            "Policies": [{ "PolicyName": "inline", "PolicyDocument": policy }] }),
        json!({ "CreateDate": "2025-01-01T00:00:00Z" }),
        random.bool(),
    )
}

fn user(number: usize, random: &mut Rng) -> Resource {
    let credentials = json!({
        "PasswordEnabled": random.bool(), "PasswordLastUsed": "2026-10-01T00:00:00Z", "PasswordLastChanged": "2026-09-01T00:00:00Z", "MFAActive": random.bool(),
        "AccessKeys": [{ "Active": random.bool(), "LastRotated": "2026-01-01T00:00:00Z", "LastUsed": "2026-11-01T00:00:00Z" }, { "Active": false }],
    });
    made(
        "AWS::IAM::User",
        format!("arn:aws:iam::{ACCOUNT}:user/user-{number}"),
        "us-east-1",
        json!({ "UserName": format!("user-{number}"), "Path": "/", "Groups": [], "ManagedPolicyArns": [], "Policies": [] }),
        json!({ "CreateDate": "2025-01-01T00:00:00Z", "Credentials": credentials }),
        random.bool(),
    )
}

fn key(number: usize, random: &mut Rng) -> Resource {
    let region = region(number);
    let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:root") }, "Action": "kms:*", "Resource": "*" }] });
    made(
        "AWS::KMS::Key",
        format!("arn:aws:kms:{region}:{ACCOUNT}:key/{number:08x}-0000-4000-8000-000000000000"),
        region,
        json!({ "Enabled": true, "EnableKeyRotation": random.bool(), "KeyPolicy": policy, "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS" }),
        json!({ "KeyManager": "CUSTOMER", "KeyState": "Enabled" }),
        random.bool(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_rules::packs::{PackSet, builtin};

    #[test]
    fn the_same_size_gives_the_same_account() {
        assert_eq!(snapshot(200), snapshot(200));
        assert_eq!(snapshot(200).resources.len(), 200);
    }

    #[test]
    fn arns_are_unique() {
        let mut arns: Vec<String> = snapshot(1000).resources.into_iter().map(|resource| resource.arn).collect();
        arns.sort();
        arns.dedup();
        assert_eq!(arns.len(), 1000);
    }

    /// A type without a pack would be judged by nothing and make every measurement look good.
    #[test]
    fn every_type_has_a_pack() {
        let packs = PackSet::load(&builtin()).unwrap();
        for resource in snapshot(40).resources {
            assert!(packs.resources.contains_key(&resource.type_name), "{}", resource.type_name);
        }
    }
}
