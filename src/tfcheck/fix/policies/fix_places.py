"""The places of one plan's sources: its policies and files, and how each module writes what roles lack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from tfcheck.fix.edits.files import Files
from tfcheck.fix.edits.insertion import Insertion
from tfcheck.fix.layout.new_policy import rename_taken_sids
from tfcheck.fix.needed_statements import NeededStatement, has_reference, needed_statements, rank, writable
from tfcheck.fix.policies.written_policies import WrittenPolicies, WrittenPolicy
from tfcheck.fix.proof.cycle import Dependencies
from tfcheck.fix.proposal import RoleNeed
from tfcheck.fix.text.policy_statements import flat
from tfcheck.fix.values.gates import Flags, Gates, explain_doubts, has_key
from tfcheck.fix.values.referable import Referable, Refuse
from tfcheck.fix.values.repetition import (
    InstanceTerms,
    SharedStatements,
    Statements,
    names_only_first,
    share_statements,
    with_flags,
)
from tfcheck.fix.values.spelling import Spelling
from tfcheck.fix.values.written_lists import WrittenLists
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Block
from tfcheck.inventory.ecs import tasks_by_address
from tfcheck.inventory.plan_world import After
from tfcheck.symbolic.limits import take
from tfcheck.symbolic.regex import regex
from tfcheck.verdict.evidence import UnmetCondition
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.address import Address, ModulePath
from tfcheck.vocabulary.finding import Answer, Requirement, Verdict
from tfcheck.vocabulary.grouping import group_by_key

_WORD = regex(r'"([A-Za-z0-9]+)"')
_HOLDERS = ("resource", "data")
#: In a module with one of these, the statements of several blocks may become one document.
_MERGING = ("_policy_documents", "source_json", "override_json", "jsondecode(")
#: Steps for writing a permission as one module does.
_SPELLED = 20


class FixPlaces:
    """What fixes find in the sources of one plan, each thing found once."""

    def __init__(self, world: After, files: Files, answers: Iterable[Answer] = (), *, prefixes: bool = False) -> None:
        """Build from the world after the change, its files, and all answers of the plan."""
        allowed = (each for each in answers if each.verdict is Verdict.ALLOWED)
        self._granted = group_by_key((each.role, _permission(each)) for each in allowed)
        self.world = world
        self._resolver = world.resolver
        self._prefixes = prefixes
        self._referable: dict[ModulePath, Referable] = {}
        self._spellings: dict[tuple[ModulePath, str], Spelling] = {}
        self._wanted: dict[tuple[object, ...], tuple[tuple[Answer, ...], Statements | None]] = {}
        self._words: dict[Module, frozenset[str]] = {}
        #: Corrections by other fixes.
        self.replacing: tuple[Insertion, ...] = ()
        #: What would make a policy too long that it was tried in.
        self.too_long: set[Requirement] = set()
        self.files = files
        self.policies = WrittenPolicies(world, files)
        self.lists = WrittenLists(world)
        self.flags = Flags(self.lists)
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
            if not take(_SPELLED * len(answers)):
                return None
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

    def doubts(self, statements: Statements, place: Block, module: ModulePath, *, gate: str = "") -> tuple[str, ...]:
        """Return why statements in a block, there only with `gate`, may be wrong for another plan of the sources."""
        return explain_doubts(statements, place, module, self.spelling(module), self._resolver, gate)

    def share(
        self, need: RoleNeed, goal: str, places: Mapping[str, Address], *, by_value: bool = True
    ) -> Iterator[SharedStatements]:
        """Write what several roles lack as shared statements, first with the flags and lists of the task definitions.

        One of several instances gets a statement of its own first, a single one the words of its task definition, since
        another plan may have more, and several that lack different things what any of them lacks. `places` maps each
        role to its block instance.
        """
        yield from self._share_by_flags(need, goal, places, by_value=by_value)
        if need.parts:
            return
        filled: SharedStatements | None = None
        others = self.policies.instances(need.roles[0].address) if len(need.roles) == 1 else ()
        is_keyed = all(each.key is not None for each in places.values())
        plain, words, lists_only, both = (False, False), (False, True), (True, False), (True, True)
        if others and is_keyed:
            ways = (words, plain, lists_only, both) if len(others) > 1 else (both, lists_only, plain)
        else:
            ways = (lists_only, both, plain)
        for lists, own in ways:
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

    def _share_by_flags(
        self, need: RoleNeed, goal: str, places: Mapping[str, Address], *, by_value: bool
    ) -> Iterator[SharedStatements]:
        """Write what roles lack with the conditions under which their task definitions read it, or with their keys."""
        block, divided = self.policies.instances(need.roles[0].address), dict[str, Mapping[Address, Sequence[Answer]]]()
        everywhere = set(block) if goal else set(need.places().values())  # a new policy is for these roles only
        for each in need.parts or [need]:
            named = each.places()
            lacking = {named[name]: answers for name, answers in each.answers_by_role().items()}
            gate = "" if lacking.keys() == everywhere else has_key(lacking)
            divided |= {gate: lacking} if need.parts else self.flags.divide(lacking, block)
        for lists in (True, False) if divided else ():
            groups: list[tuple[str, list[tuple[InstanceTerms, Statements]]]] = []
            for gate, several in divided.items():
                own = [(places[str(role)], answers) for role, answers in several.items()]
                is_alone = len(own) == 1  # so there is no other one to compare its words with
                written = [
                    (each, self.statements(answers, each, goal, lists=lists, own=is_alone)) for each, answers in own
                ]
                groups.append((gate, [(self.terms(place), each) for place, each in written if each is not None]))
            if all(len(found) == len(divided[gate]) for gate, found in groups):
                yield from filter(None, [with_flags(groups, by_value=by_value, keyed=bool(need.parts))])

    def can_share(self, need: RoleNeed) -> bool:
        """Whether what several roles lack can be shared statements in the module that creates them."""
        made, found = self.policies.instances(need.roles[0].address), self.share(need, "", need.places())
        return any(not self.lists.has_other_values(each.statements, made) for each in found)

    def names_all(self, need: RoleNeed) -> bool:
        """Whether the module that creates several roles can write what they lack, right for every plan of it."""
        module = need.roles[0].address.module
        return any(self._is_right(each.statements, module) for each in self.share(need, "", need.places()))

    def _is_right(self, statements: Statements, module: ModulePath) -> bool:
        """Whether statements have references, and no values that another plan of the module may not share."""
        spelling = self.spelling(module)
        spelled = [one for each in statements for one in each.resources if one != ("*",)]
        has_references = bool(statements) and all(map(has_reference, spelled))
        return has_references and not any(map(spelling.is_of_this_plan, spelled))

    def statements(
        self, answers: Sequence[Answer], place: Address, goal: str = "", *, lists: bool, own: bool = False
    ) -> tuple[NeededStatement, ...] | None:
        """Write what one role lacks as statements for a block instance of its module.

        They have the lists, and the `own` words, of the task definitions; `goal` names the block.
        """
        refuse = self._refuse(place.module, goal)

        def is_named(answer: Answer) -> bool:
            return self._is_right(self.as_statements([answer], place.module, goal) or (), place.module)

        granted = self._granted.get(answers[0].role, ()) if answers else ()
        named, left = self.lists.grants(answers, place, refuse, is_named, granted) if lists else ((), answers)
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
        """Return the key of a resource instance, and its element of `for_each`; no key of a block that writes `[0]`."""
        scope = self._resolver.scope_of(address) if isinstance(address.key, str) else None
        block = self._resolver.block(address) if address.key == 0 else None
        if block is not None and names_only_first(block):
            return InstanceTerms()
        return InstanceTerms(address.key, scope.lookup("each", "value") if scope is not None else None)

    def labels_of(self, module: ModulePath, kind: str) -> frozenset[str]:
        """Return the labels that a new resource of a type cannot have in a module."""
        sources = self._resolver.module_sources(module)
        return sources.taken_labels(kind) if sources else frozenset()

    def is_from_elsewhere(self, module: ModulePath) -> bool:
        """Whether a module's sources are at hand but belong to somebody else."""
        sources = self._resolver.module_sources(module)
        return sources is not None and not any(self.files.editable(file.source) for file in sources.files)

    def taken_sids(self, policy: WrittenPolicy) -> frozenset[str]:
        """Return the quoted words, and so the Sids, of all that may be in one document with a policy's statements."""
        shared, source = self._shared_words(policy.module), policy.argument.source
        is_outside = all(source is not each.source for each in policy.module.files)
        texts = [policy.block.text] if policy.block is not None else []
        texts += [source.text] if is_outside else []
        return shared.union(*map(_WORD.findall, texts))

    def _shared_words(self, module: Module) -> frozenset[str]:
        """Return the quoted words of a module, without those of single resources where no documents are merged."""
        if module not in self._words:
            merged = any(word in file.source.text for file in module.files for word in _MERGING)
            blocks = (each for file in module.files for each in file.blocks if merged or each.type not in _HOLDERS)
            self._words[module] = frozenset(word for each in blocks for word in _WORD.findall(each.text))
        return self._words[module]


def _permission(answer: Answer) -> tuple[str, str]:
    return answer.requirement.action, flat(writable(answer.requirement.resource))


class Finder:
    """Finds changes of one kind at the places of a plan's sources."""

    def __init__(self, places: FixPlaces) -> None:
        self._places = places
        self._world = places.world
        self._resolver = places.world.resolver

    def conditions(self, answer: Answer) -> tuple[UnmetCondition, ...]:
        """Return the conditions that keep a statement from granting a requirement."""
        task = tasks_by_address(self._world).get(answer.requirement.task_definition)
        return self._world.once(Judge).unmet(answer.requirement, task) if task is not None else ()
