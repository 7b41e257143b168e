"""Check that a reference to a secret or a parameter is valid for ECS.

Follows https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html. ECS makes no call for a
reference that it refuses, so IAM decides nothing.

If the ARN of a secret lacks the hyphen and the six random characters, Secrets Manager looks the secret up in its own
account only, and IAM compares the whole ARN
(https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen).
"""

from __future__ import annotations

import msgspec

from tfcheck.inventory.catalogue import PARAMETER, SECRET, catalogue
from tfcheck.inventory.keys_in_use import replicas
from tfcheck.inventory.world import World
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.beginnings import beginning
from tfcheck.symbolic.marks import has_mark
from tfcheck.symbolic.match import equal, glob
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.symbol import OfText, Symbol
from tfcheck.symbolic.texts import split_text, without_prefix
from tfcheck.symbolic.value import (
    SECRET_SUFFIX,
    Hole,
    PlainText,
    Text,
    TextLike,
    Truth,
    Unknown,
    Value,
    is_never_empty,
    pieces,
    spelled_out,
    text,
)
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.arn import Arn, is_arn, parse_arn, partition_of_region
from tfcheck.vocabulary.finding import Severity

_SUFFIX = regex(r"-[A-Za-z0-9]{6}")
#: The end of an ARN that Secrets Manager may complete, or use unchanged.
_OPEN_END = Hole(f"-{SECRET_SUFFIX.chars}", negated=False, longest=7)


def secret_arn(name: TextLike, around: Surroundings, world: World) -> TextLike:
    """Return the ARN of the secret with a name at `around`, which ends in six random characters."""
    for each in (world, *world.context):
        found = catalogue(each, SECRET).find_by_name(name, around)
        arn = found.attribute("arn") if found else None
        if isinstance(arn, PlainText):
            return arn
    symbol = Symbol(OfText("secret", name), ("suffix",)) if isinstance(name, str) else None
    suffix = Unknown(symbol=symbol, reason="the end of the secret's ARN is not in the plan", hole=SECRET_SUFFIX)
    resource = text(["secret:", name, "-", suffix])
    return Arn(around.partition, "secretsmanager", around.region, around.account, resource).as_text()


def whole_arn(arn: TextLike, account: TextLike, world: World) -> TextLike:
    """Return the ARN for IAM when a task of an account names a secret by `arn`, whose end may be missing."""
    parts = parse_arn(arn)
    fields = split_text(parts.resource, ":") if parts is not None and parts.service == "secretsmanager" else None
    name = fields[1] if fields is not None and len(fields) == 2 and fields[0] == "secret" else None
    if parts is None or name is None or not has_no_suffix(name):
        # What a function cut out of another text is still the attribute of the secret, unless it is marked.
        is_cut = isinstance(arn, Text) and not has_mark(arn)
        found = catalogue(world, SECRET).find_by_arn(arn) if is_cut else None
        own = found.attribute("arn") if found else None
        return own if isinstance(own, PlainText) else arn
    if (known := _known_secret(arn, name, world)) is not None:
        return known
    same = equal(parts.account, account)
    if same is Truth.TRUE:
        return secret_arn(name, Surroundings(parts.partition, parts.region, parts.account), world)
    elsewhere = "in another account" if same is Truth.FALSE else "possibly in another account"
    reason = f"the secret is {elsewhere}, and its ARN lacks the six random characters: write the full ARN"
    symbol = Symbol(OfText("secret", arn), ("end",)) if isinstance(arn, str) else None
    return text([arn, Unknown(symbol=symbol, reason=reason, hole=_OPEN_END)])


def _known_secret(arn: TextLike, name: TextLike, world: World) -> TextLike | None:
    """Return the whole ARN of the only secret, or replica, called `name` whose ARN definitely begins with `arn`."""
    for each in (world, *world.context):
        found = catalogue(each, SECRET).find_by_name(name, None)
        for whole in (found.attribute("arn"), *(one.arn for one in replicas(found))) if found else ():
            if isinstance(whole, PlainText) and glob(text([arn, "-??????"]), whole) is Truth.TRUE:
                return whole
    return None


def has_no_suffix(name: TextLike) -> bool:
    """Whether the name in a secret's ARN definitely does not end in a hyphen and six characters."""
    last = (pieces(name) or ("",))[-1]
    if not isinstance(last, str):
        return False
    if isinstance(name, str) or len(last) >= len("-AbCdEf"):
        return not _SUFFIX.fullmatch(last[-7:])
    return not last.isalnum()


