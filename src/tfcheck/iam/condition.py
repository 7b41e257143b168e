"""Decide whether a condition is met by the keys that a request carries.

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html, for set operators
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import msgspec

from tfcheck.iam import operators
from tfcheck.iam.context import MULTIVALUED, Absent, Context, LaterTime, OneOfValues, PresenceUnknown
from tfcheck.iam.variables import PolicyTemplate, PolicyText, agree, as_text, expand, have_values
from tfcheck.symbolic.doubt import question
from tfcheck.symbolic.limits import take
from tfcheck.symbolic.match import Pattern
from tfcheck.symbolic.value import Set, TextLike, Truth, Unknown, Value, is_known, value_doubt

Test: TypeAlias = "Callable[[Pattern, TextLike], Truth]"


#: Steps for a condition and for each of its values.
_STEPS, _VALUE = 10, 3


class Operator(msgspec.Struct, frozen=True):
    """A condition operator: its comparison, negation, `IfExists`, and set prefix (`all`, `any` or none).

    A `test` of None is the operator Null. `order` is the kind of ordered values that it compares: `date`, `numeric`, or
    empty; with `exact` only whether they are equal.
    """

    written: str
    test: Test | None
    negated: bool = False
    if_exists: bool = False
    quantifier: str = ""
    variables: bool = False
    order: str = ""
    exact: bool = False


class Condition(msgspec.Struct, frozen=True):
    """One key of an operator with its values. `unread`: nothing is known of it."""

    operator: Operator
    key: str
    values: tuple[PolicyText, ...]
    unread: Unknown | None = None


class Wait(msgspec.Struct, frozen=True):
    """The cause of an unknown answer: a condition key, or a value."""

    kind: str
    name: str


#: See `have_values`.
_VALUELESS = question("whether AWS ignores a statement if a variable in it has no value")
WITHOUT_VALUE = Wait("unknown_value", _VALUELESS)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": operator.eq,
    "notequals": operator.eq,
    "lessthan": operator.lt,
    "lessthanequals": operator.le,
    "greaterthan": operator.gt,
    "greaterthanequals": operator.ge,
}
_TESTS: dict[str, tuple[Test, bool, bool]] = {
    # by name in lower case: the positive test, whether it is negated, whether it accepts policy variables
    "stringequals": (operators.string_equals, False, True),
    "stringnotequals": (operators.string_equals, True, True),
    "stringequalsignorecase": (operators.string_equals_ignore_case, False, True),
    "stringnotequalsignorecase": (operators.string_equals_ignore_case, True, True),
    "stringlike": (operators.string_like, False, True),
    "stringnotlike": (operators.string_like, True, True),
    **dict.fromkeys(("arnequals", "arnlike"), (operators.arn_like, False, True)),
    **dict.fromkeys(("arnnotequals", "arnnotlike"), (operators.arn_like, True, True)),
    "bool": (operators.boolean, False, False),
    **{f"numeric{end}": (operators.numeric(test), end == "notequals", False) for end, test in _COMPARISONS.items()},
    **{f"date{end}": (operators.date(test), end == "notequals", False) for end, test in _COMPARISONS.items()},
    "ipaddress": (operators.ip_address, False, False),
    "notipaddress": (operators.ip_address, True, False),
    "binaryequals": (operators.binary_equals, False, False),
}
#: Whether a value of the request is after one of the policy, by the kind of values.
_IS_AFTER: dict[str, Test] = {"date": operators.date(operator.gt), "numeric": operators.numeric(operator.gt)}
_QUANTIFIERS = {"forallvalues": "all", "foranyvalue": "any"}


#: Later than any time in a policy: the year 9999 is 253402300799.
_END_OF_TIME = "999999999999"


def read_operator(written: str) -> Operator | None:
    """Parse an operator's name with prefix and suffix; None if AWS does not know it."""
    prefix, colon, rest = written.rpartition(":")
    quantifier = _QUANTIFIERS.get(prefix.lower(), "") if colon else ""
    name = rest.lower()
    if colon and not quantifier:
        return None
    if name == "null":
        return None if quantifier else Operator(written, None)
    if_exists = name.endswith("ifexists")
    compared = name.removesuffix("ifexists")
    found = _TESTS.get(compared)
    if found is None:
        return None
    test, negated, variables = found
    order = next((each for each in _IS_AFTER if compared.startswith(each)), "")
    return Operator(written, test, negated, if_exists, quantifier, variables, order, exact="than" not in compared)


