"""Propose to attach a policy that grants what roles lack: one of the plan, that of AWS, or that of the task role."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from tfcheck.fix.edits.insertion import Change, ChangedAttribute, Insertion, Replacement, line_end, line_start, unit_of
from tfcheck.fix.layout.items import extend_value, plain_items
from tfcheck.fix.layout.new_block import OF_INSTANCE, block_lines, insert_after
from tfcheck.fix.layout.new_policy import ATTACHMENT, module_words
from tfcheck.fix.layout.render import quote
from tfcheck.fix.needed_statements import free
from tfcheck.fix.policies.fix_places import Finder, FixPlaces
from tfcheck.fix.policies.written_policies import WrittenPolicy, came_near
from tfcheck.fix.proposal import Proposal, RoleNeed, extend_proposal
from tfcheck.fix.text.policy_statements import ReadableStatement, WrittenStatement, flat
from tfcheck.fix.text.policy_text import ListParts
from tfcheck.fix.title import Title
from tfcheck.fix.values.definitions import own_element
from tfcheck.fix.values.repetition import Repeated
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.inventory.change import deleted_objects
from tfcheck.inventory.ecs import tasks_by_address
from tfcheck.inventory.world import WorldObject
from tfcheck.role.grants import attachment_owners
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import identity
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.address import Address, ModulePath
from tfcheck.vocabulary.clipping import few
from tfcheck.vocabulary.finding import Answer, Reason, Verdict

#: The number of policies of a module that are tried.
_MOST = 20
#: The policy of AWS for execution roles, and what it allows of what start-up needs.
AWS_POLICY = "AmazonECSTaskExecutionRolePolicy"
BY_AWS = frozenset(
    (
        "ecr:GetAuthorizationToken",
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    )
)
_ALL_OF_IT = "it grants all that this policy allows"
_ROLE_OF_KEY = regex(r"aws_iam_role\.([\w-]+)\[each\.(?:key|value)\]\.(?:name|id)")


def propose_attachments(need: RoleNeed, block: Block, places: FixPlaces) -> Iterator[Proposal]:
    """Yield attachments of a policy that grants what the roles lack."""
    role = need.roles[0].address
    siblings = places.policies.instances(role)
    if isinstance(block, JsonBlock) or "managed_policy_arns" in block.arguments:
        return
    if any(each.requirement.action in BY_AWS for each in need.answers):
        yield from _propose_key(need, places)
    keys = {each.address.key for each in need.roles}
    if {str(each) for each in siblings if each.key in keys} != need.names() or not places.files.editable(block.source):
        return
    is_for_all = len(siblings) == len(need.roles)
    # NOTE: several instances get a policy with the condition by which they lack something.
    if not is_for_all and (len(need.roles) > 1 or "for_each" not in block.arguments):
        return
    after = _place_after_roles(need, block, places)
    if is_for_all and any(each.requirement.action in BY_AWS for each in need.answers):
        yield from _propose_policy_of_aws(need, after, places)
    yield from propose_own_policies(need, after, places)


class AttachmentPlace(msgspec.Struct, frozen=True):
    """Where the roles of `repeated`, `words` for short, get an attachment: after a block of a module's instances."""

    repeated: Repeated
    block: Block
    modules: tuple[ModulePath, ...]
    words: str
    name: str
    provider: str
    beside: tuple[Address, ...] = ()


def _place_after_roles(need: RoleNeed, block: Block, places: FixPlaces) -> AttachmentPlace:
    """Return the place after the block of roles, for the instances that lack something."""
    roles, siblings = [each.address for each in need.roles], places.policies.instances(need.roles[0].address)
    base, keys = roles[0].resource, tuple(dict.fromkeys(each.key for each in roles))
    repeated = Repeated(base, "name", block, keys, others=len(siblings) > len(roles))
    modules = tuple(dict.fromkeys(each.module for each in roles))
    words = few(list(map(str, roles))) if repeated.others else f"{base}{module_words(modules)}"
    provider = block.attribute_text("provider")
    return AttachmentPlace(repeated, block, modules, words, roles[0].name, provider, tuple(roles))


