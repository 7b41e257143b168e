"""The name of an environment file gets its ending where the plan has the object, and no grant is lost by it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.cases import TESTDATA, Case
from tests.fix.planned_again import planned_again
from tfcheck.analysis.fix_session import fix
from tfcheck.analysis.options import FixSelection
from tfcheck.checks import CHECKS
from tfcheck.hcl.modules import from_directory
from tfcheck.inventory.ecs import tasks_by_address
from tfcheck.resolve import Resolver

CASE = "files-named-otherwise"
DONE = {
    "let the key of aws_s3_object.api end in `.env`",
    "let the key of aws_s3_object.web end in `.env`, as aws_ecs_task_definition.web names it",
    "name aws_s3_object.jobs in aws_ecs_task_definition.jobs",
}


def test_each_is_named_where_its_name_is_written(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    folder = Path(shutil.copytree(TESTDATA / CASE, tmp_path / CASE))
    done = fix([str(folder / "plan.json")], str(folder), FixSelection(), into_files=True)
    assert {each.partition(": ")[2] for each in done.summary} == {f"{each} (review)" for each in DONE}
    assert [each for each in done.notes if each.startswith("left for you: ") and "`strict`" in each]
    case = Case(TESTDATA / CASE)
    world = planned_again(Resolver(case.plan(), from_directory(case.folder)), from_directory(folder))
    tasks = tasks_by_address(world).values()
    assert {str(task.address) for task in tasks for one in CHECKS for _ in one.search(task, world)} == {
        "aws_ecs_task_definition.strict"
    }
    assert fix([str(folder / "plan.json")], str(folder), FixSelection(), into_files=True).changed == 0


def test_a_line_with_more_than_the_key_is_not_shown(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(TESTDATA / CASE, tmp_path / CASE))
    text = (folder / "main.tf").read_text()
    old = '  key     = "api/prod.conf"\n'
    assert old in text
    (folder / "main.tf").write_text(text.replace(old, old.replace("\n", ' # "hunter2"\n')))
    done = fix([str(folder / "plan.json")], str(folder), FixSelection())
    assert not any("aws_s3_object.api" in each for each in done.summary)
