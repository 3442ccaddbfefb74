"""Answers for operations that moto lacks, as AWS gives them to an account that never used the service.

Each is a literal answer in the service's protocol. Only what the resource packs read is here.
"""

from __future__ import annotations

import json

import wire

EC2 = "http://ec2.amazonaws.com/doc/2016-11-15/"
REDSHIFT = "http://redshift.amazonaws.com/doc/2012-12-01/"

JSON = {
    "accessanalyzer:ListAnalyzers": {"analyzers": []},
    "cloudtrail:ListEventDataStores": {"EventDataStores": []},
    "ecr-public:DescribeRepositories": {"repositories": []},
    "ecs:DescribeCapacityProviders": {"capacityProviders": [], "failures": []},
    "eks:ListIdentityProviderConfigs": {"identityProviderConfigs": []},
    "guardduty:ListFilters": {"filterNames": []},
    "guardduty:ListIPSets": {"ipSetIds": []},
    "guardduty:ListMembers": {"members": []},
    "network-firewall:ListFirewallPolicies": {"FirewallPolicies": []},
    "network-firewall:ListRuleGroups": {"RuleGroups": []},
    "ssm:DescribeInstanceInformation": {"InstanceInformationList": []},
    "ssm:ListResourceComplianceSummaries": {"ResourceComplianceSummaryItems": []},
}

# Values as the Systems Manager console shows them to a new account.
SETTINGS = {"/ssm/documents/console/public-sharing-permission": "Enable"}

XML = {
    "ec2:DescribeClientVpnEndpoints": (EC2, "<clientVpnEndpoint/>"),
    "ec2:DescribeVpcBlockPublicAccessOptions": (
        EC2, "<vpcBlockPublicAccessOptions><internetGatewayBlockMode>off</internetGatewayBlockMode><state>default-state</state></vpcBlockPublicAccessOptions>"),
    "ec2:GetInstanceMetadataDefaults": (EC2, "<accountLevel/>"),
    "ec2:GetSnapshotBlockPublicAccessState": (EC2, "<state>unblocked</state>"),
    "redshift:DescribeEventSubscriptions": (
        REDSHIFT, "<DescribeEventSubscriptionsResult><EventSubscriptionsList/></DescribeEventSubscriptionsResult>"),
}


def answer(asked: wire.Asked, body: bytes):
    """(status, headers, body), or None where moto has to answer."""
    if asked.full in JSON:
        document, kind = json.dumps(JSON[asked.full]), "application/json"
    elif asked.full == "ssm:GetServiceSetting":
        name = json.loads(body)["SettingId"]
        setting = {"SettingId": name, "SettingValue": SETTINGS.get(name, ""), "Status": "Default", "ARN": f"arn:aws:ssm:{asked.region}:111122223333:servicesetting{name}"}
        document, kind = json.dumps({"ServiceSetting": setting}), "application/json"
    elif asked.full in XML:
        namespace, inside = XML[asked.full]
        name = f"{asked.operation}Response"
        document, kind = f'<{name} xmlns="{namespace}">{inside}<requestId>lab</requestId></{name}>', "text/xml"
    else:
        return None
    data = document.encode()
    return "200 OK", [("Content-Type", kind), ("Content-Length", str(len(data)))], data
