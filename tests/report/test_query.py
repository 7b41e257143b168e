from __future__ import annotations

import pytest

from tests.report import samples
from tests.rows import every_row
from tfcheck.report.json import document
from tfcheck.report.query import query
from tfcheck.vocabulary.errors import UsageError


def test_an_expression_picks_from_the_report() -> None:
    shown = document(samples.BROKEN)
    assert query("requirements[?verdict=='denied'].action")(shown) == ["s3:GetObject", "s3:GetBucketLocation"]
    assert query("summary.errors")(shown) == 1
    assert query("nothing.here")(shown) is None


@every_row(
    "wrong",
    ["findings[", "", "findings[?]", "nofunction(@)", "length(plan.complete)",
     "contains(findings[0].message, `1`)", "sort_by(findings, &nothing)", "abs(`\"x\"`)",
     "(" * 5_000 + "a" + ")" * 5_000],
)  # fmt: skip
def test_a_wrong_expression_is_the_users_to_fix(wrong: str) -> None:
    with pytest.raises(UsageError) as caught:
        query(wrong)(document(samples.BROKEN))
    assert caught.value.exit_status == 2
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 500
    assert caught.value.hint