def propose_own_policies(need: RoleNeed, after: AttachmentPlace, places: FixPlaces) -> Iterator[Proposal]:
    """Yield attachments of policies of a module that grant what roles lack."""
    module = after.modules[0]
    own = [each for each in places.world.resources("aws_iam_policy") if each.address.module == module]
    for policy in own[:_MOST]:
        index = _index_of(policy, own, need, after, places)
        if index is None:
            continue
        name, word = f"{policy.address.resource}{index}", f"_{policy.address.key}" if '"' in index else ""
        if owners := places.world.once(attachment_owners).get(identity(policy.attribute("arn"))):
            yield from _list_in_owner(name, owners, after, places)
            continue
        label = re.sub(r"[^\w-]", "_", f"{after.name}_{policy.address.name}{word}")
        label = free(label, places.labels_of(module, ATTACHMENT), "_")
        yield _proposal(f"attach {policy.address.resource}{index if word else ''} to", label, f"{name}.arn", after)


def _index_of(
    policy: WorldObject, own: Sequence[WorldObject], need: RoleNeed, after: AttachmentPlace, places: FixPlaces
) -> str | None:
    """Return the index that names a policy, or for each role its own one; None if that does not grant what they lack.

    `own` are all policies of the module.
    """
    key, resolver = policy.address.key, places.world.resolver
    block = resolver.block(policy.address)
    if block is None or places.policies.is_for_others(policy):
        return None
    is_written = key is None or own_element(block, key, policy.address.module, resolver) is not None
    if is_written and _grants(policy, need.answers, places):
        return f"[{quote(str(key))}]" if key is not None else ""
    repeated, first = after.repeated, need.roles[0].address
    is_alike = block.repetition in (after.block.repetition, ("for_each", repeated.base)) and not repeated.others
    if key is None or key != first.key or not is_alike or len(after.modules) > 1:
        return None
    lacking = need.answers_by_role()
    by_key = {one.address.key: one for one in own if one.address.resource == policy.address.resource}
    pairs = [(by_key.get(each.address.key), lacking[str(each.address)]) for each in need.roles]
    are_granting = all(one is not None and _grants(one, answers, places) for one, answers in pairs)
    return ("[count.index]" if repeated.is_counted else "[each.key]") if are_granting else None


def _list_in_owner(
    name: str, owners: Sequence[WorldObject], after: AttachmentPlace, places: FixPlaces
) -> Iterator[Proposal]:
    """Yield an addition to the role list of the resource that owns all attachments of a policy.

    It would remove any other attachment.
    """
    address, block = owners[0].address, places.world.resolver.block(owners[0].address)
    roles = block.arguments.get("roles") if block is not None and block.repetition is None else None
    is_single = len(owners) == 1 and address.module in after.modules and not after.repeated.is_repeated
    if block is None or roles is None or not is_single or not places.files.editable(roles.source):
        return
    role = after.repeated.role(by_value=False)
    edits = extend_value(roles.source, roles.value_start, roles.value_end, plain_items([role]), unit_of(block))
    if edits:
        yield Proposal(
            title=Title(f"attach {name} to {after.words} by {address.resource}", (_ALL_OF_IT,)),
            insertions=edits,
            touched=tuple(ChangedAttribute(each, "roles") for each in places.policies.instances(address)),
            hcl=role,
            beside=after.beside,
        )


def _grants(policy: WorldObject, answers: Sequence[Answer], places: FixPlaces) -> bool:
    world = places.world
    document = world.once(Judge).roles.policies.of_attribute(policy, "policy").policy
    if document is None:
        return False
    if any("*" in str(each.written) for one in document.statements for each in one.actions.entries):
        return False  # it is for more than start-up
    judge, tasks = world.once(Judge), tasks_by_address(world)
    if not tasks.keys() >= {each.requirement.task_definition for each in answers}:
        return False  # a task definition of another plan
    calls = ((each.requirement, tasks[each.requirement.task_definition]) for each in answers)
    return all(each is Verdict.ALLOWED for each in judge.verdicts_with(document, calls))


def _proposal(title: str, label: str, arn: str, after: AttachmentPlace) -> Proposal:
    """Return an attachment."""
    inside = [f"role       = {after.repeated.role(by_value=False)}", f"policy_arn = {arn}"]
    head, repetition = f'resource "{ATTACHMENT}" "{label}"', after.repeated.repetition(by_value=False)
    lines = block_lines(head, inside, repeated=repetition, provider=after.provider)
    keys = after.repeated.made_keys()
    return Proposal(
        title=Title(f"{title} {after.words}", (_ALL_OF_IT,)),
        insertions=(insert_after(after.block, lines),),
        added=tuple(Address(module, "managed", ATTACHMENT, label, key) for module in after.modules for key in keys),
        hcl="\n".join(lines),
        beside=after.beside,
    )


# The policy of AWS


