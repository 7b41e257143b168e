"""A statement that denies what a task needs is narrowed by the element that can leave out just that."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tfcheck.fix.narrowing import narrowing
from tfcheck.iam import parse_policy
from tfcheck.vocabulary.finding import Remedy, Requirement, RoleKind, Severity

FILE, OTHER = "arn:aws:s3:::acme-config/web/prod.env", "arn:aws:s3:::acme-config/jobs/prod.env"
ROLE = "arn:aws:iam::111122223333:role/web"
CONDITION = f'Condition = {{ ArnNotEquals = {{ "aws:PrincipalArn" = "{ROLE}" }} }}'


def narrowed(resource: str = FILE, action: str = "s3:GetObject", **statement: Any) -> Remedy:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", **statement}]})
    (denial,) = parse_policy(policy, "aws_iam_role_policy.web").statements
    need = Requirement("env-file", "t", "web", "/0", RoleKind.EXECUTION, action, resource, Severity.ERROR, "a file")
    return narrowing(denial, [need], [(resource,)], (ROLE,))


@pytest.mark.parametrize(
    ("statement", "element", "entry"),
    [
        ({"Action": "s3:*", "NotResource": OTHER}, "NotResource", FILE),
        ({"NotAction": "ecr:*", "Resource": "*"}, "NotAction", "s3:GetObject"),
        ({"Action": "s3:*", "Resource": [OTHER, FILE]}, "not in Resource", FILE),
    ],
)
def test_an_entry_is_added_or_removed_where_that_is_exact(statement: dict[str, Any], element: str, entry: str) -> None:
    first, line, *_, last = narrowed(**statement).hcl.splitlines()
    assert element in first
    assert line == f'"{entry}",'
    assert last == CONDITION


def test_a_statement_on_everything_names_what_it_must_not_deny() -> None:
    found = narrowed(Action="s3:*", Resource="*")
    assert f'NotResource = ["{FILE}"]' in found.hcl
    assert found.words == "name what it must not deny, or exempt the role by a condition"


@pytest.mark.parametrize(
    "statement",
    [
        {"Action": "s3:*", "Resource": "arn:aws:s3:::acme-config/*"},
        {"Action": "s3:*", "Resource": [OTHER, "arn:aws:s3:::acme-config/web/*"]},
        {"Action": "s3:*", "Resource": [FILE, "arn:aws:s3:::acme-config/web/*"]},
        {"Action": "s3:*", "Resource": [FILE, "*"]},
    ],
)
def test_a_part_of_what_a_pattern_denies_is_left_out_by_a_condition_only(statement: dict[str, Any]) -> None:
    # NotResource in place of this Resource would deny everything in the account.
    assert narrowed(**statement) == Remedy("exempt the role by a condition", CONDITION)


def test_a_call_on_no_resource_never_empties_a_statement() -> None:
    assert "NotResource" not in narrowed("*", "ecr:GetAuthorizationToken", Action="ecr:*", Resource="*").hcl
