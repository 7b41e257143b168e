"""The inputs of the GitHub Action."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tfcheck.vocabulary.arn import account_id
from tfcheck.vocabulary.errors import InputError, UsageError

if TYPE_CHECKING:
    from tfcheck.github.publish import CommentOptions


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """The inputs of `action.yml`; those of files may be patterns, `temporary` is where files without a name go."""

    plans: tuple[str, ...]
    reports: tuple[str, ...]
    context: tuple[str, ...]
    sources: str
    workspace: str
    account: str | None
    fail_on: str
    new_only: bool
    strict: bool
    comment: str
    annotations: bool
    summary: bool
    sarif_file: str
    output_json: str
    temporary: str
    wishes: CommentOptions

    def unnamed(self, name: str) -> str:
        """Return a new place for a file that nobody named."""
        from tempfile import mkdtemp

        return os.path.join(mkdtemp(prefix="tfcheck-", dir=self.temporary or None), name)


def inputs(variables: Mapping[str, str]) -> Inputs:
    """Read the inputs from variables, `TFCHECK_PLAN` for `plan`; an empty one is one that is not set.

    Raises:
        UsageError: an input has a value that it cannot have.
    """
    from tfcheck.github.comment import OnClean
    from tfcheck.github.publish import CommentOptions, When

    told = _Told(variables)
    suggestions = told.one_of("suggestions", "auto", "off") == "auto"
    wishes = CommentOptions(
        id=told.text("comment-id"),
        author=told.text("comment-author"),
        number=told.number("pr-number", 0) or None,
        when=msgspec.convert(told.one_of("comment-when", "findings", "changes", "always"), When),
        on_clean=msgspec.convert(told.one_of("on-clean", "update", "delete", "minimize"), OnClean),
        expected=told.number("expect-reports", 0),
        suggestions=told.number("max-suggestions", 20) if suggestions else 0,
    )
    found = Inputs(
        plans=told.lines("plan"),
        reports=told.lines("report"),
        context=told.lines("context"),
        sources=told.text("sources"),
        workspace=told.text("workspace") or variables.get("TF_WORKSPACE", ""),
        account=account_id(told.text("account"), "the input `account`") if told.text("account") else None,
        fail_on=told.one_of("fail-on", "error", "warning", "info", "never"),
        new_only=told.flag("new-only", False),
        strict=told.flag("strict", False),
        comment=told.one_of("comment", "auto", "required", "off"),
        annotations=told.flag("annotations", True),
        summary=told.flag("summary", True),
        sarif_file=told.text("sarif-file"),
        output_json=told.text("output-json"),
        temporary=variables.get("RUNNER_TEMP", ""),
        wishes=wishes,
    )
    if not found.plans and not found.reports:
        raise UsageError("neither the input `plan` nor `report` is set")
    return found


class _Told:
    """The values of inputs, refused where they are none that the input can have."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str) -> str:
        return self._variables.get(f"TFCHECK_{name.upper().replace('-', '_')}", "").strip()

    def lines(self, name: str) -> tuple[str, ...]:
        return tuple(filter(None, map(str.strip, self.text(name).split("\n"))))

    def one_of(self, name: str, default: str, *others: str) -> str:
        value = self.text(name) or default
        if value not in (default, *others):
            raise UsageError(f"the input `{name}` is `{value}`", hint=f"it may be {', '.join((default, *others))}")
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self.one_of(name, "", "true", "false")
        return value == "true" if value else default

    def number(self, name: str, default: int) -> int:
        value = self.text(name) or str(default)
        if not (value.isascii() and value.isdecimal() and len(value) < 10):
            raise UsageError(f"the input `{name}` is `{value}`", hint="it must be a number")
        return int(value)


def paths(name: str, patterns: Iterable[str], *, may_lack: bool = False) -> Iterator[str]:
    """Return the files that patterns name, each once; `name` is that of the input.

    Raises:
        InputError: a pattern names no file, unless files `may_lack`.
    """
    seen: set[str] = set()
    for pattern in patterns:
        import glob  # loaded only where patterns are given

        found = [pattern] if pattern == "-" or Path(pattern).exists() else sorted(glob.glob(pattern, recursive=True))
        if not found and not may_lack:
            raise InputError(f"the input `{name}` names no file: `{pattern}`")
        yield from (each for each in found if each not in seen)
        seen.update(found)
