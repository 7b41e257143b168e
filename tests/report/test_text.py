from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import TESTDATA, Case
from tests.report import samples
from tests.rows import every_row
from tfcheck.report.cause_text import Detail
from tfcheck.report.text import text
from tfcheck.symbolic.doubt import ASK_SOURCES, Doubt, DoubtKind, Hint, HintKind
from tfcheck.vocabulary.finding import (
    Answer,
    Evidence,
    EvidenceKind,
    Finding,
    Location,
    PlanInfo,
    Reason,
    Report,
    Severity,
    Skipped,
    Verdict,
)
from tfcheck.vocabulary.needed_call import Necessity

SCREEN = Path(__file__).with_name("screen.txt")


def test_the_whole_screen() -> None:
    assert text(samples.MIXED) == SCREEN.read_text(encoding="utf-8")


@every_row(
    ("report", "verdict"),
    [
        (samples.report(), "no ECS task definition in this plan"),
        (samples.BROKEN, "1 of 1 task definitions will not start"),
        (samples.report(samples.allowed()), "the task definition can start"),
        (samples.report(samples.unknown()), "no definite problem; 1 of 1 task definitions cannot be decided"),
        (samples.report(samples.DENIED_BUCKET), "no errors, but 1 of 1 task definitions has a warning"),
        (
            samples.report(samples.DENIED_BUCKET, tasks=("a", "b")),
            "no errors, but 1 of 3 task definitions has a warning",
        ),
        (
            samples.report(samples.DENIED_BUCKET, samples.unknown(), skipped=(Skipped("a", "b"),)),
            "no definite problem; 2 of 2 task definitions cannot be decided",
        ),
        (samples.report(samples.DENIED_BUCKET, samples.DENIED), "1 of 1 task definitions will not start"),
        (samples.report(tasks=("a", "b")), "both task definitions can start"),
        (
            samples.report(skipped=(Skipped("a", "b"),)),
            "no definite problem; 1 of 1 task definitions cannot be decided",
        ),
    ],
)
def test_the_first_line_is_the_verdict_on_the_plan(report: Report, verdict: str) -> None:
    assert text(report).split("\n")[0] == f"plan.json: {verdict}"


def test_a_plan_without_tasks_gets_one_line() -> None:
    assert text(samples.report()) == "plan.json: no ECS task definition in this plan\n"


def test_what_was_checked_is_counted_beside_warnings_that_lack_no_permission() -> None:
    """What follows a colon is what is wrong."""
    wrong = Finding("log-group-absent", Severity.WARNING, samples.TASK, "aws_ecs_task_definition.app", "no such group")
    ends = text(samples.report(samples.allowed(), findings=(wrong,))).splitlines()
    assert "1 warning, 1 permission checked." in ends


def test_verbose_lists_every_task_definition_on_a_line() -> None:
    lines = text(samples.MIXED, Detail(verbose=True)).split("\n")
    for address in samples.MIXED.task_definitions:
        assert sum(line[4:].startswith(address) for line in lines[1:8]) == 1
        assert address == samples.TASK or f"  {address} " not in text(samples.MIXED)


def _standing(*answers: Answer) -> str:
    return text(samples.report(*answers), Detail(verbose=True, width=200)).split("\n")[2]


def test_an_optional_permission_is_neither_missing_nor_granted() -> None:
    need = msgspec.structs.replace(samples.DENIED.requirement, severity=Severity.INFO)
    spared = msgspec.structs.replace(samples.DENIED, requirement=need)
    assert _standing(samples.allowed(), spared).endswith(
        "nothing missing: 1 permission granted, 1 optional not granted"
    )
    assert _standing(samples.DENIED, spared).endswith("will not start: 1 of 1 permission missing")


def test_what_is_asked_for_by_mistake_is_not_counted() -> None:
    need = msgspec.structs.replace(samples.DENIED.requirement, necessity=Necessity(mistaken=True))
    mistaken = msgspec.structs.replace(samples.DENIED, requirement=need)
    assert _standing(samples.allowed(), mistaken).endswith("nothing missing: 1 permission granted")


