"""IAM, the account's own settings, KMS keys."""

from __future__ import annotations

from .base import HOME, PASSWORD, SECOND, Lab, allow, document, pairs, tags, trust

ROLES = {  # name: (service, tagged)
    "shop-web-instance": "ec2.amazonaws.com",
    "shop-api-task": "ecs-tasks.amazonaws.com",
    "shop-lambda": "lambda.amazonaws.com",
    "kintai-eks": "eks.amazonaws.com",
    "org-cloudtrail-to-logs": "cloudtrail.amazonaws.com",
    "vpc-flow-logs": "vpc-flow-logs.amazonaws.com",
    "rds-enhanced-monitoring": "monitoring.rds.amazonaws.com",
    "s3-replication": "s3.amazonaws.com",
    "shop-build": "codebuild.amazonaws.com",
    "shop-app-logs": "appsync.amazonaws.com",
    "bi-notebook": "sagemaker.amazonaws.com",
}


def roles(lab: Lab) -> None:
    iam = lab.client("iam")
    for name, service in ROLES.items():
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service), Tags=pairs(tags(name)))["Role"]["Arn"]
        lab.made["role", name] = lab.expect(arn, passed="IAM.24")
    read = document(allow(["s3:GetObject"], "arn:aws:s3:::hanamichi-shop-images/*"))
    iam.put_role_policy(RoleName="shop-web-instance", PolicyName="images", PolicyDocument=read)
    lab.expect(lab.made["role", "shop-web-instance"], passed="KMS.2")
    name = "legacy-deploy"  # nobody remembers who made it
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=document(allow("*")))
    lab.made["role", name] = lab.expect(arn, "a role that may do everything", failed="IAM.24 KMS.2")
    for name in ("shop-web-instance", "legacy-deploy"):
        lab.made["profile", name] = iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Arn"]
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)


