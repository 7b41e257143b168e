"""The fixes for a folder with a plan and its sources, found once for all tests that leave its files as they are."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.cases import TESTDATA, check_with_world
from tfcheck.fix import FixChoice, PlanFixes, find_fixes
from tfcheck.fix.edits.insertion import apply_insertions, group_by_file
from tfcheck.fix.proof.second_reader import SecondOpinion, compare
from tfcheck.fix.proposal import DraftFix
from tfcheck.hcl.modules import from_directory
from tfcheck.inventory.plan_world import After
from tfcheck.plan import Plan, load
from tfcheck.resolve import Resolver
from tfcheck.vocabulary.finding import Report


class Found(NamedTuple):
    """What was checked, and the fixes for it."""

    report: Report
    fixes: PlanFixes


def copied(name: str, folder: Path) -> Path:
    """Copy a case into a work tree of its own."""
    (folder / ".git").mkdir()
    return Path(shutil.copytree(TESTDATA / name, folder / name))


def replaced(file: Path, old: str, new: str) -> None:
    """Write something else into a file, in place of what must be in it once or more."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def after(found: DraftFix) -> str:
    """Return what a fix makes of `main.tf`, which the second parser finds to be the same except for the fix."""
    ((file, several),) = group_by_file(found.insertions).items()
    assert compare(file.text, several) is SecondOpinion.SAME_BUT_INSERTED
    return apply_insertions(file.text, several)


_KNOWN: dict[tuple[object, ...], Found] = {}


def plan_in(folder: Path) -> Plan:
    return load(folder / "plan.json").plans[0]


def found_in(folder: Path, choice: FixChoice | None = None, *, plan: Callable[[Path], Plan] = plan_in) -> Found:
    """Check a folder, and find the fixes that its own repository would get."""
    files = [(each.relative_to(folder), each.read_bytes()) for each in sorted(folder.rglob("*")) if each.is_file()]
    key = folder.name, folder.parent == TESTDATA, tuple(files), choice, plan
    if key not in _KNOWN:
        planned, sources = plan(folder), from_directory(folder)
        report, world = check_with_world(planned, sources)
        if world.resolver.contradictions:  # sources that the plan contradicts are believed here
            world = After(Resolver(planned, sources))
        _KNOWN[key] = Found(report, find_fixes(report.findings, world, choice=choice, answers=report.answers))
    return _KNOWN[key]
