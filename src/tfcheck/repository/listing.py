"""Find the files that match a pattern, like Terraform's `fileset`, among the readable ones.

Follows https://developer.hashicorp.com/terraform/language/functions/fileset.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from tfcheck.repository.gate import Gate, RefusedError, error_words, refusal_error
from tfcheck.repository.held import list_directory
from tfcheck.repository.wildcard import has_wildcard, is_odd, matches_path, states
from tfcheck.symbolic.limits import REASON, take
from tfcheck.symbolic.regex import regex

_MOST_ENTRIES = 20_000
_ENTRY_STEPS = 100
#: The maximum number of levels of directories: every one is opened from the root, part by part.
_MOST_LEVELS = 100
_MOST_ALTERNATIVES = 64
_BRACES = regex(r"\{([^{}]*)\}")
#: Deeper than any `..` of a path can climb.
_DEEP = "/" + "-/" * 200


def matching_files(gate: Gate, directory: str, pattern: str) -> tuple[str, ...]:
    """Return the regular files below `directory` that match, relative to it.

    Raises:
        RefusedError: something that matches must not be read, or that cannot be determined.
    """
    whole = posixpath.normpath(posixpath.join(directory, pattern))
    found: set[str] = set()
    for alternative in _alternatives(whole):
        found.update(_Search(gate, alternative).matches())
    return tuple(sorted(posixpath.relpath(f"{_DEEP}{each}", f"{_DEEP}{directory}") for each in found))


def _alternatives(pattern: str) -> tuple[str, ...]:
    """Expand a pattern with `{a,b}`."""
    todo, done = [pattern], []
    while todo:
        each = todo.pop()
        braces = _BRACES.search(each)
        if braces is None:
            done.append(each)
        elif "/" in braces[1]:
            raise refusal_error(pattern, "the pattern has alternatives with slashes")
        else:
            todo += [each[: braces.start()] + choice + each[braces.end() :] for choice in braces[1].split(",")]
        if len(todo) + len(done) > _MOST_ALTERNATIVES:
            raise refusal_error(pattern, "the pattern has too many alternatives")
    if any(is_odd(each) for each in done):
        raise refusal_error(pattern, "the pattern has a bracket without its other half")
    return tuple(done)


class _Search:
    """One pattern: its fixed directory, and the parts below it."""

    def __init__(self, gate: Gate, pattern: str) -> None:
        parts = pattern.split("/")
        fixed = next((number for number, each in enumerate(parts) if has_wildcard(each)), len(parts) - 1)
        self._gate = gate
        self._start = "/".join(parts[:fixed]) or ("/" if pattern.startswith("/") else ".")
        self._parts = tuple(parts[fixed:])
        self._seen = 0

    def matches(self) -> Iterator[str]:
        present = {below for below in self._walk(()) if self._is_readable_file(below)}
        for below in self._gate.tracked_files(self._start):
            if below not in present and matches_path(self._parts, below):
                raise refusal_error(self._path(below), "git tracks it, and it is not checked out")
        return (self._path(below) for below in present)

    def _walk(self, below: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        try:
            entries = list_directory(self._gate.module(self._path(below)))
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise refusal_error(self._path(below), error_words(error)) from None
        for entry in entries:
            self._seen += 1
            if not take(_ENTRY_STEPS):
                raise refusal_error(self._start, REASON)
            if self._seen > _MOST_ENTRIES:
                raise refusal_error(self._start, f"more than {_MOST_ENTRIES} files lie below it")
            path = (*below, entry.name)
            if not entry.is_directory:
                yield from (path,) if matches_path(self._parts, path) else ()
            elif any(each < len(self._parts) for each in states(self._parts, path)):
                if entry.is_link:
                    raise refusal_error(self._path(path), "it is a link to a directory")
                if len(path) > _MOST_LEVELS:
                    raise refusal_error(self._start, f"directories lie more than {_MOST_LEVELS} levels below it")
                yield from self._walk(path)

    def _is_readable_file(self, below: tuple[str, ...]) -> bool:
        """Whether `fileset` lists a file; raises RefusedError if it must not be inspected."""
        try:
            return self._gate.place(self._path(below)).is_file()
        except RefusedError as error:
            raise RefusedError(f"{error}, and it matches the pattern") from None
        except OSError as error:
            raise refusal_error(self._path(below), error_words(error)) from None

    def _path(self, below: tuple[str, ...]) -> str:
        return posixpath.normpath(posixpath.join(self._start, *below))
