"""The policy documents of the plan, by the resource that contains them and by ARN."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property
from typing import TypeVar

import msgspec

from tfcheck import iam
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.formats.json import decode
from tfcheck.inventory.catalogue import ReferenceIndex
from tfcheck.inventory.other_stack import Stack
from tfcheck.inventory.world import World, WorldObject
from tfcheck.symbolic.doubt import UNREAD, Doubt, DoubtKind, as_doubt
from tfcheck.symbolic.limits import take
from tfcheck.symbolic.match import equal, spelling
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.symbolic.value import (
    KnownAfterApply,
    OneOf,
    PlainText,
    Text,
    TextLike,
    Truth,
    Unknown,
    Value,
    display,
    is_known,
    pieces,
    spelled_out,
)
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.arn import parse_arn
from tfcheck.vocabulary.grouping import group_by_key

#: Ten times the length that AWS accepts for the largest policies, those of buckets and keys.
_LONGEST = 300_000
#: The number of one role's policies that are read. IAM accepts 20 managed ones, and 10,240 characters of inline ones.
_MOST = 500
_T = TypeVar("_T")


def first_policies(found: list[_T], hidden: list[str]) -> list[_T]:
    """Return a role's first policies up to a limit, with a `hidden` entry if there are more."""
    if len(found) > _MOST:
        hidden.append(f"limit: {len(found) - _MOST:,} more policies")
    return found[:_MOST]


class PolicyOrReason(msgspec.Struct, frozen=True):
    """A policy, or why it cannot be read; both are empty if there is none.

    `possible_policies` are policies that can be read where it is open whether they count. `refused` is one that AWS
    definitely refuses. `notes` are for people.
    """

    policy: iam.Policy | None = None
    hidden: str = ""
    possible_policies: tuple[iam.Policy, ...] = ()
    notes: tuple[str, ...] = ()
    refused: iam.Policy | None = None


