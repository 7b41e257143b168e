"""Parse a type, as in the `type` argument of a variable.

See https://developer.hashicorp.com/terraform/language/expressions/type-constraints.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from tfcheck.hcl.evaluate import types
from tfcheck.hcl.evaluate.scope import ConstantScope, EvaluationError, Scope
from tfcheck.hcl.syntax.expression import Call, Expression, ListOf, Literal, ObjectOf, Template, Variable
from tfcheck.symbolic.value import Value

_PRIMITIVES: dict[str, types.Type] = {
    "string": types.STRING,
    "number": types.NUMBER,
    "bool": types.BOOL,
    "any": types.ANY,
}
_COLLECTIONS: dict[str, Callable[[types.Type], types.Type]] = {
    "list": types.ListType,
    "map": types.MapType,
    "set": types.SetType,
}


#: Evaluates the names and defaults of attributes, which are constant.
_Evaluate: TypeAlias = Callable[[Expression, Scope], Value]


def parse_type(expression: Expression, evaluate: _Evaluate) -> types.Type:
    """Parse a type expression: `list(string)`, `object({ name = optional(string, "x") })`, or the old quoted form."""
    match expression:
        case Variable(name=name) if name in _PRIMITIVES:
            return _PRIMITIVES[name]
        case Variable(name=name) | Literal(value=str() as name) | Template(parts=(Literal(value=str() as name),)):
            # The bare names of old configurations.
            if name == "string":
                return types.STRING
            if name in _COLLECTIONS:
                return _COLLECTIONS[name](types.ANY)
        case Call(name=name, arguments=(argument,)) if name in _COLLECTIONS:
            return _COLLECTIONS[name](parse_type(argument, evaluate))
        case Call(name="tuple", arguments=(ListOf(items=items),)):
            return types.TupleType(tuple(parse_type(each, evaluate) for each in items))
        case Call(name="object", arguments=(ObjectOf() as argument,)):
            return _object(argument, evaluate)
        case Call(name=name, arguments=(_,)):
            raise EvaluationError(f"`{name}` is not a type")
    raise EvaluationError("not a type")


def _object(node: ObjectOf, evaluate: _Evaluate) -> types.Type:
    attributes: dict[str, types.Type] = {}
    defaults: dict[str, Value] = {}
    for key, item in node.items:
        name = evaluate(key, ConstantScope())
        if not isinstance(name, str):
            raise EvaluationError("the name of an attribute is not constant")
        match item:
            case Call(name="optional", arguments=(wanted, *default)) if len(default) <= 1:
                attributes[name] = parse_type(wanted, evaluate)
                defaults[name] = evaluate(default[0], ConstantScope()) if default else None
            case _:
                attributes[name] = parse_type(item, evaluate)
    return types.ObjectType(attributes, defaults)
