//! What ASFF says about the resource itself: `Resources[].Details`.
//!
//! ASFF has a structure for many types, with the names that the service's API uses. Our documents have CloudFormation's, which
//! are mostly the same, so a member is filled with the property or attribute of the same name (letter case aside) if the value
//! has the member's type, all the way down; [`FROM`] lists what is called otherwise. A list is given whole or not at all. What has no place
//! in the structure goes to `Details.Other`, as the format's documentation asks ("Other object in ASFF", which has its limits too).
//!
//! Environment variables, user data and the like are left out: a finding travels further than the account that it is about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use sekisho_model::{Map as Document, Resource, Value};
use serde_json::{Map, Value as Json};

use super::text::limit_chars;

/// The structures, from the published model; `cargo xtask models` writes the file and `xtask/src/asff.rs` says how it reads.
static STRUCTURES: LazyLock<BTreeMap<String, BTreeMap<String, String>>> = LazyLock::new(|| {
    // A damaged file gives no details; the test below would notice.
    serde_json::from_str(include_str!("../../../../packs/models/asff/details.json")).unwrap_or_default()
});

/// Structure, member, and where the value comes from: a path of properties or attributes; `$name` or `$arn` of the resource; `json:`
/// for a document that ASFF wants as text; `.` for a list that holds the element itself (CloudFormation has one rule for each range).
const FROM: &[(&str, &str, &str)] = &[
    ("AwsCloudFrontDistributionCacheBehaviors", "Items", "CacheBehaviors"),
    ("AwsCloudFrontDistributionDetails", "CacheBehaviors", "DistributionConfig"),
    ("AwsCloudFrontDistributionDetails", "DefaultCacheBehavior", "DistributionConfig.DefaultCacheBehavior"),
    ("AwsCloudFrontDistributionDetails", "DefaultRootObject", "DistributionConfig.DefaultRootObject"),
    ("AwsCloudFrontDistributionDetails", "Logging", "DistributionConfig.Logging"),
    ("AwsCloudFrontDistributionDetails", "Origins", "DistributionConfig"),
    ("AwsCloudFrontDistributionDetails", "ViewerCertificate", "DistributionConfig.ViewerCertificate"),
    ("AwsCloudFrontDistributionDetails", "WebAclId", "DistributionConfig.WebACLId"),
    ("AwsCloudFrontDistributionOrigins", "Items", "Origins"),
    ("AwsCloudTrailTrailDetails", "LogFileValidationEnabled", "EnableLogFileValidation"),
    ("AwsCloudTrailTrailDetails", "Name", "TrailName"),
    ("AwsCloudTrailTrailDetails", "TrailArn", "$arn"),
    ("AwsEc2InstanceDetails", "LaunchedAt", "LaunchTime"),
    ("AwsEc2InstanceDetails", "Type", "InstanceType"),
    ("AwsEc2LaunchTemplateDetails", "Id", "$name"),
    ("AwsEc2NetworkAclDetails", "NetworkAclId", "$name"),
    ("AwsEc2NetworkInterfaceDetails", "NetworkInterfaceId", "$name"),
    ("AwsEc2SecurityGroupDetails", "GroupId", "$name"),
    ("AwsEc2SecurityGroupDetails", "IpPermissions", "SecurityGroupIngress"),
    ("AwsEc2SecurityGroupDetails", "IpPermissionsEgress", "SecurityGroupEgress"),
    ("AwsEc2SecurityGroupIpPermission", "IpRanges", "."),
    ("AwsEc2SecurityGroupIpPermission", "Ipv6Ranges", "."),
    ("AwsEc2SecurityGroupIpPermission", "PrefixListIds", "."),
    ("AwsEc2SecurityGroupIpPermission", "UserIdGroupPairs", "."),
    ("AwsEc2SecurityGroupPrefixListId", "PrefixListId", "DestinationPrefixListId"),
    ("AwsEc2SecurityGroupPrefixListId", "PrefixListId", "SourcePrefixListId"),
    ("AwsEc2SecurityGroupUserIdGroupPair", "GroupId", "DestinationSecurityGroupId"),
    ("AwsEc2SecurityGroupUserIdGroupPair", "GroupId", "SourceSecurityGroupId"),
    ("AwsEc2SubnetDetails", "SubnetId", "$name"),
    ("AwsEc2VolumeDetails", "Status", "State"),
    ("AwsEc2VolumeDetails", "VolumeId", "$name"),
    ("AwsIamRoleDetails", "AssumeRolePolicyDocument", "json:AssumeRolePolicyDocument"),
    ("AwsIamRoleDetails", "RolePolicyList", "Policies"),
    ("AwsIamUserDetails", "GroupList", "Groups"),
    ("AwsIamUserDetails", "UserPolicyList", "Policies"),
    ("AwsKmsKeyDetails", "KeyId", "$name"),
    ("AwsKmsKeyDetails", "KeyRotationStatus", "EnableKeyRotation"),
    ("AwsRdsDbClusterDetails", "IamDatabaseAuthenticationEnabled", "EnableIAMDatabaseAuthentication"),
    ("AwsRdsDbInstanceDetails", "DbInstancePort", "Port"),
    ("AwsRdsDbInstanceDetails", "EnabledCloudWatchLogsExports", "EnableCloudwatchLogsExports"),
    ("AwsRdsDbInstanceDetails", "IAMDatabaseAuthenticationEnabled", "EnableIAMDatabaseAuthentication"),
    ("AwsRdsDbInstanceDetails", "PerformanceInsightsEnabled", "EnablePerformanceInsights"),
    ("AwsS3BucketDetails", "BucketLoggingConfiguration", "LoggingConfiguration"),
    ("AwsS3BucketDetails", "BucketVersioningConfiguration", "VersioningConfiguration"),
    ("AwsS3BucketDetails", "CreatedAt", "CreationDate"),
    ("AwsS3BucketDetails", "Name", "BucketName"),
    ("AwsS3BucketDetails", "ServerSideEncryptionConfiguration", "BucketEncryption"),
    ("AwsS3BucketServerSideEncryptionConfiguration", "Rules", "ServerSideEncryptionConfiguration"),
    ("AwsS3BucketServerSideEncryptionRule", "ApplyServerSideEncryptionByDefault", "ServerSideEncryptionByDefault"),
];

