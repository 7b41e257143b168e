"""Propose to add missing statements to the roles' existing policies."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial

from tfcheck.fix.edits.files import Files
from tfcheck.fix.edits.insertion import ChangedAttribute, Insertion
from tfcheck.fix.layout.new_policy import rename_taken_sids
from tfcheck.fix.policies.holders import FILLED, Holder, Holders, came_near, other_roles_words
from tfcheck.fix.policies.into_policy import insert_into_policy
from tfcheck.fix.policies.policy_files import as_in_file, has_references, literal_in
from tfcheck.fix.policies.statement_data import StatementData
from tfcheck.fix.proof.cycle import Dependencies
from tfcheck.fix.proposal import Proposal, RoleNeed, join_proposals
from tfcheck.fix.text.policy_statements import ReadableStatement, flat, readable
from tfcheck.fix.text.policy_text import DOCUMENT, FileText, document_of, documents_of
from tfcheck.fix.values.gates import Gates, explain_doubts
from tfcheck.fix.values.referable import Referable, Refuse
from tfcheck.fix.values.repetition import InstanceTerms, SharedStatements, Statements, share_statements
from tfcheck.fix.values.spelling import Spelling, adapt_bucket_arns
from tfcheck.fix.values.written_lists import WrittenLists
from tfcheck.fix.wanted import NeededStatement, Reference, needed_statements, rank
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.inventory.world import After, WorldObject
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.address import Address, ModulePath
from tfcheck.vocabulary.clipping import join_names
from tfcheck.vocabulary.finding import Answer

#: With this many resources, needs are divided among the policies of a role.
_MOST = 30
_WORD = regex(r'"([A-Za-z0-9]+)"')


class FixPlaces:
    """Finds places for fixes in the sources of one plan."""

    def __init__(self, world: After, files: Files, *, prefixes: bool = False) -> None:
        self.world = world
        self._resolver = world.resolver
        self._prefixes = prefixes
        self._words: dict[SourceText, frozenset[str]] = {}
        self._referable: dict[ModulePath, Referable] = {}
        self._spellings: dict[tuple[ModulePath, str], Spelling] = {}
        self._wanted: dict[tuple[object, ...], tuple[tuple[Answer, ...], Statements | None]] = {}
        #: Corrections by other fixes.
        self.replacing: tuple[Insertion, ...] = ()
        self.files = files
        self.holders = Holders(world)
        self.lists = WrittenLists(world)
        self.gates = Gates(world.resolver, self.lists)

    @cached_property
    def dependencies(self) -> Dependencies:
        """The dependencies between objects in the sources."""
        assert self._resolver.sources is not None  # otherwise nothing is written there
        paths = {each.config for each in self._resolver.plan.module_instances()}
        return Dependencies(self._resolver.sources, sorted(paths))

    # Needed permissions, as one module writes them

    def as_statements(
        self, answers: Sequence[Answer], module: ModulePath, into: str = ""
    ) -> tuple[NeededStatement, ...] | None:
        """Write denied permissions as statements of a module; `into` names the block that receives them."""
        key = tuple(map(id, answers)), module, into
        if key not in self._wanted:
            found = needed_statements(answers, self.spelling(module, into).spell, prefixes=self._prefixes)
            self._wanted[key] = tuple(answers), found
        return self._wanted[key][1]

    def spelling(self, module: ModulePath, into: str = "") -> Spelling:
        """Return how a module writes values, without references that would create a cycle with the block `into`."""
        key = (module, into)
        if key not in self._spellings:
            if module not in self._referable:
                self._referable[module] = Referable(self.world, module)
            self._spellings[key] = Spelling(self.world, module, self._referable[module], self._refuse(module, into))
        return self._spellings[key]

    def _refuse(self, module: ModulePath, into: str) -> Refuse:
        """Return the test whether a reference would create a cycle with a block of the module."""
        is_known = bool(into) and self._resolver.module_sources(module) is not None

        def refuse(name: str) -> bool:
            return is_known and self.dependencies.reaches(module.config, name, into)

        return refuse

    def doubts(self, statements: Statements, place: Block, module: ModulePath, *, gate: str = "") -> str:
        """Explain why statements in a block, there only with `gate`, may be wrong for another plan of the sources."""
        return explain_doubts(statements, place, module, self.spelling(module), self._resolver, gate)

    def share(
        self, need: RoleNeed, goal: str, places: Mapping[str, Address], *, by_value: bool = True
    ) -> Iterator[SharedStatements]:
        """Write what several roles lack as shared statements, first with the lists of the task definitions.

        One of several instances gets a statement of its own first, and several that lack different things what any of
        them lacks. `places` maps each role to its block instance.
        """
        filled: SharedStatements | None = None
        others = self.holders.instances(need.roles[0].address) if len(need.roles) == 1 else ()
        is_one_of_several = len(others) > 1 and all(each.key is not None for each in places.values())
        alone, listed, plain = ((False, True), (False, False)), ((True, False), (True, True)), ((False, False),)
        for lists, own in (*alone, *listed) if is_one_of_several else (*listed, *plain):
            found: list[tuple[InstanceTerms, Statements]] = []
            for role, answers in need.answers_by_role().items():
                statements = self.statements(answers, places[role], goal, lists=lists, own=own)
                if statements is None:
                    break
                found.append((self.terms(places[role]), statements))
            else:
                shared = share_statements(found, by_value=by_value, fills=True)
                filled = shared if shared is not None and shared.filled else None
                yield from [shared] if shared is not filled and shared is not None else []
                if filled is None and shared and not own and not any(each.resource_list for each in shared.statements):
                    return
        yield from filter(None, [filled])

    def can_share(self, need: RoleNeed) -> bool:
        """Whether what several roles lack can be shared statements in the module that creates them."""
        made, found = self.holders.instances(need.roles[0].address), self.share(need, "", need.places())
        return any(not self.lists.holds_no_arns(each.statements, made) for each in found)

    def names_all(self, need: RoleNeed) -> bool:
        """Whether the module that creates several roles can write what they lack, right for every plan of it."""
        module = need.roles[0].address.module
        return any(self._is_right(each.statements, module) for each in self.share(need, "", need.places()))

    def _is_right(self, statements: Statements, module: ModulePath) -> bool:
        """Whether statements have references, and no values that another plan of the module may not share."""
        spelling = self.spelling(module)
        spelled = [one for each in statements for one in each.resources if one != ("*",)]
        has_reference = all(any(isinstance(part, Reference) for part in one) for one in spelled)
        return bool(statements) and has_reference and not any(map(spelling.is_of_this_plan, spelled))

    def statements(
        self, answers: Sequence[Answer], place: Address, goal: str = "", *, lists: bool, own: bool = False
    ) -> tuple[NeededStatement, ...] | None:
        """Write what one role lacks as statements for a block instance of its module.

        They have the lists, and the `own` words, of the task definitions; `goal` names the block.
        """
        refuse = self._refuse(place.module, goal)

        def is_named(answer: Answer) -> bool:
            return self._is_right(self.as_statements([answer], place.module, goal) or (), place.module)

        named, left = self.lists.grants(answers, place, refuse, is_named) if lists else ((), answers)
        words = self.lists.own_words(left, place, refuse) if own else {}
        others = self.as_statements(left, place.module, goal) if left else ()
        if words:
            spell = self.spelling(place.module, goal).spell
            others = needed_statements(
                left, lambda value: words.get(flat(value)) or spell(value), prefixes=self._prefixes
            )
        if others is None:
            return None
        return rename_taken_sids(sorted((*others, *named), key=rank) if named else others, frozenset())

    def terms(self, address: Address) -> InstanceTerms:
        """Return the key of a resource instance, and its element of `for_each`."""
        scope = self._resolver.scope_of(address) if isinstance(address.key, str) else None
        return InstanceTerms(address.key, scope.lookup("each", "value") if scope is not None else None)

    def labels_of(self, module: ModulePath, kind: str) -> frozenset[str]:
        """List the labels of a module's resources of one type."""
        sources = self._resolver.module_sources(module)
        return frozenset(name for _, each, name in sources.resource_keys() if each == kind) if sources else frozenset()

    # The places

    def holders_of(self, need: RoleNeed) -> Iterator[Holder]:
        """Return the policies of the roles in a need."""
        for role in need.roles:
            yield from self.holders.of(role)
        if need.elsewhere:
            yield from self.holders.of_named_role(need.elsewhere)

    def existing(self, need: RoleNeed, *, wide: bool, in_callers: bool = False) -> Iterator[Proposal]:
        """Propose to add to the roles' policies; with `wide`, to those that other roles share.

        With `in_callers` only to policies outside the roles' module that grant the same on other resources.
        """
        names = need.names()
        first = list(self.holders.of(need.roles[0]) if need.roles else self.holders_of(need))
        if in_callers:
            own = need.roles[0].address.module
            first = [each for each in first if each.resource.address.module != own and self.grants_alike(each, need)]
        fitting: list[tuple[Holder, str]] = []
        for holder in sorted(first, key=lambda each: not came_near(each, need)):
            reach = self.holders.reach(holder.resource)
            if reach is not None and names <= reach and (reach <= names) is not wide:
                fitting.append((holder, other_roles_words(reach, names)))
        if len(fitting) > 1:
            yield from self._propose_by_statement(fitting, need)
        for holder, remark in fitting:
            extended = self._propose_in_shared(holder, remark, need, extends=True)
            yield from () if extended is None else (extended,)
            added = self._propose_in_shared(holder, remark, need, extends=False)
            if added is not None and (extended is None or added.insertions != extended.insertions):
                yield added

    def grants_alike(self, holder: Holder, need: RoleNeed) -> bool:
        """Whether a policy grants a needed action on other resources."""
        actions = {each.requirement.action for each in need.answers}
        return any(each.matches_action(one) for each in self.readable(holder) for one in actions)

    def _propose_by_statement(self, holders: Sequence[tuple[Holder, str]], need: RoleNeed) -> Iterator[Proposal]:
        """Propose to extend a statement of each policy, and to add the rest to the first policy."""
        by_resource: dict[str, list[Answer]] = {}
        for each in need.answers:
            by_resource.setdefault(flat(each.requirement.resource), []).append(each)
        found: dict[int, list[Answer]] = {}
        for answers in by_resource.values() if len(by_resource) <= _MOST else ():
            ways = (self._propose_in_shared(*each, need.restrict_to(answers), adds=False) for each in holders)
            found.setdefault(next((place for place, way in enumerate(ways) if way), -1), []).extend(answers)
        rest = found.pop(-1, [])
        if found:
            next(iter(found.values())).extend(rest)
            parts = [(holders[place], need.restrict_to(each)) for place, each in found.items()]
            several = [self._propose_in_shared(*holder, part) for holder, part in parts]
            yield from [join_proposals(list(filter(None, several)))] if None not in several else []

    def _propose_in_shared(
        self, holder: Holder, remark: str, need: RoleNeed, *, extends: bool = True, adds: bool = True
    ) -> Proposal | None:
        """Propose to add what all roles of a need lack to a policy block that each of them has."""
        lacking = [{each.requirement.resource for each in several} for several in need.answers_by_role().values()]
        texts = {self.text_block(own)[0] for each in need.roles if (own := self.own_holder(holder, each))}
        kinds = {frozenset(one.requirement.action for one in several) for several in need.answers_by_role().values()}
        if len(kinds) > 1 or (len(texts) == 1 and any(each != lacking[0] for each in lacking)):
            remark += FILLED
        ways: Iterator[Statements | None] = self.statements_for(holder, need) if need.roles else iter([None])
        found = (self.propose_into(holder, need.answers, remark, each, extends=extends, adds=adds) for each in ways)
        return next(filter(None, found), None)

    def statements_for(self, holder: Holder, need: RoleNeed) -> Iterator[Statements]:
        """Yield what roles lack as it can be written in the text of their common policy block."""
        name, goal = self._goal(holder)
        places: dict[str, Address] = {}
        for role in need.roles:
            own = self.own_holder(holder, role)
            if own is None:
                return
            places[str(role.address)], _ = self.text_block(own)
        edited = [each.address for each in self.changes(holder) if not name or each.address.type == DOCUMENT]
        place = next(iter(places.values()))
        if isinstance(holder.argument, FileText) and not holder.argument.is_template:
            yield from filter(None, [self.as_statements(need.answers, place.module, goal)])
            return
        ways: Iterator[Statements | None] = (each.statements for each in self.share(need, goal, places))
        if len(places) > 1 and set(places.values()) == {place}:
            ways = itertools.chain(ways, (self.statements(need.answers, place, goal, lists=it) for it in (True, False)))
        for each in (one for one in ways if one is not None):
            statements = self.gates.for_lists(each, place) if name else each
            if self.lists.are_usable(statements, edited):
                yield statements

    def own_holder(self, holder: Holder, role: WorldObject) -> Holder | None:
        """Return the policy of a role that is written in the same block as another one."""
        return next((each for each in self.holders.of(role) if each.argument is holder.argument), None)

    def _goal(self, holder: Holder) -> tuple[str | None, str]:
        """Name the policy document of a policy, if it has one, and the block that receives statements."""
        name = document_of(holder.argument)
        return name, f"data.aws_iam_policy_document.{name}" if name else holder.resource.address.resource

    def _render(self, holder: Holder, answers: Sequence[Answer], given: Statements | None) -> Statements | None:
        """Write the needed statements for a policy's text; None if something cannot be named there."""
        address, (name, goal) = holder.resource.address, self._goal(holder)
        module = self._resolver.module_sources(address.module)
        if isinstance(holder.argument, FileText) and not holder.argument.is_template:
            spell = literal_in(holder.argument, self.spelling(address.module, goal).spell)
            named = given if given and not has_references(given) else needed_statements(answers, spell)
            return rename_taken_sids(named, self._quoted_words(holder.argument.source)) if named else None
        statements = None if module is None else given or self.as_statements(answers, address.module, goal)
        if module is None or statements is None:
            return None
        own = self.holders.document_instances(module, name) if name else self.holders.instances(address)
        _, place = self.text_block(holder)
        statements = self.gates.for_references(statements, own, place)
        if name is None and any(each.gate and each.resource_list is None for each in statements):
            return None
        around = place.source.text[place.start : place.end] if place is not None else ""
        words = self._quoted_words(*(file.source for file in module.files), holder.argument.source)
        return rename_taken_sids(adapt_bucket_arns(statements, around), words)

    def propose_into(
        self,
        holder: Holder,
        answers: Sequence[Answer],
        remark: str = "",
        given: Statements | None = None,
        *,
        extends: bool = True,
        adds: bool = True,
        shared: bool = False,
    ) -> Proposal | None:
        """Propose to add needed permissions to the text of an existing policy.

        `extends`, `adds` and `shared` are those of `insert_into_policy`.
        """
        module = self._resolver.module_sources(holder.resource.address.module)
        statements = self._render(holder, answers, given)
        passed = as_in_file(statements, holder.argument) if statements is not None else None
        if module is None or statements is None or passed is None:
            return None
        (_, goal), (_, place), touched = self._goal(holder), self.text_block(holder), self.changes(holder)
        ways = {"extends": extends, "adds": adds, "shared": shared}
        data = StatementData(holder, module, touched, self._resolver).insert(passed.statements, **ways)
        into = data or insert_into_policy(holder.argument, module, passed.statements, beside=self.replacing, **ways)
        if into is None or not self.files.are_editable((*into.insertions, *passed.insertions)):
            return None
        goal = f"an inline policy of {goal}" if holder.attribute == "inline_policy" else goal
        remark += self.doubts(statements, place, holder.resource.address.module) if place is not None else ""
        remark += f"; {goal} is made from it" if data is not None else ""
        goal, remark = passed.goal(join_names(into.documents or [goal])), passed.remark(module) + remark
        return Proposal(
            title=f"add {into.description}{goal}{remark}",
            safety="review" if remark else "safe",
            insertions=(*into.insertions, *passed.insertions),
            touched=touched,
            hcl=into.hcl,
            reported=(*passed.reported, *into.reported),
        )

    def changes(self, holder: Holder) -> tuple[ChangedAttribute, ...]:
        """List the attributes in the plan that change with a policy's text, in every instance of its block."""
        own = [
            ChangedAttribute(each, holder.attribute) for each in self.holders.with_same_text(holder.resource.address)
        ]
        return (*own, *self.documents_of(holder))

    def text_block(self, holder: Holder) -> tuple[Address, Block | None]:
        """Return the block that contains the policy's text, with its instance."""
        address, document = holder.resource.address, document_of(holder.argument)
        if document is not None:
            sources = self._resolver.module_sources(address.module)
            block = sources.resource("data", DOCUMENT, document) if sources is not None else None
            key = address.key if block is not None and block.repetition else None
            address = Address(address.module, "data", DOCUMENT, document, key)
        return address, self._resolver.block(address)

    def readable(self, holder: Holder) -> tuple[ReadableStatement, ...]:
        """Read the Allow statements of a policy, if the block with its text may be changed."""
        place, block = self.text_block(holder)
        module = self._resolver.module_sources(holder.resource.address.module)
        texts = (block.source, holder.argument.source) if block is not None else ()
        if not texts or module is None or not all(map(self.files.editable, texts)):
            return ()
        scope = self.holders.files.scope(holder.argument, self._resolver.scope_of(place))
        evaluate = partial(self._resolver.evaluation.evaluate, scope=scope)
        return readable(holder.argument, module, evaluate)

    # Other parts of a holder's text, and what the plan does not know yet

    def is_from_elsewhere(self, module: ModulePath) -> bool:
        """Whether a module's sources are at hand but belong to somebody else."""
        sources = self._resolver.module_sources(module)
        return sources is not None and not any(self.files.editable(file.source) for file in sources.files)

    def documents_of(self, holder: Holder) -> list[ChangedAttribute]:
        """List the policy documents that a policy's text comes from."""
        module = self._resolver.module_sources(holder.resource.address.module)
        if module is None:
            return []
        names = [each.labels[1] for each in documents_of(holder.argument, module)]
        return [ChangedAttribute(one) for each in names for one in self.holders.document_instances(module, each)]

    def _quoted_words(self, *texts: SourceText) -> frozenset[str]:
        """List the quoted words in files, which a new Sid must differ from."""
        new = {each: frozenset(_WORD.findall(each.text)) for each in texts if each not in self._words}
        self._words |= new
        return frozenset(word for each in texts for word in self._words[each])


class Finder:
    """Finds changes of one kind at the places of a plan's sources."""

    def __init__(self, places: FixPlaces) -> None:
        self._places = places
        self._world = places.world
        self._resolver = places.world.resolver
