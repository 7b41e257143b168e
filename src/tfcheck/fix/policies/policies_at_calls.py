"""Propose a new policy where the module of the role that it is for is called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tfcheck.fix.edits.insertion import Change, Insertion, unit_of
from tfcheck.fix.layout import new_block
from tfcheck.fix.layout.new_block import block_lines
from tfcheck.fix.layout.new_policy import passed_provider
from tfcheck.fix.needed_statements import Reference, free, has_reference
from tfcheck.fix.policies.added_policy import AddedPolicies, keyed_places
from tfcheck.fix.policies.attachments import AttachmentPlace, propose_own_policies
from tfcheck.fix.policies.fix_places import FixPlaces
from tfcheck.fix.proposal import Proposal, RoleNeed, extend_proposal, join_proposals
from tfcheck.fix.values.list_lengths import may_vary
from tfcheck.fix.values.repetition import (
    AT_MOST_ONE,
    InstanceTerms,
    Repeated,
    SharedStatements,
    Statements,
    share_statements,
    terms_of_call,
)
from tfcheck.fix.values.spelling import Spelling
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.inventory.world import WorldObject
from tfcheck.resolve.scope import CallReferent, InstanceReferent
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import PlainText, Truth
from tfcheck.vocabulary.address import Address, InstanceKey, ModulePath


class _CalledModule(msgspec.Struct, frozen=True):
    """A call of a module, in instances of a calling module, with the keys of its own instances.

    `made` are the outputs that the called module lacks.
    """

    name: str
    block: Block
    callers: tuple[ModulePath, ...]
    keys: tuple[InstanceKey, ...]
    repeated: Repeated
    made: tuple[Insertion, ...]


class PoliciesAtCalls(AddedPolicies):
    """Proposes new policies for roles of one plan, also at the calls of their modules."""

    def propose_at_callers(
        self, need: RoleNeed, *, new_output: bool = False, attaches: bool = False
    ) -> Iterator[Proposal]:
        """Yield a policy where the roles' module is called, or further up; if it `attaches`, one that is there.

        With `new_output` the module gets an output with the name of its role.
        """
        paths = [role.address.module for role in need.roles]
        while all(path.steps for path in paths):
            call = self._call_above(need, paths, new_output=new_output) if self._are_alike(paths) else None
            if call is not None:
                found = self._attach_at(call, need) if attaches else self._propose_at(call, need, paths)
                yield from [found] if found is not None else []
            paths = [path.parent for path in paths]

    def propose_at_each_caller(self, need: RoleNeed) -> Iterator[Proposal]:
        """Yield a separate policy for each of the roles at its module's call, by a new output with its name."""
        alone = [need.restrict_to(each) for each in need.answers_by_role().values()]
        if not all(is_written_by_caller(each, self._places) for each in alone):
            return
        found = [next(self.propose_at_callers(each, new_output=True), None) for each in alone]
        yield from [join_proposals([each for each in found if each])] if None not in found else []

    def _call_above(self, need: RoleNeed, paths: Sequence[ModulePath], *, new_output: bool) -> _CalledModule | None:
        """Return the call of instances of a module, if one output, which may be new, is the name of the roles."""
        caller, name = paths[0].parent, paths[0].steps[-1].name
        sources = self._resolver.module_sources(caller)
        block = sources.call(name) if sources else None
        outputs = {self._output(one, path, new_output) for one, path in zip(need.roles, paths, strict=True)}
        output, made = outputs.pop() if len(outputs) == 1 else (None, ())
        if block is None or output is None or block.switch() is not None:
            return None
        if not self._places.files.editable(block.source):
            return None
        keys, seen = tuple(dict.fromkeys(path.steps[-1].key for path in paths)), self._resolver.names.call(caller, name)
        number = seen.keys() if isinstance(seen, CallReferent) else (None,)
        every = tuple(range(number) if isinstance(number, int) else number)
        repeated = Repeated(f"module.{name}", output, block, keys, set(every) != set(keys))
        return _CalledModule(name, block, tuple(dict.fromkeys(path.parent for path in paths)), every, repeated, made)

    def _attach_at(self, call: _CalledModule, need: RoleNeed) -> Proposal | None:
        """Attach a policy that is where a module is called."""
        name, base = call.name, call.repeated.base
        after = AttachmentPlace(call.repeated, call.block, call.callers, base, name, passed_provider(call.block))
        return next(propose_own_policies(need, after, self._places), None)

    def _propose_at(self, call: _CalledModule, need: RoleNeed, paths: Sequence[ModulePath]) -> Proposal | None:
        """Write a policy where a module is called."""
        caller, repeated = call.callers[0], call.repeated
        shared = self._share_at_call(need, paths, call.block, by_value=repeated.can_use_values())
        if shared is None:
            return None
        modules = self._places.policies.modules(caller)
        every = [caller.child(call.name, key).call for key in call.keys]
        if condition := self._condition(shared, every, repeated.keys) if repeated.others else "":
            repeated = msgspec.structs.replace(repeated, condition=condition)
        places: Sequence[Address] = [
            each.child(call.name, key).call for each in modules for key in repeated.made_keys()
        ]
        is_listed = any(each.resource_list for each in shared.statements)
        statements, gate, places = (
            self._gate(shared, repeated, places, call.block) if is_listed else (shared.statements, "", places)
        )
        if gate is None:
            return None
        shared = msgspec.structs.replace(shared, statements=statements)
        others_too = {each.module for each in places}.difference(call.callers)
        remarks = (
            *([f"{len(modules)} instances of the module that calls it share it"] if others_too else []),
            *self._remarks(repeated, shared, call.block, caller, gate),
            *self._doubts_of_role(need.roles[0].address, repeated),
        )
        policy = self._policy(need, repeated, shared, gate, caller, call.name)
        policy = msgspec.structs.replace(policy, provider=passed_provider(call.block))
        found = next(self._propose_after(call.block, policy, keyed_places(places, repeated, gate), remarks), None)
        return _with_output(found, call, need.roles[0].address) if found is not None and call.made else found

    def _doubts_of_role(self, role: Address, repeated: Repeated) -> tuple[str, ...]:
        """Return a remark if the called module has a role in some plans only."""
        block = self._resolver.block(role)
        is_gated = block is not None and "count" in block.arguments
        if not is_gated or not may_vary(Reference(role.resource, role.resource), role.module, None, self._resolver):
            return ()
        return (f"it names the role of {repeated.base}, which another plan of these files may not have",)

    def _output(self, role: WorldObject, module: ModulePath, is_new: bool) -> tuple[str | None, tuple[Insertion, ...]]:
        """Find the output of a module that is a role's name; if `is_new`, write one where there is none.

        Then the modules between have one as well.
        """
        known = self._output_for_role(role, module)
        if known is not None or not is_new:
            return known, ()
        if module == role.address.module:
            made = self._new_output(role)
            return (made[0], (made[1],)) if made is not None else (None, ())
        step, sources = role.address.module.steps[len(module.steps)], self._resolver.module_sources(module)
        inner, below = self._output(role, module.child(step.name, step.key), is_new)
        call = sources.call(step.name) if sources is not None else None
        own = (
            self._add_output(module, call, f"{step.name}_{inner}", f"module.{step.name}", str(inner)) if call else None
        )
        return (own[0], (*below, own[1])) if own is not None and inner is not None else (None, ())

    def _new_output(self, role: WorldObject) -> tuple[str, Insertion] | None:
        """Add an output with the role's name after the module's other outputs; None if it may be one of several."""
        block, name = self._resolver.block(role.address), f"{role.address.name.removesuffix('_role')}_role_name"
        return self._add_output(role.address.module, block, name, role.address.resource, "name") if block else None

    def _add_output(
        self, path: ModulePath, block: Block, name: str, base: str, attribute: str
    ) -> tuple[str, Insertion] | None:
        """Add an output with an attribute of a block, called `base` in its module; None if it may be one of several."""
        module = self._resolver.module_sources(path)
        if module is None or "for_each" in block.arguments or block.switch() is not None:
            return None
        is_counted = "count" in block.arguments
        if is_counted and not AT_MOST_ONE.search(block.attribute_text("count")):
            return None
        outputs = [each for each in module.blocks if each.type == "output"]
        anchor = (outputs or [block])[-1]
        if isinstance(anchor, JsonBlock) or not self._places.files.editable(anchor.source):
            return None
        name = free(name, module.outputs(), "_")
        value = f"one({base}[*].{attribute})" if is_counted else f"{base}.{attribute}"
        lines = block_lines(f'output "{name}"', [f"value = {value}"], unit_of(block))
        return name, new_block.insert_after(anchor, lines)

    def _are_alike(self, paths: Sequence[ModulePath]) -> bool:
        """Whether paths are instances of one call, or of one without repetition in instances of the calling module."""
        if not all(path.steps for path in paths) or len(set(paths)) < len(paths):
            return False
        callers = dict.fromkeys(path.parent for path in paths)
        blocks = {(id(self._resolver.module_sources(path.parent)), path.steps[-1].name) for path in paths}
        return len(blocks) == 1 and (len(callers) == 1 or all(path.steps[-1].key is None for path in paths))

    def share_at_call(self, need: RoleNeed) -> SharedStatements | None:
        """Write what the roles of several module instances lack as one policy at the nearest call that can name it."""
        paths, shared = [role.address.module for role in need.roles], None
        while shared is None and self._are_alike(paths):
            sources = self._resolver.module_sources(paths[0].parent)
            call = sources.call(paths[0].steps[-1].name) if sources else None
            shared = self._share_at_call(need, paths, call) if call else None
            paths = [path.parent for path in paths]
        return shared

    def _share_at_call(
        self, need: RoleNeed, paths: Sequence[ModulePath], call: Block, *, by_value: bool = True
    ) -> SharedStatements | None:
        """Write what roles lack as one policy at a call; in a repeated call lists are for what differs."""
        by_role, filled = need.answers_by_role(), None
        for lists in (True, False) if call.repetition is None else (False, True):
            found: list[tuple[InstanceTerms, Statements]] = []
            for role, path in zip(need.roles, paths, strict=True):
                statements = self._places.statements(by_role[str(role.address)], path.call, lists=lists)
                if statements is not None:
                    found.append((terms_of_call(call, path.parent, path.steps[-1].key, self._resolver), statements))
            shared = share_statements(found, by_value=by_value, fills=True) if len(found) == len(paths) else None
            if shared is not None and (not shared.filled or call.repetition is None):
                return shared
            filled = filled or shared
        return filled

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