class Policies:
    """All policy documents of one world, each read once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._read: dict[tuple[WorldObject, str], PolicyOrReason] = {}
        self._by_arn: dict[tuple[Value, str], PolicyOrReason] = {}

    def of_attribute(self, resource: WorldObject, attribute: str) -> PolicyOrReason:
        """Read the policy in an attribute of a resource."""
        key = resource, attribute
        if key not in self._read:
            if attribute == "assume_role_policy":
                kind = iam.PolicyKind.TRUST
            else:
                is_identity = resource.address.type.startswith("aws_iam_")
                kind = iam.PolicyKind.IDENTITY if is_identity else iam.PolicyKind.RESOURCE
            secret = resource.sensitive(attribute)
            found = self.read(resource.attribute(attribute), str(resource.address), kind, secret=secret)
            if found.hidden and not secret:
                found = msgspec.structs.replace(found, possible_policies=self._named_documents(resource, attribute))
            self._read[key] = found
        return self._read[key]

    def _named_documents(self, resource: WorldObject, attribute: str) -> tuple[iam.Policy, ...]:
        """Return the documents that an unreadable policy names, and so may be, if they may deny something."""
        documents = self._world.named_documents(resource, attribute)
        named = (self.read(each.attribute("json"), str(each.address)).policy for each in documents)
        return tuple(each for each in named if each is not None and _may_deny(each))

    def read(
        self, document: Value, label: str, kind: iam.PolicyKind = iam.PolicyKind.IDENTITY, *, secret: bool = False
    ) -> PolicyOrReason:
        """Read a policy document; `label` names its place, and nothing of a `secret` one may be shown."""
        if document is None or document == "":
            return PolicyOrReason()
        if isinstance(document, Text | OneOf):
            try:
                document = decode(document)
            except EvaluationError as error:
                document = Unknown(reason=f"not JSON: {error}")
        if isinstance(document, Unknown):
            place = f" ({document.where})" if document.where else ""
            return PolicyOrReason(hidden=_unread(label, f"{document.reason}{place}"))
        if isinstance(document, str) and len(document) > _LONGEST:
            return PolicyOrReason(hidden=_unread(label, f"limit: {len(document):,} characters"))
        if not isinstance(document, str):
            return _policy_or_secret(iam.parse_policy(document, label, kind), label, secret)
        text = document
        marks = text.spans if isinstance(text, Sensitive) else ()

        def parse() -> PolicyOrReason:
            # NOTE: many roles share a text, above all a trust policy.
            policy = self._world.once_for_both((text, marks, kind), lambda: _policy(text, label, kind))
            return _policy_or_secret(iam.rename_policy(policy, label), label, secret)

        return self._world.once_for_both((text, marks, label, kind, secret), parse)

    def by_arn(self, reference: Value, secret_in: str = "") -> PolicyOrReason:
        """Read the managed policy with an ARN, which must not be shown if it is `secret_in` something.

        It may be a policy of this plan or of another stack, one that the plan looks up, or an AWS managed one.
        """
        if type(reference) not in (str, Unknown):  # a marked one equals an unmarked one
            return self._find_by_arn(reference, secret_in)
        if (reference, secret_in) not in self._by_arn:
            self._by_arn[reference, secret_in] = self._find_by_arn(reference, secret_in)
        return self._by_arn[reference, secret_in]

    def _find_by_arn(self, reference: Value, secret_in: str) -> PolicyOrReason:
        if not isinstance(reference, PlainText):
            return PolicyOrReason(hidden="an attached policy whose ARN is not known")
        resource = self.resource(reference)
        newer = self._newer(resource) if resource is not None and resource.address.mode == "data" else None
        if resource is not None and newer is not None:
            return newer.by_arn(resource.attribute("arn"))
        if resource is not None:
            found = self.of_attribute(resource, "policy")
            bundled = None if found.policy else self._find_bundled(_looked_up_arn(resource), secret_in)
            if bundled is not None or found.policy or found.hidden:
                return bundled or found
            return PolicyOrReason(hidden=f"{resource.address}, whose text the plan does not show")
        spelled = spelled_out(reference)
        bundled = self._find_bundled(spelled, secret_in)
        if bundled is not None:
            return bundled
        for other in self._world.context:
            if other.once(Policies).has_arn(spelled):
                return other.once(Policies).by_arn(spelled)
        if secret_in and not isinstance(reference, Unknown):
            hidden = f"the policy in {secret_in}"
        elif isinstance(reference, str) and ":iam::aws:policy/" in reference:
            named = iam.managed_policy_arn(reference.rpartition("/")[2], partition=reference.split(":")[1])
            which = "is not in the bundled set" if named is None else f"AWS has as {display(named)} only"
            kind = DoubtKind.NOT_BUNDLED if named is None else None
            hidden = Doubt(f"managed policy {reference}, which {which}", kind)
        elif isinstance(reference, Unknown) and reference.symbol is None:
            kind = DoubtKind.LATER_POLICY if isinstance(reference.reason, KnownAfterApply) else None
            hidden = as_doubt(reference.reason).within(
                f"an attached policy whose ARN is unknown: {reference.reason}", kind
            )
        elif namesake := self._namesake(spelled):
            words = f"policy {display(reference)}, which does not exist: {namesake} has its name, but another path"
            hidden = Doubt(words, DoubtKind.OTHER_PATH)
        else:
            hidden = f"policy {display(reference)}, which is not in the plan"
        is_open = not is_known(spelled) and take(len(self._denying_policies))
        listed = self._denying_policies if is_open else ()
        return PolicyOrReason(
            hidden=hidden,
            possible_policies=tuple(policy for own, policy in listed if equal(spelled, own) is Truth.UNKNOWN),
        )

    def _namesake(self, arn: TextLike) -> str:
        """Return the address of the policy whose name is in an ARN with another path; empty without one.

        Names are unique in an account, also in different paths, so that no policy has that ARN.
        """
        parts = parse_arn(arn)
        if parts is None or not isinstance(parts.resource, str):
            return ""
        for each in self._by_name.get(parts.resource.rpartition("/")[2], ()):
            arn_of_each = each.attribute("arn")
            own = parse_arn(arn_of_each) if isinstance(arn_of_each, PlainText) else None
            is_here = own is not None and equal(own.account, parts.account) is Truth.TRUE
            if own is not None and is_here and equal(own.resource, parts.resource) is Truth.FALSE:
                return str(each.address)
        return ""

    @cached_property
    def _by_name(self) -> dict[str, list[WorldObject]]:
        managed = self._world.resources("aws_iam_policy")
        return group_by_key((name, each) for each in managed if isinstance(name := each.attribute("name"), str))

    @cached_property
    def _denying_policies(self) -> list[tuple[Value, iam.Policy]]:
        """The policies that may deny something, by ARN."""
        listed = self._index.objects[:_MOST]
        found = ((each.attribute("arn"), self.of_attribute(each, "policy").policy) for each in listed)
        return [(arn, each) for arn, each in found if each is not None and _may_deny(each)]

    def _find_bundled(self, arn: Value, secret_in: str) -> PolicyOrReason | None:
        """Return an AWS managed policy, even if its data source is deferred."""
        if not isinstance(arn, PlainText):
            return None
        spelled = spelled_out(arn)
        policy = self._world.once_for_both(("managed", spelled), lambda: iam.managed_policy(spelled))
        if policy is None:
            return None
        return PolicyOrReason(iam.conceal(iam.rename_policy(policy, secret_in)) if secret_in else policy)

    def _newer(self, looked_up: WorldObject) -> Policies | None:
        """Find the stack that manages a policy which this stack has only looked up earlier."""
        arn = looked_up.attribute("arn")
        if not isinstance(arn, str):
            return None
        others = (each.once(Policies) for each in self._world.context)
        managing = (each for each in others if each.manages(arn))
        return next((each for each in managing if isinstance(self._world, Stack) or each.changes(arn)), None)

    def manages(self, arn: str) -> bool:
        """Whether a policy with this ARN is managed, and not only looked up, in this world."""
        found = self._index.by_arn.get(arn)
        return found is not None and found.address.mode == "managed"

    def changes(self, arn: str) -> bool:
        """Whether the change of this world creates the policy with this ARN, or may change its text."""
        text = self._index.by_arn[arn].attribute("policy")
        before = (each for each in self._world.before().resources("aws_iam_policy") if each.attribute("arn") == arn)
        return not any(equal(each.attribute("policy"), text) is Truth.TRUE for each in before)

    def has_arn(self, arn: TextLike) -> bool:
        """Whether a policy of this world has an ARN, as far as it is known."""
        return isinstance(arn, str) and arn in self._index.by_arn

    def resource(self, reference: TextLike) -> WorldObject | None:
        """Find the managed or looked-up policy that an ARN or a reference definitely denotes."""
        found = self._index.find(reference)
        if found is not None or is_known(reference):
            return found
        keys = _keys(reference) if isinstance(reference, (Unknown, Text)) else ()
        found_by_key = {id(each): each for key in keys for each in self._open_by_key.get(key, ())}
        return next(iter(found_by_key.values())) if len(found_by_key) == 1 else None

    @cached_property
    def _index(self) -> ReferenceIndex:
        return ReferenceIndex(self._world, "aws_iam_policy")

    @cached_property
    def _open_by_key(self) -> dict[Hashable, list[WorldObject]]:
        """The policies whose ARN is partly unknown, by what only definitely equal ARNs share."""
        arns = ((each.attribute("arn"), each) for each in self._index.objects)
        return group_by_key((key, each) for arn, each in arns if isinstance(arn, (Unknown, Text)) for key in _keys(arn))


def is_of_other_partition(policy: Value, resource: WorldObject) -> bool:
    """Whether AWS refuses a managed policy because its ARN is of another partition than the resource that names it."""
    arn = parse_arn(policy) if isinstance(policy, TextLike) else None
    return arn is not None and equal(arn.partition, resource.surroundings.partition) is Truth.FALSE


def _keys(arn: str | Unknown | Text) -> set[Hashable]:
    """Return the keys of a partly unknown ARN, what is known of it and its symbols; equal ARNs share one."""
    symbols = tuple(each.symbol if isinstance(each, Unknown) else each for each in pieces(arn))
    return {spelling(arn), None if None in symbols else symbols} - {None}


def _looked_up_arn(resource: WorldObject) -> Value:
    """Return the ARN of a policy; for an AWS managed one, also if its data source is deferred."""
    name, prefix = resource.attribute("name"), resource.attribute("path_prefix") or ""
    by_name = resource.address.mode == "data" and resource.is_configured("name") and isinstance(name, str)
    if by_name and isinstance(prefix, str):
        found = iam.managed_policy_arn(str(name), prefix, resource.surroundings.partition)
        if found is not None:
            return found
    return resource.attribute("arn")


def _unread(policy: object, why: str) -> Doubt:
    return Doubt(f"{policy}{UNREAD}: {why}", DoubtKind.UNREAD_POLICY)


def later_policy(policy: str) -> Doubt:
    """Return the doubt about a policy that is known only after apply."""
    return Doubt(f"{policy}, known only after apply", DoubtKind.LATER_POLICY)


def unread_policy(resource: WorldObject) -> PolicyOrReason:
    """Return that the policy of a resource of the AWS Cloud Control provider is not read."""
    return PolicyOrReason(hidden=_unread(resource.address, "it belongs to the provider `awscc`"))


def _may_deny(policy: iam.Policy) -> bool:
    return any(each.effect is not iam.Effect.ALLOW for each in policy.statements)


def _policy_or_secret(policy: iam.Policy, label: str, secret: bool) -> PolicyOrReason:
    policy = iam.conceal(policy) if secret else policy
    if policy.invalid:
        refused = policy if policy.refused else None
        doubt = as_doubt(policy.invalid, DoubtKind.REFUSED_POLICY)
        hidden = doubt.within(f"{label}, which AWS would refuse: {policy.invalid}")
        return PolicyOrReason(hidden=hidden, refused=refused)
    return PolicyOrReason(policy)


def _policy(text: str, label: str, kind: iam.PolicyKind) -> iam.Policy:
    """Read the text of a policy; in a partly sensitive one, mark the affected strings."""
    if not isinstance(text, Sensitive):
        return iam.parse_policy(text, label, kind)
    try:
        document = decode(text.lstrip("\ufeff"))
    except EvaluationError:
        document = Unknown()
    if isinstance(document, Unknown):
        return iam.conceal(iam.parse_policy(text, label, kind))
    return iam.parse_policy(document, label, kind)


class AttachedPolicies(msgspec.Struct, frozen=True):
    """The policies attached to one role.

    - `hidden`: those that cannot be read; `doubted`: readable ones that may not be on it, with what that depends on.
    - `inline`: the policies that have a name.
    - `same_name_policies`: groups of policies that have one name, or may have it, so that only one of each remains;
      `name_conflicts`: the names of those that definitely have it.
    - `left_out`: the resources with possible policies that the plan may leave out.
    """

    identity: tuple[iam.Policy, ...] = ()
    hidden: tuple[str, ...] = ()
    doubted: tuple[tuple[str, iam.Policy], ...] = ()
    inline: tuple[tuple[str, iam.Policy], ...] = ()
    same_name_policies: tuple[tuple[iam.Policy, ...], ...] = ()
    name_conflicts: tuple[tuple[str, ...], ...] = ()
    left_out: tuple[Address, ...] = ()

    @property
    def open_policies(self) -> tuple[str, ...]:
        """The policies that cannot be read, or may not be on the role."""
        return tuple(dict.fromkeys((*self.hidden, *(why for why, _ in self.doubted))))

    def __add__(self, more: AttachedPolicies) -> AttachedPolicies:
        """Return both together."""
        pairs = zip(msgspec.structs.astuple(self), msgspec.structs.astuple(more), strict=True)
        return AttachedPolicies(*(own + others for own, others in pairs))


NOTHING_ATTACHED = AttachedPolicies()


class Attached:
    """Collects the policies attached to one role, those that AWS refuses, and the warnings."""

    def __init__(self) -> None:
        self.identity: list[iam.Policy] = []
        self.hidden: list[str] = []
        self.same_name_policies: list[tuple[iam.Policy, ...]] = []
        self.name_conflicts: list[tuple[str, ...]] = []
        self.left_out: list[Address] = []
        self.notes: list[str] = []
        self.inline: list[tuple[str, iam.Policy]] = []
        self.doubted: list[tuple[str, iam.Policy]] = []
        self.refused: list[iam.Policy] = []
        self.closed = False

    def add(self, found: PolicyOrReason) -> None:
        """Add a policy, or the reason why it cannot be read."""
        if found.policy is not None and found.policy not in self.identity:
            self.identity.append(found.policy)
        if found.hidden and found.hidden not in self.hidden:
            self.hidden.append(found.hidden)
            self.refused += [found.refused] if found.refused else []
        own = {id(policy) for _, policy in self.doubted}
        self.doubted += [(found.hidden, each) for each in found.possible_policies if id(each) not in own]

    def doubt(self, why: str, found: PolicyOrReason) -> None:
        """Add a policy that may not be on the role."""
        if found.policy is None:
            self.hidden.append(why)
        policies = found.possible_policies if found.policy is None else (found.policy,)
        self.doubted += [(why, each) for each in policies]

    def policies(self) -> AttachedPolicies:
        """Return what has been collected."""
        return AttachedPolicies(*(tuple(getattr(self, each)) for each in AttachedPolicies.__struct_fields__))
