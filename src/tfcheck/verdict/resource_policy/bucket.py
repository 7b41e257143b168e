"""Read what a bucket's policy and its other settings allow.

Follows https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-policy-language-overview.html. A public access
block that restricts public buckets cuts off other accounts
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html); without enforced
ownership the policy does not cover what other accounts wrote
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.iam import Policy, PolicyKind, parse_policy
from tfcheck.inventory.named_objects import bucket_of
from tfcheck.inventory.setting import BUCKET_OWNERSHIP, BUCKET_POLICY, BUCKET_PUBLIC_ACCESS, SettingOwner, settings
from tfcheck.inventory.world import World, WorldObject, found_once
from tfcheck.role.policies import Policies
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import TextLike, Truth, Unknown, Value, items
from tfcheck.verdict.resource_policy.public_policy import is_public
from tfcheck.verdict.resource_policy.reading import own_policies, policy_of, readable, unidentified_side
from tfcheck.verdict.resource_policy.resource_side import ResourceSide, side_of


def bucket_guard(arn: TextLike, world: World, policies: Policies) -> ResourceSide:
    """Find the policy of a bucket, or of the bucket of an object."""
    bucket = bucket_of(arn, world)
    if bucket is None:
        return unidentified_side(world, policies, "s3")
    if bucket.resource is None:
        return _guard(bucket, world, policies)
    # NOTE: the files of a bucket have one result; one found by a marked text is not cached.
    return found_once(world, (_guard, bucket), lambda: _guard(bucket, world, policies))


def _guard(bucket: SettingOwner, world: World, policies: Policies) -> ResourceSide:
    found = policy_of(world, policies, BUCKET_POLICY, bucket)
    # NOTE: only the account that owns a bucket can set a policy on it.
    owner = bucket.resource or next(iter(settings(world, BUCKET_POLICY).on(bucket).definite), None)
    if owner is None and not found.policy and not found.hidden:
        own = (each for name in bucket.names for each in own_policies(name, world, policies, BUCKET_POLICY, "bucket"))
        possible = (*found.possible_policies, *readable(own))
        return ResourceSide(outside="a bucket outside the plan", possible_policies=possible)
    policy, notes = found.policy, (*found.notes, *_notes(bucket, world))
    if policy is not None and owner is not None:
        policy = _restrict_public(policy, bucket, owner, world)
    return msgspec.structs.replace(side_of(found, owner), policy=policy, notes=notes)


# Public access


def _restrict_public(policy: Policy, bucket: SettingOwner, owner: WorldObject, world: World) -> Policy:
    """Return a public policy that denies other accounts where public access is restricted, as AWS does by itself."""
    public = Truth.some(is_public(each) for each in policy.statements)
    joined = settings(world, BUCKET_PUBLIC_ACCESS).on(bucket)
    blocks = [(each, Truth.TRUE) for each in joined.definite] + [(each, Truth.UNKNOWN) for each in joined.possible]
    for each in world.resources("aws_s3_account_public_access_block"):
        named = each.attribute("account_id")  # computed where it is not set
        account = named if isinstance(named, str) and named else each.surroundings.account
        blocks.append((each, equal(account, owner.surroundings.account)))
    for block, applies in blocks:
        value = block.attribute("restrict_public_buckets")
        is_set = Truth.UNKNOWN if isinstance(value, Unknown) else Truth.of(value is True)
        restricts = is_set & applies & public
        if restricts is not Truth.FALSE:
            cut = _cut_off(owner, block, is_definite=restricts is Truth.TRUE)
            return msgspec.structs.replace(policy, statements=(*policy.statements, *cut.statements))
    return policy


def _cut_off(owner: WorldObject, block: WorldObject, *, is_definite: bool) -> Policy:
    """Return a policy that denies every other account."""
    statement: dict[str, Value] = {
        "Sid": "RestrictPublicBuckets",
        "Effect": "Deny" if is_definite else Unknown(reason="whether the bucket's policy is public"),
        "Principal": "*",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": owner.surroundings.account}},
    }
    document: Value = {"Version": "2012-10-17", "Statement": [statement]}
    return parse_policy(document, str(block.address), PolicyKind.RESOURCE)


# Ownership


def _notes(bucket: SettingOwner, world: World) -> Iterator[str]:
    for holder in settings(world, BUCKET_OWNERSHIP).on(bucket).definite:
        listed = items(holder.attribute("rule"))
        rules = (listed,) if isinstance(listed, Unknown) else listed
        ownership = [each.get("object_ownership") if isinstance(each, dict) else each for each in rules]
        if ownership and ownership[0] != "BucketOwnerEnforced":
            yield f"assumes that no other account wrote the bucket's objects, as {holder.address} lets it"