def _propose_policy_of_aws(need: RoleNeed, after: AttachmentPlace, places: FixPlaces) -> Iterator[Proposal]:
    role = need.roles[0].address
    taken = places.labels_of(role.module, ATTACHMENT)
    names = (need.roles[0].attribute("name"), need.roles[0].attribute("id"))
    own = (each for each in deleted_objects(ATTACHMENT, places.world) if each.attribute("role") in names)
    lost = next((each for each in own if str(each.attribute("policy_arn")).endswith(f"/{AWS_POLICY}")), None)
    if lost is not None:
        label = lost.address.name if lost.address.name not in taken else free(role.name, taken, "_")
        arn = quote(str(lost.attribute("policy_arn")))
        yield _proposal(f"attach {AWS_POLICY} again to", label, arn, after)
        return
    if any(came_near(each, need) for each in places.policies.of_need(need)):
        return  # one of its policies is for that
    for sibling, attached in _siblings(need, places):
        name = attached.labels[1].replace(sibling.name, role.name)
        text = attached.attribute_text("role").replace(f".{sibling.name}.", f".{role.name}.")
        arn = attached.attribute_text("policy_arn")
        if not OF_INSTANCE.search(f"{arn} {text}"):
            label = free(name if name != attached.labels[1] else role.name, taken, "_")
            yield _proposal(f"attach {AWS_POLICY}, as {sibling} has it, to", label, arn, after)


def _siblings(need: RoleNeed, places: FixPlaces) -> Iterator[tuple[Address, Block]]:
    """Yield other roles of the module that have the policy of AWS, and the block that attaches it."""
    roles = places.world.once(Judge).roles
    for each in places.world.resources(ATTACHMENT):
        block = places.world.resolver.block(each.address)
        is_here = each.address.module == need.roles[0].address.module and str(each.attribute("policy_arn")).endswith(
            f"/{AWS_POLICY}"
        )
        role = roles.resource(each.attribute("role")) if is_here else None
        is_usable = block is not None and not isinstance(block, JsonBlock) and places.files.editable(block.source)
        if block is not None and role is not None and is_usable:
            yield role.address, block


def _propose_key(need: RoleNeed, places: FixPlaces) -> Iterator[Proposal]:
    """Yield proposals to add the keys of roles to the list that the attachment of their siblings is repeated for."""
    role = need.roles[0].address
    keys = [str(each.address.key) for each in need.roles if isinstance(each.address.key, str)]
    for sibling, attached in _siblings(need, places):
        named = _ROLE_OF_KEY.fullmatch(attached.attribute_text("role"))
        if named is None or named[1] != role.name or len(keys) != len(need.roles) or sibling.name != role.name:
            continue
        edits = _add_keys(attached, keys)
        if edits:
            address = f"{ATTACHMENT}.{attached.labels[1]}"
            modules = places.policies.modules(role.module)
            yield Proposal(
                title=Title(
                    f"attach {AWS_POLICY} to {role.resource} by {address}, which has it for the other keys"
                    f"{module_words(modules)}",
                    (_ALL_OF_IT,),
                ),
                insertions=edits,
                added=tuple(
                    Address(each, "managed", ATTACHMENT, attached.labels[1], key) for each in modules for key in keys
                ),
                hcl="\n".join(map(quote, keys)),
                beside=tuple(each.address for each in need.roles),
                reported=tuple(quote(str(each.key)) for each in places.policies.instances(role)),
            )
            return


def _add_keys(attached: Block, keys: Sequence[str]) -> tuple[Insertion, ...]:
    argument, new = attached.arguments.get("for_each"), plain_items([*map(quote, keys)])
    found = re.match(r"toset\(\s*(?=\[)", argument.text) if argument is not None else None
    if argument is None or found is None:
        return ()
    return extend_value(argument.source, argument.value_start + found.end(), argument.value_end, new)


