"""Write a value to pass by a module's input where it is defined: in a call, or an element of its `for_each`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import chain
from typing import TypeAlias, TypeGuard

from msgspec.structs import replace

from tfcheck.fix.callers.module_inputs import ModuleInput, called_module, decides_how_many
from tfcheck.fix.edits.insertion import Change, Insertion, Replacement, indentation, unit_of
from tfcheck.fix.layout.items import NewItem, extend_or_group, extend_value, new_value, plain_items
from tfcheck.fix.layout.new_block import argument_beside, member_behind
from tfcheck.fix.layout.render import WIDEST, StatementStyle, label_like, render_on_one_line, statement, text
from tfcheck.fix.needed_statements import Reference, Spelled, free, references_in, rewrite
from tfcheck.fix.policies.element_frames import elements_for, is_whole, value_of
from tfcheck.fix.policies.fix_places import FixPlaces
from tfcheck.fix.policies.into_policy import extend_statements
from tfcheck.fix.text.policy_statements import statements_in
from tfcheck.fix.text.policy_text import ObjectParts, OtherParts, Parts, Syntax, read_parts
from tfcheck.fix.values.definitions import Defined, definition, own_element
from tfcheck.fix.values.repetition import InstanceTerms, Statements, share_statements, terms_of_call
from tfcheck.hcl.evaluate.scope import Seen
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.address import InstanceKey, ModulePath
from tfcheck.vocabulary.finding import Answer

_OF_ELEMENT = regex(r'each\.value(?:\.([\w-]+)|\["([\w-]+)"\]|,\s*"([\w-]+)")')
_ELEMENT = regex(r"each\.value")
_HANDED_ON = regex(r"var\.([\w-]+)(?:\.([\w-]+))?")
#: The whole element, perhaps with more members.
_WHOLE = regex(r"(?:merge\(\s*)?each\.value(?=,|$)")
#: An argument with these accepts an element without the member.
_OPTIONAL = regex(r"\b(?:try|lookup)\(")
#: Terraform does not know the length of these if an element is unknown.
_BY_ELEMENTS = regex(r"\b(?:try|lookup|toset|distinct|compact|flatten|sort)\(")
_SID = regex(r'\bsid"?\s*[=:]')
#: What may not exist, as its only instance.
_FIRST = regex(r"^(aws_\w+\.[\w-]+)\[0\](\.\w+)$")

#: What each instance of a module lacks.
Lacking: TypeAlias = Mapping[InstanceKey, Sequence[Answer]]


class CallNeeds:
    """A module call, and what the roles of its instances lack."""

    def __init__(
        self, places: FixPlaces, caller: ModulePath, name: str, lacking: Mapping[InstanceKey, Lacking]
    ) -> None:
        """Build from the calling module, the call's name, and the missing permissions.

        These are the needs of each instance of the call, for each instance of the calling module; `caller` is the
        first.
        """
        self.world, self.places = places.world, places
        self.caller, self.name, self.answers = caller, name, next(iter(lacking.values()))
        self._lacking = lacking
        sources = places.world.resolver.module_sources(caller)
        self._call = sources.call(name) if sources else None

    @property
    def call(self) -> Block:
        """The block of the call."""
        assert self._call is not None  # otherwise the plan would have no such module
        return self._call

    @property
    def is_for_one(self) -> bool:
        """Whether the calling module has, and can only have, one instance."""
        return None in self._lacking or not self.caller.steps

    @property
    def paths(self) -> list[ModulePath]:
        """The module instances whose roles lack something."""
        return [self.caller.child(self.name, key) for key in self.answers]

    @property
    def is_repeated(self) -> bool:
        """Whether the call has, or may have, several instances."""
        return self.call.repetition is not None

    def actions(self) -> list[str]:
        """Return the missing actions."""
        return list(dict.fromkeys(one.requirement.action for several in self.answers.values() for one in several))

    def is_counted(self, name: str) -> bool:
        """Whether an input's length decides how many resources there are and so must be known before apply."""
        return decides_how_many(name, called_module(self.paths[0], self.world))

    def value_of(self, name: str) -> Seen:
        """Return the value of an input in the first of the instances."""
        return self.world.resolver.names.variable(self.paths[0], name)

    def element(self, key: InstanceKey, given: ModuleInput) -> Defined | None:
        """Return the element of `for_each` for an instance, or what the only instance is passed by an input."""
        resolver = self.world.resolver
        if self.is_repeated:
            return own_element(self.call, key, self.caller, resolver)
        return definition(f"var.{given.name}", self.caller.child(self.name, key), resolver)

    def parent(self) -> CallNeeds | None:
        """Return the enclosing call that passes all instances of this one the same value."""
        path = self.caller
        if not path.steps or any(step.key is not None for step in path.parent.steps):
            return None
        lacking = {key: list(chain.from_iterable(each.values())) for key, each in self._lacking.items()}
        return CallNeeds(self.places, path.parent, path.steps[-1].name, {None: lacking})

    @property
    def is_for_all(self) -> bool:
        """Whether all instances of the call lack something."""
        return self._instances == set(self.paths)

    @cached_property
    def _instances(self) -> set[ModulePath]:
        """All instances of the call."""
        paths = self.world.resolver.plan.module_instances()
        return {
            each
            for each in paths
            if each.steps[:-1] == self.caller.steps and [step.name for step in each.steps[-1:]] == [self.name]
        }

    def shared_statements(self, actions: Sequence[str]) -> Statements | None:
        """Write what all instances lack as the call does; None if their needs differ, other than by lists."""
        lacking = {each: wanted for each in self.paths if (wanted := self._lacking_of(each.steps[-1].key, actions))}
        others = self._instances - lacking.keys()
        for lists in (False, True) if self.is_repeated else (False,):
            found: list[tuple[InstanceTerms, Statements]] = []
            for path, wanted in lacking.items():
                terms = terms_of_call(self.call, self.caller, path.steps[-1].key, self.world.resolver)
                statements = self.places.statements(wanted, path.call, lists=lists)
                found += [(terms, statements)] if statements is not None else []
            shared = share_statements(found) if found and len(found) == len(lacking) else None
            if shared is not None and all(self._is_nothing(shared.statements, each) for each in others):
                return shared.statements
        return None

    def _is_nothing(self, statements: Statements, path: ModulePath) -> bool:
        """Whether statements are only for lists that are empty in an instance."""
        lists = [each.resource_list for each in statements]
        return all(each and self.places.lists.evaluate(each.expression, path.call) == [] for each in lists)

    def doubts(self, actions: Sequence[str], given: ModuleInput) -> tuple[str, ...]:
        """Return why values passed to an input may be wrong for another plan of the same sources."""
        statements = self.as_elements(given, self.shared_statements(actions)) if given.shape != "arn" else None
        if given.shape == "arns":
            whole = self.with_all_instances(statements or ())
            statements = tuple(
                replace(each, resources=tuple(one for one in each.resources if not _is_list(one))) for each in whole
            )
        return self.places.doubts(statements, self.call, self.caller) if statements else ()

    def with_all_instances(self, statements: Statements) -> Statements:
        """Write what may not exist, as the only instance of its block, as the list of its instances."""
        sources = self.world.resolver.module_sources(self.caller)

        def spell(spelled: Spelled) -> Spelled:
            only = spelled[0].expression if len(spelled) == 1 and isinstance(spelled[0], Reference) else ""
            first = _FIRST.match(only)
            block = sources.resource("resource", *first[1].split(".")) if sources and first else None
            count = block.attribute_text("count") if block is not None else ""
            return (Reference(f"{first[1]}[*]{first[2]}", first[1]),) if first and not count.isdigit() else spelled

        return rewrite(statements, spell)

    def as_elements(
        self, given: ModuleInput, statements: Statements | None, path: ModulePath | None = None
    ) -> Statements | None:
        """Write statements of a module as the elements of an input that grant them; nothing if that is impossible."""
        if not given.is_of_arns or not statements:
            return statements
        lists = [one for each in statements for one in each.resources if _is_list(one)]
        places = [each.call for each in self.paths]
        if lists and self.is_counted(given.name) and not self.places.lists.are_counted(statements, places):
            return None
        alone = [
            replace(each, resources=tuple(one for one in each.resources if one not in lists)) for each in statements
        ]
        resolver = self.world.resolver
        scope = resolver.module_scope(self.caller if path is None else path)
        elements = elements_for(alone, given.frames, lambda each: value_of(each, resolver.evaluation, scope))
        are_whole = all(is_whole(action, given.frames) for each in statements for action in each.actions)
        is_written = elements or not any(each.resources for each in alone)
        usable = is_written and (are_whole or not lists)
        return (replace(statements[0], resources=(*elements, *lists)),) if usable else ()

    def statements_for(
        self, key: InstanceKey, actions: Sequence[str], into: str = "", path: ModulePath | None = None
    ) -> Statements | None:
        """Write what one instance lacks as the calling module does, or another one."""
        wanted = self._lacking_of(key, actions)
        return self.places.as_statements(wanted, self.caller if path is None else path, into) if wanted else ()

    def _lacking_of(self, key: InstanceKey, actions: Sequence[str]) -> list[Answer]:
        return [each for each in self.answers[key] if each.requirement.action in actions]


