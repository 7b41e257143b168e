"""Everything in a plan that attaches a policy to a role, except arguments of roles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import msgspec

from tfcheck.inventory.change import deleted_objects
from tfcheck.inventory.world import NOT_LISTED, World, WorldObject
from tfcheck.role.policies import PolicyOrReason, unread_policy
from tfcheck.symbolic.choices import possible_elements, possible_items
from tfcheck.symbolic.doubt import Doubt, DoubtKind
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.symbol import Owner
from tfcheck.symbolic.value import TextLike, Truth, Unknown, Value, hint_of, identity
from tfcheck.vocabulary.grouping import group_by_key


class PolicyAttachment(msgspec.Struct, frozen=True):
    """Something in the plan that attaches a policy to a role.

    `name` is the name of an inline policy, None for a managed one; `reference` is then the managed policy's ARN.
    `found` is the policy where it has been read already. `is_optional`: the element that attaches it may be absent.
    """

    resource: WorldObject
    role: Value
    name: Value = None
    reference: Value = None
    found: PolicyOrReason | None = None
    is_optional: bool = False

    @property
    def is_in_doubt(self) -> bool:
        """Whether it may not exist, although its role is known."""
        return self.is_optional or self.resource.is_left_out

    @property
    def possibly_attached(self) -> Doubt:
        """A clause for a policy that may be attached to a role: asks for the sources that would show that."""
        if self.resource.is_left_out:
            return NOT_LISTED
        return Doubt("which may be attached to this role", DoubtKind.POSSIBLE_POLICY, hint_of(self.role))


class GrantOutcome(msgspec.Struct, frozen=True):
    """Whether a grant exists in the end, and why not or why that is unknown; no reason if another stack has it."""

    stays: Truth
    because: str = ""


STAYS = GrantOutcome(Truth.TRUE)
#: Returns what other stacks leave of each grant.
GrantOutcomes: TypeAlias = Callable[[PolicyAttachment], GrantOutcome]


def grants(world: World) -> Iterator[PolicyAttachment]:
    """Yield everything in the plan that attaches a policy to a role, except arguments of roles."""
    for resource in world.resources("aws_iam_role_policy"):
        yield PolicyAttachment(resource, resource.attribute("role"), name=resource.attribute("name"))
    for resource in world.resources("aws_iam_role_policy_attachment"):
        yield PolicyAttachment(
            resource, resource.attribute("role"), reference=known_arn(resource.attribute("policy_arn"))
        )
    for resource in world.resources("aws_iam_policy_attachment"):
        reference = known_arn(resource.attribute("policy_arn"))
        for role, is_certain in _members(resource, "roles"):
            yield PolicyAttachment(resource, role, reference=reference, is_optional=not is_certain)
    for resource in world.resources("aws_iam_role_policy_attachments_exclusive"):
        name = resource.attribute("role_name")
        for arn, is_certain in _members(resource, "policy_arns"):
            yield PolicyAttachment(resource, name, reference=known_arn(arn), is_optional=not is_certain)
    yield from _of_cloud_control(world)


def by_role_name(attachments: Iterable[PolicyAttachment]) -> dict[str, list[PolicyAttachment]]:
    """Index attachments by the name of their role, where it is known."""
    return group_by_key((each.role, each) for each in attachments if isinstance(each.role, str))


def attachment_owners(world: World) -> dict[TextLike | None, list[WorldObject]]:
    """Index the resources that own all attachments of a policy by its ARN; None if that is unknown."""
    owners = world.resources("aws_iam_policy_attachment")
    return group_by_key((identity(each.attribute("policy_arn")), each) for each in owners)


def _of_cloud_control(world: World) -> Iterator[PolicyAttachment]:
    """Yield the attachments of the AWS Cloud Control provider, whose policies are not read.

    The provider has the properties of
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html.
    """
    for resource in world.resources("awscc_iam_role_policy"):
        name = resource.attribute("policy_name")
        yield PolicyAttachment(resource, resource.attribute("role_name"), name, found=unread_policy(resource))
    for resource in world.resources("awscc_iam_managed_policy"):
        reference, found = known_arn(resource.attribute("policy_arn")), unread_policy(resource)
        for role, is_certain in _members(resource, "roles"):
            yield PolicyAttachment(resource, role, reference=reference, found=found, is_optional=not is_certain)


#: Types whose deletion detaches the policy, unlike that of an exclusive resource.
_DETACHING = ("aws_iam_role_policy", "aws_iam_role_policy_attachment", "aws_iam_policy_attachment")


def attached_before(world: World) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Index the grants of separate resources before the change by role name: policy names, policy ARNs."""
    names: dict[str, set[str]] = {}
    arns: dict[str, set[str]] = {}
    for each in grants(world.before()):
        if each.resource.address.type in _DETACHING:
            found, own = (names, each.name) if each.reference is None else (arns, each.reference)
            found.setdefault(str(each.role), set()).add(str(own))
    return names, arns


