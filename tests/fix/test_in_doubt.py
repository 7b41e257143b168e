"""Is what is needed, but may not be enough, written as text for the place where it belongs?"""

from __future__ import annotations

from tests.cases import TESTDATA
from tfcheck.analysis.check import check
from tfcheck.analysis.options import RunOptions
from tfcheck.hcl.modules import find
from tfcheck.plan import load
from tfcheck.vocabulary.finding import Fix

_CASE = TESTDATA / "images-of-open-account"
_STATEMENT = """\
{
  Sid      = "PullImages"
  Effect   = "Allow"
  Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
  Resource = "arn:aws:ecr:ap-northeast-1:123456789012:repository/${each.key}"
},"""


def _fixes(name: str, account: str | None = None) -> set[Fix]:
    plan = load(_CASE / name).plans[0]
    sources = find(_CASE, _CASE / name, plan.configuration).sources
    report = check(plan, sources, RunOptions(account=account, fixes=True))
    return {each.fix for each in report.findings if each.fix is not None}


def test_text_is_written_once_for_all_instances_where_the_account_is_open() -> None:
    (fix,) = _fixes("plan.json")
    assert fix.hcl == _STATEMENT
    assert fix.title.startswith("add a statement to aws_iam_role_policy.execution; needed, but what the plan does not")
    assert (fix.safety, fix.proven, fix.diff) == ("review", False, "")


def test_the_same_statement_is_a_proven_diff_where_the_account_is_known() -> None:
    for found in (_fixes("applied.plan.json"), _fixes("plan.json", account="123456789012")):
        (fix,) = found
        assert fix.hcl == _STATEMENT
        assert (fix.safety, fix.proven) == ("safe", True)
        assert fix.diff


def test_the_repository_of_another_account_still_decides_with_the_statement() -> None:
    (fix,) = _fixes("plan.json", account="210987654321")
    assert fix.hcl == _STATEMENT
    assert (fix.safety, fix.proven, fix.diff) == ("review", False, "")
