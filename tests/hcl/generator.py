"""Generate random expressions, valid and invalid; the same seed gives the same ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from random import Random
from typing import Final, TypeAlias

from tests.hcl.writing import HERE
from tfcheck.hcl.syntax.expression import (
    Attribute,
    Binary,
    Call,
    Conditional,
    Expression,
    ForList,
    ForObject,
    Index,
    JoinedTexts,
    ListOf,
    Literal,
    ObjectOf,
    Splat,
    Template,
    Unary,
    Variable,
)
from tfcheck.hcl.syntax.template import always_text

_WORDS: Final = ("", "a", "b", "web", "true", "false", "5", "1.5", "0", "x y", "é", 'q"', "${", "1e2", "a/b")
_NUMBERS: Final = (0, 1, 2, 3, 10, -1, 100, Fraction(1, 2), Fraction(1, 10), Fraction(3, 4), 1000000)
_NAMES: Final = ("a", "b", "c", "name")
#: Variables of the root module that the expressions may use, by the kind of their value.
SOURCES: Final = """
variable "text" {
  type    = string
  default = 7
}
variable "number" {
  type    = number
  default = "2.5"
}
variable "flag" {
  type    = bool
  default = "true"
}
variable "none" {
  type    = string
  default = null
}
variable "texts" {
  type    = list(string)
  default = ["b", "a", 1]
}
variable "numbers" {
  type    = set(number)
  default = ["3", 10, 2, 3]
}
variable "map" {
  type    = map(string)
  default = { b = 1, a = "x" }
}
variable "object" {
  type    = object({ a = optional(number, 4), b = optional(string), c = list(any), name = optional(bool, false) })
  default = { b = 5, c = [1, "x"], d = 1 }
}
"""

Draw: TypeAlias = Callable[[int], Expression]


class Generator:
    """Draws expressions of a wanted kind, and now and then of another one."""

    def __init__(self, seed: int, *, catching: bool = True) -> None:
        """Without `catching`, generate no `try` and no `can`."""
        self.catching = catching
        self.random = Random(seed)
        self.names: list[str] = []

    def expression(self, depth: int = 4) -> Expression:
        """Draw any expression."""
        return self.random.choice([self.text, self.number, self.flag, self.sequence, self.mapping])(depth)

    def text(self, depth: int) -> Expression:
        choices: list[Draw] = [self._word, self._variable("text"), self._template, self._template]
        choices += [self._picked, self._chosen(self.text)]
        return self._draw(depth, self._word, choices)

    def number(self, depth: int) -> Expression:
        return self._draw(depth, self._numeral, [self._arithmetic, self._minus, self._variable("number"), self._picked])

    def flag(self, depth: int) -> Expression:
        choices: list[Draw] = [
            self._comparison,
            self._equality,
            self._equality,
            self._logical,
            self._not,
            self._variable("flag"),
        ]
        return self._draw(depth, self._bool, [*choices, self._can])

    def sequence(self, depth: int) -> Expression:
        choices: list[Draw] = [self._list, self._list, self._for_list, self._for_list, self._splat]
        choices += [self._chosen(self.sequence), self._variable("texts"), self._variable("numbers")]
        return self._draw(depth, self._list, choices)

    def mapping(self, depth: int) -> Expression:
        choices: list[Draw] = [self._object, self._object, self._for_object, self._for_object]
        choices += [self._chosen(self.mapping), self._variable("map"), self._variable("object")]
        return self._draw(depth, self._object, choices)

    def _draw(self, depth: int, simple: Draw, choices: Sequence[Draw]) -> Expression:
        if self.names and self.random.random() < 0.3:
            return Variable(self.random.choice(self.names), HERE)
        if depth > 0 and self.random.random() < 0.06:
            return self._other(depth - 1)
        made = self.random.choice(choices) if depth > 0 else simple
        return made(depth - 1)

    def _other(self, depth: int) -> Expression:
        """Draw an expression that may have the wrong type, or that selects a part of the right type."""
        choices: list[Draw] = [self.expression, self._null, self._try, self._chosen(self.expression), self._picked]
        return self.random.choice(choices)(depth)

    def _null(self, depth: int) -> Expression:
        return Literal(None, HERE)

    def _word(self, depth: int) -> Expression:
        return Literal(self.random.choice(_WORDS), HERE)

    def _numeral(self, depth: int) -> Expression:
        number = self.random.choice(_NUMBERS)
        return Unary("-", Literal(-number, HERE), HERE) if number < 0 else Literal(number, HERE)

    def _bool(self, depth: int) -> Expression:
        return Literal(self.random.random() < 0.5, HERE)

    def _variable(self, name: str) -> Draw:
        return lambda depth: Attribute(Variable("var", HERE), name, HERE)

    def _template(self, depth: int) -> Expression:
        parts = [self._part(depth) for _ in range(self.random.randint(1, 3))]
        return Template(tuple(part for part in parts if part != Literal("", HERE)), HERE)

    def _part(self, depth: int) -> Expression:
        kind = self.random.random()
        if kind < 0.35:
            return self._word(depth)
        if kind < 0.5:
            then, otherwise = (always_text((self._part(depth - 1),), HERE) for _ in range(2))
            return Conditional(self.flag(depth - 1), then, otherwise, HERE)
        if kind < 0.6:
            key, value, collection = self._binding(depth)
            parts = self._inside(key, value, lambda: (self._part(depth - 1), self.text(depth - 1)))
            return JoinedTexts(ForList(key, value, collection, always_text(parts, HERE), None, HERE), HERE)
        return self.random.choice([self.text, self.text, self.number, self.flag])(depth)

    def _arithmetic(self, depth: int) -> Expression:
        return Binary(self.random.choice("+-*/%"), self.number(depth), self.number(depth), HERE)

    def _minus(self, depth: int) -> Expression:
        return Unary("-", self.number(depth), HERE)

    def _comparison(self, depth: int) -> Expression:
        return Binary(self.random.choice(["<", "<=", ">", ">="]), self.number(depth), self.number(depth), HERE)

    def _equality(self, depth: int) -> Expression:
        kinds: list[Draw] = [self.text, self.number, self.flag, self.sequence, self.mapping, self.expression]
        kind = self.random.choice(kinds)
        # Only here: as the arm of a conditional a null has a type, which we do not know.
        none = Attribute(Variable("var", HERE), "none", HERE)
        right = none if self.random.random() < 0.1 else kind(depth)
        return Binary(self.random.choice(["==", "!="]), kind(depth), right, HERE)

    def _logical(self, depth: int) -> Expression:
        return Binary(self.random.choice(["&&", "||"]), self.flag(depth), self.flag(depth), HERE)

    def _not(self, depth: int) -> Expression:
        return Unary("!", self.flag(depth), HERE)

    def _chosen(self, kind: Draw) -> Draw:
        return lambda depth: Conditional(self.flag(depth), kind(depth), kind(depth), HERE)

    def _can(self, depth: int) -> Expression:
        if not self.catching:
            return self._bool(depth)
        return Call("can", (self.expression(depth),), False, HERE)

    def _try(self, depth: int) -> Expression:
        if not self.catching:
            return self.expression(depth)
        return Call("try", tuple(self.expression(depth) for _ in range(self.random.randint(1, 3))), False, HERE)

    def _picked(self, depth: int) -> Expression:
        kind = self.random.random()
        if kind < 0.4:
            return Attribute(self.mapping(depth), self.random.choice(_NAMES), HERE)
        if kind < 0.6:
            return Index(self.mapping(depth), self.text(depth - 1), HERE)
        return Index(self.sequence(depth), self.number(0) if kind < 0.9 else self.text(0), HERE)

    def _list(self, depth: int) -> Expression:
        kinds: list[Draw] = [self.text, self.number, self.expression, self.mapping]
        kind = self.random.choice(kinds)
        return ListOf(tuple(kind(depth) for _ in range(self.random.randint(0, 3))), HERE)

    def _object(self, depth: int) -> Expression:
        kinds: list[Draw] = [self.text, self.number, self.expression, self.sequence]
        kind = self.random.choice(kinds)
        items = [(self._name(depth), kind(depth)) for _ in range(self.random.randint(0, 3))]
        return ObjectOf(tuple(items), HERE)

    def _name(self, depth: int) -> Expression:
        if depth > 0 and self.random.random() < 0.15:
            return self.expression(depth - 1)
        return Literal(self.random.choice(_NAMES), HERE)

    def _binding(self, depth: int) -> tuple[str, str, Expression]:
        name = "xyzuvw"[len(self.names) % 6]
        key = self.random.choice(["", f"{name}k"])
        return key, f"{name}v", self.random.choice([self.sequence, self.mapping])(depth - 1)

    def _inside(self, key: str, value: str, draw: Callable[[], tuple[Expression, ...]]) -> tuple[Expression, ...]:
        before = list(self.names)
        self.names += [name for name in (key, value) if name]
        try:
            return draw()
        finally:
            self.names = before

    def _condition(self, depth: int) -> Expression:
        return self.flag(depth - 1)

    def _for_list(self, depth: int) -> Expression:
        key, value, collection = self._binding(depth)
        result, condition = self._inside(key, value, lambda: (self.expression(depth - 1), self._condition(depth)))
        return ForList(key, value, collection, result, condition if self.random.random() < 0.4 else None, HERE)

    def _for_object(self, depth: int) -> Expression:
        key, value, collection = self._binding(depth)
        parts = self._inside(
            key, value, lambda: (self.text(depth - 1), self.expression(depth - 1), self._condition(depth))
        )
        condition = parts[2] if self.random.random() < 0.3 else None
        group = self.random.random() < 0.4
        return ForObject(key, value, collection, parts[0], parts[1], group, condition, HERE)

    def _splat(self, depth: int) -> Expression:
        each: Expression = Variable("*", HERE)
        for _ in range(self.random.randint(0, 2)):
            step = self.random.random()
            each = (
                Attribute(each, self.random.choice(_NAMES), HERE) if step < 0.7 else Index(each, self._numeral(0), HERE)
            )
        return Splat(self.random.choice([self.sequence, self.mapping, self.expression])(depth), each, HERE)
