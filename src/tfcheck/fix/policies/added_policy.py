"""Propose a new policy after the role that it is for, repeated like it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tfcheck.fix.edits.insertion import Change, ChangedAttribute, unit_of
from tfcheck.fix.layout.items import extend_value, plain_items
from tfcheck.fix.layout.new_block import instance_index
from tfcheck.fix.layout.new_policy import START_UP, Labels, NewPolicy, document_beside, hcl, insert_after, module_words
from tfcheck.fix.needed_statements import Reference, free, references_in
from tfcheck.fix.policies.fix_places import Finder, FixPlaces
from tfcheck.fix.policies.written_policies import FILLED, other_roles
from tfcheck.fix.proposal import Proposal, RoleNeed, extend_proposal
from tfcheck.fix.text.policy_text import DOCUMENT
from tfcheck.fix.title import Title
from tfcheck.fix.values.list_lengths import collection_of, may_vary
from tfcheck.fix.values.repetition import Repeated, SharedStatements, Statements, names_instance, use_each_key
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.syntax.block import Block
from tfcheck.inventory.world import World, WorldObject
from tfcheck.role.removed import possible_exclusive
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Truth
from tfcheck.vocabulary.address import Address, InstanceKey, ModulePath

#: A name that begins with what distinguishes environments.
_PREFIXED = regex(r'"((?:[\w-]*\$\{(?:var|local)(?:\.[\w-]+)+\}-)+)[\w-]+"')
#: Objects that are named by the key of the instance.
_OF_KEY = regex(r"(?:^|[^\w.])((?:data\.)?aws_\w+\.[\w-]+)\[each\.key\]")
_COMPARED = regex(r' != (?:null|"")$')
_BY_NUMBER = "it names instances by their numbers, which another plan of these files may give to others"
_OF_ONE_CALLER = "it names instances that another caller of the module may not have"


class AddedPolicies(Finder):
    """Proposes new policies for roles of one plan."""

    def __init__(self, places: FixPlaces) -> None:
        super().__init__(places)
        self._labels = Labels()

    def keep(self, written: Iterable[Address]) -> None:
        """Reserve the labels of these new resources."""
        for each in written:
            self._labels.keep(self._resolver.module_sources(each.module), each.name)

    # After the role

    def reach(self, need: RoleNeed) -> frozenset[str]:
        """Return the roles that a new policy in the role's module would apply to."""
        keys = {role.address.key for role in need.roles}
        siblings = self._places.policies.instances(need.roles[0].address)
        found = frozenset(str(each) for each in siblings if each.key in keys)
        has_flags = found > need.names() and any(each.flagged for each in self._places.share(need, "", need.places()))
        return need.names() if has_flags else found

    def propose_after_role(self, need: RoleNeed) -> Iterator[Proposal]:
        """Yield a policy after the block of the roles, with conditions on their keys if they lack different ones."""
        role, block = need.roles[0], self._resolver.block(need.roles[0].address)
        if block is None or block.switch() is not None or not self._places.files.editable(block.source):
            return
        siblings = self._places.policies.instances(role.address)
        keys = tuple(dict.fromkeys(each.address.key for each in need.roles))
        others = not {each.key for each in siblings} <= set(keys)
        repeated = Repeated(role.address.resource, "id", block, keys, others)
        made = [each for each in siblings if each.key in keys]
        for shared in self._places.share(need, "", need.places(), by_value=repeated.can_use_values()):
            if shared.flagged:
                own = [each.address for each in need.roles]
                yield from self._propose_after_roles(need, block, repeated, shared, own)
                continue
            if shared.filled and others and 2 * len(made) > len(siblings):
                every = msgspec.structs.replace(repeated, others=False)
                yield from self._propose_after_roles(need, block, every, shared, siblings)
            if condition := self._condition(shared, siblings, keys) if others else "":
                conditional = msgspec.structs.replace(repeated, condition=condition)
                by_value = shared.by_value or ("each.value" in condition and repeated.can_use_values())
                found = msgspec.structs.replace(shared, by_value=by_value)
                yield from self._propose_after_roles(need, block, conditional, found, made)
            yield from self._propose_after_roles(need, block, repeated, shared, made)

    def _condition(self, shared: SharedStatements, places: Sequence[Address], keys: Sequence[InstanceKey]) -> str:
        """Return what is true in the places with these keys only: a list is not empty, or objects have the key.

        Empty if statements name objects and lists, since another plan may have one without the other.
        """
        written = [each.expression for each in references_in(shared.statements)]
        named = dict.fromkeys(each for one in written for each in _OF_KEY.findall(one))
        if named and all(map(names_instance, shared.statements)) and not shared.by_value:
            conditions = dict.fromkeys(f"contains(keys({each}), each.key)" for each in named)
            return next((each for each in conditions if self._holds_for(each, places, keys)), "")
        if not shared.by_value:
            return ""
        lists = [each.resource_list for each in shared.statements if each.resource_list or not names_instance(each)]
        if len(lists) < len(shared.statements):
            return ""
        conditions = dict.fromkeys(f"length({collection_of(each)}) > 0" for each in lists if each)
        return next((each for each in conditions if "each.value" in each and self._holds_for(each, places, keys)), "")

    def _holds_for(self, condition: str, places: Sequence[Address], keys: Sequence[InstanceKey]) -> bool:
        return all(self._places.lists.evaluate(condition, place) is (place.key in keys) for place in places)

    def _propose_after_roles(
        self, need: RoleNeed, block: Block, repeated: Repeated, shared: SharedStatements, made: Sequence[Address]
    ) -> Iterator[Proposal]:
        """Yield a policy with these statements; `made` are all instances of the role's block that get it."""
        role = need.roles[0].address
        statements, gate, made = self._gate(shared, repeated, made, block)
        if gate is None:
            return
        shared = msgspec.structs.replace(shared, statements=statements)
        others = other_roles(frozenset(map(str, made)), need.names())
        remarks = (*others, *self._remarks(repeated, shared, block, role.module, gate))
        provider, prefix = block.attribute_text("provider"), self._prefix(need)
        listed: list[Proposal] = []
        for managed in _kinds(block):
            policy = self._policy(need, repeated, shared, gate, role.module, role.name)
            policy = msgspec.structs.replace(policy, provider=provider, managed=managed, prefix=prefix)
            beside = tuple(each.address for each in need.roles)
            for found in self._propose_after(block, policy, keyed_places(made, repeated, gate), remarks):
                alone = msgspec.structs.replace(found, beside=beside)
                several = list_exclusively(alone, policy, need, self._places)
                listed += [several] if several else []
                yield from [] if several else [alone]
        yield from listed

    def _remarks(
        self, repeated: Repeated, shared: SharedStatements, anchor: Block, module: ModulePath, gate: str
    ) -> tuple[str, ...]:
        """Return what may be wrong for another plan with a policy after a block of a module."""
        is_by_number = repeated.others and repeated.is_counted and self._varies(repeated, module)
        return (
            *([_OF_ONE_CALLER] if repeated.names_keys and module.steps else []),
            *([FILLED] if shared.filled else []),
            *([_BY_NUMBER] if is_by_number else []),
            *self._places.doubts(shared.statements, anchor, module, gate=gate or repeated.condition),
        )

    def _gate(
        self, shared: SharedStatements, repeated: Repeated, made: Sequence[Address], block: Block
    ) -> tuple[Statements, str | None, Sequence[Address]]:
        """Return the statements with their conditions, the `count` of their policy, and where it is created.

        There is a `count` if everything that the policy is for may be empty or null. It is empty if the policy needs
        none, and None if the policy would be invalid in one of the places.
        """
        lists, statements = self._places.lists, shared.statements
        if lists.has_other_values(statements, made):
            return statements, None, made
        given = self._places.gates.for_references(statements, made, block)
        if made and not (repeated.is_repeated and all(each.resource_list for each in given)):
            given = self._places.gates.for_lists(given, made[0])
        gates = dict.fromkeys(each.gate for each in given)
        if shared.keyed and not repeated.others and not self._varies(repeated, made[0].module):
            return given, "", made
        if "" not in gates:
            is_keyed, whole = shared.flagged and "for_each" in block.arguments, " || ".join(gates)
            there = [True if is_keyed else self._is_there(gates, each) for each in made]
            is_known = None not in there and lists.are_counted(given, made)
            if is_keyed:
                repeated = msgspec.structs.replace(repeated, condition="" if shared.keyed else whole, others=True)
                _, gate = repeated.repetition(by_value=shared.by_value) or ("", "")
            else:
                gate = repeated.only_where(whole, by_value=shared.by_value)
            if len(gates) == 1:
                given = tuple(msgspec.structs.replace(each, gate="") for each in given)
            made = [each for each, is_there in zip(made, there, strict=True) if is_there]
            return given, gate or None if is_known else None, made
        always = [each for each in given if not each.gate]
        return given, None if lists.may_be_empty(always, made) else "", made

    def _varies(self, repeated: Repeated, module: ModulePath) -> bool:
        """Whether another plan of the same sources may have other instances."""
        return may_vary(Reference(repeated.base, repeated.base), module, None, self._resolver)

    def _is_there(self, gates: Iterable[str], place: Address) -> bool | None:
        """Whether a referenced object exists in a place; None where Terraform may not know it in time."""
        names = [[_COMPARED.sub("", each) for each in gate.split(" && ")] for gate in gates]
        try:
            seen = [[self._places.lists.evaluate(each, place) for each in several] for several in names]
        except EvaluationError:
            return None
        is_known = all(each is None or isinstance(each, str | bool) for several in seen for each in several)
        return any(all(several) for several in seen) if is_known else None

    def _policy(
        self, need: RoleNeed, repeated: Repeated, shared: SharedStatements, gate: str, module: ModulePath, name: str
    ) -> NewPolicy:
        """Return a policy for roles in a module, whose label begins with `name`."""
        sources, key = self._resolver.module_sources(module), None if gate else repeated.only_key
        gated = ("for_each" if gate.startswith("{") else "count", gate) if gate else None
        return NewPolicy(
            label=self._labels.label(need.names(), sources, name, key, need.rules()),
            name=self._name(need),
            role=repeated.role(by_value=shared.by_value),
            wanted=use_each_key(shared.statements) if repeated.others else shared.statements,
            repeated=gated or repeated.repetition(by_value=shared.by_value),
        )

    def _propose_after(
        self, anchor: Block, policy: NewPolicy, made: Sequence[tuple[ModulePath, InstanceKey]], remarks: tuple[str, ...]
    ) -> Iterator[Proposal]:
        """Yield a policy after a block; `made` are the module instances and keys where it will exist, if any."""
        if not made:
            return
        module, _ = made[0]
        policy = msgspec.structs.replace(policy, like=document_beside(self._resolver.module_sources(module)))
        insertions = insert_after(anchor, policy)
        if insertions is None:
            return
        added = [Address(module, "managed", kind, policy.label, key) for module, key in made for kind in policy.types]
        added += [Address(module, "data", DOCUMENT, policy.label, key) for module, key in made if policy.like]
        yield Proposal(
            title=Title(f"add {policy.types[0]}.{policy.label}{module_words(module for module, _ in made)}", remarks),
            safety="review" if remarks else "safe",
            insertions=insertions,
            added=tuple(added),
            hcl="\n".join(hcl(policy)),
        )

    def _prefix(self, need: RoleNeed) -> str:
        """Return the template that begins the names of all other policies of the roles: `${local.name}-`."""
        policies = (each.resource.address for each in self._places.policies.of_need(need))
        blocks = (self._resolver.block(each) for each in policies if each.type != "aws_iam_role")
        texts = [each.attribute_text("name") for each in blocks if each is not None]
        found = {match[1] if (match := _PREFIXED.fullmatch(each)) else "" for each in texts}
        return found.pop() if len(found) == 1 else ""

    def _name(self, need: RoleNeed) -> str:
        known = (each.resource.attribute("name") for each in self._places.policies.of_need(need))
        taken = {each for each in known if isinstance(each, str)}
        taken |= {f"{START_UP}{each}" for each in self._labels.names_for_others(need.names(), need.rules())}
        return free(START_UP, taken, "-")


