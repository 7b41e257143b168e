"""Write policies that AWS accepts.

IAM rejects a policy that breaks its grammar, and the apply fails with `MalformedPolicyDocument`: a `Resource` that is
the name of a bucket or secret instead of its ARN, an `Action` without a service, a `Version` other than the two that
exist, a statement without an `Effect`. The plan succeeds nevertheless, because the provider checks only that the policy
is JSON.

AWS also rejects the policy of a key, bucket, secret or repository, and a trust policy, if it names a role that does not
exist, such as one whose ARN has another path. tfcheck reports that for the roles of tasks, since the name of a role is
unique in its account.

Refer to each resource and role by its `arn`, and write each action as `service:Name`.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.checks.named_objects import roles_of
from tfcheck.iam import Policy
from tfcheck.inventory.change import is_written
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World, WorldObject, find_object, found_once
from tfcheck.role import Role, Roles
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import PlainText, TextLike, Truth, display
from tfcheck.vocabulary.address import address_in
from tfcheck.vocabulary.arn import Arn, parse_arn
from tfcheck.vocabulary.finding import Severity
from tfcheck.vocabulary.grouping import group_by_key

#: The arguments with policies that name principals, by resource type, for which AWS is known to look up each role: not
#: so for registries and file systems.
_NAMING = {
    "aws_ecr_repository_policy": "policy",
    "aws_iam_role": "assume_role_policy",
    "aws_kms_key": "policy",
    "aws_kms_key_policy": "policy",
    "aws_s3_bucket_policy": "policy",
    "aws_secretsmanager_secret_policy": "policy",
}
_WHICH = {"assume_role_policy": "the trust policy of ", "inline_policy": "an inline policy of "}


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    roles = roles_of(task, world)
    for argument, policy in dict.fromkeys(each for role in roles for each in role.refused):
        if _is_written(policy.name, argument, world):
            yield Misconfiguration(
                f"AWS refuses {_WHICH.get(argument, '')}{policy.name}: {policy.invalid}",
                Severity.ERROR,
                about=policy.name,
                explanation=("the apply fails with `MalformedPolicyDocument`",),
                address=policy.name,
                argument=argument,
            )
    yield from dict.fromkeys(each for role in roles for each in _absent_principals(role, world))


def _absent_principals(role: Role, world: World) -> list[Misconfiguration]:
    key = _absent_principals, role.caller.name
    return found_once(world, key, lambda: list(_search_absent_principals(role, world)))


def _search_absent_principals(role: Role, world: World) -> Iterator[Misconfiguration]:
    """Yield the policies that name a role of the plan with another path than it has."""
    own = world.once(Roles).find_by_name(role.caller.name)
    known = _arn(own[0]) if len(own) == 1 else None
    if known is None:
        return
    former = world.before().once(_role_paths)
    for policy, argument, arn in world.once(_named_roles).get(role.caller.name, ()):
        is_of_account = equal(arn.account, known.account) & equal(arn.partition, known.partition) is Truth.TRUE
        if not is_of_account or equal(arn.resource, known.resource) is not Truth.FALSE or arn.resource in former:
            continue
        if _is_written(policy.name, argument, world):
            yield Misconfiguration(
                f"AWS refuses {_WHICH.get(argument, 'the policy of ')}{policy.name}: it names "
                f"`{display(arn.as_text())}`, and {own[0].address} has another path",
                Severity.ERROR,
                about=policy.name,
                explanation=("the apply fails, because AWS looks up the roles that a policy names",),
                address=policy.name,
                argument=argument,
                advice=f"name the role in the policy of {policy.name} by its `arn`",
                hcl=f"Principal = {{ AWS = {own[0].address}.arn }}",
            )


def _arn(role: WorldObject) -> Arn | None:
    arn = role.attribute("arn")
    return parse_arn(arn) if isinstance(arn, PlainText) else None


def _role_paths(world: World) -> frozenset[TextLike]:
    """Return what the ARNs of all roles of a world end in, from `role/`."""
    return frozenset(arn.resource for each in world.resources("aws_iam_role") if (arn := _arn(each)) is not None)


def _named_roles(world: World) -> dict[TextLike, list[tuple[Policy, str, Arn]]]:
    """Index the principals of all policies by the name of the role."""
    found: list[tuple[TextLike, tuple[Policy, str, Arn]]] = []
    for argument, holder in ((argument, each) for kind, argument in _NAMING.items() for each in world.resources(kind)):
        policy = world.once(Roles).policies.of_attribute(holder, argument).policy
        for statement in policy.statements if policy is not None else ():
            for kind, value in statement.principals.entries if statement.principals is not None else ():
                arn = parse_arn(value) if kind == "AWS" and not statement.origin.secret else None
                if policy and arn and isinstance(arn.resource, str) and arn.resource.startswith("role/"):
                    found.append((arn.resource.rpartition("/")[2], (policy, argument, arn)))
    return group_by_key(found)


def _is_written(name: str, argument: str, world: World) -> bool:
    """Whether the change writes a policy; AWS has accepted the others already."""
    found = find_object(address_in(name), world)
    return found is not None and is_written(found, (argument,), world)


CHECK = Check("policy-refused", "policies that AWS rejects", __doc__, _search)
