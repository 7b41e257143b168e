"""Read a configuration file, and check every key and value in it.

Whoever opens a pull request can write the file: it is read through the gate, has a bounded size, and messages quote no
more of it than names of keys and the beginning of a value.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfcheck.config.rules import KnownRules
from tfcheck.config.settings import ConfigFile
from tfcheck.repository import Gate, RefusedError, SourceAccess
from tfcheck.repository.held import read_file
from tfcheck.repository.work_tree import find_work_tree, has_git, is_all, is_repository
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.clipping import clip
from tfcheck.vocabulary.errors import UsageError

if TYPE_CHECKING:
    from tfcheck.config.tables import KeyPath, Table

OWN, SHARED = "tfcheck.toml", "pyproject.toml"
#: More than a thousand waivers need.
LARGEST = 256 * 1024
_HIDDEN_HINT = "add it to git, or name a file with --config; `--config off` reads none"
#: The parser's time grows with the square of a key's parts, which may be quoted.
_TOO_LONG_KEY = regex(r"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){32}")
#: Strings and comments; an unclosed one ends with its line or the file, and is an error anyway.
_STRING = regex(
    r'''"""(?:[^\\]|\\.)*?(?:"{3,5}|\Z)|"(?:[^"\\\n]|\\.)*+"?|'''
    r"""'''.*?(?:'{3,5}|\Z)|'[^'\n]*+'?|#[^\n]*+""",
    re.DOTALL,
)
#: The possible headers of the table: `tool.tfcheck`, or below a separate `tool`.
_OWN_TABLE = regex(rb"""tool["'\s]*\.["'\s]*tfcheck|\[\s*["']?tool["']?\s*\]|^\s*["']?tool["']?\s*=""", re.MULTILINE)
_POSITION = regex(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def settings_of(directory: Path, rules: KnownRules, *, shared: bool | None) -> ConfigFile | None:
    """Return the configuration in a directory, or None.

    `rules` returns the ids of all rules. Where the result is `shared`, a file counts only if git tracks it.

    Raises:
        UsageError: it cannot be read, or contains something that it cannot contain.
    """
    for file in candidates(directory):
        found = _search(file, rules, shared)
        if found is not None:
            return found
    return None


def settings_in(file: Path, rules: KnownRules) -> ConfigFile:
    """Return the configuration in a file that the user has named.

    Its paths may lead anywhere if it is not in a work tree, where others could have written it. A link in a work tree
    does not lead out of it.

    Raises:
        UsageError: it cannot be read, or contains something that it cannot contain.
    """
    try:
        place = file.resolve(strict=True)
        data, _ = read_file(place, LARGEST)
    except (OSError, RuntimeError, ValueError) as error:
        problem = (error.strerror if isinstance(error, OSError) else None) or "it is not a path"
        raise UsageError(f"the configuration `{file}` cannot be read: {problem.lower()}") from None
    if _links_outside(file, place):
        raise UsageError(
            f"the configuration `{file}` is not read: it is a link that leads out of the repository",
            hint="name the file that the link leads to",
        )
    top = find_work_tree(place.parent)
    table = _parse(place, str(file), data)
    if table is None:
        return ConfigFile(place, str(file), top, {}, {})
    return _settings(place, top, table, rules, confined=top is not None)


def _links_outside(file: Path, place: Path) -> bool:
    """Whether a file is in a work tree by name but is a link that leads outside, which others may have created."""
    named = Path(os.path.abspath(file)).parents
    return any(has_git(each) and not is_all(each) and not place.is_relative_to(each.resolve()) for each in named)


def _search(file: Path, rules: KnownRules, shared: bool | None) -> ConfigFile | None:
    if file.name == SHARED and not _mentions_tfcheck(file):
        return None
    try:
        named = file.relative_to(Path.cwd().resolve()).as_posix()
    except (ValueError, OSError):
        named = file.name
    gate = Gate(file.parent, SourceAccess(shared=shared))
    try:
        data = gate.file(file.name, as_tracked=False)
    except RefusedError as refused:
        if file.name == SHARED:  # it may be about anything else
            return None
        rule = str(refused).partition(": ")[2]
        raise UsageError(f"the configuration `{named}` is not read: {rule}", hint=_HIDDEN_HINT) from None
    except OSError:
        return None
    table = _parse(file, named, data)
    if table is None:
        return None
    if gate.shared and not is_repository(gate.tree):
        raise UsageError(f"the configuration `{named}` is not read: no git repository tracks it", hint=_HIDDEN_HINT)
    return _settings(file, find_work_tree(file.parent), table, rules, confined=True)


def _settings(file: Path, top: Path | None, table: Table, rules: KnownRules, *, confined: bool) -> ConfigFile:
    from tfcheck.config.tables import Paths, read_settings  # most directories have no configuration file

    return read_settings(file, top, table, Paths(file, confined=confined), rules())


def _mentions_tfcheck(file: Path) -> bool:
    """Whether a file may configure tfcheck: for most files, neither git's index nor TOML need be parsed."""
    try:
        data = read_file(file, LARGEST)[0]
    except OSError:
        return False
    # NOTE: keys can be quoted, and quoted ones can have escapes.
    return b"tfcheck" in data and (b"\\u" in data.lower() or _OWN_TABLE.search(data) is not None)


def _parse(file: Path, named: str, data: bytes) -> Table | None:
    """Return the table for tfcheck in a file; None for a `pyproject.toml` without one."""
    own = file.name != SHARED
    if len(data) > LARGEST:
        hint = "" if own else f"move what tfcheck needs to {OWN}"
        raise UsageError(f"`{named}` is larger than {LARGEST // 1024} KiB", hint=hint)
    text, tables = _decode(named, data)
    path: KeyPath = ()
    if not own:
        tool = tables.get("tool")
        path, found = ("tool", "tfcheck"), tool.get("tfcheck") if isinstance(tool, dict) else None
        if not isinstance(found, dict):
            return None
        tables = found
    from tfcheck.config.tables import Table, key_lines

    return Table(named, path, tables, key_lines(text))


def _decode(named: str, data: bytes) -> tuple[str, dict[str, Any]]:
    import tomllib  # takes longer to load than a search without a result

    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        if _TOO_LONG_KEY.search(_STRING.sub(lambda found: "" if found[0].startswith("#") else "a", text)):
            raise RecursionError
        return text, tomllib.loads(text)
    except UnicodeDecodeError:
        raise UsageError(f"`{named}` is not TOML: its text is not UTF-8") from None
    except RecursionError:
        raise UsageError(f"`{named}` is not TOML: it is nested too deep") from None
    except ValueError as error:  # also for numbers that are too long for Python
        position = _POSITION.search(str(error))
        line = f":{position[1] or len(text.splitlines())}" if position else ""
        what = clip(_POSITION.sub("", str(error))) if position else "a number is too long"
        problem = f"`{named}{line}` is not TOML: {what[:1].lower()}{what[1:]}"
        raise UsageError(problem, hint="https://toml.io explains how TOML is written") from None


def candidates(directory: Path) -> Iterator[Path]:
    """Yield the possible configuration files, nearest first; most directories have none.

    Without git only the directory itself counts, since the owner of its parents is unknown.
    """
    resolved = Path(os.path.realpath(directory))
    top = find_work_tree(resolved) or resolved
    for each in (resolved, *resolved.parents):
        yield from (each / name for name in (OWN, SHARED) if os.path.lexists(each / name))
        if each == top:
            return
