"""Functions, containers, load balancers, queues, APIs: what runs the shop besides instances."""

from __future__ import annotations

import io
import json
import zipfile

from .base import HOME, Lab, allow, document, pairs, tags
from .certificates import self_signed


def _code() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py", (2024, 1, 1, 0, 0, 0)), "def handler(event, context):\n    return event\n")
    return packed.getvalue()


def functions(lab: Lab) -> None:
    aws, net = lab.client("lambda"), lab.made["net", HOME]["main"]
    inside = {"SubnetIds": net["subnets"], "SecurityGroupIds": [net["default group"]["GroupId"]]}

    def function(name: str, runtime: str, tagged: bool = True, **more) -> str:
        aws.create_function(FunctionName=name, Runtime=runtime, Role=lab.made["role", "shop-lambda"], Handler="app.handler", Code={"ZipFile": _code()},
                            **({"Tags": tags(name)} if tagged else {}), **more)
        return lab.expect(lab.arn("lambda", f"function:{name}", HOME), name, **{"passed" if tagged else "failed": "Lambda.6"})

    lab.expect(function("shop-order-mail", "python3.13", VpcConfig=inside, TracingConfig={"Mode": "Active"}), passed="Lambda.1 Lambda.2 Lambda.3 Lambda.5 Lambda.7")
    lab.expect(function("shop-thumbnail", "nodejs22.x"), passed="Lambda.1 Lambda.2", failed="Lambda.3 Lambda.7", absent="Lambda.5")
    lab.expect(function("crm-import", "python2.7", tagged=False), passed="Lambda.1", failed="Lambda.2 Lambda.3")
    lab.expect(function("webhook-test", "python3.13", tagged=False), failed="Lambda.1 Lambda.3")
    aws.add_permission(FunctionName="webhook-test", StatementId="all", Action="lambda:InvokeFunction", Principal="*")


