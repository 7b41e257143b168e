"""Keep policies within the size that IAM accepts.

IAM accepts up to 6,144 characters in a managed policy, and up to 10,240 in all inline policies of a role together. It
accepts up to 2,048 in a trust policy unless the quota of the account is raised. White space does not count. The plan
succeeds nevertheless, and the apply fails with `LimitExceeded`.

tfcheck counts the characters that the plan and the sources show, and the fewest that a value known only after apply can
have, so that a policy is at least as long.

Replace lists of ARNs by a pattern, or move statements into another managed policy:

    Resource = "${aws_s3_bucket.config.arn}/web/*"

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.checks.named_objects import roles_of
from tfcheck.inventory.change import is_written
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World, WorldObject, found_once
from tfcheck.role import Role
from tfcheck.symbolic.value import JsonText, Text, Unknown, Value, unknowns
from tfcheck.vocabulary.finding import Severity

_MANAGED, _INLINE, _TRUST = 6_144, 10_240, 2_048
#: The number of managed policies on a role, unless the quota of the account is raised.
_ATTACHED = 10
_POLICY = "aws_iam_policy"
#: The share of a limit from which on parts of unknown length may exceed it.
_CLOSE = 0.95


def _search(task: TaskDefinition, world: World, share: float = 1) -> Iterator[Misconfiguration]:
    found: list[Misconfiguration] = []
    for role in roles_of(task, world):
        found += _long_policies(role, world, share)
    yield from dict.fromkeys(found)


def _long_policies(role: Role, world: World, share: float) -> list[Misconfiguration]:
    """Return the policies of a role that are too long; many tasks have the same roles."""

    def find() -> tuple[Role, list[Misconfiguration]]:
        searches = (_long_managed_policies, _long_inline_policies, _long_trust_policy)
        return role, [each for search in searches for each in search(role, world, share)]

    # NOTE: what is found keeps the role, so that no other one gets its id.
    return found_once(world, (_long_policies, id(role), share), find)[1]


def possibly_long(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    """Yield the policies that parts of unknown length may make too long, or that are already."""
    for each in _search(task, world, _CLOSE):
        if not _is_exact(world.once(_holders)[str(each.address)].attribute(each.argument)):
            yield each


def roles_above_quota(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    """Yield the roles of a task that have more managed policies than IAM attaches by default."""
    for role in roles_of(task, world):
        holders = ((each.name, world.once(_holders).get(each.name)) for each in role.attached.identity)
        managed = [name for name, each in holders if ":policy/" in name or (each and each.address.type == _POLICY)]
        if len(managed) > _ATTACHED:
            yield _misconfiguration(f"another managed policy of {role.label}", str(role.label))


def is_longer_than_managed(part: Value) -> bool:
    """Whether a part of a document is longer than a whole managed policy can be."""
    return _size_of_data(part) > _MANAGED


def _is_exact(document: Value) -> bool:
    """Whether all texts that a document can turn out to be are of one length."""
    return all(
        each.hole.shortest == each.hole.longest if each.shape is None else _is_exact(each.shape)
        for each in unknowns(document)
    )


def _long_managed_policies(role: Role, world: World, share: float) -> Iterator[Misconfiguration]:
    for policy in (*role.attached.identity, *(role.boundary or ())):
        size = _size(policy.name, _POLICY, "policy", world)
        if size > _MANAGED * share and _is_written(policy.name, "policy", world):
            yield _misconfiguration(
                f"{policy.name}, which has at least {size:,} characters: a managed policy has up to {_MANAGED:,}",
                policy.name,
            )


def _long_inline_policies(role: Role, world: World, share: float) -> Iterator[Misconfiguration]:
    """Yield that the inline policies of a role are too long together, unless some may replace others."""
    inline = {"aws_iam_role_policy": "policy", "aws_iam_role": "inline_policy"}
    sizes = {
        (each.name, argument): _size(each.name, kind, argument, world)
        for each in role.attached.identity
        for kind, argument in inline.items()
    }
    total = sum(sizes.values())
    if total <= _INLINE * share or role.attached.same_name_policies:
        return
    written = [
        (name, argument) for (name, argument), size in sizes.items() if size and _is_written(name, argument, world)
    ]
    for name, argument in written[-1:]:
        yield _misconfiguration(
            f"the inline policies of {role.label}, which have at least {total:,} characters together: a role has up to "
            f"{_INLINE:,}",
            name,
            argument,
        )


def _long_trust_policy(role: Role, world: World, share: float) -> Iterator[Misconfiguration]:
    name, argument = role.trust.policy.name if role.trust.policy else "", "assume_role_policy"
    size = _size(name, "aws_iam_role", argument, world)
    if size > _TRUST * share and _is_written(name, argument, world):
        yield _misconfiguration(
            f"the trust policy of {name}, which has at least {size:,} characters, unless the account allows more than "
            f"{_TRUST:,}",
            name,
            argument,
            Severity.WARNING,
        )


def _holders(world: World) -> dict[str, WorldObject]:
    """Index the roles and policies of a world by address."""
    return {str(each.address): each for each in world.resources("aws_iam_role", "aws_iam_role_policy", _POLICY)}


def _is_written(name: str, argument: str, world: World) -> bool:
    return is_written(world.once(_holders)[name], (argument,), world)


def _size(name: str, kind: str, argument: str, world: World) -> int:
    """Return the least size of what an argument contains, 0 if the resource is not of this type or it is a secret."""
    holder = world.once(_holders).get(name)
    if holder is None or holder.address.type != kind or holder.sensitive(argument):
        return 0
    if argument == "inline_policy" and not holder.is_configured(argument):
        return 0  # it repeats the policies of other resources
    return found_once(world, ("size", name, argument), lambda: _least_size(holder.attribute(argument)))


def _least_size(document: Value) -> int:
    """Return how many characters a document has at least, without white space; of blocks their policies count."""
    match document:
        case str():
            # NOTE: what the text escapes may be one character.
            return len("".join(document.split())) - document.count("\\u") * 5
        case Text():
            return sum(_least_size(each) for each in document.pieces)
        case Unknown() if document.shape is not None:
            return _least_size(document.shape)
        case Unknown():
            return 0 if document.hole.allows(" ") else document.hole.shortest
        case JsonText():
            return _size_of_data(document.value)
        case list():
            return sum(_least_size(each.get("policy")) for each in document if isinstance(each, dict))
        case _:
            return 0


def _size_of_data(data: Value) -> int:
    """Return how many characters the JSON text of data has at least."""
    match data:
        case dict():
            return sum(_size_of_data(name) + _size_of_data(each) + 2 for name, each in data.items()) + 1
        case list():
            return sum(_size_of_data(each) + 1 for each in data) + 1
        case str() | Text() | Unknown(shape=str() | Text()):
            return _least_size(data) + 2
        case _:
            return _least_size(data)


def _misconfiguration(
    what: str, address: str, argument: str = "policy", severity: Severity = Severity.ERROR
) -> Misconfiguration:
    return Misconfiguration(
        f"AWS refuses {what}",
        severity,
        about=address,
        explanation=("the apply fails with `LimitExceeded`",),
        address=address,
        argument=argument,
    )


CHECK = Check("policy-size", "policies that are too long", __doc__, _search)