def keyed_places(made: Sequence[Address], repeated: Repeated, gate: str) -> Sequence[tuple[ModulePath, InstanceKey]]:
    """Return the modules and keys of a policy's instances, from those of its roles or calls."""
    if not repeated.is_repeated:
        return [(each.module, 0 if gate else None) for each in made]
    return [(each.module, str(each.key) if repeated.others else each.key) for each in made]


def _kinds(block: Block) -> Iterator[bool]:
    """Whether to use a managed policy instead of an inline one, because the role removes inline policies."""
    if not block.blocks("inline_policy"):
        yield False
    if "managed_policy_arns" not in block.arguments:
        yield True


#: The resource for inline policies and the one for managed policies, its list, and the attribute that it lists.
_KINDS = {
    False: ("aws_iam_role_policies_exclusive", "policy_names", "name"),
    True: ("aws_iam_role_policy_attachments_exclusive", "policy_arns", "arn"),
}


def exclusive_lists(need: RoleNeed, world: World, *, managed: bool) -> Iterator[ChangedAttribute]:
    """Yield the lists of the inline, or managed, policies that the roles of a need keep."""
    kind, argument, _ = _KINDS[managed]
    found: dict[str, WorldObject] = {}
    for name in (role.attribute("name") for role in need.roles):
        for each in possible_exclusive(world, kind, name):
            if equal(each.attribute("role_name"), name) is Truth.TRUE:
                found[str(each.address)] = each
    for each in found.values():
        yield ChangedAttribute(each.address, argument)


