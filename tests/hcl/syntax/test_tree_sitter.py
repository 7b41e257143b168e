"""Does a value end where tree-sitter's grammar says it does? It shares nothing with our lexer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cases import TESTDATA
from tests.hcl.syntax.test_library import Writer
from tests.laws import part
from tfcheck.hcl.syntax.lexer import MalformedError, attribute_end

tree_sitter: Any = pytest.importorskip("tree_sitter", reason="tree-sitter is not installed")
hcl: Any = pytest.importorskip("tree_sitter_hcl", reason="tree-sitter's grammar of HCL is not installed")

FILES = sorted(TESTDATA.rglob("*.tf"))
_PARSER = tree_sitter.Parser(tree_sitter.Language(hcl.language()))
#: What comes after a value, and what would end it too early.
_ENDS = ("", "  # }", ' // "', " /* ) */", "\r", "\n}")
_AROUND = (
    "{}",
    "[{}, {}]",
    "{{ a = {}\n b = {} }}",
    '"${{{}}} %{{ if {} }}x%{{ endif }}"',
    "f({}, {}...)",
    "<<-E\n  ${{{}}}\n  E",
)


def values(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each value of a block begins and ends; nothing of a file that the grammar does not read whole."""
    written = text.encode()
    found = [_PARSER.parse(written).root_node]
    if found[0].has_error:
        return
    while found:
        node = found.pop()
        found += node.children
        if node.type == "attribute":
            value = node.children[-1]
            yield len(written[: value.start_byte].decode()), len(written[: value.end_byte].decode())


def ends(text: str) -> list[tuple[int, int]]:
    return [(start, attribute_end(text, start)) for start, _ in values(text)]


def test_the_values_of_every_case_end_where_the_grammar_says() -> None:
    read = 0
    for path in part(FILES, 10):
        text = path.read_text(encoding="utf-8")
        assert ends(text) == [*values(text)], path
        read += bool(text) and any(values(text))
    assert read > len(FILES) // 10


@pytest.mark.parametrize("seed", part(range(100), 10))
def test_generated_values_end_where_the_grammar_says(seed: int) -> None:
    writer, read = Writer(seed), 0
    for number in range(40):
        around, end = _AROUND[number % len(_AROUND)], _ENDS[number % len(_ENDS)]
        inside = [writer.expression(2) for _ in range(2)]
        text = f"a {{\n  x = {around.format(*inside)}{end}\n}}\n"
        try:
            ours = ends(text)
        except MalformedError as error:
            raise AssertionError(text) from error
        assert ours == [*values(text)], text
        read += bool(ours)
    assert read >= 10


def test_a_file_is_compared(tmp_path: Path) -> None:
    """The comparison would otherwise hold of nothing."""
    assert ends('a {\n  b = "}"\n}\n') == [(10, 13)]
