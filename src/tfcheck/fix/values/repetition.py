"""Write one policy for several instances of a role, or of a module, in the terms of each (`each.key`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import msgspec

from tfcheck.fix.layout.render import quote
from tfcheck.fix.needed_statements import (
    NeededStatement,
    Reference,
    Spelled,
    free,
    join_statements,
    references_in,
    rewrite,
)
from tfcheck.hcl.evaluate.scope import Seen
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.expression import Index, Literal, all_nodes
from tfcheck.hcl.syntax.parse import reference_text
from tfcheck.resolve import Resolver
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.vocabulary.address import InstanceKey, ModulePath

_NAME = regex(r"[A-Za-z_][\w-]*")
_EACH_VALUE = regex(r"\beach\.value\b")
_INSTANCE = regex(r"\b(?:each|count)\.")
_RESOURCE = regex(r"\A(?:data\.)?aws_\w+\.")
_OTHER_COUNT = regex(r"(length\([^()&]*\)) > count\.index")
_NEGATED = regex(r"!([\w.]+)")

#: A `count` of at most one.
AT_MOST_ONE = regex(r"\? (?:1 : 0|0 : 1)$")
#: The statements of one policy.
Statements = tuple[NeededStatement, ...]


class InstanceTerms(msgspec.Struct, frozen=True):
    """An instance: its key, and the value of `each.value` in it."""

    key: InstanceKey = None
    element: Seen = None


def names_only_first(block: Block) -> bool:
    """Whether a block names the first element of something, and nothing by its own index."""
    nodes = [node for each in block.all_arguments() for node in all_nodes(each.expression)]
    keys = [each.key for each in nodes if isinstance(each, Index)]
    is_first = any(isinstance(each, Literal) and each.value == 0 for each in keys)
    return is_first and not any(reference_text(each) == "count.index" for each in nodes)


def terms_of_call(call: Block, caller: ModulePath, key: InstanceKey, resolver: Resolver) -> InstanceTerms:
    """Return the key of a module call's instance, and its element of `for_each`."""
    for_each = call.attribute("for_each")
    seen = resolver.evaluation.see_safely(for_each, resolver.module_scope(caller)) if for_each else None
    return InstanceTerms(key, seen.get(str(key)) if isinstance(seen, Mapping) else None)


class SharedStatements(msgspec.Struct, frozen=True):
    """The statements that several instances share; `by_value`: they name `each.value`.

    With `filled` some of the instances lack only a part of them, with `flagged` they have the conditions for that: what
    task definitions test, or if `keyed`, the keys.
    """

    statements: Statements
    by_value: bool = False
    filled: bool = False
    flagged: bool = False
    keyed: bool = False


def share_statements(
    instances: Sequence[tuple[InstanceTerms, Statements]], *, by_value: bool = True, fills: bool = False
) -> SharedStatements | None:
    """Write what all instances lack as one statement, with `each.value` only if `by_value`; None where they differ.

    With `fills` they then get what any of them lacks, as far as each gets only what belongs to it.
    """
    words = (_no_words, _own_words, _key_words, _all_words) if by_value else (_no_words, _key_words)
    plain, *others = (
        [rewrite(each, partial(_spell_in_terms, terms=terms, words=names(terms))) for terms, each in instances]
        for names in words
    )
    ways = (plain, [statements for _, statements in instances], *others)
    equal = (each[0] for each in ways if all(one == each[0] for one in each))
    shared = next((each for each in equal if by_value or not _names_value(each)), None)
    if shared is not None or not fills:
        return SharedStatements(shared, _names_value(shared)) if shared is not None else None
    # What names one instance literally would be granted to all.
    own = _INSTANCE if any(terms.key is not None for terms, _ in instances) else _RESOURCE
    joined = (join_statements(one for each in way for one in each) for way in (*others, plain))
    usable = (each for each in joined if each and all(_refers(each, own)) and (by_value or not _names_value(each)))
    best = min(usable, key=lambda way: sum(len(each.resources) for each in way), default=None)
    return SharedStatements(best, _names_value(best), filled=True) if best is not None else None


