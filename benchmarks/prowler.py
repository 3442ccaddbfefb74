#!/usr/bin/env python3
"""Sekisho and Prowler side by side: the same lab account, each as a whole process.

    python3 -m venv /path/to/prowler-venv && /path/to/prowler-venv/bin/pip install prowler
    cargo build --release
    python3 benchmarks/prowler.py --python target/lab-venv/bin/python --prowler /path/to/prowler-venv/bin/prowler

Prints CPU seconds, wall seconds, peak memory and API calls of each (calls are counted by the lab server), and the
ratios. Prowler runs its checks of AWS Foundational Security Best Practices; Sekisho all of its controls, of which
those are a part. `--scan-unused-services` makes Prowler judge every service, as Sekisho does. Run it on a quiet
machine: wall time is then mostly the lab server's.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
REGIONS = ["ap-northeast-1", "us-east-1"]
COMPLIANCE = "aws_foundational_security_best_practices_aws"


class Lab:
    """A seeded lab server, ended with this object."""

    def __init__(self, python: str):
        command = [python, str(ROOT / "lab/server.py"), "--port", "0", "--until-stdin-closes"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.endpoint = self.process.stdout.readline().strip().rsplit(" ", 1)[-1]
        with tempfile.TemporaryDirectory() as folder:
            seed = [python, str(ROOT / "lab/seed.py"), "--endpoint", self.endpoint, "--only-home", "--out", f"{folder}/expected.json"]
            subprocess.run(seed, check=True, stdout=subprocess.DEVNULL)

    def ask(self, method: str, path: str) -> dict:
        request = urllib.request.Request(self.endpoint + path, data=b"{}" if method == "POST" else None, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def measure(lab: Lab, command: list[str], folder: str) -> dict:
    """One run; Linux gives the peak memory in KiB."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    aws = {"AWS_ENDPOINT_URL": lab.endpoint, "AWS_ACCESS_KEY_ID": "lab", "AWS_SECRET_ACCESS_KEY": "lab", "AWS_REGION": REGIONS[0], "AWS_DEFAULT_REGION": REGIONS[0],
           "AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_EC2_METADATA_DISABLED": "true"}
    lab.ask("POST", "/lab/reset")
    started = time.monotonic()
    with open(f"{folder}/output.txt", "wb") as output:
        process = subprocess.Popen(command, env=kept | aws, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    return {"wall": time.monotonic() - started, "cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss / 1024,
            "calls": lab.ask("GET", "/lab/counters")["total"], "exit": os.waitstatus_to_exitcode(status),
            "said": pathlib.Path(f"{folder}/output.txt").read_text(errors="replace")[-800:]}


def best(runs: list[dict]) -> dict:
    return min(runs, key=lambda run: run["cpu"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True, help="a Python with lab/requirements.txt")
    parser.add_argument("--prowler", required=True, help="the prowler executable")
    parser.add_argument("--sekisho", default=str(ROOT / "target/release/sekisho"))
    parser.add_argument("--repeat", type=int, default=3, help="runs of Sekisho; Prowler runs once")
    arguments = parser.parse_args()
    sekisho = [os.path.abspath(arguments.sekisho), "scan", "--quiet", "--data", "data", "--format", "asff", "-o", "findings.json"]
    for region in REGIONS:
        sekisho += ["--region", region]
    prowler = [os.path.abspath(arguments.prowler), "aws", "--region", *REGIONS, "--compliance", COMPLIANCE, "--scan-unused-services", "--no-banner", "-M", "json-asff", "-o", "out"]
    lab = Lab(arguments.python)
    try:
        runs = []
        for _ in range(arguments.repeat):
            with tempfile.TemporaryDirectory() as folder:
                runs.append(measure(lab, sekisho, folder))
        with tempfile.TemporaryDirectory() as folder:
            other = measure(lab, prowler, folder)
    finally:
        lab.close()
    ours = best(runs)
    if ours["exit"] not in (0, 2) or other["exit"] not in (0, 3):
        raise SystemExit(f"sekisho ended with {ours['exit']}, prowler with {other['exit']}\n{ours['said']}\n{other['said']}")
    print(f"{'':16}{'Sekisho':>12}{'Prowler':>12}{'ratio':>10}")
    for name, unit in (("cpu", "s"), ("wall", "s"), ("memory", "MiB"), ("calls", "")):
        print(f"{name + ' ' + unit:16}{ours[name]:12.2f}{other[name]:12.2f}{other[name] / ours[name]:9.1f}x")


if __name__ == "__main__":
    main()
