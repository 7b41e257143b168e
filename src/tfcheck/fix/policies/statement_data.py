"""Add what a policy lacks to the list or map that its statements are made from, proven by evaluation."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property

import msgspec

from tfcheck.fix.edits.insertion import ChangedAttribute, Insertion, Replacement, line_end, line_start
from tfcheck.fix.layout.items import NewItem, extend_value, plain_items
from tfcheck.fix.layout.render import align, label_like, quote, text
from tfcheck.fix.needed_statements import NeededStatement, Reference, Spelled, free, references_in
from tfcheck.fix.policies.element_frames import PROBE, Grants, elements_for, frames_in, grants_in, shown_parts, value_of
from tfcheck.fix.policies.into_policy import PolicyEdit, count_parts, extension
from tfcheck.fix.policies.policy_files import passed_variables
from tfcheck.fix.policies.written_policies import WrittenPolicy
from tfcheck.fix.proof.trial import Trial, change_sources
from tfcheck.fix.text.policy_statements import statements_of
from tfcheck.fix.text.policy_text import (
    FileText,
    ItemParts,
    ListParts,
    ObjectParts,
    Parts,
    Syntax,
    documents_of,
    is_own,
    items,
    read_arguments,
)
from tfcheck.fix.values.definitions import NAMED, definition, own_element
from tfcheck.fix.values.repetition import Statements, names_instance
from tfcheck.hcl.modules import Sources
from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.resolve import Resolver
from tfcheck.resolve.evaluation import Key
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Value
from tfcheck.symbolic.wildcards import glob_known
from tfcheck.vocabulary.address import ModulePath

#: The key of an instance that a reference names, which a policy may look up.
KEY = regex(r'\["([^"\]]+)"\]')
#: An element without references, as the default of a variable has it.
_LITERAL = regex(r'"[^"$%]*"')
#: The own element of an instance in the map that it is repeated for, or in another one, and perhaps a member of it.
_OF_EACH = regex(r"(?:\beach\.value\b|\b((?:local|var)\.[\w-]+)(?:\[|, )each\.key\b\]?)(?:\.([\w-]+))?")
MEMBER_OF_EACH = regex(r"\beach\.value\.([\w-]+)")
_ARN = regex(r"(?:data\.)?aws_\w+\.([\w-]+)\.arn")
_ACTION = regex(r'"[a-z0-9-]+:[A-Za-z*]+"')
_RESOURCES = regex(r"(?i)resources?|.*arns?")
_LABEL = regex(r"(?i)sid|id|name")
_CALL = regex(r"[a-z]\w*\(")
#: The number of places that are tried for one statement.
_MOST = 8


class _Collection(msgspec.Struct, frozen=True):
    """A list or map in the definition of a value that only one policy uses."""

    name: str
    source: SourceText
    parts: ListParts | ObjectParts

    def extend(self, elements: Sequence[NewItem]) -> tuple[Insertion, ...]:
        """Return the edits that add elements; none if the default of a variable, or the line, has no place for them."""
        if self.name.startswith("var.") and not all(_LITERAL.fullmatch(each.flat) for each in elements):
            return ()
        made = extend_value(self.source, self.parts.start, self.parts.end, elements)
        line = self.source.text[line_start(self.source.text, self.parts.start) : self.parts.start]
        is_spread = line.count("{") > line.count("}") and any("\n" in each.text for each in made)
        return made if not is_spread else ()

    def text_of(self, parts: Parts) -> str:
        """Return the text of a part."""
        return self.source.text[parts.start : parts.end]

    def elements_for(self, wanted: NeededStatement) -> tuple[NewItem, ...]:
        """Write a statement as elements like those of the collection; none if they are of another kind."""
        values = [each.value for each in self.parts.items] if isinstance(self.parts, ObjectParts) else self.parts.items
        objects = [each for each in values if isinstance(each, ObjectParts) and each.items]
        if objects and len(objects) == len(values) and not self.source.name.endswith(".json"):
            return self._objects(objects, wanted)
        if not isinstance(self.parts, ObjectParts):
            return ()
        return self._by_action(self.parts, wanted) or self._by_name(self.parts, wanted)

    def texts(self, written: Iterable[Spelled]) -> tuple[NewItem, ...]:
        """Write elements of a list that are texts; none if it has all of them."""
        known = [self.text_of(each) for each in items(self.parts)]
        syntax = Syntax.TF_JSON if self.source.name.endswith(".json") else Syntax.HCL
        added = (text(each, syntax) for each in written)
        return tuple(plain_items([each for each in added if each not in known]))

    def _by_action(self, parts: ObjectParts, wanted: NeededStatement) -> tuple[NewItem, ...]:
        """Write a map from actions to lists of resources."""
        names = [self.source.text[each.start : each.value.start].rstrip(" \t=:") for each in parts.items]
        is_listed = all(isinstance(each.value, ListParts) for each in parts.items)
        if not is_listed or not all(map(_ACTION.fullmatch, names)):
            return ()
        value = f"[{', '.join(map(text, wanted.resources))}]"
        return tuple(NewItem(value, value, each) for each in wanted.actions if f'"{each}"' not in names)

    def _by_name(self, parts: ObjectParts, wanted: NeededStatement) -> tuple[NewItem, ...]:
        """Write a map of ARNs, each by the name of its object."""
        names = [each.name for each in parts.items]
        arns = [text(each) for each in wanted.resources]
        named = [(found[1], arn) for arn in arns if (found := _ARN.fullmatch(arn))]
        is_plain = all(_ARN.fullmatch(self.text_of(each.value)) for each in parts.items)
        if not is_plain or len(named) < len(arns):
            return ()
        return tuple(NewItem(arn, arn, free(name, names, "_")) for name, arn in named)

    def _objects(self, objects: Sequence[ObjectParts], wanted: NeededStatement) -> tuple[NewItem, ...]:
        last = objects[-1]
        members = [self._member(each, objects, wanted) for each in last.items]
        named = [(each, value) for each, value in zip(last.items, members, strict=True) if value]
        if len(named) != len(last.items) or not self._grants(last):
            return ()
        pairs = [(f'"{each.name}"' if each.quoted else each.name, value) for each, value in named]
        sign = " : " if ":" in last.items[-1].between else " = "
        one_line = f"{{ {', '.join(f'{name}{sign}{value}' for name, value in pairs)} }}"
        lines, is_flat = one_line, "\n" not in self.text_of(last)
        if not is_flat:
            comma = "," if self.source.text[last.items[0].value.end] == "," else ""
            lines = "\n".join(["{", *(f"  {each}" for each in align(pairs, sign, comma)), "}"])
        return (NewItem(lines, one_line, self._label(wanted)),)

    def _grants(self, one: ObjectParts) -> bool:
        """Whether an object has actions, and something else that names resources."""
        kinds = [self._kind(each) for each in one.items]
        return kinds.count("actions") == kinds.count("resources") == 1

    def _kind(self, item: ItemParts) -> str:
        listed = [self.text_of(each) for each in items(item.value)]
        if listed and all(map(_ACTION.fullmatch, listed)):
            return "actions"
        if _RESOURCES.fullmatch(item.name):
            return "resources"
        return "label" if _LABEL.fullmatch(item.name) and listed[:1] and listed[0].startswith('"') else "other"

    def _member(self, item: ItemParts, objects: Sequence[ObjectParts], wanted: NeededStatement) -> str:
        """Write a member of a new object like those of the others; empty if that is impossible."""
        is_list = isinstance(item.value, ListParts)
        match self._kind(item):
            case "actions":
                return _text_or_list([quote(each) for each in wanted.actions], is_list=is_list)
            case "resources":
                return _text_or_list([text(each) for each in wanted.resources], is_list=is_list)
            case "label":
                others = [self.text_of(one.value).strip('"') for each in objects if (one := each.item(item.name))]
                return quote(free(label_like(wanted.sid, others), others))
            case _:
                known = {self.text_of(one.value) if (one := each.item(item.name)) else "" for each in objects}
                return known.pop() if len(known) == 1 else ""

    def _label(self, wanted: NeededStatement) -> str:
        if not isinstance(self.parts, ObjectParts):
            return ""
        names = [each.name for each in self.parts.items]
        return free(label_like(wanted.sid, names), names)


def _text_or_list(several: Sequence[str], *, is_list: bool) -> str:
    return several[0] if len(several) == 1 and not is_list else f"[{', '.join(several)}]"


class StatementData:
    """What the statements of one policy are made from, as far as one module writes it."""

    def __init__(
        self,
        policy: WrittenPolicy,
        touched: Sequence[ChangedAttribute],
        resolver: Resolver,
        path: ModulePath | None = None,
    ) -> None:
        """Build from the attributes that change with the policy's text, and the module, by default the policy's own."""
        self.policy, self.resolver = policy, resolver
        self._module = policy.module
        self._touched = touched
        self._path = policy.place.module if path is None else path

    def insert(self, wanted: Statements, *, extends: bool, adds: bool, shared: bool) -> PolicyEdit | None:
        """Add statements where the policy's text has none; None if nothing gives exactly them.

        With `extends` also add the resources of statements to lists that the policy's text names. `adds` and `shared`
        are those of `insert_into_policy`.
        """
        argument, is_open = self.policy.argument, any(each.gate or each.principal for each in wanted)
        if is_open or shared or not adds or any(each.resource_list for each in wanted):
            return None
        if isinstance(argument, FileText):
            return self._insert(wanted, list(self._passed_lists(argument))) if extends else None
        if any(map(names_instance, wanted)) or not is_own(argument, self._module):
            return None
        written = statements_of(argument, self._module)
        lists = {(each.source, each.among.start) for each in written if each.among is not None}
        collections = [each for each in self._collections() if (each.source, each.parts.start) not in lists]
        if not collections or (written and not extends):
            return None
        found = extension(argument, self._module, wanted)
        if written and not found.left and not any(_is_beside(each, collections) for each in found.insertions):
            return None
        return self._insert(wanted, collections)

    def insert_into_element(self, wanted: Statements) -> PolicyEdit | None:
        """Add statements to the element of `for_each` that the policy of one instance is made from."""
        is_open = any(each.gate or each.principal or each.resource_list or names_instance(each) for each in wanted)
        return self._insert(wanted, list(self._members())) if not is_open else None

    def _insert(self, wanted: Statements, collections: Sequence[_Collection]) -> PolicyEdit | None:
        """Add elements for each statement, otherwise those of one list for all."""
        ways = (self._insert_each(each, wanted, collections) for each in ([(each,) for each in wanted], [wanted]))
        return next(filter(None, ways), None)

    def _insert_each(
        self, parts: Sequence[Statements], wanted: Statements, collections: Sequence[_Collection]
    ) -> PolicyEdit | None:
        chosen: dict[int, list[NewItem]] = {}
        for each in parts:
            ways = ((place, self._elements(one, each)) for place, one in enumerate(collections))
            usable = itertools.islice(((place, elements) for place, elements in ways if elements), _MOST)
            found = next((way for way in usable if self._adds(collections[way[0]].extend(way[1]), each)), None)
            if found is None:
                return None
            chosen.setdefault(found[0], []).extend(found[1])
        edited = [(collections[place], elements) for place, elements in chosen.items()]
        edits = tuple(edit for one, elements in edited for edit in one.extend(elements))
        if not self._adds(edits, wanted):
            return None
        written = (f"{one.name} = {one.flat}" if one.name else one.flat for _, each in edited for one in each)
        keys = [f"{key.name} " for each, _ in edited if isinstance(each.parts, ObjectParts) for key in each.parts.items]
        keys += shown_parts(edits, self._old_grants or ())
        names, elements = tuple(dict.fromkeys(each.name for each, _ in edited)), [f"{each}," for each in written]
        return PolicyEdit(edits, names, count_parts({"an element": elements}), "\n".join(elements), tuple(keys))

    def _elements(self, one: _Collection, wanted: Statements) -> tuple[NewItem, ...]:
        """Write statements as elements of a collection: of a list, what the policy makes their resources from."""
        if isinstance(one.parts, ObjectParts) or any(isinstance(each, ObjectParts) for each in one.parts.items):
            return one.elements_for(wanted[0]) if len(wanted) == 1 else ()
        sources, edits = self.resolver.sources, one.extend(one.texts([(PROBE,)]))
        frames = frames_in(self.grants(change_sources(sources, edits)) if sources and edits else None)
        keys = KEY.findall(" ".join(each.expression for each in references_in(wanted)))
        return one.texts(elements_for(wanted, frames, self._value_of)) or one.texts((each,) for each in keys)

    def values(self, wanted: NeededStatement) -> list[str]:
        """Return the values of the resources of a statement as `flat` writes them."""
        parts = ([each if isinstance(each, str) else self._value_of(each) for each in one] for one in wanted.resources)
        return list(map("".join, parts))

    def _value_of(self, reference: Reference) -> str:
        own = self.policy.resource.address
        scope = self.resolver.scope_of(own) if own.module == self._path else self.resolver.module_scope(self._path)
        return value_of(reference, self.resolver.evaluation, scope)

    def _adds(self, edits: Sequence[Insertion], wanted: Statements) -> bool:
        """Whether edits make the policy allow what statements do, and nothing more that they do not need."""
        sources = self.resolver.sources
        return bool(edits) and sources is not None and self.gives(self.grants(change_sources(sources, edits)), wanted)

    def gives(self, new: Grants | None, wanted: Statements) -> bool:
        """Whether new grants of the policy are the old ones and those of statements, and nothing more."""
        old = self._old_grants
        needed = {(action.lower(), one) for each in wanted for action in each.actions for one in self.values(each)}
        if new is None or old is None or old - new:
            return False
        pairs = {
            (one, each) for one in new - old for each in needed if one[0] == each[0] and glob_known(one[1], each[1])
        }
        return {one for one, _ in pairs} == new - old and {each for _, each in pairs} == needed

    @cached_property
    def _old_grants(self) -> Grants | None:
        return self.grants(self.resolver.sources)

    def grants(self, sources: Sources | None, others: Mapping[Key, Value] | None = None) -> Grants | None:
        """Return what the text of the policy allows by these sources; None if that cannot be read completely.

        `others` are values that are not those of the sources, by the key that they are evaluated by.
        """
        resolver = Trial(self.resolver, sources, self._touched).world.resolver
        for key, value in (others or {}).items():
            resolver.evaluation.once(key, lambda value=value: value)  # type: ignore[misc]
        address, argument = self.policy.resource.address, self.policy.argument
        if isinstance(argument, FileText):
            return grants_in(resolver.evaluate(address, argument.name))
        return grants_in(resolver.evaluation.evaluate(argument.expression, resolver.scope_of(address)))

    def _passed_lists(self, file: FileText) -> Iterator[_Collection]:
        """Yield the lists and maps that a template is passed."""
        given, source = passed_variables(file), file.read_by.source
        for each in given.items if given is not None else ():
            name = f"`{each.name}` of {file.source.name}"
            yield from (_Collection(name, source, one) for one in _all_inside(each.value, source.text))

    def _collections(self) -> Iterator[_Collection]:
        """Yield the lists and maps that only the text of the policy uses: also those inside others."""
        waiting, seen = self._texts(), set[str]()
        while waiting:
            for name in NAMED.findall(waiting.pop()):
                found = definition(name, self._path, self.resolver) if name not in seen else None
                if found is not None and found.path == self._path and self._module.count_uses(name) == 1:
                    waiting.append(found.text)
                    inside = _all_inside(found.parts, found.source.text)
                    yield from (_Collection(name, found.source, each) for each in inside)
                seen.add(name)

    def _members(self) -> Iterator[_Collection]:
        """Yield the lists and maps in the own element of a local map, or a member of it, that only this policy uses."""
        key, texts = self.policy.place.key, self.block_texts()
        files = [each.source.text for each in self._module.files]
        for local, member in dict.fromkeys(one for each in self._texts() for one in _OF_EACH.findall(each)):
            found = own_element(self.policy.block, key, self.policy.place.module, self.resolver, local)
            name, element = (found.name, found.parts) if found is not None else ("", None)
            uses = re.compile(rf"{re.escape(f'.{member}' if member else name)}(?![\w-])")
            counts = [sum(len(uses.findall(each)) for each in several) for several in (texts, files)]
            item = element.item(member) if isinstance(element, ObjectParts) and member else None
            own = item.value if item else None if member else element
            if found is not None and found.path == self._path and counts[0] == counts[1]:
                inside = _all_inside(own, found.source.text)
                yield from (_Collection(name, found.source, each) for each in inside)

    def block_texts(self) -> list[str]:
        """Return the texts of the blocks with the policy: its own, and its documents."""
        documents = documents_of(self.policy.argument, self._module)
        blocks = {self.policy.block, self.resolver.block(self.policy.resource.address), *documents}
        return [each.text for each in blocks if each is not None]

    def _texts(self) -> list[str]:
        """Return the text of the policy: that of its documents, or of the argument."""
        documents = documents_of(self.policy.argument, self._module)
        return [each.text for each in documents] or [self.policy.argument.text]


def _is_beside(edit: Insertion, collections: Iterable[_Collection]) -> bool:
    """Whether an edit makes a list longer by `concat`, or one with a collection, which can be longer itself."""
    line = edit.source.text[line_start(edit.source.text, edit.offset) : line_end(edit.source.text, edit.offset)]
    return isinstance(edit, Replacement) or any(each.name in line for each in collections)


def _all_inside(parts: Parts | None, text: str) -> Iterator[ListParts | ObjectParts]:
    """Yield a list or a map, and those inside it or in the arguments of a call, the innermost first."""
    if isinstance(parts, ListParts | ObjectParts):
        for each in parts.items:
            yield from _all_inside(each.value if isinstance(each, ItemParts) else each, text)
        if parts.items or isinstance(parts, ListParts):
            yield parts
    elif parts is not None and (call := _CALL.match(text, parts.start)):
        with suppress(MalformedError):
            for each in read_arguments(text, call.end() - 1, parts.end).items:
                yield from _all_inside(each, text)
