"""Container definitions that cannot be read are reported, whatever they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cases import TESTDATA
from tfcheck.analysis.check import check
from tfcheck.plan import load

PLAN = TESTDATA / "literal-missing" / "plan.json"


@pytest.mark.parametrize("levels", [150, 900, 20_000])
def test_definitions_that_nest_too_deep_are_skipped(levels: int, tmp_path: Path) -> None:
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
