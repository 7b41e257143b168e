"""Name what functions and operators return for unknown arguments: equal arguments have equal results."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from fractions import Fraction

import msgspec

from tfcheck.symbolic.symbol import Result, Symbol
from tfcheck.symbolic.value import Set, Text, TextLike, Unknown, Value, pieces, text

#: Longer arguments are not compared.
_MOST = 200


def name_result(result: Value, function: str, arguments: Sequence[Value], *, sensitive: bool = False) -> Value:
    """Return a result whose unknown pieces have a symbol, if the arguments have one for everything unknown in them."""
    if type(result) not in (Unknown, Text) or _is_named(result):
        return result
    budget = [_MOST]
    keys = tuple(_key(each, budget) for each in arguments)
    owner = Result(function, keys, sensitive, _MOST - budget[0])
    if budget[0] < 0 or not any(isinstance(each, Symbol) for each in owner.leaves()):
        return result
    return _name_pieces(result, Symbol(owner))


def _is_named(value: Value) -> bool:
    assert isinstance(value, (Unknown, Text))
    return all(not isinstance(each, Unknown) or each.symbol is not None for each in pieces(value))


def _name_pieces(value: Value, symbol: Symbol) -> Value:
    match value:
        case Unknown(symbol=None, shape=Text() as shape):
            return msgspec.structs.replace(value, shape=_name_pieces(shape, symbol))
        case Unknown(symbol=None):
            return msgspec.structs.replace(value, symbol=symbol)
        case Text():
            named = (_name_pieces(each, symbol.at(index)) for index, each in enumerate(value.pieces))
            return text(each for each in named if isinstance(each, TextLike))
        case _:
            return value


def _key(value: Value, budget: list[int]) -> Hashable:
    """Return what is equal only for values that a function treats alike; a `budget` below 0 if there is nothing."""
    budget[0] -= 1
    if budget[0] < 0:
        return None
    match value:
        case bool():
            return "bool", value
        case None | str() | int() | float() | Fraction():
            return value
        case Unknown(symbol=None, shape=None):
            budget[0] = -1
            return None
        case Unknown():
            if value.symbol is not None and isinstance(value.symbol.owner, Result):
                budget[0] -= value.symbol.owner.size
            return value.symbol, value.hole, _key(value.shape, budget)
        case Text():
            return "text", *(_key(each, budget) for each in value.pieces)
        case list():
            return "list", *(_key(each, budget) for each in value)
        case Set():
            return "set", *(_key(each, budget) for each in value.items)
        case dict():
            return "object", *((name, _key(each, budget)) for name, each in value.items())
        case _:
            budget[0] = -1
            return None
