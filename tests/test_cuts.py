"""A run that may take less decides less, and never otherwise: what was cut off is unknown."""

from __future__ import annotations

import pytest

from tests.cases import TESTDATA, Case
from tests.laws import part
from tests.test_mutations import NAMES
from tfcheck.analysis.check import check
from tfcheck.symbolic import limits
from tfcheck.symbolic.limits import Allowance, sublimit
from tfcheck.vocabulary.finding import Report, Verdict


def verdicts(report: Report) -> dict[str, Verdict]:
    return {each.requirement.id: each.verdict for each in report.answers}


class Whole(Allowance):
    """An allowance that no plan adds to: what is cut is only what the test wants cut."""

    def extend(self, size: int) -> None: ...


def checked(case: Case, steps: int | None = None) -> tuple[Report, Allowance]:
    plan = case.plan()
    with sublimit(Whole(steps)) as allowance:
        return check(plan, case.sources(plan)), allowance


#: What a policy denies or hides, modules, loops, conditionals and templates: cut in the middle each would say too much.
@pytest.mark.parametrize("name", ["explicit-deny", *NAMES[1:]])
def test_a_cut_only_makes_verdicts_unknown(name: str) -> None:
    case = Case(TESTDATA / name)
    whole, allowance = checked(case)
    assert not allowance.exceeded
    taken = limits.STEPS - allowance.steps
    for number in part(range(1, 12), 2, len(name) % 2):
        report, cut = checked(case, taken * number // 12)
        assert report.notes.count(limits.NOTE) == cut.exceeded
        decided = {key: verdict for key, verdict in verdicts(report).items() if verdict is not Verdict.UNKNOWN}
        assert decided.items() <= verdicts(whole).items(), f"{number} of 12 parts"
        assert {each.rule for each in report.findings} <= {each.rule for each in whole.findings}


def test_task_definitions_that_a_run_does_not_get_to_are_skipped_with_the_reason() -> None:
    report, _ = checked(Case(TESTDATA / "literal-missing"), 500)

    assert not report.answers
    assert [each.reason for each in report.skipped] == [limits.REASON]