/// Fields in which people keep secrets, whatever they are in.
const PRIVATE: [&str; 6] =
    ["Environment", "EnvironmentVariables", "MasterUserPassword", "StageVariables", "UserData", "Variables"];

/// Entries of `Details.Other`, characters of their keys and of their values ("fewer than 128" and "fewer than 1,024").
const OTHER_MAX: usize = 50;
const OTHER_KEY_MAX: usize = 127;
const OTHER_VALUE_MAX: usize = 1023;

/// The details of a resource under ASFF's name for its type; `None` where nothing is known.
pub(super) fn details(kind: &str, resource: &Resource) -> Option<Json> {
    let mut told = BTreeSet::new();
    let mut out = Map::new();
    let root = STRUCTURES.get("ResourceDetails");
    if let Some(structure) = root.and_then(|kinds| kinds.get(kind)).and_then(|name| STRUCTURES.get_key_value(name)) {
        let documents = [&resource.properties, &resource.attributes].into_iter().filter_map(Value::as_map);
        let source = Source { documents: documents.collect(), resource };
        let filled = source.filled(structure, &mut |field| {
            told.insert(field.to_owned());
        });
        out.extend(filled.map(|filled| (kind.to_owned(), filled)));
    }
    let other = other(resource, &told);
    if !other.is_empty() {
        out.insert("Other".into(), Json::Object(other));
    }
    (!out.is_empty()).then_some(Json::Object(out))
}

/// Where members are looked for: the resource's documents, or one value inside them.
struct Source<'a> {
    documents: Vec<&'a Document>,
    resource: &'a Resource,
}

