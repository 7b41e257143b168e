"""Check the tables of a configuration file key by key; every error names its line."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from tfcheck.config.keys import KEYS, OF_TARGETS, SECTIONS, SEVERITIES, TARGETS, ConfigKey, Kind
from tfcheck.config.rules import match_rules, suggestion
from tfcheck.config.settings import ConfigFile, ConfigValue
from tfcheck.config.waivers import WAIVER, Waiver, read_waiver
from tfcheck.repository import Gate, RefusedError
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.clipping import clip
from tfcheck.vocabulary.errors import UsageError, did_you_mean

#: The names that lead to a value, with indices for arrays of tables.
KeyPath: TypeAlias = tuple[str | int, ...]

_NAME = r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*'"""
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


_LONGEST_SHOWN = 60
#: Names used by the option, or by another tool.
_KNOWN = {"colour": "color", "fail_on": "fail-on", "exclude": "ignore", "include": "select", "output": "format"}
_HINTS = {"tool": "the keys of tfcheck.toml stand by themselves: [tool.tfcheck] is for pyproject.toml"}


class Table(msgspec.Struct, frozen=True):
    """A table of the file `named`: its content, its path, and the lines of all keys."""

    named: str
    path: KeyPath
    content: dict[str, Any]
    lines: dict[KeyPath, int]

    def line(self, *names: str | int) -> int:
        """Return the line of a key, or of the nearest enclosing table with a line; otherwise 1."""
        path = (*self.path, *names)
        return next((self.lines[path[:size]] for size in range(len(path), 0, -1) if path[:size] in self.lines), 1)

    def error(self, message: str, hint: str, *names: str | int) -> UsageError:
        """Return the error about a key, with its line."""
        return UsageError(f"`{self.named}:{self.line(*names)}`: {message}", hint=hint)

    def subtable(self, name: str | int, content: dict[str, Any]) -> Table:
        """Return a subtable."""
        return Table(self.named, (*self.path, name), content, self.lines)


def read_settings(file: Path, top: Path | None, table: Table, paths: Paths, rules: tuple[str, ...]) -> ConfigFile:
    """Return the values in a file's table, with paths and rules checked.

    Raises:
        UsageError: a key is unknown, or has a value that it cannot have.
    """
    read = _TableReader(paths, rules)
    top_keys = [each for each in KEYS if not each.section]
    _refuse_unknown(table, [*(each.name for each in top_keys), *SECTIONS, TARGETS, WAIVER])
    common = dict(read.keys(table, top_keys))
    for section in SECTIONS:
        inner = _table(table, section)
        keys = [each for each in KEYS if each.section == section]
        _refuse_unknown(inner, [each.name for each in keys])
        common |= read.keys(inner, keys)
    targets, sections = {}, _table(table, TARGETS)
    for name in sections.content:
        inner = _table(sections, name)
        _refuse_unknown(inner, [each.name for each in OF_TARGETS])
        values = read.keys(inner, OF_TARGETS)
        targets[name] = {path: msgspec.structs.replace(each, target=name) for path, each in values}
    seen = file.relative_to(top).as_posix() if top else file.name
    return ConfigFile(file, table.named, top, common, targets, tuple(_waivers(table, rules, seen)))


