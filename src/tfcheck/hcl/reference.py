"""Which chain of names, keys and splats is written here?

`aws_iam_role.execution[each.key].arn`, `module.files["app"].arns[*]`, `merge(a, b).c`: what they begin with and what
stands in brackets is read apart from them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import takewhile

import msgspec

from tfcheck.hcl.expression import Attribute, Expression, Index, Place, Splat, Unreadable, Variable
from tfcheck.hcl.lexer import DEEPEST_NODES, MalformedError, bracket_end
from tfcheck.hcl.source import SourceText

#: Reads the expression between two offsets, at a depth.
Ranges = Callable[[int, int, int], Expression]

_WORD = re.compile(r"[^\W\d][\w-]*+(?:::[^\W\d][\w-]*+)*+")
_NAME = re.compile(r"\.([^\W\d][\w-]*+)")
_CONSTANTS = frozenset(("true", "false", "null"))
_SPLATS = ("[*]", ".*")


class Step(msgspec.Struct, frozen=True):
    """One step of a chain: `.name`, `[key]`, `[*]` or `.*`, named by its `kind` (`.`, `[]`, `[*]`, `.*`)."""

    kind: str
    name: str = ""
    key: Expression | None = None


def read_reference(source: SourceText, start: int, end: int, depth: int, ranges: Ranges) -> Expression | None:
    """Read a chain between two offsets; None where something else is written, or a part of it cannot be read."""
    try:
        base, position = _base(source, start, end, depth, ranges)
        steps = _steps(source.text, position, end, depth, ranges) if base is not None else None
    except MalformedError:
        return None  # the grammar says what is wrong
    return followed(base, steps, source.place(start)) if base is not None and steps else None


def _base(source: SourceText, start: int, end: int, depth: int, ranges: Ranges) -> tuple[Expression | None, int]:
    """Read what a chain begins with, a name or something with brackets; give the offset behind it too."""
    text = source.text
    word = _WORD.match(text, start)
    position = word.end() if word else start
    if text.startswith("(", position) if word else text.startswith(("[", "{"), position):
        behind = bracket_end(text, position)
        if behind >= end:
            return None, start  # no step follows
        found = ranges(start, behind, depth + 1)
        return None if isinstance(found, Unreadable) else found, behind
    if word is None or word[0] in _CONSTANTS or "::" in word[0]:
        return None, start
    return Variable(word[0], source.place(start)), position


def _steps(text: str, start: int, end: int, depth: int, ranges: Ranges) -> list[Step] | None:
    found: list[Step] = []
    position = start
    while position < end and depth <= DEEPEST_NODES:
        name = _NAME.match(text, position, end)
        splat = next((each for each in _SPLATS if text.startswith(each, position)), None)
        if name or splat:
            found.append(Step(".", name=name[1]) if name else Step(splat or ""))
            position = name.end() if name else position + len(splat or "")
        elif text.startswith("[", position):
            behind = bracket_end(text, position)
            key = ranges(position + 1, behind - 1, depth + 1)
            if behind > end or isinstance(key, Unreadable):
                return None
            found.append(Step("[]", key=key))
            position = behind
        else:
            return None
        depth += 1
    return found if position == end else None


def followed(found: Expression, steps: Sequence[Step], place: Place) -> Expression:
    """Apply the steps of a chain to what they follow."""
    position = 0
    while position < len(steps):
        step = steps[position]
        position += 1
        if step.kind == ".":
            found = Attribute(found, step.name, place)
        elif step.key is not None:
            found = Index(found, step.key, place)
        elif step.kind == "[*]":
            return Splat(found, followed(Variable("*", place), steps[position:], place), place)
        else:
            names = list(takewhile(lambda following: following.kind == ".", steps[position:]))
            position += len(names)
            found = Splat(found, followed(Variable("*", place), names, place), place)
    return found
