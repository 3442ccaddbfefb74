"""VPCs, security groups, NACLs, instances and what hangs on them."""

from __future__ import annotations

from .base import HOME, OFFICE, SECOND, WORLD, WORLD6, Lab, ec2_tags, pairs, rule, tags

IMAGE = "ami-0abcdef1234567890"
GROUP_CONTROLS = "EC2.13 EC2.14 EC2.18 EC2.19 EC2.53 EC2.54".split()


def vpcs(lab: Lab, region: str) -> None:
    ec2, logs = lab.client("ec2", region), lab.client("logs", region)
    logs.create_log_group(logGroupName="/vpc/flow")
    logs.put_retention_policy(logGroupName="/vpc/flow", retentionInDays=400)
    lab.expect(lab.arn("logs", "log-group:/vpc/flow", region), "kept 400 days", passed="CloudWatch.16")
    zones = [z["ZoneName"] for z in ec2.describe_availability_zones()["AvailabilityZones"]]
    if region == SECOND:  # moto's RDS needs the one at home
        no_default_vpc(lab, region)
    main, legacy = (_vpc(lab, region, name, cidr, zones, public) for name, cidr, public in
                    (("shop-prod", "10.10", False), ("legacy-2018", "10.99", True)))
    role = lab.made["role", "vpc-flow-logs"]
    ec2.create_flow_logs(ResourceIds=[main["vpc"]], ResourceType="VPC", TrafficType="REJECT", LogGroupName="/vpc/flow", DeliverLogsPermissionArn=role)
    lab.expect(lab.arn("ec2", f"vpc/{main['vpc']}", region), "flow logs on", passed="EC2.6")
    lab.expect(lab.arn("ec2", f"vpc/{legacy['vpc']}", region), "no flow logs", failed="EC2.6")
    group = main["default group"]
    for direction in ("ingress", "egress"):
        found = group["IpPermissions" if direction == "ingress" else "IpPermissionsEgress"]
        if found:
            getattr(ec2, f"revoke_security_group_{direction}")(GroupId=group["GroupId"], IpPermissions=_given(found))
    lab.expect(lab.arn("ec2", f"security-group/{group['GroupId']}", region), "emptied default group", passed="EC2.2 " + " ".join(GROUP_CONTROLS))
    lab.expect(lab.arn("ec2", f"security-group/{legacy['default group']['GroupId']}", region), "default group as AWS makes it", failed="EC2.2")
    for service in ("ec2", "ecr.api", "ecr.dkr", "ssm", "ssm-contacts", "ssm-incidents"):
        ec2.create_vpc_endpoint(VpcId=main["vpc"], ServiceName=f"com.amazonaws.{region}.{service}", VpcEndpointType="Interface", SubnetIds=main["subnets"])
    lab.expect(lab.arn("ec2", f"vpc/{main['vpc']}", region), passed="EC2.10")
    lab.expect(lab.arn("ec2", f"vpc/{legacy['vpc']}", region), failed="EC2.10")
    lab.made["net", region] = {"main": main, "legacy": legacy}


def _vpc(lab: Lab, region: str, name: str, prefix: str, zones: list[str], public: bool) -> dict:
    ec2 = lab.client("ec2", region)
    vpc = ec2.create_vpc(CidrBlock=f"{prefix}.0.0/16", TagSpecifications=ec2_tags("vpc", tags(name)))["Vpc"]["VpcId"]
    subnets = []
    for index in range(2):
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"{prefix}.{index}.0/24", AvailabilityZone=zones[index],
                                   TagSpecifications=ec2_tags("subnet", tags(f"{name}-{index}")))["Subnet"]["SubnetId"]
        # Said either way: moto takes a subnet for a default one where the default VPC is gone.
        ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": public})
        lab.expect(lab.arn("ec2", f"subnet/{subnet}", region), **{"failed" if public else "passed": "EC2.15"})
        subnets.append(subnet)
    gateway = ec2.create_internet_gateway(TagSpecifications=ec2_tags("internet-gateway", tags(name)))["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    if public:
        table = ec2.create_route_table(VpcId=vpc, TagSpecifications=ec2_tags("route-table", tags(name)))["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock=WORLD, GatewayId=gateway)
        for subnet in subnets:
            ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    mine = [{"Name": "vpc-id", "Values": [vpc]}]
    group = next(g for g in ec2.describe_security_groups(Filters=mine)["SecurityGroups"] if g["GroupName"] == "default")
    return {"vpc": vpc, "subnets": subnets, "default group": group}


def no_default_vpc(lab: Lab, region: str) -> None:
    """Deletes the VPC that every Region is born with, as a careful company does."""
    ec2 = lab.client("ec2", region)
    for vpc in ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]:
        mine = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
        for subnet in ec2.describe_subnets(Filters=mine)["Subnets"]:
            ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        for gateway in ec2.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [vpc["VpcId"]]}])["InternetGateways"]:
            ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc["VpcId"])
            ec2.delete_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"])
        ec2.delete_vpc(VpcId=vpc["VpcId"])


