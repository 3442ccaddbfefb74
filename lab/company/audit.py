"""CloudTrail, alarms, Config, GuardDuty: how far the company sees what happens."""

from __future__ import annotations

from .base import HOME, Lab, allow, pairs, tags
from .storage import Bucket

# From the CIS AWS Foundations Benchmark 1.4: root use, and changes of security groups.
FILTERS = {
    "CloudWatch.1": ("root-use", '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}'),
    "CloudWatch.10": ("security-group-changes", "{($.eventName=AuthorizeSecurityGroupIngress) || ($.eventName=AuthorizeSecurityGroupEgress) || "
                      "($.eventName=RevokeSecurityGroupIngress) || ($.eventName=RevokeSecurityGroupEgress) || "
                      "($.eventName=CreateSecurityGroup) || ($.eventName=DeleteSecurityGroup)}"),
}


FEATURES = ("S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "EBS_MALWARE_PROTECTION", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS")


def trails(lab: Lab) -> None:
    cloudtrail, logs = lab.client("cloudtrail"), lab.client("logs")
    good = Bucket(lab, "hanamichi-cloudtrail")
    good.policy({"Principal": {"Service": "cloudtrail.amazonaws.com"}, **allow(["s3:PutObject"], f"{good.arn}/*")})
    good.s3.put_bucket_logging(Bucket=good.name, BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": lab.made["log bucket", HOME], "TargetPrefix": "trail/"}})
    good.expect("holds the trail", passed="S3.2 S3.8 S3.9 CloudTrail.6 CloudTrail.7")
    logs.create_log_group(logGroupName="cloudtrail")
    cloudtrail.create_trail(Name="company", S3BucketName=good.name, IsMultiRegionTrail=True, IncludeGlobalServiceEvents=True, EnableLogFileValidation=True,
                            KmsKeyId=lab.made["key", HOME], CloudWatchLogsLogGroupArn=lab.arn("logs", "log-group:cloudtrail:*", HOME),
                            CloudWatchLogsRoleArn=lab.made["role", "org-cloudtrail-to-logs"], TagsList=pairs(tags("company")))
    cloudtrail.put_event_selectors(TrailName="company", EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}])
    cloudtrail.start_logging(Name="company")
    lab.expect(lab.arn("cloudtrail", "trail/company", HOME), "the company's trail", passed="CloudTrail.2 CloudTrail.4 CloudTrail.5 CloudTrail.9")
    cloudtrail.create_trail(Name="vendor-test", S3BucketName="hanamichi-bi-lake", IsMultiRegionTrail=False, EnableLogFileValidation=False)
    cloudtrail.start_logging(Name="vendor-test")
    lab.expect(lab.arn("cloudtrail", "trail/vendor-test", HOME), "a forgotten trail", failed="CloudTrail.2 CloudTrail.4 CloudTrail.5 CloudTrail.9")
    lab.expect(lab.whole_account(HOME), passed="CloudTrail.1 CloudTrail.3")


def alarms(lab: Lab) -> None:
    logs, watch, topic = lab.client("logs"), lab.client("cloudwatch"), lab.made["topic"]
    for control, (name, pattern) in FILTERS.items():
        logs.put_metric_filter(logGroupName="cloudtrail", filterName=name, filterPattern=pattern,
                               metricTransformations=[{"metricName": name, "metricNamespace": "Security", "metricValue": "1"}])
        watch.put_metric_alarm(AlarmName=name, MetricName=name, Namespace="Security", Statistic="Sum", Period=300, EvaluationPeriods=1, Threshold=1,
                               ComparisonOperator="GreaterThanOrEqualToThreshold", AlarmActions=[topic])
        lab.expect(lab.whole_account(HOME), passed=control)
    lab.expect(lab.whole_account(HOME), failed=" ".join(f"CloudWatch.{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14)))
    base = dict(MetricName="CPUUtilization", Namespace="AWS/EC2", Statistic="Average", Period=300, EvaluationPeriods=1, Threshold=90, ComparisonOperator="GreaterThanThreshold")
    watch.put_metric_alarm(AlarmName="shop-cpu", AlarmActions=[topic], **base)
    lab.expect(lab.arn("cloudwatch", "alarm:shop-cpu", HOME), "rings", passed="CloudWatch.15 CloudWatch.17")
    watch.put_metric_alarm(AlarmName="kintai-cpu", ActionsEnabled=False, **base)
    lab.expect(lab.arn("cloudwatch", "alarm:kintai-cpu", HOME), "rings nowhere", failed="CloudWatch.15 CloudWatch.17")
    for name, days in (("/ecs/shop", 400), ("/aws/lambda/crm-import", 14)):
        logs.create_log_group(logGroupName=name)
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)
        lab.expect(lab.arn("logs", f"log-group:{name}", HOME), f"kept {days} days", **{"passed" if days >= 365 else "failed": "CloudWatch.16"})


def detectors(lab: Lab, region: str) -> None:
    """On at home, forgotten elsewhere, as is usual."""
    if region == HOME:
        config, guard = lab.client("config", region), lab.client("guardduty", region)
        config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
                                          "roleARN": lab.arn("iam", "role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig")})
        config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": lab.made["log bucket", HOME]})
        config.start_configuration_recorder(ConfigurationRecorderName="default")
        guard.create_detector(Enable=True, Tags=tags("guardduty"), Features=[{"Name": name, "Status": "ENABLED"} for name in FEATURES])
    lab.expect(lab.whole_account(region), **{"passed" if region == HOME else "failed": "Config.1 GuardDuty.1"})
