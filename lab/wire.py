"""What was asked, and how the asked service would word an error.

AWS speaks five protocols, and a lab that refuses or throttles has to do so in the protocol of the caller. Both the
recognition of an operation and the wording come from botocore's published service models, so nothing here knows a
single operation by name. Operations are called as the resource packs call them: `kms:GetKeyPolicy`.
"""

from __future__ import annotations

import functools
import json
import pathlib
import re
import urllib.parse
import xml.sax.saxutils

import botocore

DATA = pathlib.Path(botocore.__file__).parent / "data"
# The services of the packs; reading the heads of all 400 models would take seconds.
PACKED = pathlib.Path(__file__).resolve().parent.parent / "packs" / "models" / "aws"


class Service:
    """One service model, reduced to what recognition needs."""

    def __init__(self, name: str):
        folder = sorted((DATA / name).iterdir())[-1]
        self.name = name
        self.model = load_model(folder / "service-2.json")
        meta = self.model["metadata"]
        self.protocol = meta["protocol"]
        self.version = meta["apiVersion"]
        self.target_prefix = meta.get("targetPrefix", "")
        self.signing_name = meta.get("signingName", meta["endpointPrefix"])
        operations = self.model["operations"].items()
        # S3 has deprecated operations on the same routes as their successors.
        current = [(name, operation) for name, operation in operations if not operation.get("deprecated")]
        self.routes = sorted((self._route(name, operation) for name, operation in current), key=lambda route: -route[0])

    def _route(self, name: str, operation: dict):
        """(how specific, method, path pattern, required query names, operation)"""
        http = operation["http"]
        path, _, query = http["requestUri"].partition("?")
        parts = []
        for part in re.split(r"(\{[^}]+\})", path):
            if part.startswith("{"):
                parts.append(".+" if part.endswith("+}") else "[^/]+")
            else:
                parts.append(re.escape(part))
        pattern = re.compile("^" + "".join(parts).rstrip("/") + "/?$")
        wanted = [q for q in query.split("&") if q]
        literal = len(re.sub(r"\{[^}]+\}", "", path)) + 100 * len(wanted)
        return literal, http["method"], pattern, wanted, name

    def by_path(self, method: str, path: str, query: dict[str, list[str]]) -> str | None:
        for _, wanted_method, pattern, wanted, name in self.routes:
            if wanted_method == method and pattern.match(path) and all(_has(query, w) for w in wanted):
                return name
        return None


def _has(query: dict[str, list[str]], wanted: str) -> bool:
    name, equals, value = wanted.partition("=")
    return name in query and (not equals or value in query[name])


def load_model(path: pathlib.Path) -> dict:
    packed = path.with_suffix(".json.gz")
    if packed.exists():
        import gzip

        return json.loads(gzip.decompress(packed.read_bytes()))
    return json.loads(path.read_text())


@functools.cache
def signing_names() -> dict[str, list[str]]:
    """Signing name to service names, read from the heads of the models (the whole models are large)."""
    names: dict[str, list[str]] = {}
    packed = {path.stem for path in PACKED.glob("*.json")}
    for folder in sorted(DATA.iterdir()):
        if packed and folder.name not in packed:
            continue
        versions = sorted(folder.iterdir()) if folder.is_dir() else []
        if not versions or not any(versions[-1].glob("service-2.json*")):
            continue
        head = _head(versions[-1])
        found = {k: re.search(rf'"{k}"\s*:\s*"([^"]+)"', head) for k in ("signingName", "endpointPrefix")}
        best = found["signingName"] or found["endpointPrefix"]
        if best:
            names.setdefault(best[1], []).append(folder.name)
    return names


def _head(folder: pathlib.Path) -> str:
    packed = folder / "service-2.json.gz"
    if packed.exists():
        import gzip

        with gzip.open(packed) as file:
            return file.read(2000).decode("utf-8", "replace")
    with open(folder / "service-2.json", "rb") as file:
        return file.read(2000).decode("utf-8", "replace")


@functools.cache
def service(name: str) -> Service:
    return Service(name)


class Asked:
    """A request, recognised."""

    def __init__(self, name: str, operation: str, protocol: str, region: str, access_key: str):
        self.service, self.operation, self.protocol = name, operation, protocol
        self.region, self.access_key = region, access_key

    @property
    def full(self) -> str:
        return f"{self.service}:{self.operation}"


