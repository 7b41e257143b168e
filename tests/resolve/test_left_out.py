"""First plans of OpenTofu and old Terraform that `-target` has made, which nothing in the plan says."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cases import TESTDATA, Case
from tests.plan.made import change, plan, redacted
from tests.rows import every_row
from tfcheck.analysis.inputs import read_plans
from tfcheck.hcl.modules import from_directory
from tfcheck.plan import Plan, load
from tfcheck.repository import SourceAccess
from tfcheck.resolve import Resolver, refuse_shortened
from tfcheck.resolve.left_out import left_out
from tfcheck.symbolic.value import Unknown
from tfcheck.vocabulary.address import ModulePath
from tfcheck.vocabulary.errors import InputError

ROLE = {"type": "aws_iam_role", "name": "r", "mode": "managed", "expressions": {"name": {}}}
POLICY = {"type": "aws_iam_role_policy", "name": "p", "mode": "managed", "expressions": {"role": {}}}
ROLE_ROW = change("aws_iam_role.r", "create", name="r", after={"name": "r"})
IN_A = change("aws_iam_role_policy.p", "create", name="p", module_address='module.m["a"]', after={})
IN_A |= {"address": 'module.m["a"].aws_iam_role_policy.p'}
POLICY_ROW = change("aws_iam_role_policy.p[0]", "create", name="p", index=0, after={})
ROLE_BLOCK = 'resource "aws_iam_role" "r" {\n  name = "r"\n}\n'


def policy(arguments: str = "") -> str:
    return f'{ROLE_BLOCK}resource "aws_iam_role_policy" "p" {{\n  role = "r"\n  {arguments}\n}}\n'


def planned(*rows: dict[str, Any], **more: Any) -> Plan:
    root = {"resources": [ROLE, POLICY]}
    return plan(*rows, **{"complete": None, "configuration": {"root_module": root}} | more)


def found(made: Plan, directory: Path, text: str) -> list[tuple[str, bool]]:
    (directory / "main.tf").write_text(text)
    asked = Resolver(made, from_directory(directory))
    return [(each.address, each.definite) for each in asked.possibly_left_out]


def test_a_block_of_one_instance_that_has_no_row_is_left_out(tmp_path: Path) -> None:
    assert found(planned(ROLE_ROW), tmp_path, policy()) == [("aws_iam_role_policy.p", True)]
    assert [each.definite for each in left_out(planned(ROLE_ROW), None)] == [False]
    assert [each.definite for each in left_out(planned(ROLE_ROW, complete=True), None)] == [False]  # by a filter


_NO_INSTANCE = ("for_each = toset([])", "count = length([])", "lifecycle {\n    enabled = false\n  }")


@every_row("arguments", _NO_INSTANCE)
def test_a_block_without_instances_is_not_left_out(arguments: str, tmp_path: Path) -> None:
    for filtered in ({}, {"planned_values": None}, {"planned_values": None, "complete": True}):
        assert found(planned(ROLE_ROW, **filtered), tmp_path, policy(arguments)) == []


_OPEN_COUNT = "count = length(aws_iam_role.r.tags)"


@every_row(
    ("arguments", "rows", "more", "expected"),
    [
        ('for_each = toset(["a"])', [ROLE_ROW], {}, True),
        ("count = 1", [ROLE_ROW], {}, True),
        ("count = 1", [ROLE_ROW, POLICY_ROW], {}, False),
        ("count = 2", [ROLE_ROW, POLICY_ROW], {}, True),
        (_OPEN_COUNT, [ROLE_ROW], {}, True),
        (_OPEN_COUNT, [ROLE_ROW, POLICY_ROW], {}, False),
        (_OPEN_COUNT, [ROLE_ROW, POLICY_ROW], {"planned_values": None}, True),
        ("count = 1", [ROLE_ROW], {"complete": True}, False),
        ("count = 1", [ROLE_ROW], {"complete": True, "planned_values": None}, True),
    ],
)
def test_instances_that_the_sources_declare_and_the_plan_lacks_may_be_left_out(
    arguments: str, rows: list[dict[str, Any]], more: dict[str, Any], expected: bool, tmp_path: Path
) -> None:
    made = planned(*rows, **more)
    assert found(made, tmp_path, policy(arguments)) == [("aws_iam_role_policy.p", False)] * expected
    seen = Resolver(made, from_directory(tmp_path)).resource(ModulePath(), "managed", "aws_iam_role_policy", "p")
    assert isinstance(seen, Unknown) is expected


def test_what_the_sources_do_not_have_is_not_certain(tmp_path: Path) -> None:
    assert found(planned(ROLE_ROW), tmp_path, ROLE_BLOCK) == [("aws_iam_role_policy.p", False)]


@every_row(
    ("arguments", "rows", "more", "expected"),
    [
        ('for_each = toset(["a", "b"])', [], {}, True),
        ('for_each = toset(["a", "b"])', [IN_A], {}, True),
        ('for_each = toset(["a"])', [IN_A], {}, False),
        ("for_each = aws_iam_role.r.tags", [IN_A], {}, False),
        ("for_each = aws_iam_role.r.tags", [IN_A], {"planned_values": None}, True),
        ("for_each = aws_iam_role.r.tags", [], {}, True),
    ],
)
def test_an_instance_of_a_module_may_be_left_out(
    arguments: str, rows: list[dict[str, Any]], more: dict[str, Any], expected: bool, tmp_path: Path
) -> None:
    (tmp_path / "m").mkdir(exist_ok=True)
    (tmp_path / "m" / "main.tf").write_text(policy())
    (tmp_path / "main.tf").write_text(f'{ROLE_BLOCK}module "m" {{\n  source = "./m"\n  {arguments}\n}}\n')
    repeated = {"source": "./m", "for_each_expression": {"references": []}, "module": {"resources": [POLICY]}}
    root = {"resources": [ROLE], "module_calls": {"m": repeated}}
    made = planned(ROLE_ROW, *rows, configuration={"root_module": root}, **more)
    left_out = Resolver(made, from_directory(tmp_path)).possibly_left_out
    assert [each.address for each in left_out] == ["module.m.aws_iam_role_policy.p"] * expected
    alone = Resolver(made).possibly_left_out
    assert bool(alone) is (not rows or bool(more))


def test_a_call_that_may_have_no_instance_decides_for_its_module(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "main.tf").write_text(policy())
    call = {"source": "./m", "module": {"resources": [POLICY]}}
    made = planned(ROLE_ROW, configuration={"root_module": {"resources": [ROLE], "module_calls": {"m": call}}})
    for arguments, expected in (
        ("", [("module.m.aws_iam_role_policy.p", True)]),
        ("  for_each = toset([])\n", []),
        ("  lifecycle {\n    enabled = false\n  }\n", []),
    ):
        (tmp_path / "main.tf").write_text(f'{ROLE_BLOCK}module "m" {{\n  source = "./m"\n{arguments}}}\n')
        asked = Resolver(made, from_directory(tmp_path))
        assert [(each.address, each.definite) for each in asked.possibly_left_out] == expected


@every_row(
    "made",
    [
        planned(ROLE_ROW, POLICY_ROW),
        planned(change("aws_iam_role.r", "delete", name="r", before={"name": "r"}, after=None)),  # -destroy
        planned(ROLE_ROW, resource_changes=None),  # -refresh-only
        redacted(ROLE_ROW),
    ],
)
def test_a_plan_of_everything_leaves_nothing_out(made: Plan, tmp_path: Path) -> None:
    assert found(made, tmp_path, policy()) == []


def partial_plans(case: Case) -> list[tuple[str, dict[str, Any]]]:
    """Return a first plan without each resource that no other one needs, as `-target` leaves it out."""
    document = json.loads((case.folder / "plan.json").read_bytes())
    for section in ("planned_values", "complete"):
        document.pop(section, None)
    configuration = json.dumps(document["configuration"])
    made = []
    for row in document["resource_changes"]:
        name = f"{row['type']}.{row['name']}"
        is_needed = f'"{name}"' in configuration.replace(f'"address": "{name}"', "")
        if row["change"]["actions"] == ["create"] and "index" not in row and not is_needed:
            others = [each for each in document["resource_changes"] if each is not row]
            made.append((row["address"], document | {"resource_changes": others}))
    return made


@pytest.mark.parametrize("name", ["access-changed", "bucket-policy-denies", "conditional-grant", "exclusive-lists"])
def test_a_targeted_plan_is_refused_with_its_sources(name: str) -> None:
    case = Case(TESTDATA / name)
    made = partial_plans(case)
    assert made
    for address, document in made:
        found = load(None, io.BytesIO(json.dumps(document).encode())).plans[0]
        with pytest.raises(InputError, match="is not a complete plan: it leaves out") as caught:
            refuse_shortened(found, case.sources(found))
        assert f"`{address}`, which its configuration declares" in caught.value.message


def test_every_command_refuses_a_targeted_plan(tmp_path: Path) -> None:
    case = Case(TESTDATA / "access-changed")
    (address, document), *_ = partial_plans(case)
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="not a complete plan") as caught:
        read_plans(path, case.folder, SourceAccess())
    assert f"`{path}` is not a complete plan: it leaves out `{address}`" in caught.value.message
