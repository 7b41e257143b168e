"""Check patterns that are compiled on first use."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from re import _constants, _parser
from typing import Any, AnyStr

import pytest

import tfcheck
from tfcheck.symbolic.regex import compile_pattern, regex

_UNITS = (_constants.IN, _constants.NOT_LITERAL, _constants.ANY, _constants.MAX_REPEAT)


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


def test_no_pattern_keeps_a_place_for_each_character() -> None:
    """A repeated choice that may give characters back takes hundreds of bytes for each, or tries all ways to split."""
    patterns = {
        (found.pattern, found.flags): f"{module.name}.{name}"
        for module in pkgutil.walk_packages(tfcheck.__path__, "tfcheck.")
        if not module.name.endswith("__main__")
        for name, found in vars(importlib.import_module(module.name)).items()
        if hasattr(found, "pattern") and hasattr(found, "flags")
    }
    assert len(patterns) > 300
    assert [name for text, name in patterns.items() if any(single_character_choices(_parser.parse(*text)))] == []


def single_character_choices(tree: Any) -> Iterator[Any]:
    """Yield the choices of one character, or of a number of these, whose repetition is not possessive."""
    for kind, arguments in tree:
        if kind is _constants.MAX_REPEAT and arguments[1] is _constants.MAXREPEAT:
            body = arguments[2]
            while len(body) == 1 and body[0][0] is _constants.SUBPATTERN:
                body = body[0][1][-1]
            choices = body[0][1][1] if body[0][0] is _constants.BRANCH else ()
            yield from (each for each in choices if len(each) == 1 and each[0][0] in _UNITS)
        yield from (found for each in subpatterns(arguments) for found in single_character_choices(each))


def subpatterns(arguments: Any) -> list[Any]:
    if isinstance(arguments, _parser.SubPattern):
        return [arguments]
    return [found for each in arguments for found in subpatterns(each)] if isinstance(arguments, list | tuple) else []


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("analysis.waiver_comments._WAIVER", " "),
        ("fix.callers.module_inputs._OPTIONAL_LIST", "a"),
        ("fix.proof.cycle._REFERENCE", "a-"),
        ("fix.text.policy_statements._LABEL", "a"),
        ("fix.values.gates._INSTANCE", "a"),
        ("fix.values.list_lengths._QUOTED", '\\"'),
        ("hcl.formats.json._STRING", '\\"'),
        ("report.diff._TOKEN", "a"),
        ("repository.ignore._TRAILING_SPACES", " "),
        ("verdict.access.permission._KIND", "a"),
    ],
)
def test_a_search_goes_over_a_text_once(name: str, unit: str) -> None:
    """It would take minutes to begin again at each character."""
    module, pattern = f"tfcheck.{name}".rsplit(".", 1)
    assert len(getattr(importlib.import_module(module), pattern).findall(100_000 * unit + "!")) <= 1
