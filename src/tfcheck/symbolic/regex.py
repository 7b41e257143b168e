"""Regular expressions that are compiled on first use, since a run uses few of them."""

from __future__ import annotations

import re
import sys
from typing import Any, AnyStr, cast

_METHODS = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer", "groups", "groupindex")

#: Whether a repetition backtracks to its beginning after a partial match. Debian 12's Python lets `(?:ab?c)++`
#: match all of `aca` (CPython's issue 106052).
_RESTORES = sys.version_info >= (3, 11, 5)


class _Uncompiled:
    """A pattern that is compiled when one of its methods is used."""

    def __init__(self, text: Any, flags: int) -> None:
        self.pattern = text
        self.flags = flags

    def __getattr__(self, name: str) -> object:
        """Return a method of the compiled pattern, and store it, so that this is called once."""
        if name not in _METHODS:
            raise AttributeError(name)
        compiled = compile_pattern(self.pattern, self.flags)
        self.__dict__.update((each, getattr(compiled, each)) for each in _METHODS)
        return getattr(compiled, name)


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return a pattern that is compiled on first use; the functions of `re` do not accept it."""
    return cast("re.Pattern[AnyStr]", _Uncompiled(text, flags))


def compile_pattern(text: AnyStr, flags: int = 0, *, restores: bool = _RESTORES) -> re.Pattern[AnyStr]:
    """Return the pattern, compiled now."""
    if restores:
        return re.compile(text, flags)
    from re import _compiler, _parser  # type: ignore[attr-defined]

    tree = _parser.parse(text, flags)
    _let_restore(tree)
    compiled: re.Pattern[AnyStr] = _compiler.compile(tree, flags)
    return compiled


def _let_restore(tree: Any) -> None:
    """Add a never matching last alternative to repeated groups, so that Python backtracks into them."""
    from re import _constants as kinds

    for number, (kind, arguments) in enumerate(tree.data):
        for each in _inner(arguments):
            _let_restore(each)
        if kind in (kinds.POSSESSIVE_REPEAT, kinds.MAX_REPEAT, kinds.MIN_REPEAT):
            least, most, body = arguments
            if len(body.data) > 1 or _inner(body.data):  # more than a character, which cannot match in part
                never = type(tree)(tree.state, [(kinds.FAILURE, ())])
                tree.data[number] = kind, (least, most, type(tree)(tree.state, [(kinds.BRANCH, (None, [body, never]))]))


def _inner(arguments: Any) -> list[Any]:
    """Return the subpatterns of a part of a pattern."""
    if hasattr(arguments, "getwidth"):
        return [arguments]
    return [found for each in arguments for found in _inner(each)] if isinstance(arguments, list | tuple) else []
