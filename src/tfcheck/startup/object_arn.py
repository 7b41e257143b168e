"""Parse an S3 object ARN as ECS does, and convert it for IAM.

The ECS agent splits `arn:PARTITION:s3:::BUCKET/KEY` and requests the key from the bucket
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html). An ARN that it cannot split
stops the task before any call.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.inventory.catalogue import BUCKET, catalogue
from tfcheck.inventory.world import World, found_once
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.startup.rule import TaskPlace
from tfcheck.symbolic.doubt import Doubt, DoubtKind, later
from tfcheck.symbolic.symbol import Named, Symbol
from tfcheck.symbolic.texts import split_text
from tfcheck.symbolic.value import (
    PARTITION,
    JsonText,
    PlainText,
    TextLike,
    Unknown,
    Value,
    is_never_empty,
    pieces,
    spelled_out,
    text,
)
from tfcheck.vocabulary.address import owner_of
from tfcheck.vocabulary.arn import parse_arn
from tfcheck.vocabulary.finding import Requirement, Severity
from tfcheck.vocabulary.needed_call import Necessity

FORM = "arn:PARTITION:s3:::BUCKET/KEY"


class MalformedArn(msgspec.Struct, frozen=True):
    """What is definitely wrong with an object's ARN; if it is `readable`, ECS takes it for another object's."""

    what: str
    readable: bool = False


def object_needs(
    rule: str, place: TaskPlace, value: TextLike, world: World, severity: Severity = Severity.ERROR, *, doubt: str = ""
) -> Iterator[Requirement]:
    """Yield the permissions to read an object and to locate its bucket; nothing for an ARN that ECS cannot parse."""
    wrong = misshape(value, world)
    if wrong is not None and not wrong.readable:
        return
    seen = iam_object_arn(value, place.task.resource.surroundings)
    bucket = bucket_arn(seen)
    necessity = Necessity(doubt, _other_access(seen, bucket), mistaken=wrong is not None)
    for action, resource, weight in (
        ("s3:GetObject", seen, severity),
        ("s3:GetBucketLocation", bucket, Severity.WARNING),
    ):
        yield place.require(rule, action, resource, weight, necessity)


def iam_object_arn(value: TextLike, around: Surroundings) -> TextLike:
    """Return an object's ARN as IAM compares it.

    The agent drops the partition and asks S3 in its own. Which of two that differ IAM sees is not documented: it stays
    open, so that only what is granted under either is allowed.
    """
    parts = parse_arn(value) if names_other_partition(value, around) else None
    if parts is None:
        return value
    reason = f"whether IAM compares the partition {parts.partition} or {around.partition}, where the task runs"
    open_ = Unknown(symbol=Symbol(Named("partition")), reason=Doubt(reason, DoubtKind.ARN_PARTITION), hole=PARTITION)
    return msgspec.structs.replace(parts, partition=open_).as_text()


def names_other_partition(value: Value, around: Surroundings) -> bool:
    """Whether an ARN definitely has another partition than the task's."""
    parts = parse_arn(value) if isinstance(value, PlainText) else None
    if parts is None or not isinstance(parts.partition, str) or not isinstance(around.partition, str):
        return False
    return parts.partition != around.partition


#: What a name with such an ending is, which no bucket may have
#: (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
_OTHERS = {
    "-s3alias": "the alias of an access point",
    "--ol-s3": "the alias of an Object Lambda access point",
    "--x-s3": "a directory bucket",
    ".mrap": "the alias of a Multi-Region Access Point",
    "--table-s3": "a table bucket",
}


def _other_access(object_arn: TextLike, bucket: TextLike) -> str:
    """Return what is not documented about a name that is not a bucket's: IAM checks other ARNs or actions for it."""
    owners = (owner_of(each) for each in pieces(object_arn) if isinstance(each, Unknown) and _is_alias(each))
    last = pieces(bucket)[-1]
    found = [what for end, what in _OTHERS.items() if isinstance(last, str) and last.endswith(end)]
    found += (_OTHERS["-s3alias"] for owner in owners if owner is not None and owner.type.startswith("aws_s3"))
    return Doubt(f"which permissions ECS needs for {found[0]}", DoubtKind.BUCKET_KIND) if found else ""


