"""What all areas share: clients, verdicts, tags, policies."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections import defaultdict

import boto3
from botocore.config import Config

HOME, SECOND = "ap-northeast-1", "us-east-1"
WORLD, WORLD6, OFFICE = "0.0.0.0/0", "::/0", "203.0.113.0/24"
PARTNER_ACCOUNT = "999988887777"
# Not a secret: nothing behind it exists.
PASSWORD = "Lab-only-passw0rd"


class Lab:
    """One account of the lab, and the verdicts that are expected of it."""

    def __init__(self, endpoint: str, role_account: str | None = None):
        if urllib.parse.urlparse(endpoint).hostname not in ("127.0.0.1", "localhost", "::1"):
            raise SystemExit(f"{endpoint} is not on this machine; the seed writes, so it only ever talks to the lab")
        self.endpoint = endpoint.rstrip("/")
        self.verdicts: dict[str, dict[str, str]] = defaultdict(dict)
        self.absent: dict[str, set[str]] = defaultdict(set)
        self.labels: dict[str, str] = {}
        self.made: dict = {}
        self.account = ""
        self._clients: dict = {}
        self._keys = {"aws_access_key_id": "lab", "aws_secret_access_key": "lab"}
        if role_account:
            role = f"arn:aws:iam::{role_account}:role/SekishoAudit"
            found = self.client("sts").assume_role(RoleArn=role, RoleSessionName="seed")["Credentials"]
            self._keys = {
                "aws_access_key_id": found["AccessKeyId"],
                "aws_secret_access_key": found["SecretAccessKey"],
                "aws_session_token": found["SessionToken"],
            }
            self._clients.clear()
        self.account = self.client("sts").get_caller_identity()["Account"]

    def client(self, service: str, region: str = HOME):
        if (service, region) not in self._clients:
            config = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}, inject_host_prefix=False)
            client = boto3.client(service, region_name=region, endpoint_url=self.endpoint, config=config, **self._keys)
            client.meta.events.register("before-send", self._keep_host)
            client.meta.events.register("before-send", self._name_account)
            self._clients[service, region] = client
        return self._clients[service, region]

    def _keep_host(self, request, **_):
        """S3 Control puts the account before the host, and such a name does not resolve on loopback."""
        wanted, found = urllib.parse.urlparse(self.endpoint).netloc, urllib.parse.urlparse(request.url).netloc
        if found != wanted and found.endswith("." + wanted):
            request.url = request.url.replace(found, wanted, 1)

    def _name_account(self, request, **_):
        """The server names the account for the services that packs read; the seed also writes through others."""
        if self.account:
            request.headers["X-Moto-Account-Id"] = self.account

    def control(self, path: str, document: dict | None = None) -> dict:
        """Asks the lab server for what AWS cannot do."""
        data = json.dumps(document or {}).encode()
        request = urllib.request.Request(self.endpoint + path, data=data, method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")

    def age(self, kind: str, **fields) -> None:
        self.control("/lab/age", {"kind": kind, "account": self.account, **fields})

    def expect(self, arn: str, label: str = "", *, passed: str = "", failed: str = "", absent: str = "") -> str:
        """Notes verdicts; the arguments are control ids separated by spaces. Gives the ARN back."""
        if label:
            self.labels[arn] = label
        for verdict, ids in (("PASSED", passed), ("FAILED", failed)):
            for control in ids.split():
                old = self.verdicts[control].setdefault(arn, verdict)
                if old != verdict:
                    raise AssertionError(f"{control} on {arn} is labelled both ways")
        for control in absent.split():
            self.absent[control].add(arn)
        return arn

    def whole_account(self, region: str | None = None) -> str:
        """The key of a control about the account, or about the account in one Region."""
        return f"AWS::::Account:{self.account}" + (f"#{region}" if region else "")

    def arn(self, service: str, rest: str, region: str = "") -> str:
        return f"arn:aws:{service}:{region}:{self.account}:{rest}"

    def expected(self) -> dict:
        return {
            "controls": {c: dict(sorted(v.items())) for c, v in sorted(self.verdicts.items())},
            "absent": {c: sorted(v) for c, v in sorted(self.absent.items())},
            "labels": dict(sorted(self.labels.items())),
        }


def tags(name: str, owner: str = "sre@example.com", system: str = "shop", department: str = "プラットフォーム部", env: str = "prod") -> dict:
    return {"Name": name, "owner": owner, "env": env, "system": system, "部署": department}


def pairs(found: dict, key: str = "Key", value: str = "Value") -> list[dict]:
    return [{key: k, value: v} for k, v in found.items()]


def ec2_tags(kind: str, found: dict) -> list[dict]:
    return [{"ResourceType": kind, "Tags": pairs(found)}]


def document(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more) -> dict:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(service: str) -> str:
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


def rule(protocol: str, low: int | None, high: int | None, *sources: str) -> dict:
    """One ingress permission from CIDR blocks."""
    found: dict = {"IpProtocol": protocol}
    if low is not None:
        found |= {"FromPort": low, "ToPort": high}
    four, six = [s for s in sources if ":" not in s], [s for s in sources if ":" in s]
    if four:
        found["IpRanges"] = [{"CidrIp": s} for s in four]
    if six:
        found["Ipv6Ranges"] = [{"CidrIpv6": s} for s in six]
    return found
