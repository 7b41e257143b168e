"""Check that no function or operator loses a sensitive mark, with every part of its arguments marked in turn.

`marked_calls.txt` lists a call of every function, and every other kind of expression. Terraform is the oracle.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hcl.console import needs_terraform
from tests.hcl.evaluate.test_marking import judged, ours
from tests.rows import every_row
from tfcheck.hcl.functions import _MODULE_OF
from tfcheck.symbolic.regex import regex

CALLS = tuple(Path(__file__).with_name("marked_calls.txt").read_text(encoding="utf-8").splitlines())
#: A text without a template, a number, a bool or null.
_LITERAL = regex(r'"(?:[^"\\$%]|\\.)*"|(?<![\w.])-?\d+(?:\.\d+)?|\b(?:true|false|null)\b')
#: Where a list or an object begins, and not an index or a block.
_BEFORE = ("", "(", ",", " ", "[")


def marked_in_turn(call: str) -> Iterator[str]:
    """Yield a call with one of its literals, lists or objects marked."""
    for begin, end in (*(found.span() for found in _LITERAL.finditer(call)), *_brackets(call)):
        yield f"{call[:begin]}sensitive({call[begin:end]}){call[end:]}"


def _brackets(call: str) -> Iterator[tuple[int, int]]:
    opened: list[int] = []
    quoted = False
    for position, char in enumerate(call):
        quoted ^= char == '"' and call[position - 1 : position] != "\\"
        if char in "[{" and not quoted:
            opened.append(position)
        elif char in "]}" and not quoted and opened:
            begin = opened.pop()
            if call[begin - 1 : begin] in _BEFORE or not begin:
                yield begin, position + 1


@every_row("call", CALLS)
def test_a_marked_argument_never_raises(call: str) -> None:
    for each in marked_in_turn(call):
        assert ours(each) in (True, False, None)


def test_the_calls_cover_every_function() -> None:
    #: Functions of providers need them; the others take what is marked as it is, or read directories.
    left_out = {"fileset", "sensitive", "nonsensitive", *(name for name in _MODULE_OF if "::" in name)}
    assert [name for name in _MODULE_OF if f"{name}(" not in "\n".join(CALLS) and name not in left_out] == []


@needs_terraform
@pytest.mark.parametrize("part", range(2))
def test_no_call_has_fewer_marks_than_for_terraform(part: int, tmp_path: Path) -> None:
    marked = [each for call in CALLS[part::2] for each in marked_in_turn(call)]
    answers = [
        answer for start in range(0, len(marked), 200) for answer in judged(marked[start : start + 200], tmp_path)
    ]
    assert sum(answer is True for answer in answers) > len(answers) / 2
    lost = [each for each, theirs in zip(marked, answers, strict=True) if theirs and not ours(each)]
    assert lost == []