def with_flags(
    groups: Sequence[tuple[str, Sequence[tuple[InstanceTerms, Statements]]]], *, by_value: bool, keyed: bool
) -> SharedStatements | None:
    """Write what instances lack by the conditions for it, on keys if `keyed`; None if those of one condition differ."""
    found: list[NeededStatement] = []
    for gate, instances in groups:
        shared = share_statements(instances, by_value=by_value)
        if shared is None:
            return None
        taken = {one.sid for one in found}
        found += [msgspec.structs.replace(each, sid=free(each.sid, taken), gate=gate) for each in shared.statements]
    is_by_value = _names_value(tuple(found))
    return SharedStatements(tuple(found), is_by_value, False, True, keyed) if by_value or not is_by_value else None


def names_instance(statement: NeededStatement) -> bool:
    """Whether a statement names the instance of its block: `each.key`, `count.index`."""
    return any(_INSTANCE.search(each.expression) for each in references_in([statement]))


def _names_value(statements: Statements) -> bool:
    return any(_refers(statements, _EACH_VALUE)) or any(_EACH_VALUE.search(each.gate) for each in statements)


def _refers(statements: Statements, to: re.Pattern[str]) -> Iterator[bool]:
    """Yield for each resource of statements whether it is written with a reference of a kind."""
    for one in (one for each in statements for one in each.resources):
        yield any(isinstance(part, Reference) and to.search(part.expression) is not None for part in one)


def _no_words(_: InstanceTerms) -> dict[str, str]:
    return {}


def _own_words(terms: InstanceTerms) -> dict[str, str]:
    """Return the key, and the values of the element that contain it: `shop/${key}/db` is for this instance."""
    return {each: name for each, name in _all_words(terms).items() if str(terms.key) in each}


def _key_words(terms: InstanceTerms) -> dict[str, str]:
    return {terms.key: "each.key"} if isinstance(terms.key, str) else {}


def _all_words(terms: InstanceTerms) -> dict[str, str]:
    return {**dict(_leaves("each.value", terms.element)), **_key_words(terms)}


def _leaves(expression: str, seen: Seen) -> list[tuple[str, str]]:
    if isinstance(seen, Sensitive):
        return []
    if isinstance(seen, str):
        return [(seen, expression)] if seen else []
    if isinstance(seen, dict):
        names = [each for each in seen if _NAME.fullmatch(each)]
        return [pair for each in names for pair in _leaves(f"{expression}.{each}", seen[each])]
    return []


def _spell_in_terms(spelled: Spelled, terms: InstanceTerms, words: Mapping[str, str]) -> Spelled:
    found: list[str | Reference] = []
    for each in spelled:
        if isinstance(each, Reference):
            found.append(Reference(_with_key(each.expression, terms.key), each.over))
        else:
            found += _split(each, words)
    return tuple(found)


def _with_key(expression: str, key: InstanceKey) -> str:
    if key is None:
        return expression
    index = f"[{key}]" if isinstance(key, int) else f"[{quote(key)}]"
    own = "[count.index]" if isinstance(key, int) else "[each.key]"
    found, *parts = expression.split(index)
    for part in parts:
        is_instance = found[-1:].isalnum() or found.endswith("_")  # an index after a call is not that of an instance
        found += (own if is_instance else index) + part
    return found


def _split(text: str, words: Mapping[str, str]) -> list[str | Reference]:
    """Replace the words of an instance in a literal, but not inside other words."""
    if not any(each in text for each in words):
        return [text] if text else []
    listed = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    parts = re.split(rf"(?<![A-Za-z0-9])({listed})(?![A-Za-z0-9])", text)
    found = [Reference(words[each]) if number % 2 else each for number, each in enumerate(parts)]
    return [each for each in found if each != ""]


