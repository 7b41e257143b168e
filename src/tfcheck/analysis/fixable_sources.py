"""Find the sources of a plan to fix, also those to which fixes have been added since."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tfcheck.hcl.modules import FoundSources
from tfcheck.repository import SourceAccess
from tfcheck.vocabulary.errors import InputError

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Sources
    from tfcheck.plan import ConfigModule, Plan


def fixable_sources(option: Path | None, path: Path | None, plan: Plan, run: SourceAccess) -> FoundSources:
    """Find the sources, including those that differ from the plan only by added fixes."""
    from tfcheck.hcl.modules import find

    beside = [option] if option else [path.parent, Path()] if path else []
    for directory in dict.fromkeys(beside):
        grown = _grown(directory, path, plan, run)
        if grown is not None:
            return FoundSources(grown)
    return find(option, path, plan.configuration, run=run)


def _grown(directory: Path, path: Path | None, plan: Plan, run: SourceAccess) -> Sources | None:
    """Open the sources of a directory if a plan lists them and only fixes have been added since.

    NOTE: a copy elsewhere in the work tree may by then look more similar, but is not what was planned.
    """
    from tfcheck.hcl.modules import find
    from tfcheck.hcl.modules.sources import is_saved_plan

    if plan.configuration is None or (path is not None and is_saved_plan(path)):
        return None
    try:
        found = find(directory, path, None, run=run).sources
    except InputError:
        return None
    return found if found is not None and _has_grown(found, plan.configuration, ()) else None


def _has_grown(sources: Sources, module: ConfigModule, path: tuple[str, ...]) -> bool:
    """Whether the sources declare everything in the plan, and beyond that only what a fix adds."""
    from tfcheck.fix.proof.plan_differences import ADDED

    declared = sources.definitely_declares(path)
    listed = {(kind, name) for kind, _, name in (each.partition(".") for each in module.resources) if "." not in name}
    listed |= {("module", name) for name in module.calls}
    if declared is None:
        return True
    if not listed <= declared or not {kind for kind, _ in declared - listed} <= ADDED:
        return False
    return all(
        call.module is None or _has_grown(sources, call.module, (*path, name)) for name, call in module.calls.items()
    )