def _is_alias(piece: Unknown) -> bool:
    return piece.symbol is not None and piece.symbol.path == ("alias",)


# What is wrong with it


def misshape(value: Value, world: World) -> MalformedArn | None:
    """Return what is definitely wrong with an object's ARN, or None."""
    if value is None or value == "":
        return MalformedArn("has no ARN")
    if not isinstance(value, PlainText):
        return None
    return found_once(world, (_misshape, value), lambda: _misshape(value, world))


def _misshape(value: TextLike, world: World) -> MalformedArn | None:
    if is_other_than_arn(value):
        return MalformedArn(
            "is an address, not an ARN"
            if any("://" in each for each in pieces(value) if isinstance(each, str))
            else "is not an ARN"
        )
    found = _missing_slash(value, world)
    if found is not None:
        return found
    parts = parse_arn(value)
    if parts is None:
        return MalformedArn("has too few parts for an ARN") if isinstance(value, str) else None
    if isinstance(parts.service, str) and parts.service != "s3":
        return MalformedArn("is not an ARN of s3")
    if is_never_empty(parts.region) or is_never_empty(parts.account):
        return MalformedArn("has a region or an account, which the ARN of an object does not have")
    bucket_and_key = split_text(parts.resource, "/", limit=1)
    if bucket_and_key is None or (len(bucket_and_key) == 2 and "" not in bucket_and_key):
        return None
    return MalformedArn("names a bucket and no key")


def is_other_than_arn(value: Value) -> bool:
    """Whether a text definitely does not begin like an ARN, so that no IAM request is made."""
    if not isinstance(value, PlainText):
        return False
    first = next(iter(pieces(spelled_out(value))), "")
    return isinstance(first, str) and first != "" and not "arn:".startswith(first[:4])


def _missing_slash(value: TextLike, world: World) -> MalformedArn | None:
    """Return the error of a key that follows a bucket reference without a slash."""
    parts = pieces(value)
    buckets = catalogue(world, BUCKET)
    for index, reference in enumerate(parts):
        if isinstance(reference, Unknown) and buckets.resolve(reference) is not None:
            rest = parts[index + 1 :]
            if not rest:
                return MalformedArn("names a bucket and no key")
            following = rest[0]
            is_name = isinstance(following, str) and (following[0].isalnum() or following[0] == "_")
            readable = any(not isinstance(each, str) or "/" in each.rstrip("/") for each in rest)
            return MalformedArn("has no slash between bucket and key", readable) if is_name else None
    return None


# The bucket


def bucket_arn(object_arn: TextLike) -> TextLike:
    """Return the bucket's ARN in an object's ARN: everything before the first slash.

    Follows the ARN formats of Amazon S3
    (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html).
    """
    found: list[str | Unknown | JsonText] = []
    for piece in pieces(object_arn):
        if isinstance(piece, str):
            head, slash, _ = piece.partition("/")
            found.append(head)
            if slash:
                return text(found)
        else:
            inner = _before_slash(piece)
            if inner is None:
                return Unknown(reason=later("which bucket the file is in"))
            found.extend(pieces(inner))
            if inner != piece:
                return text(found)
    return text(found)


def _before_slash(piece: Unknown | JsonText) -> TextLike | None:
    """Return the part of a piece before its slash, the piece if it definitely has none, otherwise None."""
    if isinstance(piece, JsonText):
        return None
    if piece.shape is None:
        return None if piece.hole.allows("/") else piece
    spelled = spelled_out(piece.shape)
    before = bucket_arn(spelled) if spelled != piece else piece
    if before == spelled:
        return piece
    return None if isinstance(before, Unknown) and before not in pieces(spelled) else before
