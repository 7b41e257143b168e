"""Every case gives the verdicts expected of it, on every plan that was made of it."""

from __future__ import annotations

import json
import re

import pytest

from tests.cases import TESTDATA, Case, Row, with_expectation, with_plan
from tests.filling import filled
from tfcheck.startup import RULES
from tfcheck.symbolic.doubt import LATER, UNREAD, DoubtKind
from tfcheck.symbolic.value import Value
from tfcheck.vocabulary.finding import Answer, Report, Verdict

CASES = with_expectation()
ON_EVERY_CASE = pytest.mark.parametrize("case", CASES, ids=repr)
#: What the emulated AWS cannot do is planned only; `about` says so.
APPLIED = [case for case in CASES if case.has("applied.plan.json")]


@ON_EVERY_CASE
def test_every_plan_gives_the_rows_expected(case: Case) -> None:
    """The plan of OpenTofu too, and the saved plan as the sources; files it lacks make rows unknown."""
    found = {name: wrong(case, case.report(name)) for name in ("plan.json", "tofu.plan.json") if case.has(name)}
    if case.has("applied.plan.json"):
        found["applied.plan.json"] = wrong(case, case.report("applied.plan.json"), applied=True)
    if case.has("tfplan"):
        compare = overturned if case.reads_files else wrong
        found["tfplan"] = compare(case, case.report("plan.json", "tfplan"))
    assert {name: rows for name, rows in found.items() if rows} == {}


@ON_EVERY_CASE
def test_what_was_before_agrees_with_what_the_plan_changes(case: Case) -> None:
    created = (each["change"]["actions"] for each in case.changes("plan.json") if each["mode"] == "managed")
    if all(each == ["create"] for each in created):
        assert {answer.before for answer in case.report("plan.json").answers} <= {None}
    if case in APPLIED and all(each["change"]["actions"] == ["no-op"] for each in case.changes("applied.plan.json")):
        answers = case.report("applied.plan.json").answers
        assert [(row(each), each.before) for each in answers if each.before is not each.verdict] == []


@ON_EVERY_CASE
def test_what_an_answer_waits_for_is_said_by_its_kind_too(case: Case) -> None:
    """Sentences are chosen by the kind and the hint: they must not be lost on the way to the report."""
    for answer in case.report("plan.json").undecided_answers():
        words, kind, hint = answer.waits_for, answer.waits_for_kind, answer.waits_for_hint
        is_question = words.startswith(("whether ", "which ", "whom ", "what data "))
        assert (hint is not None) is ("pass " in words), words
        assert (kind is DoubtKind.LATER_QUESTION) is (is_question and words.endswith(LATER)), words
        assert kind is not None or (not is_question and UNREAD not in words), words


@pytest.mark.parametrize("case", APPLIED, ids=repr)
def test_a_verdict_on_create_is_the_verdict_after_the_apply(case: Case) -> None:
    created, applied = case.report("plan.json"), case.report("applied.plan.json")
    plan = case.plan("applied.plan.json")
    after = {content(each, each.requirement.resource): each for each in applied.answers}
    compared = 0
    restored = {key(each) for each in case.expected.requirements if isinstance(each.applied, str)}
    for answer in created.answers:
        resource = filled(answer.requirement.resource, plan)
        other = after.get(content(answer, resource)) if isinstance(resource, str) else None
        if row(answer) in restored:
            continue
        if other and Verdict.UNKNOWN not in (answer.verdict, other.verdict):
            assert (row(answer), answer.verdict) == (row(answer), other.verdict)
            compared += 1
    assert compared > 0


def test_there_are_cases() -> None:
    assert len(CASES) >= 50
    assert [case.name for case in CASES if case not in APPLIED] == [
        "container-instances",
        "default-key-of-account",
        "express-services",
        "instances-of-clusters",
        "names-with-another-path",
        "objects-forgotten",
        "objects-left-behind",
        "policies-refused",
        "replica-keys",
        "s3-files-volumes",
        "scheduled-tasks",
    ]
    assert len(with_plan()) >= 85
    assert [case.name for case in CASES if not case.expected.requirements] == []


