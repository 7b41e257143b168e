"""Is what is needed, but may not be enough, written as text for the place where it belongs?"""

from __future__ import annotations

import json
from pathlib import Path

from tests.cases import TESTDATA
from tests.fix.found import copied, found_in
from tfcheck.analysis.check import check
from tfcheck.analysis.fix_session import fix
from tfcheck.analysis.options import FixSelection, RunOptions
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
    assert fix.title == (
        "add a statement to aws_iam_role_policy.execution; needed, but it may not be enough: "
        "a repository outside the plan; whether it is in the account of the role is open: "
        "pass `--account`, or set `allowed_account_ids` in the provider configuration"
    )
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


def test_what_is_in_doubt_is_beside_what_is_proven_under_another_name(tmp_path: Path) -> None:
    """The role lacks the login as well, which is proven: the text for the rest can be added to the same file."""
    folder = copied(_CASE.name, tmp_path)
    main, plan = folder / "main.tf", folder / "plan.json"
    text = main.read_text()
    start = text.index('resource "aws_iam_role_policy"')
    main.write_text(text[:start] + text[text.index('resource "aws_ecs_task_definition"') :])
    shown = json.loads(plan.read_text())
    kept = [each for each in shown["resource_changes"] if each["type"] != "aws_iam_role_policy"]
    own = shown["configuration"]["root_module"]["resources"]
    shown["resource_changes"] = kept
    del shown["planned_values"]
    shown["configuration"]["root_module"]["resources"] = [each for each in own if each["type"] != "aws_iam_role_policy"]
    plan.write_text(json.dumps(shown))
    report, known = found_in(folder)
    (proven,) = {known.of(each) for each in report.findings}
    (rest,) = {known.remedy(each) for each in report.findings}
    assert proven is not None
    assert rest is not None
    assert (proven.title, proven.proven) == ("add aws_iam_role_policy.execution_start_up", True)
    assert "RegistryLogin" in proven.hcl
    assert "PullImages" not in proven.hcl
    assert rest.words.startswith("add aws_iam_role_policy.execution_start_up_2; needed, but it may not be enough: ")
    assert 'resource "aws_iam_role_policy" "execution_start_up_2" {' in rest.hcl
    assert 'name = "ecs-start-up-2"' in rest.hcl
    assert "PullImages" in rest.hcl
    title = rest.words.partition(";")[0]
    (written,) = fix([str(plan)], str(folder), FixSelection(safe_only=True)).notes
    assert written.startswith(f"left out, because it needs a review: {title};")