def tag_leftovers(lab: Lab, region: str) -> None:
    """Tags what AWS makes along with a VPC or an instance: main tables, default groups, interfaces, root volumes."""
    ec2 = lab.client("ec2", region)
    found = []
    for operation, items, key in (("describe_vpcs", "Vpcs", "VpcId"), ("describe_subnets", "Subnets", "SubnetId"),
                                  ("describe_internet_gateways", "InternetGateways", "InternetGatewayId"), ("describe_route_tables", "RouteTables", "RouteTableId"), ("describe_network_acls", "NetworkAcls", "NetworkAclId"),
                                  ("describe_security_groups", "SecurityGroups", "GroupId"), ("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
                                  ("describe_volumes", "Volumes", "VolumeId"), ("describe_flow_logs", "FlowLogs", "FlowLogId")):
        for item in getattr(ec2, operation)()[items]:
            if not (item.get("Tags") or item.get("TagSet")):
                found.append(item[key])
    if found:
        ec2.create_tags(Resources=found, Tags=pairs(tags("made-by-aws", system="platform")))


def _given(permissions: list[dict]) -> list[dict]:
    """A permission as it may be given back: without the empty lists."""
    return [{k: v for k, v in p.items() if v not in ([], None)} for p in permissions]


def groups(lab: Lab, region: str) -> None:
    matrix = [  # name, rules, what fails of GROUP_CONTROLS
        ("shop-alb", [rule("tcp", 80, 80, WORLD), rule("tcp", 443, 443, WORLD)], ""),
        ("bastion", [rule("tcp", 22, 22, WORLD)], "EC2.13 EC2.18 EC2.19 EC2.53"),
        ("office-only", [rule("tcp", 22, 22, OFFICE), rule("tcp", 3389, 3389, OFFICE)], ""),
        ("kintai-rdp", [rule("tcp", 3389, 3389, WORLD)], "EC2.14 EC2.18 EC2.19 EC2.53"),
        ("test-open-all", [rule("-1", None, None, WORLD)], "EC2.13 EC2.14 EC2.18 EC2.19 EC2.53"),
        ("ssh-over-ipv6", [rule("tcp", 22, 22, WORLD6)], "EC2.13 EC2.18 EC2.19 EC2.54"),
        ("crm-mysql", [rule("tcp", 3306, 3306, WORLD)], "EC2.18 EC2.19"),
        ("search-9200", [rule("tcp", 9200, 9200, WORLD)], "EC2.18 EC2.19"),
        ("partner-8443", [rule("tcp", 8443, 8443, WORLD)], "EC2.18"),
    ]
    if region == SECOND:
        matrix = [row for row in matrix if row[0] in ("bastion", "shop-alb", "test-open-all")]
    ec2, net = lab.client("ec2", region), lab.made["net", region]
    for name, rules, bad in matrix:
        where = "legacy" if name in ("bastion", "test-open-all", "kintai-rdp") else "main"
        group = ec2.create_security_group(GroupName=name, Description=name, VpcId=net[where]["vpc"],
                                          TagSpecifications=ec2_tags("security-group", tags(name)))["GroupId"]
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules)
        good = " ".join(c for c in GROUP_CONTROLS if c not in bad.split())
        lab.expect(lab.arn("ec2", f"security-group/{group}", region), name, passed=good + " EC2.43", failed=bad, absent="EC2.2")
        lab.made["group", region, name] = group


def network_acls(lab: Lab, region: str) -> None:
    ec2, net = lab.client("ec2", region), lab.made["net", region]["main"]
    for name, low, high, source, good in (("web-only", 443, 443, WORLD, True), ("admin-from-anywhere", 22, 22, WORLD, False), ("admin-from-office", 22, 22, OFFICE, True)):
        acl = ec2.create_network_acl(VpcId=net["vpc"], TagSpecifications=ec2_tags("network-acl", tags(name)))["NetworkAcl"]["NetworkAclId"]
        ec2.create_network_acl_entry(NetworkAclId=acl, RuleNumber=100, Protocol="6", RuleAction="allow", Egress=False, CidrBlock=source, PortRange={"From": low, "To": high})
        lab.expect(lab.arn("ec2", f"network-acl/{acl}", region), name, **{"passed" if good else "failed": "EC2.21"})
        lab.expect(lab.arn("ec2", f"network-acl/{acl}", region), failed="EC2.16")  # none is in use