CREDENTIAL = re.compile(r"Credential=([^/]+)/[^/]+/([^/]+)/([^/]+)/")


def recognise(environ: dict, body: bytes) -> Asked | None:
    """The operation that a signed request asks for; None for unsigned ones and for what no model has."""
    found = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if not found:
        return None
    access_key, region, signing_name = found.groups()
    names = signing_names().get(signing_name, [])
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    path = urllib.parse.unquote(environ.get("RAW_URI", environ.get("PATH_INFO", "/")).split("?")[0])
    query = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    form = urllib.parse.parse_qs(body.decode("utf-8", "replace")) if b"Action=" in body[:4096] else {}
    for name in _likely_first(names, path, form):
        model = service(name)
        if target and model.target_prefix and target.startswith(model.target_prefix + "."):
            operation = target.split(".")[-1]
        elif form and model.version in form.get("Version", []):
            operation = form["Action"][0]
        elif not target and not form:
            operation = model.by_path(environ["REQUEST_METHOD"], path, query)
        else:
            continue
        if operation in model.model["operations"]:
            # Some services speak several protocols; the answer has to be in the one that was used.
            used = "json" if target else "query" if form and model.protocol != "ec2" else model.protocol
            return Asked(name, operation, used, region, access_key)
    return None


def _likely_first(names: list[str], path: str, form: dict) -> list[str]:
    """s3 and s3control share a signing name; the version in the path of s3control tells them apart. So do the
    two API Gateways, by their first step."""
    if "s3control" in names:
        return ["s3control"] if path.startswith("/v20180820/") else ["s3"]
    if "apigatewayv2" in names:
        return ["apigatewayv2"] if path.startswith("/v2/") else ["apigateway"]
    return names


def error(asked: Asked, status: int, code: str, message: str) -> tuple[str, list[tuple[str, str]], bytes]:
    """An error in the caller's protocol: status line, headers, body."""
    text = xml.sax.saxutils.escape(message)
    if asked.service in ("s3", "s3control"):
        body = f"<Error><Code>{code}</Code><Message>{text}</Message><RequestId>lab</RequestId></Error>"
        kind = "application/xml"
    elif asked.protocol == "ec2":
        body = f"<Response><Errors><Error><Code>{code}</Code><Message>{text}</Message></Error></Errors><RequestID>lab</RequestID></Response>"
        kind = "text/xml"
    elif asked.protocol in ("query", "rest-xml"):
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{text}</Message></Error>"
            "<RequestId>lab</RequestId></ErrorResponse>"
        )
        kind = "text/xml"
    else:
        body = json.dumps({"__type": code, "message": message, "Message": message})
        kind = "application/x-amz-json-1.1"
    data = body.encode()
    headers = [("Content-Type", kind), ("Content-Length", str(len(data))), ("x-amzn-errortype", code)]
    return f"{status} {code}", headers, data


def refusal(asked: Asked) -> tuple[int, str, str]:
    """How the service says that the caller may not: EC2 and S3 have words of their own."""
    message = f"User: lab is not authorized to perform: {asked.full}"
    if asked.protocol == "ec2":
        return 403, "UnauthorizedOperation", message
    if asked.protocol in ("query", "rest-xml"):
        return 403, "AccessDenied", message
    return (403 if asked.protocol == "rest-json" else 400), "AccessDeniedException", message


def throttling(asked: Asked) -> tuple[int, str, str]:
    """How the service says that it was too much."""
    if asked.service == "s3":
        return 503, "SlowDown", "Please reduce your request rate."
    if asked.protocol == "ec2":
        return 503, "RequestLimitExceeded", "Request limit exceeded."
    if asked.protocol in ("query", "rest-xml"):
        return 400, "Throttling", "Rate exceeded"
    return (429 if asked.protocol == "rest-json" else 400), "ThrottlingException", "Rate exceeded"


def expiry(asked: Asked) -> tuple[int, str, str]:
    """How the service says that the session token is too old."""
    code = {"ec2": "RequestExpired", "rest-xml": "ExpiredToken", "query": "ExpiredToken"}.get(asked.protocol, "ExpiredTokenException")
    return (403 if asked.protocol in ("query", "rest-json") else 400), code, "The security token included in the request is expired"
