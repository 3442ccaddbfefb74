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

/// Operations whose actions have other names, or that need more than one.
const ACTIONS: [(&str, &[&str]); 14] = [
    ("s3:ListBuckets", &["s3:ListAllMyBuckets"]),
    ("s3:ListDirectoryBuckets", &["s3express:ListAllMyDirectoryBuckets"]),
    ("s3:HeadBucket", &["s3:ListBucket"]),
    ("s3:GetBucketEncryption", &["s3:GetEncryptionConfiguration"]),
    // Directory buckets are a service of their own to IAM.
    ("s3:GetBucketLifecycleConfiguration", &["s3:GetLifecycleConfiguration", "s3express:GetLifecycleConfiguration"]),
    ("s3:GetBucketReplication", &["s3:GetReplicationConfiguration"]),
    ("s3:GetPublicAccessBlock", &["s3:GetBucketPublicAccessBlock"]),
    ("s3:GetBucketNotificationConfiguration", &["s3:GetBucketNotification"]),
    ("s3:GetObjectLockConfiguration", &["s3:GetBucketObjectLockConfiguration"]),
    ("s3:GetBucketAccelerateConfiguration", &["s3:GetAccelerateConfiguration"]),
    ("s3:GetBucketCors", &["s3:GetBucketCORS"]),
    ("s3control:GetPublicAccessBlock", &["s3:GetAccountPublicAccessBlock"]),
    ("resourcegroupstaggingapi:GetResources", &["tag:GetResources"]),
    // AWS WAF checks the right to see the web ACL and its association with a load balancer as well.
    (
        "wafv2:GetWebACLForResource",
        &["wafv2:GetWebACLForResource", "wafv2:GetWebACL", "elasticloadbalancing:GetLoadBalancerWebACL"],
    ),
];

/// The IAM actions for `service:Operation` (botocore's names); one, but for a few.
///
/// API Gateway is the odd one: its control plane is authorized by HTTP method.
pub fn iam_actions(operation: &str) -> Vec<String> {
    if let Some((_, actions)) = ACTIONS.iter().find(|(name, _)| *name == operation) {
        return actions.iter().map(|action| (*action).to_owned()).collect();
    }
    let (service, name) = operation.split_once(':').unwrap_or((operation, ""));
    let prefix = PREFIXES.iter().find(|(known, _)| *known == service).map_or(service, |(_, prefix)| prefix);
    if prefix == "apigateway" {
        return vec!["apigateway:GET".to_owned()];
    }
    vec![format!("{prefix}:{name}")]
}

#[cfg(test)]
mod tests {
    use super::iam_actions;

    #[test]
    fn actions_as_the_service_authorization_reference_names_them() {
        for (operation, expected) in [
            ("kms:ListKeys", vec!["kms:ListKeys"]),
            ("elbv2:DescribeLoadBalancers", vec!["elasticloadbalancing:DescribeLoadBalancers"]),
            ("apigatewayv2:GetApis", vec!["apigateway:GET"]),
            ("s3:ListBuckets", vec!["s3:ListAllMyBuckets"]),
            ("s3control:GetPublicAccessBlock", vec!["s3:GetAccountPublicAccessBlock"]),
            ("resourcegroupstaggingapi:GetResources", vec!["tag:GetResources"]),
        ] {
            assert_eq!(iam_actions(operation), expected, "{operation}");
        }
    }
}
