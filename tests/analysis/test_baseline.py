"""What a baseline lists is not reported, and nothing else is hidden by it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import tries
from tests.report import samples
from tests.report.hostile import reports as forged
from tests.rows import every_row
from tfcheck.analysis.baseline import Baseline, BaselineEntry, compare, entries, finding_count, remaining
from tfcheck.vocabulary.finding import Answer, Finding, Report, Severity, Skipped, Unread, Verdict

OTHER = samples.need("s3:GetObject", "arn:aws:s3:::acme-config/other.env")
LACKED = msgspec.structs.replace(samples.DENIED, requirement=OTHER)
MISTAKE = Finding("env-file-type", Severity.ERROR, samples.TASK, samples.TASK, "type `x`", subject="app: x")


def known(*reports: Report) -> Baseline:
    return Baseline("known.json", entries(reports))


def made_of(*answers: Answer, extra: tuple[Finding, ...] = ()) -> Report:
    finding = msgspec.structs.replace(samples.FINDING, answers=answers)
    return samples.report(*answers, findings=(*((finding,) if answers else ()), *extra), tasks=(samples.TASK,))


def states(report: Report) -> tuple[int, int, int, int]:
    assert report.baseline is not None
    return len(report.findings), len(report.known_findings), report.baseline.fixed, report.baseline.partly_fixed


def test_what_is_known_is_not_reported() -> None:
    (found,) = compare([samples.BROKEN], known(samples.BROKEN))
    assert states(found) == (0, 1, 0, 0)
    assert found.known_findings == samples.BROKEN.findings
    assert found.answers == samples.BROKEN.answers


def test_a_finding_of_which_a_part_is_known_is_reported_with_the_rest() -> None:
    (found,) = compare([made_of(samples.DENIED, LACKED)], known(made_of(samples.DENIED)))
    assert states(found) == (1, 1, 0, 0)
    assert found.findings[0].answers == (LACKED,)
    assert found.findings[0].message.endswith("is not allowed s3:GetObject on arn:aws:s3:::acme-config/other.env")
    assert found.known_findings[0].answers == (samples.DENIED,)


def test_what_is_fixed_is_counted_whole_and_in_part() -> None:
    listed = known(made_of(samples.DENIED, LACKED, extra=(MISTAKE,)))
    fixed = msgspec.structs.replace(LACKED, verdict=Verdict.ALLOWED)
    half = msgspec.structs.replace(made_of(samples.DENIED), answers=(samples.DENIED, fixed))
    (found,) = compare([half], listed)
    assert states(found) == (0, 1, 1, 1)
    left = remaining([half], listed)
    assert [each.fingerprint for each in left] == [each.fingerprint for each in entries([made_of(samples.DENIED)])]
    assert (finding_count(listed.entries), finding_count(left)) == (2, 1)


@every_row(
    "report",
    [
        samples.report(samples.unknown(samples.DENIED.requirement)),
        samples.report(msgspec.structs.replace(samples.unknown(samples.DENIED.requirement), role=None)),
        samples.report(tasks=(samples.TASK,), skipped=(Skipped(samples.TASK, "limit: too large"),)),
        msgspec.structs.replace(samples.report(tasks=("x",)), unread=(Unread("b.json", "it is empty"),)),
        samples.report(),
    ],
)
def test_what_was_not_decided_is_not_called_fixed(report: Report) -> None:
    listed = known(made_of(samples.DENIED))
    assert states(compare([report], listed)[0])[2:] == (0, 0)
    assert remaining([report], listed) == listed.entries


def test_what_is_gone_with_its_task_definition_is_fixed() -> None:
    assert states(compare([samples.report(tasks=("x",))], known(samples.BROKEN))[0])[2:] == (1, 0)


@every_row(
    ("before", "now", "hidden"),
    [
        (Severity.ERROR, Severity.ERROR, True),
        (Severity.ERROR, Severity.WARNING, True),
        (Severity.WARNING, Severity.ERROR, False),
        (Severity.INFO, Severity.WARNING, False),
    ],
)
def test_what_weighs_more_than_before_is_new(before: Severity, now: Severity, hidden: bool) -> None:
    listed, report = (made_of(extra=(msgspec.structs.replace(MISTAKE, severity=each),)) for each in (before, now))
    (found,) = compare([report], known(listed))
    assert states(found) == ((0, 1, 0, 0) if hidden else (1, 0, 0, 0))


def test_the_same_twice_is_counted() -> None:
    once, twice = made_of(extra=(MISTAKE,)), made_of(extra=(MISTAKE, MISTAKE))
    assert [each.count for each in entries([twice])] == [2]
    assert states(compare([twice], known(once))[0]) == (1, 1, 0, 0)
    assert states(compare([once], known(twice))[0]) == (0, 1, 0, 1)
    assert [each.count for each in remaining([once], known(twice))] == [1]


def test_a_mild_problem_does_not_use_up_the_entry_of_a_severe_one() -> None:
    severe = msgspec.structs.replace(
        samples.DENIED, requirement=msgspec.structs.replace(samples.DENIED.requirement, severity=Severity.ERROR)
    )
    finding = samples.BROKEN.findings[0]
    mild = msgspec.structs.replace(finding, severity=Severity.WARNING, answers=(severe,))
    error = msgspec.structs.replace(finding, severity=Severity.ERROR, answers=(severe,))
    report = msgspec.structs.replace(samples.BROKEN, findings=(mild, error))
    (found,) = compare([report], known(report))
    assert found.findings == ()


def placed(report: Report, directory: str, target: str | None = None) -> Report:
    plan = msgspec.structs.replace(report.plan, directory=directory)
    return msgspec.structs.replace(report, plan=plan, context={"target": target} if target else None)


def test_each_target_has_entries_of_its_own() -> None:
    prod, staging = placed(samples.BROKEN, "prod"), placed(made_of(extra=(MISTAKE,)), "staging")
    listed = known(prod, staging)
    assert {each.target for each in listed.entries} == {"prod", "staging"}
    assert [states(each)[:2] for each in compare([prod, staging], listed)] == [(0, 1), (0, 1)]
    swapped = [placed(samples.BROKEN, "staging"), placed(made_of(extra=(MISTAKE,)), "prod")]
    assert [states(each) for each in compare(swapped, listed)] == [(1, 0, 1, 0), (1, 0, 1, 0)]
    alone = compare([placed(samples.report(tasks=("x",)), "prod", "prod:eu")], listed)
    assert states(alone[0]) == (0, 0, 1, 0)
    assert {each.target for each in remaining([placed(samples.report(tasks=("x",)), "prod")], listed)} == {"staging"}


def test_a_baseline_of_one_target_holds_wherever_that_is() -> None:
    listed = known(placed(samples.BROKEN, "infra"))
    assert {each.target for each in listed.entries} == {None}
    assert states(compare([placed(samples.BROKEN, "moved", "prod")], listed)[0])[:2] == (0, 1)


def test_a_report_with_a_baseline_can_be_compared_with_another() -> None:
    (once,) = compare([samples.BROKEN], known(samples.BROKEN))
    assert states(compare([once], Baseline("empty.json", ()))[0]) == (1, 0, 0, 0)
    assert entries([once]) == entries([samples.BROKEN])


@pytest.mark.long
@given(st.lists(forged, max_size=2), st.data())
@tries(10)
def test_everything_is_either_known_or_new_and_an_update_only_shrinks(
    reports: list[Report], data: st.DataObject
) -> None:
    every = entries(reports)
    some = tuple(data.draw(st.lists(st.sampled_from(every), unique=True))) if every else ()
    left = remaining(reports, Baseline("b.json", some))
    assert left == some  # all of it is still there
    for report, found in zip(reports, compare(reports, Baseline("b.json", some)), strict=True):
        parts = [each.answers or (None,) for each in (*report.findings, *report.known_findings)]
        split = [each.answers or (None,) for each in (*found.findings, *found.known_findings)]
        assert sum(map(len, split)) == sum(map(len, parts))
        assert found.answers == report.answers
    whole = compare(reports, Baseline("b.json", every))
    assert [each for report in whole for each in report.findings] == []
    assert [(each.baseline.fixed, each.baseline.partly_fixed) for each in whole if each.baseline] == [(0, 0)] * len(
        whole
    )


def test_an_entry_says_what_is_missing() -> None:
    assert entries([made_of(samples.DENIED)]) == (
        BaselineEntry(
            samples.TASK,
            "env-file",
            Severity.ERROR,
            "aws_iam_role.execution",
            "s3:GetObject on arn:aws:s3:::acme-config/web/prod.env for container `app`",
            entries([made_of(samples.DENIED)])[0].fingerprint,
        ),
    )