impl<'a> Source<'a> {
    /// The structure with all members that are known; `used` hears the field that each came from.
    fn filled(
        &self,
        (name, members): (&String, &BTreeMap<String, String>),
        used: &mut dyn FnMut(&str),
    ) -> Option<Json> {
        let mut out = Map::new();
        for (member, kind) in members.iter().filter(|(member, _)| !PRIVATE.contains(&member.as_str())) {
            let own = FROM.iter().filter(|(structure, other, _)| *structure == name && *other == member);
            let paths = own.map(|(_, _, path)| *path).chain([member.as_str()]);
            let found = paths.into_iter().find_map(|path| Some((path, self.member(path, kind)?)));
            if let Some((path, value)) = found {
                used(path.trim_start_matches("json:").split('.').next().unwrap_or(path));
                out.insert(member.clone(), value);
            }
        }
        (!out.is_empty()).then_some(Json::Object(out))
    }

    /// The value at `path` if it has that type.
    fn member(&self, path: &str, kind: &str) -> Option<Json> {
        match path {
            "$name" => text(&self.resource.name),
            "$arn" => text(&self.resource.arn),
            "." => {
                let inner = kind.strip_prefix('[')?.strip_suffix(']')?;
                Some(Json::Array(vec![self.filled(STRUCTURES.get_key_value(inner)?, &mut |_| {})?]))
            }
            _ => match path.strip_prefix("json:") {
                Some(path) => text(&self.at(path).filter(|value| is_known(value))?.to_string()),
                None => typed(self.at(path)?, kind, self.resource),
            },
        }
    }

    fn at(&self, path: &str) -> Option<&'a Value> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let field = |document: &&'a Document| {
            let (_, value) = document.iter().find(|(name, _)| name.eq_ignore_ascii_case(first))?;
            Some(value)
        };
        let value = self.documents.iter().find_map(field)?;
        rest.map_or(Some(value), |rest| value.at(rest))
    }
}

/// A value as ASFF's type, `None` where it is another or not known.
fn typed(value: &Value, kind: &str, resource: &Resource) -> Option<Json> {
    if let Some(inner) = kind.strip_prefix('[').and_then(|kind| kind.strip_suffix(']')) {
        let items: Option<Vec<Json>> = value.as_list()?.iter().map(|item| typed(item, inner, resource)).collect();
        return items.filter(|items| !items.is_empty()).map(Json::Array);
    }
    if let Some(inner) = kind.strip_prefix('{').and_then(|kind| kind.strip_suffix('}')) {
        let entries = value.as_map()?.iter();
        let entries: Option<Map<String, Json>> =
            entries.map(|(name, value)| Some((name.to_string(), typed(value, inner, resource)?))).collect();
        return entries.filter(|entries| !entries.is_empty()).map(Json::Object);
    }
    match (kind, value) {
        ("string", Value::String(value)) => text(value),
        ("boolean", Value::Bool(value)) => Some(Json::from(*value)),
        ("integer" | "double", Value::Int(value)) => Some(Json::from(*value)),
        ("double", Value::Double(value)) => Some(Json::from(*value)),
        (_, Value::Map(map)) => {
            Source { documents: vec![map], resource }.filled(STRUCTURES.get_key_value(kind)?, &mut |_| {})
        }
        _ => None,
    }
}

/// ASFF refuses texts without a letter or sign.
fn text(text: &str) -> Option<Json> {
    (!text.trim().is_empty()).then(|| Json::from(text))
}

/// Whether all of a value is known.
fn is_known(value: &Value) -> bool {
    match value {
        Value::Unknown(_) => false,
        Value::List(items) => items.iter().all(is_known),
        Value::Map(map) => map.values().all(is_known),
        _ => true,
    }
}

/// Whether a field of that name is anywhere inside.
fn holds_private(value: &Value) -> bool {
    match value {
        Value::List(items) => items.iter().any(holds_private),
        Value::Map(map) => map.iter().any(|(name, value)| PRIVATE.contains(&&**name) || holds_private(value)),
        _ => false,
    }
}

