"""Which nodes stand for the tree of python-hcl2's grammar?

Rule names are those of the library's `hcl2.lark`. Only offsets and structure are taken from its tree; names and numbers
come from the sources themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from tfcheck.hcl.expression import (
    Binary,
    Call,
    Conditional,
    Expression,
    ForList,
    ForObject,
    ListOf,
    Literal,
    ObjectOf,
    Place,
    Template,
    Unary,
    Variable,
)
from tfcheck.hcl.grammar import OFFSET, tree
from tfcheck.hcl.lexer import DEEPEST_NODES, MalformedError
from tfcheck.hcl.numeral import number
from tfcheck.hcl.reference import Step, followed
from tfcheck.hcl.skeleton import skeleton
from tfcheck.hcl.source import SourceText

if TYPE_CHECKING:
    from lark import Token, Tree

    Rule: TypeAlias = Tree[Token]

#: Reads the quoted string or heredoc at an offset, at a depth.
Templates: TypeAlias = Callable[[int, int], Template]

_WORD = re.compile(r"[\w-]+(?:::[\w-]+)*")
_STEPS = frozenset({"index_expr_term", "get_attr_expr_term", "attr_splat_expr_term", "full_splat_expr_term"})
_CONSTANTS = {"true": True, "false": False, "null": None}


def read(source: SourceText, start: int, end: int, depth: int, templates: Templates) -> Expression:
    """Parse the expression between two offsets, which stands `depth` levels inside another one.

    Raises:
        MalformedError: the grammar does not know it, or it is nested too deeply.
    """
    masked = skeleton(source.text, start, end)
    found = tree(masked.text)
    if found is None:
        raise MalformedError("python-hcl2 cannot parse this expression", start)
    return _Reader(source, start, masked.prefixes, templates).expression(found, depth)


class _Reader:
    """Turns rules into nodes."""

    def __init__(self, source: SourceText, start: int, prefixes: dict[int, str], templates: Templates) -> None:
        self.source = source
        self.start = start
        self.prefixes = prefixes
        self.templates = templates

    def expression(self, rule: Rule, depth: int) -> Expression:
        if depth > DEEPEST_NODES:
            raise MalformedError("nested too deeply", self.start)
        while rule.data == "expr_term":
            rule = _rules(rule)[0]
        place = self.place(rule)
        match str(rule.data):
            case "identifier":
                return Variable(self.word(rule), place)
            case "literal_value":
                return Literal(_CONSTANTS[self.word(rule)], place)
            case "int_lit" | "float_lit":
                return self.number(rule, place)
            case "string":
                return self.templates(self.at(rule), depth)
            case "tuple":
                return ListOf(tuple(self.expression(item, depth + 1) for item in _rules(rule)), place)
            case "object":
                return ObjectOf(tuple(self.item(item, depth + 1) for item in _rules(rule)), place)
            case kind if kind in _STEPS:
                return self.traversal(rule, depth)
            case _:
                return self.operation(rule, depth, place)

    def operation(self, rule: Rule, depth: int, place: Place) -> Expression:
        match str(rule.data):
            case "function_call":
                return self.call(rule, depth + 1, place)
            case "unary_op":
                operators = self.prefixes.get(self.at(rule) - self.start, str(rule.children[0]))
                operand = self.expression(_rules(rule)[0], depth + len(operators))
                return _prefixed(operators, operand, place)
            case "binary_op":
                return self.binary(rule, depth + 1, place)
            case "conditional":
                condition, then, otherwise = (self.expression(arm, depth + 1) for arm in _rules(rule))
                return Conditional(condition, then, otherwise, place)
            case "for_tuple_expr":
                return self.for_list(rule, depth + 1, place)
            case "for_object_expr":
                return self.for_object(rule, depth + 1, place)
            case kind:
                raise MalformedError(f"python-hcl2 gives an unexpected `{kind}`", self.at(rule))

    def binary(self, rule: Rule, depth: int, place: Place) -> Binary:
        left, term = _rules(rule)
        operator, right = _rules(term)
        written = str(operator.children[0]).strip()
        return Binary(written, self.expression(left, depth), self.expression(right, depth), place)

    def number(self, rule: Rule, place: Place) -> Expression:
        written = str(rule.children[0])
        literal = Literal(number(written.removeprefix("-"), self.at(rule)), place)
        if not written.startswith("-"):
            return literal
        # The grammar takes `-12` for one number, but `-1` for an operator.
        return _prefixed(self.prefixes.get(self.at(rule) - self.start, "-"), literal, place)

    def item(self, rule: Rule, depth: int) -> tuple[Expression, Expression]:
        key, value = _rules(rule)
        return self.key(_rules(key)[0], depth), self.expression(value, depth)

    def key(self, rule: Rule, depth: int) -> Expression:
        """Read an object's key, which is a name where it is a bare word."""
        inner = rule
        while inner.data == "expr_term" and len(inner.children) == 1:
            inner = _rules(inner)[0]
        if inner.data in ("identifier", "keyword", "literal_value"):
            return Literal(self.word(inner), self.place(inner))
        return self.expression(rule, depth)

    def call(self, rule: Rule, depth: int, place: Place) -> Call:
        listed = [child for child in _rules(rule) if child.data == "arguments"]
        arguments = tuple(self.expression(argument, depth) for found in listed for argument in _rules(found))
        spread = any(_is_token(child, "ELLIPSIS") for found in listed for child in found.children)
        return Call(self.word(rule), arguments, spread, place)

    def for_list(self, rule: Rule, depth: int, place: Place) -> ForList:
        intro, result, *condition = _rules(rule)
        key, value, collection = self.intro(intro, depth)
        return ForList(key, value, collection, self.expression(result, depth), self.condition(condition, depth), place)

    def for_object(self, rule: Rule, depth: int, place: Place) -> ForObject:
        intro, name, result, *condition = _rules(rule)
        key, value, collection = self.intro(intro, depth)
        return ForObject(
            key,
            value,
            collection,
            self.expression(name, depth),
            self.expression(result, depth),
            any(_is_token(child, "ELLIPSIS") for child in rule.children),
            self.condition(condition, depth),
            place,
        )

    def intro(self, rule: Rule, depth: int) -> tuple[str, str, Expression]:
        *names, collection = _rules(rule)
        key, value = ("", *map(self.word, names))[-2:]
        return key, value, self.expression(collection, depth)

    def condition(self, rules: Sequence[Rule], depth: int) -> Expression | None:
        return self.expression(_rules(rules[0])[0], depth) if rules else None

    def traversal(self, rule: Rule, depth: int) -> Expression:
        """Read a chain of steps.

        The grammar nests them from the left; what stands behind `[*]` belongs to each element instead.
        """
        written: list[Rule] = []
        place = self.place(rule)
        while rule.data in _STEPS:
            rule, step = _rules(rule)
            written.append(step)
            if len(rule.children) == 1:
                rule = _rules(rule)[0]
        depth += sum(len(step.children) for step in written)
        base = self.expression(rule, depth)
        return followed(base, [found for step in reversed(written) for found in self.steps(step, depth)], place)

    def steps(self, rule: Rule, depth: int) -> list[Step]:
        match str(rule.data):
            case "get_attr":
                return [Step(".", name=self.word(_rules(rule)[0]))]
            case "short_index":
                return [Step("[]", key=Literal(number(str(rule.children[1]), self.at(rule)), self.place(rule)))]
            case "braces_index":
                return [Step("[]", key=self.expression(_rules(rule)[0], depth))]
            case splat:
                inner = [found for step in _rules(rule) for found in self.steps(step, depth)]
                return [Step(".*" if splat == "attr_splat" else "[*]"), *inner]

    def at(self, rule: Rule) -> int:
        """Give the offset of a rule in the sources."""
        return int(rule.meta.start_pos) - OFFSET + self.start

    def place(self, rule: Rule) -> Place:
        return self.source.place(self.at(rule))

    def word(self, rule: Rule) -> str:
        """Read a name from the sources: the grammar saw letters beyond ASCII masked."""
        found = _WORD.match(self.source.text, self.at(rule))
        if not found:
            raise MalformedError("a name cannot be read", self.at(rule))
        return found[0]


def _rules(rule: Rule) -> list[Rule]:
    """Give the parts of a rule without its tokens, newlines and comments."""
    return [child for child in rule.children if not isinstance(child, str) and child.data != "new_line_or_comment"]


def _is_token(child: Rule | Token, kind: str) -> bool:
    return isinstance(child, str) and child.type == kind


def _prefixed(operators: str, operand: Expression, place: Place) -> Expression:
    for operator in reversed(operators):
        operand = Unary(operator, operand, place)
    return operand
