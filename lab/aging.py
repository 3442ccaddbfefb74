"""Backdating, by reaching into moto: the AWS API has no way to make a key 200 days old.

`age({"kind": KIND, "account": ..., "region": ..., ...})`; the kinds are the functions below.
"""

from __future__ import annotations

import datetime

from moto.backends import get_backend


def _ago(days: float) -> datetime.datetime:
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)).replace(microsecond=0)


def _as(old, new: datetime.datetime) -> datetime.datetime:
    """moto keeps some times with and some without a zone; the new one must be like the old one."""
    aware = isinstance(old, datetime.datetime) and old.tzinfo is not None
    return new if aware else new.replace(tzinfo=None)


def _user(request: dict):
    return get_backend("iam")[request["account"]]["aws"].users[request["name"]]


def user(request: dict) -> None:
    """A user created `days` ago; with `password_used_days`, its password was last used then."""
    found = _user(request)
    found.create_date = _as(found.create_date, _ago(request["days"]))
    if "password_used_days" in request:
        found.password_last_used = _ago(request["password_used_days"])


def access_key(request: dict) -> None:
    """All keys of a user are `days` old, last used `used_days` ago."""
    from moto.iam.models import AccessKeyLastUsed

    for key in _user(request).access_keys:
        key.create_date = _as(key.create_date, _ago(request["days"]))
        if "used_days" in request:
            key.last_used = AccessKeyLastUsed(_ago(request["used_days"]), "s3", "ap-northeast-1")


def root(request: dict) -> None:
    """Whether the root user has MFA and access keys."""
    summary = get_backend("iam")[request["account"]]["aws"].account_summary
    summary._account_mfa_enabled = int(request.get("mfa", False))
    summary._account_access_keys_present = int(request.get("keys", False))


def stopped_instance(request: dict) -> None:
    """A stopped instance stopped `days` ago."""
    found = get_backend("ec2")[request["account"]][request["region"]].get_instance(request["name"])
    found._reason = f"User initiated ({_ago(request['days']).strftime('%Y-%m-%d %H:%M:%S')} GMT)"


def secret(request: dict) -> None:
    """A secret that was created, changed and read `days` ago and never since."""
    found = get_backend("secretsmanager")[request["account"]][request["region"]].secrets[request["name"]]
    moment = _ago(request["days"]).timestamp()
    for field in ("created_date", "last_changed_date", "last_accessed_date", "last_rotation_date"):
        if hasattr(found, field):
            setattr(found, field, moment)


KINDS = {function.__name__: function for function in (user, access_key, root, stopped_instance, secret)}


def age(request: dict) -> None:
    """Dispatches on `kind`; an unknown kind or name is the caller's error."""
    kind = request["kind"]
    if kind not in KINDS:
        raise ValueError(f"cannot age a {kind}; can age {sorted(KINDS)}")
    KINDS[kind](request)
