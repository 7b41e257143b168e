"""Suggest changes where a grant on the role does not help: boundary, trust policy, or resource policy."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

import msgspec

from tfcheck.fix.edits.insertion import ChangedAttribute
from tfcheck.fix.needed_statements import NeededStatement, Spelled, sid
from tfcheck.fix.policies.existing_policy import propose_into
from tfcheck.fix.policies.fix_places import Finder, FixPlaces
from tfcheck.fix.policies.written_policies import WrittenPolicy
from tfcheck.fix.proof.trial import verdicts_with
from tfcheck.fix.proposal import Proposal, RoleNeed, join_proposals
from tfcheck.inventory.catalogue import KEY, catalogue
from tfcheck.inventory.named_objects import bucket_of
from tfcheck.inventory.setting import BUCKET_POLICY, KEY_POLICY, SettingOwner, settings
from tfcheck.inventory.world import WorldObject
from tfcheck.role import Roles
from tfcheck.symbolic.value import PlainText, identity
from tfcheck.vocabulary.finding import Answer, Reason, Verdict


class OtherPolicies(Finder):
    """Finds the policies besides the role's own that block a call."""

    def __init__(self, places: FixPlaces) -> None:
        super().__init__(places)
        self._roles = places.world.once(Roles)

    def groups(self, answers: Iterable[Answer]) -> list[list[Answer]]:
        """Group what one edit can fix: by role, reason and, for resource policies, resource."""
        found: dict[tuple[object, ...], list[Answer]] = {}
        for each in answers:
            if (each.reason in _WAYS or each.reason is Reason.TRUST_POLICY) and each.role:
                resource = each.requirement.resource if each.reason is Reason.RESOURCE_POLICY else None
                found.setdefault((each.role, each.reason, resource), []).append(each)
        return list(found.values())

    def proposals(self, answers: Sequence[Answer]) -> Iterator[Proposal]:
        """Return the ways to fix one group."""
        roles = {str(each.address): each for each in self._world.resources("aws_iam_role")}
        role = roles.get(answers[0].role or "")
        reason = answers[0].reason
        if role is None or reason is None:
            return
        if reason is Reason.TRUST_POLICY:
            from tfcheck.fix.policies.trust_policy import TrustPolicies

            ways = TrustPolicies(self._places).proposals(role, answers)
        else:
            ways = filter(None, [_WAYS[reason](self, role, answers)])
        yield from (msgspec.structs.replace(each, safety="review") for each in ways)

    def propose_beside_grants(
        self, need: RoleNeed, ways: Callable[[RoleNeed], Iterator[Proposal]]
    ) -> Iterator[Proposal]:
        """Yield the ways to grant what roles lack, each combined with what else must allow it."""
        boundaries = list(self._boundaries(need))
        guarded = self._still_denied(need.answers)
        own = self._policies_of_resources(need, guarded)
        choices = [own, [*boundaries, *own]] if len(guarded) == len(need.answers) else [[*boundaries, *own]]
        # NOTE: a boundary must not name a key whose policy names the role.
        choices += (
            [boundaries, [*self._boundaries(need, everything=True), *own]] if boundaries and own else [boundaries]
        )
        others = [several for several in choices if several and None not in several]
        for each in ways(need):
            for several in others:
                yield msgspec.structs.replace(join_proposals([each, *filter(None, several)]), safety="review")

    def _policies_of_resources(self, need: RoleNeed, guarded: Iterable[Answer]) -> list[Proposal | None]:
        """Return what each resource policy must allow, or None for one that cannot be changed."""
        by_resource: dict[Hashable, list[Answer]] = {}
        for each in guarded:
            by_resource.setdefault(identity(each.requirement.resource), []).append(each)
        role = need.roles[0] if len(need.roles) == 1 else None
        return [self.policy_of_resource(role, each) if role else None for each in by_resource.values()]

    def changed_attributes(self, need: RoleNeed) -> Iterator[ChangedAttribute]:
        """Yield the attributes in the plan that change with the roles' boundaries and resource policies."""
        own = (
            [each for each in need.answers if each.requirement.action.startswith(("kms:", "s3:"))] if need.roles else []
        )
        guarded = self._still_denied(own) if own else []
        for each in filter(None, (*self._boundaries(need), *self._policies_of_resources(need, guarded))):
            yield from each.touched

    def _still_denied(self, answers: Sequence[Answer]) -> list[Answer]:
        """List what stays denied even if the role has the permission and no boundary."""
        verdicts = verdicts_with(answers, self._world, bounded=False)
        return [each for each, found in zip(answers, verdicts, strict=True) if found is Verdict.DENIED]

    def _boundaries(self, need: RoleNeed, *, everything: bool = False) -> Iterator[Proposal | None]:
        """Yield what each boundary must allow besides a grant, or None for one that cannot be changed."""
        by_policy: dict[Hashable, list[WorldObject]] = {}
        for role in need.roles:
            if role.attribute("permissions_boundary"):
                by_policy.setdefault(identity(role.attribute("permissions_boundary")), []).append(role)
        granted = verdicts_with(need.answers, self._world) if by_policy else ()
        still = [each for each, found in zip(need.answers, granted, strict=False) if found is not Verdict.ALLOWED]
        lacking = RoleNeed(need.roles, tuple(still)).answers_by_role()
        for roles in by_policy.values():
            denied = [each for role in roles for each in lacking[str(role.address)]]
            if denied:
                yield self.boundary(roles[0], denied, everything=everything)

    def boundary(self, role: WorldObject, answers: Sequence[Answer], *, everything: bool = False) -> Proposal | None:
        """Add missing permissions to a managed boundary, with `everything` for all resources.

        A boundary only limits the role's other policies, and cannot name what depends on the role.
        """
        reference = role.attribute("permissions_boundary")
        resource = self._roles.policies.resource(reference) if isinstance(reference, PlainText) else None
        policy = self._places.policies.in_attribute(resource, "policy")
        if resource is None or policy is None:
            return None
        boundaries = [each.attribute("permissions_boundary") for each in self._world.resources("aws_iam_role")]
        found = [self._roles.policies.resource(each) for each in boundaries if isinstance(each, PlainText)]
        others = sum(each is not None and each.address == resource.address for each in found) - 1
        remark = f"; it bounds {others} other role{'s' if others > 1 else ''} too" if others > 0 else ""
        listed = self._places.statements(answers, policy.place, lists=True)
        given = listed if listed and self._places.lists.are_usable(listed, [policy.place]) else None
        remark = f", the permissions boundary of {role.address}{remark}"
        actions = tuple(dict.fromkeys(each.requirement.action for each in answers))
        whole = (NeededStatement(sid(actions[0]), actions, (("*",),)),)
        named = (propose_into(policy, answers, self._places, remark, each) for each in (given, None))
        narrow = None if everything else next(filter(None, named), None)
        wide = f"{remark}; `*` is for what cannot be named there"
        return narrow or propose_into(policy, answers, self._places, wide, whole)

    def policy_of_resource(self, role: WorldObject, answers: Sequence[Answer]) -> Proposal | None:
        """Add the role to the policy of a key or a bucket."""
        need = answers[0].requirement
        is_key = need.action.startswith("kms:")
        bucket = bucket_of(need.resource, self._world) if not is_key else None
        policies = settings(self._world, BUCKET_POLICY).on(bucket).definite if bucket else ()
        own = self._places.policies.in_attribute(policies[0], "policy") if policies else None
        policy, arn = self._key_policy(answers) if is_key else own, role.attribute("arn")
        if policy is None or not isinstance(arn, PlainText):
            return None
        spelling = self._places.spelling(policy.resource.address.module, policy.resource.address.resource)
        who = spelling.spell(arn)
        what: Spelled | None = ("*",) if is_key else spelling.spell(need.resource)
        if who is None or what is None or need.sensitive:
            return None
        actions = tuple(dict.fromkeys(each.requirement.action for each in answers))
        name = sid(actions[0]) + re.sub(r"[^A-Za-z0-9]", "", role.address.name.title())
        given = NeededStatement(name, actions, (what,), ("AWS", who))
        return propose_into(policy, answers, self._places, given=(given,))

    def _key_policy(self, answers: Sequence[Answer]) -> WrittenPolicy | None:
        key = catalogue(self._world, KEY).find_by_arn(answers[0].requirement.resource)
        if key is None:
            return None
        names = (key.attribute("arn"), key.attribute("key_id"))
        subject = SettingOwner(key, tuple(each for each in names if isinstance(each, PlainText)))
        attached = settings(self._world, KEY_POLICY).on(subject).definite
        return self._places.policies.in_attribute(attached[0] if attached else key, "policy")


_WAYS = {Reason.PERMISSIONS_BOUNDARY: OtherPolicies.boundary, Reason.RESOURCE_POLICY: OtherPolicies.policy_of_resource}
