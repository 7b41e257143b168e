"""Find the secrets and parameters that a task definition names, their ARNs for IAM, and their places.

- The ARN of a secret may have a tail `:json-key:version-stage:version-id`, which IAM never sees
  (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html).
- The name of a parameter is looked up in the task's own region. What follows it, `NAME:3` or `NAME:label`, selects a
  version, and is not part of the ARN
  (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html,
  https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import msgspec

from tfcheck.inventory.catalogue import PARAMETER, SECRET, catalogue
from tfcheck.inventory.ecs import Container, TaskDefinition, member
from tfcheck.inventory.world import World
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.startup.reference import (
    PUBLIC_PARAMETER,
    is_refused,
    parameter_fields,
    reference_error,
    secret_arn,
    secret_fields,
    whole_arn,
)
from tfcheck.startup.rule import TaskPlace, container_place
from tfcheck.symbolic.beginnings import beginning
from tfcheck.symbolic.doubt import later
from tfcheck.symbolic.match import glob
from tfcheck.symbolic.texts import split_text, without_prefix
from tfcheck.symbolic.value import (
    JsonText,
    PlainText,
    Text,
    TextLike,
    Truth,
    Unknown,
    Value,
    items,
    pieces,
    spelled_out,
    text,
)
from tfcheck.vocabulary.arn import Arn, parse_arn
from tfcheck.vocabulary.finding import Requirement
from tfcheck.vocabulary.needed_call import CallDetails, Necessity

#: Parameters with this prefix are secrets of Secrets Manager.
_OF_SECRETS = "parameter/aws/reference/secretsmanager/"


class ValueStore(Enum):
    """Where a value is stored."""

    SECRETS_MANAGER = "secret"
    PARAMETER_STORE = "parameter"


class Source(msgspec.Struct, frozen=True):
    """A resource to read a value from. `doubt` says why it may be another one.

    `named` is the text that names a secret, where it is not the ARN alone, with or without a JSON key. `other_form` is
    another form of the ARN, which AWS may check instead.
    """

    store: ValueStore
    arn: TextLike
    doubt: str = ""
    named: TextLike | None = None
    other_form: TextLike | None = None


def sources(value: Value, around: Surroundings, world: World) -> tuple[Source, ...]:
    """Return everything that is read for a reference of a task at `around`."""
    if value == "" or not isinstance(value, PlainText):
        return ()
    if _is_name(value, world):
        name = (split_text(value, ":", 1) or [value])[0]
        return _parameter_sources(parameter_arn(name, around, world), around, world)
    store = _store_of(value, world)
    if store is ValueStore.SECRETS_MANAGER:
        short = without_tail(value)
        whole = whole_arn(short, around.account, world)
        says_more = spelled_out(short) != spelled_out(whole) or any((secret_fields(value) or ())[2:])
        return (Source(store, whole, named=value if says_more else None),)
    if store is ValueStore.PARAMETER_STORE:
        return _parameter_sources(_without_version(value), around, world)
    doubt = later("whether a secret or a parameter is named")
    return tuple(Source(each, value, doubt) for each in ValueStore)


def _parameter_sources(arn: TextLike, around: Surroundings, world: World) -> tuple[Source, ...]:
    """Return the parameter with an ARN, and the secret that its name refers to."""
    parts = parse_arn(arn)
    if parts is None:
        return (Source(ValueStore.PARAMETER_STORE, arn),)
    if without_prefix(parts.resource, PUBLIC_PARAMETER) != parts.resource:
        # Denials were seen to name the caller's account, which AWS's own policies leave out.
        public, own = (msgspec.structs.replace(parts, account=each).as_text() for each in ("", around.account))
        return (Source(ValueStore.PARAMETER_STORE, public, other_form=own),)
    secret = without_prefix(parts.resource, _OF_SECRETS)
    if secret == parts.resource:
        return (Source(ValueStore.PARAMETER_STORE, arn),)
    near = Surroundings(parts.partition, parts.region, parts.account)
    named = Source(ValueStore.SECRETS_MANAGER, secret_arn(secret, near, world), named=secret)
    return (Source(ValueStore.PARAMETER_STORE, arn), named)


def _without_version(arn: TextLike) -> TextLike:
    fields, parts = parameter_fields(arn), parse_arn(arn)
    if fields is None or len(fields) == 1:
        return arn
    return fields[0] if parts is None else msgspec.structs.replace(parts, resource=fields[0]).as_text()


def _store_of(value: TextLike, world: World) -> ValueStore | None:
    """Return the store of an ARN, or of a reference that can only be one; None if it is unknown."""
    parts = parse_arn(value)
    if parts is not None and isinstance(parts.service, str):
        return ValueStore.SECRETS_MANAGER if parts.service == "secretsmanager" else ValueStore.PARAMETER_STORE
    if catalogue(world, SECRET).owner(value) is not None or _has_tail(value):
        return ValueStore.SECRETS_MANAGER
    if catalogue(world, PARAMETER).owner(value) is not None or glob("arn:*:ssm:*", value) is Truth.TRUE:
        return ValueStore.PARAMETER_STORE
    return ValueStore.SECRETS_MANAGER if glob("arn:*:secretsmanager:*", value) is Truth.TRUE else None


# Names of parameters


def _is_name(value: TextLike, world: World) -> bool:
    found = beginning(value)
    if found.known and (found.is_arn or not found.may_be_arn):
        return not found.is_arn
    if not isinstance(value, Unknown) or value.symbol is None or value.symbol.path[:1] == ("arn",):
        return False
    return catalogue(world, PARAMETER).owner(value) is not None


def parameter_arn(name: TextLike, around: Surroundings, world: World) -> TextLike:
    """Return the ARN of the parameter with a name at a task's location."""
    found = catalogue(world, PARAMETER).find_by_name(name, around)
    arn = found.attribute("arn") if found else None
    if isinstance(arn, PlainText):
        return arn
    first, *rest = pieces(spelled_out(name)) or ("",)
    tail = text([first.removeprefix("/"), *rest]) if isinstance(first, str) else name
    return Arn(around.partition, "ssm", around.region, around.account, text(["parameter/", tail])).as_text()


