"""A policy reads `*`, `?` and `${` as patterns: what holds them cannot be granted alone."""

from __future__ import annotations

from tests.report import samples
from tests.rows import every_row
from tfcheck.fix.needed_statements import NeededStatement, Reference, Spelled, needed_statements, with_gates
from tfcheck.symbolic.value import TextLike, display
from tfcheck.vocabulary.finding import Answer, Verdict


def spell(value: TextLike) -> Spelled | None:
    return (display(value),)


@every_row(
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
    assert (needed_statements([answer], spell) is not None) is granted


def test_what_may_be_null_is_named_only_where_it_is_not() -> None:
    file, bucket = (Reference("var.env_file"),), (Reference("aws_s3_bucket.b.arn"), "/x.env")
    both = NeededStatement("ReadFiles", ("s3:GetObject",), (bucket, file))
    one, other = with_gates([both], lambda each: "var.env_file != null" if each == file[0] else "")
    assert (one.sid, one.resources, one.gate) == ("ReadFiles", (bucket,), "")
    assert (other.sid, other.resources, other.gate) == ("ReadFiles2", (file,), "var.env_file != null")
    assert with_gates([both], lambda _: "") == (both,)
