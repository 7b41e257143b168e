from __future__ import annotations

import pytest

from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.regex.syntax import parse


@pytest.mark.parametrize("pattern", ["{2}", "(?i)*", "(?i){2}", "a|+", "(?s)?", "a**", "(*)"])
def test_a_repetition_of_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(EvaluationError, match="repeats"):
        parse(pattern)


@pytest.mark.parametrize(("pattern", "same"), [("a(?s)*b", "a*(?s)b"), ("xa(?i)+b", "xa+(?i)b"), ("{,2}", "\\{,2}")])
def test_a_repetition_after_flags_repeats_what_is_before_them(pattern: str, same: str) -> None:
    assert parse(pattern) == parse(same)
