"""Parse expressions with python-hcl2 into our nodes: an oracle that shares no line with our parser."""

from __future__ import annotations

from fractions import Fraction
from itertools import takewhile
from typing import Any

from tests.hcl.writing import HERE
from tfcheck.fix.proof.second_reader import tree
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
from tfcheck.hcl.syntax.literals import unescape
from tfcheck.hcl.syntax.template import always_text

_CONSTANTS = {"true": True, "false": False, "null": None}
_CHAINS = ("index_expr_term", "get_attr_expr_term", "attr_splat_expr_term", "full_splat_expr_term")


def read(text: str) -> Expression | None:
    """Parse one expression, all of its nodes at `HERE`; None if the library cannot."""
    found = tree(f"x = {text}\n")
    attributes = list(found.find_data("attribute")) if found else []
    return _node(_rules(attributes[0])[-1]) if len(attributes) == 1 else None


def _rules(rule: Any) -> list[Any]:
    return [child for child in rule.children if not isinstance(child, str) and child.data != "new_line_or_comment"]


def _words(rule: Any) -> str:
    return "".join(str(child) if isinstance(child, str) else _words(child) for child in rule.children)


def _has(rule: Any, kind: str) -> bool:
    return any(isinstance(child, str) and getattr(child, "type", "") == kind for child in rule.children)


def _node(rule: Any) -> Expression:
    kind, parts = str(rule.data), _rules(rule)
    match kind:
        case "expr_term":
            return _node(parts[0])
        case "identifier":
            return Variable(_words(rule), HERE)
        case "literal_value":
            return Literal(_CONSTANTS[_words(rule)], HERE)
        case "int_lit" | "float_lit":
            exact = Fraction(_words(rule))
            return Literal(int(exact) if exact.denominator == 1 else exact, HERE)
        case "string":
            return Template(_parts(parts), HERE)
        case "tuple":
            return ListOf(tuple(map(_node, parts)), HERE)
        case "object":
            return ObjectOf(tuple((_key(key), _node(value)) for key, value in map(_rules, parts)), HERE)
        case "function_call":
            return _call(parts)
        case "unary_op":
            return Unary(str(rule.children[0]), _node(parts[0]), HERE)
        case "binary_op":
            operator, right = _rules(parts[1])
            return Binary(str(operator.children[0]).strip(), _node(parts[0]), _node(right), HERE)
        case "conditional":
            condition, then, otherwise = map(_node, parts)
            return Conditional(condition, then, otherwise, HERE)
        case "for_tuple_expr":
            tail = _node(_rules(parts[2])[0]) if parts[2:] else None
            return ForList(*_intro(parts[0]), _node(parts[1]), tail, HERE)
        case "for_object_expr":
            tail = _node(_rules(parts[3])[0]) if parts[3:] else None
            return ForObject(*_intro(parts[0]), _node(parts[1]), _node(parts[2]), _has(rule, "ELLIPSIS"), tail, HERE)
    assert kind in _CHAINS, kind
    return _chain(rule)


def _intro(rule: Any) -> tuple[str, str, Expression]:
    *names, collection = _rules(rule)
    key, value = ("", *map(_words, names))[-2:]
    return key, value, _node(collection)


def _key(rule: Any) -> Expression:
    inner = _rules(rule)[0]
    while inner.data == "expr_term" and len(inner.children) == 1:
        inner = _rules(inner)[0]
    if inner.data in ("identifier", "keyword", "literal_value"):
        return Literal(_words(inner), HERE)
    return _node(_rules(rule)[0])


def _call(parts: list[Any]) -> Expression:
    names = "::".join(_words(part) for part in parts if part.data == "identifier")
    listed = [part for part in parts if part.data == "arguments"]
    arguments = tuple(_node(argument) for each in listed for argument in _rules(each))
    return Call(names, arguments, any(_has(each, "ELLIPSIS") for each in listed), HERE)


def _chain(rule: Any) -> Expression:
    steps: list[Any] = []
    while rule.data in _CHAINS:
        rule, step = _rules(rule)
        steps.insert(0, step)
        while rule.data == "expr_term" and len(rule.children) == 1:
            rule = _rules(rule)[0]
    return _followed(_node(rule), [flat for step in steps for flat in _flat(step)])


def _flat(step: Any) -> list[Any]:
    return [step, *_rules(step)] if step.data in ("attr_splat", "full_splat") else [step]


def _followed(found: Expression, steps: list[Any]) -> Expression:
    """Follow the steps; python-hcl2 nests them otherwise than Terraform, which decides what is each element's."""
    while steps:
        step, *steps = steps
        match str(step.data):
            case "get_attr":
                found = Attribute(found, _words(_rules(step)[0]), HERE)
            case "short_index":
                found = Index(found, Literal(int(step.children[1]), HERE), HERE)
            case "braces_index":
                found = Index(found, _node(_rules(step)[0]), HERE)
            case "full_splat":
                return Splat(found, _followed(Variable("*", HERE), steps), HERE)
            case _:
                each = list(takewhile(lambda step: step.data in ("get_attr", "short_index"), steps))
                steps = steps[len(each) :]
                found = Splat(found, _followed(Variable("*", HERE), each), HERE)
    return found


def _parts(rules: list[Any]) -> tuple[Expression, ...]:
    """Read the parts of a string; no `~` is among them."""
    found: list[Expression] = []
    _until(rules, found, ())
    return tuple(found)


def _until(rules: list[Any], found: list[Expression], closings: tuple[str, ...]) -> str:
    while rules:
        part = rules.pop(0)
        inner = _rules(part)
        if not inner:
            text = unescape(_words(part))
            match found[-1:]:
                case [Literal(value=str() as before)]:
                    found[-1] = Literal(before + text, HERE)
                case _:
                    found.append(Literal(text, HERE))
            continue
        kind = str(inner[0].data)
        if kind in closings:
            return kind
        found.append(_sequence(inner[0], kind, rules))
    return ""


def _sequence(rule: Any, kind: str, rules: list[Any]) -> Expression:
    parts = _rules(rule)
    if kind == "interpolation":
        return _node(parts[0])
    inside: list[Expression] = []
    if kind == "template_for_start":
        *names, collection = parts
        key, value = ("", *map(_words, names))[-2:]
        _until(rules, inside, ("template_endfor",))
        body = always_text(tuple(inside), HERE)
        return JoinedTexts(ForList(key, value, _node(collection), body, None, HERE), HERE)
    otherwise: list[Expression] = []
    if _until(rules, inside, ("template_else", "template_endif")) == "template_else":
        _until(rules, otherwise, ("template_endif",))
    then, other = always_text(tuple(inside), HERE), always_text(tuple(otherwise), HERE)
    return Conditional(_node(parts[0]), then, other, HERE)