class PassedInput(Change, frozen=True):
    """The change that passes something, with the call and the input."""

    by: CallNeeds
    name: str


def pass_value(passing: CallNeeds, given: ModuleInput, actions: Sequence[str]) -> PassedInput | None:
    """Return an input that passes some of the missing permissions; None if that is impossible."""
    argument = passing.call.arguments.get(given.name)
    value = passing.call.attribute_text(given.name)
    if (given.is_set or _BY_ELEMENTS.search(value)) and passing.is_counted(given.name):
        return None
    if given.member:
        is_usable = passing.is_for_one and not isinstance(passing.call, JsonBlock)
        is_element = is_usable and (not passing.is_repeated or _WHOLE.match(value))
        return _add_to_element(passing, given, actions, given.member, is_optional=True) if is_element else None
    handed_on = _HANDED_ON.fullmatch(value)
    member = (_ELEMENT.fullmatch(value) or _OF_ELEMENT.search(value)) if passing.is_repeated else None
    if member and passing.is_for_one and not isinstance(passing.call, JsonBlock):
        name, is_optional = next(filter(None, member.groups()), ""), bool(_OPTIONAL.search(value))
        return _add_to_element(passing, given, actions, name, is_optional)
    statements = passing.as_elements(given, passing.shared_statements(actions))
    above = passing.parent() if handed_on else None
    is_from_above = all(each.expression.startswith("var.") for each in references_in(statements or ()))
    if above is not None and handed_on is not None and is_from_above:
        higher = pass_value(above, replace(given, name=handed_on[1], member=handed_on[2] or ""), actions)
        if higher is not None:
            return higher
    if not statements or not passing.is_for_one or not passing.places.files.editable(passing.call.source):
        return None
    statements = passing.with_all_instances(statements) if given.shape == "arns" else statements
    return _as_passed(passing, given, _add_argument(passing, argument, given, statements))


