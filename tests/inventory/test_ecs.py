"""Check that invalid container definitions are reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import TESTDATA
from tests.made_world import task
from tfcheck.analysis.check import check
from tfcheck.inventory.ecs import Container, member
from tfcheck.plan import load
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.symbolic.value import Value

PLAN = TESTDATA / "literal-missing" / "plan.json"


@pytest.mark.parametrize("levels", [150, 900, 20_000])
def test_deeply_nested_container_definitions_are_skipped(levels: int, tmp_path: Path) -> None:
    shown = json.loads(PLAN.read_text())
    for each in shown["resource_changes"]:
        if each["type"] == "aws_ecs_task_definition":
            after = each["change"]["after"]
            deep = f'[{{"x": {"[" * levels}{"]" * levels},'
            after["container_definitions"] = after["container_definitions"].replace("[{", deep, 1)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(shown))
    report = check(load(file).plans[0])
    assert [each.address for each in report.skipped] == ["aws_ecs_task_definition.orders"]
    assert "nested too deeply" in report.skipped[0].reason


@pytest.mark.parametrize("kind", ["awscc_ecs_task_definition", "aws_ecs_daemon_task_definition"])
def test_task_definitions_of_other_types_are_skipped_and_not_passed_over(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(PLAN.read_text().replace("aws_ecs_task_definition", kind))
    report = check(load(file).plans[0])
    assert report.task_definitions == (f"{kind}.orders",)
    assert [each.address for each in report.skipped] == [f"{kind}.orders"]
    assert "not read" in report.skipped[0].reason
    (trust,) = report.answers
    assert trust.waits_for.startswith("which role it is")


@given(st.dictionaries(st.sampled_from(["logRouter", "LogRouter", "LOGROUTER", "logrouters", "name"]), st.integers()))
def test_a_container_returns_the_members_of_its_definition(definition: dict[str, Value]) -> None:
    container = Container(0, "web", definition)
    for name in ("logRouter", "name", "image"):
        assert container.member(name) == member(definition, name)


def test_a_container_name_is_shown_without_its_sensitive_parts() -> None:
    found = task({"name": Sensitive("web1", ((3, 4),))}).containers[0]
    assert (found.name, found.written_name) == ("web(sensitive)", "web1")
