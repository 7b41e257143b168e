from __future__ import annotations

import pytest

from tfcheck.hcl.evaluate.budget import LEVELS, Budget, Limit
from tfcheck.symbolic.value import Value


def test_a_value_that_nests_too_deeply_is_not_made() -> None:
    value: Value = "a"
    for _ in range(LEVELS):
        value = [value]
    Budget().weigh(value)

    with pytest.raises(Limit, match="nests too deeply"):
        Budget().weigh([[value]])