def _with_output(policy: Proposal, call: _CalledModule, role: Address) -> Proposal:
    """Return a proposal with the new outputs of the called module, and those between it and a role's module."""
    through = [f"module.{each.name}" for each in role.module.steps[len(call.callers[0].steps) + 1 :]]
    by = f", through {' and '.join(through)}" if through else ""
    title = policy.title.extend(f", by the new output `{call.repeated.attribute}` of {call.repeated.base}{by}")
    return msgspec.structs.replace(extend_proposal(policy, title, Change(insertions=call.made)), adds_output=True)


def is_for_callers(need: RoleNeed, places: FixPlaces) -> bool:
    """Whether the callers of the roles' module can name what the module cannot."""
    module, needed = need.roles[0].address.module, [each.requirement.resource for each in need.answers]
    here = places.spelling(module).spell
    if not all(has_reference(here(each)) for each in needed if not isinstance(each, str)):
        return True
    known = [each for each in needed if isinstance(each, str) and not has_reference(here(each))]
    return any(has_reference(there.spell(each)) for there in _callers(module, places) for each in known)


def is_named_by_callers(need: RoleNeed, places: FixPlaces, *, literally: bool = False) -> bool:
    """Whether a caller of the module can name, or with `literally` has, what would be literals in the module."""
    module = need.roles[0].address.module
    here, resources = places.spelling(module), [each.requirement.resource for each in need.answers]
    foreign = [each for each in resources if (own := here.spell(each)) is None or here.is_of_this_plan(own)]
    return any(
        (literally or has_reference(spelled)) and not there.is_of_this_plan(spelled)
        for there in _callers(module, places)
        for each in foreign
        if (spelled := there.spell(each)) is not None
    )


def is_written_by_caller(need: RoleNeed, places: FixPlaces) -> bool:
    """Whether the caller of a role's module can name everything that is needed, in every plan of it."""
    there = next(_callers(need.roles[0].address.module, places), None)
    resources = {each.requirement.resource for each in need.answers} - {"*"}
    spelled = [there.spell(each) for each in resources] if there is not None else [None]
    return all(each and has_reference(each) and there and not there.is_of_this_plan(each) for each in spelled)


def _callers(module: ModulePath, places: FixPlaces) -> Iterator[Spelling]:
    """Yield how the callers of a module write values, nearest first."""
    while module.steps:
        module = module.parent
        yield places.spelling(module)
