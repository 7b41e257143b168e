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
from tests.test_without_sources import by_place
from tfcheck.analysis.check import check
from tfcheck.resolve import refuse_left_out
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


def without_arguments(document: dict[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(document))
    for each in _blocks(copied["configuration"].get("root_module", {})):
        for key in ("expressions", "count_expression", "for_each_expression"):
            each.pop(key, None)
    return copied


def _blocks(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from module.get("resources", ())
    for call in module.get("module_calls", {}).values():
        yield call
        yield from _blocks(call.get("module", {}))


FILTERS: dict[str, Filter] = {
    "another order": in_another_order,
    "no arguments": without_arguments,
    "no configuration": without("configuration"),
    "no data sources": listing(lambda row: row["mode"] == "managed"),
    "no prior state": without("prior_state"),
    "no unchanged rows": listing(lambda row: row["change"]["actions"] != ["no-op"]),
    "no variables": without("variables"),
    "nothing but rows": only("format_version", "resource_changes"),
    "nothing but rows and configuration": only("format_version", "resource_changes", "configuration"),
}
#: Filters that once changed a verdict or a finding of a case.
_FOUND = (
    ("bucket-policy-denies", "no data sources"),
    ("bucket-policy-looked-up", "no prior state"),
    ("inputs-of-modules", "no arguments"),
    ("proxies-of-services", "no arguments"),
    ("same-name-elsewhere", "no configuration"),
    ("what-exists", "no prior state"),
)
#: Without the configuration nothing shows provider aliases and references: a verdict is still wrong. Only the thorough
#: profile tries these.
_STILL_WRONG = {
    "bucket-in-other-account": ("no configuration", "nothing but rows"),
    "bucket-policy-looked-up": ("nothing but rows",),
    "document-that-denies": ("no arguments", "no configuration", "no data sources", "nothing but rows"),
    "encryption-changed": ("no arguments", "no configuration", "nothing but rows"),
    "guards-of-several-roles": ("no configuration", "nothing but rows"),
    "provider-for-each": ("no configuration",),
    "region-from-environment": ("no arguments", "no configuration"),
    "what-exists": ("nothing but rows",),
}
_ALL = [*itertools.product(with_expectation(), FILTERS)]
_TRIED = dict.fromkeys((*((Case(TESTDATA / name), by) for name, by in _FOUND), *part(_ALL, len(_ALL))))


@pytest.mark.parametrize(("case", "by"), _TRIED, ids=repr)
def test_what_a_filter_removes_decides_nothing_else(case: Case, by: str, request: pytest.FixtureRequest) -> None:
    if by in _STILL_WRONG.get(case.name, ()):
        request.applymarker(pytest.mark.xfail(reason="the configuration is missing", strict=True))
    for file in filter(case.has, ("plan.json", "applied.plan.json")):
        whole = (case.report(file), case.report_without_sources(file))
        for report in reports(case, FILTERS[by](json.loads((case.folder / file).read_bytes()))):
            for place, verdicts in by_place(report).items():
                known = set[str]().union(*(by_place(each).get(place, set()) for each in whole))
                assert verdicts <= {"unknown"} | known, (file, place)
            assert mistakes(report) <= mistakes(whole[0]) | mistakes(whole[1]), file


def reports(case: Case, document: dict[str, Any]) -> Iterator[Report]:
    """Check a filtered plan with its sources and without, unless it is refused."""
    with suppress(InputError):
        made = loaded(json.dumps(document)).plans[0]
        sources = case.sources(made)
        yield check(made)
        refuse_left_out(made, sources)
        yield check(made, sources)


def mistakes(report: Report) -> set[tuple[str, str]]:
    return {(each.rule, each.message) for each in report.findings if not each.answers}


@pytest.mark.parametrize("part_of_it", ["prior_state", "complete"])
def test_an_unchanged_resource_that_is_filtered_out_is_never_taken_as_absent(part_of_it: str) -> None:
    case = Case(TESTDATA / "file-system-closed")
    document = json.loads((case.folder / "applied.plan.json").read_bytes())
    rows = [each for each in document["resource_changes"] if each["type"] != "aws_efs_file_system_policy"]
    assert len(rows) < len(document["resource_changes"])
    expected = by_place(case.report("applied.plan.json"))
    for report in reports(case, without(part_of_it)(document | {"resource_changes": rows})):
        assert all(found <= {"unknown"} | expected[place] for place, found in by_place(report).items())
