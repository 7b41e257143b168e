"""Parse expressions by precedence climbing.

Follows the HCL native syntax specification (https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md), and
Terraform where it is stricter. Every rule is a generator that yields the rules it needs (`tfcheck.hcl.syntax.cursor`).
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from tfcheck.hcl.syntax.cursor import Cursor, Rule
from tfcheck.hcl.syntax.expression import (
    Attribute,
    Binary,
    Call,
    Conditional,
    Expression,
    ForList,
    ForObject,
    Index,
    ListOf,
    Literal,
    ObjectOf,
    Place,
    Splat,
    Template,
    Unary,
    Unreadable,
    Variable,
    inner_nodes,
)
from tfcheck.hcl.syntax.lexer import DEEPEST_NODES, MalformedError, template_tokens, tokens
from tfcheck.hcl.syntax.literals import number, unescape
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.template import template

#: The precedence of an operator.
_LEVELS = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6}
_CONSTANTS = {"true": True, "false": False, "null": None}
#: The tokens after which an expression definitely ends.
_ENDS = frozenset(("newline", ",", ")", "]", "}", "end"))


def parse(text: str, place: Place) -> Expression:
    """Parse the text of an expression that begins at `place`; an `Unreadable` if that fails."""
    return parse_range(SourceText(place.file, text, place.line), 0, len(text))


def parse_range(source: SourceText, start: int, end: int) -> Expression:
    """Parse the expression between two offsets of a file; an `Unreadable` if that fails."""
    try:
        parser = _Parser(source, tokens(source.text, start, end))
        found = parser.plain()
        return found if found and parser.kind == "end" else parser.parse_all(parser.expression(), start)
    except MalformedError as fault:
        return Unreadable(fault.message, source.place(fault.offset))


def parse_template(text: str, place: Place) -> Template | Unreadable:
    """Parse the text of a template file that begins at `place`; an `Unreadable` if that fails."""
    return template_of(SourceText(place.file, text, place.line))


def template_of(source: SourceText) -> Template | Unreadable:
    """Parse a text that is a single template; an `Unreadable` if that fails."""
    try:
        parser = _Parser(source, template_tokens(source.text))
        found = parser.parse_all(parser.template(), 0)
    except MalformedError as fault:
        return Unreadable(fault.message, source.place(fault.offset))
    assert isinstance(found, Template)
    return found


def reference_text(expression: Expression) -> str:
    """Write a reference as the sources do (`tags["x"]`); empty if it is not one."""
    match expression:
        case Variable(name=name) | Template(parts=(Literal(value=str(name)),)):
            return name
        case Attribute(source=source, name=name):
            return f"{reference_text(source)}.{name}"
        case Index(source=source, key=Template(parts=(Literal(value=str(key)),))):
            return f'{reference_text(source)}["{key}"]'
        case Index(source=source, key=Literal(value=key)):
            return f"{reference_text(source)}[{key}]"
        case _:
            return ""


def constant_text(expression: Expression | None) -> str | None:
    """Return the text of a string without interpolations; None for anything else."""
    match expression:
        case Template(parts=(Literal(value=str(written)),)):
            return written
        case _:
            return None


class _Parser(Cursor):
    """The rules of the grammar."""

    def parse_all(self, rule: Rule, start: int) -> Expression:
        """Run a rule that must consume all tokens."""
        found = self.run_rule(rule)
        if self.kind != "end":
            raise self.unexpected_token()
        if len(self.tokens.listed) > DEEPEST_NODES and _is_deep(found):
            raise MalformedError("limit: nested too deeply", start)
        return found

    def plain(self) -> Expression | None:
        """Parse a number, a reference such as `a.b` or a string without interpolations; None for anything else.

        NOTE: most expressions are one of these, and take a fifth of the time without the rules.
        """
        listed, place = self.tokens.listed, self.place
        token, index = listed[self.index], self.index + 1
        written = self.source.text[token.start : token.end]
        found: Expression
        match token.kind:
            case '"' if self.tokens.closings[self.index] <= index + 1:
                index = self.tokens.closings[self.index] + 1
                written = self.source.text[token.end : listed[index - 1].start]
                found = Template((Literal(unescape(written), place),) if written else (), place)
            case "word":
                found = Literal(_CONSTANTS[written], place) if written in _CONSTANTS else Variable(written, place)
                while listed[index].kind == "." and listed[index + 1].kind == "word":
                    token = listed[index + 1]
                    found = Attribute(found, self.source.text[token.start : token.end], place)
                    index += 2
            case "number":
                found = Literal(number(written, token.start), place)
            case _:
                return None
        if listed[index].kind not in _ENDS or index - self.index > DEEPEST_NODES:
            return None
        self.index = index
        return found

    def expression(self) -> Rule:
        """Parse an operation, or `condition ? then : otherwise`."""
        place = self.place
        found = yield from self.operation(1)
        if not self.accept("?"):
            return found
        then = yield self.expression()
        self.expect(":")
        otherwise = yield self.expression()
        return Conditional(found, then, otherwise, place)

    def operation(self, weakest: int) -> Rule:
        """Parse operands while the operators between them bind at least as tightly as `weakest`."""
        place = self.place
        found = yield from self.operand()
        links = 0
        while (level := _LEVELS.get(self.kind, 0)) >= weakest:
            links = self.count(links)
            operator = self.expect(self.kind)
            right = yield from self.operation(level + 1)
            found = Binary(operator, found, right, place)
        return found

    def operand(self) -> Rule:
        """Parse a term with its operators: `!` and `-` before it, `.name`, `[key]` and `[*]` after it."""
        prefixes: list[tuple[str, Place]] = []
        while self.kind in ("!", "-"):
            self.count(len(prefixes))
            prefixes.append((self.kind, self.place))
            self.index += 1
        place = self.place
        found = yield from self.term()
        found = yield from self.steps(found, place)
        for operator, before in reversed(prefixes):
            found = Unary(operator, found, before)
        return found

    def count(self, links: int) -> int:
        """Count a link of a chain, each of which nests the previous ones one level deeper."""
        if links >= DEEPEST_NODES:
            raise MalformedError("limit: nested too deeply", self.token.start)
        return links + 1

    def term(self) -> Rule:
        """Parse a constant, a name, a call, a template or something in brackets."""
        token, place = self.token, self.place
        match token.kind:
            case "word":
                return (yield from self.name_or_call(place))
            case "number":
                return Literal(number(self.expect("number"), token.start), place)
            case '"' | "<<":
                text: Expression = yield self.template()
                return text
            case "(":
                self.index += 1
                found: Expression = yield self.expression()
                self.expect(")")
                return found
            case "[":
                self.index += 1
                return (yield from self.for_expression("]", place) if self.next_is("for") else self.list_of(place))
            case "{":
                self.index += 1
                return (yield from self.for_expression("}", place) if self.next_is("for") else self.object_of(place))
        raise self.unexpected_token()

    def template(self) -> Rule:
        """Parse a string, a heredoc or a template file."""
        return template(self, self.expression, self.binding)

    def name_or_call(self, place: Place) -> Rule:
        """Parse a constant, a variable or a call."""
        name = self.expect("word")
        while self.accept("::"):
            name += f"::{self.expect('word')}"
        if self.accept("("):
            return (yield from self.call(name, place))
        if "::" in name:
            raise self.unexpected_token()
        return Literal(_CONSTANTS[name], place) if name in _CONSTANTS else Variable(name, place)

    def call(self, name: str, place: Place) -> Rule:
        arguments: list[Expression] = []
        spread = False
        while self.kind != ")":
            arguments.append(self.plain() or (yield self.expression()))
            spread = self.accept("...")
            if spread or not self.accept(","):
                break
        self.expect(")")
        return Call(name, tuple(arguments), spread, place)

    def list_of(self, place: Place) -> Rule:
        items: list[Expression] = []
        while self.kind != "]":
            items.append(self.plain() or (yield self.expression()))
            if not self.accept(","):
                break
        self.expect("]")
        return ListOf(tuple(items), place)

    def object_of(self, place: Place) -> Rule:
        items: list[tuple[Expression, Expression]] = []
        while not self.accept("}"):
            if self.accept("newline"):
                continue
            key = self.bare_key() or (yield self.expression())
            if not self.accept(":"):
                self.expect("=")
            items.append((key, self.plain() or (yield self.expression())))
            if self.kind != "}" and not self.accept("newline"):
                self.expect(",")
        return ObjectOf(tuple(items), place)

    def bare_key(self) -> Literal | None:
        """Parse a key that is only a name; None for any other key."""
        if self.kind != "word" or self.tokens.listed[self.index + 1].kind not in ("=", ":"):
            return None
        place = self.place
        return Literal(self.expect("word"), place)

    def for_expression(self, closing: str, place: Place) -> Rule:
        """Parse `for` in a list or, if it ends with `}`, in an object."""
        key, value, collection = yield from self.binding()
        self.expect(":")
        first: Expression = yield self.expression()
        result, group = first, False
        if closing == "}":
            self.expect("=>")
            result = yield self.expression()
            group = self.accept("...")
        condition: Expression | None = None
        if self.next_is("if"):
            self.index += 1
            condition = yield self.expression()
        self.expect(closing)
        if closing == "]":
            return ForList(key, value, collection, result, condition, place)
        return ForObject(key, value, collection, first, result, group, condition, place)

    def binding(self) -> Generator[Rule, Any, tuple[str, str, Expression]]:
        """Parse `for k, v in collection`; the key is empty if there is only one name."""
        self.expect("word")
        key, value = "", self.expect("word")
        if self.accept(","):
            key, value = value, self.expect("word")
        if not self.next_is("in"):
            raise self.unexpected_token()
        self.index += 1
        return key, value, (yield self.expression())

    def steps(self, found: Expression, place: Place) -> Rule:
        """Parse the steps of a chain; those after `[*]` apply to each element."""
        sources: list[Expression] = []
        links = 0
        while self.kind in (".", "["):
            links = self.count(links)
            if [token.kind for token in self.tokens.listed[self.index : self.index + 3]] == ["[", "*", "]"]:
                self.index += 3
                sources.append(found)
                found = Variable("*", place)
            elif self.accept("["):
                found = Index(found, (yield self.expression()), place)
                self.expect("]")
            elif self.tokens.listed[self.index + 1].kind == "*":
                found = self.attribute_splat(found, place)
            else:
                found = self.attribute(found, place)
        while sources:
            found = Splat(sources.pop(), found, place)
        return found

    def attribute(self, source: Expression, place: Place) -> Expression:
        """Parse `.name`, or `.0`."""
        self.expect(".")
        token = self.token
        if self.kind == "number" and self.text.isdecimal():
            key = Literal(number(self.expect("number"), token.start), self.source.place(token.start))
            return Index(source, key, place)
        return Attribute(source, self.expect("word"), place)

    def attribute_splat(self, source: Expression, place: Place) -> Expression:
        """Parse `.*` with the names and numbers after it, which apply to each element; later steps do not."""
        self.index += 2
        each: Expression = Variable("*", place)
        links = 0
        while self.kind == ".":
            links = self.count(links)
            each = self.attribute(each, place)
        return Splat(source, each, place)


def _is_deep(expression: Expression) -> bool:
    """Whether the nodes are nested too deeply for recursive walks."""
    level = [expression]
    for _ in range(DEEPEST_NODES):
        level = [each for node in level for each in inner_nodes(node)]
        if not level:
            return False
    return True
