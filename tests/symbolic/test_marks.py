"""Marks of strings and numbers, inside and outside of expressions."""

from __future__ import annotations

from fractions import Fraction

from tests.rows import every_row
from tfcheck.symbolic.marks import apply_mask, has_mark, mark_all, marked_strings, unmark_all
from tfcheck.symbolic.numbers import as_text
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.symbolic.value import Unknown, Value, display


@every_row("number", [81_234_567, -5, 10**30, 0.5, Fraction(1, 4)])
def test_a_number_keeps_its_mark_as_text(number: Value) -> None:
    kept = mark_all(number)

    assert kept == number
    assert has_mark(kept)
    assert display(as_text(kept)) == "(sensitive)"
    assert as_text(unmark_all(kept)) == as_text(number)
    assert not isinstance(as_text(unmark_all(kept)), Sensitive)


def test_a_sensitivity_mask_marks_numbers() -> None:
    found = apply_mask({"port": 81234, "ports": [1, 2]}, {"port": True, "ports": [False, True]})

    assert list(marked_strings(found)) == ["81234", "2"]


def test_a_bool_and_null_carry_no_mark() -> None:
    assert mark_all([True, None]) == [True, None]


def test_shared_parts_of_a_value_are_visited_once() -> None:
    value: Value = [Unknown(), "a", 7]
    for _ in range(80):
        value = [value, value]

    assert has_mark(mark_all(value))
    assert not has_mark(unmark_all(mark_all(value)))
    assert set(marked_strings(mark_all(value))) == {"a", "7"}
