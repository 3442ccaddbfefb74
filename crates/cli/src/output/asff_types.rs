//! The names that ASFF has for CloudFormation types.
//!
//! Source: the members of `ResourceDetails` in the published model of Security Hub's BatchImportFindings. Most follow from the
//! CloudFormation name (`AWS::S3::Bucket`, `AwsS3Bucket`); the others are listed. Types that ASFF does not know are `Other`, as the
//! format's documentation asks.

/// Names that do not follow from the CloudFormation type.
const IRREGULAR: [(&str, &str); 49] = [
    ("AWS::::Account", "AwsAccount"),
    ("AWS::AmazonMQ::Broker", "AwsAmazonMqBroker"),
    ("AWS::ApiGateway::RestApi", "AwsApiGatewayRestApi"),
    ("AWS::ApiGatewayV2::Api", "AwsApiGatewayV2Api"),
    ("AWS::ApiGatewayV2::Stage", "AwsApiGatewayV2Stage"),
    ("AWS::AppSync::GraphQLApi", "AwsAppSyncGraphQlApi"),
    ("AWS::CertificateManager::Certificate", "AwsCertificateManagerCertificate"),
    ("AWS::DMS::Endpoint", "AwsDmsEndpoint"),
    ("AWS::DMS::ReplicationInstance", "AwsDmsReplicationInstance"),
    ("AWS::DMS::ReplicationTask", "AwsDmsReplicationTask"),
    ("AWS::EC2::ClientVpnEndpoint", "AwsEc2ClientVpnEndpoint"),
    ("AWS::EC2::EIP", "AwsEc2Eip"),
    ("AWS::EC2::VPC", "AwsEc2Vpc"),
    ("AWS::EC2::VPCEndpointService", "AwsEc2VpcEndpointService"),
    ("AWS::EC2::VPCPeeringConnection", "AwsEc2VpcPeeringConnection"),
    ("AWS::EC2::VPNConnection", "AwsEc2VpnConnection"),
    ("AWS::ElasticLoadBalancing::LoadBalancer", "AwsElbLoadBalancer"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "AwsElbv2LoadBalancer"),
    ("AWS::EventSchemas::Registry", "AwsEventSchemasRegistry"),
    ("AWS::Events::Endpoint", "AwsEventsEndpoint"),
    ("AWS::Events::EventBus", "AwsEventsEventbus"),
    ("AWS::IAM::AccessKey", "AwsIamAccessKey"),
    ("AWS::IAM::Group", "AwsIamGroup"),
    ("AWS::IAM::ManagedPolicy", "AwsIamPolicy"),
    ("AWS::IAM::Policy", "AwsIamPolicy"),
    ("AWS::IAM::Role", "AwsIamRole"),
    ("AWS::IAM::User", "AwsIamUser"),
    ("AWS::KMS::Key", "AwsKmsKey"),
    ("AWS::MSK::Cluster", "AwsMskCluster"),
    ("AWS::OpenSearchService::Domain", "AwsOpenSearchServiceDomain"),
    ("AWS::RDS::DBCluster", "AwsRdsDbCluster"),
    ("AWS::RDS::DBClusterSnapshot", "AwsRdsDbClusterSnapshot"),
    ("AWS::RDS::DBInstance", "AwsRdsDbInstance"),
    ("AWS::RDS::DBSecurityGroup", "AwsRdsDbSecurityGroup"),
    ("AWS::RDS::DBSnapshot", "AwsRdsDbSnapshot"),
    ("AWS::RDS::EventSubscription", "AwsRdsEventSubscription"),
    ("AWS::S3::AccountPublicAccessBlock", "AwsS3AccountPublicAccessBlock"),
    ("AWS::SNS::Topic", "AwsSnsTopic"),
    ("AWS::SQS::Queue", "AwsSqsQueue"),
    ("AWS::SSM::PatchCompliance", "AwsSsmPatchCompliance"),
    ("AWS::StepFunctions::StateMachine", "AwsStepFunctionStateMachine"),
    ("AWS::WAF::RateBasedRule", "AwsWafRateBasedRule"),
    ("AWS::WAF::Rule", "AwsWafRule"),
    ("AWS::WAF::RuleGroup", "AwsWafRuleGroup"),
    ("AWS::WAF::WebACL", "AwsWafWebAcl"),
    ("AWS::WAFRegional::WebACL", "AwsWafRegionalWebAcl"),
    ("AWS::WAFv2::RuleGroup", "AwsWafv2RuleGroup"),
    ("AWS::WAFv2::WebACL", "AwsWafv2WebAcl"),
    ("AWS::XRay::EncryptionConfig", "AwsXrayEncryptionConfig"),
];

/// Names that follow from the CloudFormation type, which therefore may be derived.
const REGULAR: [&str; 46] = [
    "AwsApiGatewayStage",
    "AwsAthenaWorkGroup",
    "AwsAutoScalingAutoScalingGroup",
    "AwsAutoScalingLaunchConfiguration",
    "AwsBackupBackupPlan",
    "AwsBackupBackupVault",
    "AwsBackupRecoveryPoint",
    "AwsCloudFormationStack",
    "AwsCloudFrontDistribution",
    "AwsCloudTrailTrail",
    "AwsCloudWatchAlarm",
    "AwsCodeBuildProject",
    "AwsDynamoDbTable",
    "AwsEc2Instance",
    "AwsEc2LaunchTemplate",
    "AwsEc2NetworkAcl",
    "AwsEc2NetworkInterface",
    "AwsEc2RouteTable",
    "AwsEc2SecurityGroup",
    "AwsEc2Subnet",
    "AwsEc2TransitGateway",
    "AwsEc2Volume",
    "AwsEcrRepository",
    "AwsEcsCluster",
    "AwsEcsService",
    "AwsEcsTask",
    "AwsEcsTaskDefinition",
    "AwsEfsAccessPoint",
    "AwsEksCluster",
    "AwsElasticBeanstalkEnvironment",
    "AwsElasticsearchDomain",
    "AwsGuardDutyDetector",
    "AwsKinesisStream",
    "AwsLambdaFunction",
    "AwsLambdaLayerVersion",
    "AwsNetworkFirewallFirewall",
    "AwsNetworkFirewallFirewallPolicy",
    "AwsNetworkFirewallRuleGroup",
    "AwsRedshiftCluster",
    "AwsRoute53HostedZone",
    "AwsS3AccessPoint",
    "AwsS3Bucket",
    "AwsS3Object",
    "AwsSageMakerNotebookInstance",
    "AwsSecretsManagerSecret",
    "AwsWafRegionalRule",
];

/// ASFF's name for a CloudFormation type, `Other` where it has none.
pub(crate) fn asff_type(type_name: &str) -> &'static str {
    if let Some((_, name)) = IRREGULAR.iter().find(|(known, _)| *known == type_name) {
        return name;
    }
    let joined = type_name.replace("::", "");
    REGULAR.into_iter().find(|name| name.eq_ignore_ascii_case(&joined)).unwrap_or("Other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_in_the_published_model() {
        assert_eq!(asff_type("AWS::S3::Bucket"), "AwsS3Bucket");
        assert_eq!(asff_type("AWS::EC2::SecurityGroup"), "AwsEc2SecurityGroup");
        assert_eq!(asff_type("AWS::DynamoDB::Table"), "AwsDynamoDbTable");
        assert_eq!(asff_type("AWS::ElasticLoadBalancingV2::LoadBalancer"), "AwsElbv2LoadBalancer");
        assert_eq!(asff_type("AWS::::Account"), "AwsAccount");
        assert_eq!(asff_type("AWS::Transfer::Server"), "Other");
    }
}
