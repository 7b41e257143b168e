"""Compare reports with a baseline, a file of known problems: these are not reported, and fixed ones are counted.

The baseline lists missing permissions and broken rules by their fingerprints. If only a part of a finding is in it, the
rest of the finding is reported.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from tfcheck.analysis.findings import message_of
from tfcheck.report.json import encode
from tfcheck.repository import RefusedError
from tfcheck.repository.gate import read_named
from tfcheck.vocabulary import fingerprint
from tfcheck.vocabulary.errors import InputError, file_problem
from tfcheck.vocabulary.finding import Answer, BaselineComparison, Finding, Report, Severity, Verdict

#: More than any baseline that people could review.
LARGEST = 16_000_000
_VERSION = "1.0"
_HINT = "write it with `tfcheck baseline PLAN`"
_Count: TypeAlias = Annotated[int, Meta(ge=1, le=1_000_000)]
_Fingerprint: TypeAlias = Annotated[str, Meta(pattern=r"\A[0-9a-f]{16}\Z")]


class BaselineEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A known problem: a permission that is missing, or a rule that is broken.

    `message` is for readers, `fingerprint` identifies the problem. `count` is the number of occurrences, `target` the
    target if the baseline covers several plans.
    """

    task_definition: str
    rule: str
    severity: Severity
    address: str | None
    message: str
    fingerprint: _Fingerprint
    count: _Count = 1
    target: str | None = None


class Baseline(msgspec.Struct, frozen=True):
    """The known problems that a file lists."""

    file: str
    entries: tuple[BaselineEntry, ...]


class _BaselineFile(msgspec.Struct):
    tfcheck_baseline: str
    findings: list[BaselineEntry]


class _BaselineVersion(msgspec.Struct):
    tfcheck_baseline: str


def read_baseline(file: str) -> Baseline:
    """Read a baseline; in CI it must be inside the work tree.

    Raises:
        InputError: it cannot be read, or is not a baseline.
    """
    try:
        data = read_named(file, LARGEST)
    except RefusedError as error:
        raise InputError(str(error), hint="in CI the baseline must be a file of the repository") from None
    except (OSError, ValueError) as error:
        raise InputError(f"the baseline `{file}` cannot be read: {file_problem(error)}", hint=_HINT) from None
    return Baseline(file, tuple(_entries(data, file)))


def _entries(data: bytes, file: str) -> Iterable[BaselineEntry]:
    try:
        version = msgspec.json.decode(data, type=_BaselineVersion).tfcheck_baseline
        if not version.startswith("1."):
            raise InputError(
                f"`{file}` is a baseline of another version than 1.x",
                hint="use the tfcheck that wrote it or a newer one",
            )
        return msgspec.json.decode(data, type=_BaselineFile).findings
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        # NOTE: without msgspec's message, which quotes the file: it may be any file.
        raise InputError(f"`{file}` is not a tfcheck baseline", hint=_HINT) from None


def is_baseline(file: str) -> bool:
    """Whether a file is a baseline or does not exist, so that a new one may replace it."""
    if not os.path.lexists(file):
        return True
    try:
        read_baseline(file)
    except InputError:
        return False
    return True


def text(entries: Iterable[BaselineEntry]) -> str:
    """Write the file with these entries, sorted so that two versions can be compared."""
    rows = ",".join(f"\n    {_entry_line(each)}" for each in sorted(entries, key=_order))
    listed = f"[{rows}\n  ]" if rows else "[]"
    return f'{{\n  "tfcheck_baseline": "{_VERSION}",\n  "findings": {listed}\n}}\n'


def _entry_line(entry: BaselineEntry) -> str:
    data: dict[str, Any] = msgspec.to_builtins(entry)
    members = (f'"{name}": {encode(each, indent=False).rstrip()}' for name, each in data.items())
    return f"{{{', '.join(members)}}}"


def _order(entry: BaselineEntry) -> tuple[str, ...]:
    return entry.target or "", entry.task_definition, entry.rule, entry.message, _entry_line(entry)


def compare(reports: Sequence[Report], baseline: Baseline) -> list[Report]:
    """Return the reports with only new findings, and the known ones beside them."""
    known = _Known(baseline.entries)
    gone = list(_fixed_entries(reports, baseline.entries))
    found = []
    for index, report in enumerate(reports):
        new, old = known.split(report)
        fixed, partly = _count_fixed([each for each in gone if each.report == index])
        comparison = BaselineComparison(baseline.file, tuple(old), fixed, partly)
        found.append(msgspec.structs.replace(report, findings=tuple(new), baseline=comparison))
    return found


def entries(reports: Sequence[Report]) -> tuple[BaselineEntry, ...]:
    """Return the baseline entries for these reports; with several targets, each entry names its own.

    Waived findings are not included: they count again once the waiver has expired.
    """
    several = len(set(map(_target, reports))) > 1
    counts: Counter[BaselineEntry] = Counter()
    for report in reports:
        for finding in (each for each in _all_findings(report) if each.waived is None):
            for answer in finding.answers or (None,):
                entry = BaselineEntry(
                    task_definition=finding.task_definition,
                    rule=finding.rule,
                    severity=finding.severity,
                    address=finding.address,
                    message=finding.message if answer is None else _missing(answer),
                    fingerprint=_fingerprint(finding, answer),
                    target=_target(report) if several else None,
                )
                counts[entry] += 1
    return tuple(msgspec.structs.replace(each, count=count) for each, count in counts.items())


def remaining(reports: Sequence[Report], baseline: Baseline) -> tuple[BaselineEntry, ...]:
    """Return the entries of a baseline that are not fixed; nothing is added."""
    left = ((each.entry, each.entry.count - each.count) for each in _fixed_entries(reports, baseline.entries))
    return tuple(msgspec.structs.replace(entry, count=count) for entry, count in left if count)


