"""Rank the places where missing statements belong, best first.

A policy of the role that is for nobody else comes first; then a new policy behind the role; then one where the module
of the role is called, by an output that is the role's name. A module from elsewhere is never changed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from tfcheck.fix.cycle import Dependencies
from tfcheck.fix.edits.files import Files
from tfcheck.fix.holders import Holder, Holders, named
from tfcheck.fix.naming import Labels, called_as, provider_given, role_reference, with_free_sids, written
from tfcheck.fix.new_policy import NewPolicy, behind, hcl
from tfcheck.fix.policy_text import PolicyInsertion, document_of, into_policy
from tfcheck.fix.proposal import Proposal, RoleNeed
from tfcheck.fix.render import StatementStyle, statement
from tfcheck.fix.render import block as written_block
from tfcheck.fix.spelling import Spelling
from tfcheck.fix.trial import ChangedAttribute
from tfcheck.fix.wanted import NeededStatement, Reference, Spelled, free, wanted
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Block
from tfcheck.resolve.scope import ModuleScope, ResourceReferent
from tfcheck.role import Roles
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Text, Truth, Unknown, Value
from tfcheck.vocabulary.address import Address, InstanceKey, ModulePath
from tfcheck.vocabulary.finding import Answer
from tfcheck.world.world import After, WorldObject

_WORD = re.compile(r'"([A-Za-z0-9]+)"')
#: What a fix may add to the resources of a module.
POLICIES = frozenset({"aws_iam_role_policy", "aws_iam_policy", "aws_iam_role_policy_attachment"})


class Places:
    """Finds places in the sources of one plan."""

    def __init__(self, world: After, roles: Roles, files: Files, *, prefixes: bool = False) -> None:
        """Build from the world after the change, its roles, and the files that may be changed."""
        self._world = world
        self._resolver = world.resolver
        self._roles = roles
        self._files = files
        self._prefixes = prefixes
        self._labels = Labels()
        self._words: dict[int, frozenset[str]] = {}
        self._spellings: dict[tuple[ModulePath, str], Spelling] = {}
        self._graphs: dict[int, Dependencies] = {}
        self.context = world.context
        self.holders = Holders(world, roles)

    # What is wanted, as one module writes it

    def wanted(
        self, answers: Sequence[Answer], module: ModulePath, into: str = ""
    ) -> tuple[NeededStatement, ...] | None:
        """Put what is denied into statements as a module writes them; `into` names the block that they go into."""
        return wanted(answers, self.spelling(module, into).spell, prefixes=self._prefixes)

    def spelling(self, module: ModulePath, into: str = "") -> Spelling:
        """Return how values are written in a module, without references that would lead back to the block `into`."""
        key = (module, into)
        if key not in self._spellings:
            sources = self._resolver.module_sources(module)

            def refuse(name: str) -> bool:
                if not into or sources is None:
                    return False
                graph = self._graphs.setdefault(id(sources), Dependencies(sources))
                return graph.reaches(name, into)

            self._spellings[key] = Spelling(self._world, module, refuse)
        return self._spellings[key]

    # The places

    def proposals(self, need: RoleNeed) -> Iterator[Proposal]:
        """Return the ways to grant what a role lacks: first those that are for nobody else."""
        if not need.roles:
            yield from itertools.chain(self._existing(need, wide=False), self._existing(need, wide=True))
            return
        role = need.roles[0]
        if not self._visible(need, role.address.module) or self._known_to_callers(need, role.address.module):
            yield from self._at_callers(need)
        yield from self._existing(need, wide=False)
        block = self._resolver.block(role.address)
        names = frozenset(str(each.address) for each in need.roles)
        alone = block is not None and self._behind_reach(need) <= names
        if block is not None and alone:
            yield from self._new(need, block)
        yield from self._at_callers(need)
        yield from self._existing(need, wide=True)
        if block is not None and not alone:
            yield from self._new(need, block)

    def _visible(self, need: RoleNeed, module: ModulePath) -> bool:
        """Whether a module has a name for everything that is not known before apply."""
        spell = self.spelling(module).spell
        open_ = [each.requirement.resource for each in need.answers if not isinstance(each.requirement.resource, str)]
        return all(any(isinstance(part, Reference) for part in spell(each) or ()) for each in open_)

    def _known_to_callers(self, need: RoleNeed, module: ModulePath) -> bool:
        """Whether the caller of a module has a name for what could only be written out in the module."""
        if not module.steps:
            return False
        here, there = self.spelling(module).spell, self.spelling(module.parent).spell
        known = [each.requirement.resource for each in need.answers if isinstance(each.requirement.resource, str)]
        return any(not _refers(here(each)) and _refers(there(each)) for each in known)

    def holders_of(self, need: RoleNeed) -> Iterator[Holder]:
        """Return the policies of the roles that lack something."""
        for role in need.roles:
            yield from self.holders.of(role)
        if need.elsewhere:
            yield from self.holders.of_named(need.elsewhere)

    def _existing(self, need: RoleNeed, *, wide: bool) -> Iterator[Proposal]:
        names = frozenset((*(str(each.address) for each in need.roles), *filter(None, (_named(need),))))
        first = self.holders.of(need.roles[0]) if need.roles else self.holders_of(need)
        for holder in first:
            if len(need.roles) > 1 and holder.thing.address.module != need.roles[0].address.module:
                continue
            reach = self.holders.reach(holder.thing)
            if reach is None or (reach <= names) is wide:
                continue
            found = self.into(holder, need.answers, _also(reach - names))
            if found is not None:
                yield found

    def into(
        self, holder: Holder, answers: Sequence[Answer], aside: str = "", given: Sequence[NeededStatement] | None = None
    ) -> Proposal | None:
        """Propose to add what is wanted to the text of an existing policy."""
        address = holder.thing.address
        module = self._resolver.module_sources(address.module)
        if module is None:
            return None
        name = document_of(holder.argument)
        goal = f"data.aws_iam_policy_document.{name}" if name else address.resource
        statements = given or self.wanted(answers, address.module, goal)
        if statements is None:
            return None
        statements = with_free_sids(statements, self._quoted_in(module))
        into = into_policy(holder.argument, module, statements)
        if into is None or not self._files.editable(into.source):
            return None
        touched = [ChangedAttribute(each, holder.attribute) for each in self.holders.instances(address)]
        if name:
            touched += [ChangedAttribute(each) for each in self.holders.document_instances(module, name)]
        return Proposal(
            title=f"add {_counted(statements)} to {_place(holder, goal)}{aside}",
            safety="review" if aside else "safe",
            insertions=into.insertions,
            texts={into.source.name: into.source},
            touched=tuple(touched),
            added=(),
            hcl=_shown(statements, into),
        )

    # New policies

    def _behind_reach(self, need: RoleNeed) -> frozenset[str]:
        """Name the roles that a new policy in the module of the role would be for."""
        role = need.roles[0]
        everywhere = self.holders.instances(role.address)
        if len(need.roles) > 1:
            return frozenset(map(str, everywhere))
        return frozenset(str(each) for each in everywhere if each.key == role.address.key)

    def _new(self, need: RoleNeed, block: Block) -> Iterator[Proposal]:
        role = need.roles[0]
        module = role.address.module
        statements = self.wanted(need.answers, module)
        if statements is None or not self._files.editable(block.source):
            return
        names = frozenset(str(each.address) for each in need.roles)
        aside = _also(self._behind_reach(need) - names)
        repeated = self._repetition(need, block)
        provider = block.arguments.get("provider")
        for managed in self._kinds(block):
            policy = NewPolicy(
                label=self._labels.label(role.address, self._resolver.module_sources(module), keyed=repeated is None),
                name=self._name(role),
                role=role_reference(role, repeated),
                wanted=statements,
                repeated=repeated,
                provider=written(provider.source, provider.value_start, provider.value_end) if provider else "",
                managed=managed,
            )
            made = [(each.address.module, each.address.key) for each in need.roles]
            alone: list[tuple[ModulePath, InstanceKey]] = [(each, None) for each in self.holders.modules(module)]
            yield from self._behind(block, policy, made if repeated else alone, aside)

    def _kinds(self, block: Block) -> Iterator[bool]:
        """Whether a managed policy is wanted instead of an inline one: some roles remove what they do not list."""
        if not block.blocks("inline_policy"):
            yield False
        if "managed_policy_arns" not in block.arguments:
            yield True

    def _behind(
        self, anchor: Block, policy: NewPolicy, made: Sequence[tuple[ModulePath, InstanceKey]], aside: str
    ) -> Iterator[Proposal]:
        """Propose a policy behind a block; `made` are the module instances and keys that it comes to be in."""
        insertions = behind(anchor, policy)
        if insertions is None:
            return
        added = [Address(module, "managed", kind, policy.label, key) for module, key in made for kind in policy.types]
        yield Proposal(
            title=f"add {policy.types[0]}.{policy.label}{_in_module(made[0][0])}{aside}",
            safety="review" if aside else "safe",
            insertions=insertions,
            texts={anchor.source.name: anchor.source},
            touched=(),
            added=tuple(added),
            hcl="\n".join(hcl(policy)),
        )

    def _repetition(self, need: RoleNeed, block: Block) -> tuple[str, str] | None:
        """Repeat the policy as the role is, where it is for all of its instances."""
        if len(need.roles) == 1:
            return None
        address = need.roles[0].address
        count = block.arguments.get("count")
        if count is not None:
            return "count", written(count.source, count.value_start, count.value_end)
        return ("for_each", f"{address.type}.{address.name}") if "for_each" in block.arguments else None

    def _at_callers(self, need: RoleNeed) -> Iterator[Proposal]:
        """Propose a policy where the role's module is called, or the module that calls that, and so on."""
        if len(need.roles) > 1:
            return
        role = need.roles[0]
        path = role.address.module
        while path.steps:
            found = self._at_caller(need, role, path)
            if found is not None:
                yield found
            path = path.parent

    def _at_caller(self, need: RoleNeed, role: WorldObject, called: ModulePath) -> Proposal | None:
        caller = called.parent
        sources = self._resolver.module_sources(caller)
        call = sources.call(called.steps[-1].name) if sources else None
        output = self._output_that_is(role.attribute("name"), called)
        statements = self.wanted(need.answers, caller)
        if call is None or output is None or statements is None or not self._files.editable(call.source):
            return None
        others = len(self.holders.modules(caller)) - 1
        policy = NewPolicy(
            label=self._labels.label(role.address, sources, keyed=True, call=called.steps[-1].name),
            name=self._name(role),
            role=f"{called_as(called)}.{output}",
            wanted=statements,
            provider=provider_given(call),
        )
        aside = f"; {others + 1} instances of the module that calls it share it" if others else ""
        made: list[tuple[ModulePath, InstanceKey]] = [(each, None) for each in self.holders.modules(caller)]
        return next(self._behind(call, policy, made, aside), None)

    def _output_that_is(self, name: Value, module: ModulePath) -> str | None:
        """Find the output of a module that is the role's name."""
        sources = self._resolver.module_sources(module)
        for output in sources.outputs() if sources else ():
            try:
                value = self._resolver.output(module, output)
            except EvaluationError:
                continue
            if isinstance(value, str | Text | Unknown) and equal(value, name) is Truth.TRUE:
                return output
        return None

    # What else a holder's text is made of, and what the plan does not know yet

    def is_from_elsewhere(self, module: ModulePath) -> bool:
        """Whether the sources of a module are at hand but belong to somebody else."""
        sources = self._resolver.module_sources(module)
        return sources is not None and not any(self._files.editable(file.source) for file in sources.files)

    def inputs(self, module: ModulePath) -> tuple[str, ...]:
        """Name the variables of a module."""
        sources = self._resolver.module_sources(module)
        return sources.variables() if sources else ()

    def documents_of(self, holder: Holder) -> list[ChangedAttribute]:
        """List the policy documents that the text of a policy is taken from."""
        module = self._resolver.module_sources(holder.thing.address.module)
        name = document_of(holder.argument)
        if module is None or name is None:
            return []
        return [ChangedAttribute(each) for each in self.holders.document_instances(module, name)]

    def unplanned(self, module: ModulePath) -> list[Address]:
        """List the instances of policies that the sources of a module declare and the plan does not know yet."""
        sources = self._resolver.module_sources(module)
        config = self._resolver.config_module(module)
        declared = sorted(sources.declared()) if sources and config else []
        return [
            Address(module, "managed", kind, name, key)
            for _, kind, name in declared
            if kind in POLICIES and config and f"{kind}.{name}" not in config.resources
            for key in self._keys(Address(module, "managed", kind, name))
        ]

    def _keys(self, address: Address) -> Sequence[InstanceKey]:
        """Evaluate the keys of the instances of a resource that the plan does not know."""
        block = self._resolver.block(address)
        count = block.attribute("count") if block else None
        for_each = block.attribute("for_each") if block else None
        scope = ModuleScope(self._resolver, address.module)
        if count is not None:
            number = self._resolver.evaluate(count, scope)
            return range(number) if isinstance(number, int) else ()
        if for_each is None:
            return (None,)
        seen = self._resolver.see_safely(for_each, scope)
        keys = seen.keys() if isinstance(seen, dict | ResourceReferent) else ()
        return [each for each in keys if isinstance(each, str)] if not isinstance(keys, int) else ()

    def _name(self, role: WorldObject) -> str:
        """Name the policy so that no other of the role is called the same."""
        known = {holder.thing.attribute("name") for holder in self.holders.of(role)}
        return free("ecs-start-up", {each for each in known if isinstance(each, str)}, "-")

    def _quoted_in(self, module: Module) -> frozenset[str]:
        """List the words in quotes in a module: a name for a statement is free if it is none of them."""
        if id(module) not in self._words:
            words = (_WORD.findall(file.source.text) for file in module.files)
            self._words[id(module)] = frozenset(itertools.chain.from_iterable(words))
        return self._words[id(module)]


def _named(need: RoleNeed) -> str:
    return named(need.elsewhere) if need.elsewhere else ""


def _counted(statements: Sequence[NeededStatement]) -> str:
    return "a statement" if len(statements) == 1 else f"{len(statements)} statements"


def _place(holder: Holder, goal: str) -> str:
    return f"an inline policy of {goal}" if holder.attribute == "inline_policy" else goal


def _also(others: frozenset[str]) -> str:
    if not others:
        return ""
    listed = ", ".join(sorted(others)[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
    return f"; it is shared by {len(others) + 1} roles: also for {listed}"


def _in_module(module: ModulePath) -> str:
    return f" in {module}" if module.steps else ""


def _shown(statements: Sequence[NeededStatement], into: PolicyInsertion) -> str:
    if into.document is not None:
        return "\n\n".join("\n".join(written_block(each, StatementStyle(effect=False))) for each in statements)
    return "\n".join("\n".join(statement(each, StatementStyle())) + "," for each in statements)


def _refers(spelled: Spelled | None) -> bool:
    return any(isinstance(each, Reference) for each in spelled or ())
