from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report import samples
from tfcheck.report.text import text
from tfcheck.vocabulary.finding import Answer, Evidence, Finding, Location, Reason, Report, Severity, Skipped, Verdict

SCREEN = Path(__file__).with_name("screen.txt")


def test_the_whole_screen() -> None:
    assert text(samples.MIXED) == SCREEN.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("report", "verdict"),
    [
        (samples.report(), "no ECS task definition in this plan"),
        (samples.BROKEN, "1 of 1 ECS task definition will not start"),
        (samples.report(samples.allowed()), "nothing is missing for 1 ECS task definition to start"),
        (
            samples.report(samples.unknown()),
            "no definite problem, but 1 of 1 ECS task definition cannot be decided",
        ),
        (samples.report(samples.DENIED_BUCKET), "no error, 1 of 1 ECS task definition with a warning"),
        (samples.report(samples.DENIED_BUCKET, samples.DENIED), "1 of 1 ECS task definition will not start"),
        (samples.report(tasks=("a", "b")), "nothing is missing for 2 ECS task definitions to start"),
        (
            samples.report(skipped=(Skipped("a", "b"),)),
            "no definite problem, but 1 of 1 ECS task definition cannot be decided",
        ),
    ],
)
def test_the_first_line_is_the_verdict_on_the_plan(report: Report, verdict: str) -> None:
    assert text(report).split("\n")[0] == f"plan.json: {verdict}"


def test_every_task_definition_has_its_line() -> None:
    lines = text(samples.MIXED).split("\n")
    for address in samples.MIXED.task_definitions:
        assert sum(line[4:].startswith(address) for line in lines[1:7]) == 1


def test_what_a_start_seldom_needs_is_neither_missing_nor_granted() -> None:
    need = msgspec.structs.replace(samples.DENIED.requirement, severity=Severity.INFO)
    spared = msgspec.structs.replace(samples.DENIED, requirement=need)
    line = text(samples.report(samples.allowed(), spared)).split("\n")[2]
    assert line.endswith("nothing missing: 1 permission granted, 1 optional not granted")
    line = text(samples.report(samples.DENIED, spared)).split("\n")[2]
    assert line.endswith("will not start: 1 of 1 permission missing")


def test_what_is_asked_for_by_mistake_is_not_counted() -> None:
    need = msgspec.structs.replace(samples.DENIED.requirement, mistaken=True)
    mistaken = msgspec.structs.replace(samples.DENIED, requirement=need)
    line = text(samples.report(samples.allowed(), mistaken)).split("\n")[2]
    assert line.endswith("nothing missing: 1 permission granted")


def test_an_unknown_answer_beside_an_error_is_counted_too() -> None:
    line = text(samples.report(samples.DENIED, samples.unknown())).split("\n")[2]
    assert line.endswith("will not start: 1 of 2 permissions missing, 1 of 2 permissions not decided")


def test_the_needed_arn_stands_above_the_nearest_pattern_and_the_mark_below_the_difference() -> None:
    lines = text(samples.BROKEN).split("\n")
    at = next(number for number, line in enumerate(lines) if "needed   " in line)
    needed, granted, mark = lines[at : at + 3]
    assert needed.index("arn:") == granted.index("arn:")
    column = mark.index("^")
    assert mark.strip() == "^"
    assert needed[:column].split()[-1] == granted[:column].split()[-1] == "arn:aws:s3:::acme-config/"
    assert needed[column] != granted[column]


def test_a_denying_statement_gets_no_mark() -> None:
    screen = text(samples.report(samples.DENIED_BUCKET, findings=(_finding(samples.DENIED_BUCKET),)))
    assert "    denied   *\n" in screen
    assert "^" not in screen


def test_actions_of_a_near_statement_are_not_compared_with_the_arn() -> None:
    evidence = Evidence("aws_iam_policy.p", None, "Allow", "action does not match", ("s3:GetObjectVersion",))
    answer = msgspec.structs.replace(samples.DENIED, evidence=(evidence,))
    screen = text(samples.report(answer, findings=(_finding(answer),)))
    assert "    granted  s3:GetObjectVersion\n             by aws_iam_policy.p: action does not match\n" in screen