_MALFORMED = (
    "an invalid ARN format for the AWS Secrets Manager secret was specified. Specify a valid ARN and try again."
)
_NO_NAME = "The Systems Manager parameter name specified for secret is invalid"
_SHORT_VERSION = (
    "InvalidParameter: 1 validation error(s) found. - minimum field size of 32, GetSecretValueInput.VersionId"
)
_SHORTEST_VERSION = 32


#: Parameters with this beginning belong to AWS: their ARNs have no account
#: (https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html).
PUBLIC_PARAMETER = "parameter/aws/service/"


class InvalidReference(msgspec.Struct, frozen=True):
    """What is definitely wrong with a reference, its severity, and the error of ECS."""

    what: str
    severity: Severity = Severity.ERROR
    symptom: str = ""


def is_refused(wrong: InvalidReference | None) -> bool:
    """Whether a reference definitely cannot be read, regardless of permissions."""
    return wrong is not None and wrong.severity is Severity.ERROR


def reference_error(value: Value, around: Surroundings, world: World) -> InvalidReference | None:
    """Return what is definitely wrong with a `valueFrom` of a task at `around`."""
    if value == "":
        return InvalidReference("is empty")
    if not isinstance(value, PlainText):
        return None
    fields = secret_fields(value)
    if fields is not None:
        return _tail_error(fields[1:]) or _arn_error(value, around) or _misread(value, fields[0], world)
    parameter = parameter_fields(value)
    if parameter is not None and len(parameter) > 2:
        return InvalidReference(
            "is the ARN of a parameter, which cannot be followed by the JSON key or version of a secret"
        )
    if parse_arn(value) is not None or parameter is not None:
        what = "has a version or label behind the ARN of a parameter, which AWS does not document for ECS"
        selects = InvalidReference(what, Severity.WARNING) if len(parameter or ()) == 2 else None
        return _arn_error(value, around) or selects
    if not is_arn(value):
        return _name_error(value, around, world)
    return InvalidReference("has too few parts for an ARN", symptom=_MALFORMED) if isinstance(value, str) else None


def credentials_error(value: Value, around: Surroundings) -> InvalidReference | None:
    """Return what is definitely wrong with a private registry's `credentialsParameter`."""
    if not isinstance(value, PlainText):
        return None
    fields = secret_fields(value)
    if fields is not None and len(fields) > 1:
        return InvalidReference("has a JSON key or version, which registry credentials cannot have")
    parts = parse_arn(value)
    if parts is not None and isinstance(parts.service, str) and parts.service != "secretsmanager":
        return InvalidReference("is not the ARN of a secret of Secrets Manager")
    return _arn_error(value, around)


# What follows the ARN


def secret_fields(value: TextLike) -> list[TextLike] | None:
    """Return the fields of a secret's ARN from its name on, with JSON key, version stage and version id, if any.

    None where this may not be one, or they are not known.
    """
    return _fields(value, "secretsmanager", "aws_secretsmanager_secret", ("arn", "id"))


def parameter_fields(value: TextLike) -> list[TextLike] | None:
    """Return the last part of a parameter's ARN, or a reference to that ARN, and the version or label behind it.

    None where this may not be one, or they are not known.
    """
    return _fields(value, "ssm", "aws_ssm_parameter", ("arn",))


def _fields(value: TextLike, service: str, kind: str, attributes: tuple[str, ...]) -> list[TextLike] | None:
    """Split at colons what follows `secret:` or a whole ARN's reference, or a parameter's resource."""
    parts = parse_arn(value)
    if parts is not None:
        if parts.service != service:
            return None
        fields = split_text(parts.resource, ":")
        return fields[1:] or None if fields is not None and service == "secretsmanager" else fields
    first, *rest = pieces(value) or ("",)
    symbol = first.symbol if isinstance(first, Unknown) else None
    if symbol is None or len(symbol.path) != 1 or symbol.path[0] not in attributes:
        return None
    if not isinstance(symbol.owner, Address) or symbol.owner.type != kind:
        return None
    behind = split_text(spelled_out(text(rest)), ":")
    return None if behind is None else [text([first, behind[0]]), *behind[1:]]


def _tail_error(tail: list[TextLike]) -> InvalidReference | None:
    """Return what is wrong with the part after a secret's ARN: JSON key, version stage and version id."""
    if len(tail) not in (0, 3):
        what = "is followed by too few or too many colons: it must be `ARN:key:stage:version`"
        return InvalidReference(what, symptom=_MALFORMED)
    stage, version = tail[1:] or ("", "")
    if isinstance(version, str) and 0 < len(version) < _SHORTEST_VERSION:
        return InvalidReference("ends in a version id that is too short", symptom=_SHORT_VERSION)
    if is_never_empty(stage) and is_never_empty(version):
        what = (
            "has a version stage and a version id: AWS accepts one of them, and Secrets Manager both only if they agree"
        )
        return InvalidReference(what, Severity.WARNING)
    return None


