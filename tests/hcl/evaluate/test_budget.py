from __future__ import annotations

import pytest

from tfcheck.hcl.evaluate.budget import LEVELS, Budget, Limit
from tfcheck.symbolic.value import Value


def test_a_deeply_nested_value_is_not_built() -> None:
    value: Value = "a"
    for _ in range(LEVELS):
        value = [value]
    Budget().weigh(value)

    with pytest.raises(Limit, match="nests too deeply"):
        Budget().weigh([[value]])