def evaluate(condition: Condition, context: Context) -> Truth:
    """Evaluate one condition."""
    if condition.unread is not None or not take(_STEPS + _VALUE * len(condition.values)):
        return Truth.UNKNOWN
    entry = context.lookup(condition.key)
    if condition.operator.test is None:
        absent = Truth.TRUE if isinstance(entry, Absent) else Truth.FALSE
        if isinstance(entry, PresenceUnknown):
            absent = Truth.UNKNOWN
        answers = {"true": absent, "false": ~absent}
        wanted = {each.lower() if isinstance(each, str) else "" for each in condition.values}
        return (
            Truth.of(True) if wanted >= {*answers} else Truth.some(answers.get(each, Truth.UNKNOWN) for each in wanted)
        )
    if isinstance(entry, Absent):
        return _missing(condition.operator)
    if isinstance(entry, PresenceUnknown):
        return _agree(_missing(condition.operator), _present(condition, entry.value, context))
    if isinstance(entry, OneOfValues):
        return _agree(*(_present(condition, value, context) for value in entry.values))
    if isinstance(entry, LaterTime):
        return _at_later_time(condition, entry, context)
    return _present(condition, entry, context)


def _at_later_time(condition: Condition, entry: LaterTime, context: Context) -> Truth:
    asked, start = condition.operator, str(entry.seconds)
    orders = ("date", "numeric") if condition.key.lower() == "aws:epochtime" else ("date",)
    if asked.order not in orders:
        return Truth.UNKNOWN
    if not asked.exact:
        # A comparison with the same result at both ends has it at every time between them.
        return _agree(*(_present(condition, end, context) for end in (start, _END_OF_TIME)))
    is_after = _IS_AFTER[asked.order]
    past = (Truth.UNKNOWN if isinstance(each, PolicyTemplate) else is_after(each, start) for each in condition.values)
    return Truth.of(asked.negated) if Truth.every(past) is Truth.TRUE else Truth.UNKNOWN


def wait_of(condition: Condition, context: Context) -> Wait:
    """Return the cause of an UNKNOWN condition: its key, unless only the policy's own values are unknown."""
    if condition.unread is not None:
        return Wait("unknown_value", value_doubt(condition.unread))
    entry = context.lookup(condition.key)
    if isinstance(entry, (PresenceUnknown, OneOfValues, LaterTime)):
        return Wait("condition", condition.key)
    if not isinstance(entry, Absent) and not is_known(entry):
        return Wait("condition", condition.key)
    for value in condition.values:
        if isinstance(value, PolicyTemplate):
            expansion = expand(value, context)
            if expansion.waits_for:
                return Wait("condition", expansion.waits_for[0])
            if expansion.valueless:
                return WITHOUT_VALUE
        elif not isinstance(value, str):
            return Wait("unknown_value", value_doubt(value))
    return Wait("condition", condition.key)


def _agree(*answers: Truth) -> Truth:
    return answers[0] if all(each is answers[0] for each in answers) else Truth.UNKNOWN


def _missing(asked: Operator) -> Truth:
    """Return the answer for a key that the request does not have."""
    if asked.quantifier == "any":
        return Truth.UNKNOWN if asked.if_exists else Truth.FALSE  # NOTE: AWS does not document `IfExists` here
    return Truth.of(bool(asked.quantifier) or asked.if_exists or asked.negated)


def _present(condition: Condition, value: Value, context: Context) -> Truth:
    """Return the answer for a key with a value; a list is that of a multivalued key."""
    asked = condition.operator
    several = isinstance(value, (list, Set))
    values: Sequence[Value] = [value]
    if isinstance(value, list):
        values = value
    elif isinstance(value, Set):
        values = value.items
    if asked.quantifier == "all":
        return Truth.every(_value_passes(condition, each, context) for each in values)
    if asked.quantifier == "any":
        return Truth.some(_value_passes(condition, each, context) for each in values)
    if condition.values and (several or condition.key.lower() in MULTIVALUED):
        return Truth.UNKNOWN  # NOTE: AWS asks for a set operator, and does not document what happens without one
    return _value_passes(condition, value, context)


def _value_passes(condition: Condition, value: Value, context: Context) -> Truth:
    subject, test = as_text(value), condition.operator.test
    assert test is not None
    matched = Truth.some(
        agree(each, context, lambda pattern: test(pattern, subject))
        if isinstance(each, PolicyTemplate)
        else test(each, subject)
        for each in condition.values
    )
    return ~matched & have_values(condition.values, context) if condition.operator.negated else matched