def instances(lab: Lab, region: str) -> None:
    ec2, net = lab.client("ec2", region), lab.made["net", region]

    def run(name: str, group: str, where: str, tokens: str, public: bool, profile: str | None = None, **more_tags) -> str:
        interface = {"DeviceIndex": 0, "SubnetId": net[where]["subnets"][0], "Groups": [lab.made["group", region, group]], "AssociatePublicIpAddress": public}
        more = {"IamInstanceProfile": {"Arn": lab.made["profile", profile]}} if profile else {}
        made = ec2.run_instances(ImageId=IMAGE, InstanceType="t3.medium", MinCount=1, MaxCount=1, NetworkInterfaces=[interface],
                                 MetadataOptions={"HttpTokens": tokens, "HttpEndpoint": "enabled"},
                                 TagSpecifications=ec2_tags("instance", tags(name, **more_tags)), **more)["Instances"][0]["InstanceId"]
        lab.made["instance", region, name] = made
        arn = lab.arn("ec2", f"instance/{made}", region)
        lab.expect(arn, name, **{"passed" if tokens == "required" else "failed": "EC2.8"})
        lab.expect(arn, **{"failed" if public else "passed": "EC2.9"})
        return lab.expect(arn, passed="EC2.17 EC2.38")

    run("bastion-1", "bastion", "legacy", "optional", True, "legacy-deploy", owner="unknown")
    if region == SECOND:
        run("poc-2022", "test-open-all", "legacy", "optional", True, owner="suzuki.ichiro@example.com", env="dev")
        return
    for number in range(1, 4):
        arn = run(f"shop-web-{number}", "shop-alb", "main", "required", False, "shop-web-instance")
        lab.expect(arn, passed="EC2.4")
    run("kintai-app", "kintai-rdp", "legacy", "optional", True, system="kintai", department="人事部")
    run("crm-batch", "crm-mysql", "main", "optional", False, system="crm", department="営業部")
    arn = run("migration-tmp", "office-only", "main", "required", False, system="crm", department="営業部")
    stopped = lab.made["instance", region, "migration-tmp"]
    ec2.stop_instances(InstanceIds=[stopped])
    lab.age("stopped_instance", region=region, name=stopped, days=180)
    lab.expect(arn, failed="EC2.4")


def volumes_and_addresses(lab: Lab, region: str) -> None:
    ec2 = lab.client("ec2", region)
    if region == HOME:
        zone = ec2.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
        for name, encrypted, instance in (("shop-web-data", True, "shop-web-1"), ("crm-batch-data", False, "crm-batch"), ("orphan", False, None)):
            made = ec2.create_volume(AvailabilityZone=zone, Size=100, VolumeType="gp3", Encrypted=encrypted, TagSpecifications=ec2_tags("volume", tags(name)))["VolumeId"]
            arn = lab.expect(lab.arn("ec2", f"volume/{made}", region), name, passed="EC2.45")
            if instance:
                ec2.attach_volume(VolumeId=made, InstanceId=lab.made["instance", region, instance], Device="/dev/sdf")
                lab.expect(arn, **{"passed" if encrypted else "failed": "EC2.3"})
            else:
                lab.expect(arn, absent="EC2.3")
        _snapshots(lab, zone)
        used = ec2.allocate_address(Domain="vpc", TagSpecifications=ec2_tags("elastic-ip", tags("kintai")))["AllocationId"]
        ec2.associate_address(AllocationId=used, InstanceId=lab.made["instance", region, "kintai-app"])
        lab.expect(lab.arn("ec2", f"elastic-ip/{used}", region), "in use", passed="EC2.12 EC2.37")
    free = ec2.allocate_address(Domain="vpc")["AllocationId"]
    lab.expect(lab.arn("ec2", f"elastic-ip/{free}", region), "paid for and unused", failed="EC2.12 EC2.37")


def _snapshots(lab: Lab, zone: str) -> None:
    ec2 = lab.client("ec2")
    volume = ec2.create_volume(AvailabilityZone=zone, Size=8, VolumeType="gp3", Encrypted=True, TagSpecifications=ec2_tags("volume", tags("base-image")))["VolumeId"]
    for name, public in (("nightly", False), ("shared-with-vendor", True)):
        made = ec2.create_snapshot(VolumeId=volume, Description=name, TagSpecifications=ec2_tags("snapshot", tags(name)))["SnapshotId"]
        if public:
            ec2.modify_snapshot_attribute(SnapshotId=made, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"])
        lab.labels[lab.arn("ec2", f"snapshot/{made}", HOME)] = name
    lab.expect(lab.whole_account(HOME), failed="EC2.1")


def settings(lab: Lab, region: str) -> None:
    ec2 = lab.client("ec2", region)
    if region == HOME:
        ec2.enable_ebs_encryption_by_default()
    lab.expect(lab.whole_account(region), **{"passed" if region == HOME else "failed": "EC2.7"})
    if region == SECOND:
        lab.expect(lab.whole_account(region), passed="EC2.1")
        return
    for name, tokens, public in (("shop-web", "required", False), ("kintai-2019", "optional", True)):
        made = ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData={
            "ImageId": IMAGE, "InstanceType": "t3.medium", "MetadataOptions": {"HttpTokens": tokens},
            "NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": public}]},
            TagSpecifications=ec2_tags("launch-template", tags(name)))["LaunchTemplate"]["LaunchTemplateId"]
        lab.expect(lab.arn("ec2", f"launch-template/{made}", region), name, **{"failed" if public else "passed": "EC2.25 EC2.170"})
        lab.made["template", name] = made
