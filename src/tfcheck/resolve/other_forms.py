"""Read names that a resource or data source accepts in several forms: as a name, an ARN, or with more behind it."""

from __future__ import annotations

import re

from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.texts import split_text
from tfcheck.symbolic.value import SECRET_SUFFIX, Text, TextLike, Truth, Unknown, Value, pieces, spelled_out, text

_WHOLE_SECRET = regex(r".*-[A-Za-z0-9]{6}")


def begins_like_arn(name: TextLike) -> Truth:
    """Whether a name is written as an ARN."""
    first = next(iter(pieces(spelled_out(name))), "")
    if isinstance(first, str):
        return Truth.of(first.startswith("arn:"))
    return Truth.TRUE if isinstance(first, Unknown) and first.hole.starts == "arn:" else Truth.UNKNOWN


def without_selector(parameter: TextLike) -> TextLike:
    """Return the name or ARN of a parameter without the version or label behind it."""
    fields = split_text(spelled_out(parameter), ":")
    end = 6 if fields and fields[0] == "arn" else 1
    if fields is None or len(fields) <= end:
        return parameter
    return text([fields[0], *(piece for each in fields[1:end] for piece in (":", each))])


def whole_secret(arn: TextLike, suffix: TextLike) -> TextLike | None:
    """Return the ARN of a secret, with the suffix added if its random end is missing; None if that is unknown."""
    *before, last = pieces(spelled_out(arn))
    if not isinstance(last, str):
        is_whole = not before or (isinstance(last, Unknown) and last.hole == SECRET_SUFFIX)
        return arn if is_whole else None
    if _WHOLE_SECRET.fullmatch(last):
        return arn
    may_be_whole = before and last.isalnum() and len(last) < len("-AbCdEf")
    return None if may_be_whole else text([arn, "-", suffix])


def cleaned_key(key: Value) -> TextLike | None:
    """Normalise an object's key like the provider, without leading or repeated slashes, except in unknown parts."""
    if not isinstance(key, (str, Text)):
        return key if isinstance(key, TextLike) else None
    first, *rest = pieces(key) or ("",)
    begun = re.sub(r"^(\./|/)+", "", first) if isinstance(first, str) else first
    return text(re.sub("/+", "/", each) if isinstance(each, str) else each for each in (begun, *rest))
