"""How does a plan file, with the sources that can be found for it, become reports, and do they pass?"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tfcheck.environment import context
from tfcheck.errors import InputError
from tfcheck.finding import Report, Severity, Verdict

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Found, Sources
    from tfcheck.plan import Loaded, Plan
    from tfcheck.resolve import Resolver
    from tfcheck.stack import Stack


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
    return Together((plan,), (), sources, workspace, fixes=fixes).checked(plan)


class _Input(msgspec.Struct, frozen=True):
    """A plan, or the state of another stack read as one, with the sources that were found for it."""

    plan: Plan
    found: Found
    is_state: bool = False

    @property
    def resolver(self) -> Resolver:
        from tfcheck.resolve import Resolver

        return Resolver(self.plan, self.found.sources, self.found.sources.workspace if self.found.sources else None)


class _File(msgspec.Struct, frozen=True):
    """What one file holds, and what is to be said of it."""

    inputs: tuple[_Input, ...]
    warnings: tuple[str, ...] = ()


class Together:
    """Plans that are checked together: each knows what the others will have made, and what `context` holds."""

    def __init__(
        self,
        plans: Sequence[str],
        context: Sequence[str] = (),
        sources: str | None = None,
        workspace: str | None = None,
        *,
        fixes: bool = True,
    ) -> None:
        """Take the files of the plans, `-` for standard input, and the plans or states of other stacks.

        Raises:
            InputError: a file of the context cannot be read, or holds something else.
        """
        self._sources = Path(sources) if sources else None
        self._workspace = workspace
        self._fixes = fixes
        self._plans = list(dict.fromkeys(plans))
        self._read: dict[str, _File | InputError] = {}
        shown = {name: _shown(Path(name)) for name in dict.fromkeys(context)}
        self._names = short_names([str(Path(each)) for each in (*self._plans, *shown)])
        self._warnings = tuple(each for file in shown.values() for each in file.warnings)
        self._context = [_stack(each, self._names) for file in shown.values() for each in file.inputs]
        self._stacks: dict[str, Stack] | None = None

    def checked(self, plan: str) -> Iterator[Checked]:
        """Check what one of the plans' files holds.

        Raises:
            InputError: it cannot be read, or is not a complete plan.
        """
        file = self._file(plan)
        if isinstance(file, InputError):
            raise file
        warnings = (*file.warnings, *self._warnings)
        for each in file.inputs:
            yield self._checked(each, warnings)

    def _checked(self, given: _Input, warnings: tuple[str, ...]) -> Checked:
        from tfcheck.check import check

        sources = given.found.sources
        stacks = self._beside(given)
        report = check(given.plan, sources, workspace=self._workspace, fixes=self._fixes, stacks=stacks)
        notes = (*warnings, *_about(given.found), *report.notes)
        report = msgspec.structs.replace(_placed(report, sources, self._workspace), notes=notes)
        return Checked(report, str((sources.root if sources else None) or "."))

    def _beside(self, given: _Input) -> list[Stack]:
        """Give the stacks of all other plans, and the context."""
        if self._stacks is None:
            files = [self._file(each) for each in self._plans]
            inputs = [each for file in files if isinstance(file, _File) for each in file.inputs]
            alone = not self._context and len(inputs) < 2
            self._stacks = {} if alone else {each.plan.label: _stack(each, self._names) for each in inputs}
            stacks = [*self._stacks.values(), *self._context]
            for stack in stacks:
                stack.beside(stacks)
        others = [stack for label, stack in self._stacks.items() if label != given.plan.label]
        return [*others, *self._context]

    def _file(self, plan: str) -> _File | InputError:
        if plan not in self._read:
            try:
                self._read[plan] = _planned(None if plan == "-" else Path(plan), self._sources)
            except InputError as error:
                self._read[plan] = error
        return self._read[plan]


def _planned(path: Path | None, sources: Path | None) -> _File:
    from tfcheck.hcl.modules import find

    loaded = load_plans(path)
    return _File(tuple(_Input(each, find(sources, path, each.configuration)) for each in loaded.plans), loaded.warnings)


def _shown(path: Path) -> _File:
    """Read the state or the plans of another stack, with the sources of a plan.

    Raises:
        InputError: it cannot be read, is a raw state, or holds something else.
    """
    from tfcheck.hcl.modules import Found
    from tfcheck.plan import SavedPlanError, load_shown

    try:
        shown = load_shown(path)
    except SavedPlanError:
        return _planned(path, None)
    if not shown.is_state:
        return _planned(path, None)
    loaded = shown.loaded
    return _File(tuple(_Input(each, Found(None, ()), is_state=True) for each in loaded.plans), loaded.warnings)


def _stack(given: _Input, names: dict[str, str]) -> Stack:
    from tfcheck.stack import stack_of

    file, mark, number = given.plan.label.rpartition("#")
    label = given.plan.label
    name = names.get(label) or f"{names.get(file, file)}{mark}{number}"
    return stack_of(given.resolver, name, is_state=given.is_state)


def short_names(files: Sequence[str]) -> dict[str, str]:
    """Give each file a name for reports: what is behind the last slash, or more of it where that is not enough."""
    last = {each: Path(each).name or each for each in files}
    shared = {name for name in last.values() if list(last.values()).count(name) > 1}
    return {each: each if name in shared else name for each, name in last.items()}


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
