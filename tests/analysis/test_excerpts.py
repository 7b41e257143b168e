"""Which lines of the sources a page may quote."""

from __future__ import annotations

import msgspec

from tests.report import samples
from tfcheck.analysis.excerpts import ExcerptReader
from tfcheck.hcl.syntax.expression import Place
from tfcheck.vocabulary.finding import Excerpt, Finding, Location

SOURCE = [
    "",
    'resource "aws_iam_role_policy" "env_file" {',
    '  name = "env-file" # s3cret-in-a-comment',
    "  role = aws_iam_role.execution.id",
    "",
    "  policy = jsonencode({",
    '    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-config/*" }]',
    '    Password  = "s3cret"',
    "  })",
    "}",
    'resource "aws_ecs_task_definition" "app" {',
    '  container_definitions = jsonencode([{ name = "app", environment = [{ name = "A", value = "s3cret" }] }])',
    '  family = "s3cret"',
    "}",
    "",
]


def line(place: Place) -> str:
    return SOURCE[place.line - 1] if place.file == "main.tf" and place.line <= len(SOURCE) else ""


def quoted(*places: Location, secret: str = "nothing") -> list[Excerpt]:
    findings: list[Finding] = [
        msgspec.structs.replace(samples.FINDING, answers=(), needed_at=None, location=place) for place in places
    ]
    return list(ExcerptReader(line, lambda text: secret in text).excerpts(findings))


def test_of_a_policy_the_lines_of_policy_language_are_quoted() -> None:
    (found,) = quoted(Location("main.tf", 2, 10))
    assert found.lines == (
        'resource "aws_iam_role_policy" "env_file" {',
        None,
        "  role = aws_iam_role.execution.id",
        "",
        "  policy = jsonencode({",
        '    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-config/*" }]',
        None,
        "  })",
        "}",
    )


def test_of_an_argument_of_a_policy_the_lines_to_the_end_of_the_block_are_quoted() -> None:
    (found,) = quoted(Location("main.tf", 6, 6))
    assert (found.lines[0], found.lines[-1], len(found.lines)) == ("  policy = jsonencode({", "}", 5)


def test_of_anything_else_the_first_line_is_quoted_without_its_texts() -> None:
    (found,) = quoted(Location("main.tf", 12, 12))
    assert found.lines == (
        '  container_definitions = jsonencode([{ name = "…", environment = [{ name = "…", value = "…" }] }])',
    )
    (block,) = quoted(Location("main.tf", 11, 14))
    assert block.lines == ('resource "aws_ecs_task_definition" "app" {',)


def test_what_is_marked_as_sensitive_is_not_quoted() -> None:
    (found,) = quoted(Location("main.tf", 6, 6), secret="acme-config")
    assert found.lines[1] is None
    (first,) = quoted(Location("main.tf", 11, 14), secret="app")
    assert first.lines == (None,)


def test_each_place_is_quoted_once_and_none_that_is_not_at_hand() -> None:
    place = Location("main.tf", 2, 3)
    assert [each.line for each in quoted(place, place, Location("other.tf", 1, 1), Location("main.tf", 99, 99))] == [2]
