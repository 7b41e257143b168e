"""Which changes to the sources does a plan call for, as one diff or written into the files?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tfcheck.checking import load_plans
from tfcheck.errors import InputError
from tfcheck.finding import Finding
from tfcheck.hcl.modules import Found

if TYPE_CHECKING:
    from tfcheck.fix.files import Files
    from tfcheck.fix.mend import Mend, Mends
    from tfcheck.hcl.modules import Sources
    from tfcheck.plan import ConfigModule, Plan


class Choice(msgspec.Struct, frozen=True):
    """Which fixes are wanted: those of rules or addresses, only safe ones; `prefixes` grants directories of files."""

    only: tuple[str, ...] = ()
    safe_only: bool = False
    prefixes: bool = False


class Fixed(msgspec.Struct, frozen=True):
    """All changes, by file; what is only text, and what there is to say."""

    diff: str = ""
    texts: tuple[Mend, ...] = ()
    notes: tuple[str, ...] = ()
    changed: int = 0


class _Work:
    """What is to be done in one repository."""

    def __init__(self) -> None:
        self.mends: list[Mend] = []
        self.texts: list[Mend] = []
        self.notes: list[str] = []
        self.files: Files | None = None


def fix(plan: str, sources: str | None, workspace: str | None, choice: Choice, *, into_files: bool = False) -> Fixed:
    """Find the fixes for everything that a plan file lacks; with `into_files` write them.

    Raises:
        InputError: the plan cannot be read, or a file cannot be written; then no file has changed.
    """
    work = _Work()
    path = None if plan == "-" else Path(plan)
    loaded = load_plans(path)
    work.notes += loaded.warnings
    for each in loaded.plans:
        _collect(each, sources, path, workspace, choice, work)
    mends = _together(work.mends)
    insertions = [insertion for each in mends for insertion in each.insertions]
    texts = {name: text for each in mends for name, text in each.texts.items()}
    if not insertions or work.files is None:
        return Fixed(texts=tuple(work.texts), notes=tuple(dict.fromkeys(work.notes)))
    diff = work.files.diff(insertions, texts)
    if into_files:
        _write(mends, work.files)
    return Fixed(diff, tuple(work.texts), tuple(dict.fromkeys(work.notes)), len(texts))


def _collect(
    plan: Plan, option: str | None, path: Path | None, workspace: str | None, choice: Choice, work: _Work
) -> None:
    from tfcheck.check import check

    found = _found(Path(option) if option else None, path, plan)
    report = check(plan, found.sources, workspace=workspace)
    wanted = [each for each in report.findings if _is_wanted(each, choice.only)]
    if not wanted:
        work.notes.append(
            "nothing to do: " + ("nothing that is asked for" if report.findings else "nothing is missing")
        )
        return
    mends = _mends(plan, found.sources, workspace, wanted, choice, work)
    work.mends += [each for each in mends.found if each.insertions and _is_safe(each, choice)]
    work.texts += [each for each in mends.found if not each.insertions and _is_safe(each, choice)]
    work.notes += [] if found.sources else found.messages
    work.notes += _left(wanted, mends, choice)


def _found(option: Path | None, path: Path | None, plan: Plan) -> Found:
    """Find the sources; those that differ from the plan by nothing but policies that were added since are used too."""
    from tfcheck.hcl.modules import find

    refused: InputError | None = None
    try:
        found = find(option, path, plan.configuration)
        if found.sources is not None or option is not None or path is None:
            return found
    except InputError as error:
        refused = error
    directory = option or (path.parent if path else Path())
    try:
        grown = find(directory, path, None).sources
    except InputError:
        grown = None
    if grown is not None and plan.configuration is not None and _has_grown(grown, plan.configuration, ()):
        return Found(grown)
    if refused is not None:
        raise refused
    return found


def _has_grown(sources: Sources, module: ConfigModule, path: tuple[str, ...]) -> bool:
    """Tell whether the sources declare what the plan lists, and beyond that only policies."""
    from tfcheck.fix.place import POLICIES

    declared = sources.surely_declares(path)
    listed = {(kind, name) for kind, _, name in (each.partition(".") for each in module.resources) if "." not in name}
    listed |= {("module", name) for name in module.calls}
    if declared is None:
        return True
    if not listed <= declared or not {kind for kind, _ in declared - listed} <= POLICIES:
        return False
    return all(
        call.module is None or _has_grown(sources, call.module, (*path, name)) for name, call in module.calls.items()
    )


def _mends(
    plan: Plan, sources: Sources | None, workspace: str | None, findings: Sequence[Finding], choice: Choice, work: _Work
) -> Mends:
    from tfcheck.fix import mends
    from tfcheck.fix.files import Files
    from tfcheck.resolve import Resolver
    from tfcheck.world import After

    if work.files is None and sources is not None:
        work.files = Files(sources)
    selected = workspace or (sources.workspace if sources else None)
    return mends(findings, After(Resolver(plan, sources, selected)), prefixes=choice.prefixes)


def _is_wanted(finding: Finding, only: tuple[str, ...]) -> bool:
    return not only or not {finding.rule, finding.task_definition, finding.address}.isdisjoint(only)


def _is_safe(mend: Mend, choice: Choice) -> bool:
    return mend.fix.safety == "safe" or not choice.safe_only


def _left(findings: Iterable[Finding], mends: Mends, choice: Choice) -> Iterator[str]:
    """Say what no fix is offered for."""
    if mends.settled:
        yield "the sources grant already what the plan lacks: it is older than they are; plan again"
    settled = {each.requirement for each in mends.settled}
    for finding in findings:
        fix = mends.of(finding)
        if fix is None and not {each.requirement for each in finding.answers} <= settled:
            yield f"no fix is known for {finding.severity.value}[{finding.rule}]: {finding.message}"
        elif fix is not None and choice.safe_only and fix.safety != "safe":
            yield f"left out, since it wants a review: {fix.title}"


def _together(mends: Sequence[Mend]) -> list[Mend]:
    """Keep the changes that go together; one that would spoil a file for the others is left out."""
    if _are_sound(mends):
        return list(mends)
    kept: list[Mend] = []
    for mend in mends:
        if _are_sound([*kept, mend]):
            kept.append(mend)
    return kept


def _are_sound(mends: Sequence[Mend]) -> bool:
    from tfcheck.fix.edit import by_file
    from tfcheck.fix.soundness import sound
    from tfcheck.fix.trial import reread

    texts = {name: text for each in mends for name, text in each.texts.items()}
    changes = by_file(insertion for each in mends for insertion in each.insertions)
    return all(sound(reread(texts[name], texts[name].text), several) for name, several in changes.items())


def _write(mends: Sequence[Mend], files: Files) -> None:
    from tfcheck.fix.edit import by_file, spliced
    from tfcheck.fix.files import written
    from tfcheck.fix.writing import NewContent, write

    texts = {name: text for each in mends for name, text in each.texts.items()}
    changes = by_file(insertion for each in mends for insertion in each.insertions)
    write(
        [
            NewContent(files.place(name), written(texts[name].text, texts[name]), written(new, texts[name]))
            for name, several in changes.items()
            if (new := spliced(texts[name].text, several))
        ]
    )
