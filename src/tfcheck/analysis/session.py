"""Check plan files with their sources, and decide whether they pass."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tfcheck.analysis.inputs import InputFile, PlanInput, read_plans, read_stack
from tfcheck.analysis.options import DEFAULTS, RunOptions
from tfcheck.analysis.stacks import OtherStacks
from tfcheck.repository import SourceAccess
from tfcheck.symbolic.limits import Allowance, sublimit
from tfcheck.vocabulary import ci
from tfcheck.vocabulary.errors import InputError, UsageError, refuse_content
from tfcheck.vocabulary.finding import PlanInfo, Report, Unread
from tfcheck.vocabulary.progress import Progress

if TYPE_CHECKING:
    from tfcheck.hcl.modules import FoundSources


#: A loop over file names must not fill the report.
_MOST_REFUSALS = 5
#: The maximum number of resources in the states of other stacks: each is compared with what a task needs.
_MOST_RESOURCES = 10_000


class Checked(msgspec.Struct, frozen=True):
    """One report, and the directory that its paths are relative to."""

    report: Report
    directory: str


class Session:
    """Plans that are checked together: each knows what the others will create, and what `context` contains."""

    def __init__(
        self,
        plans: Sequence[str],
        context: Sequence[str] = (),
        sources: str | None = None,
        options: RunOptions = DEFAULTS,
        *,
        outputs: Sequence[str] = (),
        shared: bool | None = None,
    ) -> None:
        """Build from the plan files and the plans or states of other stacks; `-` is standard input.

        Sources must not read any of these files, nor the `outputs`, and if the result is `shared`, nothing that git
        does not track.

        Raises:
            InputError: a file of the context cannot be read, or holds something else.
            UsageError: standard input is to be more than one of them, or one is not a path but the content of a file.
        """
        for each in (*plans, *context):
            refuse_content(each, "an argument")
        #: Records the progress of the checked plan; a caller that shows it sets its own.
        self.progress = Progress()
        self._sources = Path(sources) if sources else None
        self._options = options
        self._plans = list(dict.fromkeys(plans))
        #: The paths of the plans, None for standard input.
        self.paths = {each: None if each == "-" else Path(each) for each in self._plans}
        self.run = SourceAccess((*plans, *context, *outputs), shared)
        #: The allowance for reading and checking each of the plans' files.
        self.allowances = {each: Allowance() for each in self._plans}
        named = list(dict.fromkeys(context))
        if "-" in self._plans and "-" in named:
            raise UsageError("standard input is both a plan and the context", hint="write one of them to a file")
        self._again = [each for each in named if any(is_same_file(each, plan) for plan in self._plans)]
        read = {
            each: read_stack(None if each == "-" else Path(each), self.run) for each in named if each not in self._again
        }
        self._context = read
        _refuse_many_resources(each for file in read.values() for each in file.plans if each.is_state)

    def check(self, plan: str) -> list[Checked]:
        """Check the plans in one file.

        Raises:
            InputError: it cannot be read, or is not a complete plan.
        """
        from tfcheck.analysis.check import check
        from tfcheck.analysis.rule_selection import select

        file = self.read(plan)
        found: list[Checked] = []
        for each in file.plans:
            sources = each.found.sources
            with sublimit(self.allowances[plan]):
                report = check(
                    each.plan,
                    sources,
                    self._options,
                    stacks=self.other_stacks.view(each.plan).stacks,
                    directory=_directory(sources.root if sources else None),
                    remarks=self.notes(file, each),
                    progress=self.progress,
                )
            report = _with_repository_paths(
                select(report, self._options.choice), each.found, self._options.workspace, self.paths[plan]
            )
            report = msgspec.structs.replace(report, unread=self.unread)
            found.append(Checked(report, str((sources.root if sources else None) or ".")))
        return found

    def read(self, plan: str) -> InputFile:
        """Return the plans in one file, with their sources.

        Raises:
            InputError: it cannot be read, or is not a complete plan.
        """
        file = self._files[plan]
        if isinstance(file, InputError):
            raise file
        return file

    def notes(self, file: InputFile, plan_input: PlanInput, *, about_sources: bool = True) -> Iterator[str]:
        """Yield warnings about a plan's file, the context and, if requested, the plan's sources."""
        yield from file.warnings
        yield from (each for other in self._context.values() for each in other.warnings)
        yield from (f"`{each}` is already checked as a plan: it is not used as context" for each in self._again)
        yield from self.other_stacks.view(plan_input.plan).notes
        yield from _unused_source_notes(plan_input.found) if about_sources else ()

    @cached_property
    def unread(self) -> tuple[Unread, ...]:
        """The plans that cannot be read, with the errors."""
        return tuple(Unread(each, file.message) for each, file in self._files.items() if isinstance(file, InputError))

    @cached_property
    def other_stacks(self) -> OtherStacks:
        """What each plan sees of the others and of the context."""
        return OtherStacks(
            [each for file in self._files.values() if isinstance(file, InputFile) for each in file.plans],
            [each for file in self._context.values() for each in file.plans],
            [str(Path(each)) for each in (*self._plans, *self._context)],
            self._options.workspace,
            self._options.account,
        )

    def unread_reports(self) -> Iterator[Report]:
        """Yield an empty report for each unreadable plan with sources beside it, to show where it is."""
        from tfcheck.hcl.modules import find

        for each in self.unread:
            path = self.paths[each.path]
            with suppress(InputError):  # no sources
                found = find(self._sources or path.parent, None, None, run=self.run) if path else None
                if found and found.sources:
                    empty = Report(PlanInfo(each.path, None, None, None, complete=False), (), (), ())
                    yield _with_repository_paths(empty, found, self._options.workspace, path)

    @cached_property
    def _files(self) -> dict[str, InputFile | InputError]:
        """The content of each plan file, or why it cannot be read."""
        found: dict[str, InputFile | InputError] = {}
        for plan, path in self.paths.items():
            self.progress.begin(f"reading {'standard input' if path is None else plan}")
            try:
                with sublimit(self.allowances[plan]):
                    found[plan] = _of_the_pull_request(read_plans(path, self._sources, self.run))
            except InputError as error:
                found[plan] = error
        return found


def _refuse_many_resources(states: Iterable[PlanInput]) -> None:
    """Raise an InputError for states of other stacks that have more resources than one run can compare."""
    count = sum(1 for each in states for _ in each.plan.listed_addresses())
    if count > _MOST_RESOURCES:
        raise InputError(
            f"the states of other stacks have {count:,} resources to consider, more than {_MOST_RESOURCES:,}",
            hint="leave out the states of stacks that no task needs",
        )


def is_same_file(one: str, other: str) -> bool:
    """Whether two paths lead to one existing file; `-` is none."""
    try:
        return "-" not in (one, other) and os.path.samefile(one, other)
    except OSError:
        return False


def _directory(root: Path | None) -> str | None:
    """Return the root module's directory, relative to the root of its work tree."""
    from tfcheck.repository import work_tree

    return root.resolve().relative_to(work_tree(root)).as_posix() if root else None