def test_an_unknown_answer_beside_an_error_is_counted_too() -> None:
    said = "will not start: 1 of 2 permissions missing, 1 of 2 permissions not decided"
    assert _standing(samples.DENIED, samples.unknown()).endswith(said)


def test_the_needed_arn_is_above_the_nearest_pattern_and_the_mark_below_the_difference() -> None:
    lines = text(samples.BROKEN).split("\n")
    at = next(number for number, line in enumerate(lines) if "needed   " in line)
    needed, granted, mark = lines[at : at + 3]
    assert needed.index("arn:") == granted.index("arn:")
    column = mark.index("^")
    assert mark.strip() == "^"
    assert needed[:column].split()[-1] == granted[:column].split()[-1] == "arn:aws:s3:::acme-config/"
    assert needed[column] != granted[column]


def test_what_is_recommended_is_below_what_is_required() -> None:
    lines = text(samples.BROKEN).split("\n")
    at = next(number for number, line in enumerate(lines) if line.endswith(" needs"))
    assert lines[at].strip() == f"{samples.TASK} needs"
    assert [line.split()[-1] for line in lines[at + 1 : at + 3]] == ["required", "recommended"]


def test_a_row_that_does_not_fit_is_broken_before_the_resource() -> None:
    lines = text(samples.BROKEN, Detail(60)).split("\n")
    at = lines.index("    s3:GetObject (required) on")
    assert lines[at + 1] == "      arn:aws:s3:::acme-config/web/prod.env"


def test_a_denying_statement_gets_no_mark() -> None:
    screen = text(samples.report(samples.DENIED_BUCKET, findings=(_finding(samples.DENIED_BUCKET),)))
    assert "    denied   *\n" in screen
    assert "^" not in screen


def test_actions_of_a_near_statement_are_not_compared_with_the_arn() -> None:
    evidence = Evidence("aws_iam_policy.p", None, "Allow", EvidenceKind.OTHER_ACTION, ("s3:GetObjectVersion",))
    answer = msgspec.structs.replace(samples.DENIED, evidence=(evidence,))
    screen = text(samples.report(answer, findings=(_finding(answer),)))
    assert "  aws_iam_policy.p: action does not match\n    granted  s3:GetObjectVersion\n" in screen


@pytest.mark.parametrize("kind", [EvidenceKind.CONDITION_NOT_MET, EvidenceKind.OTHER_PRINCIPAL, EvidenceKind.ALLOWS])
def test_resources_are_compared_only_where_the_resource_is_what_does_not_match(kind: EvidenceKind) -> None:
    patterns = ("arn:aws:s3:::acme-config/api/*", "arn:aws:s3:::acme-config/web/*")
    evidence = Evidence("aws_iam_policy.p", None, "Allow", kind, patterns, condition_key="aws:SourceVpce")
    answer = msgspec.structs.replace(samples.DENIED, evidence=(evidence,))
    screen = text(samples.report(answer, findings=(_finding(answer),)))
    assert f"    granted  {patterns[1]}\n             {patterns[0]}\n" in screen
    assert "^" not in screen
    assert "needed   " not in screen


def test_long_evidence_is_cut_unless_all_is_asked_for() -> None:
    evidence = tuple(
        Evidence(f"aws_iam_policy.p{number}", None, "Allow", EvidenceKind.OTHER_RESOURCE, tuple("abcdefgh"))
        for number in range(7)
    )
    answer = msgspec.structs.replace(samples.DENIED, evidence=evidence)
    report = samples.report(answer, findings=(_finding(answer),))
    assert text(report).count("resource does not match") == 2
    assert text(report).count("and 6 more\n") == 2
    assert text(report, Detail(verbose=True)).count("resource does not match") == 7
    assert "and 6 more" not in text(report, Detail(verbose=True))


