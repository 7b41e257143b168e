"""A plan of another provider version, or one that a tool has edited, gives the same report."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.cases import TESTDATA, Case, with_plan
from tests.laws import part, some
from tests.other_schema import (
    of_version_4,
    with_more,
    with_more_computed,
    with_newer_keys,
    with_references,
    without_nulls,
)
from tfcheck.analysis.check import check
from tfcheck.analysis.options import RunOptions
from tfcheck.plan import Plan, load
from tfcheck.report.json import document
from tfcheck.vocabulary.finding import Report

CASES = with_plan()
_COMPARED = ("task_definition", "container", "pointer", "action", "role", "verdict", "reason", "before")


CHANGES: Sequence[Callable[[Any], Any]] = (without_nulls, of_version_4, with_more, with_more_computed, with_newer_keys)


@pytest.mark.parametrize("case", part(CASES, 16), ids=repr)
def test_attributes_that_nobody_sets_change_nothing(case: Case) -> None:
    plan = json.loads((case.folder / "plan.json").read_bytes())
    expected = without_its_path(case.report())
    for change in some(CHANGES, CASES.index(case)):
        assert reported(case, read(change(plan))) == expected, change.__name__


@pytest.mark.parametrize("case", part(CASES, 16, first=8), ids=repr)
def test_references_in_the_place_of_values_are_read_as_such(case: Case) -> None:
    plan = json.loads((case.folder / "plan.json").read_bytes())
    expected, edited = compared(case.report()), with_references(plan)
    assert rows(case, edited) == expected
    wrong = [  # without sources they decide nothing wrong
        (mine, theirs)
        for mine, theirs in zip(expected, rows(None, edited), strict=False)
        if mine[:4] == theirs[:4] and theirs[5] not in ("unknown", mine[5]) and mine[5] != "unknown"
    ]
    assert wrong == []


def test_a_role_named_by_a_reference_is_that_role() -> None:
    """Filters for Atlantis write the address of what is unknown into `after`, and drop its mark."""
    case = Case(TESTDATA / "granted-to-task-role")
    plan = json.loads((case.folder / "plan.json").read_bytes())
    edited = with_references(plan)
    named = [row["change"]["after"].get("role") for row in edited["resource_changes"]]
    assert any(str(each).startswith("aws_iam_role.") for each in named)
    assert rows(None, edited) == rows(None, plan)


def read(plan: Any) -> Plan:
    return load(None, io.BytesIO(json.dumps(plan).encode())).plans[0]


def reported(case: Case, plan: Plan) -> Any:
    return without_its_path(check(plan, case.sources(plan), RunOptions(fixes=True)))


def without_its_path(report: Report) -> Any:
    return {name: part for name, part in document(report).items() if name != "plan"}


def rows(case: Case | None, plan: Any) -> list[tuple[Any, ...]]:
    loaded = read(plan)
    return compared(check(loaded, case.sources(loaded) if case else None))


def compared(report: Report) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in _COMPARED) for row in document(report)["requirements"]]