def _as_passed(passing: CallNeeds, given: ModuleInput, edits: tuple[Insertion, ...]) -> PassedInput | None:
    return PassedInput(passing, given.label, insertions=edits) if edits else None


def _add_argument(
    passing: CallNeeds, argument: Argument | None, given: ModuleInput, statements: Statements
) -> tuple[Insertion, ...]:
    call = passing.call
    source, unit = call.source, unit_of(call)
    if isinstance(call, JsonBlock):
        return _insert_in_json(call, argument, given, statements)
    known = call.attribute_text(given.name)
    elements = _elements(statements, given, unit, known)
    if lists := dict.fromkeys(one[0].expression for each in statements for one in filter(_is_list, each.resources)):
        parts = [*([f"[{', '.join(each.flat for each in elements)}]"] if elements else []), *lists]
        return _with_lists(call, argument, given.name, parts) if not any(each in known for each in lists) else ()
    if given.shape == "arn":
        is_one = len(elements) == 1 and argument is None
        made = argument_beside(call, given.name, elements[0].flat) if is_one else None
    elif argument is None or known == "null":
        base = f"{source.newline}{indentation(source.text, call.start)}{unit}"
        made = argument_beside(call, given.name, new_value(elements, base, unit)) if elements and not known else None
    else:
        value = OtherParts(argument.value_start, argument.value_end)
        return _extend(passing, argument.source, value, given, statements, unit)
    return (made,) if made else ()


def _extend(
    passing: CallNeeds, source: SourceText, value: Parts, given: ModuleInput, statements: Statements, unit: str
) -> tuple[Insertion, ...]:
    """Add statements to a value: to those in it, or as new elements."""
    found, module = tuple[Insertion, ...](), called_module(passing.caller, passing.world)
    if not given.is_of_arns:
        with suppress(MalformedError):
            known = statements_in(source, read_parts(source.text, value.start))
            extended = extend_statements(known, module, statements)
            found, statements = extended.insertions, extended.left
    elements = _elements(statements, given, unit, source.text[value.start : value.end])
    added = extend_value(source, value.start, value.end, elements, unit) if elements else ()
    return (*found, *added) if added or not elements else ()