def test_there_is_no_mark_where_not_even_the_beginnings_agree() -> None:
    need = samples.need(resource="${aws_secretsmanager_secret.db.arn}")
    finding = msgspec.structs.replace(
        samples.FINDING, answers=(msgspec.structs.replace(samples.DENIED, requirement=need),)
    )
    assert "^" not in text(samples.report(samples.DENIED, findings=(finding,)))


def test_many_needs_of_one_cause_are_cut_and_say_how_to_see_all() -> None:
    needs = (samples.need(resource=f"arn:aws:s3:::acme-config/{number}.env") for number in range(20))
    answers = tuple(msgspec.structs.replace(samples.DENIED, requirement=each) for each in needs)
    report = samples.report(*answers, findings=(msgspec.structs.replace(samples.FINDING, answers=answers),))
    assert text(report).count("  required\n") == 6
    assert "and 14 more permissions (--expand shows all)" in text(report)
    assert text(report, Detail(expand=True)).count("  required\n") == 20


@pytest.mark.parametrize(
    ("change", "before", "said"),
    [
        ("introduced", Verdict.ALLOWED, "This change breaks it: s3:GetObject was allowed before."),
        ("existing", Verdict.DENIED, "It was already broken before this change."),
    ],
)
def test_the_change_is_reported(change: str, before: Verdict | None, said: str) -> None:
    answer = msgspec.structs.replace(samples.DENIED, before=before)
    finding = msgspec.structs.replace(_finding(answer), change=change)
    assert said in text(samples.report(answer, findings=(finding,)))


def test_several_actions_that_the_change_breaks_are_one_sentence() -> None:
    needs = samples.need(), samples.need("s3:GetBucketLocation", resource="arn:aws:s3:::acme-config")
    answers = [msgspec.structs.replace(samples.DENIED, requirement=each, before=Verdict.ALLOWED) for each in needs]
    finding = msgspec.structs.replace(samples.FINDING, answers=tuple(answers), change="introduced")
    words = "This change breaks it: s3:GetObject and s3:GetBucketLocation were allowed before."
    assert words in " ".join(text(samples.report(*answers, findings=(finding,))).split())


@pytest.mark.parametrize("change", [None, "introduced"])
def test_what_is_new_needs_no_words(change: str | None) -> None:
    answer = msgspec.structs.replace(samples.DENIED, before=None)
    finding = msgspec.structs.replace(_finding(answer), change=change)
    assert "change" not in text(samples.report(answer, findings=(finding,)))


def test_unknown_answers_that_wait_for_the_same_are_one_group() -> None:
    answers = [samples.unknown(samples.need(task=f"aws_ecs_task_definition.t{number}")) for number in range(8)]
    other = samples.unknown(samples.need("s3:GetBucketLocation"), "aws_iam_role.other.arn")
    screen = text(samples.report(*answers, other))
    assert "unknown[env-file]: 8 permissions of 8 task definitions cannot be decided" in screen
    assert f"unknown[env-file]: 1 permission of {samples.TASK} cannot be decided" in screen
    assert screen.count("aws_s3_bucket.config.arn") == 1
    assert screen.count("aws_iam_role.other.arn") == 1
    assert "9 of 9 permissions not decided" in screen


def test_sources_are_asked_for_once() -> None:
    answer = samples.unknown(
        waits_for=Doubt("the plan only shows that it depends on aws_iam_role.x.arn", hint=ASK_SOURCES)
    )
    report = samples.report(answer)
    shown = text(msgspec.structs.replace(report, plan=msgspec.structs.replace(report.plan, sources=None)))
    assert "aws_iam_role.x.arn.\n" in shown
    assert shown.count("ass the ") == 1