def list_exclusively(found: Proposal, policy: NewPolicy, need: RoleNeed, places: FixPlaces) -> Proposal | None:
    """Return a proposal that also adds a new policy to the exclusive list that would remove it; None if impossible.

    The list is repeated like the policy.
    """
    _, argument, attribute = _KINDS[policy.managed]
    resolver, owners = places.world.resolver, list(exclusive_lists(need, places.world, managed=policy.managed))
    blocks = {id(block): block for each in owners if (block := resolver.block(each.address)) is not None}
    block = next(iter(blocks.values())) if len(blocks) == 1 else None
    listed = block.arguments.get(argument) if block is not None else None
    is_alike = block is not None and (block.repetition is None) is (policy.repeated is None)
    if block is None or listed is None or not is_alike or len(owners) != len(need.roles):
        return None
    named = f"{policy.types[0]}.{policy.label}{instance_index(block.repetition)}.{attribute}"
    edits = extend_value(listed.source, listed.value_start, listed.value_end, plain_items([named]), unit_of(block))
    every = dict.fromkeys(each for owner in owners for each in places.policies.instances(owner.address))
    touched = tuple(ChangedAttribute(each, argument) for each in every)
    title = found.title.extend(f", and list it in {owners[0].address.resource}")
    return extend_proposal(found, title, Change(insertions=edits, touched=touched)) if edits else None
