"""Write bucket ARNs in the style of the surrounding statements: `B.arn`, or `arn:aws:s3:::${B.bucket}`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from tfcheck.fix.wanted import NeededStatement, Reference, Spelled, join_parts
from tfcheck.symbolic.regex import regex

_BY_NAME = regex(r'"(arn:(?:[\w-]+|\$\{[^{}"]+\}):s3:::)\$\{\s*(aws_s3_bucket\.[^{}\s"]+)\.(bucket|id)\s*\}')
_BY_ARN = regex(r"\baws_s3_bucket\.[\w-]+(?:\[[^\[\]]*\])?\.arn\b")
_MEMBER = regex(r"((?:var|local)\.[\w-]+)\.([\w-]+)")
_BUCKET = regex(r"(aws_s3_bucket\.\S+)\.(arn|bucket|id)")


def shorter(spelled: Spelled, partition_of: Callable[[str], object]) -> Spelled:
    """Replace an ARN prefix followed by a bucket's name by the bucket's ARN."""
    head, *rest = spelled
    named = _BUCKET.fullmatch(rest[0].expression) if rest and isinstance(rest[0], Reference) else None
    if named is None or named[2] == "arn" or head != f"arn:{partition_of(named[1])}:s3:::":
        return spelled
    return (Reference(f"{named[1]}.arn"), *rest[1:])


def adapt_bucket_arns(statements: Sequence[NeededStatement], around: str) -> tuple[NeededStatement, ...]:
    """Write bucket ARNs with the buckets' names if the surrounding text does, otherwise with their ARNs."""
    statements = [
        replace(each, resources=tuple(_use_index(one, around) for one in each.resources)) for each in statements
    ]
    by_name = _BY_NAME.search(around)
    if by_name is None or _BY_ARN.search(around):
        return tuple(statements)
    return tuple(
        replace(each, resources=tuple(_use_name(one, by_name[1], by_name[3]) for one in each.resources))
        for each in statements
    )


def _use_index(spelled: Spelled, around: str) -> Spelled:
    """Write `local.arns["db"]` for `local.arns.db` where other elements are written like that."""
    found: list[str | Reference] = []
    for each in spelled:
        member = _MEMBER.fullmatch(each.expression) if isinstance(each, Reference) and not each.over else None
        is_index = member is not None and f'{member[1]}["' in around and f"{member[1]}." not in around
        found.append(Reference(f'{member[1]}["{member[2]}"]') if member is not None and is_index else each)
    return tuple(found)


def _use_name(spelled: Spelled, head: str, attribute: str) -> Spelled:
    first = spelled[0]
    named = _BUCKET.fullmatch(first.expression) if isinstance(first, Reference) else None
    if named is None or named[2] != "arn":
        return spelled
    literal, _, hole = head.partition("${")
    reference, _, rest = hole.partition("}")
    before = (literal, Reference(reference.strip()), rest) if hole else (literal,)
    return join_parts((*before, Reference(f"{named[1]}.{attribute}"), *spelled[1:]))