def test_the_page_about_the_cases_names_every_one() -> None:
    page = (TESTDATA / "README.md").read_text()
    assert [case.name for case in with_plan() if f"`{case.folder.name}`: " not in page] == []


@pytest.mark.several_cases
def test_each_rule_has_rows_that_are_allowed_denied_and_unknown() -> None:
    """Rows that are expected of a real plan; what a rule lacks is listed, and nothing may be.

    A case is checked only if it has a row unlike those of the cases before it, and as long as something is lacking.
    """
    lacking = [(rule.id, each.value) for rule in RULES for each in Verdict]
    known: set[tuple[str, str, str]] = set()
    for case in CASES:
        kinds = {(each.action, re.sub(r"\d+", "0", each.pointer), each.verdict) for each in case.expected.requirements}
        if lacking and not kinds <= known:
            known |= kinds
            rows = expected_verdict(case)
            answers = case.report("plan.json").answers
            seen = {(answer.requirement.rule, rows.get(row(answer))) for answer in answers}
            lacking = [each for each in lacking if each not in seen]
    assert lacking == []


def expected_verdict(case: Case) -> dict[tuple[str, str | None, str, str], str]:
    return {key(each): each.verdict for each in case.expected.requirements}


def wrong(case: Case, found: Report, *, applied: bool = False) -> list[str]:
    """Say which expected rows the report does not hold exactly."""
    return [line for each in case.expected.requirements if (line := difference(each, found, applied=applied))]


def difference(expected: Row, found: Report, *, applied: bool) -> str:
    wanted = expected_fields(expected, applied=applied)
    rows = [spoken(answer, wanted) for answer in found.answers if row(answer) == key(expected)]
    if applied and expected.applied is None:
        return f"{json.dumps(key(expected))}: expected no such row, found {rows}" if rows else ""
    return "" if wanted in rows else f"{json.dumps(key(expected))}: expected {wanted}, found {rows}"


def expected_fields(expected: Row, *, applied: bool) -> dict[str, str | None]:
    """Return what a row must say; reason and verdict before the change belong to the plan that changes something."""
    if applied and isinstance(expected.applied, str | None):
        return {"role": expected.role, "verdict": expected.applied}
    wanted: dict[str, str | None] = {"role": expected.role, "verdict": expected.verdict}
    if isinstance(expected.reason, str | None):
        wanted["reason"] = expected.reason
    if isinstance(expected.before, str | None) and not applied:
        wanted["before"] = expected.before
    return wanted


def spoken(answer: Answer, wanted: dict[str, str | None]) -> dict[str, str | None]:
    everything = {
        "role": answer.role,
        "verdict": answer.verdict.value,
        "reason": answer.reason.value if answer.reason else None,
        "before": answer.before.value if answer.before else None,
    }
    return {name: everything[name] for name in wanted}


def overturned(case: Case, found: Report, *, applied: bool = False) -> list[str]:
    """Return the rows that are decided otherwise than expected; unknown does not contradict."""
    expected = {key(each): expected_fields(each, applied=applied)["verdict"] for each in case.expected.requirements}
    return [
        f"{row(each)}: {each.verdict.value}"
        for each in found.answers
        if each.verdict is not Verdict.UNKNOWN and expected.get(row(each), each.verdict.value) != each.verdict.value
    ]


def key(expected: Row) -> tuple[str, str | None, str, str]:
    return (expected.task_definition, expected.container, expected.pointer, expected.action)


def row(answer: Answer) -> tuple[str, str | None, str, str]:
    needed = answer.requirement
    return (needed.task_definition, needed.container, needed.pointer, needed.action)


def content(answer: Answer, resource: Value) -> tuple[str, str | None, str, str, Value]:
    """Name a requirement by what it is about; its place in a list may change with the apply."""
    needed = answer.requirement
    known = resource if isinstance(resource, str) else None
    return (needed.task_definition, needed.container, needed.action, needed.details.read_by, known)
