"""Read the policy of a resource from another resource or one of its own arguments, without deleted roles.

When a policy is saved, AWS replaces the ARN of a role by its unique id: a new role with that ARN is not the one in the
policy (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html). Terraform does not
save a policy whose text stays the same. If the role is in another stack, it is unknown which stack is applied first.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence

import msgspec

from tfcheck.iam import Policy, PolicyKind, Statement
from tfcheck.inventory.catalogue import BUCKET, SECRET, catalogue
from tfcheck.inventory.change import deleted_roles, is_created, is_kept
from tfcheck.inventory.setting import (
    BUCKET_POLICY,
    KEY_POLICY,
    REPOSITORY_POLICY,
    S3_FILE_SYSTEM_POLICY,
    SECRET_POLICY,
    AttachedSettings,
    SettingKind,
    SettingOwner,
    looked_up_settings,
    remaining,
    settings,
    was_set,
)
from tfcheck.inventory.world import World, WorldObject, found_once
from tfcheck.role.policies import Policies, PolicyOrReason, unread_policy
from tfcheck.symbolic.doubt import Doubt, DoubtKind, question
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import PlainText, TextLike, Truth, Unknown, Value, is_known, pieces
from tfcheck.verdict.resource_policy.resource_side import KeyGrants, ResourceSide
from tfcheck.vocabulary.address import owner_of


def policy_as_saved(found: PolicyOrReason, holder: WorldObject, world: World) -> PolicyOrReason:
    """Return the policy of `holder` with only the roles that it still names after the change."""
    gone = world.once(deleted_roles)
    unchanged = is_kept(holder, ("policy",), world) if gone and found.policy else Truth.FALSE
    if unchanged is Truth.FALSE or found.policy is None:
        return found
    policy = _policy_without_roles(found.policy, gone, unchanged)
    if policy == found.policy:
        return found
    return msgspec.structs.replace(found, policy=policy, notes=(_note(str(holder.address), unchanged),))


def _note(holder: str, unchanged: Truth) -> str:
    verb = "names" if unchanged is Truth.TRUE else "may name"
    return f"{holder} {verb} a role by its id, which the change deletes, and not a new one of the same ARN"


def without_deleted_roles(side: ResourceSide, others: Iterable[World], unchanged: Truth) -> ResourceSide:
    """Return one stack's view of a resource without the roles of others that the change deletes.

    `unchanged` says whether the stack definitely does not write its policies again after that.
    """
    gone = [role for world in others for role in world.once(deleted_roles)]
    if not gone:
        return side
    policy = None if side.policy is None else _policy_without_roles(side.policy, gone, unchanged)
    is_other = policy is not None and policy != side.policy
    notes = (*side.notes, _note(policy.name, unchanged)) if policy is not None and is_other else side.notes
    possible = tuple(_policy_without_roles(each, gone, unchanged) for each in side.possible_policies)
    pairs = ((each, _is_gone(each.resource.attribute("grantee_principal"), gone)) for each in side.grants.entries)
    grants = tuple(
        msgspec.structs.replace(each, is_definite=False) if former else each
        for each, former in pairs
        if not former or unchanged is not Truth.TRUE
    )
    return msgspec.structs.replace(
        side, policy=policy, possible_policies=possible, grants=KeyGrants(grants), notes=notes
    )


def _policy_without_roles(policy: Policy, gone: list[WorldObject], unchanged: Truth) -> Policy:
    statements = tuple(_statement_without_roles(each, gone, unchanged) for each in policy.statements)
    return msgspec.structs.replace(policy, statements=statements)


def names_deleted_role(role: Value, holder: WorldObject, argument: str, world: World) -> bool:
    """Whether an unchanged argument of `holder` names a role that the change deletes."""
    return _is_gone(role, world.once(deleted_roles)) and is_kept(holder, (argument,), world) is Truth.TRUE


def _statement_without_roles(statement: Statement, gone: list[WorldObject], unchanged: Truth) -> Statement:
    principals = statement.principals
    if principals is None or not any(_is_gone(value, gone) for _, value in principals.entries):
        return statement
    unknown: TextLike = Unknown(reason=question("whether the policy is saved after the role that it names"))
    entries = (
        (kind, unknown if _is_gone(value, gone) else value)
        for kind, value in principals.entries
        if unchanged is not Truth.TRUE or not _is_gone(value, gone)
    )
    return msgspec.structs.replace(statement, principals=msgspec.structs.replace(principals, entries=tuple(entries)))


def _is_gone(name: Value, gone: list[WorldObject]) -> bool:
    """Whether a principal definitely is the ARN of one of these deleted roles."""
    if isinstance(name, Unknown) and name.symbol is not None:
        return any(name.symbol.owner == each.address for each in gone)
    return any(equal(name, each.attribute("arn")) is Truth.TRUE for each in gone)


#: The settings that may be on one resource that are all read, and those of them that decide differently.
_FEW, MOST_POSSIBLE = 10, 100
#: The types of the AWS Cloud Control provider that set the same policy, which is not read.
_OF_CLOUD_CONTROL = {
    BUCKET_POLICY: SettingKind("awscc_s3_bucket_policy", "bucket", BUCKET, "bucket"),
    SECRET_POLICY: SettingKind("awscc_secretsmanager_resource_policy", "secret_id", SECRET, "arn"),
}


def set_policy(world: World, policies: Policies, setting: SettingKind, subject: SettingOwner) -> PolicyOrReason | None:
    """Read the policy that a separate resource sets on a resource; None if there is none."""
    joined = settings(world, setting).on(subject)
    return found_once(world, (set_policy, joined), lambda: policy_of_settings(joined, world, policies))


def policy_of_settings(joined: AttachedSettings, world: World, policies: Policies) -> PolicyOrReason | None:
    """Read the policy of a resource that has one, from what sets it; None if there is nothing."""
    joined = remaining(joined, ("policy",), world)
    for holder in joined.definite:
        found = policy_as_saved(policies.of_attribute(holder, "policy"), holder, world)
        return found if found.policy or found.hidden else PolicyOrReason(hidden=f"{holder.address} shows no policy")
    if not joined.possible:
        return None
    holders = distinct(joined.possible, ("policy",), world)
    if len(holders) > MOST_POSSIBLE:
        # NOTE: any of what is not read could allow or deny a call.
        unread: Value = Unknown(reason=f"limit: {len(holders):,} different policies that may be on it")
        document: Value = {"Version": "2012-10-17", "Statement": [unread]}
        return PolicyOrReason(possible_policies=readable([policies.read(document, "the policy", PolicyKind.RESOURCE)]))
    possible = [policy_as_saved(policies.of_attribute(each, "policy"), each, world) for each in holders]
    without = (each for each, found in zip(holders, possible, strict=True) if not found.policy)
    hidden = next((possible_doubt(holder.address) for holder in without), "")
    return PolicyOrReason(hidden=hidden, possible_policies=readable(possible))


def distinct(holders: Sequence[WorldObject], arguments: tuple[str, ...], world: World) -> Sequence[WorldObject]:
    """Return the settings that may be on a resource; of more than a few only the first of those that decide alike."""
    if len(holders) <= _FEW:
        return holders
    gone = world.once(deleted_roles)
    found: dict[Hashable, WorldObject] = {}
    for each in holders:
        values = [each.attribute(name) for name in arguments]
        content = msgspec.json.encode(values).decode() if is_known(values) else each.address
        rewritten = is_kept(each, arguments, world) if gone else None
        found.setdefault((content, rewritten), each)
    return list(found.values())


def policy_of(world: World, policies: Policies, setting: SettingKind, subject: SettingOwner) -> PolicyOrReason:
    """Read the policy set by a separate resource, otherwise the resource's own `policy` argument.

    That of a resource outside the plan is read from a data source that shows it.
    """
    other = _OF_CLOUD_CONTROL.get(setting)
    unread = settings(world, other).on(subject) if other is not None else AttachedSettings()
    for holder in (*unread.definite, *unread.possible):
        return unread_policy(holder)
    found = set_policy(world, policies, setting, subject) or PolicyOrReason()
    if (found.policy or found.hidden) and not _overwrites(subject, setting, world):
        return found
    own = own_policy(world, policies, setting, subject)
    is_managed = subject.resource is not None and subject.resource.address.mode == "managed"
    if not own.policy and not own.hidden and not is_managed:
        looked_up = looked_up_settings(world, setting, subject)
        own = next((policies.of_attribute(each, "policy") for each in looked_up.definite), own)
        possible = readable(policies.of_attribute(each, "policy") for each in looked_up.possible)
        own = msgspec.structs.replace(own, possible_policies=(*own.possible_policies, *possible))
    return msgspec.structs.replace(own, possible_policies=(*found.possible_policies, *own.possible_policies))


def possible_doubt(policy: object, resource: str = "it") -> Doubt:
    """Return the doubt whether a policy is on a resource, as a clause for the middle of a sentence."""
    return Doubt(f"{policy}, which may be on {resource},", DoubtKind.POSSIBLE_RESOURCE_POLICY)


def _overwrites(subject: SettingOwner, setting: SettingKind, world: World) -> bool:
    """Whether the change writes the resource's own `policy` argument, and not what other resources set."""
    own = subject.resource
    if own is None or not own.is_configured("policy") or is_created(own, world):
        return False
    others = settings(world, setting).on(subject).definite
    is_rewritten = is_kept(own, ("policy",), world) is Truth.FALSE
    return is_rewritten and all(is_kept(each, ("policy",), world) is Truth.TRUE for each in others)


