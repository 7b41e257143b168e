"""Read the policy of a KMS key and the grants on it.

Follows https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html: a key without a policy of its own has
the default one, which lets the account's IAM policies decide.
"""

from __future__ import annotations

import msgspec

from tfcheck.inventory.catalogue import KEY, catalogue
from tfcheck.inventory.setting import KEY_GRANT, KEY_POLICY, SettingOwner, settings
from tfcheck.inventory.world import World
from tfcheck.resource_policy.former_roles import is_former
from tfcheck.resource_policy.grant import KeyGrant
from tfcheck.resource_policy.reading import policy_of, readable
from tfcheck.resource_policy.resource_side import ResourceSide, side_of
from tfcheck.resource_policy.unidentified import own_policies
from tfcheck.role.policies import Policies
from tfcheck.symbolic.value import PlainText, TextLike, without_prefix
from tfcheck.vocabulary.arn import parse_arn


def key_guard(arn: TextLike, world: World, policies: Policies) -> ResourceSide:
    """Find the policy of a key, and the grants on it."""
    resource = catalogue(world, KEY).find_by_arn(arn)
    known = [resource.attribute(each) for each in ("arn", "key_id", "id")] if resource else []
    names: list[TextLike] = [*(each for each in known if isinstance(each, PlainText)), arn]
    parts = parse_arn(arn)
    names += [without_prefix(parts.resource, "key/")] if parts else []
    subject = SettingOwner(resource, tuple(names))
    found = policy_of(world, policies, KEY_POLICY, subject)
    seen = resource is not None or found.policy is not None or found.hidden != ""
    possible = () if seen else readable(own_policies(arn, world, policies, KEY_POLICY))
    return msgspec.structs.replace(
        side_of(found, resource),
        kind="kms",
        outside=None if seen else "a key outside the plan",
        grants=tuple(_grants(subject, world)),
        possible_policies=(*found.possible_policies, *possible),
    )


def _grants(subject: SettingOwner, world: World) -> list[KeyGrant]:
    joined = settings(world, KEY_GRANT).on(subject)
    found = [*map(KeyGrant, joined.definite), *(KeyGrant(each, sure=False) for each in joined.possible)]
    grantee = "grantee_principal"
    return [each for each in found if not is_former(each.resource.attribute(grantee), each.resource, grantee, world)]
