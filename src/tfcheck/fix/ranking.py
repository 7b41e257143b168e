"""Rank the places for missing statements, best first.

A policy of the plan that grants all of it is attached. Otherwise the module that creates the role is passed it, where
it has an input for that. Then comes a policy of the role that is for nobody else, a new policy behind the role, and
one where the module of the role is called, by an output that is the role's name. A module from elsewhere is never
changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.fix.added_policy import AddedPolicies
from tfcheck.fix.naming import module_words
from tfcheck.fix.new_block import block_lines, insert_after
from tfcheck.fix.place import FixPlaces, other_roles_words
from tfcheck.fix.proposal import Proposal, RoleNeed
from tfcheck.fix.repetition import Repeated
from tfcheck.fix.wanted import free
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.inventory.ecs import tasks_by_address
from tfcheck.inventory.world import After, WorldObject
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Verdict


def rank(need: RoleNeed, places: FixPlaces, added: AddedPolicies, world: After) -> Iterator[Proposal]:
    """Return the ways to grant what a role lacks, those that affect no other role first."""
    if not need.roles:
        yield from places.existing(need, wide=False)
        yield from places.existing(need, wide=True)
        return
    block = world.resolver.block(need.roles[0].address)
    if block is not None:
        yield from propose_attachments(need, block, places, world)
    if need.roles[0].address.module.steps:
        from tfcheck.fix.call_inputs import propose_call_inputs

        yield from propose_call_inputs(need, places, world)
    if added.is_for_callers(need):
        yield from added.propose_at_callers(need)
    if need.roles[0].address.module.steps:
        from tfcheck.fix.new_inputs import propose_new_inputs

        yield from propose_new_inputs(need, places, world)
    if added.is_named_by_callers(need):
        yield from added.propose_at_callers(need, new_output=True)
    if added.is_named_by_callers(need, literally=True):
        yield from added.propose_at_callers(need)
        yield from added.propose_at_callers(need, new_output=True)
    yield from places.existing(need, wide=False)
    alone = block is not None and added.reach(need) <= need.names()
    if block is not None and alone:
        yield from added.propose_after_role(need, block)
    yield from added.propose_at_callers(need)
    yield from places.existing(need, wide=True)
    if block is not None and not alone:
        yield from added.propose_after_role(need, block)
    yield from added.propose_at_each_caller(need)


_ATTACHMENT = "aws_iam_role_policy_attachment"
#: The number of policies of a module that are tried.
_MOST = 20


def propose_attachments(need: RoleNeed, block: Block, places: FixPlaces, world: After) -> Iterator[Proposal]:
    """Propose to attach a policy of the roles' module that grants everything that they lack."""
    role = need.roles[0].address
    siblings = places.holders.instances(role)
    everyone = {str(each) for each in siblings} == set(need.names())
    if isinstance(block, JsonBlock) or not everyone or "managed_policy_arns" in block.arguments:
        return
    if not places.files.editable(block.source):
        return
    own = [each for each in world.resources("aws_iam_policy") if each.address.module == role.module]
    for policy in own[:_MOST]:
        usable = policy.address.key is None and world.resolver.block(policy.address) is not None
        if usable and not places.holders.is_for_others(policy) and _grants(policy, need, world):
            yield _proposal(policy, need, block, places, siblings)


def _grants(policy: WorldObject, need: RoleNeed, world: After) -> bool:
    document = world.once(Judge).roles.policies.of_attribute(policy, "policy").policy
    if document is None:
        return False
    if any("*" in str(each.written) for one in document.statements for each in one.actions.entries):
        return False  # it is for more than start-up
    judge, tasks = world.once(Judge), tasks_by_address(world)
    asked = ((each.requirement, tasks[each.requirement.task_definition]) for each in need.answers)
    return all(each is Verdict.ALLOWED for each in judge.verdicts_with(document, asked))


def _proposal(
    policy: WorldObject, need: RoleNeed, block: Block, places: FixPlaces, siblings: list[Address]
) -> Proposal:
    role = need.roles[0].address
    base = f"{role.type}.{role.name}"
    repeated = Repeated(base, "name", block, tuple(dict.fromkeys(each.key for each in siblings)), others=False)
    label = free(f"{role.name}_{policy.address.name}", places.labels_of(role.module, _ATTACHMENT), "_")
    inside = [f"role       = {repeated.role(by_value=False)}", f"policy_arn = {policy.address.resource}.arn"]
    head = f'resource "{_ATTACHMENT}" "{label}"'
    lines = block_lines(head, inside, repeated=repeated.repetition(by_value=False))
    return Proposal(
        title=f"attach {policy.address.resource} to {base}{module_words(role.module)}; it grants all that this policy "
        f"allows{other_roles_words(frozenset(map(str, siblings)) - need.names())}",
        safety="review",
        insertions=(insert_after(block, lines),),
        texts={block.source.name: block.source},
        touched=(),
        added=tuple(Address(each.module, "managed", _ATTACHMENT, label, each.key) for each in siblings),
        hcl="\n".join(lines),
        beside=tuple(each.address for each in need.roles),
    )
