//! Which IAM action allows an API operation.
//!
//! Mostly the action has the operation's name under the service's IAM prefix; the exceptions are those of
//! the Service Authorization Reference ("Actions, resources, and condition keys" of each service).

/// botocore service name to IAM prefix, where they differ.
const PREFIXES: [(&str, &str); 12] = [
    ("apigatewayv2", "apigateway"),
    ("docdb", "rds"),
    ("efs", "elasticfilesystem"),
    ("elb", "elasticloadbalancing"),
    ("elbv2", "elasticloadbalancing"),
    ("emr", "elasticmapreduce"),
    ("neptune", "rds"),
    ("opensearch", "es"),
    ("s3control", "s3"),
    ("sesv2", "ses"),
    ("stepfunctions", "states"),
    ("accessanalyzer", "access-analyzer"),
];

/// Operations whose action has another name.
const ACTIONS: [(&str, &str); 12] = [
    ("s3:ListBuckets", "s3:ListAllMyBuckets"),
    ("s3:ListDirectoryBuckets", "s3express:ListAllMyDirectoryBuckets"),
    ("s3:HeadBucket", "s3:ListBucket"),
    ("s3:GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    ("s3:GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration"),
    ("s3:GetBucketReplication", "s3:GetReplicationConfiguration"),
    ("s3:GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ("s3:GetBucketNotificationConfiguration", "s3:GetBucketNotification"),
    ("s3:GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration"),
    ("s3:GetBucketAccelerateConfiguration", "s3:GetAccelerateConfiguration"),
    ("s3:GetBucketCors", "s3:GetBucketCORS"),
    ("s3control:GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock"),
];

/// The IAM action for `service:Operation` (botocore's names).
///
/// API Gateway is the odd one: its control plane is authorized by HTTP method.
pub fn iam_action(operation: &str) -> String {
    if let Some((_, action)) = ACTIONS.iter().find(|(name, _)| *name == operation) {
        return (*action).to_owned();
    }
    let (service, name) = operation.split_once(':').unwrap_or((operation, ""));
    let prefix = PREFIXES.iter().find(|(known, _)| *known == service).map_or(service, |(_, prefix)| prefix);
    if prefix == "apigateway" {
        return "apigateway:GET".to_owned();
    }
    format!("{prefix}:{name}")
}
