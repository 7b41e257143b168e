"""Merge a planned value with the evaluation of its sources.

What the plan knows stays. Only unknown parts are taken from the sources, and only if both agree on everything that both
know.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import msgspec

from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.formats.json import decode
from tfcheck.symbolic import limits
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.numbers import as_text
from tfcheck.symbolic.value import JsonText, Set, Text, Truth, Unknown, Value, is_known


def fill(planned: Value, written: Value) -> Value:
    """Fill the unknown parts of `planned` from `written` where that is more precise.

    A list that the provider may have sorted is used as written if it contains everything that the plan knows of it;
    where the two disagree, the planned value stays.
    """
    if is_known(planned):
        return planned
    match planned, written:
        case Unknown(), _:
            return _more_informative(planned, written)
        case dict(), dict():
            # NOTE: a null argument of a block is not written: the provider uses its default.
            parts = {name: part for name, part in written.items() if part is not None}
            return {name: fill(part, parts[name]) if name in parts else part for name, part in planned.items()}
        case list(), list() | Set():
            return _fill_list(planned, list(written.items) if isinstance(written, Set) else written)
        case [dict()], dict():  # `.tf.json` writes one nested block as an object
            return [fill(planned[0], written)]
        case _:
            return planned


def _more_informative(planned: Unknown, written: Value) -> Value:
    if not isinstance(written, Unknown):
        return list(written.items) if isinstance(written, Set) else written
    if written.symbol is not None or written.shape is not None:
        return written
    known = {"symbol": planned.symbol, "shape": planned.shape, "family": planned.family}
    return msgspec.structs.replace(written, **known, may_fail=False, sensitive=False, fresh=False)


def _fill_list(planned: list[Value], written: list[Value]) -> Value:
    """Fill a list that may be a set, which the provider may have reordered."""
    if len(planned) != len(written):
        return planned
    pairs = list(zip(planned, written, strict=True))
    if all(_agree(mine, theirs) for mine, theirs in pairs):
        return [fill(mine, theirs) for mine, theirs in pairs]
    if _are_found([each for each in planned if is_known(each)], written, _agree):
        return _merge_pairs(planned, written)
    return planned


def _are_found(wanted: list[Value], there: list[Value], agree: Callable[[Value, Value], bool]) -> bool:
    """Whether each of the wanted elements definitely corresponds to an existing one; not if there are too many."""
    texts = frozenset(each for each in there if isinstance(each, str))
    missing = [each for each in wanted if not (isinstance(each, str) and each in texts)]
    is_small = limits.take_pairs(len(missing) * len(there))
    return is_small and all(any(agree(mine, theirs) for theirs in there) for mine in missing)


def _agree(planned: Value, written: Value) -> bool:
    """Whether two elements at one position definitely correspond: their known parts are equal."""
    if is_known(planned):
        return is_known(written) and possible(planned, written)
    return isinstance(planned, dict) and possible(planned, written)


def _merge_pairs(planned: list[Value], written: list[Value]) -> Value:
    """Fill each planned object from the corresponding written one, best known first; use other elements as written."""
    if not any(isinstance(each, dict) for each in planned):
        return written
    if not limits.take_pairs(len(planned) * len(written) // 2):
        return planned
    filled, left = list(planned), list(written)
    for at in sorted(range(len(planned)), key=lambda at: (not is_known(planned[at]), is_open(planned[at]))):
        like = [theirs for theirs in left if _agree(planned[at], theirs)]
        if not like or (len(like) > 1 and not is_open(planned[at])):
            return planned
        filled[at] = fill(planned[at], like[0])
        left.remove(like[0])
    return filled


def is_open(block: Value) -> bool:
    """Whether the plan knows nothing of a block."""
    return isinstance(block, dict) and all(isinstance(part, Unknown) for part in block.values())


def possible(planned: Value, written: Value) -> bool:
    """Whether two values may be equal: nothing that both know differs."""
    match planned, written:
        case (Unknown() | Text() | JsonText(), _) | (_, Unknown() | Text() | JsonText()):
            return equal(planned, written) is not Truth.FALSE
        case dict(), dict():
            return all(possible(part, written[name]) for name, part in planned.items() if written.get(name) is not None)
        case list(), list():
            return len(planned) == len(written) and _are_found(planned, written, possible)
        case [dict() as block], dict():
            return possible(block, written)
        case str(), str():
            return planned == written or _same_document(planned, written)
        case str(), bool() | int() | float() | Fraction():
            return planned == as_text(written)
        case _:
            return equal(planned, written) is not Truth.FALSE


def _same_document(planned: str, written: str) -> bool:
    """Whether two texts are the same JSON, which the provider may have rewritten."""
    if planned[:1] not in ("{", "["):
        return False
    try:
        return equal(decode(planned), decode(written)) is not Truth.FALSE
    except EvaluationError:
        return False
