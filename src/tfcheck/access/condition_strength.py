"""Compare how strict the conditions of two sets of statements are.

A request satisfies a statement if it meets all of its conditions, and several if it satisfies one of them. Follows
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html.
The values of keys are not known here: only what is true for every possible request is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from tfcheck.iam.condition import Condition
from tfcheck.symbolic.value import Truth

#: The conditions of one statement, all of which must hold.
Limits: TypeAlias = tuple[Condition, ...]

_PLAIN = ("stringequals", "stringnotequals")


def is_within(these: Sequence[Limits], those: Sequence[Limits]) -> Truth:
    """Whether every request that satisfies one of `these` also satisfies one of `those`; both can be satisfied."""
    keys = [key for limits in those for key in _keys(limits)]
    # NOTE: two tests of the same key may together allow what neither does alone.
    otherwise = Truth.UNKNOWN if len(keys) > len(set(keys)) else Truth.FALSE
    return Truth.every(otherwise | Truth.some(_implies(limits, each) for each in those) for limits in these)


def _keys(limits: Limits) -> set[str]:
    return {each.key.lower() for each in limits}


def share_a_key(these: Iterable[Limits], those: Iterable[Limits]) -> bool:
    """Whether both test the same key, so that one may cover what the other leaves out."""
    ours = {key for limits in these for key in _keys(limits)}
    return any(ours & _keys(limits) for limits in those)


def _implies(ours: Limits, theirs: Limits) -> Truth:
    """Whether every request that satisfies our conditions satisfies theirs."""
    missing = [each for each in theirs if not _always_holds(each) and not any(_is_as_strict(our, each) for our in ours)]
    if not missing:
        return Truth.TRUE
    if any(each.unread is not None for each in (*ours, *theirs)):
        return Truth.UNKNOWN
    own = [our for our in ours if not any(_is_as_strict(our, each) and _is_as_strict(each, our) for each in theirs)]
    for each in missing:
        # Does some request definitely satisfy our conditions, but not this one?
        of_same_key = [our for our in ours if our.key.lower() == each.key.lower()]
        if own == of_same_key and (not own or (len(own) == 1 and _is_looser(own[0], each))):
            return Truth.FALSE
    return Truth.UNKNOWN


def _always_holds(condition: Condition) -> bool:
    asked = condition.operator
    free = asked.if_exists or asked.quantifier == "all"
    return free and not asked.negated and "like" in asked.written.lower() and "*" in condition.values


def _is_as_strict(one: Condition, other: Condition) -> bool:
    """Whether satisfying one condition definitely means satisfying the other."""
    if one == other:
        return True
    if one.unread is not None or other.unread is not None or not _is_same_test(one, other):
        return False
    if one.operator.test is None:
        return set(one.values) == set(other.values)
    few, many = (other, one) if one.operator.negated else (one, other)
    return all(value in many.values for value in few.values)


def _is_same_test(one: Condition, other: Condition) -> bool:
    same = one.operator.written.lower() == other.operator.written.lower()
    return same and one.key.lower() == other.key.lower()


def _is_looser(one: Condition, other: Condition) -> bool:
    """Whether some value definitely satisfies the first condition and not the second."""
    plain = one.operator.written.lower().removesuffix("ifexists") in _PLAIN
    if not plain or not _is_same_test(one, other) or not all(isinstance(v, str) for v in (*one.values, *other.values)):
        return False
    more, fewer = (other, one) if one.operator.negated else (one, other)
    return any(value not in fewer.values for value in more.values)
