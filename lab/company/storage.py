"""S3 buckets and the other places where data lies: databases, tables, caches, file systems, search."""

from __future__ import annotations

from .base import HOME, PARTNER_ACCOUNT, PASSWORD, SECOND, Lab, allow, document, pairs, tags

ALL_BLOCKED = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}


class Bucket:
    """A bucket being furnished."""

    def __init__(self, lab: Lab, name: str, region: str = HOME, **more):
        self.lab, self.name, self.arn = lab, name, f"arn:aws:s3:::{name}"
        self.s3 = lab.client("s3", region)
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self.s3.create_bucket(Bucket=name, **place, **more)
        # Since 2023 AWS encrypts every new bucket and blocks public access to it; moto does neither.
        self.encrypt("AES256")
        self.block(True)

    def encrypt(self, algorithm: str, key: str | None = None) -> None:
        default = {"SSEAlgorithm": algorithm, **({"KMSMasterKeyID": key} if key else {})}
        self.s3.put_bucket_encryption(Bucket=self.name, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]})

    def block(self, on: bool) -> None:
        if on:
            self.s3.put_public_access_block(Bucket=self.name, PublicAccessBlockConfiguration=ALL_BLOCKED)
        else:
            self.s3.delete_public_access_block(Bucket=self.name)

    def policy(self, *statements: dict) -> None:
        self.s3.put_bucket_policy(Bucket=self.name, Policy=document(*statements))

    def grant(self, action, principal, everything: bool = True) -> dict:
        return {"Principal": principal, **allow(action, self.arn + ("/*" if everything else ""))}

    def tls_only(self) -> dict:
        return {"Sid": "tls", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*", "Resource": [self.arn, f"{self.arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}}}

    def tag(self, **found) -> None:
        self.s3.put_bucket_tagging(Bucket=self.name, Tagging={"TagSet": pairs(tags(self.name, **found))})

    def expect(self, label: str, **verdicts) -> None:
        self.lab.expect(self.arn, label, **verdicts)


