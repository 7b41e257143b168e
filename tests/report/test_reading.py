from __future__ import annotations

import codecs
import json as standard
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report import samples
from tests.report.hostile import filled, names
from tests.rows import every_row
from tfcheck.report.json import document, json
from tfcheck.report.reading import LARGEST, read_reports
from tfcheck.symbolic.doubt import DoubtKind, later
from tfcheck.vocabulary.access import AccessChange
from tfcheck.vocabulary.errors import InputError
from tfcheck.vocabulary.finding import Fix, Location, Report

FIXED = msgspec.structs.replace(samples.FINDING, fix=Fix("t", "review", False, "hcl", "--- a/x\n"))
PLACED = msgspec.structs.replace(samples.unknown(), needed_at=Location("main.tf", 4, 4))
REPORTS = (
    samples.report(PLACED),
    samples.MIXED,
    samples.BROKEN,
    samples.report(),
    samples.report(samples.unknown(), tasks=("a", "b"), notes=("note",), context={"pull_request": 4, "target": "prod"}),
    samples.report(samples.DENIED, samples.DENIED_BUCKET, findings=(FIXED,)),
)


@every_row("report", REPORTS)
def test_what_was_written_is_read_and_written_alike(report: Report) -> None:
    (found,) = read_reports(json(report).encode(), "report.json")
    assert json(found) == json(report)


def test_answers_of_findings_are_those_of_the_report() -> None:
    (found,) = read_reports(json(samples.BROKEN).encode(), "report.json")
    assert found.findings[0].answers == found.answers


@given(names)
def test_names_come_back_as_they_are(name: str) -> None:
    report = filled(name)
    encodable = json(report).encode()
    assert json(read_reports(encodable, "report.json")[0]) == json(report)


def test_a_change_that_creates_thousands_of_roles_is_read() -> None:
    granted = tuple(
        AccessChange(f"aws_iam_role.r{each // 6}", "s3:GetObject", "*", "granted") for each in range(12_000)
    )
    report = msgspec.structs.replace(samples.report(), access_changes=granted)
    assert len(read_reports(json(report).encode(), "report.json")[0].access_changes) == len(granted)


def test_a_file_may_hold_one_report_per_line() -> None:
    text = json(samples.MIXED, indent=False) + json(samples.BROKEN, indent=False)
    assert [len(each.answers) for each in read_reports(text.encode(), "reports")] == [4, 2]


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_what_powershell_redirects_is_read(mark: bytes, encoding: str) -> None:
    assert len(read_reports(mark + json(samples.MIXED).encode(encoding), "report.json")) == 1


def test_fields_that_came_later_may_be_missing_or_more() -> None:
    shown = document(samples.BROKEN)
    for late in ("task_definitions", "notes"):
        del shown[late]
    for row in shown["requirements"]:
        del row["cause"], row["waits_for"], row["waits_for_kind"], row["waits_for_hint"], row["assumptions"]
    shown["format_version"] = "1.7"
    shown["findings"][0]["later"] = {"a": 1}
    (found,) = read_reports(standard.dumps(shown).encode(), "report.json")
    assert found.task_definitions == (samples.TASK,)


def test_the_kind_of_a_cause_is_read_unless_only_a_later_version_has_it() -> None:
    shown = document(samples.report(samples.unknown(waits_for=later("whether the volume is mounted"))))
    (found,) = read_reports(standard.dumps(shown).encode(), "report.json")
    assert found.answers[0].waits_for_kind is DoubtKind.LATER_QUESTION
    shown["requirements"][0]["waits_for_kind"] = "a_kind_of_tomorrow"
    (found,) = read_reports(standard.dumps(shown).encode(), "report.json")
    assert found.answers[0].waits_for_kind is None


def _changed(path: tuple[str | int, ...], value: Any) -> bytes:
    shown: Any = document(samples.BROKEN)
    inner = shown
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return standard.dumps(shown).encode()


@every_row(
    ("data", "problem"),
    [
        (b"", "`x` is empty"),
        (b" \n", "`x` is empty"),
        (b"{", "input data was truncated"),
        (b"[]", "expected `object`, got `array`"),
        (b"hello", "invalid character"),
        (b'{"format_version": "1.2", "resource_changes": []}', "missing required field"),
        (b'{"format_version": "2.0"}', "another format_version than 1.x"),
        (b'{"format_version":"1.0","tfcheck_version":' + b"[" * 100_000, "nested too deep"),
        (b"\xff\xfe{", "invalid character"),
        (b'{"format_version": "\xff"}', "its text is not UTF-8"),
        (_changed(("findings", 0, "requirements"), ["0" * 16]), "a requirement that is not there"),
        (_changed(("findings", 0, "severity"), "SECRET"), "invalid enum value - at `$.findings[0].severity`"),
        (_changed(("fixes", 0, "safety"), "sure"), "invalid enum value"),
        (_changed(("findings", 0, "fix"), "f0"), "a fix that is not there"),
        (_changed(("findings", 0, "location", "line"), 0), ">= 1"),
        (_changed(("findings", 0, "location", "line"), 10**30), "$.findings[0].location.line"),
        (_changed(("findings", 0, "change"), "SECRET"), "invalid enum value"),
        (_changed(("requirements", 0, "action"), "s3:Get*"), "matching regex"),
        (_changed(("requirements", 0, "action"), "s3:Get\n"), "matching regex"),
        (_changed(("requirements", 0, "pointer"), "0"), "matching regex"),
        (_changed(("requirements", 0, "verdict"), None), "expected `str`, got `null`"),
        (_changed(("requirements",), {}), "expected `array`, got `object`"),
        (_changed(("context",), {"target": ["x"]}), "$.context"),
        (_changed(("notes",), [""] * 10_001), "of length <= 10000 - at `$.notes`"),
        (b"x" * (LARGEST + 1), "larger than 64 MiB"),
    ],
)
def test_anything_else_is_refused_in_one_line(data: bytes, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        read_reports(data, "x")
    assert problem.lower() in caught.value.message.lower()
    assert "\n" not in caught.value.message
    assert "SECRET" not in caught.value.message


@given(st.binary() | st.text().map(str.encode) | st.sampled_from(REPORTS).map(lambda each: json(each).encode()[:-7]))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    with pytest.raises(InputError):
        read_reports(data, "x")
