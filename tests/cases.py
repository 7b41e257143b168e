"""Which configurations with real plans are there, and what is expected of them?

A case is a folder below `testdata`; `testdata/README.md` says what its files are.
"""

from __future__ import annotations

import json
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tfcheck.analysis.options import RunOptions
    from tfcheck.fix import PlanFixes
    from tfcheck.hcl.modules import Sources
    from tfcheck.inventory.plan_world import After
    from tfcheck.plan import Plan
    from tfcheck.resolve import Resolver
    from tfcheck.vocabulary.finding import Finding, Report

TESTDATA = Path(__file__).parent.parent / "testdata"
#: Of a case folder, what is neither a plan nor `*.tf`: such a file is read by the configuration itself.
_CONFIGURATION = (".tf", ".tf.json", ".tfvars", ".tfvars.json", "plan.json", "expect.json", "state.json", "setup.py")


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row that the report must hold.

    `applied` is the verdict after the apply where that differs, None where the row is one for a list that is not known
    before the apply, and is not there after it.
    """

    task_definition: str
    container: str | None
    pointer: str
    role: str | None
    action: str
    verdict: str
    reason: str | None | msgspec.UnsetType = msgspec.UNSET
    before: str | None | msgspec.UnsetType = msgspec.UNSET
    applied: str | None | msgspec.UnsetType = msgspec.UNSET


class Expectation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `expect.json` says."""

    about: str
    requirements: tuple[Row, ...]


class _Checked(msgspec.Struct, frozen=True):
    """A report, and the world and the fixes that it was made of; None where there was nothing to fix."""

    report: Report
    world: After
    fixes: PlanFixes | None = None


class Case:
    """One folder with a configuration and the plans made from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.relative_to(TESTDATA).as_posix()

    def __repr__(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Case) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    @cached_property
    def expected(self) -> Expectation:
        return msgspec.json.decode((self.folder / "expect.json").read_bytes(), type=Expectation)

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    def plan(self, name: str = "plan.json") -> Plan:
        from tfcheck.plan import load

        return load(self.folder / name).plans[0]

    def sources(self, plan: Plan, name: str = "plan.json", option: str = "") -> Sources:
        """Find the sources as the command does; `option` names the saved plan in the folder."""
        from tfcheck.hcl.modules import find

        found = find(self.folder / option, self.folder / name, plan.configuration).sources
        assert found is not None, f"{self.name}: the sources are not found"
        return found

    def report(self, name: str = "plan.json", option: str = "") -> Report:
        """Check a plan with its sources, once for all tests of a process; what is new in it comes with fixes."""
        return _checked(self, name, option).report

    def fixed(self) -> tuple[After, PlanFixes]:
        """Return the world after the change, and the fixes that the report is with; something must be to fix."""
        known = _checked(self, "plan.json", "")
        assert known.fixes is not None
        return known.world, known.fixes

    def resolver(self, name: str = "plan.json") -> Resolver:
        """Return the resolver of a plan with its sources, believed even where the plan contradicts them."""
        from tfcheck.resolve import Resolver

        found = _checked(self, name, "").world.resolver
        return Resolver(found.plan, found.sources) if found.contradictions else found

    def report_without_sources(self, name: str = "plan.json") -> Report:
        """Check a plan alone, once for all tests of a process."""
        return _checked_alone(self, name)

    @property
    def reads_files(self) -> bool:
        """Whether the configuration reads files, which a saved plan does not hold."""
        files = (each for each in self.folder.rglob("*") if each.is_file() and each.name != "tfplan")
        return any(not each.name.endswith(_CONFIGURATION) for each in files)

    def changes(self, name: str) -> list[dict[str, Any]]:
        """Return the plan's own rows, read without tfcheck."""
        document = json.loads((self.folder / name).read_bytes())
        return [each for each in document.get("resource_changes", []) if "deposed" not in each]


def check_with_world(plan: Plan, sources: Sources | None, options: RunOptions | None = None) -> tuple[Report, After]:
    """Check a plan, and return the report with the world after the change: what it has evaluated is known in it."""
    from tfcheck.analysis.check import check
    from tfcheck.analysis.options import RunOptions
    from tfcheck.inventory.plan_world import After

    kept: list[After] = []

    def keeping(*given: Any) -> After:
        kept.append(After(*given))
        return kept[-1]

    with patch("tfcheck.analysis.check.After", keeping):
        report = check(plan, sources, options or RunOptions())
    return report, kept[0]


@cache
def _checked(case: Case, name: str, option: str) -> _Checked:
    """Check a plan, and keep what `find_fixes` was given and found: to do so again would take as long as the check."""
    from tfcheck import fix
    from tfcheck.analysis.options import RunOptions

    kept: list[PlanFixes] = []
    search = fix.find_fixes

    def keeping(findings: Iterable[Finding], world: After, **options: Any) -> PlanFixes:
        kept.append(search(findings, world, **options))
        return kept[-1]

    plan = case.plan(name)
    with patch.object(fix, "find_fixes", keeping):
        options = RunOptions(fixes=name == "plan.json" and not option)
        report, world = check_with_world(plan, case.sources(plan, name, option), options)
    return _Checked(report, world, *kept)


@cache
def _checked_alone(case: Case, name: str) -> Report:
    from tfcheck.analysis.check import check

    return check(case.plan(name))


@cache
def with_expectation() -> tuple[Case, ...]:
    """Return the cases whose verdicts are known."""
    return tuple(Case(each.parent) for each in sorted(TESTDATA.glob("*/expect.json")))


@cache
def with_plan(name: str = "plan.json") -> tuple[Case, ...]:
    """Return every folder that holds this plan."""
    return tuple(Case(each.parent) for each in sorted(TESTDATA.rglob(name)))