def named_secret(value: TextLike, around: Surroundings, world: World) -> TextLike:
    """Return the ARN of a secret from its ARN or its name."""
    found = beginning(value)
    by_name = (found.known and not found.may_be_arn) or catalogue(world, SECRET).find_by_name(value, around) is not None
    return secret_arn(value, around, world) if by_name else whole_arn(value, around.account, world)


# The tail of a secret's ARN


def without_tail(value: TextLike) -> TextLike:
    """Return a secret's ARN up to its seventh field: the rest chooses a value within the secret, invisible to IAM."""
    arn: list[TextLike] = []
    colons = 0
    for piece in pieces(value):
        if isinstance(piece, str):
            fields = piece.split(":")
            if colons + len(fields) > 7:
                return text([*arn, ":".join(fields[: 7 - colons])])
            colons += len(fields) - 1
        else:
            colons += _colons(piece)
        arn.append(piece)
    return text(arn)


def _colons(piece: Unknown | JsonText) -> int:
    """Return the number of definite colons in a piece: a reference before a tail is a whole ARN."""
    if isinstance(piece, JsonText):
        return 0
    if piece.shape is not None:
        return sum(each.count(":") for each in pieces(spelled_out(piece.shape)) if isinstance(each, str))
    return 6 if piece.hole.allows(":") else 0


def _has_tail(value: TextLike) -> bool:
    """Whether a reference is followed by `:json-key:version-stage:version-id`, which only secrets have."""
    if not isinstance(value, Text) or isinstance(value.pieces[0], str):
        return False
    rest = "".join(each if isinstance(each, str) else "x" for each in value.pieces[1:])
    return rest.startswith(":") and rest.count(":") == 3


def injected_values(task: TaskDefinition) -> Iterator[tuple[TaskPlace, Value]]:
    """Yield every `valueFrom` of the containers' `secrets` and of their log drivers' `secretOptions`."""
    for container in task.containers:
        yield from _references(task, container, "/secrets", "secret", container.members("secrets"))
        options = member(container.member("logConfiguration"), "secretOptions")
        where = "/logConfiguration/secretOptions"
        yield from _references(task, container, where, "log option", options)


def _references(
    task: TaskDefinition, container: Container, pointer: str, what: str, value: Value
) -> Iterator[tuple[TaskPlace, Value]]:
    listed = items(value)
    if isinstance(listed, Unknown):
        yield container_place(task, container, pointer, what), listed
        return
    for index, each in enumerate(listed):
        reference = member(each, "valueFrom")
        if reference is not None:
            yield container_place(task, container, f"{pointer}/{index}", what), reference


def require_value(
    rule: str, place: TaskPlace, value: Value, around: Surroundings, world: World, only: ValueStore | None = None
) -> Iterator[Requirement]:
    """Yield the calls that read what a reference names, from any store or only one; none if ECS refuses it."""
    if is_refused(reference_error(value, around, world)):
        return
    for source in sources(value, around, world):
        if only in (None, source.store):
            need, details = Necessity(source.doubt), CallDetails(other_form=source.other_form, through=source.named)
            yield place.require(rule, ACTIONS[source.store], source.arn, necessity=need, details=details)


def injected_needs(rule: str, store: ValueStore, task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Yield the permissions to read every value of a store that a container, or its log driver, gets."""
    for place, value in injected_values(task):
        yield from require_value(rule, place, value, task.resource.surroundings, world, only=store)


#: The API's error, regardless of the launch type.
NO_ROLE = "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."
ACTIONS = {ValueStore.SECRETS_MANAGER: "secretsmanager:GetSecretValue", ValueStore.PARAMETER_STORE: "ssm:GetParameters"}
