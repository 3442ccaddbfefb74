"""The second account: where developers try things."""

from __future__ import annotations

from . import identity, network
from .base import HOME, PASSWORD, SECOND, WORLD, Lab, allow, document, ec2_tags, pairs, rule, tags
from .storage import Bucket


def everything(lab: Lab) -> None:
    iam, ec2, here = lab.client("iam"), lab.client("ec2"), lab.whole_account()
    iam.create_user(UserName="dev-shared", Tags=pairs(tags("dev-shared", env="dev", owner="unknown")))
    iam.create_login_profile(UserName="dev-shared", Password=PASSWORD)
    arn = lab.expect(lab.arn("iam", "user/dev-shared"), "shared, without MFA", passed="IAM.25", failed="IAM.2 IAM.5 IAM.19")
    iam.put_user_policy(UserName="dev-shared", PolicyName="all", PolicyDocument=document(allow("*")))
    lab.expect(arn, failed="KMS.2")
    lab.age("root", mfa=True, keys=False)
    identity.password_policy(lab)
    identity.support_role(lab)
    identity.security_contact(lab)
    lab.expect(here, passed="IAM.4 IAM.9", failed="S3.1")
    for region in (HOME, SECOND):
        network.no_default_vpc(lab, region)
    vpc = ec2.create_vpc(CidrBlock="10.50.0.0/16", TagSpecifications=ec2_tags("vpc", tags("dev", env="dev")))["Vpc"]["VpcId"]
    lab.expect(lab.arn("ec2", f"vpc/{vpc}", HOME), "no flow logs", failed="EC2.6 EC2.10")
    group = ec2.create_security_group(GroupName="dev-anything", Description="dev", VpcId=vpc, TagSpecifications=ec2_tags("security-group", tags("dev", env="dev")))["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule("tcp", 0, 65535, WORLD)])
    lab.expect(lab.arn("ec2", f"security-group/{group}", HOME), "all ports", passed="EC2.43 EC2.54", failed="EC2.13 EC2.14 EC2.18 EC2.19 EC2.53")
    network.tag_leftovers(lab, HOME)
    ec2.enable_ebs_encryption_by_default()
    lab.expect(lab.whole_account(HOME), failed="Config.1 GuardDuty.1 CloudTrail.1 CloudTrail.3", passed="EC2.1 EC2.7")
    plain = Bucket(lab, "hanamichi-dev-scratch")
    plain.tag(env="dev")
    plain.expect("as AWS makes it", passed="S3.2 S3.3 S3.8", failed="S3.5 S3.9 S3.14")
    dump = Bucket(lab, "hanamichi-dev-prod-dump")
    dump.block(False)
    dump.policy(dump.grant("s3:GetObject", "*"))
    dump.expect("a copy of production, public", passed="S3.3", failed="S3.2 S3.5 S3.8")
