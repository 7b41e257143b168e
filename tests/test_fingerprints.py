"""A problem keeps its fingerprint in every plan of the same sources."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cases import TESTDATA, Case, with_plan
from tests.laws import part
from tfcheck.cli.main import run
from tfcheck.symbolic.value import display, spelled_out
from tfcheck.vocabulary import fingerprint
from tfcheck.vocabulary.finding import Verdict

CREATED = [each for each in with_plan() if each.has("applied.plan.json")]
_Identity = tuple[str | None, ...]


def problems(case: Case, name: str) -> dict[_Identity, set[str]]:
    """Return the fingerprints of what is denied, by everything of it but the resource.

    Left out is what no resource of the plan creates and whose ARN is known only after the apply: it has no other name.
    """
    found: dict[_Identity, set[str]] = {}
    for each in case.report(name).answers:
        need = each.requirement
        is_named = isinstance(need.resource, str) or each.subject != display(spelled_out(need.resource))
        if each.verdict is Verdict.DENIED and is_named:
            key = (need.rule, need.task_definition, need.container, need.pointer, each.role, need.action)
            found.setdefault(key, set()).add(fingerprint.answer_fingerprint(each))
    return found


@pytest.mark.parametrize("case", part(CREATED, 4), ids=repr)
def test_it_is_the_same_before_and_after_the_apply(case: Case) -> None:
    created, applied = problems(case, "plan.json"), problems(case, "applied.plan.json")
    both = created.keys() & applied.keys()
    assert {key: created[key] for key in both} == {key: applied[key] for key in both}


def of_findings(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> set[str]:
    run(["check", "--format", "json", str(folder / name)])
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    rows = {each["id"]: each["fingerprint"] for each in report["requirements"]}
    own = {each["fingerprint"] for each in report["findings"] if not each["requirements"]}
    return own | {rows[each] for finding in report["findings"] for each in finding["requirements"]}


def reordered(plan: Path) -> None:
    document = json.loads(plan.read_bytes())
    for each in document["resource_changes"]:
        after = each["change"]["after"]
        if each["type"] == "aws_ecs_task_definition" and "container_definitions" in after:
            containers = json.loads(after["container_definitions"])
            after["container_definitions"] = json.dumps([{"name": "first", "image": "nginx"}, *reversed(containers)])
    plan.write_text(json.dumps(document), encoding="utf-8")


def test_it_knows_no_lines_no_files_no_order_and_no_name_of_the_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(TESTDATA / "literal-missing", tmp_path / "one")
    before = of_findings(folder, "plan.json", capsys)
    (folder / "main.tf").write_text("\n" * 40 + (folder / "main.tf").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "main.tf").rename(folder / "service.tf")
    (folder / "plan.json").rename(folder / "other.json")
    reordered(folder / "other.json")
    folder.rename(tmp_path / "two")
    assert of_findings(tmp_path / "two", "other.json", capsys) == before != set()


def test_a_mistake_keeps_it_before_and_after_the_apply(capsys: pytest.CaptureFixture[str]) -> None:
    folder = TESTDATA / "references-misread"
    assert of_findings(folder, "plan.json", capsys) == of_findings(folder, "applied.plan.json", capsys)


def test_it_distinguishes_what_another_container_or_role_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    found = of_findings(TESTDATA / "thirty-services", "plan.json", capsys)
    assert len(found) == 120


def test_a_mistake_that_tasks_share_has_one_in_any_order_of_resources(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = TESTDATA / "express-services"
    shutil.copy(case / "main.tf", tmp_path)
    plan = json.loads((case / "plan.json").read_text(encoding="utf-8"))
    plan["resource_changes"].reverse()
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    assert of_findings(tmp_path, "plan.json", capsys) == of_findings(case, "plan.json", capsys)