class DeletedGrants:
    """The deleted attachments of remaining roles, by role and policy.

    IAM has one policy of a name on a role, and attaches a managed one once: where another address of the plan is the
    same, as after a new key of `for_each` without a `moved` block or a shift of `count`, Terraform deletes it before it
    is written or after.
    """

    def __init__(self, world: World) -> None:
        before = world.before()
        remain = {(str(each.resource.address), _identity(each, each.role)) for each in grants(world)}
        # NOTE: a role is deleted after its policies, and its name is free only then.
        recreated = {
            (each.attribute("name"), each.surroundings.account) for each in deleted_objects("aws_iam_role", world)
        }
        self._found: dict[tuple[str, bool, str], list[WorldObject]] = {}
        for each in () if before is world else grants(before):
            identity, there = _identity(each, each.role), (each.role, each.resource.surroundings.account)
            gone = each.resource.address.type in _DETACHING and (str(each.resource.address), identity) not in remain
            if gone and identity is not None and there not in recreated:
                self._found.setdefault(identity, []).append(each.resource)

    def find_same(self, grant: PolicyAttachment, role: Value) -> WorldObject | None:
        """Return the deletion of the same policy on the same role, as far as both are known; else None."""
        identity, account = _identity(grant, role), grant.resource.surroundings.account
        by_role = grant.resource.address.type == "aws_iam_role"
        found = self._found.get(identity, ()) if identity is not None and not by_role else ()
        here = (each for each in found if equal(each.surroundings.account, account) is not Truth.FALSE)
        return next(here, None)


def _identity(grant: PolicyAttachment, role: Value) -> tuple[str, bool, str] | None:
    """Return the role, whether the policy is inline, and its name or ARN; None if they are not completely known."""
    policy = grant.name if grant.reference is None else grant.reference
    return (role, grant.reference is None, policy) if isinstance(role, str) and isinstance(policy, str) else None


def known_arn(value: Value) -> Value:
    """Return the ARN of an attached policy, unknown if the plan does not have it."""
    return Unknown(reason="the policy's ARN is not in the plan") if value is None else value


def _members(resource: WorldObject, argument: str) -> list[tuple[Value, bool]]:
    """Return the elements of a list, each with whether it certainly has it; of an unknown list, one that may be any."""
    written = resource.attribute(argument)
    if not isinstance(possible_items(written), Unknown):
        return possible_elements(written) if written is not None else []
    what = "roles" if argument == "roles" else "policies"
    return [(Unknown(reason=f"the list of {what} is known only after apply"), True)]


def owner_by_name(role: Value) -> Owner | None:
    """Return the resource whose name an unknown value is; None if it is not a role's name.

    IAM refuses the ARN or the unique id of a role in the place of its name; old plans keep only the resource.
    """
    symbol = role.symbol if isinstance(role, Unknown) else None
    return symbol.owner if symbol is not None and symbol.path[:1] in ((), ("name",), ("id",)) else None