def containers(lab: Lab) -> None:
    ecs, ecr, eks, net = (*(lab.client(s) for s in ("ecs", "ecr", "eks")), lab.made["net", HOME]["main"])
    for name, good in (("shop", True), ("batch", False)):
        ecs.create_cluster(clusterName=name, settings=[{"name": "containerInsights", "value": "enabled" if good else "disabled"}], tags=pairs(tags(name), "key", "value"))
        lab.expect(lab.arn("ecs", f"cluster/{name}", HOME), name, passed="ECS.14" + (" ECS.12" if good else ""), failed="" if good else "ECS.12")
    log = {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/shop", "awslogs-region": HOME, "awslogs-stream-prefix": "api"}}
    api = dict(name="api", image="shop-api:1", memory=512, essential=True, readonlyRootFilesystem=True, privileged=False, user="1000", logConfiguration=log)
    task = ecs.register_task_definition(family="shop-api", networkMode="awsvpc", containerDefinitions=[api], taskRoleArn=lab.made["role", "shop-api-task"],
                                       tags=pairs(tags("shop-api"), "key", "value"))["taskDefinition"]["taskDefinitionArn"]
    lab.expect(task, "well kept", passed="ECS.3 ECS.4 ECS.5 ECS.8 ECS.9")
    job = dict(name="job", image="batch:latest", memory=512, essential=True, privileged=True, user="root")
    bad = ecs.register_task_definition(family="batch-nightly", networkMode="bridge", containerDefinitions=[job], tags=pairs(tags("batch-nightly"), "key", "value"))["taskDefinition"]["taskDefinitionArn"]
    lab.expect(bad, "privileged, as root", passed="ECS.3 ECS.8 ECS.17", failed="ECS.4 ECS.5 ECS.9")
    for name, public in (("api", "DISABLED"), ("admin", "ENABLED")):
        place = {"awsvpcConfiguration": {"subnets": net["subnets"], "securityGroups": [net["default group"]["GroupId"]], "assignPublicIp": public}}
        made = ecs.create_service(cluster="shop", serviceName=name, taskDefinition=task, desiredCount=0, launchType="FARGATE", networkConfiguration=place,
                                  tags=pairs(tags(name), "key", "value"))["service"]["serviceArn"]
        lab.expect(made, name, **{"passed" if public == "DISABLED" else "failed": "ECS.2"})
    made = ecr.create_repository(repositoryName="shop/api", imageScanningConfiguration={"scanOnPush": True}, imageTagMutability="IMMUTABLE", tags=pairs(tags("shop/api")))["repository"]["repositoryArn"]
    ecr.put_lifecycle_policy(repositoryName="shop/api", lifecyclePolicyText=json.dumps({"rules": [{"rulePriority": 1, "action": {"type": "expire"}, "selection": {
        "tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 30}}]}))
    lab.expect(made, "well kept", passed="ECR.1 ECR.2 ECR.3")
    made = ecr.create_repository(repositoryName="batch", imageScanningConfiguration={"scanOnPush": True})["repository"]["repositoryArn"]
    lab.expect(made, "scanned, else as made", passed="ECR.1", failed="ECR.2 ECR.3")
    made = eks.create_cluster(name="kintai", version="1.32", roleArn=lab.made["role", "kintai-eks"], resourcesVpcConfig={"subnetIds": net["subnets"], "endpointPublicAccess": True},
                              tags=tags("kintai", system="kintai", department="人事部"),
                              logging={"clusterLogging": [{"types": ["api", "audit", "authenticator", "controllerManager", "scheduler"], "enabled": True}]})["cluster"]["arn"]
    lab.expect(made, "a public cluster with logs", passed="EKS.6 EKS.8", failed="EKS.1")


def load_balancers(lab: Lab) -> None:
    elb, acm, net = lab.client("elbv2"), lab.client("acm"), lab.made["net", HOME]["main"]
    certificate, key = self_signed("shop.example.com", 2048, 300)
    arn = acm.import_certificate(Certificate=certificate, PrivateKey=key, Tags=pairs(tags("shop")))["CertificateArn"]
    lab.expect(arn, "fresh", passed="ACM.1 ACM.2 ACM.3")
    old, old_key = self_signed("kintai.example.com", 1024, 12)
    made = acm.import_certificate(Certificate=old, PrivateKey=old_key)["CertificateArn"]
    lab.expect(made, "ends in 12 days, 1024 bits", failed="ACM.1 ACM.2 ACM.3")

    def balancer(name: str, attributes: dict, **verdicts) -> str:
        made = elb.create_load_balancer(Name=name, Subnets=net["subnets"], Type="application", Scheme="internet-facing", Tags=pairs(tags(name)),
                                        SecurityGroups=[lab.made["group", HOME, "shop-alb"]])["LoadBalancers"][0]["LoadBalancerArn"]
        elb.modify_load_balancer_attributes(LoadBalancerArn=made, Attributes=pairs(attributes))
        return lab.expect(made, name, **verdicts)

    def listener(balancer_arn: str, protocol: str, port: int, action: dict, policy: str | None = None) -> str:
        more = {"Certificates": [{"CertificateArn": arn}], "SslPolicy": policy} if policy else {}
        return elb.create_listener(LoadBalancerArn=balancer_arn, Protocol=protocol, Port=port, DefaultActions=[action], **more)["Listeners"][0]["ListenerArn"]

    group = elb.create_target_group(Name="shop-web", Protocol="HTTPS", Port=443, VpcId=net["vpc"], HealthCheckProtocol="HTTPS", TargetType="ip")["TargetGroups"][0]["TargetGroupArn"]
    forward = {"Type": "forward", "TargetGroupArn": group}
    redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
    good = balancer("shop", {"routing.http.drop_invalid_header_fields.enabled": "true", "deletion_protection.enabled": "true", "access_logs.s3.enabled": "true",
                             "access_logs.s3.bucket": lab.made["log bucket", HOME], "routing.http.desync_mitigation_mode": "defensive"}, passed="ELB.1 ELB.4 ELB.5 ELB.6 ELB.12 ELB.13")
    lab.expect(listener(good, "HTTPS", 443, forward, "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"), "TLS 1.3", passed="ELB.17 ELB.18")
    listener(good, "HTTP", 80, redirect)
    bad = balancer("kintai", {"routing.http.desync_mitigation_mode": "monitor"}, passed="ELB.13", failed="ELB.1 ELB.4 ELB.5 ELB.6 ELB.12")
    lab.expect(listener(bad, "HTTP", 80, forward), "plain HTTP", failed="ELB.18")
    lab.expect(listener(bad, "HTTPS", 443, forward, "ELBSecurityPolicy-2016-08"), "old TLS", passed="ELB.18", failed="ELB.17")
    classic = lab.client("elb")
    classic.create_load_balancer(LoadBalancerName="crm-classic", Scheme="internal", Subnets=net["subnets"], Listeners=[
        {"Protocol": "HTTPS", "LoadBalancerPort": 443, "InstanceProtocol": "HTTPS", "InstancePort": 443, "SSLCertificateId": arn}])
    classic.modify_load_balancer_attributes(LoadBalancerName="crm-classic", LoadBalancerAttributes={
        "CrossZoneLoadBalancing": {"Enabled": True}, "ConnectionDraining": {"Enabled": False}, "AccessLog": {"Enabled": False}})
    lab.expect(lab.arn("elasticloadbalancing", "loadbalancer/crm-classic", HOME), "classic", passed="ELB.2 ELB.3 ELB.9", failed="ELB.5 ELB.7")


def scaling(lab: Lab) -> None:
    scale, net = lab.client("autoscaling"), lab.made["net", HOME]["main"]
    scale.create_launch_configuration(LaunchConfigurationName="kintai-2017", ImageId="ami-0abcdef1234567890", InstanceType="t2.micro", MetadataOptions={"HttpTokens": "optional"}, AssociatePublicIpAddress=True)
    made = scale.describe_launch_configurations()["LaunchConfigurations"][0]["LaunchConfigurationARN"]
    lab.expect(made, "from 2017", failed="AutoScaling.3 Autoscaling.5")
    template = {"LaunchTemplateId": lab.made["template", "shop-web"], "Version": "$Latest"}
    scale.create_auto_scaling_group(AutoScalingGroupName="shop-web", MinSize=0, MaxSize=6, DesiredCapacity=0, LaunchTemplate=template, VPCZoneIdentifier=",".join(net["subnets"]),
                                    Tags=[{"Key": k, "Value": v, "PropagateAtLaunch": False} for k, v in tags("shop-web").items()])
    scale.create_auto_scaling_group(AutoScalingGroupName="kintai", MinSize=0, MaxSize=1, DesiredCapacity=0, LaunchConfigurationName="kintai-2017", VPCZoneIdentifier=net["subnets"][0])
    for group in scale.describe_auto_scaling_groups()["AutoScalingGroups"]:
        good = group["AutoScalingGroupName"] == "shop-web"
        lab.expect(group["AutoScalingGroupARN"], **{"passed" if good else "failed": "AutoScaling.2 AutoScaling.9 AutoScaling.10"})


def messages(lab: Lab) -> None:
    sns, sqs = lab.client("sns"), lab.client("sqs")
    made = sns.create_topic(Name="ops-alerts", Attributes={"KmsMasterKeyId": lab.made["key", HOME]}, Tags=pairs(tags("ops-alerts")))["TopicArn"]
    sns.subscribe(TopicArn=made, Protocol="email", Endpoint="sre@example.com")
    lab.made["topic"] = lab.expect(made, "well kept", passed="SNS.1 SNS.3 SNS.4")
    made = sns.create_topic(Name="stock-events")["TopicArn"]
    sns.set_topic_attributes(TopicArn=made, AttributeName="Policy", AttributeValue=document({"Sid": "all", "Principal": {"AWS": "*"}, **allow(["SNS:Publish", "SNS:Subscribe"], made)}))
    lab.expect(made, "anyone may publish", failed="SNS.1 SNS.3 SNS.4")
    sqs.create_queue(QueueName="shop-orders", Attributes={"KmsMasterKeyId": lab.made["key", HOME]}, tags=tags("shop-orders"))
    lab.expect(lab.arn("sqs", "shop-orders", HOME), "well kept", passed="SQS.1 SQS.2 SQS.3")
    url = sqs.create_queue(QueueName="partner-inbox", Attributes={"SqsManagedSseEnabled": "false"})["QueueUrl"]
    arn = lab.arn("sqs", "partner-inbox", HOME)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document({"Principal": "*", **allow("sqs:SendMessage", arn)})})
    lab.expect(arn, "anyone may send", failed="SQS.1 SQS.2 SQS.3")


def secrets(lab: Lab) -> None:
    manager, ssm = lab.client("secretsmanager"), lab.client("ssm")
    made = manager.create_secret(Name="crm/db", SecretString="lab")["ARN"]
    lab.age("secret", region=HOME, name="crm/db", days=300)
    lab.expect(made, "never rotated, never read", failed="SecretsManager.1 SecretsManager.3 SecretsManager.4 SecretsManager.5")
    made = manager.create_secret(Name="shop/db", SecretString="lab", Tags=pairs(tags("shop/db")))["ARN"]
    manager.rotate_secret(SecretId=made, RotationLambdaARN=lab.arn("lambda", "function:shop-order-mail", HOME), RotationRules={"AutomaticallyAfterDays": 30}, RotateImmediately=False)
    lab.expect(made, "rotates", passed="SecretsManager.1 SecretsManager.5")
    steps = json.dumps({"schemaVersion": "2.2", "description": "d", "mainSteps": [{"action": "aws:runShellScript", "name": "a", "inputs": {"runCommand": ["true"]}}]})
    for name, public in (("restart-web", False), ("setup-agent", True)):
        ssm.create_document(Name=name, Content=steps, DocumentType="Command", Tags=pairs(tags(name)))
        if public:
            ssm.modify_document_permission(Name=name, PermissionType="Share", AccountIdsToAdd=["all"])
        lab.expect(lab.arn("ssm", f"document/{name}", HOME), name, **{"failed" if public else "passed": "SSM.4"})


def edge(lab: Lab) -> None:
    api, front = lab.client("apigateway"), lab.client("cloudfront")
    made = api.create_rest_api(name="shop-partner", tags=tags("shop-partner"))["id"]
    root = api.get_resources(restApiId=made)["items"][0]["id"]
    api.put_method(restApiId=made, resourceId=root, httpMethod="GET", authorizationType="NONE")
    api.put_integration(restApiId=made, resourceId=root, httpMethod="GET", type="HTTP", uri="http://example.com", integrationHttpMethod="GET")
    api.create_deployment(restApiId=made, stageName="prod")
    lab.expect(f"arn:aws:apigateway:{HOME}::/restapis/{made}/stages/prod", "no logs, no X-Ray, no WAF", failed="APIGateway.1 APIGateway.2 APIGateway.3 APIGateway.4")
    origin = {"Id": "shop", "DomainName": "origin.example.com", "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only",
              "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]}}}
    config = {"CallerReference": "shop", "Comment": "shop", "Enabled": True, "DefaultRootObject": "index.html", "Origins": {"Quantity": 1, "Items": [origin]},
              "DefaultCacheBehavior": {"TargetOriginId": "shop", "ViewerProtocolPolicy": "redirect-to-https", "MinTTL": 0, "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}}},
              "ViewerCertificate": {"CloudFrontDefaultCertificate": True}}
    made = front.create_distribution(DistributionConfig=config)["Distribution"]["ARN"]
    lab.expect(made, "the shop's CDN", passed="CloudFront.3 CloudFront.9 CloudFront.10", failed="CloudFront.4 CloudFront.5 CloudFront.6")
