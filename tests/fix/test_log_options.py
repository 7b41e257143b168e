"""Options that a log driver lacks are written as their neighbours are, and the plan of that finds nothing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.cases import TESTDATA, Case
from tests.fix.found import copied, replaced
from tests.fix.planned_again import planned_again
from tests.rows import every_row
from tfcheck.analysis.fix_session import fix
from tfcheck.analysis.options import FixSelection
from tfcheck.checks import CHECKS
from tfcheck.fix.edits.insertion import apply_insertions
from tfcheck.fix.layout.items import NewItem, extend
from tfcheck.fix.proof.second_reader import SecondOpinion, compare
from tfcheck.fix.text.policy_text import ObjectParts, read_parts
from tfcheck.hcl.modules import from_directory
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.inventory.ecs import tasks_by_address
from tfcheck.resolve import Resolver

CASE = "log-options-missing"
DONE = {
    "set `awslogs-region` to `data.aws_region.current.name` in aws_ecs_task_definition.api",
    "set `awslogs-stream-prefix` to `each.key` in aws_ecs_task_definition.worker",
    'set `awslogs-stream-prefix` to `"web"` in aws_ecs_task_definition.web',
    "name the log group by `aws_cloudwatch_log_group.this.name` in aws_ecs_task_definition.report",
}


def test_what_lacks_is_written_once_and_nothing_is_wrong_then(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    folder = Path(shutil.copytree(TESTDATA / CASE, tmp_path / CASE))
    done = fix([str(folder / "plan.json")], str(folder), FixSelection(), into_files=True)
    assert {each.partition(": ")[2] for each in done.summary} == {f"{each} (review)" for each in DONE}
    case = Case(TESTDATA / CASE)
    world = planned_again(Resolver(case.plan(), from_directory(case.folder)), from_directory(folder))
    assert len(tasks_by_address(world)) == 5
    wrong = [
        each.message for task in tasks_by_address(world).values() for one in CHECKS for each in one.search(task, world)
    ]
    assert wrong == []
    again = fix([str(folder / "plan.json")], str(folder), FixSelection(), into_files=True)
    assert again.changed == 0


def test_all_that_a_container_lacks_is_set_together(tmp_path: Path) -> None:
    folder = copied(CASE, tmp_path)
    replaced(folder / "plan.json", r",\"awslogs-stream-prefix\":\"api\"", "")
    replaced(
        folder / "main.tf",
        '{ "awslogs-group" = aws_cloudwatch_log_group.this.name, "awslogs-stream-prefix" = "api" }',
        '{\n        "awslogs-group" = aws_cloudwatch_log_group.this.name\n      }',
    )
    done = fix([str(folder / "plan.json")], str(folder), FixSelection(), into_files=True)
    (title,) = (each for each in done.summary if "aws_ecs_task_definition.api" in each)
    assert title.endswith(
        'set `awslogs-region` to `data.aws_region.current.name` and `awslogs-stream-prefix` to `"api"` in '
        "aws_ecs_task_definition.api (review)"
    )
    written = """\
        "awslogs-group"         = aws_cloudwatch_log_group.this.name
        "awslogs-region"        = data.aws_region.current.name
        "awslogs-stream-prefix" = "api"
      }"""
    assert written in (folder / "main.tf").read_text()


ITEMS = {
    '{ "a" = 1 }': '{ "a" = 1, "long" = x }',
    "{ a = 1, }": "{ a = 1, long = x, }",
    '{"a":1}': '{"a":1, "long": x}',
    "{\n  a = 1\n  b = 2\n}": "{\n  a    = 1\n  b    = 2\n  long = x\n}",
    "{\n  broad = 1\n  b     = 2\n}": "{\n  broad = 1\n  b     = 2\n  long  = x\n}",
    "{\n  broad = 1\n\n  b = 2,\n}": "{\n  broad = 1\n\n  b    = 2,\n  long = x,\n}",
    "{\n  a=1\n}": "{\n  a=1\n  long = x\n}",
    '{\n  "a": 1,\n  "b": 2\n}': '{\n  "a": 1,\n  "b": 2,\n  "long": x\n}',
    "{\n  a = {\n    b = 1\n  }\n}": None,
    "{}": "{ long = x }",
    "{ a = 1 } # why": None,
}


@every_row(("before", "after"), ITEMS.items())
def test_an_item_is_aligned_with_those_above_it(before: str, after: str | None) -> None:
    source = SourceText("main.tf", f"x = {before}\n")
    parts = read_parts(source.text, len("x = "))
    assert isinstance(parts, ObjectParts)
    edits = extend(source, parts, [NewItem("x", "x", "long")])
    assert (apply_insertions(source.text, edits) if edits else None) == (f"x = {after}\n" if after else None)
    assert compare(source.text, edits) is SecondOpinion.SAME_BUT_INSERTED


def test_a_call_names_nothing_that_only_the_called_module_declares() -> None:
    folder = TESTDATA / "twelve-services"
    done = fix([str(folder / "plan.json")], str(folder), FixSelection(only=("log-region",)))
    assert [each.partition(": ")[2] for each in done.summary] == [
        'set `awslogs-region` to `"ap-northeast-1"` in module.search (review)'
    ]
