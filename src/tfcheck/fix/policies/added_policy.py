"""Propose a new policy: after the role that it is for and repeated like it, or where the role's module is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tfcheck.fix.edits.insertion import Change, Insertion, unit_of
from tfcheck.fix.layout import new_block
from tfcheck.fix.layout.new_block import block_lines
from tfcheck.fix.layout.new_policy import START_UP, Labels, NewPolicy, hcl, insert_after, module_words, passed_provider
from tfcheck.fix.needed_statements import Reference, free, references_in
from tfcheck.fix.policies.caller_names import is_written_by_caller
from tfcheck.fix.policies.exclusive_lists import list_exclusively
from tfcheck.fix.policies.fix_places import Finder, FixPlaces
from tfcheck.fix.policies.written_policies import FILLED, other_roles_words
from tfcheck.fix.proposal import Proposal, RoleNeed, extend_proposal, join_proposals
from tfcheck.fix.values.list_length import collection_of, may_vary
from tfcheck.fix.values.repetition import (
    InstanceTerms,
    Repeated,
    SharedStatements,
    Statements,
    names_instance,
    share_statements,
    terms_of_call,
    use_each_key,
)
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.inventory.world import WorldObject
from tfcheck.resolve.scope import CallReferent, InstanceReferent
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import PlainText, Truth, Unknown
from tfcheck.vocabulary.address import Address, InstanceKey, ModulePath

#: A name that begins with what tells environments apart.
_PREFIXED = regex(r'"((?:[\w-]*\$\{(?:var|local)(?:\.[\w-]+)+\}-)+)[\w-]+"')
#: Objects that are named by the key of the instance.
_OF_KEY = regex(r"(?:^|[^\w.])((?:data\.)?aws_\w+\.[\w-]+)\[each\.key\]")
_COMPARED = regex(r' != (?:null|"")$')
_AT_MOST_ONE = regex(r"\? (?:1 : 0|0 : 1)$")
_BY_NUMBER = "; it names instances by their numbers, which another plan of these files may give to others"
_OF_ONE_CALLER = "; it names instances that another caller of the module may not have"


class AddedPolicies(Finder):
    """Proposes new policies for roles of one plan."""

    def __init__(self, places: FixPlaces) -> None:
        super().__init__(places)
        self._labels = Labels()

    def keep(self, written: Iterable[Address]) -> None:
        """Give the labels of these new resources to no other one."""
        for each in written:
            self._labels.keep(self._resolver.module_sources(each.module), each.name)

    # After the role

    def reach(self, need: RoleNeed) -> frozenset[str]:
        """Return the roles that a new policy in the role's module would apply to."""
        keys = {role.address.key for role in need.roles}
        siblings = self._places.policies.instances(need.roles[0].address)
        return frozenset(str(each) for each in siblings if each.key in keys)

    def propose_after_role(self, need: RoleNeed, block: Block) -> Iterator[Proposal]:
        """Propose a policy after the block of the roles."""
        role = need.roles[0]
        if block.switch() is not None or not self._places.files.editable(block.source):
            return
        siblings = self._places.policies.instances(role.address)
        keys = tuple(dict.fromkeys(each.address.key for each in need.roles))
        others = not {each.key for each in siblings} <= set(keys)
        repeated = Repeated(role.address.resource, "id", block, keys, others)
        made = [each for each in siblings if each.key in keys]
        for shared in self._places.share(need, "", need.places(), by_value=repeated.can_use_values()):
            if shared.filled and others and 2 * len(made) > len(siblings) and self._is_valid_in(shared, siblings):
                every = msgspec.structs.replace(repeated, others=False)
                yield from self._propose_after_roles(need, block, every, shared, siblings)
            if condition := self._condition(shared, siblings, keys) if others else "":
                conditional = msgspec.structs.replace(repeated, condition=condition)
                yield from self._propose_after_roles(need, block, conditional, shared, made)
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

    def _is_valid_in(self, shared: SharedStatements, places: Sequence[Address]) -> bool:
        """Whether everything that statements name exists for these instances."""
        named = {each.expression for each in references_in(shared.statements)}
        values = (self._places.lists.evaluate(each, place) for place in places for each in named)
        return not any(each is None or (isinstance(each, Unknown) and each.may_fail) for each in values)

    def _propose_after_roles(
        self, need: RoleNeed, block: Block, repeated: Repeated, shared: SharedStatements, made: Sequence[Address]
    ) -> Iterator[Proposal]:
        """Propose a policy with these statements; `made` are all instances of the role's block that get it."""
        role = need.roles[0]
        module, keys, others = role.address.module, repeated.keys, repeated.others
        statements, gate, made = self._gate(shared, repeated, made, block)
        if gate is None:
            return
        shared = msgspec.structs.replace(shared, statements=statements)
        remark = other_roles_words(frozenset(map(str, made)), need.names())
        remark += _OF_ONE_CALLER if others and repeated.is_repeated and module.steps else ""
        remark += FILLED if shared.filled else ""
        varies = may_vary(Reference(repeated.base, repeated.base), module, None, self._resolver)
        remark += _BY_NUMBER if others and repeated.is_counted and varies else ""
        given = block.attribute_text("provider")
        sources = self._resolver.module_sources(module)
        label = self._labels.label(
            need.names(), sources, role.address.name, keys[0] if others and len(keys) == 1 else None, need.rules()
        )
        remark += self._places.doubts(shared.statements, block, module, gate=gate)
        prefix = self._prefix(need)
        listed: list[Proposal] = []
        for managed in _kinds(block):
            policy = self._policy(label, need, repeated, shared, given, managed=managed, prefix=prefix)
            by_key = gate.startswith("{")
            if gate:
                name = "each.value.id" if by_key else policy.role
                policy = msgspec.structs.replace(policy, repeated=("for_each" if by_key else "count", gate), role=name)
            own = [(str(each.key) if others else each.key) if repeated.is_repeated else None for each in made]
            keyed = [
                (each.module, 0 if gate and not repeated.is_repeated else key)
                for each, key in zip(made, own, strict=True)
            ]
            beside = tuple(each.address for each in need.roles)
            for found in self._propose_after(block, policy, keyed, remark):
                alone = msgspec.structs.replace(found, beside=beside)
                several = list_exclusively(alone, policy, need, self._places)
                listed += [several] if several else []
                yield from [] if several else [alone]
        yield from listed

    def _gate(
        self, shared: SharedStatements, repeated: Repeated, made: Sequence[Address], block: Block
    ) -> tuple[Statements, str | None, Sequence[Address]]:
        """Return the statements with their conditions, the `count` of their policy, and where it is created.

        There is a `count` if everything that the policy is for may be empty or null. It is empty if the policy needs
        none, and None if the policy would be invalid in one of the places.
        """
        lists, statements = self._places.lists, shared.statements
        if lists.holds_no_arns(statements, made):
            return statements, None, made
        given = self._places.gates.for_references(statements, made, block)
        if made and not (repeated.is_repeated and all(each.resource_list for each in given)):
            given = self._places.gates.for_lists(given, made[0])
        gates = dict.fromkeys(each.gate for each in given)
        if "" not in gates:
            there = [self._is_there(gates, each) for each in made]
            is_known = None not in there and lists.are_counted(given, made)
            gate = repeated.only_where(" || ".join(gates), by_value=shared.by_value) if is_known else ""
            given = statements if len(gates) == 1 else given
            return given, gate or None, [each for each, is_there in zip(made, there, strict=True) if is_there]
        always = [each for each in given if not each.gate]
        return given, None if lists.may_be_empty(always, made) else "", made

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
        self,
        label: str,
        need: RoleNeed,
        repeated: Repeated,
        shared: SharedStatements,
        provider: str,
        *,
        managed: bool = False,
        prefix: str = "",
    ) -> NewPolicy:
        return NewPolicy(
            label=label,
            name=self._name(need),
            role=repeated.role(by_value=shared.by_value),
            wanted=use_each_key(shared.statements) if repeated.others else shared.statements,
            repeated=repeated.repetition(by_value=shared.by_value),
            provider=provider,
            managed=managed,
            prefix=prefix,
        )

    def _propose_after(
        self, anchor: Block, policy: NewPolicy, made: Sequence[tuple[ModulePath, InstanceKey]], remark: str
    ) -> Iterator[Proposal]:
        """Propose a policy after a block; `made` are the module instances and keys where it will exist, if any."""
        insertions = insert_after(anchor, policy) if made else None
        if insertions is None:
            return
        added = [Address(module, "managed", kind, policy.label, key) for module, key in made for kind in policy.types]
        yield Proposal(
            title=f"add {policy.types[0]}.{policy.label}{module_words(module for module, _ in made)}{remark}",
            safety="review" if remark else "safe",
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

    # At the call of the role's module

    def propose_at_callers(self, need: RoleNeed, *, new_output: bool = False) -> Iterator[Proposal]:
        """Propose a policy where the roles' module is called, or further up.

        With `new_output` the module gets an output with the name of its role.
        """
        paths = [role.address.module for role in need.roles]
        while all(path.steps for path in paths):
            found = self._propose_at_caller(need, paths, new_output=new_output) if _is_one_call(paths) else None
            yield from [found] if found is not None else []
            paths = [path.parent for path in paths]

    def propose_at_each_caller(self, need: RoleNeed) -> Iterator[Proposal]:
        """Propose a separate policy for each of the roles at its module's call, by a new output with its name."""
        alone = [need.restrict_to(each) for each in need.answers_by_role().values()]
        if not all(is_written_by_caller(each, self._places) for each in alone):
            return
        found = [next(self.propose_at_callers(each, new_output=True), None) for each in alone]
        yield from [join_proposals([each for each in found if each])] if None not in found else []

    def _propose_at_caller(self, need: RoleNeed, paths: Sequence[ModulePath], *, new_output: bool) -> Proposal | None:
        caller, name = paths[0].parent, paths[0].steps[-1].name
        role = need.roles[0]
        sources = self._resolver.module_sources(caller)
        call = sources.call(name) if sources else None
        outputs = {self._output_for_role(one, path) for one, path in zip(need.roles, paths, strict=True)}
        output = outputs.pop() if len(outputs) == 1 else None
        made = self._new_output(role) if new_output and output is None and paths[0] == role.address.module else None
        output = made[0] if made is not None else output
        if call is None or output is None or not self._places.files.editable(call.source) or call.switch() is not None:
            return None
        keys, seen = tuple(path.steps[-1].key for path in paths), self._resolver.names.call(caller, name)
        every = seen.keys() if isinstance(seen, CallReferent) else (None,)
        others = set(range(every) if isinstance(every, int) else every) != set(keys)
        repeated = Repeated(f"module.{name}", output, call, keys, others)
        shared = self._share_at_call(need, paths, call, by_value=repeated.can_use_values())
        if shared is None:
            return None
        modules = self._places.policies.modules(caller)
        remark = f"; {len(modules)} instances of the module that calls it share it" if len(modules) > 1 else ""
        remark += _OF_ONE_CALLER if repeated.others and repeated.is_repeated and caller.steps else ""
        remark += FILLED if shared.filled else ""
        remark += self._places.doubts(shared.statements, call, caller)
        key = keys[0] if repeated.others and len(keys) == 1 else None
        label = self._labels.label(need.names(), sources, name, key, need.rules())
        policy = self._policy(label, need, repeated, shared, passed_provider(call))
        places = [(each, key) for each in modules for key in repeated.made_keys()]
        found = next(self._propose_after(call, policy, places, remark), None)
        if found is None or made is None:
            return found
        title = f"{found.title}, by the new output `{output}` of module.{name}"
        return extend_proposal(found, title, Change(insertions=(made[1],)))

    def _new_output(self, role: WorldObject) -> tuple[str, Insertion] | None:
        """Add an output with the role's name after the module's other outputs; None if it may be one of several."""
        block, module = self._resolver.block(role.address), self._resolver.module_sources(role.address.module)
        if block is None or module is None or "for_each" in block.arguments or block.switch() is not None:
            return None
        is_counted = "count" in block.arguments
        if is_counted and not _AT_MOST_ONE.search(block.attribute_text("count")):
            return None
        outputs = [each for each in module.blocks if each.type == "output"]
        anchor = (outputs or [block])[-1]
        if isinstance(anchor, JsonBlock) or not self._places.files.editable(anchor.source):
            return None
        name = free(f"{role.address.name.removesuffix('_role')}_role_name", module.outputs(), "_")
        value = f"one({role.address.resource}[*].name)" if is_counted else f"{role.address.resource}.name"
        lines = block_lines(f'output "{name}"', [f"value = {value}"], unit_of(block))
        return name, new_block.insert_after(anchor, lines)

    def share_at_call(self, need: RoleNeed) -> SharedStatements | None:
        """Write what the roles of several instances of one module call lack as one policy at the call."""
        paths = [role.address.module for role in need.roles]
        if not _is_one_call(paths):
            return None
        sources = self._resolver.module_sources(paths[0].parent)
        call = sources.call(paths[0].steps[-1].name) if sources else None
        return self._share_at_call(need, paths, call) if call else None

    def _share_at_call(
        self, need: RoleNeed, paths: Sequence[ModulePath], call: Block, *, by_value: bool = True
    ) -> SharedStatements | None:
        caller = paths[0].parent
        by_role = need.answers_by_role()
        found: list[tuple[InstanceTerms, Statements]] = []
        for role, path in zip(need.roles, paths, strict=True):
            statements = self._places.as_statements(by_role[str(role.address)], caller)
            if statements is None:
                return None
            found.append((terms_of_call(call, caller, path.steps[-1].key, self._resolver), statements))
        return share_statements(found, by_value=by_value, fills=True)

    def _output_for_role(self, role: WorldObject, module: ModulePath) -> str | None:
        """Find the module output that is the role's name, or the role; one derived from the role is preferred."""
        sources, name = self._resolver.module_sources(module), role.attribute("name")
        alike, whole = list[str](), list[str]()
        for output in sources.outputs() if sources else ():
            try:
                value, direct = self._resolver.evaluation.with_dependencies(
                    lambda output=output: self._resolver.names.output(module, output)  # type: ignore[misc]
                )
            except EvaluationError:
                continue
            if isinstance(value, InstanceReferent) and value.address == role.address:
                whole.append(f"{output}.name")
            elif isinstance(value, PlainText) and equal(value, name) is Truth.TRUE:
                if any(
                    key[:2] == ("attribute", role.address) for key in self._resolver.evaluation.all_dependencies(direct)
                ):
                    return output
                alike.append(output)
        return next(iter((*whole, *alike)), None)


def _is_one_call(paths: Sequence[ModulePath]) -> bool:
    if not all(path.steps for path in paths) or len({path.parent for path in paths}) > 1:
        return False
    return len({path.steps[-1].name for path in paths}) == 1 and len(set(paths)) == len(paths)


def _kinds(block: Block) -> Iterator[bool]:
    """Whether to use a managed policy instead of an inline one, because the role removes inline policies."""
    if not block.blocks("inline_policy"):
        yield False
    if "managed_policy_arns" not in block.arguments:
        yield True
