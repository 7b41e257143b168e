"""Statements of a policy document that the apply reads are the planned ones, one by one."""

from __future__ import annotations

import re

import pytest

from tests.cases import TESTDATA, Case
from tfcheck.analysis.check import check
from tfcheck.fix.proof.trial import ChangedSources
from tfcheck.resolve.difference import is_other, statements_differ
from tfcheck.symbolic.value import Unknown, Value, text

_DYNAMIC = Case(TESTDATA / "dynamic-statements")


@pytest.mark.parametrize(
    ("old", "new", "differs"),
    [
        ("title(grant.key)", 'join("", [title(grant.key)])', False),
        ("grant.value.actions", "concat(grant.value.actions, grant.value.actions)", False),
        ("title(grant.key)", '"Grant${title(grant.key)}"', True),
        ("grant.value.actions", 'concat(grant.value.actions, ["s3:GetObjectTagging"])', True),
        ("for_each = var.grants", 'for_each = { for key, each in var.grants : key => each if key != "own" }', True),
    ],
)
def test_statements_of_a_policy_document_are_compared_in_their_order(old: str, new: str, differs: bool) -> None:
    made = _DYNAMIC.plan()
    sources = _DYNAMIC.sources(made)
    (file,) = sources.module(("execution",)).files  # type: ignore[union-attr]
    assert old in file.source.text
    report = check(made, ChangedSources(sources, {file.source.name: file.source.text.replace(old, new)}))
    assert any("grants.statement differs" in each for each in report.notes) == differs


def test_statements_in_another_order_do_not_fill_what_the_plan_leaves_open() -> None:
    made = _DYNAMIC.plan()
    sources = _DYNAMIC.sources(made)
    (file,) = sources.module(("execution",)).files  # type: ignore[union-attr]
    before, dynamic, after = re.split(r"(?s)(  dynamic .*?\n  }\n)", file.source.text)
    written, document = before.rsplit("{\n  statement {", 1)[0], before.rsplit("{\n  statement {", 1)[1]
    text = f"{written}{{\n{dynamic}\n  statement {{{document}{after}"
    report = check(made, ChangedSources(sources, {file.source.name: text}))
    verdicts = {each.verdict.value for each in report.answers if "/environmentFiles/2" in each.requirement.pointer}
    assert verdicts == {"unknown"}


def test_thousands_of_open_texts_are_not_compared_with_each_other() -> None:
    evaluated: list[Value] = [text([f"arn:aws:s3:::b{index}/", Unknown()]) for index in range(300)]
    others: list[Value] = [f"arn:aws:s3:::c{index}/x" for index in range(300)]
    assert statements_differ([{"resources": evaluated[:20]}], [{"resources": [*others[:20], Unknown()]}])
    assert not statements_differ([{"resources": evaluated}], [{"resources": [*others, Unknown()]}])


def test_what_may_be_empty_does_not_differ_from_nothing() -> None:
    nothing: list[Value] = [[], {}, [{"name": "web", "rules": []}]]
    evaluated: list[Value] = [Unknown(), Unknown(), [{"name": "web", "rules": Unknown()}]]
    assert not any(map(is_other, evaluated, nothing))
    assert is_other(text(["arn:", Unknown()]), [])
