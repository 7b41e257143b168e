"""Bombs in what exists in other stacks: states with many objects, alone and in many files."""

from __future__ import annotations

import json

from tests.bombs.stack import (
    ACCOUNT,
    PROVIDER,
    TRUST,
    Bomb,
    Json,
    Making,
    container,
    plan,
    policy,
    role,
    statements,
    task,
)


def _resource(address: str, values: Json, **more: object) -> Json:
    kind, name = address.split(".")
    row = {"address": address, "mode": "managed", "type": kind, "name": name, "provider_name": PROVIDER}
    return row | {"values": values, "sensitive_values": {}} | more


def _policies(count: int) -> list[Json]:
    """Make so many policies of the role."""
    return [
        _resource(
            f"aws_iam_role_policy.p{i}",
            {"name": f"p{i}", "role": "execution", "policy": json.dumps(statements(f"arn:aws:s3:::c{i}/*"))},
        )
        for i in range(count)
    ]


def _roles(count: int) -> list[Json]:
    """Make so many roles."""
    arn, trust = f"arn:aws:iam::{ACCOUNT}:role", json.dumps(TRUST)
    return [
        _resource(f"aws_iam_role.r{i}", {"name": f"r{i}", "arn": f"{arn}/r{i}", "assume_role_policy": trust})
        for i in range(count)
    ]


def _buckets(count: int) -> list[Json]:
    """Make so many buckets with a sensitive tag."""
    marks = {"tags": {"k": True}}
    return [
        _resource(f"aws_s3_bucket.b{i}", {"bucket": f"b{i}", "tags": {"k": f"secret{i}"}}, sensitive_values=marks)
        for i in range(count)
    ]


def _states(*states: list[Json]) -> Bomb:
    """Pass so many states with these resources as context."""
    files = {
        f"s{i}.json": json.dumps({"format_version": "1.0", "values": {"root_module": {"resources": rows}}})
        for i, rows in enumerate(states)
    }
    checked = plan(role(), policy(statements("arn:aws:s3:::config/x")), task([container()]))
    return Bomb(checked, files, tuple(part for name in files for part in ("--context", name)))


CONTEXTS: dict[str, Making] = {
    "context-policies-1e4": lambda: _states(_policies(10_000)),
    "context-policies-5e4": lambda: _states(_policies(50_000)),
    "context-roles-1e4": lambda: _states(_roles(10_000)),
    "context-buckets-1e4": lambda: _states(_buckets(10_000)),
    "context-files": lambda: _states(*(_policies(50) for _ in range(200))),
}
