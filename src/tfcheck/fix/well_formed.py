"""Write malformed references of a task definition as ECS reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from tfcheck.fix.written_text import WrittenText
from tfcheck.symbolic.regex import regex

#: The possible corrections of a literal, likeliest first; the second argument is the task's partition.
Correct: TypeAlias = Callable[[WrittenText, str], Iterator[str]]
_SECRET = regex(r"(?:arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:]+|\0[^\0]*\0)(?P<rest>:[^:\s]+(?::[^:\s]*)?)")
_BUCKET = regex(r'"s3://\$\{\s*(?P<bucket>aws_s3_bucket\.[\w-]+(?:\[[^\[\]]*\])?)\.(?:bucket|id)\s*\}(?P<rest>/[^"]*)"')
_PARAMETER = regex(r"(?:^|:)parameter//")
_TYPE = regex(r'(?:^|[{,\s])"?type"?\s*[=:]\s*$')
_COLONS = 3


def _reference(literal: WrittenText, _: str) -> Iterator[str]:
    found = _SECRET.fullmatch(literal.value)
    if found is not None:
        yield from _with_replacement(literal, len(literal.value), ":" * (_COLONS - found["rest"].count(":")))
    twice = _PARAMETER.search(literal.value)
    if twice is not None:
        new = literal.replace(twice.end() - 1, twice.end(), "")
        yield from [new] if new else []


def _object(literal: WrittenText, partition: str) -> Iterator[str]:
    written = literal.source.text[literal.start : literal.end]
    found = _BUCKET.fullmatch(written)
    if found is not None:
        yield f'"${{{found["bucket"]}.arn}}{found["rest"]}"'
    elif literal.value.startswith("s3://"):
        new = literal.replace(0, len("s3://"), f"arn:{partition}:s3:::")
        yield from [new] if new else []
    at = 0
    for before, part in zip(literal.parts, literal.parts[1:], strict=False):
        at += len(before.value)
        if not before.is_literal and part.is_literal and not part.value.startswith("/"):
            yield from _with_replacement(literal, at, "/")


def _type(literal: WrittenText, _: str) -> Iterator[str]:
    if _TYPE.search(literal.source.text[max(literal.start - len('{ "type" : ') * 2, 0) : literal.start]):
        yield '"s3"'


def _latest(literal: WrittenText, _: str) -> Iterator[str]:
    yield '"LATEST"'


def _with_replacement(literal: WrittenText, at: int, new: str) -> Iterator[str]:
    found = literal.replace(at, at, new)
    yield from [found] if found else []


#: By rule. Attempts are proven, so that a wrong guess is never shown.
CORRECTIONS: dict[str, Correct] = {
    "secret-reference": _reference,
    "env-file-arn": _object,
    "env-file-type": _type,
    "platform-version": _latest,
}
