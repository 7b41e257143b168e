"""Read a saved JSON report.

The author of a pull request may have written the file: the type and the characters of every field are checked, and
nothing else is trusted. The shape is `report.schema.json`; fields of later versions are ignored.
"""

from __future__ import annotations

import codecs
import re
from enum import Enum
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from tfcheck.symbolic.doubt import DoubtKind, HintKind
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.access import AccessChange, AccessUnknown, RoleSwitch, TaskChange
from tfcheck.vocabulary.errors import InputError, decoding_problem
from tfcheck.vocabulary.finding import (
    Answer,
    BaselineComparison,
    Evidence,
    EvidenceKind,
    Finding,
    Fix,
    Location,
    PlanInfo,
    Reason,
    Remedy,
    Report,
    Requirement,
    RoleKind,
    RunConfiguration,
    Severity,
    Skipped,
    Unread,
    Unselected,
    Verdict,
)
from tfcheck.vocabulary.waiver import LineNumber, Waived, WaiverUse

_T = TypeVar("_T", bound=msgspec.Struct)
_E = TypeVar("_E", bound=Enum)
_Part = TypeVar("_Part")

#: More than any report that people could act on.
LARGEST = 64 * 1024 * 1024
#: The maximum number of findings, and of each other part that is costly to show: checks of 2,000 services have fewer.
_MOST = 10_000

_HINT = "pass the output of `tfcheck --format json`"
_Many: TypeAlias = Annotated[list[_Part], Meta(max_length=_MOST)]
_Number: TypeAlias = Annotated[int, Meta(ge=0, le=100_000_000)]
_Action: TypeAlias = Annotated[str, Meta(pattern=r"\A[a-z0-9-]+:[A-Za-z0-9]+\Z")]
_Pointer: TypeAlias = Annotated[str, Meta(pattern=r"\A(/.*)?\Z")]
_Fingerprint: TypeAlias = Annotated[str, Meta(pattern=r"\A[0-9a-f]{16}\Z")]
_ENCODINGS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_QUOTED = regex(r" '.*'", re.DOTALL)


class _ReportVersion(msgspec.Struct):
    format_version: str


class _PlanFile(msgspec.Struct):
    planned_values: msgspec.Raw


class _Location(msgspec.Struct):
    file: str
    line: LineNumber
    end_line: LineNumber


class _Evidence(msgspec.Struct):
    policy: str
    sid: str | None
    effect: Literal["Allow", "Deny", ""] | None
    kind: EvidenceKind
    patterns: list[str] = []
    location: _Location | None = None
    number: LineNumber | None = None
    condition_key: str | None = None
    granted_to: str | None = None


class _Requirement(msgspec.Struct):
    id: str
    rule: str
    task_definition: str
    container: str | None
    pointer: _Pointer
    role: str | None
    role_kind: RoleKind
    action: _Action
    resource: str
    severity: Severity
    verdict: Verdict
    before: Verdict | None
    reason: Reason | None
    evidence: list[_Evidence]
    cause: str = ""
    waits_for: str | None = None
    waits_for_kind: str | None = None
    waits_for_hint: str | None = None
    assumptions: list[str] = []
    needed_at: _Location | None = None
    fingerprint: _Fingerprint | None = None
    subject: str | None = None


class _Fix(msgspec.Struct):
    id: str
    title: str
    safety: Literal["safe", "review"]
    proven: bool
    hcl: str
    diff: str | None = None


class _Remedy(msgspec.Struct):
    words: str
    hcl: str | None


class _Finding(msgspec.Struct):
    rule: str
    severity: Severity
    task_definition: str
    address: str | None
    message: str
    change: Literal["introduced", "existing"] | None
    requirements: list[str]
    location: _Location | None
    fix: str | None
    remedy: _Remedy | None = None
    waived: Waived | None = None
    explanation: list[str] = []
    symptom: str | None = None
    needed_at: _Location | None = None
    fingerprint: _Fingerprint | None = None


class _Baseline(msgspec.Struct):
    file: str
    fixed: _Number = 0
    partly_fixed: _Number = 0
    findings: _Many[_Finding] = []


class _Report(msgspec.Struct):
    tfcheck_version: str
    plan: PlanInfo
    requirements: list[_Requirement]
    findings: _Many[_Finding]
    fixes: _Many[_Fix]
    skipped: _Many[Skipped]
    task_definitions: list[str] | None = None
    notes: _Many[str] = []
    context: dict[str, str | int] | None = None
    task_changes: _Many[TaskChange] = []
    access_changes: list[AccessChange] = []
    role_switches: _Many[RoleSwitch] = []
    access_unknown: list[AccessUnknown] = []
    access_possible: list[AccessChange] = []
    unread: _Many[Unread] = []
    configuration: RunConfiguration | None = None
    unselected: _Many[Unselected] = []
    baseline: _Baseline | None = None
    waivers: _Many[WaiverUse] = []


