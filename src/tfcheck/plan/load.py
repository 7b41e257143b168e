"""Load the plans in a file.

One function, `load`: it recognises everything that is passed as a plan, and refuses in one line what is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from tfcheck.plan.document import Document, reason
from tfcheck.plan.file import SHOW, content, json_text
from tfcheck.plan.memory_limit import refuse_crowded
from tfcheck.plan.plan import Plan
from tfcheck.plan.recognise import format_version
from tfcheck.plan.spool import Buffer, release
from tfcheck.symbolic.limits import allow_values
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.errors import InputError

_TRAILING = regex(r"trailing characters \(byte (\d+)\)")
_COMMANDS = regex(rb"(?:(?:::|##\[|\[command\])[^\n]*(?:\s+|$))+")
_BYTE = regex(r"byte (\d+)")
#: The number of plans in one file: every plan is compared with every other.
_MOST_PLANS = 100


class Loaded(msgspec.Struct, frozen=True):
    """The plans of one file, at least one, in order, and warnings about the file."""

    plans: tuple[Plan, ...]
    warnings: tuple[str, ...] = ()


def load(path: Path | None, stdin: BinaryIO | None = None) -> Loaded:
    """Read the plans of a file, or of standard input if `path` is None.

    With both, `stdin` has the JSON of the saved plan in `path`.

    Raises:
        SavedPlanError: the file is a saved plan (`plan -out`) rather than its JSON.
        InputError: the file cannot be read, or holds something else than complete plans.
    """
    named = "standard input" if path is None else f"`{path}`"
    text, warnings = json_text(content(path, stdin), named)
    allow_values(len(text))
    plans: list[Plan] = []
    for number, (document, own) in enumerate(documents(text, named), 1):
        which = named if number == 1 else f"document {number} of {named}"
        version = format_version(document, which, own)
        label = "-" if path is None else str(path)
        plans.append(Plan(label if number == 1 else f"{label}#{number}", document, version, len(text)))
        if not version:
            warnings += (
                f"{which} has no `format_version`: it was made by hand or by another tool, and is read as it is",
            )
        if plans[-1].is_redacted:
            lacks = "without configuration and sensitive values: more stays unknown"
            warnings += (f"{which} is a redacted plan, {lacks}",)
    release(text)
    return Loaded(tuple(plans), warnings)


def documents(text: Buffer, named: str) -> Iterator[tuple[Document, Buffer]]:
    """Yield consecutive objects in `text`, with the text of each.

    There is one, or several on lines of their own or concatenated. Commands to a runner between and after them, which
    the wrapper of setup-terraform prints, are skipped.
    """
    refuse_crowded(text, named)
    rest, begin, count = memoryview(text), 0, 0
    while rest:
        count += 1
        if count > _MOST_PLANS:
            raise InputError(f"{named} contains more than {_MOST_PLANS:,} plans", hint="check fewer plans at once")
        document, length = _first_object(rest, begin, named)
        yield document, rest[:length]
        commands = _COMMANDS.match(rest, length) if length < len(rest) else None
        length = commands.end() if commands else length
        rest, begin = rest[length:], begin + length


def _first_object(text: memoryview, begin: int, named: str) -> tuple[Document, int]:
    """Decode the first object in `text`; return it and its length, including trailing space."""
    try:
        return _decode(text), len(text)
    except msgspec.DecodeError as error:
        trailing = _TRAILING.search(str(error))
        if not trailing:
            raise _malformed_error(error, begin, begin + len(text), named) from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise _malformed_error(error, begin, begin + len(text), named) from None
    length = int(trailing[1]) - 1
    if text[length] != ord("{") and not _COMMANDS.match(text, length):
        raise InputError(f"{named} has something else after the plan, at byte {begin + length}", hint=SHOW)
    return _decode(text[:length]), length


def _decode(text: memoryview) -> Document:
    return msgspec.json.decode(text, type=Document)


def _malformed_error(error: Exception, begin: int, end: int, named: str) -> InputError:
    """Explain why a text is not a plan; `begin` and `end` are its offsets in the file's JSON."""
    if isinstance(error, RecursionError):
        return InputError(f"{named} is nested too deep to be a plan", hint=SHOW)
    if isinstance(error, msgspec.ValidationError):
        return InputError(f"{named} is JSON, but not a Terraform plan: {reason(error)}", hint=SHOW)
    if isinstance(error, msgspec.DecodeError) and "truncated" in str(error):
        return InputError(f"{named} is cut short: it ends at byte {end} in the middle of the JSON", hint=SHOW)
    problem = _BYTE.sub(lambda found: f"byte {begin + int(found[1])}", reason(error))
    return InputError(f"{named} is not JSON: {problem}", hint=SHOW)
