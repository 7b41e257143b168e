from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.atlantis.server import CONFTEST, ITEM, Atlantis, Project, passes
from tests.report.samples import BROKEN, FINDING, allowed, report, unknown
from tfcheck.atlantis.policy import failure_result, policy_lines
from tfcheck.vocabulary.fail_options import FailOptions
from tfcheck.vocabulary.finding import Location, Severity, Skipped

ERRORS = FailOptions("error")


def test_an_error_fails() -> None:
    text = policy_lines([BROKEN], ERRORS)
    assert text.startswith("FAIL - env-file - module.web.aws_ecs_task_definition.app[0] - the execution role")
    assert text.endswith("1 test, 0 passed, 0 warnings, 1 failure, 0 exceptions\n")
    assert not passes(text)


def test_nothing_missing_passes_and_still_says_something() -> None:
    text = policy_lines([report(allowed())], ERRORS)
    assert text == "1 test, 1 passed, 0 warnings, 0 failures, 0 exceptions\n"
    assert passes(text)


def test_no_task_definition_passes() -> None:
    assert policy_lines([report()], ERRORS) == "0 tests, 0 passed, 0 warnings, 0 failures, 0 exceptions\n"


def test_warnings_and_what_is_not_decided_pass_by_default() -> None:
    warning = report(unknown(), findings=(replace(FINDING, severity=Severity.WARNING),))
    text = policy_lines([warning], ERRORS)
    assert [line.split(" ")[0] for line in text.splitlines()] == ["WARN", "WARN", "2"]
    assert passes(text)
    assert not passes(policy_lines([warning], FailOptions("warning")))
    assert not passes(policy_lines([warning], FailOptions("never", strict=True)))
    assert passes(policy_lines([warning], FailOptions("never")))
    assert not passes(policy_lines([report(skipped=(Skipped("a", "b"),))], FailOptions("never", strict=True)))


def test_what_was_already_broken_passes_with_new_only() -> None:
    existing = report(findings=(replace(FINDING, change="existing"),))
    assert not passes(policy_lines([existing], ERRORS))
    assert passes(policy_lines([existing], FailOptions("error", new_only=True)))


def test_what_fails_is_the_same_when_lines_move_and_other_mistakes_come_and_go() -> None:
    moved = replace(FINDING, location=Location("main.tf", 99, 100), needed_at=None)
    before = ITEM.findall(policy_lines([report(findings=(FINDING,))], ERRORS))
    warning = replace(FINDING, severity=Severity.WARNING, message="another")
    after = ITEM.findall(policy_lines([report(allowed(), unknown(), findings=(moved, warning))], ERRORS))
    assert before == after
    assert len(before) == 1


def test_the_lines_of_two_plans_of_one_change_are_the_same(atlantis: Atlantis) -> None:
    """The plan that creates everything, and the same with other answers beside it."""
    project = Project()
    atlantis.check_out(project)
    first = atlantis.step("tfcheck atlantis policy-check", project)
    source = atlantis.of_step(project)[1] / "main.tf"
    source.write_text(f"\n\n# moved\n{source.read_text(encoding='utf-8')}", encoding="utf-8")
    second = atlantis.step("tfcheck atlantis policy-check", project)
    assert ITEM.findall(first.output) == ITEM.findall(second.output) != []


def test_what_cannot_be_checked_fails(atlantis: Atlantis) -> None:
    atlantis.check_out(Project(), show=False)
    done = atlantis.step("tfcheck atlantis policy-check --fail-on never", Project())
    assert done.status == 0
    assert done.lines == [
        "FAIL - tfcheck - nothing was checked: there is no JSON plan, SHOWFILE leads to no file",
        "1 test, 0 passed, 0 warnings, 1 failure, 0 exceptions",
    ]


NAMES = st.lists(
    st.one_of(
        st.sampled_from(
            ["3 failures", "1 failure", 'failures": [', "\nFAIL - x", "9 tests, 9 passed, 0 warnings", "["]
        ),
        st.text(max_size=10),
    ),
    max_size=5,
).map("".join)


@given(NAMES, st.booleans())
def test_names_decide_nothing(name: str, failing: bool) -> None:
    severity = Severity.ERROR if failing else Severity.WARNING
    finding = replace(FINDING, severity=severity, task_definition=name, message=name)
    text = policy_lines([report(findings=(finding,), skipped=(Skipped(name, name),))], ERRORS)
    assert passes(text) is not failing
    assert len(ITEM.findall(text)) == failing
    [counts] = CONFTEST.findall(text)
    assert text.endswith(f"{counts}\n")
    assert not passes(failure_result(name))
    assert len(text.splitlines()) == 3
