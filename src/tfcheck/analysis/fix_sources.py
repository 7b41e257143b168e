"""Find the sources that `tfcheck fix` is to change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tfcheck.hcl.modules import FoundSources
from tfcheck.repository import Run
from tfcheck.vocabulary.errors import InputError

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Sources
    from tfcheck.plan import ConfigModule, Plan


def fixable_sources(option: Path | None, path: Path | None, plan: Plan, run: Run) -> FoundSources:
    """Find the sources; those that differ from the plan by nothing but what fixes add are used too."""
    from tfcheck.hcl.modules import find

    beside = [option] if option else [path.parent, Path()] if path else []
    for directory in dict.fromkeys(beside):
        grown = _grown(directory, path, plan, run)
        if grown is not None:
            return FoundSources(grown)
    return find(option, path, plan.configuration, run=run)


def _grown(directory: Path, path: Path | None, plan: Plan, run: Run) -> Sources | None:
    """Open the sources of a directory if a plan lists them, and since then nothing was added but what fixes add.

    NOTE: a copy of them elsewhere in the work tree may look more alike by then, and is not what was planned.
    """
    from tfcheck.hcl.modules import find
    from tfcheck.hcl.modules.saved_plan import is_saved_plan

    if plan.configuration is None or (path is not None and is_saved_plan(path)):
        return None
    try:
        found = find(directory, path, None, run=run).sources
    except InputError:
        return None
    return found if found is not None and _has_grown(found, plan.configuration, ()) else None


def _has_grown(sources: Sources, module: ConfigModule, path: tuple[str, ...]) -> bool:
    """Whether the sources declare what the plan lists, and beyond that only what a fix adds."""
    from tfcheck.fix.unplanned import ADDED

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
