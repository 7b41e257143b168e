"""Does what is read without the grammar come to what the grammar makes of it?"""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hcl.generator import Generator
from tests.hcl.writing import source as written_as
from tfcheck.hcl.collection import read_collection
from tfcheck.hcl.expression import Expression, Unreadable
from tfcheck.hcl.lexer import MalformedError
from tfcheck.hcl.parse import parse_range, template_at
from tfcheck.hcl.source import SourceText
from tfcheck.hcl.tree import read


def quick(text: str) -> Expression | None:
    source = SourceText("main.tf", text)
    return read_collection(source, 0, len(text), 0, partial(parse_range, source), partial(template_at, source))


def by_grammar(text: str) -> Expression | None:
    source = SourceText("main.tf", text)
    try:
        return read(source, 0, len(text), 0, partial(template_at, source))
    except MalformedError:
        return None


READ = (
    "[]",
    "[ ]",
    '[a, b.c, 1, true, null, -1, "x"]',
    "[\n  a,\n\n  b, # the second\n]",
    "[ # nothing\n]",
    "[/* none */ a /* some */, b]",
    "{}",
    "{ a = 1 }",
    "{ a = 1, b : 2 }",
    "{\n  a = 1\n\n  b = 2, c = 3\n}",
    '{\n  # about a\n  a = 1 # one\n  // about b\n  "b" = [\n    1,\n  ]\n}',
    '{ "${x}-y" = z, for = 1, null = 2, true = 3 }',
    "{ a = <<EOT\n${b}\nEOT\n}",
    "{ a = f(x)[0].b, c = d ? e : f }",
    "f()",
    "f(a, [b], { c = d })",
    "f(\n  a,\n  b,\n)",
    "f(xs...)",
    "f(a, b.c...)",
    "provider::aws::arn_parse(a)",
    'jsonencode({ Statement = [{ Action = ["s3:GetObject"], Resource = "${b.arn}/*" }] })',
    '["a,b", "]", "${f("}", [1])}"]',
    "[a / b, c]",
)
LEFT_TO_THE_GRAMMAR = (
    "a",
    "(a)",
    "[for x in y : x]",
    "{for k, v in y : k => v}",
    "[a][0]",
    "{ a = 1 }.a",
    "f(a).b",
    "f(a) + g(b)",
    "[a] == [b]",
    "{ (a) = 1 }",
    "{ a.b = 1 }",
    "[a /* and */ + b]",
)
MALFORMED = (
    "[,]",
    "[a,,b]",
    "[a b]",
    "{ a = 1 b = 2 }",
    "{ a }",
    "{ a = }",
    "{ = 1 }",
    "f(,)",
    "[a",
    '["a]',
    "[a)]",
    "{ a == 1 }",
)


@pytest.mark.parametrize("text", READ)
def test_it_is_what_the_grammar_makes_of_it(text: str) -> None:
    found = quick(text)
    assert found is not None
    assert found == by_grammar(text)


@pytest.mark.parametrize("text", LEFT_TO_THE_GRAMMAR)
def test_the_rest_is_left_to_the_grammar(text: str) -> None:
    assert quick(text) is None
    assert by_grammar(text) is not None


@pytest.mark.parametrize("text", MALFORMED)
def test_nothing_malformed_is_read(text: str) -> None:
    assert quick(text) is None


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32))
def test_generated_expressions_are_read_alike(seed: int) -> None:
    text = written_as(Generator(seed).expression())
    found = quick(text)
    assert found is None or found == by_grammar(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='[]{}(),=:\n #/*ab1".-', max_size=12), st.sampled_from(("[]", "{}", "f()")))
def test_what_is_read_of_any_text_the_grammar_reads_alike(inside: str, brackets: str) -> None:
    text = f"{brackets[:-1]}{inside}{brackets[-1]}"
    found = quick(text)
    assert found is None or isinstance(found, Unreadable) or found == by_grammar(text)
