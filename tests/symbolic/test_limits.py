"""Check that a run is limited and reports that once, in short texts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.bombs.stack import container, plan, policy, role, statements, task
from tests.cases import TESTDATA, Case
from tests.plan.made import loaded
from tests.symbols import symbol
from tfcheck.analysis import check as analysis
from tfcheck.analysis.check import check
from tfcheck.analysis.options import RunOptions
from tfcheck.checks import deploy_order
from tfcheck.cli import main
from tfcheck.inventory.ecs import MOST_CONTAINERS
from tfcheck.symbolic import limits
from tfcheck.symbolic.match import Verbatim, glob
from tfcheck.symbolic.value import Text, Truth, Unknown
from tfcheck.vocabulary.clipping import clip, clip_words
from tfcheck.vocabulary.finding import Report, Verdict

PLAN = str(Path(__file__).parent.parent.parent / "testdata" / "literal-missing" / "plan.json")


def checked(*rows: dict[str, object]) -> Report:
    return check(loaded(json.dumps(plan(*rows))).plans[0])


def test_an_allowance_stays_used_up() -> None:
    with limits.limit_steps() as allowance:
        assert limits.take(limits.STEPS)
        assert not limits.take(1)
        assert not limits.take(0)
        assert allowance.exceeded
    assert limits.take(limits.STEPS + 1)


def test_nested_limits_share_one_allowance() -> None:
    with limits.limit_steps() as outer, limits.limit_steps() as inner:
        assert inner is outer


def test_results_beyond_the_limit_are_unknown_and_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STEPS", 1_000)
    monkeypatch.setattr(limits.Allowance, "extend", lambda _, size: None)
    report = checked(role(), policy(statements("*")), task([container()]))

    assert {each.verdict for each in report.answers} == {Verdict.UNKNOWN}
    assert report.notes.count(limits.NOTE) == 1


def test_nothing_is_looked_up_for_task_definitions_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STEPS", 500)
    monkeypatch.setattr(limits.Allowance, "extend", lambda _, size: None)
    monkeypatch.delattr(deploy_order, "starting_services")
    report = checked(role(), task([container()]))

    assert [each.reason for each in report.skipped] == [limits.REASON]


def test_a_run_within_the_limit_reports_nothing() -> None:
    report = checked(role(), policy(statements("*")), task([container()]))

    assert {each.verdict for each in report.answers} == {Verdict.ALLOWED}
    assert limits.NOTE not in report.notes


def test_the_allowance_grows_with_task_definitions_not_with_padding(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    monkeypatch.setattr(limits.Allowance, "extend", lambda _, size: sizes.append(size))
    rows = role(), policy(statements("*")), task([container()])
    for padding in (0, 1_000_000):
        check(loaded(json.dumps(plan(*rows)) + " " * padding).plans[0])

    assert sizes[0] < 5_000
    assert sizes[1] == 15_000


def test_the_allowance_is_that_of_all_plans_together_and_ends_at_a_size() -> None:
    def allowed(*sizes: int) -> int:
        found = limits.Allowance()
        for each in sizes:
            found.extend(each)
        return found.steps - limits.STEPS

    assert allowed(2_000_000) == allowed(1_000_000, 1_000_000) == 8_000_000
    assert allowed(5_000_000) == allowed(20_000_000) == allowed(*[5_000_000] * 4) == 20_000_000
    assert allowed(40_000_000) == 40_000_000


def test_fixes_have_a_limit_of_their_own_which_leaves_the_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "_MOST_FOR_FIXES", 500)
    rows = role(), policy(statements("arn:aws:s3:::other/*")), *(task([container(str(each))], each) for each in "ab")
    report = check(loaded(json.dumps(plan(*rows))).plans[0], options=RunOptions(fixes=True))

    assert {each.verdict for each in report.answers} == {Verdict.ALLOWED, Verdict.DENIED}
    assert [each.fix is not None for each in report.findings] == [True, False, False, False]
    assert [each for each in report.notes if each.startswith("limit: ")] == [
        "limit: only some fixes were looked for; `tfcheck fix` takes more time and looks for more"
    ]


def test_more_containers_than_ecs_accepts_are_skipped_with_a_reason() -> None:
    report = checked(role(), task([container()] * (MOST_CONTAINERS + 1)))

    assert [each.reason for each in report.skipped] == [
        "limit: container_definitions has 501 containers; ECS accepts 10"
    ]


def test_a_policy_that_is_too_long_cannot_be_read() -> None:
    report = checked(role(), policy(statements("arn:aws:s3:::x/" + "y" * 400_000)), task([container()]))

    assert {each.verdict for each in report.answers if each.requirement.action == "s3:GetObject"} == {Verdict.UNKNOWN}


def test_a_comparison_that_takes_too_long_is_unknown() -> None:
    assert glob("*" + "a" * 10_000 + "?b", "a" * 10_000) is Truth.UNKNOWN
    assert glob("*aab?c", "aaaaaabbc") is Truth.TRUE


def test_a_text_that_is_not_read_to_its_end_is_never_a_mismatch() -> None:
    pattern = (Verbatim("a" * 3_000), "*", Verbatim("b"))
    with limits.limit_steps():
        assert glob(pattern, "a" * 3_000 + "b") is Truth.TRUE
        limits.take(limits.STEPS + 1)
        assert glob(pattern, "a" * 3_000 + "c" * 2_000 + "b") is Truth.UNKNOWN
    assert glob((Verbatim("a"), "*", "b", "*"), "a" + "b" * 200_000) is Truth.UNKNOWN


def test_many_unknown_parts_are_compared_within_the_run() -> None:
    parts = tuple(Unknown(symbol("r", (number,))) for number in range(1_000))
    with limits.limit_steps() as allowance:
        assert glob(Text(("*", *parts)), Text((*parts, "b"))) is Truth.UNKNOWN
    assert allowance.steps > -4 * 200_000


def test_long_words_are_shortened() -> None:
    assert clip("x" * 201) == "x" * 200 + "... (201 characters)"
    assert clip_words("a " * 300) == "a " * 300
    assert clip_words(f"see {'x' * 5000} there") == f"see {'x' * 200}... (5,000 characters) there"


def test_a_long_name_is_shortened_but_counts_completely_for_ids() -> None:
    keys = ["arn:aws:s3:::config/" + "k" * 5_000 + end for end in "ab"]
    files = [{"type": "s3", "value": key} for key in keys]
    report = checked(role(), task([container(environmentFiles=files)]))
    needs = [each.requirement for each in report.answers if each.requirement.action == "s3:GetObject"]

    assert len({each.id for each in needs}) == 2
    assert all(len(each.shown_resource) < 1_100 for each in needs)


@pytest.mark.parametrize("error", [MemoryError(), RecursionError()])
def test_input_that_is_too_large_ends_with_one_line(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> Report:
        raise error

    monkeypatch.setitem(sys.modules, "tfcheck.analysis.check", SimpleNamespace(check=fail))

    assert main.run([PLAN]) == 3
    assert capsys.readouterr().err.startswith("error: the input is too large or too deeply nested\nhint: ")


def test_beyond_the_limit_of_fixes_only_those_that_are_proven_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(TESTDATA / "keys-of-outer-callers")
    found = {}
    for steps in (12_000, 18_000, 25_000):
        monkeypatch.setattr(analysis, "_MOST_FOR_FIXES", steps)
        made = case.plan()
        report = check(made, case.sources(made), RunOptions(fixes=True))
        assert all(each.remedy is None for each in report.findings)
        found[steps] = {each.fix is not None and each.fix.proven for each in report.findings}
        assert any(each.startswith("limit: ") for each in report.notes) is (False in found[steps])
    assert found == {12_000: {False}, 18_000: {False, True}, 25_000: {True}}
