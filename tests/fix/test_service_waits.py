"""A service that starts too early is made to wait, where Terraform's graph stays without a circle."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.cases import TESTDATA
from tests.fix.found import copied, found_in, plan_in
from tests.rows import every_row
from tfcheck.analysis import check as analysis_check
from tfcheck.analysis.check import check
from tfcheck.analysis.fix_session import fix
from tfcheck.analysis.options import FixSelection, RunOptions
from tfcheck.checks import deploy_order_graph
from tfcheck.fix import FixChoice
from tfcheck.fix.corrections.service_waits import insert_depends_on
from tfcheck.fix.proposal import DraftFix
from tfcheck.hcl.modules import from_directory
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import read_source
from tfcheck.plan import Plan, load

ONLY = FixSelection(only=("deploy-order",))
LATE = TESTDATA / "late-in-two-places"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied("late-for-services", tmp_path)


def found(folder: Path, plan: Callable[[Path], Plan] = plan_in) -> dict[str, DraftFix]:
    """Return the fixes by the service that is late."""
    drafts = found_in(folder, plan=plan).fixes.found
    return {str(each.finding.address): each for each in drafts if each.finding and each.finding.rule == "deploy-order"}


WAITS = {
    "aws_ecs_service.hasty": ("main.tf", "depends_on = [aws_iam_role_policy.running]"),
    "module.file.aws_ecs_service.this": ("main.tf", "depends_on = [aws_s3_object.web]"),
    "module.slow.aws_ecs_service.this": ("main.tf", "depends_on = [aws_secretsmanager_secret_version.slow]"),
    "module.writes.aws_ecs_service.this": ("main.tf", "depends_on = [aws_cloudwatch_log_group.web]"),
}


def test_each_waits_where_what_it_needs_can_be_named(folder: Path) -> None:
    drafts = found(folder)
    assert {
        name: (*dict.fromkeys(one.source.name for one in each.insertions), each.fix.hcl)
        for name, each in drafts.items()
    } == WAITS
    assert all((each.fix.safety, each.fix.proven) == ("review", True) for each in drafts.values())


def test_what_is_written_is_formatted_and_written_once(folder: Path) -> None:
    done = fix([str(folder / "plan.json")], str(folder), ONLY, into_files=True)
    assert len(done.summary) == len(WAITS)
    again = fix([str(folder / "plan.json")], str(folder), ONLY, into_files=True)
    assert again.changed == 0
    assert sum("run `terraform plan` again" in each for each in again.notes) >= len(WAITS)
    text = (folder / "main.tf").read_text()
    assert "  }\n\n  depends_on = [aws_iam_role_policy.running]\n}\n" in text


def test_what_is_late_in_two_places_is_waited_for_in_both(tmp_path: Path) -> None:
    folder = copied("late-in-two-places", tmp_path)
    draft, other = found(folder).values()
    assert draft.fix == other.fix
    assert draft.fix.title == (
        "let the call of module.other wait for module.roles; let module.other.aws_ecs_service.app and "
        "module.service.aws_ecs_service.app wait for aws_cloudwatch_log_group.app; "
        "let the call of module.service wait for module.roles"
    )
    assert (draft.fix.safety, draft.fix.proven) == ("review", True)
    done = fix([str(folder / "plan.json")], str(folder), ONLY, into_files=True)
    assert len(done.summary) == 1
    assert (folder / "main.tf").read_text().count("\n\n  depends_on = [module.roles]\n}\n") == 2
    service = (folder / "modules" / "service" / "main.tf").read_text()
    assert service.endswith("\n\n  depends_on = [aws_cloudwatch_log_group.app]\n}\n")


def test_waits_are_proven_without_a_second_check(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def count(home: ModuleType, name: str) -> None:
        real = getattr(home, name)

        def counted(*given: object) -> object:
            done.append(name)
            return real(*given)

        monkeypatch.setattr(home, name, counted)

    count(analysis_check, "_decide")
    count(deploy_order_graph, "_WorldAtServiceStart")
    report = check(plan_in(LATE), from_directory(LATE), RunOptions(fixes=True))
    assert any(each.fix is not None for each in report.findings)
    assert done == ["_decide", "_WorldAtServiceStart"]


def test_what_can_be_waited_for_in_one_of_two_places_is_left_to_do(tmp_path: Path) -> None:
    folder = copied("late-in-two-places", tmp_path)
    service = folder / "modules" / "service" / "main.tf"
    # A module with a look-up is never made to wait: the look-up would wait as well.
    service.write_text(f'{service.read_text()}\ndata "aws_region" "current" {{}}\n')
    assert found(folder) == {}
    report = check(plan_in(folder), from_directory(folder), RunOptions(fixes=True))
    finding = next(each for each in report.findings if each.rule == "deploy-order")
    assert finding.remedy is not None
    assert finding.remedy.hcl == (
        "# the call of module.other\ndepends_on = [module.roles]\n\n"
        "# the service\ndepends_on = [aws_cloudwatch_log_group.app]"
    )


def circular(folder: Path) -> Plan:
    """Return a plan in which a policy waits for the service that is to wait for it."""
    document = json.loads((folder / "plan.json").read_bytes())
    for each in document["configuration"]["root_module"]["resources"]:
        if each["address"] == "aws_iam_role_policy.running":
            each["depends_on"] = ["aws_ecs_service.hasty"]
    return load(None, io.BytesIO(json.dumps(document).encode())).plans[0]


def test_nothing_waits_for_itself(folder: Path) -> None:
    assert set(found(folder, circular)) == set(WAITS) - {"aws_ecs_service.hasty"}


def test_a_call_of_a_module_that_looks_something_up_does_not_wait(folder: Path) -> None:
    for module in (each for each in folder.rglob("*.tf") if each.parent != folder):
        module.write_text(module.read_text() + '\ndata "aws_region" "current" {}\n')
    assert set(found(folder)) == {"aws_ecs_service.hasty"}


def drafts_of(case: str, *, corrects: bool = True) -> list[DraftFix]:
    return list(found_in(TESTDATA / case, FixChoice(corrects=corrects)).fixes.found)


def test_a_service_waits_for_what_a_fix_creates() -> None:
    drafts = drafts_of("fixed-before-services")
    assert {each.fix.title: (each.fix.safety, each.fix.hcl.split("\n")[-1]) for each in drafts} == {
        "add aws_iam_role_policy.web_start_up; aws_ecs_service.web waits for it": (
            "safe",
            "depends_on = [aws_iam_role_policy.web_start_up]",
        ),
        "add aws_iam_role_policy.api_start_up; add aws_iam_role_policy.jobs_start_up; "
        "aws_ecs_service.pair waits for them": (
            "review",
            "depends_on = [aws_iam_role_policy.api_start_up, aws_iam_role_policy.jobs_start_up, aws_s3_object.file]",
        ),
    }


def test_a_safe_fix_lets_a_service_wait_for_nothing_else() -> None:
    drafts = drafts_of("fixed-before-services", corrects=False)
    assert {(each.fix.safety, each.fix.hcl.split("\n")[-1]) for each in drafts} == {
        ("safe", "depends_on = [aws_iam_role_policy.web_start_up]"),
        ("safe", "depends_on = [aws_iam_role_policy.api_start_up, aws_iam_role_policy.jobs_start_up]"),
    }


def test_a_new_role_is_there_before_the_service() -> None:
    (draft,) = {each.insertions: each for each in drafts_of("services-by-revision")}.values()
    assert draft.fix.hcl.endswith("depends_on = [aws_iam_role_policy_attachment.app_execution]")


LISTS = {
    "[a.b]": "[a.b, c.d]",
    "[a.b,]": "[a.b, c.d,]",
    "[\n    a.b,\n  ]": "[\n    a.b,\n    c.d,\n  ]",
    "[\n    a.b\n  ]": "[\n    a.b,\n    c.d\n  ]",
    "[]": "[c.d]",
    "concat(a.b)": None,
}


@every_row(("before", "after"), LISTS.items())
def test_a_list_that_is_there_gets_another_element(before: str, after: str | None) -> None:
    source = SourceText("main.tf", f'resource "a" "b" {{\n  depends_on = {before}\n}}\n')
    edits = insert_depends_on(read_source(source).blocks[0], ["c.d"])
    if after is None:
        assert edits == ()
    else:
        (edit,) = edits
        changed = source.text[: edit.offset] + edit.text + source.text[edit.offset :]
        assert changed == source.text.replace(before, after)
