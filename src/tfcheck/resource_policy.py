"""Which policy does the needed thing itself have: a bucket's, a key's, a secret's, a repository's?

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html and the AWS
provider's resources for such policies.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import msgspec

from tfcheck.arn import Arn, split
from tfcheck.iam import Policy
from tfcheck.match import equal
from tfcheck.policies import Found, Policies
from tfcheck.value import Text, TextLike, Truth, Unknown, Value, is_known, pieces, spelled_out, text
from tfcheck.world import Thing, World


class Guarded(msgspec.Struct, frozen=True):
    """What the needed thing says of itself.

    `account` is the account that owns it, None where the plan does not show it. `in_plan` tells that the plan shows the
    thing, so that it surely has no other policy.
    """

    policy: Policy | None = None
    hidden: str | None = None
    account: TextLike | None = None
    in_plan: bool = False


class ResourcePolicies:
    """The resource policies of one world, found by the ARN of what they guard."""

    def __init__(self, world: World, policies: Policies) -> None:
        """Take the world, and its policy documents."""
        self._world = world
        self._policies = policies

    def of(self, resource: TextLike) -> Guarded:
        """Find the policy that guards what an ARN names."""
        arn = split(resource)
        if arn is None:
            return Guarded()
        if arn.service == "s3":
            return self._bucket(arn)
        return Guarded()

    # Buckets

    def _bucket(self, arn: Arn) -> Guarded:
        name = _before_slash(arn.resource)
        if name is None:
            return Guarded()
        thing = self._named_bucket(name)
        found = self._bucket_policy(name, thing)
        account = thing.surroundings.account if thing else None
        return Guarded(found.policy, found.hidden or None, account, in_plan=thing is not None)

    def _bucket_policy(self, name: TextLike, bucket: Thing | None) -> Found:
        for key, holder in self._bucket_policies:
            same = Truth.TRUE if key == name else equal(key, name)
            if same is Truth.TRUE:
                return self._policies.of_attribute(holder, "policy")
            if same is Truth.UNKNOWN:
                return Found(hidden=f"{holder.address} may be the policy of this bucket")
        if bucket is None:
            return Found()
        return self._own_policy(bucket, self._bucket_policies_before)

    def _own_policy(self, thing: Thing, elsewhere: frozenset[str]) -> Found:
        """Read the `policy` argument of the thing itself; computed, it repeats what another resource manages."""
        value = thing.attribute("policy")
        if thing.configured("policy"):
            return self._policies.of_attribute(thing, "policy")
        if isinstance(value, Unknown) or str(thing.attribute("id")) in elsewhere:
            return Found()
        return self._policies.of_attribute(thing, "policy")

    @cached_property
    def _bucket_policies(self) -> list[tuple[TextLike, Thing]]:
        return list(_by_attribute(self._world, "aws_s3_bucket_policy", "bucket"))

    @cached_property
    def _bucket_policies_before(self) -> frozenset[str]:
        things = self._world.before().things("aws_s3_bucket_policy")
        return frozenset(str(each.attribute("bucket")) for each in things)

    @cached_property
    def _buckets(self) -> dict[TextLike, Thing]:
        return dict(_by_attribute(self._world, "aws_s3_bucket", "bucket"))

    def _named_bucket(self, name: TextLike) -> Thing | None:
        found = self._buckets.get(name)
        if found is not None or is_known(name):
            return found
        sure = [thing for key, thing in self._buckets.items() if equal(key, name) is Truth.TRUE]
        return sure[0] if len(sure) == 1 else None


def _by_attribute(world: World, resource_type: str, attribute: str) -> Iterator[tuple[TextLike, Thing]]:
    for thing in world.things(resource_type):
        value: Value = thing.attribute(attribute)
        if isinstance(value, str | Text | Unknown):
            yield spelled_out(value), thing


def _before_slash(resource: TextLike) -> TextLike | None:
    found: list[TextLike] = []
    for piece in pieces(resource):
        if isinstance(piece, str):
            head, slash, _ = piece.partition("/")
            found.append(head)
            if slash:
                return text(found)
        elif isinstance(piece, Unknown) and not piece.hole.allows("/"):
            found.append(piece)
        else:
            return None
    return text(found)
