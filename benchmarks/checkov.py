#!/usr/bin/env python3
"""Sekisho and checkov side by side: the same folder of templates or modules, each as a whole process.

    python3 -m venv /path/to/checkov-venv && /path/to/checkov-venv/bin/pip install checkov
    cargo build --release
    python3 benchmarks/checkov.py --checkov /path/to/checkov-venv/bin/checkov --framework terraform FOLDER

Prints CPU seconds, wall seconds and peak memory of each, and the ratios; of several runs the median. Both run all that they have and
write JSON. Without --checkov only Sekisho is measured.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def measure(command: list[str]) -> dict:
    """One run; Linux gives the peak memory in KiB."""
    started = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    # Both end with another code when they found something: Sekisho with 2, checkov with 1.
    if code not in (0, 1, 2):
        raise SystemExit(f"{command[0]} ended with {code}")
    return {"cpu_s": usage.ru_utime + usage.ru_stime, "wall_s": time.monotonic() - started, "memory_mb": usage.ru_maxrss / 1024}


def median(command: list[str], runs: int) -> dict:
    all_runs = [measure(command) for _ in range(runs)]
    return {name: statistics.median(run[name] for run in all_runs) for name in all_runs[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--checkov")
    parser.add_argument("--framework", default="terraform", choices=["terraform", "cloudformation"])
    parser.add_argument("--sekisho", default=str(ROOT / "target/release/sekisho"))
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    ours = median([given.sekisho, "check", given.folder, "--format", "json"], given.runs)
    print("sekisho", {name: round(value, 2) for name, value in ours.items()})
    if given.checkov:
        options = ["--framework", given.framework, "--quiet", "--compact", "-o", "json"]
        theirs = median([given.checkov, "-d", given.folder, *options], given.runs)
        print("checkov", {name: round(value, 2) for name, value in theirs.items()})
        print("ratio  ", {name: round(theirs[name] / ours[name], 1) for name in ours})


if __name__ == "__main__":
    main()