def _waivers(table: Table, rules: tuple[str, ...], file: str) -> Iterator[Waiver]:
    found = table.content.get(WAIVER, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise table.error(f"`{WAIVER}` is not an array of tables", f"write each as [[{WAIVER}]]", WAIVER)
    for number, content in enumerate(found):
        inner = table.subtable(WAIVER, {}).subtable(number, content)
        lines = [inner.line(), *(inner.line(name) for name in content)]

        def error(message: str, hint: str, name: str, inner: Table = inner) -> UsageError:
            return inner.error(message, hint, *filter(None, (name,)))

        yield read_waiver(content, rules, file, (min(lines), max(lines)), error)


def _table(table: Table, name: str) -> Table:
    content = table.content.get(name, {})
    if not isinstance(content, dict):
        raise table.error(f"`{clip(name)}` is not a table", f"write it as {_header((*table.path, name))}", name)
    return table.subtable(name, content)


def _header(path: Sequence[str | int]) -> str:
    """Return the header of a table, with quotes around names that need them."""
    names = map(str, path)
    return "[" + ".".join(each if re.fullmatch(r"[A-Za-z0-9_-]+", each) else json.dumps(each) for each in names) + "]"


def _refuse_unknown(table: Table, known: Iterable[str]) -> None:
    known = list(known)
    for name in table.content:
        if name not in known:
            where = f" in {_header(table.path)}" if table.path else ""
            meant = _KNOWN[name] if _KNOWN.get(name) in known else name
            hint = did_you_mean(meant, known, _HINTS.get(name, f"the keys are {', '.join(known)}"))
            raise table.error(f"unknown key `{clip(name)}`{clip(where)}", hint, name)


class _TableReader:
    """Reads the values of keys."""

    def __init__(self, paths: Paths, rules: tuple[str, ...]) -> None:
        self._paths = paths
        self._rules = rules

    def keys(self, table: Table, keys: Iterable[ConfigKey]) -> Iterator[tuple[str, ConfigValue]]:
        for key in keys:
            if key.name in table.content:
                value = table.content[key.name]
                checked, line = self._checked_value(table, key, value), table.line(key.name)
                yield key.path, ConfigValue(checked, value_words(value), line)

    def _checked_value(self, table: Table, key: ConfigKey, value: Any) -> Any:
        problem = _problem(key, value)
        if problem and key.kind is Kind.SEVERITIES and isinstance(value, dict):
            rule, wrong = next(pair for pair in value.items() if pair[1] not in SEVERITIES)
            message = f"`{key.path}` of `{clip(rule, _LONGEST_SHOWN)}` is {_shorten(wrong)}"
            hint = f"it can be {', '.join(SEVERITIES)}"
            raise table.error(message, did_you_mean(str(wrong), SEVERITIES, hint), key.name, rule)
        if problem:
            raise table.error(f"`{key.path}` is {_shorten(value)}", problem, key.name)
        match key.kind:
            case Kind.PATH:
                return self._locate(table, key, value)
            case Kind.PATHS:
                return tuple(self._locate(table, key, each) for each in value)
            case Kind.RULES | Kind.SEVERITIES:
                for each in value:
                    if not match_rules(each, self._rules):
                        names = (key.name, each) if key.kind is Kind.SEVERITIES else (key.name,)
                        message = f"`{key.path}`: there is no rule `{clip(each, _LONGEST_SHOWN)}`"
                        raise table.error(message, suggestion(each, self._rules), *names)
                return tuple(value) if key.kind is Kind.RULES else value
            case _:
                return value

    def _locate(self, table: Table, key: ConfigKey, path: str) -> str:
        try:
            return self._paths.locate(path)
        except RefusedError as refused:
            rule = str(refused).partition(": ")[2]
            message = f"`{key.path}` names `{clip(path, _LONGEST_SHOWN)}`, which is not read: {rule}"
            raise table.error(message, "paths stay inside the work tree of the file", key.name) from None


def _problem(key: ConfigKey, value: Any) -> str:
    """Return a description of the required value; empty if the value is valid."""
    match key.kind:
        case Kind.CHOICE:
            return "" if value in key.choices else f"it can be {', '.join(key.choices)}"
        case Kind.FLAG:
            return "" if isinstance(value, bool) else "it can be true or false"
        case Kind.NUMBER:
            is_number = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= key.most
            return "" if is_number else f"it can be a number from 0 to {key.most}"
        case Kind.ACCOUNT:
            is_account = isinstance(value, str) and re.fullmatch("[0-9]{12}", value)
            return (
                "" if is_account else 'the number of an AWS account has 12 digits; write it in quotes: "123456789012"'
            )
        case Kind.PATHS | Kind.RULES:
            is_list = isinstance(value, list) and all(isinstance(each, str) and each for each in value)
            return "" if is_list else 'it is a list of strings: ["..."]'
        case Kind.SEVERITIES:
            is_table = isinstance(value, dict) and all(each in SEVERITIES for each in value.values())
            return "" if is_table else f"it is a table of rules, and their values can be {', '.join(SEVERITIES)}"
        case Kind.TEXT | Kind.PATH:
            return "" if isinstance(value, str) and value else "it is a string"


def value_words(value: Any) -> str:
    """Return a description of a possible value of a key."""
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return ", ".join(f"{name}: {each}" for name, each in value.items())
        case list() | tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def _shorten(value: Any) -> str:
    """Shorten a value to its beginning."""
    match value:
        case str():
            return f"`{clip(value, _LONGEST_SHOWN)}`"
        case bool():
            return f"`{str(value).lower()}`"
        case int():
            return f"`{clip(str(value) if abs(value) < 10**20 else 'a number', _LONGEST_SHOWN)}`"
        case list():
            return (
                "a list" if all(isinstance(each, str) for each in value) else "a list with values that are not strings"
            )
        case dict():
            return "a table"
        case _:
            return "not a string"


class Paths:
    """Resolves the paths of a file; if confined, they must be inside the file's work tree."""

    def __init__(self, file: Path, *, confined: bool) -> None:
        self._directory = file.parent
        self._gate = Gate(file.parent) if confined else None

    def locate(self, path: str) -> str:
        """Return a path relative to the current directory.

        Raises:
            RefusedError: it leads where the file must not read.
        """
        place = self._gate.place_of_input(path) if self._gate else self._directory / path
        return os.path.relpath(place)