/// What is not `told` in the structure and short enough to be worth a line.
fn other(resource: &Resource, told: &BTreeSet<String>) -> Map<String, Json> {
    let mut out = Map::new();
    let documents = [&resource.properties, &resource.attributes].into_iter().filter_map(Value::as_map);
    for (name, value) in documents.flat_map(Document::iter) {
        let is_told = told.iter().any(|field| field.eq_ignore_ascii_case(name)) || out.contains_key(&**name);
        if out.len() == OTHER_MAX || is_told || PRIVATE.contains(&&**name) || holds_private(value) || !is_known(value) {
            continue;
        }
        let words = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let is_empty = matches!(words.trim(), "" | "null" | "[]" | "{}");
        // Half a document would be read as a whole one.
        if !is_empty && words.chars().count() <= OTHER_VALUE_MAX {
            out.insert(limit_chars(name, OTHER_KEY_MAX), Json::from(words));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(type_name: &str, name: &str, properties: &str, attributes: &str) -> Resource {
        Resource {
            type_name: type_name.into(),
            arn: format!("arn:aws:x:us-east-1:111122223333:{name}"),
            name: name.into(),
            account: "111122223333".into(),
            region: "us-east-1".into(),
            properties: serde_json::from_str(properties).unwrap(),
            attributes: serde_json::from_str(attributes).unwrap(),
            tags: Value::Null,
        }
    }

    #[test]
    fn every_exception_names_a_member_that_exists() {
        for (structure, member, _) in FROM {
            let members = STRUCTURES.get(*structure).unwrap_or_else(|| panic!("there is no structure {structure}"));
            assert!(members.contains_key(*member), "{structure} has no {member}");
        }
    }

    /// The example of the user guide ("AwsEc2SecurityGroup") from CloudFormation's rules.
    #[test]
    fn rules_of_a_security_group_become_permissions() {
        let group = resource(
            "AWS::EC2::SecurityGroup",
            "sg-1",
            r#"{"GroupName": "web", "GroupDescription": "d", "VpcId": "vpc-1", "SecurityGroupIngress": [
                {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"},
                {"IpProtocol": "-1", "SourceSecurityGroupId": "sg-2"}],
              "SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIpv6": "::/0"}]}"#,
            r#"{"OwnerId": "111122223333"}"#,
        );
        let expected = serde_json::json!({
            "AwsEc2SecurityGroup": {
                "GroupId": "sg-1", "GroupName": "web", "OwnerId": "111122223333", "VpcId": "vpc-1",
                "IpPermissions": [
                    { "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] },
                    { "IpProtocol": "-1", "UserIdGroupPairs": [{ "GroupId": "sg-2" }] },
                ],
                "IpPermissionsEgress": [{ "IpProtocol": "-1", "Ipv6Ranges": [{ "CidrIpv6": "::/0" }] }],
            },
            "Other": { "GroupDescription": "d" },
        });
        assert_eq!(details("AwsEc2SecurityGroup", &group), Some(expected));
    }

    #[test]
    fn what_is_private_unknown_or_of_another_type_is_left_out() {
        let function = resource(
            "AWS::Lambda::Function",
            "f",
            r#"{"FunctionName": "f", "Runtime": "", "Timeout": "30", "Environment": {"Variables": {"TOKEN": "hush"}},
               "Layers": [{"Arn": "a"}, "b"], "Nested": {"UserData": "hush"}, "Role": "r",
               "MemorySize": {"$unknown": {"source": "lambda:GetFunction", "kind": "DENIED", "message": "no"}}}"#,
            "{}",
        );
        let found = details("AwsLambdaFunction", &function).unwrap();
        assert_eq!(found["AwsLambdaFunction"], serde_json::json!({ "FunctionName": "f", "Role": "r" }));
        assert_eq!(found["Other"], serde_json::json!({ "Timeout": "30", "Layers": "[{\"Arn\":\"a\"},\"b\"]" }));
    }

    #[test]
    fn types_without_a_structure_have_other_within_its_limits() {
        let fields: Vec<String> = (0..80).map(|at| format!("\"F{at}\": {at}")).collect();
        let long = format!("{{\"Long\": \"{}\", {}}}", "x".repeat(1024), fields.join(","));
        let found = details("Other", &resource("AWS::X::Y", "y", &long, "{}")).unwrap();
        let other = found["Other"].as_object().unwrap();
        assert_eq!((found.as_object().unwrap().len(), other.len(), other.get("Long")), (1, 50, None));
        assert_eq!(details("Other", &resource("AWS::X::Y", "y", "{}", "{}")), None);
    }
}
