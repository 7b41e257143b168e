"""Decide whether git ignores a file, without running git.

Follows https://git-scm.com/docs/gitignore.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

import msgspec

from tfcheck.repository import wildcard
from tfcheck.repository.held import read_file
from tfcheck.symbolic.limits import take
from tfcheck.symbolic.regex import regex

_LARGEST = 1_000_000
#: Steps for reading a rule, and for comparing each part of a path with it.
_RULE_STEPS = 4
#: Systems whose file names differ by more than case; git itself uses `core.ignoreCase`.
_FOLD = sys.platform in ("darwin", "win32")
_TRAILING_SPACES = regex(r"(?:(?<![\\ ])|(?<=\\ )) +$")
_EXCLUDES_FILE = regex(r'^\s*excludesfile\s*=\s*"?([^"\n#;]+?)"?\s*$', re.IGNORECASE | re.MULTILINE)


class _IgnorePattern(msgspec.Struct, frozen=True):
    parts: tuple[str, ...]
    negated: bool
    only_directories: bool

    def matches(self, path: tuple[str, ...], *, directory: bool) -> bool:
        return (directory or not self.only_directories) and wildcard.matches_path(self.parts, path, fold=_FOLD)


class Ignored:
    """The ignore rules of a work tree's `.gitignore` files, of git's own directory, and of the user."""

    def __init__(self, tree: Path, git_directory: Path, variables: Mapping[str, str]) -> None:
        self._tree = tree
        self._git_directory = git_directory
        self._variables = variables
        self._rules: dict[tuple[str, ...], tuple[_IgnorePattern, ...]] = {}
        self._directories: dict[tuple[str, ...], bool] = {}

    def __contains__(self, path: tuple[str, ...]) -> bool:
        """Whether git ignores the file at `path`, or a directory above it, or that takes too long to find out."""
        directories = (path[:length] for length in range(1, len(path)))
        return any(map(self._ignores_directory, directories)) or self._is_matched(path, directory=False)

    def _ignores_directory(self, path: tuple[str, ...]) -> bool:
        if path not in self._directories:
            self._directories[path] = self._is_matched(path, directory=True)
        return self._directories[path]

    def _is_matched(self, path: tuple[str, ...], *, directory: bool) -> bool:
        for rules, below in self._rules_for(path):
            if not take(_RULE_STEPS * len(rules) * len(below)):
                return True
            for rule in reversed(rules):
                if rule.matches(below, directory=directory):
                    return not rule.negated
        return False

    def _rules_for(self, path: tuple[str, ...]) -> Iterator[tuple[tuple[_IgnorePattern, ...], tuple[str, ...]]]:
        """Yield the rules for a path, the most important first, with the path relative to each."""
        for depth in range(len(path) - 1, -1, -1):
            directory = path[:depth]
            if directory not in self._rules:
                self._rules[directory] = _rules(_text(self._tree.joinpath(*directory, ".gitignore")))
            yield self._rules[directory], path[depth:]
        yield self._global_rules, path

    @cached_property
    def _global_rules(self) -> tuple[_IgnorePattern, ...]:
        files = (_global_ignore_file(self._variables), self._git_directory / "info" / "exclude")
        return tuple(rule for file in files for rule in _rules(_text(file)))


def _global_ignore_file(variables: Mapping[str, str]) -> Path:
    """Return the user's global ignore file."""
    home = Path(variables.get("HOME") or os.path.expanduser("~"))
    settings = Path(variables.get("XDG_CONFIG_HOME") or home / ".config") / "git"
    for file in (home / ".gitconfig", settings / "config"):
        found = _EXCLUDES_FILE.findall(_text(file))
        if found:
            return Path(home, found[-1].removeprefix("~/"))
    return settings / "ignore"


def _text(file: Path) -> str:
    try:
        return read_file(file.parent.resolve() / file.name, _LARGEST)[0].decode("utf-8", "surrogateescape")
    except (OSError, RuntimeError, ValueError):
        return ""


def _rules(text: str) -> tuple[_IgnorePattern, ...]:
    lines = text.removeprefix("\ufeff").split("\n")
    if not take(_RULE_STEPS * len(lines)):
        lines = ["*"]  # everything is ignored, also in a later part of the run, which has steps of its own
    return tuple(rule for line in lines if (rule := _rule(line)))


def _rule(line: str) -> _IgnorePattern | None:
    written = _TRAILING_SPACES.sub("", line.removesuffix("\r"))
    negated = written.startswith("!")
    pattern = written[1:] if negated else written
    if not pattern.strip("/") or written.startswith("#"):
        return None
    stripped = pattern.removesuffix("/")
    parts = tuple(stripped.removeprefix("/").split("/"))
    if parts[-1] == "**":
        parts = (*parts, "*")  # the content of a directory, not the directory
    return _IgnorePattern(parts if "/" in stripped else ("**", *parts), negated, pattern.endswith("/"))
