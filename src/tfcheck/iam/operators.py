"""Compare one value of a request with one value of a condition.

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html. Only the
positive form of each operator is here; `tfcheck.iam.condition` negates.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from tfcheck.symbolic.match import Pattern, Verbatim, equal, glob
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import JsonText, TextLike, Truth, Unknown, pieces, spelled_out, text
from tfcheck.vocabulary.arn import parse_arn

_T = TypeVar("_T")


def _literal(pattern: Pattern) -> TextLike:
    """Join a pattern as text: most operators treat wildcards as ordinary characters."""
    parts = pattern if isinstance(pattern, tuple) else (pattern,)
    if len(parts) == 1:
        return _plain(parts[0])
    return text(map(_plain, parts))


def _plain(part: TextLike | Verbatim) -> TextLike:
    return part.value if isinstance(part, Verbatim) else part


def string_equals(pattern: Pattern, value: TextLike) -> Truth:
    """Compare texts exactly, without wildcards."""
    return equal(_literal(pattern), value)


def string_equals_ignore_case(pattern: Pattern, value: TextLike) -> Truth:
    """Compare texts, ignoring case."""
    return equal(_fold_case(_literal(pattern)), _fold_case(value))


def _fold_case(value: TextLike) -> TextLike:
    # NOTE: equal texts stay equal, but different ones may differ only in case, so families are dropped.
    folded = [
        part.lower() if isinstance(part, str) else Unknown(part.symbol) if isinstance(part, Unknown) else Unknown()
        for part in pieces(spelled_out(value))
    ]
    return text(folded)


def string_like(pattern: Pattern, value: TextLike) -> Truth:
    """Match with wildcards, case-sensitive."""
    return glob(pattern, value)


def arn_like(pattern: Pattern, value: TextLike) -> Truth:
    """Match the six parts of an ARN one by one, with wildcards; ArnEquals does the same."""
    if not isinstance(pattern, tuple):
        return _arn_like(pattern, value)
    if all(map(_harmless, pattern)):
        return _arn_like(_literal(pattern), value)
    # Values from the request may contain colons or stars of their own.
    before = next(iter(pattern), "")
    if isinstance(before, str) and before.count(":") >= 5:
        early, last = before.split(":", 5)[:5], before.split(":", 5)[5]
        arn = parse_arn(value)
        if arn is not None:
            theirs = (arn.partition, arn.service, arn.region, arn.account)
            answers = [glob(ours, other) for ours, other in zip(early[1:], theirs, strict=True)]
            return Truth.every([*answers, glob((last, *pattern[1:]), arn.resource)])
    return glob(pattern, value) & Truth.UNKNOWN


def _harmless(part: TextLike | Verbatim) -> bool:
    """Whether the value of a part can be inserted into the pattern without changing its meaning."""
    inserted = pieces(spelled_out(part.value)) if isinstance(part, Verbatim) else ()
    return not any(
        isinstance(each, JsonText)
        or any(char in each if isinstance(each, str) else each.hole.allows(char) for char in ":*?")
        for each in inserted
    )


def _arn_like(pattern: TextLike, value: TextLike) -> Truth:
    if not isinstance(pattern, str) and equal(pattern, value) is Truth.TRUE:
        return Truth.TRUE
    ours, theirs = parse_arn(pattern), parse_arn(value)
    if ours is not None and theirs is not None:
        return Truth.every(
            (
                glob(ours.partition, theirs.partition),
                glob(ours.service, theirs.service),
                glob(ours.account, theirs.account),
                glob(ours.resource, theirs.resource),
                glob(ours.region, theirs.region),
            )
        )
    if theirs is None and isinstance(value, str):
        return Truth.FALSE
    # Not definitely an ARN: AWS does not document the meaning of a single `*` here.
    return glob(pattern, value) & Truth.UNKNOWN


def boolean(pattern: Pattern, value: TextLike) -> Truth:
    """Compare `true` and `false` in any case."""
    ours, theirs = spelled_out(_literal(pattern)), spelled_out(value)
    if isinstance(ours, str) and ours.lower() not in ("true", "false"):
        return Truth.UNKNOWN
    return string_equals_ignore_case(ours, theirs)


def _comparison(
    read: Callable[[TextLike], _T | None], compare: Callable[[_T, _T], bool]
) -> Callable[[Pattern, TextLike], Truth]:
    def test(pattern: Pattern, value: TextLike) -> Truth:
        ours, theirs = read(_literal(pattern)), read(value)
        return Truth.UNKNOWN if ours is None or theirs is None else Truth.of(compare(theirs, ours))

    return test


def numeric(compare: Callable[[Decimal, Decimal], bool]) -> Callable[[Pattern, TextLike], Truth]:
    """Build an operator that compares decimal numbers; anything else is unknown."""
    return _comparison(_number, compare)


def _number(value: TextLike) -> Decimal | None:
    spelled = spelled_out(value)
    if not isinstance(spelled, str):
        return None
    try:
        number = Decimal(spelled.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def date(compare: Callable[[float, float], bool]) -> Callable[[Pattern, TextLike], Truth]:
    """Build an operator that compares times, in ISO 8601 or seconds since 1970; anything else is unknown."""
    return _comparison(_moment, compare)


_DATE = regex(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")


def _moment(value: TextLike) -> float | None:
    from datetime import UTC, datetime

    spelled = spelled_out(value)
    if not isinstance(spelled, str):
        return None
    short = _DATE.fullmatch(spelled)
    try:
        if short:
            return datetime(int(short[1]), int(short[2] or 1), int(short[3] or 1), tzinfo=UTC).timestamp()
        if spelled.isdigit():
            return float(spelled)
        moment = datetime.fromisoformat(spelled)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def ip_address(pattern: Pattern, value: TextLike) -> Truth:
    """Whether an address is in a range; a single address is a range of one, the other family never matches."""
    import ipaddress

    ours, theirs = spelled_out(_literal(pattern)), spelled_out(value)
    if not isinstance(ours, str) or not isinstance(theirs, str):
        return Truth.UNKNOWN
    try:
        network = ipaddress.ip_network(ours, strict=False)
        address = ipaddress.ip_address(theirs)
    except ValueError:
        return Truth.UNKNOWN
    return Truth.of(address.version == network.version and address in network)


def binary_equals(pattern: Pattern, value: TextLike) -> Truth:
    """Compare the bytes of two base64 texts."""
    ours, theirs = _literal(pattern), spelled_out(value)
    if not isinstance(ours, str) or not isinstance(theirs, str):
        return string_equals(ours, theirs) | Truth.UNKNOWN
    import base64

    try:
        return Truth.of(base64.b64decode(ours, validate=True) == base64.b64decode(theirs, validate=True))
    except ValueError:  # one is not base64
        return Truth.UNKNOWN
