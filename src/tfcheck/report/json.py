"""Render the JSON report.

Its shape is fixed by `report.schema.json`: fields may be added, never renamed or dropped.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import asdict

from tfcheck import __version__
from tfcheck.report.safe_text import escape_hidden, without_commands
from tfcheck.report.words import evidence_words
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary import fingerprint
from tfcheck.vocabulary.access import AccessChange
from tfcheck.vocabulary.finding import Answer, Evidence, Finding, Fix, Location, Report, Severity, Verdict

FORMAT_VERSION = "1.0"

Json: TypeAlias = dict[str, Any]


def json(report: Report, *, indent: bool = True) -> str:
    """Write a report as JSON: indented and ended by a newline, or on one line."""
    return encode(document(report), indent=indent)


def encode(data: Any, *, indent: bool = True) -> str:
    """Write plain data as JSON with unprintable characters and commands escaped: a terminal or a job may show it."""
    try:
        encoded = msgspec.json.encode(data)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_printable(data))
    del data  # a large report is in memory once
    encoded = (msgspec.json.format(encoded, indent=2) if indent else encoded) + b"\n"
    text = encoded.decode()
    if "##" in text:
        text = without_commands(text, "\\u00")
    return text if encoded.isascii() and b"\x7f" not in encoded else _NOT_ASCII.sub(_escape, text)


def _printable(data: Any) -> Any:
    """Escape lone surrogates, which represent file names that are not UTF-8."""
    match data:
        case str():
            return data.encode("utf-8", "backslashreplace").decode()
        case list():
            return [_printable(item) for item in data]
        case dict():
            return {_printable(key): _printable(item) for key, item in data.items()}
        case _:
            return data


#: With the letter or digit that a combining mark belongs to.
_NOT_ASCII = regex(r"[A-Za-z0-9]?[^\x20-\x7e\n]+")


def _escape(found: re.Match[str]) -> str:
    return escape_hidden(found[0], _code_units)


def _code_units(char: str) -> str:
    return "".join(f"\\u{unit:04x}" for (unit,) in struct.iter_unpack(">H", char.encode("utf-16-be")))


def document(report: Report) -> Json:
    """Return the report as plain data; each fix appears once, and findings refer to it by id."""
    found = dict.fromkeys(each.fix for each in (*report.findings, *report.known_findings) if each.fix is not None)
    fixes = {fix: f"f{number}" for number, fix in enumerate(found, 1)}
    verdicts = [answer.verdict for answer in report.answers]
    severities = [finding.severity for finding in report.open_findings]
    return {
        "format_version": FORMAT_VERSION,
        "tfcheck_version": __version__,
        "plan": {
            "path": report.plan.path,
            "format_version": report.plan.format_version,
            "terraform_version": report.plan.terraform_version,
            "sources": report.plan.sources,
            "directory": report.plan.directory,
            "file": report.plan.file,
            "complete": report.plan.complete,
        },
        "summary": {
            "task_definitions": len(report.task_definitions),
            "requirements": len(verdicts),
            **{verdict.value: verdicts.count(verdict) for verdict in Verdict},
            Verdict.UNKNOWN.value: verdicts.count(Verdict.UNKNOWN) + len(report.skipped),
            "errors": severities.count(Severity.ERROR),
            "warnings": severities.count(Severity.WARNING),
            "waived": len(report.findings) - len(severities),
        },
        **changes(report),
        "task_definitions": list(report.task_definitions),
        "requirements": [_requirement(answer) for answer in report.answers],
        "findings": [finding_document(finding, fixes) for finding in report.findings],
        "fixes": [{"id": name, **asdict(fix), "diff": fix.diff or None} for fix, name in fixes.items()],
        "skipped": [asdict(each) for each in report.skipped],
        "notes": list(report.notes),
        **_optional_parts(report, fixes),
    }


def _optional_parts(report: Report, fixes: dict[Fix, str]) -> Json:
    """Return what only some reports have; findings refer to `fixes` by id."""
    shown: Json = {}
    if report.unread:
        shown["unread"] = [asdict(each) for each in report.unread]
    if report.configuration is not None:
        shown["configuration"] = asdict(report.configuration)
    if report.waivers:
        shown["waivers"] = [asdict(each) for each in report.waivers]
    if report.unselected:
        shown["unselected"] = [{**asdict(each), "severity": each.severity.value} for each in report.unselected]
    if report.baseline is not None:
        shown["baseline"] = {
            "file": report.baseline.file,
            "known": len(report.baseline.known),
            "fixed": report.baseline.fixed,
            "partly_fixed": report.baseline.partly_fixed,
            "findings": [finding_document(each, fixes) for each in report.baseline.known],
        }
    if report.context is not None:
        shown["context"] = dict(report.context)
    return shown


def changes(report: Report) -> Json:
    """Return the changes: first broken and fixed tasks, then access."""
    return {
        "task_changes": [asdict(each) for each in report.task_changes],
        "role_switches": [asdict(each) for each in report.role_switches],
        "access_changes": [_access(each) for each in report.access_changes],
        "access_unknown": [asdict(each) for each in report.access_unknown],
        "access_possible": [_access(each) for each in report.access_possible],
    }


def _access(change: AccessChange) -> Json:
    return {**asdict(change), "kept": [asdict(piece) for piece in change.kept]}


def _requirement(answer: Answer) -> Json:
    need = answer.requirement
    return {
        "id": need.id,
        "fingerprint": None if answer.verdict is Verdict.ALLOWED else fingerprint.answer_fingerprint(answer),
        "rule": need.rule,
        "task_definition": need.task_definition,
        "container": need.container,
        "pointer": need.pointer,
        "role": answer.role,
        "role_kind": need.role_kind.value,
        "action": need.action,
        "resource": need.shown_resource,
        "subject": answer.subject or None,
        "severity": need.severity.value,
        "cause": need.cause,
        "verdict": answer.verdict.value,
        "before": answer.before.value if answer.before else None,
        "reason": answer.reason.value if answer.reason else None,
        "waits_for": answer.waits_for or None,
        "waits_for_kind": answer.waits_for_kind.value if answer.waits_for_kind else None,
        "waits_for_hint": answer.waits_for_hint.value if answer.waits_for_hint else None,
        "assumptions": list(answer.assumptions),
        "needed_at": _location(answer.needed_at),
        "evidence": [_evidence(each) for each in answer.evidence],
    }


def _evidence(evidence: Evidence) -> Json:
    return {
        "policy": evidence.policy,
        "sid": evidence.sid,
        "effect": evidence.effect or None,
        "kind": evidence.kind.value,
        "because": evidence_words(evidence),
        "condition_key": evidence.condition_key or None,
        "granted_to": evidence.granted_to or None,
        "patterns": list(evidence.patterns),
        "location": _location(evidence.location),
        "number": evidence.number,
    }


def finding_document(finding: Finding, fixes: Mapping[Fix, str] = {}) -> Json:
    """Return a finding as plain data, which refers to its fix by its id in `fixes`."""
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "task_definition": finding.task_definition,
        "address": finding.address,
        "message": finding.message,
        "explanation": list(finding.explanation),
        "symptom": finding.symptom or None,
        "change": finding.change,
        "requirements": [answer.requirement.id for answer in finding.answers],
        "location": _location(finding.location),
        "needed_at": _location(finding.needed_at),
        "fix": fixes.get(finding.fix) if finding.fix is not None else None,
        "remedy": {"words": finding.remedy.words, "hcl": finding.remedy.hcl or None} if finding.remedy else None,
        "fingerprint": None if finding.answers else fingerprint.finding_fingerprint(finding),
        "waived": asdict(finding.waived) if finding.waived else None,
    }


def _location(location: Location | None) -> Json | None:
    if location is None:
        return None
    # NOTE: without the line's text, which may contain a secret.
    return {"file": location.file, "line": location.line, "end_line": location.end_line}
