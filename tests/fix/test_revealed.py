"""What a correction reveals is fixed with it, in one change of the sources that the plan was made from."""

from __future__ import annotations

import shutil
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.cases import TESTDATA, Case
from tests.fix.planned_again import planned_again
from tfcheck.analysis.check import check
from tfcheck.analysis.fix_session import fix
from tfcheck.analysis.options import FixSelection, RunOptions
from tfcheck.checks import misconfigurations
from tfcheck.fix.edits.insertion import Insertion, Replacement, apply_insertions
from tfcheck.fix.revealed import compose
from tfcheck.hcl.modules import from_directory
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.inventory.ecs import task_definitions
from tfcheck.resolve import Resolver
from tfcheck.startup import requirements
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.finding import Verdict

CASE = Case(TESTDATA / "mistakes-behind-mistakes")


def fixed_copy(case: Case, folder: Path) -> tuple[str, ...]:
    shutil.copytree(case.folder, folder)
    return fix([str(folder / "plan.json")], str(folder), FixSelection(), into_files=True).summary


def planned_without_mistakes(case: Case, folder: Path) -> set[tuple[str, Verdict]]:
    """Check that no rule is broken by the fixed sources, and return the decided actions."""
    plan = case.plan()
    world = planned_again(Resolver(plan, case.sources(plan)), from_directory(folder))
    judge, tasks = world.once(Judge), task_definitions(world)
    assert [each for task in tasks for each in misconfigurations(task, world)] == []
    return {(each.action, judge.verdict(each, task)) for task in tasks for each in requirements(task, world)}


def test_one_run_fixes_what_the_first_mistake_hides(tmp_path: Path) -> None:
    summary = fixed_copy(CASE, tmp_path / CASE.name)
    assert len(summary) == 3
    assert all("; and add aws_iam_role_policy." in each and each.endswith(" (review)") for each in summary)
    asked = planned_without_mistakes(CASE, tmp_path / CASE.name)
    assert ("secretsmanager:GetSecretValue", Verdict.ALLOWED) in asked
    assert {verdict for _, verdict in asked} == {Verdict.ALLOWED}


def test_mistakes_about_one_value_are_one_change(tmp_path: Path) -> None:
    case = Case(TESTDATA / "mistakes-about-one-file")
    assert fixed_copy(case, tmp_path / case.name) == (
        "main.tf: correct `s3://${aws_s3_bucket.env.bucket}/${aws_s3_object.app.key}` to `aws_s3_object.app.arn` in "
        "main.tf; and correct `S3` to `s3` in main.tf; and add a resource to aws_iam_role_policy.app; and let the key "
        "of aws_s3_object.app end in `.env` (review)",
    )
    assert ("s3:GetObject", Verdict.ALLOWED) in planned_without_mistakes(case, tmp_path / case.name)


def test_reports_show_the_whole_fix_with_the_mistake() -> None:
    plan = CASE.plan()
    found = check(plan, CASE.sources(plan), RunOptions(fixes=True)).findings
    assert all(each.fix is not None and each.fix.safety == "review" for each in found)
    assert {each.rule: "+resource" in each.fix.diff for each in found if each.fix} == dict.fromkeys(
        ("env-file-arn", "log-options", "secret-reference"), True
    )


def test_safe_only_leaves_the_mistake_and_what_it_hides(tmp_path: Path) -> None:
    folder = tmp_path / CASE.name
    shutil.copytree(CASE.folder, folder)
    assert fix([str(folder / "plan.json")], str(folder), FixSelection(safe_only=True)).diff == ""


@st.composite
def edits(draw: st.DrawFn, text: str) -> tuple[Insertion, ...]:
    """Draw sorted edits of a text that do not overlap."""
    source = SourceText("main.tf", text)
    ends = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    found: list[Insertion] = []
    for start, end in zip(ends[::2], ends[1::2], strict=False):
        new = draw(st.text("abc\n", max_size=4))
        found.append(Replacement(source, start, new, text[start:end]) if end > start else Insertion(source, start, new))
    return tuple(found)


@given(st.data(), st.text("xyz\n", max_size=30))
def test_composed_edits_equal_both_changes(data: st.DataObject, text: str) -> None:
    first = data.draw(edits(text))
    between = apply_insertions(text, first)
    second = data.draw(edits(between))
    composed = list(compose(SourceText("main.tf", text), first, second))
    every = sorted((each.edit for each in composed), key=lambda each: (each.offset, each.end))
    assert apply_insertions(text, every) == apply_insertions(between, second)
    assert all(text[each.offset : each.end] == each.old for each in every if isinstance(each, Replacement))
    assert [each for one in composed for each in one.first] == list(first)
