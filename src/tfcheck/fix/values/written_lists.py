"""Find the lists that a task definition builds with `for`, so that a policy can name the same objects."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from functools import cache

import msgspec

from tfcheck.fix.needed_statements import NeededStatement, Reference, Spelled, is_exact, sid, writable
from tfcheck.fix.text.policy_statements import flat
from tfcheck.fix.values.container_lists import lists_in, passed_lists, spelled_text
from tfcheck.fix.values.list_lengths import collection_of, depends_on_elements
from tfcheck.fix.values.referable import Refuse
from tfcheck.hcl.evaluate.scope import EvaluationError, Seen
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.expression import Place
from tfcheck.hcl.syntax.lexer import MalformedError, tokens
from tfcheck.hcl.syntax.parse import parse
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.inventory.ecs import tasks_by_address
from tfcheck.inventory.plan_world import After
from tfcheck.resolve.configuration_refs import ordered_references, root_of
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import PlainText, TextLike, Unknown, is_known, pieces, spelled_out
from tfcheck.vocabulary.address import Address, ModulePath, owner_of
from tfcheck.vocabulary.finding import Answer

_CONTAINERS = "container_definitions"
#: A longer expression would be less clear than its elements.
_LONGEST = 180
_EACH_VALUE = regex(r"\beach\.value\b")
_EACH = regex(r"\b(?:each|count)\.")
_COUNT = regex(r"\bcount\.")
_LITERALS = ("text", "number")
_EACH_KEY = regex(r"\beach\.key\b")
_SIMPLE = regex(r"(?:var|local)(?:\.[\w-]+)+")
_COLLECTION = regex(r"(?:var|local)(?:\.[\w-]+)+|toset\((?:var|local)(?:\.[\w-]+)+\)")


class WrittenList(msgspec.Struct, frozen=True):
    """A list in the sources: its text, the collection it iterates over, and its elements in one instance.

    Without `over` it is one text that says `each` or `count`.
    """

    text: str
    over: str
    values: frozenset[str]


class WrittenLists:
    """Finds the lists in the task definitions of one plan."""

    def __init__(self, world: After) -> None:
        self._world = world
        self._resolver = world.resolver
        self._known: dict[Address, tuple[WrittenList, ...]] = {}
        self._parse = cache(lambda text: parse(text, Place("", 1)))  # instances of a block have the same texts

    def grants(
        self,
        answers: Sequence[Answer],
        place: Address,
        refuse: Refuse,
        is_named: Callable[[Answer], bool],
        granted: Container[tuple[str, str]] = (),
    ) -> tuple[tuple[NeededStatement, ...], tuple[Answer, ...]]:
        """Return statements that name lists, and the remaining answers, for the block instance `place`.

        A list is used if each of its elements is needed; of all instances of a block some may be `granted` already.
        `refuse` tests whether an object must not be referred to, `is_named` whether the place has an expression for
        what is needed.
        """
        by_value: dict[str, list[Answer]] = {}
        for each in answers:
            need = each.requirement
            is_usable = not need.sensitive and is_exact(need.resource)
            by_value.setdefault(flat(writable(need.resource)) if is_usable else "", []).append(each)
        by_value.pop("", None)
        statements: list[NeededStatement] = []
        readers = list(self._readers_of(answers, place))
        lists = [each for reader in readers for each in self._usable(reader, place, refuse, lists=True)]
        repeated = self._lists_over_instances(readers, place, refuse)
        alone = {flat(each.requirement.resource) for each in answers if not is_named(each)}
        read = [Reference(each.text, each.over) for each in lists]
        instances = list(self._all_instances(answers, place, refuse))
        buckets = self._buckets(read, statements, place, alone)
        for written in itertools.chain(lists, repeated, instances, buckets):
            needed = written.values & by_value.keys()
            actions = {tuple(dict.fromkeys(each.requirement.action for each in by_value[value])) for value in needed}
            names = actions.pop() if len(actions) == 1 else ()
            others = ((name, value) for value in written.values - needed for name in names)
            if names and all(written in instances and each in granted for each in others):
                for value in needed:
                    del by_value[value]
                resource = (Reference(written.text, written.over),)
                statements.append(NeededStatement(sid(names[0]), names, (resource,)))
        named = {id(each) for each in answers} - {id(each) for several in by_value.values() for each in several}
        secret = {id(each) for each in answers if each.requirement.sensitive or not flat(each.requirement.resource)}
        return tuple(statements), tuple(each for each in answers if id(each) not in named - secret)

    def own_words(self, answers: Sequence[Answer], place: Address, refuse: Refuse) -> dict[str, Spelled]:
        """Map each value that an instance of a task definition reads, as `flat` writes it, to its block's expression.

        These are texts with `each` or `count`, for the block instance `place` with the same key.
        """
        if place.key is None:
            return {}
        readers = self._readers_of(answers, place)
        usable = (each for reader in readers for each in self._usable(reader, place, refuse, lists=False))
        found = ((value, spelled_text(each.text)) for each in usable for value in each.values)
        return {value: spelled for value, spelled in found if spelled}

    def tasks_of(self, answers: Iterable[Answer], place: Address) -> Iterator[Address]:
        """Yield the task definitions of the module of `place` that answers are about."""
        return (each for each in self._readers_of(answers, place) if each.type != "module")

    def _readers_of(self, answers: Iterable[Answer], place: Address) -> Iterator[Address]:
        """Yield the task definitions in the module of `place`, and the calls there whose modules have them."""
        known = tasks_by_address(self._world)
        names = dict.fromkeys(each.requirement.task_definition for each in answers)
        tasks = [known[each].address for each in names if each in known]
        depth = len(place.module.steps)
        beside = (each for each in tasks if each.module.steps[:depth] == place.module.steps)
        yield from dict.fromkeys(
            each if each.module == place.module else ModulePath(each.module.steps[: depth + 1]).call for each in beside
        )

    def are_usable(self, statements: Iterable[NeededStatement], places: Sequence[Address]) -> bool:
        """Whether lists contain ARNs in each instance of a block, and at least one where no other gate applies."""
        statements = list(statements)
        always = [each for each in statements if not each.gate]
        return not self.may_be_empty(always, places) and not self.has_other_values(statements, places)

    def has_other_values(self, statements: Iterable[NeededStatement], places: Sequence[Address]) -> bool:
        """Whether a list in statements contains something other than ARNs in an instance of a block."""
        lists = [each.resource_list.expression for each in statements if each.resource_list]
        seen = (self.evaluate(text, place) for text in lists for place in places)
        return not all(isinstance(each, list) and all(map(_is_arn, each)) for each in seen)

    def may_be_empty(self, statements: Iterable[NeededStatement], places: Sequence[Address]) -> bool:
        """Whether a list in statements is, or may be, empty in an instance of a block."""
        lists = [each.resource_list.expression for each in statements if each.resource_list]
        seen = (self.evaluate(text, place) for text in lists for place in places)
        return not all(isinstance(each, list) and each for each in seen)

    def are_counted(self, statements: Iterable[NeededStatement], places: Sequence[Address]) -> bool:
        """Whether Terraform knows the length of the lists in statements before apply."""
        lists = [each.resource_list for each in statements if each.resource_list]
        return all(self._is_counted(each, collection_of(each), place) for each in lists for place in places)

    def _is_counted(self, listed: Reference, collection: str, place: Address) -> bool:
        try:
            length, seen = (self.evaluate(each, place) for each in (f"length({collection})", collection))
        except EvaluationError:
            return False
        is_known_list = isinstance(seen, (list, dict)) and is_known(seen)
        return isinstance(length, int) and (
            is_known_list or not depends_on_elements(listed, place.module, self._resolver)
        )

    def _buckets(
        self, read: Sequence[Reference], statements: Sequence[NeededStatement], place: Address, wanted: set[str]
    ) -> Iterator[WrittenList]:
        """Yield the lists of the buckets of files that containers or statements list, if all of them are `wanted`."""
        files = [each.resource_list for each in statements if "s3:GetObject" in each.actions and each.resource_list]
        for each in dict.fromkeys((*files, *read)):
            text = f'distinct([for arn in {each.expression} : split("/", arn)[0]])'
            found = self._list(text, each.over, place) if len(text) <= _LONGEST else ()
            yield from (one for one in found if one.values <= wanted)

    def _all_instances(self, answers: Sequence[Answer], place: Address, refuse: Refuse) -> Iterator[WrittenList]:
        """Yield the ARN lists of all instances of each resource of the module that several answers are about."""
        named = dict.fromkeys(filter(None, (_instance(each.requirement.resource) for each in answers)))
        own = ((each, end) for each, end in named if each.module == place.module)
        blocks = Counter((each.type, each.name, type(each.key), end) for each, end in own)
        for (kind, name, keys, end), number in blocks.items():
            block = f"{kind}.{name}"
            if number > 1 and place.key is None and not refuse(block):
                text = f"values({block})[*].arn" if keys is str else f"{block}[*].arn"
                text = f'[for group in {block} : "${{group.arn}}{end}"]' if end else text
                yield from self._list(text, block, place)

    def _lists_over_instances(self, tasks: Iterable[Address], place: Address, refuse: Refuse) -> Iterator[WrittenList]:
        """Yield what all instances of a task definition name, as a list over its `for_each`."""
        found = {each.resource: each for each in tasks if place.key is None}
        for task in found.values():
            block = self._resolver.block(task)
            collection = _collection(block) if isinstance(task.key, str) else ""
            for each in self._lists_in(task) if collection else ():
                text = _for_expression(collection, each.text, is_map=isinstance(self.evaluate(collection, place), dict))
                named = None if each.over or len(text) > _LONGEST else ordered_references(self._parse(text))
                yield from (
                    self._list(text, collection, place) if named and not any(map(refuse, map(root_of, named))) else ()
                )

    def _list(self, text: str, over: str, place: Address) -> Iterator[WrittenList]:
        seen = self.evaluate(text, place)
        values = frozenset(map(flat, seen)) if isinstance(seen, list) else frozenset()
        if values and all(values):
            yield WrittenList(text, over, values)

    def _usable(self, task: Address, place: Address, refuse: Refuse, *, lists: bool) -> Iterator[WrittenList]:
        for each in self._lists_in(task):
            text = self.translate(place, each.text, task)
            over = self.translate(place, each.over, task)
            named = ordered_references(self._parse(text)) if text and bool(over) is lists else None
            if named is not None and len(text) <= _LONGEST and not any(map(refuse, map(root_of, named))):
                yield WrittenList(text, over, each.values)

    def translate(self, place: Address, text: str, task: Address) -> str:
        """Translate an expression of a task definition's block for another block; empty where that is impossible."""
        if not _EACH.search(text):
            return text
        if place.key != task.key or place.key is None or (_COUNT.search(text) and not isinstance(place.key, int)):
            return ""
        if not _EACH_VALUE.search(text) or self._element(place) == self._element(task) is not None:
            return text
        block = self._resolver.block(task)
        collection = _collection(block)
        return _EACH_VALUE.sub(f"{collection}[each.key]", text) if _SIMPLE.fullmatch(collection) else ""

    def _element(self, address: Address) -> Seen:
        block = self._resolver.block(address)
        if block is None or "for_each" not in block.arguments:
            return None
        seen = self._resolver.scope_of(address).lookup("each", "value")
        return seen if isinstance(seen, dict) and seen else None

    # In a task definition, or a call of its module

    def _lists_in(self, reader: Address) -> tuple[WrittenList, ...]:
        if reader not in self._known:
            found = (self._parse_list(*each, reader) for each in self._written_in(reader))
            self._known[reader] = tuple(each for each in found if each is not None)
        return self._known[reader]

    def _written_in(self, reader: Address) -> Iterator[tuple[str, str]]:
        if reader.type == "module":
            call = self._resolver.block(reader)
            passed = call.arguments.values() if call and not isinstance(call, JsonBlock) else ()
            yield from (one for each in passed for one in passed_lists(each))
        elif containers := self.containers_of(reader):
            yield from lists_in(containers)

    def containers_of(self, task: Address) -> Argument | None:
        """Return the containers of a task definition as its block writes them; None for JSON syntax."""
        block = self._resolver.block(task)
        return block.arguments.get(_CONTAINERS) if block and not isinstance(block, JsonBlock) else None

    def _parse_list(self, text: str, over: str, task: Address) -> WrittenList | None:
        seen = self.evaluate(text, task)
        if not over:
            value = flat(seen) if isinstance(seen, PlainText) else ""
            return (
                WrittenList(text, "", frozenset((value,)))
                if value and has_only_harmless_literals(text, [value])
                else None
            )
        values = [flat(each) for each in seen] if isinstance(seen, list) else []
        if not values or not all(values):
            return None
        collection = self.evaluate(over, task)
        names = [each for each in collection if isinstance(each, str)] if isinstance(collection, (list, dict)) else []
        if not has_only_harmless_literals(text, [*values, *names]):
            return None
        whole = _shortest_expression(text, over, collection)
        return WrittenList(whole, over, frozenset(values))

    def evaluate(self, text: str, place: Address) -> Seen:
        """Evaluate an expression as an instance of a block does."""
        return self._resolver.evaluation.evaluate(self._parse(text), self._resolver.scope_of(place))


