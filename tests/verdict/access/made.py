"""Roles made by hand, and what changes between two of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from tfcheck.iam import Caller, Policy, conceal, parse_policy
from tfcheck.role import Role
from tfcheck.role.policies import AttachedPolicies
from tfcheck.symbolic.value import Value
from tfcheck.verdict.access import RolePair, compare_pair
from tfcheck.vocabulary.access import AccessChange

CALLER = Caller("arn:aws:iam::123456789012:role/app", "app", "123456789012", tags={})
LABEL = "aws_iam_role.app"


Written = dict[str, Any]


def statement(action: Value, resource: Value = "*", effect: Value = "Allow") -> Written:
    return {"Effect": effect, "Action": action, "Resource": resource}


def allow(action: Value, resource: Value = "*", /, **conditions: Written) -> Written:
    return {**statement(action, resource), **({"Condition": conditions} if conditions else {})}


def deny(action: Value, resource: Value = "*", /, **conditions: Written) -> Written:
    return {**allow(action, resource, **conditions), "Effect": "Deny", "Sid": "Guard"}


def policy(*statements: Written, name: str = "aws_iam_role_policy.own") -> Policy:
    found = parse_policy({"Version": "2012-10-17", "Statement": list(statements)}, name)
    assert found.invalid is None, found.invalid
    return found


def role(*statements: Written, boundary: Iterable[Written] | None = None, hidden: str = "") -> Role:
    ceiling = None if boundary is None else (policy(*boundary, name="aws_iam_policy.boundary"),)
    own = AttachedPolicies((policy(*statements),) if statements else (), (hidden,) if hidden else ())
    return Role(LABEL, True, CALLER, own, boundary=ceiling)


def secret(role: Role) -> Role:
    """Mark the role's own policies as sensitive."""
    return msgspec.structs.replace(role, attached=AttachedPolicies(tuple(map(conceal, role.attached.identity))))


def changes(before: Role | None, after: Role | None) -> list[AccessChange]:
    return list(compare_pair(RolePair(LABEL, before, after)))


def changes_in_words(before: Role | None, after: Role | None) -> list[str]:
    """Write what changes as one would read it: `-` or `+`, what of it stays in brackets, then what decides."""
    return [_told(each) for each in changes(before, after)]


def _told(each: AccessChange) -> str:
    kept = f" [{', '.join(f'{piece.action} {piece.resource}' for piece in each.kept)}]" if each.kept else ""
    mark = "-" if each.change == "revoked" else "+"
    return f"{mark} {each.action} {each.resource}{kept}{f': {each.because}' if each.because else ''}"
