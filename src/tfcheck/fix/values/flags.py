"""Find the conditions under which task definitions read what roles lack, as their blocks write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tfcheck.fix.layout.render import quote
from tfcheck.fix.text.policy_statements import flat
from tfcheck.fix.values.written_lists import WrittenLists
from tfcheck.hcl.evaluate.scope import Seen
from tfcheck.hcl.syntax.block import Argument
from tfcheck.hcl.syntax.lexer import MalformedError, Tokens, tokens
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import PlainText
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Answer

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

        What every instance lacks has an empty condition. Nothing where anything else is left, or has no condition.
        """
        found: dict[str, _Lacking] = {}
        for role, answers in lacking.items():
            for condition, named in self._conditions(answers, role):
                found.setdefault(condition, {}).setdefault(role, []).extend(named)
        done: set[int] = set()
        divided: dict[str, _Lacking] = {}
        for condition, several in found.items():
            left = {role: [each for each in answers if id(each) not in done] for role, answers in several.items()}
            if len(several) < len(block) and all(left.values()) and self._holds_only_for(condition, several, block):
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
        for task in self._lists.tasks_of(answers, role):
            own = [each for each in answers if each.requirement.task_definition == str(task)]
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
        """List the conditions in a task definition, each with the texts that depend on it."""
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