def test_long_evidence_is_cut_and_says_so() -> None:
    evidence = Evidence("aws_iam_policy.p", None, "Allow", "resource does not match", tuple("abcdefgh"))
    answer = msgspec.structs.replace(samples.DENIED, evidence=(evidence,) * 7)
    screen = text(samples.report(answer, findings=(_finding(answer),)))
    assert screen.count("by aws_iam_policy.p") == 4
    assert "and 3 statements more" in screen
    assert screen.count("and 5 patterns more") == 4


def test_what_several_places_need_is_told_once() -> None:
    finding = msgspec.structs.replace(samples.FINDING, answers=(samples.DENIED,) * 3)
    assert text(samples.report(samples.DENIED, findings=(finding,))).count("s3:GetObject is denied") == 1


def test_no_mark_stands_where_not_even_the_beginnings_agree() -> None:
    need = samples.need(resource="${aws_secretsmanager_secret.db.arn}")
    finding = msgspec.structs.replace(
        samples.FINDING, answers=(msgspec.structs.replace(samples.DENIED, requirement=need),)
    )
    assert "^" not in text(samples.report(samples.DENIED, findings=(finding,)))


def test_many_requirements_of_one_finding_are_cut_and_say_so() -> None:
    needs = (samples.need(resource=f"arn:aws:s3:::acme-config/{number}.env") for number in range(20))
    answers = tuple(msgspec.structs.replace(samples.DENIED, requirement=each) for each in needs)
    finding = msgspec.structs.replace(samples.FINDING, answers=answers)
    screen = text(samples.report(samples.DENIED, findings=(finding,)))
    assert screen.count("s3:GetObject is denied") == 12
    assert "and 8 requirements more" in screen


@pytest.mark.parametrize(
    ("change", "before", "said"),
    [
        ("introduced", Verdict.ALLOWED, "this change breaks it: s3:GetObject was allowed before"),
        ("introduced", None, "new with this change"),
        ("existing", Verdict.DENIED, "already broken before this change"),
    ],
)
def test_the_change_is_told(change: str, before: Verdict | None, said: str) -> None:
    answer = msgspec.structs.replace(samples.DENIED, before=before)
    finding = msgspec.structs.replace(_finding(answer), change=change)
    assert said in text(samples.report(answer, findings=(finding,)))


def test_nothing_to_compare_with_says_nothing_of_a_change() -> None:
    finding = msgspec.structs.replace(_finding(samples.DENIED), change=None)
    assert "change " not in text(samples.report(samples.DENIED, findings=(finding,)))


def test_unknown_answers_that_wait_for_the_same_are_one_group() -> None:
    answers = [samples.unknown(samples.need(task=f"aws_ecs_task_definition.t{number}")) for number in range(8)]
    other = samples.unknown(samples.need("s3:GetBucketLocation"), "aws_iam_role.other.arn")
    screen = text(samples.report(*answers, other))
    assert "unknown: 9 requirements cannot be decided from this plan" in screen
    assert screen.count("aws_s3_bucket.config.arn") == 1
    assert "    - and 3 more" in screen
    assert screen.count("aws_iam_role.other.arn") == 1


def test_a_group_of_unknown_answers_names_the_statements_that_may_decide_once() -> None:
    place = Location("policies.tf", 7, 7)
    may = Evidence(
        "aws_iam_role_policy.p", "Vpce", "Allow", "may decide it, by its condition on aws:SourceVpce", (), place
    )
    near = Evidence("aws_iam_role_policy.q", None, "Allow", "resource does not match")
    answers = [
        msgspec.structs.replace(
            samples.unknown(samples.need(action)),
            reason=Reason.CONDITION,
            waits_for="aws:SourceVpce",
            evidence=(may, near),
        )
        for action in ("s3:GetObject", "s3:GetBucketLocation")
    ]
    screen = text(samples.report(*answers), directory="infra", width=200)
    sentence = (
        "by aws_iam_role_policy.p (Vpce) at infra/policies.tf:7: may decide it, by its condition on aws:SourceVpce"
    )
    assert screen.count(sentence) == 1
    assert "aws_iam_role_policy.q" not in screen


