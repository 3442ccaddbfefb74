"""Answers for operations that moto lacks, as AWS gives them to an account that never used the service.

Each is a literal answer in the service's protocol. Only what the resource packs read is here.
"""

from __future__ import annotations

import json

import wire

JSON = {
    "accessanalyzer:ListAnalyzers": {"analyzers": []},
}

XML: dict[str, str] = {}


def answer(asked: wire.Asked, body: bytes):
    """(status, headers, body), or None where moto has to answer."""
    del body
    if asked.full in JSON:
        data, kind = json.dumps(JSON[asked.full]).encode(), "application/json"
    elif asked.full in XML:
        data, kind = XML[asked.full].encode(), "text/xml"
    else:
        return None
    return "200 OK", [("Content-Type", kind), ("Content-Length", str(len(data)))], data