class Repeated(msgspec.Struct, frozen=True):
    """What a policy is repeated for: instances of `base` (`aws_iam_role.execution`, `module.service`).

    `attribute` is the role's name there, `block` the block with `for_each` or `count`, `keys` the instances that the
    policy is for; with `others` there are more, of which a `condition` is false, if there is one.
    """

    base: str
    attribute: str
    block: Block
    keys: tuple[InstanceKey, ...]
    others: bool
    condition: str = ""

    @property
    def is_repeated(self) -> bool:
        """Whether there are, or may be, several instances."""
        return self.block.repetition is not None

    @property
    def is_counted(self) -> bool:
        """Whether the instances are numbered."""
        return "count" in self.block.arguments

    @property
    def names_keys(self) -> bool:
        """Whether the instances are chosen by their keys."""
        return self.others and self.is_repeated and not self.condition

    @property
    def only_key(self) -> InstanceKey:
        """The key, if the only instance is chosen by it."""
        return self.keys[0] if self.names_keys and len(self.keys) == 1 else None

    def can_use_values(self) -> bool:
        """Whether the collection of `for_each` can be used a second time."""
        collection = self._collection()
        is_clear = "\n" not in collection and not (self.others and " for " in collection)
        return is_clear and not self.is_counted

    def repetition(self, *, by_value: bool) -> tuple[str, str] | None:
        """Return the argument that repeats the policy, and its expression."""
        if not self.is_repeated:
            return None
        collection = self._collection() if by_value else self.base
        if self.others:
            name = "index" if self.is_counted else "key"
            what = "call" if self.base.startswith("module.") else "role"
            value = "value" if by_value else what
            keys = [str(each) if isinstance(each, int) else quote(str(each)) for each in self.keys]
            choice = f"{name} == {keys[0]}" if len(keys) == 1 else f"contains([{', '.join(keys)}], {name})"
            choice = choice if "each.value" in self.condition and not by_value else self.condition or choice
            choice = choice.replace("each.", "")
            collection = f"({collection})" if "?" in collection else collection
            return "for_each", f"{{ for {name}, {value} in {collection} : {name} => {value} if {choice} }}"
        return ("count", f"length({self.base})") if self.is_counted else ("for_each", collection)

    def only_where(self, gate: str, *, by_value: bool) -> str:
        """Return the repetition where also a gate is open; empty if that cannot be written."""
        if not self.is_repeated:
            negated = _NEGATED.fullmatch(gate)
            return f"{negated[1]} ? 0 : 1" if negated else f"{gate} ? 1 : 0" if gate else ""
        if by_value or self.others or not gate:
            return ""
        if not self.is_counted:
            return f"{{ for key, role in {self.base} : key => role if {gate.replace('each.key', 'key')} }}"
        if counted := _OTHER_COUNT.fullmatch(gate):
            return f"min(length({self.base}), {counted[1]})"
        return f"{gate} ? length({self.base}) : 0" if "count." not in gate else ""

    def role(self, *, by_value: bool) -> str:
        """Write the name of the role in the repeated policy."""
        if not self.is_repeated:
            return f"{self.base}.{self.attribute}"
        if self.others or not self.is_counted:
            return f"{self.base}[each.key].{self.attribute}" if by_value else f"each.value.{self.attribute}"
        return f"{self.base}[count.index].{self.attribute}"

    def made_keys(self) -> list[InstanceKey]:
        """Return the keys of the policy's instances."""
        if not self.is_repeated:
            return [None]
        return [str(each) for each in self.keys] if self.others else list(self.keys)

    def _collection(self) -> str:
        return self.block.repetition[1].removeprefix('"${').removesuffix('}"') if self.block.repetition else ""


def use_each_key(statements: Statements) -> Statements:
    """Replace `count.index` by `each.key`: a policy for some instances of a counted role uses a map."""

    def write(spelled: Spelled) -> Spelled:
        return tuple(
            Reference(each.expression.replace("[count.index]", "[each.key]"), each.over)
            if isinstance(each, Reference)
            else each
            for each in spelled
        )

    return rewrite(statements, write)
