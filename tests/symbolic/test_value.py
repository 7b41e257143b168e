from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Final, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hcl.console import ERROR, needs_terraform, worth
from tests.rows import every_row
from tfcheck.hcl.formats.json import encode
from tfcheck.symbolic.numbers import as_text
from tfcheck.symbolic.value import Set, Text, Unknown, Value, items

LATER: Final = Unknown(reason="known only after apply")
SOURCES: Final = Path(__file__).parent.parent.parent / "src" / "tfcheck"
#: Where values of a plan are read, whose lists may be unknown.
READERS: Final = ("access", "iam", "checks", "inventory", "resource_policy", "role", "startup")


def test_items_returns_the_elements_of_a_list_or_set() -> None:
    assert items(["a", LATER]) == ("a", LATER)
    assert items(Set(("a",))) == ("a",)
    assert items(None) == ()


@every_row("value", [LATER, "a", 1, {"a": 1}, Text(("a", LATER)), True])
def test_a_collection_of_unknown_length_cannot_be_iterated_over(value: Value) -> None:
    with pytest.raises(TypeError, match="not iterable"):
        tuple(cast("tuple[Value, ...]", items(value)))


@every_row("path", [each for name in READERS for each in sorted((SOURCES / name).rglob("*.py"))])
def test_an_unknown_list_is_never_read_as_empty(path: Path) -> None:
    assert not re.findall(r"isinstance\([\w.]+, (?:list|Set)[^)]*\) else (?:\(\)|\[\])", path.read_text("utf-8"))


@every_row(
    ("number", "written"),
    [
        *((1.2, "1.2"), (Fraction(6, 5), "1.2"), (Fraction(-3, 2), "-1.5"), (1e21, "1" + "0" * 21)),
        *((1e-5, "0.00001"), (2.0, "2"), (Fraction(4, 2), "2"), (True, "true"), (10**40, "1" + "0" * 40)),
    ],
)
def test_numbers_are_written_as_decimals(number: Value, written: str) -> None:
    assert as_text(number) == written


def test_a_number_without_a_short_decimal_is_unknown() -> None:
    assert isinstance(as_text(Fraction(1, 3)), Unknown)
    assert isinstance(as_text(float("inf")), Unknown | None)


@given(st.integers(-(10**30), 10**30), st.integers(0, 30))
def test_a_number_is_written_the_same_everywhere(digits: int, places: int) -> None:
    number = Fraction(digits, 10**places)
    written = as_text(number)
    assert isinstance(written, str)
    assert Fraction(written) == number
    assert "/" not in written
    assert "e" not in written
    assert encode([number]) == f"[{written}]"


@needs_terraform
def test_terraform_writes_the_same_numbers(tmp_path: Path) -> None:
    numbers = ("1.2", "0.00001", "1e21", "-1.50", "123456789.125", "3.0", "6e-7")
    values = worth([f'"${{{each}}}x"' for each in numbers], tmp_path)
    assert ERROR not in values
    assert values == [f"{as_text(Fraction(each))}x" for each in numbers]
