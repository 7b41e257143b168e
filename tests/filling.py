"""What a value with unknown parts becomes, once they are known after the apply."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tfcheck.symbolic.value import JsonText, Set, Text, Unknown, Value, is_known, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tfcheck.plan import Plan
    from tfcheck.symbolic.symbol import Symbol

#: What the plans in `testdata` were made with.
SURROUNDINGS = {"partition": "aws", "region": "ap-northeast-1", "account": "123456789012", "account_id": "123456789012"}


def filled(value: Value, applied: Plan) -> Value:
    """Put the values of the applied plan in the place of every symbol; what it does not show stays unknown."""
    match value:
        case Unknown():
            return _symbol(value, applied)
        case Text():
            return _joined([filled(piece, applied) for piece in value.pieces])
        case JsonText():
            return encoded(filled(value.value, applied))
        case Set():
            return [filled(each, applied) for each in value.items]
        case list():
            return [filled(each, applied) for each in value]
        case dict():
            return {name: filled(each, applied) for name, each in value.items()}
        case _:
            return value


def encoded(value: Value) -> Value:
    """Encode a document that became known."""
    return json.dumps(value, default=_number) if is_known(value) else JsonText(value)


def _number(value: object) -> object:
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    raise TypeError(type(value).__name__)


def _joined(pieces: list[Value]) -> Value:
    parts = [piece if isinstance(piece, str | Unknown | Text | JsonText) else str(piece) for piece in pieces]
    return text(parts)


def _symbol(unknown: Unknown, applied: Plan) -> Value:
    if unknown.symbol is None:
        return filled(unknown.shape, applied) if unknown.shape is not None else unknown
    owner = str(unknown.symbol.owner)
    if unknown.symbol.is_of_provider:
        return _surrounding(unknown)
    return _step(unknown, unknown.symbol, _attributes(owner, applied))


def _surrounding(unknown: Unknown) -> Value:
    name = str(unknown.symbol.path[0]) if unknown.symbol and unknown.symbol.path else ""
    return SURROUNDINGS.get(name, unknown)


def _attributes(owner: str, applied: Plan) -> Mapping[str, Value] | None:
    instance = applied.instance(owner)
    if instance is not None:
        return instance.after
    prior = applied.data(owner)
    return prior.values if prior else None


def _step(unknown: Unknown, symbol: Symbol, attributes: Mapping[str, Value] | None) -> Value:
    found: Any = attributes
    for step in symbol.path:
        inside = range(len(found)) if isinstance(found, list) else found or ()
        if step not in inside:
            return unknown
        found = found[step]
    return unknown if found is None else found
