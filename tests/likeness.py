"""Are a value worked out from the sources and the one in a plan the same, up to what providers do to values?

The provider turns numbers to strings, adds defaults to nested blocks, sorts containers, and writes documents its own
way; IAM documents mean the same whether a list of one is a list.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from tfcheck.symbolic.value import Set

#: What the provider adds to every container, or drops where it is empty.
_EMPTY: tuple[object, ...] = (None, [], {}, "", False, 0)
_UNORDERED = ("Action", "NotAction", "Resource", "NotResource", "Statement")


def alike(evaluated: Any, planned: Any) -> bool:
    """Compare two known values; `evaluated` may leave out what the provider fills in."""
    if isinstance(evaluated, Set):
        evaluated = list(evaluated.items)
    if isinstance(evaluated, str) and isinstance(planned, str):
        return evaluated == planned or _same_document(evaluated, planned)
    if isinstance(evaluated, dict) and isinstance(planned, dict):
        return all(value is None or alike(value, planned.get(name)) for name, value in evaluated.items())
    if isinstance(planned, list):
        return _same_list(evaluated if isinstance(evaluated, list) else [evaluated], planned)
    if isinstance(evaluated, list) and len(evaluated) == 1 and isinstance(planned, dict):
        return alike(evaluated[0], planned)
    return bool(_scalar(evaluated) == _scalar(planned))


def _same_list(evaluated: list[Any], planned: list[Any]) -> bool:
    if len(evaluated) != len(planned):
        return len(set(map(str, evaluated))) == len(planned) and _matched(
            list({str(e): e for e in evaluated}.values()), planned
        )
    return all(map(alike, evaluated, planned)) or _matched(evaluated, planned)


def _matched(evaluated: list[Any], planned: list[Any]) -> bool:
    """Compare as sets: each finds a partner of its own."""
    left = list(planned)
    for each in evaluated:
        partner = next((i for i, other in enumerate(left) if alike(each, other)), None)
        if partner is None:
            return False
        del left[partner]
    return not left


def _scalar(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value in (None, "", [], {}):
        return None
    if isinstance(value, int | float | Fraction):
        number = Fraction(str(value)) if isinstance(value, float) else Fraction(value)
        return str(number)
    if isinstance(value, str):
        try:
            return str(Fraction(value)) if value.strip() == value else value
        except (ValueError, ZeroDivisionError):
            return value
    return value


def _same_document(evaluated: str, planned: str) -> bool:
    try:
        one, other = json.loads(evaluated), json.loads(planned)
    except ValueError:
        return False
    if isinstance(one, dict) and "Statement" in {*one, *(other if isinstance(other, dict) else ())}:
        return bool(_policy(one) == _policy(other))
    return bool(_plain(one) == _plain(other))


def _policy(value: Any, key: str = "") -> Any:
    """Write a policy document one way: single values as lists, what has no order sorted."""
    if isinstance(value, dict):
        inner = key if key in ("Principal", "NotPrincipal", "Condition") or key.startswith("Condition.") else ""
        return {name: _policy(each, f"Condition.{name}" if inner else name) for name, each in value.items()}
    if isinstance(value, list) or key in _UNORDERED or key.startswith("Condition."):
        items = value if isinstance(value, list) else [value]
        return sorted((_policy(each) for each in items), key=lambda each: json.dumps(each, sort_keys=True))
    return _scalar(value) if isinstance(value, bool | int) else value


def _plain(value: Any) -> Any:
    """Write container definitions one way: by name, without what is empty or the default."""
    if isinstance(value, dict):
        written = {name: each for name, each in value.items() if each not in _EMPTY}
        return {name: _plain(each) for name, each in written.items() if (name, each) != ("essential", True)}
    if isinstance(value, list):
        items = [_plain(each) for each in value]
        named = all(isinstance(each, dict) and "name" in each for each in items)
        return sorted(items, key=lambda each: str(each["name"])) if named else items
    return value
