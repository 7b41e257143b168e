from __future__ import annotations

from tests.hcl.evaluate.test_expressions import ARN, Names
from tfcheck.hcl.evaluate.dynamic import nested_blocks, possible
from tfcheck.hcl.evaluate.expressions import evaluate
from tfcheck.hcl.evaluate.marking import mark
from tfcheck.hcl.evaluate.scope import Scope, Seen
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import read_source
from tfcheck.symbolic.value import OneOf, Set, Unknown, Value, display


def block(body: str) -> Block:
    return read_source(SourceText("main.tf", f'data "aws_iam_policy_document" "d" {{\n{body}\n}}\n')).blocks[0]


def sids(body: str, **names: Seen) -> tuple[list[Value], Unknown | None]:
    found, more = nested_blocks(block(body), "statement", Names(**names))
    return [worth(each, scope, "sid") for each, scope in found], more


def worth(each: Block, scope: Scope, name: str) -> Value:
    expression = each.attribute(name)
    assert expression is not None
    return evaluate(expression, scope)


DYNAMIC = """
  statement {
    sid = "First"
  }
  dynamic "statement" {
    for_each = var.all
    content {
      sid = "${statement.key}-${statement.value}"
    }
  }
  statement {
    sid = "Last"
  }
  condition {
    sid = "Other"
  }
"""


def test_nested_blocks_are_returned_in_source_order() -> None:
    assert sids(DYNAMIC, all=["a", "b"]) == (["First", "0-a", "1-b", "Last"], None)


def test_for_each_iterates_over_maps_by_key_and_sets_by_element() -> None:
    assert sids(DYNAMIC, all={"y": 1, "x": 2})[0] == ["First", "x-2", "y-1", "Last"]
    assert sids(DYNAMIC, all=Set(("a", "b")))[0] == ["First", "a-a", "b-b", "Last"]
    assert sids(DYNAMIC, all=[]) == (["First", "Last"], None)


def test_a_sensitive_for_each_marks_the_key_too() -> None:
    first, *_ = sids(DYNAMIC, all=mark({"y": "z"}))[0][1:]
    assert display(first) == "(sensitive)-(sensitive)"


def test_an_unknown_for_each_means_that_there_may_be_more_blocks() -> None:
    found, more = sids(DYNAMIC, all=ARN)
    assert found == ["First", "Last"]
    assert isinstance(more, Unknown)
    assert more.reason == ARN.reason
    assert more.where == "main.tf:7"


def test_content_that_no_element_decides_is_known_for_an_unknown_for_each() -> None:
    body = DYNAMIC.replace('sid = "${statement.key}-${statement.value}"', 'sid = "s3:Get"\n  value = statement.value')
    ((content, scope, more),) = possible(block(body), "statement", Names(all=ARN))
    assert worth(content, scope, "sid") == "s3:Get"
    assert isinstance(worth(content, scope, "value"), Unknown)
    assert more.reason == ARN.reason
    assert possible(block(body), "statement", Names(all=["a"])) == []
    assert possible(block(body.replace("for_each", "each")), "statement", Names(all=ARN)) == []


def test_each_element_of_the_collections_that_a_condition_is_between_is_possible() -> None:
    choice = OneOf(reason="a condition", values=({"x": 1}, {"x": 1, "y": 2}))
    found, more = sids(DYNAMIC, all=choice)
    assert found == ["First", "x-1", "Last"]
    assert isinstance(more, OneOf)
    ((content, scope, doubt),) = possible(block(DYNAMIC), "statement", Names(all=choice))
    assert (worth(content, scope, "sid"), doubt.reason) == ("y-2", choice.reason)


def test_an_error_in_for_each_means_that_there_may_be_more_blocks() -> None:
    found, more = sids(DYNAMIC)
    assert found == ["First", "Last"]
    assert isinstance(more, Unknown)
    assert more.reason.startswith("evaluation error")


def test_the_iterator_can_be_named() -> None:
    body = """
      dynamic "statement" {
        for_each = var.all
        iterator = each_one
        content {
          sid = each_one.value.name
        }
      }
    """
    assert sids(body, all=[{"name": "A"}]) == (["A"], None)


def test_dynamic_blocks_nest() -> None:
    body = """
      dynamic "statement" {
        for_each = var.all
        content {
          dynamic "condition" {
            for_each = statement.value
            content {
              variable = "${statement.key}/${condition.value}"
            }
          }
        }
      }
    """
    found, more = nested_blocks(block(body), "statement", Names(all={"s": ["x", "y"], "t": []}))
    inner = [nested_blocks(each, "condition", scope) for each, scope in found]
    assert more is None
    assert [[worth(*pair, "variable") for pair in conditions] for conditions, _ in inner] == [["s/x", "s/y"], []]


def test_iterating_over_a_resource_does_not_evaluate_its_attributes() -> None:
    body = """
      dynamic "statement" {
        for_each = aws_s3_bucket.many
        content {
          sid = statement.value.arn
        }
      }
    """
    found, _ = sids(body)
    assert found[0] is ARN


def test_a_dynamic_block_without_content_is_unsupported() -> None:
    found, more = sids('dynamic "statement" {\n for_each = []\n}')
    assert found == []
    assert more is not None
    assert more.reason.startswith("unsupported")
