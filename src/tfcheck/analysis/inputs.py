"""The input files of a run: plans, and the states of other stacks, with their sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tfcheck.repository import SourceAccess
from tfcheck.repository.gate import may_be_of_pull_request
from tfcheck.vocabulary.errors import InputError

if TYPE_CHECKING:
    from tfcheck.hcl.modules import FoundSources, Sources
    from tfcheck.inventory.other_stack import Stack
    from tfcheck.plan import Plan


class PlanInput(msgspec.Struct, frozen=True):
    """A plan, or the state of another stack read as one, with its sources.

    A state does not name its sources: `beside` are those in its directory, which may be others.
    """

    plan: Plan
    found: FoundSources
    is_state: bool = False
    beside: Sources | None = None

    def stack(self, name: str, workspace: str | None, account: str | None = None, *, changes: bool = False) -> Stack:
        """Return the plan as other plans see it; with `changes` it is checked too, as a part of the change."""
        from tfcheck.inventory.other_stack import stack_of, stack_of_state
        from tfcheck.resolve import resolver_of

        sources = self.found.sources
        resolver = resolver_of(self.plan, sources, workspace, account)
        return (
            stack_of_state(resolver, name, self.beside) if self.is_state else stack_of(resolver, name, changes=changes)
        )


class InputFile(msgspec.Struct, frozen=True):
    """The content of one file, and the warnings about it."""

    plans: tuple[PlanInput, ...]
    warnings: tuple[str, ...] = ()


def read_plans(path: Path | None, sources: Path | None, run: SourceAccess) -> InputFile:
    """Read the plans of a file, or of standard input for None, and the sources that `run` allows.

    A saved plan is read through the program that made it, which starts providers. So a file that is named like JSON is
    not, nor, if the result is shared, one that git tracks: a pattern may match what a pull request has put there.

    Raises:
        InputError: it cannot be read, or is not a complete plan.
    """
    from tfcheck.plan import SavedPlanError, load

    try:
        loaded = load(path)
    except SavedPlanError as error:
        if path is None or ".json" in path.suffixes:
            raise
        if may_be_of_pull_request(path, run):
            raise InputError(f"{error.message}, and the pull request may have written it", hint=error.hint) from None
        from io import BytesIO

        from tfcheck.hcl.modules.saved_plan import as_json

        loaded = load(path, BytesIO(as_json(path)))
    return InputFile(tuple(_with_sources(loaded.plans, sources, path, run)), loaded.warnings)


def _with_sources(
    plans: Iterable[Plan], option: Path | None, path: Path | None, run: SourceAccess
) -> Iterator[PlanInput]:
    """Yield each plan with its sources; refuse one that leaves out what they declare."""
    from tfcheck.hcl.modules import find
    from tfcheck.resolve import refuse_shortened

    for plan in plans:
        found = find(option, path, plan.configuration, run=run)
        refuse_shortened(plan, found.sources)
        yield PlanInput(plan, found)


def read_stack(path: Path | None, run: SourceAccess) -> InputFile:
    """Read the state or the plans of another stack from a file, or from standard input for None.

    Raises:
        InputError: it cannot be read, is a raw state, or holds something else.
    """
    from tfcheck.hcl.modules import FoundSources, find
    from tfcheck.plan import SavedPlanError
    from tfcheck.plan.state import load_shown

    try:
        found = load_shown(path)
    except SavedPlanError:
        if path is None:
            raise
        return read_plans(path, None, run)
    plans, beside = found.loaded.plans, None
    if not found.is_state:
        rows = list(_with_sources(plans, None, path, run))
    else:
        with suppress(InputError):  # no sources
            beside = find(path.parent, None, None, run=run).sources if path else None
        rows = [PlanInput(each, FoundSources(None, ()), is_state=True, beside=beside) for each in plans]
    return InputFile(tuple(rows), found.loaded.warnings)
