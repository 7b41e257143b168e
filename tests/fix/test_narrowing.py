"""A statement that denies what a task needs is narrowed by the element that can leave out just that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from tests.rows import every_row
from tfcheck.fix.text.policy_text import file_of
from tfcheck.fix.words.narrowing import DenialPlace, narrowing
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import read_source
from tfcheck.iam import PolicyKind, parse_policy
from tfcheck.symbolic.value import display
from tfcheck.vocabulary.finding import Remedy, Requirement, RoleKind, Severity

FILE, OTHER = "arn:aws:s3:::acme-config/web/prod.env", "arn:aws:s3:::acme-config/jobs/prod.env"
ROLE = "arn:aws:iam::111122223333:role/web"
CONDITION = f'Condition = {{ ArnNotEquals = {{ "aws:PrincipalArn" = "{ROLE}" }} }}'


def narrowed(
    resource: str = FILE,
    action: str = "s3:GetObject",
    *,
    ways: Mapping[str, bool] = MappingProxyType({}),
    **statement: Any,
) -> Remedy:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", **statement}]})
    kind = PolicyKind.RESOURCE if "Principal" in statement else PolicyKind.IDENTITY
    (denial,) = parse_policy(policy, "aws_iam_role_policy.web", kind).statements
    need = Requirement("env-file", "t", "web", "/0", RoleKind.EXECUTION, action, resource, Severity.ERROR, "a file")
    return narrowing(denial, [need], DenialPlace([(resource,)], (ROLE,), lambda value: (display(value),), **ways))


@pytest.mark.parametrize(
    ("statement", "element", "entry"),
    [
        ({"Action": "s3:*", "NotResource": OTHER}, "NotResource", FILE),
        ({"NotAction": "ecr:*", "Resource": f"{FILE[:20]}*"}, "NotAction", "s3:GetObject"),
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


@every_row(
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


def test_what_not_action_leaves_out_is_denied_on_the_other_resources_by_a_second_statement() -> None:
    condition = {"Bool": {"aws:ViaAWSService": "false"}}
    found = narrowed(NotAction="ecr:*", Resource="*", Condition=condition)
    assert "stops denying it on every resource" in found.words
    assert (
        f'  NotResource = ["{FILE}"]\n  Condition   = {{ Bool = {{ "aws:ViaAWSService" = "false" }} }}\n' in found.hcl
    )
    by_variable = {"StringEquals": {"aws:PrincipalTag/team": "${aws:username}"}}
    assert "second statement" not in narrowed(NotAction="ecr:*", Resource="*", Condition=by_variable).words


def test_a_condition_is_shown_with_those_that_the_statement_has() -> None:
    where: dict[str, Any] = {"Action": "s3:*", "Resource": "arn:aws:s3:::acme-config/*"}
    found = narrowed(**where, Condition={"Bool": {"aws:SecureTransport": "true"}})
    assert found.words == "exempt the role by another condition"
    assert found.hcl.splitlines() == [
        "Condition = {",
        '  Bool         = { "aws:SecureTransport" = "true" }',
        f'  ArnNotEquals = {{ "aws:PrincipalArn" = "{ROLE}" }}',
        "}",
    ]
    admins = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}
    found = narrowed(**where, Condition=admins)
    assert found.words == "add the role to its `ArnNotLike`"
    assert (
        found.hcl
        == f'Condition = {{ ArnNotLike = {{ "aws:PrincipalArn" = ["arn:aws:iam::*:role/admin", "{ROLE}"] }} }}'
    )
    found = narrowed(**where, Condition={"StringEquals": {"aws:PrincipalTag/team": "${aws:username}"}})
    assert found == Remedy(
        "exempt the role by a condition beside those that it has", f"# in {CONDITION[:9]}\n{CONDITION[14:-2]}"
    )


def test_the_text_is_what_the_policy_is_written_in() -> None:
    where: dict[str, Any] = {"Action": "s3:*", "Resource": "arn:aws:s3:::acme-config/*"}
    block = narrowed(**where, ways={"in_document": True}).hcl
    assert block.splitlines()[:2] == ["condition {", '  test     = "ArnNotEquals"']
    json = narrowed(**where, Condition={"Bool": {"aws:SecureTransport": "true"}}, ways={"in_json": True}).hcl
    assert json.splitlines() == [
        '"Condition": {',
        '  "Bool": { "aws:SecureTransport": "true" },',
        f'  "ArnNotEquals": {{ "aws:PrincipalArn": "{ROLE}" }}',
        "}",
    ]
    assert narrowed(Action="s3:*", Resource="*", ways={"in_json": True}).hcl.splitlines()[:2] == [
        "# in place of Resource",
        f'"NotResource": ["{FILE}"]',
    ]
    own = narrowed(**where, ways={"own": True})
    assert (own.words, own.hcl) == ("let it match less, or remove it, since its policy affects only this role", "")
    document = narrowed(NotAction="ecr:*", Resource="*", ways={"own": True, "in_document": True}).hcl
    assert f'  not_resources = ["{FILE}"]' in document.splitlines()


@every_row(
    ("text", "file"),
    [
        ('templatefile("${path.module}/policies/a.json.tftpl", { arn = var.arn })', "policies/a.json.tftpl"),
        ('file("policies/a.json")', "policies/a.json"),
        ('file("${var.folder}/a.json")', ""),
        ("jsonencode({})", ""),
    ],
)
def test_a_policy_that_is_read_from_a_file_names_it(text: str, file: str) -> None:
    (block,) = read_source(SourceText("main.tf", f'resource "aws_iam_policy" "p" {{\n  policy = {text}\n}}\n')).blocks
    assert file_of(block.arguments["policy"]) == file


def test_a_policy_of_one_secret_exempts_the_role_alone() -> None:
    secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-abcdef"
    found = narrowed(secret, "secretsmanager:GetSecretValue", Principal="*", Action="secretsmanager:*", Resource="*")
    assert found == Remedy("exempt the role by a condition", CONDITION)


def test_a_role_may_get_the_tag_that_a_denial_wants_it_to_have() -> None:
    condition = {"StringNotEquals": {"aws:PrincipalTag/team": "web"}}
    found = narrowed(Action="s3:*", Resource=FILE.replace("web", "*"), Condition=condition)
    assert found.words == "tag the role as its condition demands, or exempt the role by another condition"
    assert found.hcl.startswith('# in the role\ntags = {\n  team = "web"\n}\n# or in the statement\n')
