"""Code Quality of GitLab and Code Insights of Bitbucket."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given

from tests.laws import tries
from tests.report import samples
from tests.report.hostile import reports
from tfcheck.report.bitbucket import code_insights
from tfcheck.report.gitlab import code_quality
from tfcheck.vocabulary.finding import Location, Report, Severity, Unread


def entries(*reports: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(code_quality(reports))
    return found


def test_every_missing_permission_is_an_entry_at_its_line() -> None:
    first, second = entries(samples.BROKEN)
    assert first["location"] == {"path": "modules/service/main.tf", "lines": {"begin": 104}}
    assert first["check_name"] == "env-file"
    assert first["severity"] == "critical"
    assert first["fingerprint"] != second["fingerprint"]
    assert "is not allowed s3:GetObject on arn:aws:s3:::acme-config/web/prod.env" in first["description"]


def test_the_fingerprint_knows_no_lines_and_what_is_shared_is_there_once() -> None:
    moved = msgspec.structs.replace(samples.FINDING, needed_at=Location("modules/service/main.tf", 7, 9))
    other = samples.report(*samples.BROKEN.answers, findings=(moved,))
    assert {each["fingerprint"] for each in entries(other)} == {each["fingerprint"] for each in entries(samples.BROKEN)}
    assert len(entries(samples.BROKEN, other)) == 2


def test_what_is_unknown_skipped_or_unread_is_never_left_out() -> None:
    report = msgspec.structs.replace(samples.MIXED, unread=(Unread("b.json", "`b.json` is empty"),))
    found = {(each["check_name"], each["severity"]) for each in entries(report)}
    assert {("env-file", "info"), ("unread", "critical")} <= found
    assert all(
        each["location"]["path"] and not each["location"]["path"].startswith(("/", "./")) for each in entries(report)
    )


def test_code_insights_fail_as_the_run_does() -> None:
    found = json.loads(code_insights([samples.BROKEN], failed=True))
    assert found["report"]["result"] == "FAILED"
    assert json.loads(code_insights([samples.BROKEN], failed=False))["report"]["result"] == "PASSED"
    (some,) = found["annotations"]
    assert {each["severity"] for each in some} == {"HIGH", "MEDIUM"}
    assert some[0]["line"] == 104


def test_bitbucket_accepts_a_hundred_annotations_at_once_and_a_thousand_in_all() -> None:
    many = [
        msgspec.structs.replace(samples.FINDING, answers=(), message=str(each), severity=Severity.WARNING)
        for each in range(1234)
    ]
    found = json.loads(code_insights([samples.report(findings=tuple(many))], failed=False))
    assert [len(each) for each in found["annotations"]] == [100] * 10


@given(reports)
@tries(10)
def test_nothing_forged_breaks_them(report: Report) -> None:
    for each in entries(report):
        assert set(each) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert each["description"].isprintable()
    assert json.loads(code_insights([report], failed=True))["report"]["result"] == "FAILED"
