"""List the values of the condition keys that several conditions test, where only the request decides.

A call has one value for a key. Where one statement allows it and another one denies it, or where two statements allow
opposite values, every value may lead to the same decision, although no statement is certain to apply.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

from tfcheck.iam import operators
from tfcheck.iam.context import ABSENT, MULTIVALUED, OneOfValues, PresenceUnknown
from tfcheck.iam.variables import PolicyTemplate, PolicyVariable
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tfcheck.iam.condition import Condition
    from tfcheck.iam.context import Context, Entry
    from tfcheck.iam.model import Policy

#: The tests whose answer depends only on which of the written values a key has; None is the operator Null.
_BY_VALUE = (operators.string_equals, operators.string_equals_ignore_case, operators.boolean, None)
#: Stands for every value that no condition names: no value of a request contains this character.
_OTHER = "\0"
_MOST = 64


def possible_contexts(policies: Iterable[Policy], context: Context) -> Iterator[Context]:
    """Yield a context for every combination of values that the conditions distinguish; nothing for too many or none."""
    tested: dict[str, list[Condition]] = {}
    substituted: set[str] = set()
    for policy in policies:
        for statement in policy.statements:
            for each in statement.conditions:
                tested.setdefault(each.key.lower(), []).append(each)
                substituted.update(_keys_in(each.values))
            entries = statement.resources.entries if statement.resources is not None else ()
            substituted.update(_keys_in(each.whole for each in entries))
    choices: dict[str, list[Entry]] = {}
    for key, conditions in tested.items():
        is_plain = key not in substituted and key not in MULTIVALUED and not key.endswith(("/", ":"))
        if len(conditions) > 1 and is_plain and _is_distinguished(conditions):
            values = _possible_values(context.lookup(key), conditions)
            if len(values) > 1:
                choices[key] = values
    if choices and prod(map(len, choices.values())) <= _MOST:
        yield from (context.extend(dict(zip(choices, row, strict=True))) for row in product(*choices.values()))


def _keys_in(texts: Iterable[object]) -> Iterator[str]:
    for each in texts:
        if isinstance(each, PolicyTemplate):
            yield from (part.key.lower() for part in each.parts if isinstance(part, PolicyVariable))


def _is_distinguished(conditions: Sequence[Condition]) -> bool:
    """Whether the written values of conditions on one key, in any case, are all that they depend on."""
    written = {value for each in conditions for value in each.values if isinstance(value, str)}
    return len({each.lower() for each in written}) == len(written) and all(
        each.unread is None
        and not each.operator.quantifier
        and each.operator.test in _BY_VALUE
        and all(isinstance(value, str) for value in each.values)
        for each in conditions
    )


def _possible_values(entry: Entry, conditions: Iterable[Condition]) -> list[Entry]:
    """Return what a key may be; nothing if it is known."""
    if isinstance(entry, OneOfValues):
        return list(entry.values)
    value = entry.value if isinstance(entry, PresenceUnknown) else entry
    absent: list[Entry] = [ABSENT] if isinstance(entry, PresenceUnknown) else []
    if not isinstance(value, Unknown):
        return [*absent, value] if absent else []
    written = {one for each in conditions if each.operator.test is not None for one in each.values}
    named = [text for one in written if isinstance(one, str) for text in dict.fromkeys((one, one.swapcase()))]
    return [*absent, *(each for each in named if equal(value, each) is not Truth.FALSE), _OTHER]