def read_reports(data: bytes, named: str) -> list[Report]:
    """Read the reports in a file: one JSON object, or one per line; `named` is the file's name in messages.

    Raises:
        InputError: it holds anything else.
    """
    text = _utf8(data, named)
    if not text.strip():
        raise InputError(f"`{named}` is empty", hint=_HINT)
    try:
        head, _, rest = text.strip().partition(b"\n")
        lines = rest.lstrip().startswith(b"{") and head.rstrip().endswith(b"}")  # several objects, one per line
        first = head if lines else text
        if not msgspec.json.decode(first, type=_ReportVersion).format_version.startswith("1."):
            raise InputError(
                f"`{named}` is a report of another format_version than 1.x",
                hint="use the tfcheck that wrote it or a newer one",
            )
        decoder = msgspec.json.Decoder(_Report)
        return [_report(each, named) for each in (decoder.decode_lines(text) if lines else [decoder.decode(text)])]
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        if _is_plan(text):
            from shlex import quote

            hint = f"check it with `tfcheck {quote(named)}`"
            raise InputError(f"`{named}` is a Terraform plan, not a tfcheck report", hint=hint) from None
        raise InputError(f"`{named}` is not a tfcheck report: {_problem(error)}", hint=_HINT) from None


def _is_plan(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=_PlanFile)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True


def _utf8(data: bytes, named: str) -> bytes:
    """Remove a byte order mark, and convert UTF-16, which PowerShell's `>` writes, to UTF-8."""
    if len(data) > LARGEST:
        raise InputError(f"`{named}` is larger than {LARGEST // 1024 // 1024} MiB", hint=_HINT)
    for mark, encoding in _ENCODINGS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace").encode()
    return data


def _problem(error: Exception) -> str:
    """Return what is wrong with a file, without any of its text."""
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    problem = _QUOTED.sub("", decoding_problem(error))
    return problem[:1].lower() + problem[1:]


def _report(shape: _Report, named: str) -> Report:
    answers = [(each.id, _answer(each)) for each in shape.requirements]
    by_id = dict(reversed(answers))
    fixes = {each.id: Fix(each.title, each.safety, each.proven, each.hcl, each.diff or "") for each in shape.fixes}
    baseline, tasks = None, shape.task_definitions
    if shape.baseline:
        known = tuple(_finding(each, by_id, fixes, named) for each in shape.baseline.findings)
        baseline = BaselineComparison(shape.baseline.file, known, shape.baseline.fixed, shape.baseline.partly_fixed)
    if tasks is None:  # a report of tfcheck 0.1
        tasks = list(dict.fromkeys(each.task_definition for each in shape.requirements))
    return _record(
        Report,
        shape,
        task_definitions=tuple(tasks),
        answers=tuple(answer for _, answer in answers),
        findings=tuple(_finding(each, by_id, fixes, named) for each in shape.findings),
        baseline=baseline,
    )


def _answer(shape: _Requirement) -> Answer:
    return _record(
        Answer,
        shape,
        requirement=_record(Requirement, shape, container=shape.container),
        role=shape.role,
        evidence=tuple(
            _record(Evidence, each, sid=each.sid, effect=each.effect or "", location=_location(each.location))
            for each in shape.evidence
        ),
        needed_at=_location(shape.needed_at),
        waits_for_kind=_kind(DoubtKind, shape.waits_for_kind),
        waits_for_hint=_kind(HintKind, shape.waits_for_hint),
    )


def _kind(kinds: type[_E], named: str | None) -> _E | None:
    """Return the kind with a name; None for one that only a later version has."""
    return next((each for each in kinds if each.value == named), None)


def _finding(shape: _Finding, answers: dict[str, Answer], fixes: dict[str, Fix], named: str) -> Finding:
    for what, is_there in (
        ("requirement", all(each in answers for each in shape.requirements)),
        ("fix", shape.fix is None or shape.fix in fixes),
    ):
        if not is_there:
            raise InputError(
                f"`{named}` is not a tfcheck report: a finding names a {what} that is not there", hint=_HINT
            )
    return _record(
        Finding,
        shape,
        address=shape.address,
        answers=tuple(answers[each] for each in shape.requirements),
        location=_location(shape.location),
        needed_at=_location(shape.needed_at),
        fix=fixes[shape.fix] if shape.fix is not None else None,
        remedy=Remedy(shape.remedy.words, shape.remedy.hcl or "") if shape.remedy else None,
    )


def _location(shape: _Location | None) -> Location | None:
    return Location(shape.file, shape.line, shape.end_line) if shape else None


def _record(kind: type[_T], shape: msgspec.Struct, **others: Any) -> _T:
    """Build a record from the fields of a shape with the same names; null means the default."""
    names = [each for each in shape.__struct_fields__ if each in kind.__struct_fields__ and each not in others]
    values = {each: getattr(shape, each) for each in names}
    lists = {each: tuple(value) for each, value in values.items() if isinstance(value, list)}
    return kind(**{each: value for each, value in (values | lists).items() if value is not None}, **others)