def finding_count(listed: Iterable[BaselineEntry]) -> int:
    """Return the number of the findings of entries: all that one role lacks for one rule of one task counts once."""
    return len(set(map(_finding_of, listed)))


def _missing(answer: Answer) -> str:
    need = answer.requirement
    container = f" for container `{need.container}`" if need.container is not None else ""
    return f"{need.action} on {need.shown_resource}{container}"


def _fingerprint(finding: Finding, answer: Answer | None) -> str:
    return fingerprint.finding_fingerprint(finding) if answer is None else fingerprint.answer_fingerprint(answer)


def _all_findings(report: Report) -> tuple[Finding, ...]:
    """Return the findings of a report as they would be without a baseline."""
    return (*report.findings, *report.known_findings)


def _target(report: Report) -> str:
    """Return the name of a report's target, regardless of the plan's file name."""
    return str((report.context or {}).get("target") or report.plan.directory or ".")


def _target_names(report: Report) -> tuple[str, ...]:
    """Return the possible names of a target: a laptop does not know the name that the CI job uses."""
    return tuple(dict.fromkeys((_target(report), report.plan.directory or ".")))


class _Known:
    """The baseline entries that no finding has been matched with yet."""

    def __init__(self, listed: Iterable[BaselineEntry]) -> None:
        self._left: dict[tuple[str | None, str], Counter[Severity]] = {}
        for each in listed:
            self._left.setdefault((each.target, each.fingerprint), Counter())[each.severity] += each.count

    def split(self, report: Report) -> tuple[list[Finding], list[Finding]]:
        """Return the new findings and the known ones; a finding that is partly known is split."""
        new: list[Finding] = []
        old: list[Finding] = []
        for finding in _all_findings(report):
            if finding.waived is not None:  # which stays in every report
                new.append(finding)
                continue
            parts: tuple[Answer | None, ...] = finding.answers or (None,)
            known = [self._take(report, _fingerprint(finding, each), finding.severity) for each in parts]
            if all(known) or not any(known):
                (old if all(known) else new).append(finding)
                continue
            for part, wanted in ((new, False), (old, True)):
                pairs = zip(finding.answers, known, strict=True)
                answers = tuple(each for each, is_known in pairs if is_known is wanted)
                part.append(msgspec.structs.replace(finding, answers=answers, message=message_of(list(answers))))
        return new, old

    def _take(self, report: Report, print_: str, severity: Severity) -> bool:
        """Whether a problem is listed with the same or a higher severity; each entry matches as often as its count.

        The least severe matching entry is used first, since a more severe problem may need the other one.
        """
        for target in (*_target_names(report), None):
            left = self._left.get((target, print_), Counter())
            for each in sorted(Severity, key=lambda known: -known.rank):
                if left[each] > 0 and each.rank <= severity.rank:
                    left[each] -= 1
                    return True
        return False


class _GoneEntry(msgspec.Struct, frozen=True):
    """The number of fixed problems of an entry, and the index of the first report that covers it, or -1."""

    entry: BaselineEntry
    count: int
    report: int = -1


def _fixed_entries(reports: Sequence[Report], listed: Iterable[BaselineEntry]) -> Iterator[_GoneEntry]:
    """Yield the definitely fixed part of every entry; anything unchecked or undecided is left out."""
    present = [_present(report) for report in reports]
    skipped = [{each.address for each in report.skipped} for report in reports]
    waiting = [
        {
            (each.requirement.task_definition, each.requirement.rule)
            for each in report.answers
            if each.verdict is Verdict.UNKNOWN
        }
        for report in reports
    ]
    names = [_target_names(report) for report in reports]
    is_unread = any(report.unread for report in reports)
    for entry in listed:
        about = [index for index in range(len(reports)) if entry.target is None or entry.target in names[index]]
        is_open = is_unread and entry.target is None
        is_open = is_open or any(entry.task_definition in skipped[each] for each in about)
        # NOTE: an undecided problem may have another fingerprint, for example that of an unknown role.
        is_open = is_open or any((entry.task_definition, entry.rule) in waiting[each] for each in about)
        is_open = is_open or any(entry.rule in reports[each].rules_off for each in about)
        if is_open or not any(reports[each].task_definitions for each in about):
            yield _GoneEntry(entry, 0)
            continue
        left = entry.count - sum(present[each][entry.fingerprint] for each in about)
        yield _GoneEntry(entry, max(left, 0), about[0])


def _present(report: Report) -> Counter[str]:
    """Return everything in a report that is not fixed, found or undecided, as numbers of fingerprints."""
    answers = (each for each in report.answers if each.verdict is not Verdict.ALLOWED)
    found = (print_ for finding in _all_findings(report) for print_ in fingerprint.part_fingerprints(finding))
    return Counter(map(fingerprint.answer_fingerprint, answers)) | Counter(found)


def _count_fixed(gone: Iterable[_GoneEntry]) -> tuple[int, int]:
    """Return how many findings are fixed, and how many partly."""
    listed: Counter[tuple[str | None, ...]] = Counter()
    fixed: Counter[tuple[str | None, ...]] = Counter()
    for each in gone:
        listed[_finding_of(each.entry)] += each.entry.count
        fixed[_finding_of(each.entry)] += each.count
    whole = sum(fixed[each] == count for each, count in listed.items())
    return whole, sum(0 < fixed[each] < count for each, count in listed.items())


def _finding_of(entry: BaselineEntry) -> tuple[str | None, ...]:
    """Return what the entries of one finding have in common; for a broken rule, each finding has one entry."""
    return entry.target, entry.task_definition, entry.rule, entry.severity.value, entry.address
