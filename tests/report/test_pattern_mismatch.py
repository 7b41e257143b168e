from __future__ import annotations

import re

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.report import samples
from tests.rows import every_row
from tfcheck.report.pattern_mismatch import nearest, parting
from tfcheck.vocabulary.finding import Evidence, EvidenceKind

ARN = "arn:aws:s3:::acme-config/web/prod.env"


@every_row(
    ("pattern", "until"),
    [
        (ARN, None),
        ("*", None),
        ("arn:aws:s3:::acme-config/*", None),
        ("arn:aws:s3:::acme-config/???/prod.env", None),
        ("arn:aws:s3:::acme-config/api/*", "arn:aws:s3:::acme-config/"),
        ("arn:aws:s3:::acme-config", "arn:aws:s3:::acme-config"),
        ("arn:aws-cn:s3:::acme-config/*", "arn:aws"),
        ("arn:*:s3:::acme-configs/*", "arn:*:s3:::acme-config"),
        ("*/prod.env.bak", "*/prod.env"),
        ("", ""),
        ("ARN:aws:s3:::*", ""),
    ],
)
def test_the_mark_is_where_no_match_goes_on(pattern: str, until: str | None) -> None:
    assert parting(ARN, pattern) == (None if until is None else len(until))


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_no_mark_exactly_where_the_pattern_matches(pattern: str, needed: str) -> None:
    expression = "".join({"*": ".*", "?": "."}.get(char, char) for char in pattern)
    assert (parting(needed, pattern) is None) == bool(re.fullmatch(expression, needed))


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_what_is_before_the_mark_matches_a_beginning(pattern: str, needed: str) -> None:
    stop = parting(needed, pattern)
    assert stop is None or parting(needed, pattern[:stop] + "*") is None


def test_the_nearest_pattern_comes_first() -> None:
    need = msgspec.structs.replace(samples.DENIED.requirement, action="logs:CreateLogGroup", resource=ARN)
    patterns = ("arn:aws:s3:::other/*", "arn:aws:s3:::acme-config/api/*", "arn:aws:sqs:*")
    statement = Evidence("aws_iam_policy.p", None, "Allow", EvidenceKind.OTHER_RESOURCE, patterns)
    assert nearest(need, statement)[0] == "arn:aws:s3:::acme-config/api/*"
    actions = ("ecr:BatchGetImage", "logs:PutLogEvents", "logs:CreateLogStream")
    statement = Evidence("aws_iam_policy.p", None, "Allow", EvidenceKind.OTHER_ACTION, actions)
    assert nearest(need, statement) == ("logs:CreateLogStream", "logs:PutLogEvents", "ecr:BatchGetImage")
