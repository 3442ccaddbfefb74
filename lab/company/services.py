"""What came later and is run by few: streams and brokers, builds, notebooks, desktops, a graph, an old search domain, GraphQL."""

from __future__ import annotations

from .base import HOME, PASSWORD, Lab, pairs, tags


def streams(lab: Lab) -> None:
    kinesis, kafka, net = lab.client("kinesis"), lab.client("kafka"), lab.made["net", HOME]["main"]
    for name, good in (("shop-clicks", True), ("kintai-punches", False)):
        kinesis.create_stream(StreamName=name, ShardCount=1)
        if good:
            kinesis.start_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId=lab.made["key", HOME])
            kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=168)
            kinesis.add_tags_to_stream(StreamName=name, Tags=tags(name))
        lab.expect(lab.arn("kinesis", f"stream/{name}", HOME), name, **{"passed" if good else "failed": "Kinesis.1 Kinesis.2 Kinesis.3"})
    for name, good in (("shop-orders", True), ("crm-bus", False)):
        public = "DISABLED" if good else "SERVICE_PROVIDED_EIPS"
        made = kafka.create_cluster(
            ClusterName=name, KafkaVersion="3.9.x", NumberOfBrokerNodes=2, EnhancedMonitoring="PER_TOPIC_PER_BROKER" if good else "DEFAULT", Tags=tags(name),
            BrokerNodeGroupInfo={"InstanceType": "kafka.m7g.large", "ClientSubnets": net["subnets"], "ConnectivityInfo": {"PublicAccess": {"Type": public}}},
            ClientAuthentication={"Sasl": {"Iam": {"Enabled": True}}, "Unauthenticated": {"Enabled": not good}},
            EncryptionInfo={"EncryptionInTransit": {"InCluster": good, "ClientBroker": "TLS"}})["ClusterArn"]
        lab.expect(made, name, **{"passed" if good else "failed": "MSK.1 MSK.2 MSK.4 MSK.6"})


def builds(lab: Lab) -> None:
    build = lab.client("codebuild")
    common = {"artifacts": {"type": "NO_ARTIFACTS"}, "serviceRole": lab.made["role", "shop-build"]}

    def project(name: str, location: str, variable: dict, logs: dict, **verdicts) -> None:
        made = build.create_project(
            name=name, source={"type": "BITBUCKET", "location": location}, logsConfig=logs, tags=pairs(tags(name), "key", "value"),
            environment={"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL", "environmentVariables": [variable]}, **common)
        lab.expect(made["project"]["arn"], name, **verdicts)

    every = "CodeBuild.1 CodeBuild.2 CodeBuild.3 CodeBuild.4"
    on, off = {"status": "ENABLED"}, {"status": "DISABLED"}
    project("shop-web", "https://bitbucket.org/hanamichi/shop-web.git", {"name": "STAGE", "value": "prod", "type": "PLAINTEXT"},
            {"cloudWatchLogs": on, "s3Logs": off}, passed=every)
    project("crm-deploy", f"https://deploy:{PASSWORD}@bitbucket.org/hanamichi/crm.git", {"name": "AWS_SECRET_ACCESS_KEY", "value": PASSWORD, "type": "PLAINTEXT"},
            {"cloudWatchLogs": off, "s3Logs": {"status": "DISABLED", "location": "logs", "encryptionDisabled": True}}, failed=every)


def notebooks(lab: Lab) -> None:
    books, net = lab.client("sagemaker"), lab.made["net", HOME]["main"]
    for name, good in (("bi-forecast", True), ("bi-scratch", False)):
        more = {"SubnetId": net["subnets"][0], "KmsKeyId": lab.made["key", HOME]} if good else {}
        made = books.create_notebook_instance(
            NotebookInstanceName=name, InstanceType="ml.t3.medium", RoleArn=lab.made["role", "bi-notebook"], DirectInternetAccess="Disabled" if good else "Enabled",
            RootAccess="Disabled" if good else "Enabled", Tags=pairs(tags(name, system="bi", department="データ推進室")), **more)["NotebookInstanceArn"]
        lab.expect(made, name, **{"passed" if good else "failed": "SageMaker.1 SageMaker.2 SageMaker.3 SageMaker.21"})


def desktops(lab: Lab) -> None:
    work, net = lab.client("workspaces"), lab.made["net", HOME]["main"]
    directory = lab.client("ds").create_directory(Name="corp.example.com", Password=PASSWORD, Size="Small",
                                                  VpcSettings={"VpcId": net["vpc"], "SubnetIds": net["subnets"]})["DirectoryId"]
    work.register_workspace_directory(DirectoryId=directory)
    for user, good in (("hanako", True), ("kiosk", False)):
        key = {"VolumeEncryptionKey": lab.made["key", HOME]} if good else {}
        made = work.create_workspaces(Workspaces=[{
            "DirectoryId": directory, "UserName": user, "BundleId": "wsb-bh8rsxt14", "UserVolumeEncryptionEnabled": good, "RootVolumeEncryptionEnabled": good,
            "Tags": pairs(tags(user)), **key}])["PendingRequests"][0]["WorkspaceId"]
        lab.expect(lab.arn("workspaces", f"workspace/{made}", HOME), user, **{"passed" if good else "failed": "WorkSpaces.1 WorkSpaces.2"})


def data(lab: Lab) -> None:
    graph, search, api = lab.client("neptune"), lab.client("es"), lab.client("appsync")
    for name, good in (("shop-fraud", True), ("crm-contacts", False)):
        # moto answers for no Neptune that authenticates by IAM, copies tags or exports logs: nothing is said of those.
        made = graph.create_db_cluster(DBClusterIdentifier=name, Engine="neptune", StorageEncrypted=good, DeletionProtection=good, BackupRetentionPeriod=14 if good else 1,
                                       Tags=pairs(tags(name)))["DBCluster"]["DBClusterArn"]
        lab.expect(made, name, absent="DocumentDB.2 DocumentDB.4", **{"passed" if good else "failed": "Neptune.1 Neptune.4 Neptune.5"})
    # Made by the old API, since moto knows the engine by that alone.
    made = search.create_elasticsearch_domain(
        DomainName="crm-search", ElasticsearchVersion="6.8", EBSOptions={"EBSEnabled": True, "VolumeSize": 20}, EncryptionAtRestOptions={"Enabled": True},
        DomainEndpointOptions={"EnforceHTTPS": False}, ElasticsearchClusterConfig={"InstanceType": "t3.small.elasticsearch", "InstanceCount": 1})["DomainStatus"]["ARN"]
    # AWS judges a domain with an Elasticsearch engine by the ES controls alone.
    lab.expect(made, "left on Elasticsearch", passed="ES.1", failed="ES.2 ES.3 ES.4 ES.5 ES.6 ES.7 ES.8 ES.9", absent="Opensearch.1 Opensearch.2 Opensearch.8")
    for name, good in (("shop-app", True), ("kintai-app", False)):
        logs = {"logConfig": {"fieldLogLevel": "ERROR", "cloudWatchLogsRoleArn": lab.made["role", "shop-app-logs"]}, "tags": tags(name)} if good else {}
        made = api.create_graphql_api(name=name, authenticationType="AWS_IAM" if good else "API_KEY", **logs)["graphqlApi"]["arn"]
        lab.expect(made, name, **{"passed" if good else "failed": "AppSync.2 AppSync.4 AppSync.5"})
