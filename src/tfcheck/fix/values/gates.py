"""Find conditions for statements: flags of task definitions, and instances that another plan may not have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from tfcheck.fix.layout.render import quote
from tfcheck.fix.needed_statements import NeededStatement, Reference, references_in, with_gate, with_gates
from tfcheck.fix.text.policy_statements import flat
from tfcheck.fix.values.list_lengths import collection_of, may_vary
from tfcheck.fix.values.repetition import Statements
from tfcheck.fix.values.spelling import Spelling
from tfcheck.fix.values.written_lists import WrittenLists
from tfcheck.hcl.evaluate.scope import EvaluationError, Seen
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.expression import Call, Conditional, ForList, ForObject, Splat
from tfcheck.hcl.syntax.lexer import MalformedError, Tokens, tokens
from tfcheck.hcl.syntax.parse import reference_text
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.resolve import Resolver
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import PlainText
from tfcheck.vocabulary.address import Address, ModulePath
from tfcheck.vocabulary.finding import Answer
from tfcheck.vocabulary.grouping import group_by_key

_OWN_INDEX = ("each.key", "count.index")
#: The doubt about literals that come from variables.
OF_THIS_PLAN = "it contains values that another plan of these files may not share"
_ALL = regex(r"\[\*\]|^\[for group in ")
_INPUT = regex(r'\bvar\.([\w-]+)(?:\.[\w-]+|\["[^"]*"\])')
#: A value from a caller, or an element that a block is repeated for.
_GIVEN = regex(r"(?:var\.([\w-]+)|each\.value\b)")
_ABSENT = {"null": None, '""': ""}
_BUCKET_OF = regex(r'split\("/", (.+)\)\[0\]')
_INSTANCE = regex(r'(?<![\w-])((?:data\.)?[^\W\d][\w-]*\.[^\W\d][\w-]*)\[(\d+|"[^"]*"|each\.key|count\.index)\]')


class Gates:
    """Finds the conditions for the existence of what a policy names."""

    def __init__(self, resolver: Resolver, lists: WrittenLists) -> None:
        self._resolver = resolver
        self._lists = lists

    def for_references(self, statements: Statements, places: Sequence[Address], block: Block | None) -> Statements:
        """Add conditions to statements whose references may be missing in an instance of a block, or another plan."""
        return with_gates(statements, lambda each: self._of(each, places, block))

    def for_lists(self, statements: Statements, place: Address) -> Statements:
        """Add conditions to statements whose lists may be empty in another plan."""
        block = self._resolver.block(place)
        return tuple(
            with_gate(each, f"length({collection_of(each.resource_list)}) > 0")
            if each.resource_list and may_vary(each.resource_list, place.module, block, self._resolver)
            else each
            for each in statements
        )

    def _of(self, reference: Reference, places: Sequence[Address], block: Block | None) -> str:
        part = _BUCKET_OF.fullmatch(reference.expression)
        reference = Reference(part[1]) if part else reference
        module = self._resolver.module_sources(places[0].module) if places else None
        if module is None:
            return ""
        if absent := [f"{reference.expression} != {each}" for each in self._missing_value(reference, places, module)]:
            return " && ".join(absent)
        if block is None or isinstance(block, JsonBlock) or reference.over:
            return ""
        found: list[str] = []
        for each in _INSTANCE.finditer(reference.expression):
            base, key = each.groups()
            varies = may_vary(Reference(base, base), places[0].module, None, self._resolver)
            if varies and not _is_relied_on(each[0], block, module):
                is_number = key.isdigit() or key == "count.index"
                found.append(f"length({base}) > {key}" if is_number else f"contains(keys({base}), {key})")
        return " && ".join(dict.fromkeys(found))

    def _missing_value(self, reference: Reference, places: Sequence[Address], module: Module) -> list[str]:
        """Return a value that callers may pass and that is not an ARN."""
        found = _GIVEN.match(reference.expression)
        variable = module.variable(found[1]) if found and found[1] else None
        default = variable.attribute_text("default") if variable is not None else ""
        if found is None or default in _ABSENT:
            return [default] if found else []
        try:
            seen = [self._lists.evaluate(reference.expression, each) for each in places]
        except EvaluationError:
            return ["null"]
        return [text for text, value in _ABSENT.items() if value in seen]


def explain_doubts(
    statements: Statements, place: Block, module: ModulePath, spelling: Spelling, resolver: Resolver, gate: str
) -> tuple[str, ...]:
    """Return why statements in a block, there only with `gate`, may be wrong for another plan of the same sources."""
    sources = resolver.module_sources(module)

    def varies(base: str) -> bool:
        return may_vary(Reference(base, base), module, None, resolver)

    missing = gated_instance(statements, place, sources, gate, varies) if sources else ""
    if missing:
        return (f"it names {missing}, which another plan of these files may not have",)
    if any(spelling.is_of_this_plan(each) for one in statements for each in one.resources):
        return (OF_THIS_PLAN,)
    every = [(each.resource_list, each.gate) for each in statements if each.resource_list]
    # NOTE: a collection with an index is written in the task definition, which reads all of it.
    own = (each for each, _ in every if each.over.startswith("aws_") and "[" not in each.over)
    whole = next((each.over for each in own if _ALL.search(each.expression)), "")
    if whole:
        return (f"it names all instances of {whole}",)
    vary = (each.over for each, gated in every if not gated and may_vary(each, module, place, resolver))
    over = "" if gate else next(vary, "")
    return (f"a policy is invalid if `{over}` is empty in another plan of these files",) if over else ()


def gated_instance(
    statements: Statements, place: Block, module: Module, gate: str = "", varies: Callable[[str], bool] = lambda _: True
) -> str:
    """Return an instance that statements in a block refer to although it may not exist; empty if there is none.

    `gate` is a condition for all of them; `varies` tests whether the instances of a block differ between plans.
    """
    names = (
        each[0]
        for one in statements
        for expression in _expressions([one])
        for each in _INSTANCE.finditer(expression)
        # NOTE: an instance that is named by its own key is missing with that key, also from a written set.
        if each[1] not in f"{one.gate} {gate}" and (each[2] not in _OWN_INDEX or varies(each[1]))
    )
    found = next((each for each in names if not _is_relied_on(each, place, module)), "")
    return found or next(_keys_of_callers(statements, module), "")


def _keys_of_callers(statements: Statements, module: Module) -> Iterator[str]:
    """Yield the map elements that callers pass and that the module itself does not name."""
    for expression in _expressions(statements):
        for each in _INPUT.finditer(expression):
            variable = module.variable(each[1])
            kind = variable.arguments.get("type") if variable else None
            is_map = kind is not None and kind.source.text.startswith("map(", kind.value_start)
            if is_map and not any(each[0] in file.source.text for file in module.files):
                yield each[0]


def _expressions(statements: Iterable[NeededStatement]) -> Iterator[str]:
    # NOTE: a list is the task definition's, which relies on every instance in it.
    yield from (each.expression for each in references_in(statements) if not each.over)


def _is_relied_on(instance: str, place: Block, module: Module) -> bool:
    base = instance[: instance.index("[")]
    named = _block(base, module)
    if named is None or named.repetition in (None, place.repetition):
        return True
    # NOTE: single blocks exist whenever this one does, and those that are repeated in the same way.
    kinds, same = ("resource", "data", "module"), (None, place.repetition)
    blocks = [each for each in module.blocks if each.type in kinds and each.repetition in same]
    for name in dict.fromkeys((instance, instance.replace("[count.index]", "[0]"))):
        beside = (each for each in blocks if name in each.text)
        if any(_names(one.expression, name) for each in beside for one in each.all_arguments()):
            return True
    return False


def _names(part: object, instance: str) -> bool:
    """Whether an expression cannot be evaluated without an instance."""
    match part:
        case Conditional(condition=first) | Splat(source=first):
            return _names(first, instance)
        case ForList(collection=first) | ForObject(collection=first):
            return _names(first, instance)
        case Call(name="try" | "can"):
            return False
        case tuple():
            return any(_names(each, instance) for each in part)
        case msgspec.Struct():
            written = reference_text(part) or ""  # type: ignore[arg-type]  # a node of an expression
            inside = (getattr(part, each) for each in part.__struct_fields__)
            return f"{written}.".startswith(f"{instance}.") or any(_names(each, instance) for each in inside)
        case _:
            return False


def _block(base: str, module: Module) -> Block | None:
    *mode, kind, name = base.split(".")
    if kind == "module" and not mode:
        return module.call(name)
    if kind in ("var", "local", "each"):
        return None
    return module.resource("data" if mode else "resource", kind, name)


#: A condition on the element or the key of the instance, or on an input or local value of the module.
_PART = (
    r'(?:!?[\w.()\[\], "]*\b(?:(?:each\.value|var|local)\.[\w.]+|each\.key\b)[\w.()\[\], ]*'
    r'(?: [!=<>]=? (?:null|true|false|0|""))?|each\.key [!=]= "[\w-]+")'
)
_CONDITION = regex(rf"{_PART}(?: && {_PART})*")
#: What a condition becomes if it must not hold.
_OPPOSITES = {" == ": " != ", " != ": " == "}
_LONGEST = 80
#: What begins before a condition, and what ends after an arm.
_BEFORE = frozenset(("=", ":", ",", "?", "newline", "(", "[", "{", "${"))
_AFTER = frozenset((",", "newline", "end", "close"))


#: What each role of a block lacks.
_Lacking = dict[Address, list[Answer]]


class Flags:
    """Finds conditions in the task definitions of one plan."""

    def __init__(self, lists: WrittenLists) -> None:
        self._lists = lists
        self._known: dict[Address, list[tuple[str, list[str]]]] = {}

    def divide(self, lacking: Mapping[Address, Sequence[Answer]], block: Sequence[Address]) -> dict[str, _Lacking]:
        """Divide what roles lack by the conditions that hold for these roles only, of all instances of their block.

        What every instance lacks has an empty condition, unless another plan may have an element for which it does not
        hold. Nothing where anything else is left, or has no condition.
        """
        found: dict[str, _Lacking] = {}
        for role, answers in lacking.items():
            for condition, named in self._conditions(answers, role):
                found.setdefault(condition, {}).setdefault(role, []).extend(named)
        done: set[int] = set()
        divided: dict[str, _Lacking] = {}
        for condition, several in found.items():
            left = {role: [each for each in answers if id(each) not in done] for role, answers in several.items()}
            varies = len(several) < len(block) or "each.value" in condition
            if varies and all(left.values()) and self._holds_only_for(condition, several, block):
                divided[condition] = left
                done |= {id(each) for answers in left.values() for each in answers}
        rest = {
            role: own for role, answers in lacking.items() if (own := [one for one in answers if id(one) not in done])
        }
        if rest and (not divided or rest.keys() != set(block)):
            return {}
        return {"": rest, **divided} if rest else divided

    def _holds_only_for(self, condition: str, roles: Mapping[Address, object], block: Sequence[Address]) -> bool:
        return all(self._lists.evaluate(condition, each) is (each in roles) for each in block)

    def _conditions(self, answers: Sequence[Answer], role: Address) -> Iterator[tuple[str, list[Answer]]]:
        """Yield the conditions under which task definitions read something, and what a role lacks for that."""
        by_task = group_by_key((each.requirement.task_definition, each) for each in answers)
        for task in self._lists.tasks_of(answers, role):
            own = by_task.get(str(task), [])
            for condition, texts in self._texts_by_condition(task):
                translated = self._lists.translate(role, condition, task)
                values = [flat(each.requirement.resource) for each in own]
                named = {
                    (each.requirement.container, each.requirement.pointer)
                    for each, value in zip(own, values, strict=True)
                    if value and any(value in one for one in texts)
                }
                needed = [one for one in own if (one.requirement.container, one.requirement.pointer) in named]
                yield from [(translated, needed)] if translated and needed else []

    def _texts_by_condition(self, task: Address) -> list[tuple[str, list[str]]]:
        """Return the conditions in a task definition, each with the texts that depend on it."""
        if task not in self._known:
            argument = self._lists.containers_of(task)
            found = choices_in(argument) if argument is not None else ()
            self._known[task] = [(each, list(_texts_in(self._lists.evaluate(one, task)))) for each, one in found]
        return self._known[task]


def has_key(roles: Iterable[Address]) -> str:
    """Write the condition that holds for the instances with the keys of these roles."""
    keys = [quote(str(each.key)) for each in roles]
    return f"each.key == {keys[0]}" if len(keys) == 1 else f"contains([{', '.join(keys)}], each.key)"


def _texts_in(seen: Seen) -> Iterator[str]:
    if isinstance(seen, PlainText):
        yield flat(seen)
    elif isinstance(seen, (list, dict)):
        for each in seen.values() if isinstance(seen, dict) else seen:
            yield from _texts_in(each)


def choices_in(argument: Argument) -> Iterator[tuple[str, str]]:
    """Yield the conditions in an expression, each with the expression that depends on it."""
    text = argument.source.text
    try:
        found = tokens(text, argument.value_start, argument.value_end)
    except MalformedError:
        return
    openings = {end: start for start, end in found.closings.items()}
    for index, token in enumerate(found.listed):
        if token.kind == "?":
            condition = text[found.listed[_first(found, openings, index)].start : token.start].strip()
            if len(condition) <= _LONGEST and _CONDITION.fullmatch(condition):
                yield from _arms(text, found, index, condition)


def _first(found: Tokens, openings: dict[int, int], index: int) -> int:
    """Return the index of the first token of the condition before an index."""
    while index > 0 and found.listed[index - 1].kind not in _BEFORE:
        index = openings.get(index - 1, index - 1)
    return index


def _arms(text: str, found: Tokens, index: int, condition: str) -> Iterator[tuple[str, str]]:
    colon = _last(found, index + 1, ":")
    if found.listed[colon].kind == ":":
        end = _last(found, colon + 1, "")
        then = text[found.listed[index + 1].start : found.listed[colon].start].strip()
        otherwise = text[found.listed[colon + 1].start : found.listed[end].start].strip()
        yield condition, then
        yield _opposite(condition), otherwise


def _opposite(condition: str) -> str:
    for sign, other in _OPPOSITES.items():
        if sign in condition and "&&" not in condition:
            return condition.replace(sign, other)
    if " " in condition:
        return f"!({condition})"
    return condition[1:] if condition.startswith("!") else f"!{condition}"


def _last(found: Tokens, index: int, kind: str) -> int:
    """Return the index of the token of a kind, or that ends the expression, after an arm that begins at an index."""
    while index < len(found.listed) - 1 and found.listed[index].kind not in (kind, *_AFTER, ")", "]", "}"):
        index = found.closings.get(index, index) + 1
    return index