class MovedGrants(Finder):
    """Finds the statements of task roles that execution roles need instead."""

    def __init__(self, places: FixPlaces, copies: Callable[[RoleNeed], Iterator[Proposal]]) -> None:
        """Build from the places; `copies` are the ways to grant the same to the execution role."""
        super().__init__(places)
        self._copies = copies

    def proposals(self, need: RoleNeed) -> Iterator[Proposal]:
        """Yield proposals to attach the policy to the other role, or to move the statement to that role's policy."""
        if not need.roles or any(each.reason is not Reason.GRANTED_TO_TASK_ROLE for each in need.answers):
            return
        found = list(dict.fromkeys(self._granting_statements(need)))
        if not found or len({policy for _, policy, _ in found}) > 1:
            return
        role, policy, _ = found[0]
        statements = [each for _, _, each in found]
        actions = dict.fromkeys(each.text for one in statements for each in one.actions)
        resources = dict.fromkeys(each.text for one in statements for each in one.resources)
        siblings = set(self._places.policies.instances(role.address))
        roles = (each for each in self._world.resources("aws_iam_role") if each.address in siblings)
        losing = [str(each.address) for each in roles if self._places.policies.of_same_block(policy, each)]
        verb = "lose" if len(losing) > 1 else "loses"
        loss = f"{few(losing)} {verb} {few(list(actions))} on {few(list(resources))}"
        if len(statements) == statements[0].place.of:
            yield from self._propose_attachment(need, role, policy, loss)
            return
        removed = _without([each.place for each in statements])
        if removed is None:
            return
        what = "a statement" if len(statements) == 1 else f"{len(statements):,} statements"
        change = Change(insertions=tuple(removed), touched=self._places.policies.changes(policy))
        for copy in self._copies(need):
            title = copy.title.extend(f", and remove {what} from {policy.place.resource}").with_remarks(loss)
            yield extend_proposal(copy, title, change)

    def _granting_statements(self, need: RoleNeed) -> Iterator[tuple[WorldObject, WrittenPolicy, ReadableStatement]]:
        """Yield the statements that grant the needed permission to the task role, each with its role and policy."""
        first = next(iter(need.answers_by_role().values()))
        seen = {each.policy for answer in first for each in answer.evidence}
        for role in self._world.resources("aws_iam_role"):
            for policy in self._places.policies.of(role) if str(role.address) not in need.names() else ():
                reach = self._places.policies.reach(policy.resource)
                siblings = frozenset(str(each) for each in self._places.policies.instances(role.address))
                is_own = str(policy.resource.address) in seen and reach is not None and reach <= siblings
                if is_own and not isinstance(policy.block, JsonBlock):
                    for each in self._places.policies.readable(policy):
                        needs = ((one.requirement.action, flat(one.requirement.resource)) for one in first)
                        if any(what and each.matches_action(action) and each.covers(what) for action, what in needs):
                            yield role, policy, each

    def _propose_attachment(
        self, need: RoleNeed, role: WorldObject, policy: WrittenPolicy, loss: str
    ) -> Iterator[Proposal]:
        address, target = policy.resource.address, need.roles[0].address
        block = self._resolver.block(address)
        argument = block.arguments.get("role") if block and address.type == "aws_iam_role_policy" else None
        if argument is None or address.module != target.module or not self._places.files.editable(argument.source):
            return
        old = argument.text
        new = re.sub(rf"\baws_iam_role\.{re.escape(role.address.name)}(?![\w-])", f"aws_iam_role.{target.name}", old)
        if new == old:
            return
        instances = self._places.policies.instances(address)
        yield Proposal(
            title=Title(f"move {address.resource} from {role.address.resource} to {target.resource}", (loss,)),
            insertions=(Replacement(argument.source, argument.value_start, new, old),),
            touched=tuple(ChangedAttribute(each, "role") for each in instances),
            hcl=f"role = {new}",
        )


def _without(statements: Sequence[WrittenStatement]) -> list[Insertion] | None:
    """Remove statements on lines of their own; None if one shares a line with something else."""
    among = statements[0].among
    if among is None:
        return _all_or_none(_lines(each, each.start, each.end) for each in statements)
    if not isinstance(among, ListParts):
        return None
    text = statements[0].source.text
    removed_starts = {each.start for each in statements}
    last = among.items[-1]
    ends = {
        one.start: text.index(",", one.end) + 1 for one in among.items if one is not last or among.comma is not None
    }
    removed = _all_or_none(_lines(each, each.start, ends.get(each.start, each.end)) for each in statements)
    kept = [each for each in among.items if each.start not in removed_starts]
    if removed and kept and last.start in removed_starts and among.comma is None:
        removed.append(Replacement(statements[0].source, ends[kept[-1].start] - 1, "", ","))
    return removed


def _all_or_none(found: Iterable[Insertion | None]) -> list[Insertion] | None:
    changes = list(found)
    made = [each for each in changes if each is not None]
    return made if len(made) == len(changes) else None


def _lines(statement: WrittenStatement, start: int, end: int) -> Insertion | None:
    text = statement.source.text
    first, last = line_start(text, start), line_end(text, end)
    if text[first:start].strip() or text[end:last].strip() or last == len(text):
        return None
    before = line_start(text, first - 1) if statement.among is None and first else first
    first = before if not text[before:first].strip() else first
    behind = text.index("\n", last) + 1
    return Replacement(statement.source, first, "", text[first:behind])
