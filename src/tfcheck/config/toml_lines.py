"""Find the line of a key in TOML, which the standard library's parser does not report."""

from __future__ import annotations

import re
from typing import TypeAlias

from tfcheck.symbolic.regex import regex

#: The names that lead to a value, with indices for arrays of tables.
KeyPath: TypeAlias = tuple[str | int, ...]

_NAME = r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'"""
_DOTTED = rf"[ \t]*(?:{_NAME})(?:[ \t]*\.[ \t]*(?:{_NAME}))*[ \t]*"
_TABLE = regex(rf"[ \t]*(\[\[?)({_DOTTED})\]")
_PAIR = regex(rf"({_DOTTED})=")
_PART = regex(_NAME)
_MULTILINE = regex('"""|' + "'''")


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line, from 1, of every table and of every key at the start of a line."""
    found: dict[KeyPath, int] = {}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    inside = ""
    for number, line in enumerate(text.split("\n"), 1):
        if not inside:
            if header := _TABLE.match(line):
                table = _table_path(_key_path(header[2]), header[1] == "[[", counts)
                for size in range(1, len(table) + 1):
                    found.setdefault(table[:size], number)
            elif pair := _PAIR.match(line):
                path = (*table, *_key_path(pair[1]))
                for size in range(1, len(path) + 1):
                    found.setdefault(path[:size], number)
        inside = _open_quotes(line, inside)
    return found


def _table_path(path: KeyPath, several: bool, counts: dict[KeyPath, int]) -> KeyPath:
    """Return the path of the table that a header opens; for an array of tables, of its newest element."""
    if several:
        counts[path] = counts.get(path, -1) + 1
    parts: list[str | int] = []
    for size, part in enumerate(path, 1):
        parts.append(part)
        if path[:size] in counts:
            parts.append(counts[path[:size]])
    return tuple(parts)


def _key_path(dotted: str) -> KeyPath:
    return tuple(_unquote(part) for part in _PART.findall(dotted))


def _unquote(name: str) -> str:
    if name[0] == "'":
        return name[1:-1]
    return re.sub(r"\\(.)", r"\1", name[1:-1]) if name[0] == '"' else name


def _open_quotes(line: str, inside: str) -> str:
    """Return the quotes of a multi-line string that is open after a line."""
    for mark in _MULTILINE.findall(line):
        if not inside:
            inside = mark
        elif mark == inside:
            inside = ""
    return inside
