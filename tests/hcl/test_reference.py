"""Is a chain that is read step by step what the grammar makes of it?"""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hcl.generator import Generator
from tests.hcl.writing import source as written_as
from tfcheck.hcl.expression import Expression
from tfcheck.hcl.lexer import MalformedError
from tfcheck.hcl.parse import parse_range, template_at
from tfcheck.hcl.reference import read_reference
from tfcheck.hcl.source import SourceText
from tfcheck.hcl.tree import read


def quick(text: str) -> Expression | None:
    source = SourceText("main.tf", text)
    return read_reference(source, 0, len(text), 0, partial(parse_range, source))


def by_grammar(text: str) -> Expression | None:
    source = SourceText("main.tf", text)
    try:
        return read(source, 0, len(text), 0, partial(template_at, source))
    except MalformedError:
        return None


READ = (
    "a.b",
    "a[b]",
    "aws_iam_role.execution[each.key].arn",
    'module.files["app"].arns[count.index + 1].x',
    "a[*]",
    "a.b[*].c.d[0]",
    "a.*.b.c",
    "a[*].b[c[d]]",
    'a["${b}-x"]',
    "f(x).y",
    "f(x)[0][1]",
    '{ a = 1 }["a"]',
    "[a, b][0].c",
    "provider::aws::arn_parse(a).region",
    "a[\n  b\n].c",
)
SOMETHING_ELSE = (
    "a",
    "true.b",
    "a.b + c",
    "a[b] == c.d",
    "(a).b",
    "a.0",
    "f(x)",
    "a ? b.c : d.e",
    '"x".b',
    "a .b",
    "-a.b",
)
MALFORMED = ("a[]", "a[b", "a.b.", "a[b c]", "a]", "a[b]c", ".a", "a..b")


@pytest.mark.parametrize("text", READ)
def test_it_is_what_the_grammar_makes_of_it(text: str) -> None:
    found = quick(text)
    assert found is not None
    assert found == by_grammar(text)


@pytest.mark.parametrize("text", [*SOMETHING_ELSE, *MALFORMED])
def test_nothing_else_is_read(text: str) -> None:
    assert quick(text) is None


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32))
def test_generated_expressions_are_read_alike(seed: int) -> None:
    text = written_as(Generator(seed).expression())
    found = quick(text)
    assert found is None or found == by_grammar(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='ab.[]*01"(),:{}= ', max_size=10))
def test_what_is_read_of_any_text_the_grammar_reads_alike(behind: str) -> None:
    found = quick(f"a{behind}")
    assert found is None or found == by_grammar(f"a{behind}")