def test_all_that_is_asked_of_one_role_outside_the_plan_is_one_group() -> None:
    answers = [
        Answer(samples.need(action), "arn:r", Verdict.UNKNOWN, Reason.ROLE_OUTSIDE_PLAN, waits_for=action)
        for action in ("s3:GetObject", "s3:GetBucketLocation")
    ]
    assert text(samples.report(*answers)).count("the role is not managed in this plan") == 1


def test_an_assumption_is_said_once() -> None:
    answer = Answer(samples.need(), "r", Verdict.ALLOWED, assumptions=("the partition is aws",))
    assert text(samples.report(answer, answer)).count("note: the partition is aws") == 1


def test_a_place_is_quoted_once_for_findings_that_follow_each_other() -> None:
    screen = text(samples.report(samples.DENIED, findings=(samples.FINDING, samples.FINDING)))
    assert screen.count("--> main.tf:12") == 2
    assert screen.count('12 │ resource "aws_iam_role_policy" "env_file" {') == 1


def test_quiet_leaves_out_what_needs_no_action() -> None:
    screen = text(samples.MIXED, quiet=True)
    assert "error[env-file]" in screen
    assert "aws_ecs_task_definition.nothing" not in screen
    assert "note:" not in screen
    assert screen.endswith("1 error, 0 warnings\n")


def test_no_colour_unless_asked() -> None:
    assert "\x1b" not in text(samples.MIXED)
    coloured = text(samples.MIXED, colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text(samples.MIXED)
    assert "\x1b[31m" in coloured


@pytest.mark.parametrize("width", [80, 100, 120])
def test_sentences_keep_to_the_width(width: int) -> None:
    note = "every word of this note is short enough to be put on the next line " * 5
    report = samples.report(samples.DENIED, findings=(samples.FINDING,), notes=(note,))
    # Addresses and ARNs stay whole, to be copied.
    for line in text(report, width=width).split("\n"):
        assert len(line) <= width or "arn:" in line or samples.TASK in line


@given(st.text(), st.text())
def test_a_hostile_name_forges_nothing(name: str, reason: str) -> None:
    hostile = f"{name}\n\nplan.json: nothing is missing\x1b[2J\r{reason}"
    requirement = samples.need(resource=hostile, task=hostile)
    evidence = Evidence(hostile, hostile, "Allow", hostile, (hostile,), Location(hostile, 1, 1, hostile))
    answer = Answer(requirement, hostile, Verdict.DENIED, Reason.IMPLICIT_DENY, evidence=(evidence,))
    place = Location(hostile, 1, 2, hostile)
    finding = Finding(
        hostile, Severity.ERROR, hostile, hostile, hostile, (answer,), (hostile,), hostile, None, place, place
    )
    unknown = samples.unknown(requirement, hostile)
    screen = text(
        samples.report(answer, unknown, findings=(finding,), skipped=(Skipped(hostile, hostile),), notes=(hostile,))
    )
    assert screen.replace("\n", "").isprintable()
    assert not [line for line in screen.split("\n") if line.startswith("plan.json: nothing")]


def test_a_source_line_never_shows_a_secret() -> None:
    place = Location("main.tf", 3, 3, '  environment = [{ name = "PASSWORD", value = "hunter2" }]')
    finding = msgspec.structs.replace(samples.FINDING, location=place, needed_at=place)
    assert "hunter2" not in text(samples.report(samples.DENIED, findings=(finding,)))


def _finding(answer: Answer) -> Finding:
    return Finding("env-file", Severity.ERROR, samples.TASK, "aws_iam_role.execution", "a message", (answer,))
