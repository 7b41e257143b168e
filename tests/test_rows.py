"""A test of a table fails with every row that fails, and asks for the fixtures that are left."""

from __future__ import annotations

from inspect import signature
from pathlib import Path

import pytest

from tests.rows import every_row


def test_every_row_that_fails_is_reported() -> None:
    tried = []

    @every_row("sign", "+-")
    @every_row(("number", "double"), [(1, 2), (2, 5), (3, 7)])
    def doubles(sign: str, number: int, double: int, tmp_path: Path) -> None:
        tried.append(sign + str(number))
        if number == 3:
            pytest.fail("three")
        assert 2 * number == double

    assert list(signature(doubles).parameters) == ["tmp_path"]
    with pytest.raises(BaseExceptionGroup) as caught:
        doubles(tmp_path=Path())
    assert tried == ["+1", "+2", "+3", "-1", "-2", "-3"]
    of_signs = [each for each in caught.value.exceptions if isinstance(each, BaseExceptionGroup)]
    assert [type(each).__name__ for group in of_signs for each in group.exceptions] == ["AssertionError", "Failed"] * 2
    assert of_signs[0].exceptions[0].__notes__ == ["in the row {'number': 2, 'double': 5}"]
