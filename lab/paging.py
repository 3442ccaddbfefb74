"""Pages where moto gives everything at once.

Most of moto's list operations ignore the page size, so a client's paging would never be exercised. Here a whole
answer is cut into pages after the fact, by the paginators that botocore publishes: the list under `result_key` is
shortened and the next token (the offset, in plain sight) put where the model says.
"""

from __future__ import annotations

import functools
import json
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree

import wire

TOKEN = re.compile(r"^lab-page-(\d+)$")


@functools.cache
def paginators(name: str) -> dict:
    folder = sorted((wire.DATA / name).iterdir())[-1]
    path = folder / "paginators-1.json"
    if not path.exists() and not path.with_suffix(".json.gz").exists():
        return {}
    return wire.load_model(path)["pagination"]


class Plan:
    """How one operation pages on the wire; only plain, single-token paginators are forced."""

    def __init__(self, asked: wire.Asked):
        entry = paginators(asked.service).get(asked.operation, {})
        self.token_in, self.token_out, key = entry.get("input_token"), entry.get("output_token"), entry.get("result_key")
        self.key = key[0] if isinstance(key, list) else key
        plain = all(isinstance(v, str) and re.fullmatch(r"\w+", v) for v in (self.token_in, self.token_out, self.key))
        self.usable = plain and asked.protocol in ("json", "query", "ec2", "rest-json", "smithy-rpc-v2-cbor")
        if not self.usable:
            return
        model = wire.service(asked.service).model
        operation = model["operations"][asked.operation]
        self.is_xml = asked.protocol in ("query", "ec2")
        shapes = model["shapes"]
        output = shapes[operation["output"]["shape"]]["members"]
        self.more = entry.get("more_results") if entry.get("more_results") in output else None
        self.key_on_wire = output[self.key].get("locationName", self.key)
        self.token_on_wire = output[self.token_out].get("locationName", self.token_out)
        member = shapes[operation["input"]["shape"]]["members"].get(self.token_in, {})
        self.token_where = member.get("location", "body")
        self.token_in_wire = member.get("locationName", self.token_in)
        if asked.protocol == "ec2":
            self.token_in_wire = member.get("queryName", self.token_in_wire[:1].upper() + self.token_in_wire[1:])
        self.usable = shapes[output[self.key]["shape"]]["type"] == "list"


def take_token(plan: Plan, environ: dict, body: bytes) -> tuple[int, dict, bytes]:
    """Removes the lab's own token from the request, since moto would not know it; gives the offset."""
    if plan.token_where == "querystring":
        pairs = urllib.parse.parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        offset, pairs = _split(pairs, plan.token_in_wire)
        if offset:
            environ = {**environ, "QUERY_STRING": urllib.parse.urlencode(pairs)}
        return offset, environ, body
    if plan.is_xml:
        pairs = urllib.parse.parse_qsl(body.decode(), keep_blank_values=True)
        offset, pairs = _split(pairs, plan.token_in_wire)
        return offset, environ, urllib.parse.urlencode(pairs).encode() if offset else body
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        return 0, environ, body
    found = TOKEN.match(str(document.get(plan.token_in_wire, "")))
    if not found:
        return 0, environ, body
    del document[plan.token_in_wire]
    return int(found[1]), environ, json.dumps(document).encode()


def _split(pairs: list[tuple[str, str]], name: str) -> tuple[int, list[tuple[str, str]]]:
    offset = next((int(TOKEN.match(v)[1]) for k, v in pairs if k == name and TOKEN.match(v)), 0)
    return offset, [(k, v) for k, v in pairs if not (k == name and TOKEN.match(v))]


def cut(plan: Plan, answer: bytes, offset: int, size: int, repeat: bool) -> bytes:
    """The page of `size` at `offset`; with `repeat` its token is always the same, as a broken service would."""
    following = f"lab-page-{size if repeat else offset + size}"
    return (_cut_xml if plan.is_xml else _cut_json)(plan, answer, offset, size, following, repeat)


def _cut_json(plan: Plan, answer: bytes, offset: int, size: int, following: str, repeat: bool) -> bytes:
    document = json.loads(answer)
    whole = document.get(plan.key_on_wire)
    if not isinstance(whole, list) or document.get(plan.token_on_wire):
        return answer
    document[plan.key_on_wire] = whole[offset : offset + size]
    if repeat or offset + size < len(whole):
        document[plan.token_on_wire] = following
        if plan.more:
            document[plan.more] = True
    return json.dumps(document).encode()


def _cut_xml(plan: Plan, answer: bytes, offset: int, size: int, following: str, repeat: bool) -> bytes:
    root = ElementTree.fromstring(answer)
    namespace = re.match(r"\{[^}]*\}", root.tag)
    prefix = namespace[0] if namespace else ""
    if prefix:
        ElementTree.register_namespace("", prefix[1:-1])
    whole = root.find(f".//{prefix}{plan.key_on_wire}")
    if whole is None:
        return answer
    holder = next((e for e in root.iter() if whole in list(e)), root)
    token = holder.find(f"{prefix}{plan.token_on_wire}")
    if token is not None and token.text:
        return answer
    children = list(whole)
    for child in children[:offset] + children[offset + size :]:
        whole.remove(child)
    if repeat or offset + size < len(children):
        if token is None:
            token = ElementTree.SubElement(holder, f"{prefix}{plan.token_on_wire}")
        token.text = following
        more = holder.find(f"{prefix}{plan.more}") if plan.more else None
        if more is not None:
            more.text = "true"
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