def test_what_is_unknown_says_what_would_decide_it() -> None:
    said = {
        Reason.ROLE_OUTSIDE_PLAN: "--context FILE",
        Reason.POLICY_NOT_READABLE: "--context FILE",
        Reason.CONDITION: "make the statement unconditional",
        Reason.UNKNOWN_VALUE: "check the next plan again",
    }
    for reason, words in said.items():
        answer = msgspec.structs.replace(samples.unknown(), reason=reason)
        assert words in text(samples.report(answer), Detail(200)), reason
    contested = samples.unknown(
        waits_for=Doubt("a.x, which a.y may undo: it leaves the role out", DoubtKind.CONTESTED_POLICY)
    )
    contested = msgspec.structs.replace(contested, reason=Reason.POLICY_NOT_READABLE)
    assert "role may lack a policy: a.x, which" in text(samples.report(contested), Detail(200))
    assert "--context" not in text(samples.report(contested), Detail(200))
    blind = msgspec.structs.replace(samples.report(samples.unknown()), plan=PlanInfo("p", "1.2", "1.11.4", None, True))
    assert "--sources" in text(blind)
    account = Doubt("the account", hint=Hint("pass --account", HintKind.OPTION))
    assert "--sources" not in text(samples.report(samples.unknown(waits_for=account)))


def test_a_group_of_unknown_answers_names_the_statements_that_may_decide_once() -> None:
    place = Location("policies.tf", 7, 7)
    may = Evidence(
        "aws_iam_role_policy.p", "Vpce", "Allow", EvidenceKind.MAY_DECIDE, (), place, condition_key="aws:SourceVpce"
    )
    near = Evidence("aws_iam_role_policy.q", None, "Allow", EvidenceKind.OTHER_RESOURCE)
    answers = [
        msgspec.structs.replace(
            samples.unknown(samples.need(action)),
            reason=Reason.CONDITION,
            waits_for="aws:SourceVpce",
            evidence=(may, near),
        )
        for action in ("s3:GetObject", "s3:GetBucketLocation")
    ]
    screen = text(samples.report(*answers), Detail(directory="infra", width=200))
    sentence = "aws_iam_role_policy.p (Vpce) at infra/policies.tf:7: may decide it, by its condition on aws:SourceVpce"
    assert screen.count(sentence) == 1
    assert "aws_iam_role_policy.q" not in screen


def test_all_that_is_asked_of_one_role_outside_the_plan_is_one_group() -> None:
    answers = [
        Answer(samples.need(action), "arn:r", Verdict.UNKNOWN, Reason.ROLE_OUTSIDE_PLAN, waits_for=action)
        for action in ("s3:GetObject", "s3:GetBucketLocation")
    ]
    assert text(samples.report(*answers)).count("The role is not managed in this plan") == 1


def test_an_assumption_is_counted_and_listed_once_by_verbose() -> None:
    answer = Answer(samples.need(), "r", Verdict.ALLOWED, assumptions=("assumes partition `aws`",))
    report = samples.report(answer, answer)
    assert "1 assumption, see -v" in text(report)
    assert "note:" not in text(report)
    assert text(report, Detail(verbose=True)).count("note: assumes partition `aws`") == 1


def test_a_note_that_is_not_an_assumption_is_always_reported() -> None:
    assert "note: the sources are stale" in text(samples.report(samples.allowed(), notes=("the sources are stale",)))


def test_verbose_shows_which_statement_allows_what_is_allowed() -> None:
    evidence = Evidence("aws_iam_policy.p", "Files", "Allow", EvidenceKind.ALLOWS, (), Location("main.tf", 3, 9))
    answer = msgspec.structs.replace(samples.allowed(), evidence=(evidence,))
    screen = text(samples.report(answer), Detail(verbose=True))
    assert f"  {samples.TASK}: s3:GetObject on arn:aws:s3:::acme-config/web/prod.env\n" in screen
    assert "    by aws_iam_policy.p (Files) at main.tf:3: allows it\n" in screen
    assert "aws_iam_policy.p" not in text(samples.report(answer))


def test_a_fix_is_shown_once() -> None:
    other = msgspec.structs.replace(samples.FINDING, rule="secret")
    screen = text(samples.report(samples.DENIED, findings=(samples.FINDING, other)))
    assert screen.count("fix: let the role read the file (safe, proven)") == 1
    assert screen.count("fix: let the role read the file (as above)") == 1
    assert screen.count('actions = ["s3:GetObject"]') == 1