def readable(found: Iterable[PolicyOrReason]) -> tuple[Policy, ...]:
    """Return the policies that could be read."""
    return tuple(each.policy for each in found if each.policy is not None)


def own_policy(world: World, policies: Policies, setting: SettingKind, subject: SettingOwner) -> PolicyOrReason:
    """Read the `policy` argument of a resource itself.

    NOTE: the argument is computed where nothing is written. It then repeats what another resource sets, also one that
    this plan deletes; on a new resource it is unknown and means that there is none.
    """
    resource = subject.resource
    if resource is None:
        return PolicyOrReason()
    if not resource.is_configured("policy"):
        if was_set(world, setting, subject):
            return PolicyOrReason()
        if isinstance(resource.attribute("policy"), Unknown):
            if resource.is_configured("policy") is False:
                return PolicyOrReason()
            return PolicyOrReason(hidden=f"the policy of {resource.address}, which this plan does not show,")
    return policy_as_saved(policies.of_attribute(resource, "policy"), resource, world)


_POLICIES = {
    BUCKET_POLICY: "s3",
    KEY_POLICY: "kms",
    SECRET_POLICY: "secretsmanager",
    REPOSITORY_POLICY: "ecr",
    S3_FILE_SYSTEM_POLICY: "s3files",
}
_SERVICES = (
    ("aws_s3_", "s3"),
    ("aws_secretsmanager_", "secretsmanager"),
    ("aws_kms_", "kms"),
    ("aws_ecr_", "ecr"),
    ("aws_ssm_", "ssm"),
    ("aws_efs_", "elasticfilesystem"),
    ("aws_s3files_", "s3files"),
)


