"""The weather of the lab: what goes wrong, for whom, how often.

A test posts one document to /lab/weather; it replaces all that was before. All fields are optional, and operations
are patterns (`kms:GetKeyPolicy`, `ec2:*`, `*`):

    {"refuse":   ["kms:GetKeyPolicy"],                     access denied, in the service's own words
     "throttle": {"operations": ["*"], "share": 0.9, "seconds": 5},
     "fail":     {"operations": [...], "times": 2},         500, `times` in all (absent: always)
     "cut":      {"operations": [...], "times": 2},         connection closed in the middle of the body
     "drop":     {"operations": [...], "times": 2},         connection closed without an answer
     "truncate": {"operations": [...], "times": 2},         half a body, sent as if it were whole
     "garble":   {"operations": [...], "times": 2},         a body that is neither JSON nor XML
     "delay":    {"operations": [...], "milliseconds": 800},   longer than the caller's patience: an endpoint that hangs
     "expire_after_calls": 60,                              then every call finds its session token expired
     "expire_key": "lab",                                   the same for calls with this access key only
     "page_size": 2,                                        pages where moto gives everything at once
     "repeat_token": ["ec2:DescribeVolumes"]}               pages whose next token never changes

Throttling draws from a generator with a fixed seed, so that a run can be repeated.
"""

from __future__ import annotations

import fnmatch
import random
import threading
from collections import Counter

import wire

KINDS = ("fail", "cut", "drop", "truncate", "garble")
FIELDS = {"refuse", "throttle", *KINDS, "delay", "expire_after_calls", "expire_key", "page_size", "repeat_token"}


def matches(patterns: list[str], asked: wire.Asked) -> bool:
    return any(fnmatch.fnmatchcase(asked.full, pattern) for pattern in patterns)


class Weather:
    """The current weather, and what it did."""

    def __init__(self, clock):
        self.clock = clock
        self.lock = threading.Lock()
        self.set({})
        self.reset_counters()

    def reset_counters(self) -> None:
        with self.lock:
            self.operations: Counter = Counter()
            self.effects: Counter = Counter()

    def counters(self) -> dict:
        with self.lock:
            return {
                "total": sum(self.operations.values()),
                "operations": dict(sorted(self.operations.items())),
                "effects": dict(sorted(self.effects.items())),
            }

    def set(self, document: dict) -> None:
        unknown = set(document) - FIELDS
        if unknown:
            raise ValueError(f"the weather has no {sorted(unknown)}; it has {sorted(FIELDS)}")
        with self.lock:
            self.document = document
            self.random = random.Random(20)
            self.started = self.clock()
            self.calls = 0
            self.left = {kind: document.get(kind, {}).get("times") for kind in KINDS}

    def effect(self, asked: wire.Asked) -> str | None:
        """What happens to this call: refuse, throttle, expire, one of KINDS, or None. Counts it."""
        with self.lock:
            self.operations[asked.full] += 1
            self.calls += 1
            found = self._effect(asked)
            if found:
                self.effects[found] += 1
            return found

    def _effect(self, asked: wire.Asked) -> str | None:
        limit = self.document.get("expire_after_calls")
        if limit is not None and self.calls > limit and self.document.get("expire_key") in (None, asked.access_key):
            return "expire"
        if matches(self.document.get("refuse", []), asked):
            return "refuse"
        throttle = self.document.get("throttle")
        if throttle and matches(throttle["operations"], asked) and self.clock() - self.started < throttle["seconds"]:
            if self.random.random() < throttle["share"]:
                return "throttle"
        for kind in KINDS:
            rule = self.document.get(kind)
            if rule and matches(rule["operations"], asked) and self.left[kind] != 0:
                if self.left[kind] is not None:
                    self.left[kind] -= 1
                return kind
        return None

    def delay_seconds(self, asked: wire.Asked) -> float:
        rule = self.document.get("delay")
        return rule["milliseconds"] / 1000 if rule and matches(rule["operations"], asked) else 0.0

    def page_size(self, asked: wire.Asked) -> tuple[int, bool]:
        """(items a page or 0, whether the token repeats)"""
        if matches(self.document.get("repeat_token", []), asked):
            return self.document.get("page_size", 1), True
        return self.document.get("page_size", 0), False
