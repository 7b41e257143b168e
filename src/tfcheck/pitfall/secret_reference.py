"""Write `valueFrom` as ECS reads it.

A secret of Secrets Manager is named by its whole ARN, alone or followed by all three of JSON key, version stage and
version id: `ARN:key::`. One colon too few is a malformed ARN. The name of a secret is no reference to it: what is not
an ARN is the name of a parameter. An ARN without its six random characters names a secret only as long as no other
begins like it, and IAM compares the short form. The ARN of a parameter has one slash behind `parameter`, whether or not
the parameter's name begins with one. Wildcards stand for themselves here.

Write:

    secrets = [
      { name = "TOKEN",    valueFrom = aws_secretsmanager_secret.token.arn },
      { name = "PASSWORD", valueFrom = "${aws_secretsmanager_secret.database.arn}:password::" },
      { name = "MODE",     valueFrom = aws_ssm_parameter.mode.arn },
    ]

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tfcheck.arn import Arn, is_arn, split
from tfcheck.ecs import TaskDefinition, member
from tfcheck.finding import Severity
from tfcheck.inventory.catalogue import PARAMETER, SECRET, catalogue
from tfcheck.pitfall.filed import Filed
from tfcheck.pitfall.mistake import Mistake, Pitfall, shown
from tfcheck.startup.place import Place, in_container
from tfcheck.startup.value_from import injected
from tfcheck.value import Text, TextLike, Unknown, Value, pieces, spelled_out
from tfcheck.world import World

_MALFORMED = (
    "an invalid ARN format for the AWS Secrets Manager secret was specified. Specify a valid ARN and try again."
)
_NO_NAME = "The Systems Manager parameter name specified for secret is invalid"
_SHORT_VERSION = (
    "InvalidParameter: 1 validation error(s) found. - minimum field size of 32, GetSecretValueInput.VersionId"
)
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}")
_SHORTEST_VERSION = 32
#: What is wrong, how much that weighs, and what ECS says to it.
_Wrong = tuple[str, Severity, str]


def _search(task: TaskDefinition, world: World) -> Iterator[Mistake]:
    for place, value in injected(task):
        yield from _mistakes(place, value, _wrong(value, task, world))
    for container in task.containers:
        value = member(container.member("repositoryCredentials"), "credentialsParameter")
        place = in_container(task, container, "/repositoryCredentials", "registry credentials")
        if isinstance(value, str | Text | Unknown) and _tail(value) == 3:
            wrong = ("has a JSON key or version, which registry credentials cannot have", Severity.ERROR, "")
            yield from _mistakes(place, value, wrong)


def _mistakes(place: Place, value: Value, wrong: _Wrong | None) -> Iterator[Mistake]:
    if wrong is not None:
        what, severity, symptom = wrong
        message = f"{place.cause}: {shown(place.task, value)} {what}"
        yield Mistake(message, severity, place.container.name if place.container else None, value, symptom=symptom)


def _wrong(value: Value, task: TaskDefinition, world: World) -> _Wrong | None:
    """Say what is surely wrong with a `valueFrom`."""
    if not isinstance(value, str | Text | Unknown) or value == "":
        return None
    tail = _tail(value)
    if tail not in (None, 0, 3):
        return (
            "is followed by too few or too many colons: it must be `ARN:key:stage:version`",
            Severity.ERROR,
            _MALFORMED,
        )
    parts = split(value)
    if parts is not None:
        return _wrong_arn(parts)
    return _wrong_name(value, task, world) if not is_arn(value) else _unfinished(value)


def _unfinished(value: TextLike) -> _Wrong | None:
    return ("has too few parts for an ARN", Severity.ERROR, _MALFORMED) if isinstance(value, str) else None


def _tail(value: TextLike) -> int | None:
    """Count the colons behind a secret's ARN; None where it is not surely one, or they cannot be told."""
    parts = split(value)
    if parts is not None:
        if parts.service != "secretsmanager":
            return None
        found = _colons(pieces(parts.resource))
        return found - 1 if found else None
    first, *rest = pieces(value) or ("",)
    is_secret = isinstance(first, Unknown) and first.symbol is not None and first.symbol.path == ("arn",)
    return _colons(tuple(rest)) if is_secret and ".aws_secretsmanager_secret." in _owner(first) else None


def _owner(value: object) -> str:
    return f".{value.symbol.owner}" if isinstance(value, Unknown) and value.symbol is not None else ""


def _colons(parts: tuple[object, ...]) -> int | None:
    """Count colons where no unknown piece may hold one."""
    if any(not isinstance(each, str) and (not isinstance(each, Unknown) or each.hole.allows(":")) for each in parts):
        return None
    return sum(each.count(":") for each in parts if isinstance(each, str))


def _wrong_arn(parts: Arn) -> _Wrong | None:
    if not isinstance(parts.service, str):
        return None
    if parts.service not in ("secretsmanager", "ssm"):
        return "is an ARN of neither Secrets Manager nor Systems Manager", Severity.ERROR, ""
    if parts.region == "" or parts.account == "":
        return "has no region or no account", Severity.ERROR, ""
    if not isinstance(parts.resource, str):
        return None
    return _wrong_secret(parts.resource) if parts.service == "secretsmanager" else _wrong_parameter(parts.resource)


def _wrong_secret(resource: str) -> _Wrong | None:
    kind, *fields = resource.split(":")
    name = fields[0] if fields else ""
    if kind != "secret" or not name:
        return "names no secret: its sixth part must be `secret`", Severity.ERROR, _MALFORMED
    if "*" in name or "?" in name:
        return "holds a wildcard, which is not one here", Severity.ERROR, ""
    version = fields[3] if len(fields) == 4 else ""
    if version and len(version) < _SHORTEST_VERSION:
        return "ends in a version id that is too short to be one", Severity.ERROR, _SHORT_VERSION
    if not _SUFFIX.fullmatch(name[-7:]):
        return "lacks the six random characters at its end: write the full ARN", Severity.WARNING, ""
    return None


def _wrong_parameter(resource: str) -> _Wrong | None:
    if not resource.startswith("parameter/"):
        return "names no parameter: its resource must begin with `parameter/`", Severity.ERROR, ""
    if resource.startswith("parameter//"):
        return "has two slashes behind `parameter`: remove one", Severity.ERROR, ""
    if "*" in resource or "?" in resource:
        return "holds a wildcard, which is not one here", Severity.ERROR, ""
    return None


def _wrong_name(value: TextLike, task: TaskDefinition, world: World) -> _Wrong | None:
    """Say what is wrong with what is no ARN: the name of a parameter."""
    spelled = spelled_out(value)
    literal = "".join(each for each in pieces(spelled) if isinstance(each, str))
    if literal.count(":") >= 2 and isinstance(spelled, str):
        return "is no ARN, and the name of a parameter holds no colons", Severity.ERROR, _NO_NAME
    around = task.thing.surroundings
    if catalogue(world, PARAMETER).by_name(value, around) is None and _names_secret(value, world):
        return "is the name of a secret, which ECS takes for that of a parameter: write its ARN", Severity.ERROR, ""
    return None


def _names_secret(value: TextLike, world: World) -> bool:
    if isinstance(value, Unknown) and value.symbol is not None:
        return value.symbol.path == ("name",) and catalogue(world, SECRET).owner(value) is not None
    return isinstance(value, str) and bool(world.once(_secrets).exactly(value))


def _secrets(world: World) -> Filed:
    return Filed(world.things(*SECRET.types), "name")


PITFALL = Pitfall("secret-reference", "references to secrets and parameters", __doc__, _search)
