"""Write regular expressions that are compiled when they are first used: a run uses few of those that it imports."""

from __future__ import annotations

import re
import sys
from typing import Any, AnyStr, cast

_METHODS = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer", "groups", "groupindex")

#: Whether a repetition goes back to where it began if it matches only in part. Debian 12's Python lets `(?:ab?c)++`
#: take all of `aca` (CPython's issue 106052).
_RESTORES = sys.version_info >= (3, 11, 5)


class _Uncompiled:
    """A pattern that becomes one as soon as a method of it is asked for."""

    def __init__(self, text: Any, flags: int) -> None:
        self.pattern = text
        self.flags = flags

    def __getattr__(self, name: str) -> object:
        """Return what a compiled pattern has under that name, and keep its methods, so that this is called once."""
        if name not in _METHODS:
            raise AttributeError(name)
        compiled = compile_pattern(self.pattern, self.flags)
        self.__dict__.update((each, getattr(compiled, each)) for each in _METHODS)
        return getattr(compiled, name)


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return the pattern, compiled at first use; `re.sub` and the other functions of `re` do not accept it."""
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
    """Give what is repeated a last alternative that never matches: before an alternative, Python does go back."""
    from re import _constants as kinds

    for number, (kind, given) in enumerate(tree.data):
        for each in _inner(given):
            _let_restore(each)
        if kind in (kinds.POSSESSIVE_REPEAT, kinds.MAX_REPEAT, kinds.MIN_REPEAT):
            least, most, body = given
            if len(body.data) > 1 or _inner(body.data):  # more than a character, which cannot match in part
                never = type(tree)(tree.state, [(kinds.FAILURE, ())])
                tree.data[number] = kind, (least, most, type(tree)(tree.state, [(kinds.BRANCH, (None, [body, never]))]))


def _inner(given: Any) -> list[Any]:
    """Return the patterns in what a part of a pattern is made of."""
    if hasattr(given, "getwidth"):
        return [given]
    return [found for each in given for found in _inner(each)] if isinstance(given, list | tuple) else []
