"""Read and write the baseline file: one line for each known problem, for people to read and compare."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from tfcheck.report.json import encode
from tfcheck.repository import RefusedError
from tfcheck.repository.gate import read_named
from tfcheck.vocabulary.errors import InputError
from tfcheck.vocabulary.finding import Severity

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


class _File(msgspec.Struct):
    tfcheck_baseline: str
    findings: list[BaselineEntry]


class _Version(msgspec.Struct):
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
        problem = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise InputError(f"the baseline `{file}` cannot be read: {problem.lower()}", hint=_HINT) from None
    return Baseline(file, tuple(_entries(data, file)))


def _entries(data: bytes, file: str) -> Iterable[BaselineEntry]:
    try:
        version = msgspec.json.decode(data, type=_Version).tfcheck_baseline
        if not version.startswith("1."):
            raise InputError(
                f"`{file}` is a baseline of another version than 1.x",
                hint="use the tfcheck that wrote it or a newer one",
            )
        return msgspec.json.decode(data, type=_File).findings
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
