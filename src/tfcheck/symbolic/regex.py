"""Write regular expressions that are compiled when they are first used: a run uses few of those that it imports."""

from __future__ import annotations

import re
from typing import AnyStr, cast

_METHODS = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer", "groups", "groupindex")


class _Uncompiled:
    """A pattern that becomes one as soon as a method of it is asked for."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self.pattern = text
        self.flags = flags

    def __getattr__(self, name: str) -> object:
        """Return what a compiled pattern has under that name, and keep its methods, so that this is called once."""
        if name not in _METHODS:
            raise AttributeError(name)
        compiled = re.compile(self.pattern, self.flags)
        self.__dict__.update((each, getattr(compiled, each)) for each in _METHODS)
        return getattr(compiled, name)


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return the pattern, compiled at first use; `re.sub` and the other functions of `re` do not accept it."""
    return cast("re.Pattern[AnyStr]", _Uncompiled(text, flags))
