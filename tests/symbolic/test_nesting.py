"""Check that recursive functions do not exhaust the stack in any version of Python."""

from __future__ import annotations

import json

import pytest

from tfcheck.symbolic.limits import DEEPEST, is_deep, may_be_deep
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import JsonText, Text, Truth, Unknown


@pytest.mark.parametrize(("levels", "expected"), [(1, False), (DEEPEST, False), (DEEPEST + 2, True), (50_000, True)])
@pytest.mark.parametrize("leaf", [[], {}, "x"])
def test_nesting_levels_are_counted(levels: int, expected: bool, leaf: object) -> None:
    value = leaf
    for level in range(levels):
        value = [value] if level % 2 else {"a": value, "b": 1}
    assert is_deep(value) is expected


@pytest.mark.parametrize("text", ["[" * 101, "[{" * 51, b"[" * 101])
def test_a_text_with_few_brackets_is_not_deeply_nested(text: str | bytes) -> None:
    assert may_be_deep(text)
    assert not may_be_deep(text[:100])


def test_a_deeply_nested_text_is_not_compared_with_a_document() -> None:
    document = JsonText(["a", Text(("x", Unknown()))])
    assert equal(document, json.dumps(["a", "b"])) is Truth.FALSE
    assert equal(document, "[" * 200 + "]" * 200) is Truth.UNKNOWN
