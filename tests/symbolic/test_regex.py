"""Check patterns that are compiled on first use."""

from __future__ import annotations

import re
import sys
from typing import AnyStr

import pytest

from tfcheck.symbolic.regex import compile_pattern, regex


def test_a_pattern_is_compiled_on_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[tuple[str, int]] = []

    def compile_(text: str, flags: int) -> re.Pattern[str]:
        compiled.append((text, flags))
        return compile_pattern(text, flags)

    monkeypatch.setattr("tfcheck.symbolic.regex.compile_pattern", compile_)
    word = regex(r"([a-z]+)(?P<digit>\d)", re.IGNORECASE)
    assert word.pattern == r"([a-z]+)(?P<digit>\d)"
    assert compiled == []
    assert word.fullmatch("Ab1")
    assert word.sub("-", "a1 b2") == "- -"
    assert word.groupindex == {"digit": 2}
    assert compiled == [(r"([a-z]+)(?P<digit>\d)", re.IGNORECASE)]


@pytest.mark.parametrize("restores", [True, False])
@pytest.mark.parametrize(
    ("text", "subject", "end"),
    [
        ("(?:ab?c)++", "aca", 2),
        ("(?:ab?c)?+", "ab", 0),
        ("(?>(?:ab?c)+)", "aca", 2),
        (r"/\*(?:[^*]++|\*(?!/))*+\*/", "/* a*b */x", 9),
        (r"(?P<name>x)|(?:[^x]++|(?>(?:xy?z)*+))*+", "axza.xy", 5),
        (r"(?:'(?:[^']++|\\.)*+'|[a-z]+?)*+", "ab'c'd'", 6),
        (rb"(?:\.\d++)*+", b".1.", 2),
    ],
)
def test_repetitions_backtrack_in_every_python(text: AnyStr, subject: AnyStr, end: int, restores: bool) -> None:
    """As before Python 3.11.5, which is Debian 12's, where the pattern is rewritten."""
    if restores and sys.version_info < (3, 11, 5):
        pytest.skip("this Python needs the other way")
    found = compile_pattern(text, restores=restores).match(subject)
    assert found is not None
    assert found.end() == end


def test_bytes_are_matched_by_a_pattern_of_bytes() -> None:
    assert regex(rb"\d+").findall(b"1 22") == [b"1", b"22"]


def test_an_unknown_attribute_of_a_pattern_is_missing() -> None:
    assert not hasattr(regex("a"), "nothing")
