"""Check what a block contains, in the native and in the JSON syntax."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

import pytest

from tests.rows import every_row
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.expression import Attribute, ListOf, Literal, ObjectOf, Place, Template, Variable
from tfcheck.hcl.syntax.parse import parse_range
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import read_source

NATIVE = """
resource "aws_x" "y" {
  name = "a-${var.b}"
  count = 2
  lifecycle {
    ignore_changes = [container_definitions, tags["x"]]
  }
  rule {
    id = 1
  }
  dynamic "rule" {
    for_each = var.rules
    iterator = each_rule
    content {
      id = each_rule.value
    }
  }
}
"""
JSON = """
{
  "//": "a comment",
  "resource": {
    "aws_x": {
      "y": {
        "//": {"also": "a comment"},
        "name": "a-${var.b}",
        "count": 2,
        "lifecycle": {"ignore_changes": ["container_definitions", "tags[\\"x\\"]"]},
        "rule": [{"id": 1}],
        "dynamic": {
          "rule": {
            "for_each": "${var.rules}",
            "iterator": "each_rule",
            "content": {"id": "${each_rule.value}"}
          }
        }
      }
    }
  }
}
"""


def native() -> Block:
    return read_source(SourceText("main.tf", NATIVE)).blocks[0]


def json() -> Block:
    return read_source(SourceText("main.tf.json", JSON)).blocks[0]


both = pytest.mark.parametrize("make", [native, json])


@both
def test_a_block_has_a_type_labels_and_arguments(make: Callable[[], Block]) -> None:
    block = make()

    assert (block.type, block.labels) == ("resource", ("aws_x", "y"))
    assert block.attributes()[:2] == ("name", "count")
    name = block.attribute("name")
    assert isinstance(name, Template)
    assert isinstance(name.parts[0], Literal)
    assert name.parts[0].value == "a-"
    assert isinstance(name.parts[1], Attribute)
    assert isinstance(block.attribute("count"), Literal)
    assert block.attribute("nothing") is None
    assert block.attribute_place("nothing") is None


@both
def test_static_and_dynamic_blocks_are_returned_in_source_order(make: Callable[[], Block]) -> None:
    static, dynamic = make().blocks("rule")

    assert (static.type, static.labels) == ("rule", ())
    assert (dynamic.type, dynamic.labels) == ("dynamic", ("rule",))
    iterator = dynamic.attribute("iterator")
    assert isinstance(iterator, Variable)
    assert iterator.name == "each_rule"
    (content,) = dynamic.blocks("content")
    assert content.attributes() == ("id",)
    assert make().blocks("id") == []


@both
def test_ignored_changes_are_named_as_written(make: Callable[[], Block]) -> None:
    assert make().ignored_changes() == ("container_definitions", 'tags["x"]')


def test_ignore_changes_can_be_all() -> None:
    block = read_source(SourceText("main.tf", "r {\n lifecycle {\n ignore_changes = all\n }\n}")).blocks[0]

    assert block.ignored_changes() == ("all",)
    assert read_source(SourceText("main.tf", "r {}")).blocks[0].ignored_changes() == ()


def test_places_in_json_are_those_of_the_properties() -> None:
    block = json()

    assert block.place == Place("main.tf.json", 6)
    assert block.end_line == 19
    assert block.attribute_place("name") == Place("main.tf.json", 8)
    assert block.blocks("rule")[1].place == Place("main.tf.json", 13)
    name = block.attribute("name")
    assert isinstance(name, Template)
    assert name.parts[1].place == Place("main.tf.json", 8)


@both
def test_an_argument_is_parsed_once_and_only_on_request(make: Callable[[], Block]) -> None:
    with patch("tfcheck.hcl.syntax.block.parse_range", wraps=parse_range) as parsing:
        block = make()
        assert parsing.call_count == 0
        assert block.attribute("name") is block.attribute("name")
        assert parsing.call_count <= 1


def test_json_values_are_expressions() -> None:
    text = '{"locals": {"a": [1, -2.50, true, null, "x\\ny$${z}"], "b": {"${var.k}": {"c": "<"}}}}'
    (block,) = read_source(SourceText("a.tf.json", text)).blocks
    listed, mapped = block.attribute("a"), block.attribute("b")

    assert isinstance(listed, ListOf)
    values = [item.value for item in listed.items if isinstance(item, Literal)]
    assert [str(value) for value in values] == ["1", "-5/2", "True", "None"]
    last = listed.items[4]
    assert isinstance(last, Template)
    assert isinstance(last.parts[0], Literal)
    assert "".join(str(part.value) for part in last.parts if isinstance(part, Literal)) == "x\ny${z}"
    assert isinstance(mapped, ObjectOf)
    key, value = mapped.items[0]
    assert isinstance(key, Template)
    assert isinstance(key.parts[0], Attribute)
    assert isinstance(value, ObjectOf)


def test_blocks_in_json_may_be_lists_at_every_level() -> None:
    text = '[{"resource": [{"a": [{"b": [{"x": 1}], "c": {}}]}, {"a": {"d": {}}}], "locals": [{"l": 1}, {"m": 2}]}]'
    found = [(block.type, block.labels) for block in read_source(SourceText("a.tf.json", text)).blocks]

    assert found == [
        ("resource", ("a", "b")),
        ("resource", ("a", "c")),
        ("resource", ("a", "d")),
        ("locals", ()),
        ("locals", ()),
    ]


def test_properties_that_contain_dynamic_blocks_are_blocks() -> None:
    """Arguments beside or around a `dynamic` block must not hide it."""
    text = """{"data": {"d": {"a": {
      "statement": [{"sid": "A", "dynamic": {"condition": {"for_each": "${var.c}", "content": {"test": "Null"}}}}],
      "rule": {"id": 1},
      "tags": {"dynamic": "x"},
      "dynamic": {"rule": {"for_each": "${var.r}", "content": {"id": 2}}}
    }}}}"""
    (block,) = read_source(SourceText("a.tf.json", text)).blocks
    assert block.attributes() == ("tags",)
    assert [(each.type, each.labels) for each in block.nested] == [
        ("statement", ()),
        ("rule", ()),
        ("dynamic", ("rule",)),
    ]
    (statement,) = block.blocks("statement")
    assert statement.attributes() == ("sid",)
    assert [(each.type, each.labels) for each in statement.nested] == [("dynamic", ("condition",))]


@every_row(
    "text",
    [
        "",
        "1",
        "{",
        '{"a"',
        '{"a": }',
        '{"a": 1,}',
        "{} {}",
        '{"a": "\\ud800"}',
        "[" * 10_000,
        '{"a": 01}',
        '"\n"',
        "\0",
    ],
)
def test_broken_json_is_a_problem_of_its_file(text: str) -> None:
    file = read_source(SourceText("a.tf.json", text))

    assert file.blocks == ()
    assert file.problem
    assert file.problem.place.file == "a.tf.json"