def _collection(block: Block | None) -> str:
    written = block.attribute_text("for_each") if block else ""
    return written if _COLLECTION.fullmatch(written) else ""


def _for_expression(collection: str, text: str, *, is_map: bool) -> str:
    element = _EACH_KEY.sub("key", _EACH_VALUE.sub("value" if is_map else "key", text))
    has_key, has_value = (each.search(text) for each in (_EACH_KEY, _EACH_VALUE))
    if has_value and is_map:
        return f"[for {'key, ' if has_key else ''}value in {collection} : {element}]"
    return f"[for key in {f'keys({collection})' if is_map else collection} : {element}]"


def _instance(resource: TextLike) -> tuple[Address, str] | None:
    """Return the resource instance whose ARN a text begins with, if it is one of several, and the rest."""
    first, *rest = pieces(writable(resource))
    symbol = first.symbol if isinstance(first, Unknown) else None
    end = rest[0] if rest else ""
    address = owner_of(first) if symbol is not None and symbol.path == ("arn",) else None
    if address is None or address.key is None or address.mode != "managed" or end not in ("", ":*") or rest[1:]:
        return None
    return address, str(end)


def _is_arn(value: Seen) -> bool:
    written = flat(spelled_out(value)) if isinstance(value, PlainText) else ""
    attribute = written.split("\0")[1] if written.startswith("\0") else ""
    return written.startswith("arn:") or "arn" in attribute.rpartition(".")[2]


def _shortest_expression(text: str, over: str, collection: Seen) -> str:
    """Shorten `[for name, arn in var.secrets : arn]` to `values(var.secrets)`."""
    found = re.fullmatch(r"\[for (?:[\w-]+, )?([\w-]+) in (.*) : ([\w-]+)\]", text)
    if not found or found[1] != found[3] or found[2] != over:
        return text
    return f"values({over})" if isinstance(collection, dict) else over if isinstance(collection, list) else text


def has_only_harmless_literals(text: str, known: Sequence[str]) -> bool:
    """Whether each literal of a list is a part of a known name; any other may be a password."""
    try:
        found = [text[each.start : each.end] for each in tokens(text, 0, len(text)).listed if each.kind in _LITERALS]
    except MalformedError:
        return False
    return all(any(each in one for one in known) for each in found if len(each) > 1 or not each.isdigit())
