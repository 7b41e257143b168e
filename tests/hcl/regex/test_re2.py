"""Do our expressions match what RE2 matches? Terraform uses RE2's syntax, in Go."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tfcheck.hcl.evaluate.scope import EvaluationError, LimitError
from tfcheck.hcl.regex.machine import Machine, compile_pattern
from tfcheck.hcl.regex.syntax import parse

re2: Any = pytest.importorskip("re2", reason="google-re2 is not installed: there is no wheel of it for this system")

_TEXTS = st.text(alphabet="abcAB 01\n-_é/:", max_size=12)
_ATOMS = st.sampled_from(
    [
        *("a", "b", "c", "A", "0", "-", " ", "é", ".", r"\.", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\n", r"\x61"),
        *("[ab]", "[^a]", "[a-c0]", r"[\d-]", "[]a]", "[^]a]", "[[:alpha:]]", "[^[:digit:]]", r"[\W\-]", r"\Qa.b\E"),
        *("^", "$", r"\A", r"\z", r"\b", r"\B", "(?i)", "(?s)", "(?m)", "(?U)", "(?-s)"),
    ]
)
_ENDS = st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{0,2}", "*?", "+?", "??", "{1,2}?"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    groups = st.sampled_from(["({})", "(?:{})", "(?P<n{{}}>{})", "(?i:{})", "(?s-i:{})"])
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map("|".join),
        st.tuples(groups, inner).map(lambda both: both[0].replace("{}", both[1]).replace("{{}}", "")),
        st.tuples(inner, _ENDS).map(lambda both: f"(?:{both[0]}){both[1]}"),
        st.tuples(_ATOMS, _ENDS).map("".join),
    )


_PATTERNS = st.recursive(_ATOMS, _larger, max_leaves=8)
#: Mostly not a pattern at all.
_ODD = st.text(alphabet=r"ab[]()^$*+?{},:<>|\-.PQEpzdw0i&", max_size=10)


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    return options


def _theirs(pattern: str) -> Any:
    try:
        return re2.compile(pattern, options=_options())
    except re2.error:
        return None


def _ours(pattern: str, text: str) -> tuple[int, ...] | None:
    parsed = parse(pattern)
    assume(not parsed.folded or (text.isascii() and pattern.isascii()))
    return Machine(compile_pattern(parsed), text).search(0)


@given(_PATTERNS, _TEXTS)
def test_the_first_match_and_its_groups_are_those_of_re2(pattern: str, text: str) -> None:
    compiled = _theirs(pattern)
    # In C++, `\B` also matches between the bytes of one character, which Go never looks at.
    assume(compiled is not None and (r"\B" not in pattern or text.isascii()))
    try:
        found = _ours(pattern, text)
    except LimitError:
        return
    theirs = compiled.search(text)
    assert (found is None) is (theirs is None)
    if found is not None and theirs is not None:
        spans = [theirs.span(each) for each in range(compiled.groups + 1)]
        assert [*zip(found[::2], found[1::2], strict=True)] == spans


@given(_ODD | _PATTERNS)
def test_what_re2_refuses_is_refused(pattern: str) -> None:
    try:
        parse(pattern)
        is_accepted = True
    except EvaluationError:
        is_accepted = False
    except LimitError:
        return
    assert is_accepted is (_theirs(pattern) is not None)
