"""Fills the lab with Hanamichi's two accounts and writes the verdicts that are expected of them.

    python lab/seed.py --endpoint http://127.0.0.1:PORT --out expected.json [--only-home]

The server has to be fresh. Ids are the same each time, since moto's generator is seeded; with `--now` on the server
and here, so are all times. `expected.json`: `controls[ID][KEY]` is PASSED or FAILED, where KEY is an ARN,
`AWS::::Account:<id>` or `AWS::::Account:<id>#<region>`; `absent[ID]` lists resources that the control must not judge.
Not listed means no opinion.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from company import audit, certificates, compute, identity, network, sandbox, services, storage  # noqa: E402
from company.base import HOME, SECOND, Lab  # noqa: E402

SANDBOX = "444455556666"


def home(lab: Lab) -> None:
    identity.roles(lab)
    identity.policies_and_groups(lab)
    identity.users(lab)
    identity.account(lab)
    for region in (HOME, SECOND):
        identity.keys(lab, region)
        network.vpcs(lab, region)
        network.groups(lab, region)
        network.network_acls(lab, region)
        network.instances(lab, region)
        network.volumes_and_addresses(lab, region)
        network.settings(lab, region)
        network.tag_leftovers(lab, region)
    storage.buckets(lab)
    storage.databases(lab)
    storage.tables(lab, HOME)
    storage.tables(lab, SECOND)
    storage.others(lab)
    compute.functions(lab)
    compute.containers(lab)
    compute.load_balancers(lab)
    compute.scaling(lab)
    compute.messages(lab)
    compute.secrets(lab)
    compute.edge(lab)
    audit.trails(lab)
    audit.alarms(lab)
    for region in (HOME, SECOND):
        audit.detectors(lab, region)
    services.streams(lab)
    services.builds(lab)
    services.notebooks(lab)
    services.desktops(lab)
    services.data(lab)


def merged(parts: list[dict]) -> dict:
    result: dict = {"controls": {}, "absent": {}, "labels": {}}
    for part in parts:
        result["labels"].update(part["labels"])
        for control, found in part["controls"].items():
            result["controls"].setdefault(control, {}).update(found)
        for control, found in part["absent"].items():
            result["absent"].setdefault(control, []).extend(found)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--now", help="the time at which the server's clock is held")
    parser.add_argument("--only-home", action="store_true", help="leave the second account out")
    arguments = parser.parse_args()
    if arguments.now:
        certificates.NOW = datetime.datetime.fromisoformat(arguments.now.replace("Z", "+00:00"))
    first = Lab(arguments.endpoint)
    urllib.request.urlopen(urllib.request.Request(f"{first.endpoint}/moto-api/seed?a=20", method="POST"), timeout=30).read()
    home(first)
    parts = [first.expected()]
    if not arguments.only_home:
        second = Lab(arguments.endpoint, SANDBOX)
        sandbox.everything(second)
        parts.append(second.expected())
    expected = merged(parts)
    with open(arguments.out, "w", encoding="utf-8") as file:
        json.dump(expected, file, indent=1, ensure_ascii=False, sort_keys=True)
    verdicts = [v for found in expected["controls"].values() for v in found.values()]
    print(f"seeded {len(expected['labels'])} labelled resources: {verdicts.count('PASSED')} PASSED, {verdicts.count('FAILED')} FAILED over {len(expected['controls'])} controls")


if __name__ == "__main__":
    main()