def service_of(arn: TextLike) -> str | None:
    """Return the service of the resource whose attribute begins an unknown ARN."""
    owner = owner_of(next(iter(pieces(arn)), ""))
    return next((service for prefix, service in _SERVICES if owner and owner.type.startswith(prefix)), None)


def unidentified_side(world: World, policies: Policies, service: str | None) -> ResourceSide:
    """Build the side of a resource that may be any, of a service if that is known, with any of their policies."""
    listed = [each for each, theirs in _POLICIES.items() if service in (None, theirs)]
    holders = [holder for setting in listed for holder in world.resources(setting.type)]
    found = [policies.of_attribute(holder, "policy") for holder in holders]
    for setting in listed:
        found.extend(_own_policies(catalogue(world, setting.kind).possible(None), world, policies, setting))
    possible = readable(found)
    if not holders:
        return ResourceSide(
            outside=Doubt("what is known only after apply", DoubtKind.LATER_POLICY), possible_policies=possible
        )
    hidden = possible_doubt(holders[0].address, "what is known only after apply")
    return ResourceSide(hidden=hidden, possible_policies=possible)


def own_policies(
    name: TextLike, world: World, policies: Policies, setting: SettingKind, by: str = ""
) -> Iterator[PolicyOrReason]:
    """Yield the policies in arguments of resources of a kind, where `name` may be one of them.

    `name` is compared with the attribute `by`.
    """
    for alike in catalogue(world, setting.kind).possible_matches(name, by):
        key = (own_policies, setting, alike)
        yield from found_once(world, key, lambda: _own_policies(alike.rows, world, policies, setting))  # noqa: B023


def _own_policies(
    rows: Iterable[tuple[WorldObject, Value]], world: World, policies: Policies, setting: SettingKind
) -> list[PolicyOrReason]:
    subjects = (SettingOwner(resource, (own,) if isinstance(own, PlainText) else ()) for resource, own in rows)
    return [own_policy(world, policies, setting, each) for each in subjects]