def buckets(lab: Lab) -> None:
    logs = Bucket(lab, "hanamichi-access-logs", ObjectOwnership="ObjectWriter")
    logs.policy({"Principal": {"Service": "logging.s3.amazonaws.com"}, **allow(["s3:PutObject"], f"{logs.arn}/*")}, logs.tls_only())
    logs.tag()
    logs.expect("the log bucket", passed="S3.2 S3.3 S3.5 S3.6 S3.8", failed="S3.7 S3.11 S3.13 S3.14 S3.15 S3.17")
    lab.made["log bucket", HOME] = logs.name

    images = Bucket(lab, "hanamichi-shop-images", ObjectOwnership="BucketOwnerEnforced")
    images.s3.put_bucket_versioning(Bucket=images.name, VersioningConfiguration={"Status": "Enabled"})
    images.encrypt("aws:kms", lab.made["key", HOME])
    images.policy(images.tls_only())
    images.s3.put_bucket_logging(Bucket=images.name, BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": logs.name, "TargetPrefix": "images/"}})
    images.s3.put_bucket_lifecycle_configuration(Bucket=images.name, LifecycleConfiguration={"Rules": [
        {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "NoncurrentVersionExpiration": {"NoncurrentDays": 90}}]})
    images.tag()
    images.expect("well kept", passed="S3.2 S3.3 S3.5 S3.6 S3.8 S3.9 S3.10 S3.12 S3.13 S3.14 S3.17", failed="S3.7 S3.11 S3.15")

    campaign = Bucket(lab, "hanamichi-campaign-2023")
    campaign.block(False)
    campaign.policy(campaign.grant("s3:GetObject", "*"))
    campaign.tag(owner="marketing@example.com", department="マーケティング部")
    campaign.expect("anyone may read", passed="S3.3", failed="S3.2 S3.5 S3.8 S3.9 S3.14")

    uploads = Bucket(lab, "hanamichi-crm-uploads")
    uploads.block(False)
    uploads.policy(uploads.grant(["s3:PutObject", "s3:GetObject"], "*"))
    uploads.tag(system="crm", department="営業部", owner="sales-it@example.com")
    uploads.expect("anyone may write", failed="S3.2 S3.3 S3.5 S3.8")

    partner = Bucket(lab, "hanamichi-partner-exchange")
    partner.policy(partner.grant(["s3:PutBucketPolicy"], {"AWS": f"arn:aws:iam::{PARTNER_ACCOUNT}:root"}, everything=False))
    partner.expect("the partner may rewrite the policy", passed="S3.2 S3.3 S3.8", failed="S3.5 S3.6")

    acl = Bucket(lab, "hanamichi-static-old", ObjectOwnership="ObjectWriter")
    acl.block(False)
    acl.s3.put_bucket_acl(Bucket=acl.name, ACL="public-read")
    # The account ignores ACLs (IgnorePublicAcls), so nobody can read it; its own settings are wrong all the same.
    acl.expect("public by its ACL, if the account did not ignore ACLs", passed="S3.2 S3.3", failed="S3.5 S3.8 S3.12")

    for name, system, department in (("hanamichi-bi-lake", "bi", "データ推進室"), ("hanamichi-kintai-export", "kintai", "人事部"), ("hanamichi-terraform-state", "platform", "プラットフォーム部")):
        plain = Bucket(lab, name)
        plain.tag(system=system, department=department)
        plain.expect("as AWS makes it", passed="S3.2 S3.3 S3.6 S3.8", failed="S3.5 S3.7 S3.9 S3.11 S3.13 S3.14 S3.15 S3.17", absent="S3.10")
    abroad = Bucket(lab, "hanamichi-cdn-logs-us", SECOND)
    abroad.expect("in the other Region", passed="S3.2 S3.3 S3.6 S3.8", failed="S3.5 S3.7 S3.9 S3.14 S3.17")
    lab.made["log bucket", SECOND] = abroad.name


def databases(lab: Lab) -> None:
    rds, net = lab.client("rds"), lab.made["net", HOME]["main"]
    rds.create_db_subnet_group(DBSubnetGroupName="shop", DBSubnetGroupDescription="shop", SubnetIds=net["subnets"], Tags=pairs(tags("shop")))
    common = {"AllocatedStorage": 100, "DBSubnetGroupName": "shop", "MasterUserPassword": PASSWORD, "DBInstanceClass": "db.r6g.large"}
    both = "RDS.2 RDS.3 RDS.5 RDS.6 RDS.8 RDS.9 RDS.10 RDS.11 RDS.13 RDS.17 RDS.23 RDS.25 RDS.30"
    good = rds.create_db_instance(
        DBInstanceIdentifier="shop-orders", Engine="mysql", MasterUsername="shopowner", Port=13306, PubliclyAccessible=False, StorageEncrypted=True,
        KmsKeyId=lab.made["key", HOME], MultiAZ=True, MonitoringInterval=60, MonitoringRoleArn=lab.made["role", "rds-enhanced-monitoring"],
        DeletionProtection=True, BackupRetentionPeriod=14, EnableCloudwatchLogsExports=["audit", "error", "general", "slowquery"],
        EnableIAMDatabaseAuthentication=True, AutoMinorVersionUpgrade=True, CopyTagsToSnapshot=True, Tags=pairs(tags("shop-orders")), **common)
    lab.expect(good["DBInstance"]["DBInstanceArn"], "well kept", passed=both)
    bad = rds.create_db_instance(
        DBInstanceIdentifier="crm-legacy", Engine="mysql", MasterUsername="admin", Port=3306, PubliclyAccessible=True, StorageEncrypted=False, MultiAZ=False,
        DeletionProtection=False, BackupRetentionPeriod=0, AutoMinorVersionUpgrade=False, CopyTagsToSnapshot=False, **common)
    lab.expect(bad["DBInstance"]["DBInstanceArn"], "public, unencrypted, unsaved", failed=both)
    middle = rds.create_db_instance(
        DBInstanceIdentifier="kintai", Engine="postgres", MasterUsername="postgres", Port=5432, PubliclyAccessible=False, StorageEncrypted=True, MultiAZ=False,
        DeletionProtection=False, BackupRetentionPeriod=7, EnableCloudwatchLogsExports=["postgresql", "upgrade"], AutoMinorVersionUpgrade=True, CopyTagsToSnapshot=True, Tags=pairs(tags("kintai", system="kintai", department="人事部")), **common)
    lab.expect(middle["DBInstance"]["DBInstanceArn"], "half kept", passed="RDS.2 RDS.3 RDS.11 RDS.13 RDS.17 RDS.30", failed="RDS.5 RDS.6 RDS.8 RDS.10 RDS.23 RDS.25")
    for source, public in (("shop-orders", False), ("crm-legacy", True)):
        made = rds.create_db_snapshot(DBSnapshotIdentifier=f"{source}-before-release", DBInstanceIdentifier=source)["DBSnapshot"]["DBSnapshotArn"]
        if public:
            rds.modify_db_snapshot_attribute(DBSnapshotIdentifier=f"{source}-before-release", AttributeName="restore", ValuesToAdd=["all"])
        lab.expect(made, f"public: {public}", **{"failed" if public else "passed": "RDS.1 RDS.4"})
    cluster = rds.create_db_cluster(DBClusterIdentifier="bi-warehouse", Engine="aurora-mysql", MasterUsername="biowner", MasterUserPassword=PASSWORD, StorageEncrypted=True,
                                    KmsKeyId=lab.made["key", HOME], DeletionProtection=False, EnableIAMDatabaseAuthentication=True, BackupRetentionPeriod=14, CopyTagsToSnapshot=True,
                                    EnableCloudwatchLogsExports=["audit"], DBSubnetGroupName="shop", Tags=pairs(tags("bi-warehouse", system="bi", department="データ推進室")))["DBCluster"]["DBClusterArn"]
    lab.expect(cluster, "may be deleted by a slip", passed="RDS.12 RDS.16 RDS.24 RDS.27 RDS.28 RDS.34", failed="RDS.7")


def tables(lab: Lab, region: str) -> None:
    dynamo = lab.client("dynamodb", region)
    shape = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
    cart = dynamo.create_table(TableName="shop-cart", BillingMode="PAY_PER_REQUEST", DeletionProtectionEnabled=True, Tags=pairs(tags("shop-cart")), **shape)["TableDescription"]["TableArn"]
    dynamo.update_continuous_backups(TableName="shop-cart", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    lab.expect(cart, "well kept", passed="DynamoDB.1 DynamoDB.2 DynamoDB.5 DynamoDB.6")
    fixed = {"BillingMode": "PAY_PER_REQUEST"}
    sessions = dynamo.create_table(TableName="kintai-sessions", Tags=pairs(tags("kintai-sessions", system="kintai", department="人事部")), **fixed, **shape)["TableDescription"]["TableArn"]
    lab.expect(sessions, "unsaved", passed="DynamoDB.1 DynamoDB.5", failed="DynamoDB.2 DynamoDB.6")


def others(lab: Lab) -> None:
    cache, shift, files, search = (lab.client(s) for s in ("elasticache", "redshift", "efs", "opensearch"))
    for name, good in (("shop-session", True), ("crm-cache", False)):
        made = cache.create_replication_group(ReplicationGroupId=name, ReplicationGroupDescription=name, Engine="redis", EngineVersion="7.1", CacheNodeType="cache.t3.micro",
                                              NumCacheClusters=2, AutomaticFailoverEnabled=True, AtRestEncryptionEnabled=good, TransitEncryptionEnabled=good)
        lab.expect(made["ReplicationGroup"]["ARN"], name, **{"passed" if good else "failed": "ElastiCache.4 ElastiCache.5"})
    shift.create_cluster(ClusterIdentifier="bi-dwh", NodeType="ra3.xlplus", NumberOfNodes=2, MasterUsername="biowner", MasterUserPassword=PASSWORD.title(), PubliclyAccessible=True,
                         Encrypted=True, KmsKeyId=lab.made["key", HOME], EnhancedVpcRouting=True, AllowVersionUpgrade=True, AutomatedSnapshotRetentionPeriod=14,
                         Tags=pairs(tags("bi-dwh", system="bi", department="データ推進室")))
    shift.enable_logging(ClusterIdentifier="bi-dwh", BucketName=lab.made["log bucket", HOME])
    lab.expect(lab.arn("redshift", "cluster:bi-dwh", HOME), "a public warehouse", passed="Redshift.3 Redshift.4 Redshift.6 Redshift.7 Redshift.8 Redshift.10 Redshift.11", failed="Redshift.1")
    for name, good in (("shop-media", True), ("kintai-share", False)):
        made = files.create_file_system(CreationToken=name, Encrypted=good, Backup=good, Tags=pairs(tags(name)), **({"KmsKeyId": lab.made["key", HOME]} if good else {}))["FileSystemId"]
        lab.expect(lab.arn("elasticfilesystem", f"file-system/{made}", HOME), name, **{"passed" if good else "failed": "EFS.1 EFS.8"})
    made = search.create_domain(DomainName="shop-search", EngineVersion="OpenSearch_2.15", EBSOptions={"EBSEnabled": True, "VolumeSize": 20}, EncryptionAtRestOptions={"Enabled": True},
                                NodeToNodeEncryptionOptions={"Enabled": True}, DomainEndpointOptions={"EnforceHTTPS": True, "TLSSecurityPolicy": "Policy-Min-TLS-1-0-2019-07"},
                                VPCOptions={"SubnetIds": lab.made["net", HOME]["main"]["subnets"]}, TagList=pairs(tags("shop-search")),
                                ClusterConfig={"InstanceType": "m6g.large.search", "InstanceCount": 3, "DedicatedMasterEnabled": True, "DedicatedMasterCount": 3,
                                               "DedicatedMasterType": "m6g.large.search", "ZoneAwarenessEnabled": True})["DomainStatus"]["ARN"]
    lab.expect(made, "accepts TLS 1.0", passed="Opensearch.1 Opensearch.3 Opensearch.6 Opensearch.9 Opensearch.11", failed="Opensearch.8")
