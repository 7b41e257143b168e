"""A list of statements on one line is broken where another one would make the line too long."""

from __future__ import annotations

import pytest

from tfcheck.fix.edits.insertion import apply_insertions, group_by_file
from tfcheck.fix.layout.items import NewItem, extend
from tfcheck.fix.layout.render import style_of
from tfcheck.fix.needed_statements import NeededStatement
from tfcheck.fix.policies.into_policy import insert_statements
from tfcheck.fix.text.policy_text import ObjectParts, Syntax, items, read_parts
from tfcheck.hcl.syntax.source import SourceText

OWN = '{ Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "*" }'
NEW = '{ Effect = "Allow", Action = ["s3:GetObject"], Resource = ["arn:aws:s3:::acme-config/web/prod.env"] }'
NEEDED = NeededStatement("ReadFiles", ("s3:GetObject",), (("arn:aws:s3:::acme-config/web/prod.env",),))


def with_statement(text: str, like: str | None = None) -> str:
    """The file with the needed statement in its policy, in the style of another list; as it was if none is added."""
    source, policy = SourceText("main.tf", text), read_parts(text, text.index("{"))
    assert isinstance(policy, ObjectParts)
    item = policy.item("Statement")
    assert item is not None
    style = style_of(like, items(read_parts(like, 0)), Syntax.HCL) if like else None
    insertions = insert_statements(source, item.value, [NEEDED], Syntax.HCL, style)
    return apply_insertions(text, group_by_file(insertions)[source]) if insertions else text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f'x = {{\n  Version   = "2012-10-17"\n  Statement = [{OWN}]\n}}\n',
            f'x = {{\n  Version = "2012-10-17"\n  Statement = [\n    {OWN},\n    {NEW},\n  ]\n}}\n',
        ),
        (
            f'x = {{\n  Statement = [{OWN}, {OWN}, ]\n  Version   = "2012-10-17"\n\n  Other     = 1\n}}\n',
            f"x = {{\n  Statement = [\n    {OWN},\n    {OWN},\n    {NEW},\n  ]\n"
            '  Version = "2012-10-17"\n\n  Other     = 1\n}\n',
        ),
        (
            f'x = {{ Version = "2012-10-17", Statement = [{OWN}, /* why, so */ {OWN}] }}\n',
            f'x = {{ Version = "2012-10-17", Statement = [\n  {OWN}, /* why, so */ \n  {OWN},\n  {NEW},\n] }}\n',
        ),
    ],
)
def test_each_statement_gets_a_line(text: str, expected: str) -> None:
    assert with_statement(text) == expected


@pytest.mark.parametrize("end", ["", ","])
def test_lists_end_as_those_of_the_neighbours_do(end: str) -> None:
    own = f'    {{\n      Effect = "Allow"\n      Action = [\n        "logs:PutLogEvents"{end}\n      ]\n    }}'
    text = f"x = {{\n  Statement = [\n{own}\n  ]\n}}\n"
    assert f'"s3:GetObject"{end}\n' in with_statement(text)


def test_each_list_is_spread_as_that_of_its_kind() -> None:
    own = '    {\n      Action = ["a:B"]\n      Effect = "Allow"\n      Resource = [\n        "*",\n      ]\n    }'
    text = f"x = {{\n  Statement = [\n{own}\n  ]\n}}\n"
    new = with_statement(text)
    assert 'Action = ["s3:GetObject"]\n' in new
    assert 'Resource = [\n        "arn:aws:s3:::acme-config/web/prod.env",\n      ]\n' in new


def test_a_single_statement_that_would_be_too_long_gets_a_line_of_its_own() -> None:
    own = '{ Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "*" }'
    text = f'x = {{\n  Version   = "2012-10-17"\n  Statement = {own}\n}}\n'
    lines = with_statement(text).split("\n")
    assert lines[1:4] == ['  Version = "2012-10-17"', "  Statement = [", f"    {own},"]
    assert (lines[4][:6], lines[5:]) == ("    { ", ["  ]", "}", ""])


def test_a_comma_after_the_last_item_of_the_neighbour_is_written_too() -> None:
    own = '    {\n      "Effect" : "Allow",\n      "Action" : "logs:PutLogEvents",\n    }'
    text = f'x = {{\n  "Statement" : [\n{own}\n  ]\n}}\n'
    (last,) = (each for each in with_statement(text).split("\n") if "Res" in each)
    assert last.endswith(",")


def test_a_line_stays_where_a_neighbour_must_not_be_shown() -> None:
    text = f'x = {{\n  Password  = "geheim"\n  Statement = [{OWN}]\n}}\n'
    assert with_statement(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'x = {\n  Version   = "2012-10-17"\n  Statement = concat(local.a, var.b)\n}\n',
            'x = {\n  Version = "2012-10-17"\n  Statement = concat(local.a, var.b, [\n'
            '    { Effect = "Allow", Action = ["s3:GetObject"], Resource = "arn:aws:s3:::acme-config/web/prod.env" },\n'
            "  ])\n}\n",
        ),
        (
            'x = {\n  Version   = "a password"\n  Statement = concat(local.a, var.b)\n}\n',  # which no diff may show
            'x = {\n  Version   = "a password"\n  Statement = concat(local.a, var.b, [{ Effect = "Allow", '
            'Action = ["s3:GetObject"], Resource = "arn:aws:s3:::acme-config/web/prod.env" }])\n}\n',
        ),
        ("x = {\n  Statement = concat(\n    local.a,\n    var.b)\n}\n", ""),
        (
            "x = {\n  Statement = concat(\n    local.a,\n    var.b,\n  )\n}\n",
            "x = {\n  Statement = concat(\n    local.a,\n    var.b,\n"
            '    [{ Effect = "Allow", Action = ["s3:GetObject"], Resource = "arn:aws:s3:::acme-config/web/prod.env" }],'
            "\n  )\n}\n",
        ),
    ],
)
def test_joined_lists_get_one_more_like_them(text: str, expected: str) -> None:
    like = '[{ Effect = "Allow", Action = ["a:B"], Resource = local.c }]'
    assert with_statement(text, like) == (expected or text)


def test_new_objects_below_each_other_are_all_on_one_line_or_none() -> None:
    text = 'a = [\n  { b = "c" },\n]\n'
    source, parts = SourceText("main.tf", text), read_parts(text, text.index("["))
    new = [NewItem("{\n  b = 1\n}", "{ b = 1 }"), NewItem("{\n  b = 2\n}", "{ b = " + "2" * 200 + " }")]
    assert apply_insertions(text, extend(source, parts, new)).count("\n  {\n    b = ") == 2
