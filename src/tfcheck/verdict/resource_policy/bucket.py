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

from tfcheck.iam import Effect, Policy, PolicyKind, Statement, parse_policy
from tfcheck.iam.condition import Condition
from tfcheck.iam.operators import arn_like, ip_address, string_equals, string_equals_ignore_case, string_like
from tfcheck.iam.variables import PolicyTemplate, PolicyText
from tfcheck.inventory.named_objects import bucket_of
from tfcheck.inventory.setting import (
    BUCKET_OWNERSHIP,
    BUCKET_POLICY,
    BUCKET_PUBLIC_ACCESS,
    SettingOwner,
    remaining,
    settings,
)
from tfcheck.inventory.world import World, WorldObject, found_once
from tfcheck.role.policies import Policies
from tfcheck.symbolic.doubt import question
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import JsonText, TextLike, Truth, Unknown, Value, items, pieces, spelled_out
from tfcheck.verdict.resource_policy.reading import own_policies, policy_of, readable, unidentified_side
from tfcheck.verdict.resource_policy.resource_side import ResourceSide, side_of


def bucket_side(arn: TextLike, world: World, policies: Policies) -> ResourceSide:
    """Find the policy of a bucket, or of the bucket of an object."""
    bucket = bucket_of(arn, world)
    if bucket is None:
        return unidentified_side(world, policies, "s3")
    if bucket.resource is None:
        return _side_of_bucket(bucket, world, policies)
    # NOTE: the files of a bucket have one result; one found by a marked text is not cached.
    return found_once(world, (_side_of_bucket, bucket), lambda: _side_of_bucket(bucket, world, policies))


def _side_of_bucket(bucket: SettingOwner, world: World, policies: Policies) -> ResourceSide:
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
    joined = remaining(settings(world, BUCKET_PUBLIC_ACCESS).on(bucket), BUCKET_PUBLIC_ACCESS.sets, world)
    blocks = [(each, Truth.TRUE) for each in joined.definite] + [(each, Truth.UNKNOWN) for each in joined.possible]
    for each in world.resources("aws_s3_account_public_access_block"):
        named = each.attribute("account_id")  # computed where it is not set
        account = named if isinstance(named, str) and named else each.surroundings.account
        blocks.append((each, equal(account, owner.surroundings.account)))
    restricting: dict[Truth, WorldObject] = {}
    for block, applies in blocks:
        value = block.attribute("restrict_public_buckets")
        is_set = Truth.UNKNOWN if isinstance(value, Unknown) else Truth.of(value is True)
        restricting.setdefault(is_set & applies & public, block)
    for how in (Truth.TRUE, Truth.UNKNOWN):
        if how in restricting:
            cut = _cut_off(owner, restricting[how], is_definite=how is Truth.TRUE)
            return msgspec.structs.replace(policy, statements=(*policy.statements, *cut.statements))
    return policy


def _cut_off(owner: WorldObject, block: WorldObject, *, is_definite: bool) -> Policy:
    """Return a policy that denies every other account."""
    statement: dict[str, Value] = {
        "Sid": "RestrictPublicBuckets",
        "Effect": "Deny" if is_definite else Unknown(reason=question("whether the bucket's policy is public")),
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


# Public statements

_KEYS = frozenset(
    {
        "aws:principalorgid",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
#: Other keys that describe the principal; AWS lists "an AWS principal" without the keys that it means.
_PRINCIPAL_KEYS = "aws:principal"
_PROVIDERS = frozenset(
    ("Federated", each)
    for each in ("accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com")
)
_WITH_WILDCARDS = (string_like, arn_like)
_TESTS = (string_equals, string_equals_ignore_case, ip_address, *_WITH_WILDCARDS)


def is_public(statement: Statement) -> Truth:
    """Whether a statement allows everybody, without a condition that limits it to fixed values.

    Follows "The meaning of public" in
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html: a fixed value has no
    wildcards and policy variables, and is that of one of the keys that the page lists.
    NOTE: the page also calls a statement public that allows all users of an identity provider on the internet.
    """
    principals = statement.principals
    if statement.effect is Effect.DENY or principals is None:
        return Truth.FALSE
    everybody = any(value == "*" or (kind, value) in _PROVIDERS for kind, value in principals.entries)
    if not everybody and principals.unread is None and not principals.negated:
        return Truth.FALSE
    certain = Truth.of(everybody and statement.effect is Effect.ALLOW and statement.unread is None) | Truth.UNKNOWN
    return certain & ~Truth.some(map(_narrows, statement.conditions))


def _narrows(condition: Condition) -> Truth:
    """Whether a condition limits a statement to fixed values."""
    if condition.unread is not None:
        return Truth.UNKNOWN
    key, operator = condition.key.lower(), condition.operator
    if key not in _KEYS:
        return Truth.UNKNOWN if key.startswith(_PRINCIPAL_KEYS) else Truth.FALSE
    if operator.test is None:
        return Truth.FALSE  # whether a key is present
    if operator.test not in _TESTS or operator.negated or operator.if_exists or operator.quantifier:
        return Truth.UNKNOWN
    return Truth.every(_is_fixed(each, condition) for each in condition.values)


def _is_fixed(value: PolicyText, condition: Condition) -> Truth:
    """Whether a value is the only one that fulfils a condition."""
    key, test = condition.key.lower(), condition.operator.test
    if isinstance(value, PolicyTemplate):
        return Truth.UNKNOWN if value.broken else Truth.FALSE
    if key == "aws:sourceip":
        return _is_narrow(value)
    if key == "aws:userid" and isinstance(value, str) and value.endswith(":*"):
        return Truth.FALSE
    has_wildcard = Truth.some(map(_has_wildcard, pieces(spelled_out(value))))
    if test not in _WITH_WILDCARDS or key in ("aws:userid", "s3:dataaccesspointarn"):
        # A wildcard is text to other operators, and AWS documents which parts of these two values can contain one.
        return ~has_wildcard | Truth.UNKNOWN
    return ~has_wildcard


def _has_wildcard(piece: str | Unknown | JsonText) -> Truth:
    if isinstance(piece, str):
        return Truth.of("*" in piece or "?" in piece)
    is_plain = isinstance(piece, Unknown) and not any(map(piece.hole.allows, "*?$"))
    return Truth.FALSE if is_plain else Truth.UNKNOWN


def _is_narrow(value: TextLike) -> Truth:
    """Whether AWS considers a range of addresses fixed: at most a /8 in IPv4, and a /32 in IPv6."""
    import ipaddress

    try:
        network = ipaddress.ip_network(value, strict=False) if isinstance(value, str) else None
    except ValueError:
        network = None
    return Truth.UNKNOWN if network is None else Truth.of(network.prefixlen >= (8 if network.version == 4 else 32))
