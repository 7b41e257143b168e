"""`--new-only`: what was so before a change does not fail it."""

from __future__ import annotations

import msgspec
import pytest

from tests.cases import TESTDATA
from tests.report.samples import BROKEN, report, unknown
from tfcheck.checking import fails
from tfcheck.cli import run
from tfcheck.finding import Report, Verdict


def changed(found: Report, change: str | None) -> Report:
    findings = tuple(msgspec.structs.replace(each, change=change) for each in found.findings)
    return msgspec.structs.replace(found, findings=findings)


@pytest.mark.parametrize(("change", "failing"), [("introduced", True), (None, True), ("existing", False)])
def test_only_what_was_so_before_is_passed_over(change: str | None, failing: bool) -> None:
    found = changed(BROKEN, change)
    assert fails([found], "error", strict=False, new_only=True) is failing
    assert fails([found], "error", strict=False)


def test_an_answer_that_was_unknown_before_is_passed_over_too() -> None:
    before = msgspec.structs.replace(unknown(), before=Verdict.UNKNOWN)
    assert not fails([report(before)], "error", strict=True, new_only=True)
    assert fails([report(unknown())], "error", strict=True, new_only=True)
    assert fails([report(before)], "error", strict=True)


@pytest.mark.parametrize(
    ("plan", "status"), [("regression-on-update/plan.json", 1), ("regression-on-update/applied.plan.json", 0)]
)
def test_a_plan_that_changes_nothing_passes(plan: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([str(TESTDATA / plan), "--new-only"]) == status
    assert run([str(TESTDATA / plan)]) == 1
    capsys.readouterr()
