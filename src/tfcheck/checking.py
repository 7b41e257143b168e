"""How does a plan file, with the sources that can be found for it, become reports, and do they pass?"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tfcheck.environment import context
from tfcheck.finding import Report, Severity, Verdict

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Found, Sources
    from tfcheck.plan import Loaded


class Checked(msgspec.Struct, frozen=True):
    """One report, and the directory that the places in it are seen from."""

    report: Report
    directory: str


def checked(
    plan: str, sources: str | None = None, workspace: str | None = None, *, fixes: bool = True
) -> Iterator[Checked]:
    """Check what the file `plan` holds, `-` for standard input; most files hold one plan.

    Findings carry their fixes, unless `fixes` is false.

    Raises:
        InputError: it cannot be read, or is not a complete plan.
    """
    from tfcheck.check import check
    from tfcheck.hcl.modules import find

    path = None if plan == "-" else Path(plan)
    loaded = load_plans(path)
    for each in loaded.plans:
        found = find(Path(sources) if sources else None, path, each.configuration)
        report = _placed(check(each, found.sources, workspace=workspace, fixes=fixes), found.sources, workspace)
        notes = (*loaded.warnings, *_about(found), *report.notes)
        root = found.sources.root if found.sources else None
        yield Checked(msgspec.structs.replace(report, notes=notes), str(root or "."))


def _placed(report: Report, sources: Sources | None, workspace: str | None) -> Report:
    """Say in a report where its files are in their repository, and in CI where it was made."""
    from tfcheck.hcl.modules.reading import source_tree

    root = sources.root if sources else None
    directory = root.resolve().relative_to(source_tree(root)).as_posix() if root else None
    selected = workspace or (sources.workspace if sources else None)
    plan = msgspec.structs.replace(report.plan, directory=directory)
    return msgspec.structs.replace(report, plan=plan, context=context(os.environ, directory, selected))


def _about(found: Found) -> Iterator[str]:
    """Say what of the sources could not be used; after the check, which reads only the files that it needs."""
    if found.sources is None:
        yield from found.messages
        return
    for problem in found.sources.problems:
        yield f"{problem}; what needs that file stays unknown"
    for names, reason in found.sources.missing.items():
        yield f"module.{'.module.'.join(names)} is not at hand: {reason}"


def load_plans(path: Path | None) -> Loaded:
    """Load a plan file, a saved plan through the program that made it; None is standard input.

    Raises:
        InputError: it cannot be read, or is not a complete plan.
    """
    from tfcheck.plan import SavedPlanError, load

    try:
        return load(path)
    except SavedPlanError:
        if path is None:
            raise
    from io import BytesIO

    from tfcheck.hcl.saved_plan import as_json

    return load(path, BytesIO(as_json(path)))


def fails(reports: Iterable[Report], fail_on: str, *, strict: bool, new_only: bool = False) -> bool:
    """Tell whether findings of `fail_on` or above, or under `strict` unknown answers, are among the reports.

    With `new_only` what was so before the change does not count.
    """
    reports = list(reports)
    if strict and any(_undecided(report, new_only) for report in reports):
        return True
    if fail_on == "never":
        return False
    least = Severity(fail_on).rank
    findings = (each for report in reports for each in report.findings)
    return any(each.severity.rank <= least for each in findings if not (new_only and each.change == "existing"))


def _undecided(report: Report, new_only: bool) -> bool:
    unknown = [each for each in report.answers if each.verdict is Verdict.UNKNOWN]
    counted = [each for each in unknown if not (new_only and each.before is Verdict.UNKNOWN)]
    return bool(report.skipped) or bool(counted)
