"""Follow a bare reference of the plan's configuration.

The configuration keeps references only, so that the evaluator of whole expressions need not be loaded for it.
"""

from __future__ import annotations

import msgspec

from tfcheck.hcl.evaluate.scope import EvaluationError, Scope, Seen
from tfcheck.hcl.syntax.expression import Attribute, Expression, Index, Literal, Unreadable, Variable
from tfcheck.symbolic.sensitive_text import shown_key
from tfcheck.symbolic.value import Symbol, Unknown

_LONG_ROOTS = ("data", "ephemeral", "resource")


def follow(expression: Expression, scope: Scope) -> Seen:
    """Evaluate a constant, or a reference with its attributes and indexes.

    Raises:
        EvaluationError: there definitely is no such thing.
    """
    match expression:
        case Literal():
            return expression.value
        case Attribute(source=Variable(name=root), name=name) if root not in _LONG_ROOTS:
            return scope.lookup(root, name)
        case Attribute(source=Attribute(source=Variable(name=root), name=kind), name=name) if root in _LONG_ROOTS:
            return scope.lookup(kind if root == "resource" else f"{root}.{kind}", name)
        case Attribute():
            return _member(follow(expression.source, scope), expression.name)
        case Index():
            key = follow(expression.key, scope)
            if not isinstance(key, str | int):
                return Unknown(reason="the plan does not show which instance is meant")
            return _member(follow(expression.source, scope), key)
        case Unreadable():
            return Unknown(reason=expression.reason, unsure=True)
        case _:
            return Unknown(reason="the plan does not show this value", unsure=True)


def _member(seen: Seen, key: str | int) -> Seen:
    if isinstance(seen, Unknown):
        if seen.symbol is None:
            return seen
        return Unknown(symbol=Symbol(seen.symbol.owner, (*seen.symbol.path, key)), reason=seen.reason, where=seen.where)
    if isinstance(seen, dict) and key in seen:
        return seen[str(key)]
    if isinstance(seen, list) and isinstance(key, int) and 0 <= key < len(seen):
        return seen[key]
    if isinstance(seen, msgspec.Struct | str | dict | list | bool | int | float | None) or not hasattr(seen, "member"):
        raise EvaluationError(f"there is no {shown_key(key)}")
    found: Seen = seen.member(key)
    return found
