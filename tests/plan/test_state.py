"""The state of another stack is read as a plan that changes nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.cases import TESTDATA
from tfcheck.plan import Plan, load
from tfcheck.plan.state import load_shown
from tfcheck.vocabulary.errors import InputError

STATE = TESTDATA / "role-stack" / "state.json"


def plan_of_state(tmp_path: Path, document: Any) -> Plan:
    path = tmp_path / "state.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    found = load_shown(path)
    assert found.is_state
    return found.loaded.plans[0]


def state(*resources: dict[str, Any], children: Sequence[dict[str, Any] | None] = ()) -> dict[str, Any]:
    root = {"resources": list(resources), "child_modules": list(children)}
    return {"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": root}}


def resource(address: str, **parts: Any) -> dict[str, Any]:
    kind, name = address.split(".")[-2:]
    return {"address": address, "mode": "managed", "type": kind, "name": name, "values": {}, **parts}


def test_a_state_says_what_the_plan_after_the_apply_says() -> None:
    ours = load_shown(STATE).loaded.plans[0]
    plan = load(STATE.parent / "applied.plan.json").plans[0]
    for kind in ("aws_iam_role_policy", "aws_iam_role_policy_attachment", "aws_s3_bucket_policy"):
        theirs = {str(each.address): each.after for each in plan.instances(kind)}
        found = {str(each.address): each.after for each in ours.instances(kind)}
        assert found == theirs
        assert found


def test_everything_stays_as_it_is(tmp_path: Path) -> None:
    plan = plan_of_state(
        tmp_path, state(resource("aws_iam_role.a", values={"name": "a"}, sensitive_values={"name": True}))
    )
    (role,) = plan.instances("aws_iam_role")
    assert role.actions == ("no-op",)
    assert role.before == role.after == {"name": "a"}
    assert role.before_sensitive == role.after_sensitive == {"name": True}


def test_child_modules_and_instance_keys_are_kept(tmp_path: Path) -> None:
    inner = {
        "address": 'module.a["x"].module.b',
        "resources": [
            {**resource("aws_iam_role.r"), "address": 'module.a["x"].module.b.aws_iam_role.r[1]', "index": 1}
        ],
    }
    plan = plan_of_state(tmp_path, state(children=[{"address": 'module.a["x"]', "child_modules": [inner]}, None]))
    assert [str(each.address) for each in plan.instances("aws_iam_role")] == [
        'module.a["x"].module.b.aws_iam_role.r[1]'
    ]


def test_data_sources_are_what_was_read(tmp_path: Path) -> None:
    data = {**resource("data.aws_iam_role.r", mode="data"), "values": {"name": "r"}}
    plan = plan_of_state(tmp_path, state(data))
    assert [each.values for each in plan.data_sources("aws_iam_role")] == [{"name": "r"}]
    assert plan.instances("aws_iam_role") == []


def test_deposed_objects_and_what_is_not_wanted_are_left_out(tmp_path: Path) -> None:
    gone = resource("aws_iam_role.old", deposed_key="0a1b2c3d")
    plan = plan_of_state(tmp_path, state(gone, resource("aws_instance.web"), resource("aws_ecs_task_definition.t")))
    assert plan.instances("aws_iam_role", "aws_instance", "aws_ecs_task_definition") == []


def test_an_empty_state_holds_nothing(tmp_path: Path) -> None:
    assert plan_of_state(tmp_path, {"format_version": "1.0"}).instances("aws_iam_role") == []


def test_a_plan_is_not_a_state() -> None:
    found = load_shown(STATE.parent / "plan.json")
    assert not found.is_state
    assert found.loaded.plans[0].instances("aws_iam_role")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"version": 4, "serial": 3, "lineage": "x", "resources": []}', "is a raw state"),
        ('{"format_version": "1.0", "values": {"root_module": {"resources": 7}}}', "cannot be read"),
        ('{"a": 1}', "neither a Terraform plan nor a state$"),
        ("{}", "neither a Terraform plan nor a state$"),
        ('{"format_version": "2.0", "values": {"root_module": {}}}', "has format version 2.0, and this tfcheck knows"),
        ("[]", "it is not an object"),
        ("", "is empty"),
        ("no JSON", "is not JSON"),
    ],
)
def test_anything_else_is_refused_in_one_line(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=problem) as caught:
        load_shown(path)
    assert "\n" not in caught.value.message
