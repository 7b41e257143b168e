"""What a change gives to roles and takes from them, on the screen, in Markdown and as JSON."""

from __future__ import annotations

import json

import msgspec
from click.testing import CliRunner

from tests.cases import TESTDATA
from tfcheck.cli.main import main
from tfcheck.report.access import access_text
from tfcheck.vocabulary.access import AccessUnknown
from tfcheck.vocabulary.finding import PlanInfo, Report

PLAN = str(TESTDATA / "regression-on-update" / "plan.json")


def diff_output(*arguments: str) -> str:
    wide = CliRunner(env={"COLUMNS": "200"})
    done = wide.invoke(main, ["diff", *arguments], standalone_mode=False, catch_exceptions=False)
    assert done.return_value == 0
    return done.stdout


def test_text_shows_what_is_revoked_from_whom() -> None:
    assert diff_output(PLAN).split("\n")[1:] == [
        "",
        "  aws_iam_role.execution",
        "    - s3:GetObject on arn:aws:s3:::acme-config/* except arn:aws:s3:::acme-config/ledger/common.env",
        "",
    ]
    assert diff_output(PLAN).startswith(f"{PLAN}: 1 permission revoked\n")


def test_markdown_is_a_diff() -> None:
    page = diff_output("--format", "markdown", PLAN)
    assert "```diff\n- s3:GetObject on arn:aws:s3:::acme-config/* except arn:" in page
    assert "`aws_iam_role.execution`" in page


def test_json_has_the_words_of_the_report() -> None:
    (change,) = json.loads(diff_output("--format", "json", PLAN))["access_changes"]
    assert change == {
        "role": "aws_iam_role.execution",
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::acme-config/*",
        "change": "revoked",
        "because": None,
        "kept": [{"action": "s3:GetObject", "resource": "arn:aws:s3:::acme-config/ledger/common.env"}],
        "role_change": None,
    }


def test_roles_that_come_and_go_are_reported_whole() -> None:
    page = diff_output(str(TESTDATA / "access-changed" / "plan.json"))
    assert page.split("\n")[0].endswith(": 3 permissions granted, 6 permissions revoked")
    assert "  aws_iam_role.old (deleted)\n    - logs:PutLogEvents on *\n" in page
    assert "  aws_iam_role.search (new)\n    + logs:PutLogEvents on *\n" in page
    assert (
        '  switches the execution role of aws_ecs_task_definition.service["search"]'
        " from aws_iam_role.old to aws_iam_role.search\n" in page
    )
    assert "    - ses:SendEmail on *: the permissions boundary aws_iam_policy.boundary no longer allows it\n" in page


def test_unknown_changes_are_not_reported_as_none() -> None:
    report = Report(PlanInfo("plan.json", None, None, None, complete=True), (), (), ())
    report = msgspec.structs.replace(report, access_unknown=(AccessUnknown("aws_iam_role.a", "limit: too many"),))
    assert access_text([report]) == (
        "plan.json: what 1 execution role may gain or lose is unknown\n"
        "  unknown: changes to the access of aws_iam_role.a: limit: too many\n"
    )


def test_no_changes_are_reported_as_none() -> None:
    assert "no execution role gains or loses access" in diff_output(
        str(TESTDATA / "literal-granted" / "applied.plan.json")
    )
