"""A policy reads `*`, `?` and `${` as patterns: what holds them cannot be granted alone."""

from __future__ import annotations

import pytest

from tests.report import samples
from tfcheck.fix.wanted import Spelled, wanted
from tfcheck.symbolic.value import TextLike, display
from tfcheck.vocabulary.finding import Answer, Verdict


def spell(value: TextLike) -> Spelled | None:
    return (display(value),)


@pytest.mark.parametrize(
    ("resource", "granted"),
    [
        ("arn:aws:s3:::cfg/prod.env", True),
        ("*", True),
        ("arn:aws:s3:::cfg/prod*.env", False),
        ("arn:aws:s3:::cfg/prod?.env", False),
        ("arn:aws:s3:::cfg/${aws:username}/prod.env", False),
    ],
)
def test_only_what_a_policy_names_alone_is_granted(resource: str, *, granted: bool) -> None:
    answer = Answer(samples.need(resource=resource), "aws_iam_role.execution", Verdict.DENIED)
    assert (wanted([answer], spell) is not None) is granted
