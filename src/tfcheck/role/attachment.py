"""Find the policies attached to a role, and the attachments that cannot be resolved.

Follows the AWS provider's resources: aws_iam_role_policy, aws_iam_role_policy_attachment, aws_iam_policy_attachment,
the arguments `inline_policy` and `managed_policy_arns` of aws_iam_role, and the two `_exclusive` resources.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TypeAlias

import msgspec

from tfcheck.iam import Policy, rename_policy
from tfcheck.inventory.change import deleted_objects, is_created, object_before
from tfcheck.inventory.world import World, WorldObject
from tfcheck.role.grants import (
    DeletedGrants,
    GrantOutcome,
    GrantOutcomes,
    PolicyAttachment,
    attached_before,
    attachment_owners,
    by_role_name,
    grants,
    known_arn,
    owner_by_name,
)
from tfcheck.role.policies import (
    Attached,
    Policies,
    PolicyOrReason,
    first_policies,
    is_of_other_partition,
    later_policy,
)
from tfcheck.role.removed import (
    RemovedByUpdate,
    earlier_entries,
    exclusive,
    group_by_name,
    is_attached_again,
    is_left_alone,
    is_unchanged,
    last_written,
    left_out,
    lists_role,
    name_or_arn,
    possibly_of_one_name,
    removal,
    removed_by_update,
)
from tfcheck.symbolic.choices import possible_items
from tfcheck.symbolic.doubt import Doubt, DoubtKind, as_doubt
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.symbol import Owner
from tfcheck.symbolic.value import TextLike, Truth, Unknown, Value, display, identity
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.arn import parse_arn


def account_of(role: WorldObject) -> TextLike:
    """Return the account of a role, preferably from its ARN."""
    arn = role.attribute("arn")
    parts = parse_arn(arn) if isinstance(arn, str) else None
    return parts.account if parts else role.surroundings.account


def _is_in_account(grant: PolicyAttachment, account: Value) -> Truth:
    """Whether a grant to a role by name is for the role in an account; None is any.

    NOTE: what a state shows has no provider configuration: an account that is not known is no sign of another one.
    """
    if account is None:
        return Truth.TRUE
    ours = grant.resource.surroundings.account
    truth = equal(ours, account)
    if truth is not Truth.UNKNOWN:
        return truth
    configured = any(isinstance(each, Unknown) and each.symbol is not None for each in (ours, account))
    return Truth.UNKNOWN if configured else Truth.TRUE


_Grants: TypeAlias = list[PolicyAttachment]


class OwnAttachments(msgspec.Struct, frozen=True):
    """The attachments that the plan's own resources make, which override another stack's earlier state."""

    names: frozenset[str] = frozenset()
    arns: frozenset[str] = frozenset()


NOTHING_OWNED = OwnAttachments()


class Attachments:
    """All attachments of one world, by role."""

    def __init__(self, world: World, policies: Policies) -> None:
        self._world = world
        self._policies = policies

    @property
    def _is_before_change(self) -> bool:
        """Whether it is the world before the change, where refreshed attachments exist, regardless of any list."""
        return self._world.before() is self._world

    def of(
        self, role: WorldObject, outcome: GrantOutcomes | None = None, owned_here: OwnAttachments = NOTHING_OWNED
    ) -> Attached:
        """Return the attachments of a role in the plan, except what others remove or decide."""
        name, attached = role.attribute("name"), Attached()
        definite, possible = self._grants_for(role.address, name, account_of(role))
        if role.address.mode == "managed":
            own: list[PolicyAttachment] = []
            for grant, is_left_alone in self._own_attachments(role, attached, owned_here, definite):
                if is_left_alone is Truth.FALSE:
                    own.append(grant)
                else:
                    self._doubt(grant, "which this change may leave out, or as another resource leaves it", attached)
            gone = removed_by_update(role, self._world)
            definite = [*(each for each in definite if not self._is_undone(each, gone, role, attached)), *own]
        self._collect(attached, definite, possible, name, outcome)
        return attached

    def _is_undone(self, grant: PolicyAttachment, gone: RemovedByUpdate, role: WorldObject, attached: Attached) -> bool:
        """Whether the update of a role removes, or may remove, an unchanged attachment."""
        removed = gone.removes(grant.name, grant.reference)
        stays = removed is Truth.FALSE or is_attached_again(grant, self._world)
        is_definite = removed is Truth.TRUE and (stays or is_left_alone(grant, self._world))
        if is_definite or (stays and left_out(grant.name, grant.reference, role)):
            attached.notes.append(removal(grant.resource, role, now=not stays))
        if stays:
            return False
        if not is_definite:
            self._doubt(grant, f"which this change may remove: {role.address} may not list it", attached)
        return True

    def of_named_role(self, name: TextLike | None, account: Value, outcome: GrantOutcomes | None) -> Attached:
        """Return the attachments of a role whose name, and perhaps account, is all that is known."""
        attached = Attached()
        if name is not None:
            self._collect(attached, *self._grants_for(None, name, account), name, outcome)
        return attached

    def for_other_stack(self, name: Value, account: Value, outcome: GrantOutcomes | None) -> Attached:
        """Return the definite attachments, by name, to a role of an account that this stack does not manage."""
        attached = Attached()
        if not isinstance(name, str):
            return attached
        known, unknown = self._role_names
        if name in known or any(equal(each, name) is Truth.TRUE for each in unknown):
            return attached
        ours, others = self._grants_for(None, name)
        here = [(each, equal(each.resource.surroundings.account, account)) for each in ours]
        here += [(each, Truth.UNKNOWN) for each in others if each.is_in_doubt]
        definite = [each for each, truth in here if truth is Truth.TRUE]
        self._collect(attached, definite, [each for each, truth in here if truth is Truth.UNKNOWN], name, outcome)
        return attached

    @cached_property
    def _role_names(self) -> tuple[frozenset[str], tuple[Value, ...]]:
        """The names of the roles in this world: the known ones, and the others."""
        names = [each.attribute("name") for each in self._world.resources("aws_iam_role")]
        known = frozenset(each for each in names if isinstance(each, str))
        return known, tuple(each for each in names if not isinstance(each, str))

    def owned_here(self, name: Value, account: Value) -> OwnAttachments:
        """Return the attachments of the plan's own resources to a role of an account, before or after the change."""
        if not isinstance(name, str):
            return NOTHING_OWNED
        here = [each for each in self._by_known_name.get(name, ()) if _is_in_account(each, account) is not Truth.FALSE]
        return OwnAttachments(
            frozenset(each.name for each in here if isinstance(each.name, str)),
            frozenset(each.reference for each in here if isinstance(each.reference, str)),
        )

    @cached_property
    def _by_known_name(self) -> dict[str, list[PolicyAttachment]]:
        """Index the attachments before and after the change by role name."""
        return by_role_name((*grants(self._world.before()), *grants(self._world)))

    def _collect(
        self,
        attached: Attached,
        definite: list[PolicyAttachment],
        possible: list[PolicyAttachment],
        name: Value,
        outcome: GrantOutcomes | None,
    ) -> None:
        lasting = self._without_removed(definite, name, attached)
        if not self._is_before_change:
            lasting = [each for each in lasting if not self._is_contested(each, name, attached)]
            lasting = [each for each in lasting if self._definitely_remains(each, name, attached)]
        refused = [each for each in lasting if is_of_other_partition(each.reference, each.resource)]
        for each in refused:
            partition = display(each.resource.surroundings.partition)
            attached.notes.append(f"{each.resource.address} attaches a policy that {partition} does not have")
        lasting = [each for each in lasting if each not in refused] if refused else lasting
        if outcome is not None:
            lasting = [each for each in lasting if self._is_left(each, outcome(each), attached)]
        lasting, possible = first_policies(lasting, attached.hidden), first_policies(possible, attached.hidden)
        of_one = [(group, last_written(group, self._world)) for group in group_by_name(lasting)]
        replaced = [id(each) for group, last in of_one for each in group if last is not None and each is not last]
        for grant in (each for each in lasting if id(each) not in replaced):
            found = self._policy(grant)
            attached.add(found)
            if isinstance(grant.name, str) and found.policy is not None:
                attached.inline.append((grant.name, found.policy))
        for grant in possible:
            self._doubt(grant, grant.possibly_attached, attached)
            attached.left_out += [grant.resource.address] if grant.resource.is_left_out else []
        pairs = [(pair, None) for pair in possibly_of_one_name(lasting, possible)]
        for several, last in (*pairs, *of_one):
            # NOTE: an unreadable one may remain too; that it is hidden has already been recorded.
            named = [(str(each.resource.address), self._policy(last or each).policy) for each in several]
            choices = (rename_policy(policy or Policy(name), name) for name, policy in named)
            attached.same_name_policies.append(tuple(choices))
        for group, _ in of_one:
            attached.name_conflicts.append(tuple(str(grant.resource.address) for grant in group))
            members = " and ".join(attached.name_conflicts[-1])
            attached.notes.append(f"{members} have the same name on one role: the last one written remains")

    def _definitely_remains(self, grant: PolicyAttachment, name: Value, attached: Attached) -> bool:
        """Whether a grant definitely survives a replacement of the role."""
        remains = grant.resource.remains_on(grant.role)
        if remains is Truth.TRUE and (deleted := self._world.once(DeletedGrants).find_same(grant, name)):
            same_account = equal(deleted.surroundings.account, grant.resource.surroundings.account)
            ours, theirs = (self._world.earlier(each.address).resources for each in (grant.resource, deleted))
            is_update = deleted not in deleted_objects(deleted.address.type, self._world)
            if is_update and deleted.address.config in ours and is_attached_again(grant, self._world):
                return True
            is_earlier = is_update and grant.resource.address.config in theirs
            if same_account is Truth.TRUE and (is_earlier or is_left_alone(grant, self._world)):
                attached.notes.append(f"{grant.resource.address} goes with {deleted.address}: both are one policy")
            else:
                self._doubt(grant, f"which the deletion of {deleted.address} may remove: both are one policy", attached)
            return False
        if remains is Truth.UNKNOWN:
            deleted_one = "role" if grant.reference is None else "role or policy"
            self._doubt(grant, f"which may be removed with the {deleted_one} that this plan deletes", attached)
        return remains is Truth.TRUE

    def _is_left(self, grant: PolicyAttachment, outcome: GrantOutcome, attached: Attached) -> bool:
        """Whether other stacks definitely leave a grant on the role."""
        if outcome.stays is Truth.UNKNOWN:
            self._doubt(grant, f"unless {outcome.because}", attached)
        elif outcome.stays is Truth.FALSE and outcome.because:
            attached.notes.append(f"{grant.resource.address} does not count: {outcome.because}")
        return outcome.stays is Truth.TRUE

    def _doubt(self, grant: PolicyAttachment, why: str, attached: Attached) -> None:
        """Add a policy that may not be on the role."""
        entry = as_doubt(why, DoubtKind.POSSIBLE_POLICY).within(f"{grant.resource.address}, {why}")
        attached.doubt(entry, self._policy(grant))

    def _policy(self, grant: PolicyAttachment) -> PolicyOrReason:
        if grant.resource.is_left_out:
            return self._policies.of_attribute(grant.resource, "policy")
        if grant.found is not None:
            return grant.found
        if grant.reference is not None:
            marked = any(map(grant.resource.sensitive, ("policy_arn", "policy_arns", "managed_policy_arns")))
            return self._policies.by_arn(grant.reference, str(grant.resource.address) if marked else "")
        return self._policies.of_attribute(grant.resource, "policy")

    # Which grants are for a role

    def _grants_for(
        self, address: Address | None, name: Value, account: Value = None
    ) -> tuple[list[PolicyAttachment], list[PolicyAttachment]]:
        """Return the definite and the possible grants for a role; without `account`, of any account."""
        by_owner, by_name, unnamed = self._index
        known = identity(name)
        of_name = list(by_name.get(known, ())) if known is not None else []
        possibly_of_name: list[PolicyAttachment] = []
        others = self._partly_known_names if isinstance(known, str) else by_name.items()
        for text, listed in [*others, *((grant.role, [grant]) for grant in unnamed)]:
            truth = Truth.FALSE if text == known else equal(text, name)
            if truth is Truth.TRUE:
                of_name.extend(listed)
            elif truth is Truth.UNKNOWN:
                possibly_of_name.extend(listed)
        located = [(each, Truth.TRUE) for each in by_owner.get(address, ())]
        located += [(each, _is_in_account(each, account)) for each in of_name]
        definite = [each for each, truth in located if truth is Truth.TRUE and not each.is_in_doubt]
        possible = [each for each in possibly_of_name if _is_in_account(each, account) is not Truth.FALSE]
        absent = (each for each, truth in located if truth is Truth.TRUE and each.is_in_doubt)
        return definite, [*possible, *(each for each, truth in located if truth is Truth.UNKNOWN), *absent]

    @cached_property
    def _index(self) -> tuple[dict[Owner | None, _Grants], dict[TextLike, _Grants], _Grants]:
        """Index every grant by the role that it refers to, by the role's name, or as unresolved."""
        roles = (*self._world.resources("aws_iam_role"), *self._world.looked_up("aws_iam_role"))
        by_owner: dict[Owner | None, _Grants] = {each.address: [] for each in roles}
        by_name: dict[TextLike, _Grants] = {}
        unnamed: _Grants = []
        for grant in grants(self._world):
            known, owner = identity(grant.role), owner_by_name(grant.role)
            if owner in by_owner:
                by_owner[owner].append(grant)
            elif known is not None:
                by_name.setdefault(known, []).append(grant)
            else:
                unnamed.append(grant)
        return by_owner, by_name, unnamed

    @cached_property
    def _partly_known_names(self) -> list[tuple[TextLike, list[PolicyAttachment]]]:
        """The grants by role name, where that is only partly known."""
        return [(name, listed) for name, listed in self._index[1].items() if not isinstance(name, str)]

    # The arguments of aws_iam_role

    def _own_attachments(
        self, role: WorldObject, attached: Attached, owned_here: OwnAttachments, others: Sequence[PolicyAttachment]
    ) -> Iterator[tuple[PolicyAttachment, Truth]]:
        """Yield the policies that a role lists, each with whether the change leaves it to other resources."""
        # NOTE: attachments that other resources made before the change are theirs to keep or to remove.
        names, arns = (each.get(str(role.attribute("name")), set()) for each in self._world.once(attached_before))
        written = (each.name for each in others if isinstance(each.name, str))
        elsewhere = {*names, *owned_here.names, *written}
        for each, truth in self._listed_elements(role, "inline_policy", elsewhere, attached):
            if not isinstance(each, dict):
                attached.hidden.append(later_policy(f"an inline policy of {role.address}"))
            elif each.get("name") or each.get("policy"):
                secret = role.sensitive("inline_policy")
                found = self._policies.read(each.get("policy"), str(role.address), secret=secret)
                yield PolicyAttachment(role, role.attribute("name"), name=each.get("name"), found=found), truth
        for each, truth in self._listed_elements(role, "managed_policy_arns", {*arns, *owned_here.arns}, attached):
            yield PolicyAttachment(role, role.attribute("name"), reference=known_arn(each)), truth

    def _listed_elements(
        self, role: WorldObject, argument: str, elsewhere: set[str], attached: Attached
    ) -> Iterator[tuple[Value, Truth]]:
        """Yield the elements of a role's list, except those that the change leaves as other resources leave them.

        An apply writes only what the role did not list before. Each comes with whether the change may leave it.
        """
        listed = possible_items(role.attribute(argument))
        if isinstance(listed, Unknown) and role.is_configured(argument) is not False:
            what = "inline policies" if argument == "inline_policy" else "managed policies"
            attached.hidden.append(later_policy(f"the {what} of {role.address}"))
        earlier = earlier_entries(role, argument, self._world)
        had = [each for each in earlier if isinstance(name := name_or_arn(each), str) and name in elsewhere]
        for each, is_certain in () if isinstance(listed, Unknown) else listed:
            truth = Truth.some(equal(each, one) for one in had)
            if truth is not Truth.TRUE:
                yield each, truth if is_certain else Truth.UNKNOWN

    # Resources that remove what they do not list

    def _without_removed(
        self, grants: list[PolicyAttachment], name: Value, attached: Attached
    ) -> list[PolicyAttachment]:
        inline = exclusive(self._world, "aws_iam_role_policies_exclusive", "policy_names", name)
        managed = exclusive(self._world, "aws_iam_role_policy_attachments_exclusive", "policy_arns", name)
        shown = [each.name for each in grants if each.reference is None]
        attached.closed = managed.is_complete() and inline.is_complete(among=shown)
        lasting: list[PolicyAttachment] = []
        for grant in grants:
            listed, own = (managed, grant.reference) if grant.reference is not None else (inline, grant.name)
            stays = Truth.TRUE if self._is_before_change else listed.keeps(own)
            lasts = list(listed.outlasting(grant, own, self._world)) if stays is Truth.FALSE else []
            if lasts and (stays := Truth.every(each for _, each in lasts)) is Truth.TRUE:
                attached.notes.append(removal(grant.resource, lasts[0][0], now=False))
            if stays is Truth.FALSE:
                why = "an exclusive resource does not list it"
                attached.notes.append(f"{grant.resource.address} is removed again: {why}")
            elif stays is Truth.UNKNOWN:
                self._doubt(grant, listed.removal_clause(own), attached)
            else:
                lasting.append(grant)
        return lasting

    def _is_contested(self, grant: PolicyAttachment, name: Value, attached: Attached) -> bool:
        """Whether an aws_iam_policy_attachment, which owns all attachments of its policy, may undo a grant.

        NOTE: its creation only attaches. Its update detaches the roles that it had, by the refreshed state, and no
        longer lists (`DeletedGrants`); of a role that another resource attaches in this apply, only the next one does.
        """
        policy = identity(grant.reference)
        all_owners = self._world.once(attachment_owners)
        owners = [(each, Truth.TRUE) for each in all_owners.get(policy, ()) if policy is not None]
        for each in all_owners.get(None, ()) if grant.reference is not None else ():
            same = equal(known_arn(each.attribute("policy_arn")), grant.reference)
            owners += [(each, same)] if same is not Truth.FALSE else []
        for owner, same in ((each, same) for each, same in owners if each.address != grant.resource.address):
            earlier = None if is_created(owner, self._world) else object_before(owner, self._world)
            had = Truth.FALSE if earlier is None else lists_role(earlier, self._world.before(), name)
            lists = lists_role(owner, self._world, name)
            if same is Truth.TRUE and lists is Truth.FALSE and had is Truth.FALSE:
                attached.notes.append(removal(grant.resource, owner, now=False))
            elif lists is Truth.UNKNOWN and had is not Truth.FALSE and not is_unchanged(owner, self._world):
                why = f"which {owner.address} may undo: it may leave the role out"
                self._doubt(grant, Doubt(why, DoubtKind.CONTESTED_POLICY), attached)
                return True
        return False