def policies_and_groups(lab: Lab) -> None:
    iam = lab.client("iam")

    def policy(name: str, text: str, label: str, **verdicts) -> str:
        arn = iam.create_policy(PolicyName=name, PolicyDocument=text, Tags=pairs(tags(name)))["Policy"]["Arn"]
        return lab.expect(arn, label, **verdicts)

    lab.made["admin policy"] = policy("temporary-admin-2021", document(allow("*")), "everything on everything", failed="IAM.1 KMS.1")
    policy("shop-images-rw", document(allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::hanamichi-shop-images/*")),
           "two actions on one bucket", passed="IAM.1 IAM.21 KMS.1")
    policy("sqs-full", document(allow("sqs:*", lab.arn("sqs", "shop-orders", HOME))), "a whole service", passed="IAM.1 KMS.1", failed="IAM.21")
    policy("decrypt-anything", document(allow(["kms:Decrypt"])), "decrypts with every key", passed="IAM.1 IAM.21", failed="KMS.1")
    readers = policy("billing-read", document(allow(["ce:GetCostAndUsage"])), "one read action", passed="IAM.1 IAM.21 KMS.1")
    iam.create_group(GroupName="accounting")
    iam.attach_group_policy(GroupName="accounting", PolicyArn=readers)
    iam.create_group(GroupName="data-science")
    iam.put_group_policy(GroupName="data-science", PolicyName="decrypt", PolicyDocument=document(allow("kms:Decrypt")))
    lab.expect(lab.arn("iam", "group/data-science"), "a group that decrypts everything", failed="KMS.2")


def users(lab: Lab) -> None:
    iam = lab.client("iam")

    def user(name: str, label: str, owner_tags: bool = True, console: bool = False, mfa: bool = False, key: bool = False, **verdicts) -> str:
        iam.create_user(UserName=name, **({"Tags": pairs(tags(name, owner=f"{name}@example.com"))} if owner_tags else {}))
        if console:
            iam.create_login_profile(UserName=name, Password=PASSWORD)
        if mfa:
            serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
            iam.enable_mfa_device(UserName=name, SerialNumber=serial, AuthenticationCode1="111111", AuthenticationCode2="222222")
        if key:
            iam.create_access_key(UserName=name)
        arn = lab.expect(lab.arn("iam", f"user/{name}"), label, **verdicts)
        lab.expect(arn, **{"passed" if owner_tags else "failed": "IAM.25"})
        return lab.expect(arn, **{"passed" if mfa else "failed": "IAM.19"})

    user("sato.hanako", "console with MFA, rights through a group", console=True, mfa=True, passed="IAM.2 IAM.5")
    iam.add_user_to_group(GroupName="accounting", UserName="sato.hanako")
    user("suzuki.ichiro", "console without MFA", console=True, passed="IAM.2", failed="IAM.5")
    user("tanaka.yuki", "console without MFA, untagged", owner_tags=False, console=True, passed="IAM.2", failed="IAM.5")
    user("takahashi.ken", "admin policy attached to the user", console=True, mfa=True, failed="IAM.2", passed="IAM.5")
    iam.attach_user_policy(UserName="takahashi.ken", PolicyArn=lab.made["admin policy"])
    user("deploy-bot", "an access key made today", key=True, passed="IAM.2 IAM.3")
    arn = user("jenkins-old", "an access key of 420 days", owner_tags=False, key=True)
    lab.age("user", name="jenkins-old", days=900)
    lab.age("access_key", name="jenkins-old", days=420, used_days=2)
    lab.expect(arn, failed="IAM.3")
    arn = user("ito.left", "has not signed in for 250 days", console=True, mfa=True, passed="IAM.5")
    lab.age("user", name="ito.left", days=700, password_used_days=250)
    lab.expect(arn, failed="IAM.8 IAM.22")
    user("vendor-backup", "inline policy that decrypts everything", mfa=True, failed="IAM.2 KMS.2")
    iam.put_user_policy(UserName="vendor-backup", PolicyName="p", PolicyDocument=document(allow("kms:Decrypt")))


def account(lab: Lab) -> None:
    iam, here = lab.client("iam"), lab.whole_account()
    password_policy(lab)
    support_role(lab)
    lab.labels[here] = "the account"
    lab.age("root", mfa=False, keys=True)
    lab.expect(here, failed="IAM.4 IAM.6 IAM.9")
    security_contact(lab)
    lab.client("organizations").create_organization(FeatureSet="ALL")
    lab.expect(here, passed="Account.2")
    lab.client("s3control").put_public_access_block(AccountId=lab.account, PublicAccessBlockConfiguration={
        "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": False})
    lab.expect(here, failed="S3.1")


def security_contact(lab: Lab) -> None:
    lab.client("account").put_alternate_contact(AlternateContactType="SECURITY", Name="情報セキュリティ室", Title="CSIRT",
                                                EmailAddress="csirt@example.com", PhoneNumber="+81-3-0000-0000")
    lab.expect(lab.whole_account(), passed="Account.1")


def password_policy(lab: Lab) -> None:
    """Long passwords, which may be used again and never end."""
    lab.client("iam").update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True, RequireNumbers=True,
                                                     RequireUppercaseCharacters=True, RequireLowercaseCharacters=True)
    lab.expect(lab.whole_account(), passed="IAM.7 IAM.11 IAM.12 IAM.13 IAM.14 IAM.15", failed="IAM.16 IAM.17")


def support_role(lab: Lab) -> None:
    """Somebody may open support cases (CIS 1.17)."""
    iam = lab.client("iam")
    arn = iam.create_role(RoleName="aws-support", AssumeRolePolicyDocument=document(
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{lab.account}:root"}, "Action": "sts:AssumeRole"}), Tags=pairs(tags("aws-support")))["Role"]["Arn"]
    iam.attach_role_policy(RoleName="aws-support", PolicyArn="arn:aws:iam::aws:policy/AWSSupportAccess")
    lab.expect(arn, passed="IAM.24")
    lab.expect(lab.whole_account(), passed="IAM.18")


def keys(lab: Lab, region: str) -> None:
    kms = lab.client("kms", region)
    own = {"Sid": "own", "Principal": {"AWS": f"arn:aws:iam::{lab.account}:root"}, **allow("kms:*")}
    partner = {"Sid": "everyone", "Principal": "*", **allow(["kms:Decrypt", "kms:Encrypt"])}

    def key(name: str, label: str, *statements: dict, rotate: bool = True, **more) -> str:
        made = kms.create_key(Description=name, Policy=document(*(statements or (own,))),
                              Tags=pairs(tags(name), "TagKey", "TagValue"), **more)["KeyMetadata"]["KeyId"]
        if rotate:
            kms.enable_key_rotation(KeyId=made)
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=made)
        return lab.expect(lab.arn("kms", f"key/{made}", region), label)

    lab.made["key", region] = lab.expect(key("shop-data", "rotated"), passed="KMS.3 KMS.4 KMS.5")
    if region == SECOND:
        return
    lab.expect(key("crm-customers", "not rotated", rotate=False), passed="KMS.3 KMS.5", failed="KMS.4")
    lab.expect(key("partner-exchange", "everyone may decrypt", own, partner), passed="KMS.3 KMS.4", failed="KMS.5")
    lab.expect(key("jwt-signing", "asymmetric: cannot rotate", rotate=False, KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048"), absent="KMS.4")
    dying = key("old-backup", "waits for its deletion")
    kms.schedule_key_deletion(KeyId=dying.rsplit("/", 1)[1], PendingWindowInDays=30)
    lab.expect(dying, failed="KMS.3")