def test_quiet_leaves_out_what_explains_and_what_needs_no_action() -> None:
    screen = text(samples.MIXED, Detail(quiet=True))
    assert "error[env-file]: execution role cannot read an environment file" in screen
    for absent in ("note:", "unknown[", "granted", "fix:", "-->", "ResourceInitializationError"):
        assert absent not in screen
    assert screen.endswith("1 error: 1 required permission missing, 1 recommended, 1 of 4 permissions not decided.\n")


@pytest.mark.parametrize(
    ("case", "title"),
    [
        ("image-hosts", "execution role cannot pull images (2 task definitions)"),
        ("role-takes-over-policies", "execution roles cannot read environment files (2 task definitions)"),
    ],
)
def test_a_title_counts_the_roles_and_not_their_tasks(case: str, title: str) -> None:
    assert f"]: {title}\n" in text(Case(TESTDATA / case).report())


def test_no_colour_unless_asked() -> None:
    assert "\x1b" not in text(samples.MIXED)
    coloured = text(samples.MIXED, colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text(samples.MIXED)
    assert "\x1b[31m" in coloured


@every_row("width", [60, 80, 100, 120, 200])
def test_sentences_keep_to_the_width(width: int) -> None:
    note = "every word of this note is short enough to be put on the next line " * 5
    report = samples.report(samples.DENIED, findings=(samples.FINDING,), notes=(note,))
    # Addresses and ARNs stay whole, to be copied.
    for verbose in (False, True):
        for line in text(report, Detail(width=width, verbose=verbose)).split("\n"):
            assert len(line) <= width or "arn:" in line or samples.TASK in line
    shown = text(report, Detail(width=60, verbose=True))
    assert f"  ✗ {samples.TASK}\n      will not start: " in shown


@given(st.text(), st.text())
def test_a_hostile_name_forges_nothing(name: str, reason: str) -> None:
    hostile = f"{name}\n\nplan.json: nothing is missing\x1b[2J\r{reason}"
    requirement = samples.need(resource=hostile, task=hostile)
    evidence = Evidence(
        hostile, hostile, "Allow", EvidenceKind.MAY_DECIDE, (hostile,), Location(hostile, 1, 1, hostile), None, hostile
    )
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


def _finding(*answers: Answer) -> Finding:
    return Finding("env-file", Severity.ERROR, samples.TASK, "aws_iam_role.execution", "a message", answers)


def test_what_a_statement_denies_is_not_called_missing() -> None:
    explicit = msgspec.structs.replace(samples.DENIED, reason=Reason.EXPLICIT_DENY)
    other = msgspec.structs.replace(
        samples.DENIED, requirement=samples.need("ssm:GetParameters"), reason=Reason.IMPLICIT_DENY
    )
    assert "1 required permission denied." in text(samples.report(explicit, findings=(_finding(explicit),)))
    both = samples.report(explicit, other, findings=(_finding(explicit), _finding(other)))
    assert "2 required permissions missing or denied." in text(both)


def test_several_task_definitions_were_already_broken() -> None:
    tasks = ("aws_ecs_task_definition.first", "aws_ecs_task_definition.second")
    answers = [
        msgspec.structs.replace(samples.DENIED, requirement=samples.need(task=each), before=Verdict.DENIED)
        for each in tasks
    ]
    findings = (
        msgspec.structs.replace(_finding(answer), task_definition=task, change="existing")
        for answer, task in zip(answers, tasks, strict=True)
    )
    screen = text(samples.report(*answers, findings=tuple(findings)))
    assert "They were already broken before this change." in screen


def test_a_missing_execution_role_fits_one_and_several_task_definitions() -> None:
    answer = msgspec.structs.replace(samples.DENIED, role=None, reason=Reason.NO_EXECUTION_ROLE)
    finding = msgspec.structs.replace(_finding(answer), address="")
    assert "but no execution role is set." in text(samples.report(answer, findings=(finding,)))