# The ARN itself


def _arn_error(value: TextLike, around: Surroundings) -> InvalidReference | None:
    parts = parse_arn(value)
    if parts is None or not isinstance(parts.service, str):
        return None
    if parts.service not in ("secretsmanager", "ssm"):
        return InvalidReference("is an ARN of neither Secrets Manager nor Systems Manager")
    is_public = without_prefix(parts.resource, PUBLIC_PARAMETER) != parts.resource
    if parts.region == "" or (parts.account == "" and not is_public):
        return InvalidReference("has no region or no account")
    here = [partition_of_region(parts.region)] if isinstance(parts.region, str) else []
    here += [around.partition] if isinstance(around.partition, str) else []
    if isinstance(parts.partition, str) and any(each != parts.partition for each in here):
        return InvalidReference("names another partition than the one that its region, or the task, is in")
    fields = split_text(parts.resource, ":")
    if fields is None:
        return None
    return _secret_error(fields) if parts.service == "secretsmanager" else _parameter_error(parts.resource)


def _secret_error(fields: list[TextLike]) -> InvalidReference | None:
    kind, name = fields[0], fields[1] if len(fields) > 1 else ""
    if (isinstance(kind, str) and kind != "secret") or name == "":
        return InvalidReference("names no secret: its sixth part must be `secret`", symptom=_MALFORMED)
    if _has_wildcard(name):
        return InvalidReference("contains a wildcard, which ECS does not expand")
    if any("|" in each for each in pieces(name) if isinstance(each, str)):
        return InvalidReference("is the id of a secret's version in Terraform, `ARN|VERSION`: write the ARN")
    if has_no_suffix(name):
        what = "lacks the six random characters at its end, without which it works in its own account only"
        return InvalidReference(f"{what}: write the full ARN", Severity.WARNING)
    return None


def _parameter_error(resource: TextLike) -> InvalidReference | None:
    first = next(iter(pieces(resource)), "")
    beginning = first if isinstance(first, str) else ""
    if isinstance(resource, str) and not resource.startswith("parameter/"):
        return InvalidReference("names no parameter: its resource must begin with `parameter/`")
    if beginning.startswith("parameter//"):
        return InvalidReference("has two slashes after `parameter`: remove one")
    if _has_wildcard(resource):
        return InvalidReference("contains a wildcard, which ECS does not expand")
    return None


def _has_wildcard(value: TextLike) -> bool:
    return any(isinstance(each, str) and ("*" in each or "?" in each) for each in pieces(value))


def _misread(value: TextLike, name: TextLike, world: World) -> InvalidReference | None:
    """Return the error that a partial ARN of a secret called `name-abc123` is taken for another secret's whole ARN."""
    parts = parse_arn(value)
    if parts is None or name not in world.once(_secret_names):
        return None
    whole = msgspec.structs.replace(parts, resource=text(["secret:", name])).as_text()
    if catalogue(world, SECRET).find_by_arn(whole) is not None:
        return None
    what = (
        "lacks the six random characters at its end, but the name ends like them: Secrets Manager takes it for another"
    )
    return InvalidReference(f"{what} secret; write the full ARN", Severity.WARNING)


# Names


def _name_error(value: TextLike, around: Surroundings, world: World) -> InvalidReference | None:
    """Return what is wrong with a parameter's name."""
    found = beginning(value)
    if (found.known and not found.may_be_arn) and any(":" in each for each in pieces(value) if isinstance(each, str)):
        return InvalidReference(
            "is not an ARN, and the name of a parameter contains no colons: ECS accepts no version or label behind it",
            symptom=_NO_NAME,
        )
    if catalogue(world, PARAMETER).find_by_name(value, around) is not None:
        return None
    if isinstance(value, Unknown) and value.symbol is not None:
        names_secret = value.symbol.path == ("name",) and catalogue(world, SECRET).owner(value) is not None
    else:
        names_secret = isinstance(value, str) and value in world.once(_secret_names)
    wrong = "is the name of a secret, which ECS reads as the name of a parameter: write its ARN"
    return InvalidReference(wrong) if names_secret else None


def _secret_names(world: World) -> frozenset[str]:
    found = (each.attribute("name") for each in world.resources(*SECRET.types))
    return frozenset(each for each in found if isinstance(each, str))
