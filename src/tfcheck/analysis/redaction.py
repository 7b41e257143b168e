"""Keep what a plan marks as sensitive out of everything that is printed.

This is the last line of defence. Values carry their marks, but Terraform loses marks in ids and ARNs that a provider
computes, and tfcheck may lose one where it joins texts. So every string that the plan marks is searched for in all
texts of a report.

A string of eight characters or more is replaced wherever it occurs. A shorter one could be any word, so it is replaced
only if it is a whole text, or is between `:`, `/`, `=`, `@`, quotes or backticks, as in ARNs, paths and names. Not
searched for are strings of fewer than three characters, numbers of fewer than six digits, AWS regions, and words that
name an environment, a level or a switch: Terraform marks the value of every parameter, even `prod`, and a report
without that word would be useless. Addresses of resources and modules that are in the plan stay readable, since
Terraform allows nothing sensitive in them. A name that somebody chose may look like another address, which does not.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, TypeVar, cast

import msgspec

from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.sensitive_text import SENSITIVE, Sensitive, redact
from tfcheck.symbolic.value import JsonText, Text, Unknown, display
from tfcheck.vocabulary.access import AccessChange, RoleSwitch, TaskChange
from tfcheck.vocabulary.address import unescape
from tfcheck.vocabulary.finding import (
    Answer,
    BaselineComparison,
    Evidence,
    Excerpt,
    Finding,
    Fix,
    Location,
    PlanInfo,
    Report,
    Requirement,
    RunConfiguration,
    Unread,
    Unselected,
)
from tfcheck.vocabulary.rewriter import Rewriter, keep
from tfcheck.vocabulary.waiver import WaiverUse

_SHORTEST, _LONG, _DIGITS = 3, 8, 6
#: The number of characters of a secret that are compared, and of comparisons: what is beyond them is hidden.
_LONGEST, _MOST_COMPARISONS = 4_000, 1_000_000
#: Words that are not secrets.
_WORDS = frozenset(
    {
        *("true", "false", "null", "none", "yes", "off", "enabled", "disabled", "default", "latest", "main"),
        *("prod", "production", "prd", "live", "staging", "stage", "stg", "preprod", "dev", "development", "local"),
        *("test", "testing", "qa", "uat", "sandbox", "demo", "debug", "info", "warn", "warning", "error", "trace"),
        *("json", "text", "http", "https", "tcp", "udp"),
    }
)
_REGION = regex(r"[a-z]{2}(?:-[a-z]+){1,2}-\d")
_KEY = r"(?:\[(?:\d+|\"(?:[^\"\\]++|\\.)*+\")\])?"
#: Code in strings: an expression in a `.tf.json` file.
_NESTED = 2
_ESCAPED = regex(r"\\|\$\$\{|%%\{")
_STEP = regex(r"\"(?:[^\"\\]++|\\.)*+\"|[\w-]+")
_AROUND = frozenset(":/=@\"'`")
#: Fields without values of the plan: words of tfcheck's own, addresses of task definitions, and places.
_FIXED: dict[type[msgspec.Struct], tuple[str, ...]] = {
    AccessChange: ("change", "role_change"),
    Answer: ("verdict", "reason", "before"),
    BaselineComparison: ("file",),
    RunConfiguration: ("file", "rules_off"),
    Evidence: ("effect", "kind", "number"),
    Excerpt: ("file",),
    Finding: ("rule", "severity", "task_definition", "change", "fingerprint"),
    Fix: ("safety",),
    Location: ("file",),
    PlanInfo: PlanInfo.__struct_fields__,
    Report: ("context", "roles"),
    Requirement: (
        *("rule", "task_definition", "pointer", "role_kind", "action", "severity", "sensitive", "read_by"),
        *("mistaken", "once"),
    ),
    RoleSwitch: ("task_definition",),
    TaskChange: ("task_definition", "change"),
    Unread: ("path",),
    Unselected: ("rule", "task_definition"),
    WaiverUse: ("file", "state"),
}

_T = TypeVar("_T")


class Redactor:
    """Replaces the strings that a plan marks."""

    def __init__(
        self, secrets: Iterable[str], types: Iterable[str] = (), addresses: Callable[[], Iterable[str]] = tuple
    ) -> None:
        """Build from the secrets, and from the resource types and the addresses of the plan."""
        self._by_start: dict[str, list[str]] = {}
        for secret in sorted({str(each)[:_LONGEST] for each in filter(_is_looked_for, secrets)}):
            self._by_start.setdefault(secret[:_SHORTEST], []).append(secret)
        kinds = "|".join(map(re.escape, sorted(types)))
        resource = rf"|(?:data\.|ephemeral\.)?(?:{kinds})\.[\w-]+{_KEY}" if kinds else ""
        self._address = regex(rf"(?<![\w.:/-])(?:module\.[\w-]+{_KEY}{resource})(?:\.[\w-]+{_KEY})*")
        self._addresses = addresses
        self._known: dict[str, str] = {}
        self._comparisons = _MOST_COMPARISONS
        makers: dict[type, Callable[[Any], Any]] = dict.fromkeys((Unknown, Text, JsonText), self._redact)
        if not self._by_start:
            makers[str] = keep  # only texts that are marked themselves change
        self._rewriter = Rewriter(self.text, _text_fields, makers)

    def __bool__(self) -> bool:
        """Whether there are any secrets."""
        return bool(self._by_start)

    def text(self, text: str) -> str:
        """Return a text with its secrets replaced."""
        if isinstance(text, Sensitive):
            text = redact(text)
        if not self._by_start or not text:
            return text
        if text not in self._known:
            out: list[str] = []
            position = 0
            for found in self._address.finditer(text):
                start, end = found.start(), self._address_end(text, found.start(), found.end())
                out += (self._replace_secrets(text, position, start), text[start:end])
                position = end
            shown = "".join((*out, self._replace_secrets(text, position, len(text))))
            if self._is_in_code(shown):
                shown = "\n".join(SENSITIVE if self._is_in_code(line) else line for line in shown.split("\n"))
            self._known[text] = shown
        return self._known[text]

    def _is_in_code(self, text: str) -> bool:
        """Whether a text contains a secret as strings of Terraform's language and of JSON have it."""
        for _ in range(_NESTED):
            if not _ESCAPED.search(text):
                return False
            text = unescape(text)
            if self._replace_secrets(text, 0, len(text)) != text:
                return True
        return False

    def finds(self, text: str) -> bool:
        """Whether a text contains a secret."""
        return self.text(text) != text or isinstance(text, Sensitive)

    def report(self, report: _T) -> _T:
        """Return a report, or a part of one, with its secrets replaced."""
        return cast(_T, self._rewriter.of(report))

    def _redact(self, value: Unknown | Text | JsonText) -> Unknown | Text | JsonText | str:
        shown = display(value)
        return value if self.text(shown) == shown else self.text(shown)

    def _address_end(self, text: str, start: int, end: int) -> int:
        """Return the end of what stays of an address: all of it, or the steps that the plan's addresses have."""
        if self._replace_secrets(text, start, end) == text[start:end]:
            return end
        known = start
        for step in _STEP.finditer(text, start, end):
            if step[0] not in self._steps:
                return known
            known = step.end()
        return end

    @cached_property
    def _steps(self) -> frozenset[str]:
        return frozenset(step for each in self._addresses() for step in _STEP.findall(each))

    def _replace_secrets(self, text: str, start: int, end: int) -> str:
        out: list[str] = []
        position = kept = start
        while position < end:
            secrets = self._by_start.get(text[position : position + _SHORTEST])
            length = self._secret_at(text, position, end, secrets) if secrets else 0
            if length == 0:
                position += 1
                continue
            out += (text[kept:position], SENSITIVE)
            position = kept = position + length
        return "".join((*out, text[kept:end]))

    def _secret_at(self, text: str, position: int, end: int, secrets: list[str]) -> int:
        """Return the length of the longest secret at a position, or 0; of all the rest if searching takes too long.

        The last secret in alphabetical order that is not after the text is the longest one that the text begins with,
        or shares more characters with it than any other.
        """
        here = text[position : min(end, position + _LONGEST)]
        while self._comparisons > 0:
            self._comparisons -= 1 + len(here) // 64
            at = bisect_right(secrets, here)
            if at == 0:
                return 0
            found = secrets[at - 1]
            if not here.startswith(found):
                here = here[: _common_length(here, found)]
            elif _is_secret_at(text, position, position + len(found)):
                return len(found) if len(found) < _LONGEST else end - position
            else:
                here = found[:-1]
        return end - position


def _common_length(one: str, other: str) -> int:
    """Return the number of characters that two texts begin with alike."""
    low, high = 0, len(other)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one.startswith(other[:middle]) else (low, middle - 1)
    return low


def _text_fields(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """Return the fields of a part of a report that may contain values of the plan."""
    fixed = _FIXED.get(kind, ())
    return tuple(each for each in kind.__struct_fields__ if each not in fixed)


def _is_looked_for(secret: str) -> bool:
    if len(secret) < _SHORTEST or secret.lower() in _WORDS or _REGION.fullmatch(secret):
        return False
    return not (secret.isdigit() and len(secret) < _DIGITS)


def _is_secret_at(text: str, start: int, end: int) -> bool:
    """Whether an occurrence counts; a short secret must be a separate part of the text."""
    if end - start >= _LONG:
        return True
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    if before.isalnum() or after.isalnum():
        return False
    return (not before and not after) or before in _AROUND or after in _AROUND
