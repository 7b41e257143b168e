"""What a tool has removed from a plan, or put into another order, decides nothing else: it is unknown, or refused."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TypeAlias

import pytest

from tests.cases import TESTDATA, Case, with_expectation
from tests.laws import part
from tests.plan.made import loaded
from tests.test_without_sources import Place, by_place
from tfcheck.analysis.check import check
from tfcheck.resolve import refuse_shortened
from tfcheck.vocabulary.errors import InputError
from tfcheck.vocabulary.finding import Report

Filter: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


def without(*sections: str) -> Filter:
    return lambda document: {name: each for name, each in document.items() if name not in sections}


def only(*sections: str) -> Filter:
    return lambda document: {name: each for name, each in document.items() if name in sections}


def listing(keeps: Callable[[dict[str, Any]], bool]) -> Filter:
    return lambda document: document | {"resource_changes": [*filter(keeps, document["resource_changes"])]}


def in_another_order(document: dict[str, Any]) -> dict[str, Any]:
    return document | {"resource_changes": document["resource_changes"][::-1]}


def redacted(document: dict[str, Any]) -> dict[str, Any]:
    return {"plan_format_version": "1.2", "resource_changes": document["resource_changes"]}


def without_arguments(document: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(document).replace('"expressions"', '"removed"'))  # type: ignore[no-any-return]


FILTERS: dict[str, Filter] = {
    "another order": in_another_order,
    "no configuration": without("configuration"),
    "no data sources": listing(lambda row: row["mode"] == "managed"),
    "no prior state": without("prior_state"),
    "no unchanged rows": listing(lambda row: row["change"]["actions"] != ["no-op"]),
    "no variables": without("variables"),
    "nothing but rows": only("format_version", "resource_changes"),
    "nothing but rows and configuration": only("format_version", "resource_changes", "configuration"),
    "redacted": redacted,
}
#: Filters that once changed a verdict or a finding of a case.
_FOUND = (
    ("bucket-policy-denies", "no data sources"),
    ("bucket-policy-looked-up", "no prior state"),
    ("bucket-in-other-account", "redacted"),
    ("bucket-policy-looked-up", "redacted"),
    ("guards-of-several-roles", "redacted"),
    ("region-from-environment", "redacted"),
    ("same-name-elsewhere", "no configuration"),
    ("what-exists", "no prior state"),
)
_ALL = [*itertools.product(with_expectation(), FILTERS)]
_TRIED = dict.fromkeys((*((Case(TESTDATA / name), by) for name, by in _FOUND), *part(_ALL, len(_ALL))))


@pytest.mark.parametrize(("case", "by"), _TRIED, ids=repr)
def test_what_a_filter_removes_decides_nothing_else(case: Case, by: str) -> None:
    for file in filter(case.has, ("plan.json", "applied.plan.json")):
        whole = (case.report(file), case.report_without_sources(file))
        for report in reports(case, FILTERS[by](json.loads((case.folder / file).read_bytes()))):
            for place, verdicts in by_place(report).items():
                known = set[str]().union(*(_verdicts(each, place) for each in whole)) or {"allowed"}
                # NOTE: where one of several calls is made, each has a row; the place is as open as any of them.
                assert verdicts - ({"allowed"} if "unknown" in verdicts else set()) <= {"unknown"} | known
            assert mistakes(report) <= mistakes(whole[0]) | mistakes(whole[1]), file


def reports(case: Case, document: dict[str, Any]) -> Iterator[Report]:
    """Check a filtered plan with its sources and without, unless it is refused."""
    with suppress(InputError):
        made = loaded(json.dumps(document)).plans[0]
        refuse_shortened(made, None)
        yield check(made)
        sources = case.sources(made, option=".")
        refuse_shortened(made, sources)
        yield check(made, sources)


def _verdicts(report: Report, place: Place) -> set[str]:
    """Return the verdicts at a place; a container without a known name is any of its task definition."""
    task, container, pointer, action = place
    rows = by_place(report)
    if container is None or not container.startswith("#"):
        return rows.get(place, set())
    found = (each for (of, _, at, call), each in rows.items() if (of, at, call) == (task, pointer, action))
    return set[str]().union(*found)


def mistakes(report: Report) -> set[tuple[str, str]]:
    return {(each.rule, each.message) for each in report.findings if not each.answers}


@pytest.mark.parametrize(
    ("removed", "lacks"),
    [
        (without_arguments, "its `configuration` lacks the arguments of `aws_ecs_task_definition.orders`"),
        (
            lambda document: document | {"configuration": {"root_module": {}}},
            "its `configuration` lacks `aws_ecs_task_definition.orders`, which its `resource_changes` have",
        ),
        (
            listing(lambda row: row["type"] != "aws_iam_role"),
            "it leaves out `aws_iam_role.execution`, which its `planned_values` hold",
        ),
        (
            without("resource_changes"),
            "it leaves out `aws_ecs_task_definition.orders`, which its `planned_values` hold",
        ),
    ],
)
def test_a_plan_without_a_part_that_every_plan_has_is_refused(removed: Filter, lacks: str) -> None:
    document = removed(json.loads((TESTDATA / "literal-granted" / "plan.json").read_bytes()))
    with pytest.raises(InputError) as caught:
        refuse_shortened(loaded(json.dumps(document)).plans[0], None)
    assert caught.value.message == f"standard input is not a complete plan: {lacks}"
    assert caught.value.hint == "pass the unfiltered output of `terraform show -json`"


@pytest.mark.parametrize("part_of_it", ["prior_state", "complete"])
def test_an_unchanged_resource_that_is_filtered_out_is_never_taken_as_absent(part_of_it: str) -> None:
    case = Case(TESTDATA / "file-system-closed")
    document = json.loads((case.folder / "applied.plan.json").read_bytes())
    rows = [each for each in document["resource_changes"] if each["type"] != "aws_efs_file_system_policy"]
    assert len(rows) < len(document["resource_changes"])
    expected = by_place(case.report("applied.plan.json"))
    for report in reports(case, without(part_of_it, "planned_values")(document | {"resource_changes": rows})):
        assert all(found <= {"unknown"} | expected[place] for place, found in by_place(report).items())
