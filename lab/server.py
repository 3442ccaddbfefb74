"""The lab: an AWS that lives on the loopback interface, misbehaves on request, and counts what it is asked.

    python lab/server.py --port 0            prints `lab server on http://127.0.0.1:PORT` once it listens

It is moto (https://pypi.org/project/moto/) with what the project's tests need around it:

* `POST /lab/weather`   refusal, throttling, pages, cut connections ... (see weather.py)
* `POST /lab/age`       backdates what the AWS API cannot backdate: keys, passwords, stopped instances, secrets
* `GET  /lab/counters`  calls per operation since `POST /lab/reset`
* `--now TIME`          holds the clock still, so that two recordings of the account are the same
* operations that moto lacks answer from stubs.py or with 501, instead of moto's 500 that every client retries

The access key `lab` belongs to the home account; other accounts are reached through sts:AssumeRole.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import os
import random
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
# moto's own images would give every Region some 1,300 snapshots that belong to the account.
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
os.environ.setdefault("MOTO_ENABLE_ISO_REGIONS", "false")

import moto.kafka.models  # noqa: E402
from moto.core.config import default_user_config  # noqa: E402
from moto.moto_api._internal import mock_random  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

import aging  # noqa: E402
import paging  # noqa: E402
import stubs  # noqa: E402
import weather  # noqa: E402
import wire  # noqa: E402

HOME_ACCOUNT = "111122223333"
# The second is for tests in which the first expires.
HOME_KEYS = ("lab", "lab-renewed")
# Nothing in the lab runs a function; moto would look for Docker.
default_user_config["lambda"]["use_docker"] = False
# The one service of the lab that draws its ids past moto's seeded generator.
moto.kafka.models.uuid = mock_random
BODY_MAX_BYTES = 16 << 20


class Handler(MotoRequestHandler):
    """Answers one request per connection, and keeps the socket where a rude effect can reach it."""

    # Head and body are two writes; without this each answer waits 40 ms for the client's delayed acknowledgement.
    disable_nagle_algorithm = True

    def make_environ(self):
        environ = super().make_environ()
        environ["lab.socket"] = self.connection
        return environ


class Lab:
    """The WSGI application."""

    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.weather = weather.Weather(REAL_CLOCK)

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "")
        body = environ["wsgi.input"].read(min(int(environ.get("CONTENT_LENGTH") or 0), BODY_MAX_BYTES))
        if path.startswith("/lab/"):
            return self._control(path, body, start_response)
        environ["wsgi.input"] = io.BytesIO(body)
        asked = wire.recognise(environ, body)
        if asked is None:
            status, headers, data = self._moto(environ)
        else:
            if asked.access_key in HOME_KEYS:
                environ["HTTP_X_MOTO_ACCOUNT_ID"] = HOME_ACCOUNT
            if asked.service == "sqs":
                # Queue URLs are made of the host; a recording must not hold this machine's port.
                environ["HTTP_HOST"] = f"sqs.{asked.region}.amazonaws.com"
            status, headers, data = self._answer(asked, environ, body)
        start_response(status, headers)
        return [data]

    def _answer(self, asked, environ, body):
        effect = self.weather.effect(asked)
        REAL_SLEEP(self.weather.delay_seconds(asked))
        words = {"refuse": wire.refusal, "throttle": wire.throttling, "expire": wire.expiry}.get(effect)
        if words:
            return wire.error(asked, *words(asked))
        if effect == "fail":
            return wire.error(asked, 500, "InternalFailure", "the lab was told to fail")
        if effect == "drop":
            environ["lab.socket"].shutdown(socket.SHUT_RDWR)
            return "500 dropped", [], b""
        status, headers, data = self._paged(asked, environ, body)
        if effect == "truncate":
            data = data[: len(data) // 2]
        elif effect == "garble":
            data = b"\x00<not>{an answer"
        headers = [(k, v) for k, v in headers if k.lower() != "content-length"] + [("Content-Length", str(len(data)))]
        if effect == "cut":
            head = f"HTTP/1.1 {status}\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers) + "\r\n"
            environ["lab.socket"].sendall(head.encode() + data[: len(data) // 2])
            environ["lab.socket"].shutdown(socket.SHUT_RDWR)
        return status, headers, data

    def _paged(self, asked, environ, body):
        size, repeat = self.weather.page_size(asked)
        plan = paging.Plan(asked) if size else None
        if plan is None or not plan.usable:
            return self._known(asked, environ, body)
        offset, environ, body = paging.take_token(plan, environ, body)
        environ = {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        status, headers, data = self._known(asked, environ, body)
        if status.startswith("200"):
            data = paging.cut(plan, data, offset, size, repeat)
        return status, headers, data

    def _known(self, asked, environ, body):
        stub = stubs.answer(asked, body)
        if stub is not None:
            return stub
        try:
            return self._moto(environ)
        except Exception as error:  # noqa: BLE001 - whatever moto trips over has to become an answer
            lacks = isinstance(error, NotImplementedError) or "has no attribute 'replace'" in str(error)
            if lacks:
                return wire.error(asked, 501, "NotImplemented", f"moto has no {asked.full}")
            logging.warning("moto failed at %s: %s: %s", asked.full, type(error).__name__, error)
            return wire.error(asked, 500, "InternalFailure", f"{type(error).__name__}: {error}"[:300])

    def _moto(self, environ):
        answer = {}

        def start_response(status, headers, *_):
            answer["status"], answer["headers"] = status, list(headers)

        data = b"".join(self.moto(environ, start_response))
        return answer["status"], answer["headers"], data

    def _control(self, path, body, start_response):
        status = "200 OK"
        try:
            request = json.loads(body or b"{}")
            if path == "/lab/weather":
                self.weather.set(request)
                result = {"ok": True}
            elif path == "/lab/age":
                aging.age(request)
                result = {"ok": True}
            elif path == "/lab/counters":
                result = self.weather.counters()
            elif path == "/lab/reset":
                self.weather.reset_counters()
                result = {"ok": True}
            else:
                status, result = "404 Not Found", {"error": f"the lab has no {path}"}
        except Exception as error:  # noqa: BLE001 - the caller has to see what was wrong with its request
            status, result = "400 Bad Request", {"error": f"{type(error).__name__}: {error}"}
        data = json.dumps(result).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(data)))])
        return [data]


# Taken before the clock may be held still: delays and throttling go by real time.
REAL_CLOCK, REAL_SLEEP = time.monotonic, time.sleep


def _end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end with the process that started this one")
    parser.add_argument("--now", help="hold the clock at this time, 2026-11-20T00:00:00Z")
    arguments = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    if arguments.now:
        import freezegun

        # moto seeds its own generator, but some of it (ElastiCache) takes Python's.
        random.seed(20)
        freezegun.configure(extend_ignore_list=["werkzeug", "socketserver", "http.server", "logging"])
        freezegun.freeze_time(arguments.now).start()
    if arguments.until_stdin_closes:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    server = make_server("127.0.0.1", arguments.port, Lab(), threaded=True, request_handler=Handler)
    print(f"lab server on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
