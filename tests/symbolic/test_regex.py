"""Is a pattern that is compiled at first use like any other?"""

from __future__ import annotations

import re

import pytest

from tfcheck.symbolic.regex import regex


def test_a_pattern_is_compiled_at_first_use_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[tuple[str, int]] = []
    original = re.compile

    def compile_(text: str, flags: int) -> re.Pattern[str]:
        compiled.append((text, flags))
        return original(text, flags)

    monkeypatch.setattr(re, "compile", compile_)
    word = regex(r"([a-z]+)(?P<digit>\d)", re.IGNORECASE)
    assert word.pattern == r"([a-z]+)(?P<digit>\d)"
    assert compiled == []
    assert word.fullmatch("Ab1")
    assert word.sub("-", "a1 b2") == "- -"
    assert word.groupindex == {"digit": 2}
    assert compiled == [(r"([a-z]+)(?P<digit>\d)", re.IGNORECASE)]


def test_bytes_are_matched_by_a_pattern_of_bytes() -> None:
    assert regex(rb"\d+").findall(b"1 22") == [b"1", b"22"]


def test_what_no_pattern_has_is_missing() -> None:
    assert not hasattr(regex("a"), "nothing")