def _is_list(spelled: Spelled) -> TypeGuard[tuple[Reference, ...]]:
    return isinstance(spelled[0], Reference) and bool(spelled[0].over)


def _with_lists(call: Block, argument: Argument | None, name: str, lists: Sequence[str]) -> tuple[Insertion, ...]:
    """Add lists to an argument of a call by `concat`."""
    known = argument.text if argument is not None else ""
    inner = known.removeprefix("concat(").removesuffix(")") if known.startswith("concat(") else known
    parts = [*([inner] if inner not in ("", "[]", "null") else []), *lists]
    value = parts[0] if len(parts) == 1 else f"concat({', '.join(parts)})"
    if argument is None:
        made = argument_beside(call, name, value)
        return (made,) if made else ()
    return (Replacement(argument.source, argument.value_start, value, known),) if "\n" not in known else ()


def _add_to_element(
    passing: CallNeeds, given: ModuleInput, actions: Sequence[str], member: str, is_optional: bool
) -> PassedInput | None:
    found: tuple[Insertion, ...] = ()
    for key in passing.answers:
        own = passing.element(key, given) if given.shape != "arn" else None
        wanted = passing.statements_for(key, actions, own.name, own.path) if own else None
        statements = passing.as_elements(given, wanted, own.path) if own else None
        if own is None or statements is None or not passing.places.files.editable(own.source):
            return None
        source, element = own.source, own.parts
        if isinstance(element, ObjectParts) is not bool(member):
            return None
        item = element.item(member) if isinstance(element, ObjectParts) else None
        value = item.value if item is not None else element if not member else None
        unit = _step(source, element)
        known = source.text[value.start : value.end] if value is not None else ""
        elements = _elements(statements, given, unit, known)
        flat, edits = f"[{', '.join(each.flat for each in elements)}]", tuple[Insertion, ...]()
        if value is not None:
            edits = _extend(passing, source, value, given, statements, unit)
        elif (
            isinstance(element, ObjectParts)
            and is_optional
            and given.shape in ("arns", "list")
            and elements
            and len(flat) <= WIDEST
        ):
            edits = extend_or_group(source, element, [NewItem(flat, flat, member)], passing.places.files.reveals)
        if statements and not edits:
            return None
        found += edits
    return _as_passed(passing, given, found)


def _step(source: SourceText, element: Parts) -> str:
    base, inside = indentation(source.text, element.start), element.items if isinstance(element, ObjectParts) else ()
    step = indentation(source.text, inside[0].start).removeprefix(base) if inside else ""
    return step or "  "


def _elements(
    statements: Statements, given: ModuleInput, unit: str, known: str, syntax: Syntax = Syntax.HCL
) -> list[NewItem]:
    """Write statements as an input accepts them, without ARNs that it has already."""
    if given.is_of_arns:
        arns = dict.fromkeys(text(one, syntax) for each in statements for one in each.resources if not _is_list(one))
        if given.shape == "arn":
            arns = dict.fromkeys(_FIRST.sub(r"one(\1[*]\2)", each) for each in arns)
        return plain_items([each for each in arns if each not in known])
    names = re.findall(r'(?m)^\s*"?([\w-]+)"?\s*=\s*\{', known)
    labels = list[str]()
    for each in statements:
        labels.append(free(label_like(each.sid, names), (*names, *labels)) if given.shape == "map" else "")
    style = StatementStyle(document=True, sid=bool(_SID.search(known)), effect=given.effect, unit=unit)
    if syntax is Syntax.TF_JSON:
        style = replace(style, syntax=syntax, quoted=True, between=": ", pad="", unit="  ")
    return [
        NewItem("\n".join(statement(each, style)), render_on_one_line(each, style), label)
        for each, label in zip(statements, labels, strict=True)
    ]


def _insert_in_json(
    call: JsonBlock, argument: Argument | None, given: ModuleInput, statements: Statements
) -> tuple[Insertion, ...]:
    elements = _elements(statements, given, "", call.attribute_text(given.name), Syntax.TF_JSON)
    if given.shape not in ("arns", "list") or not elements:
        return ()
    if argument is not None:
        return extend_value(call.source, argument.value_start, argument.value_end, elements, "")
    last = max(call.value.members, key=lambda each: each.value.end)
    return (member_behind(call.source, last, f'"{given.name}": [{", ".join(each.flat for each in elements)}]'),)