def _with_repository_paths(report: Report, found: FoundSources, workspace: str | None, file: Path | None) -> Report:
    """Add to a report the repository path of its files and, in CI, the origin of the report.

    NOTE: a plan that differs from its sources keeps its target, or the comment about it would never be updated.
    """
    from tfcheck.repository import work_tree

    sources, own = found.sources, None
    directory = _directory(sources.root if sources else None)
    if file:  # NOTE: a link counts where it is, not where it leads; `/dev/fd/63` leads nowhere
        own = (file.parent.resolve() / file.name).relative_to(work_tree(file.parent)).as_posix()
    place = directory or _directory(None if sources else found.unlike)
    origin = ci.context(os.environ, place, workspace or (sources.workspace if sources else None))
    plan = msgspec.structs.replace(report.plan, directory=directory, file=own)
    return msgspec.structs.replace(report, plan=plan, context=origin)


def _of_the_pull_request(file: InputFile) -> InputFile:
    """Return a file whose sources are not those of the base branch, which the job of a pull request may check out.

    Raises:
        InputError: they are.
    """
    commit, head = ci.base_and_head(os.environ)
    if not commit:
        return file
    from tfcheck.repository import work_tree
    from tfcheck.repository.clone import Clone

    roots = {each.found.sources.root for each in file.plans if each.found.sources}
    for top in {work_tree(root) for root in roots if root}:
        if Clone(top, commit).is_at_commit() and not Clone(top, head).is_at_commit():
            name = f"`{commit[:7]}`, which this event checks out by default"
            hint = "check the pull request on `pull_request`, or its plan without a checkout"
            raise InputError(f"the sources are those of {name}, not those of the pull request", hint=hint)
    return file


def _unused_source_notes(found: FoundSources) -> Iterator[str]:
    """Yield the sources that could not be used; called after the check, which reads only the files that it needs."""
    if found.sources is None:
        yield from found.messages
        return
    for problem in found.sources.problems:
        yield f"{problem}; what depends on that file stays unknown"
    refusals = list(found.sources.refusals)
    yield from (f"{each}; what needs it stays unknown" for each in refusals[:_MOST_REFUSALS])
    if len(refusals) > _MOST_REFUSALS:
        yield f"{len(refusals) - _MOST_REFUSALS:,} more files that expressions name are not read"
    for names, reason in found.sources.missing.items():
        yield f"module.{'.module.'.join(names)} is not available: {reason}"
