"""Fix what the plans of a run are missing."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tfcheck.analysis.fix_writing import Choose, accepted_part, changed_error, write_fixes
from tfcheck.analysis.fixable_sources import fixable_sources
from tfcheck.analysis.options import DEFAULTS, FixSelection, RunOptions
from tfcheck.analysis.session import Session
from tfcheck.report.causes import folded_message, remedies
from tfcheck.report.instance_names import keys, skipped_blocks
from tfcheck.report.safe_text import visible
from tfcheck.report.words import instances, plural
from tfcheck.repository import SourceAccess
from tfcheck.symbolic import limits
from tfcheck.vocabulary.clipping import clip, clip_words
from tfcheck.vocabulary.errors import InputError, did_you_mean
from tfcheck.vocabulary.finding import Finding, Fix, Remedy, Report, Verdict
from tfcheck.vocabulary.progress import Progress

if TYPE_CHECKING:
    from tfcheck.analysis.redaction import Redactor
    from tfcheck.fix.edits.files import Files
    from tfcheck.fix.other_stack_fixes import OtherStackNeeds
    from tfcheck.fix.proposal import DraftFix, PlanFixes
    from tfcheck.hcl.modules import Sources
    from tfcheck.hcl.syntax.block import SourceFile
    from tfcheck.hcl.syntax.source import SourceText
    from tfcheck.inventory.other_stack import Stack
    from tfcheck.inventory.plan_world import After
    from tfcheck.plan import Plan
    from tfcheck.vocabulary.address import OtherStackAddress


_SETTLED = "the sources already grant what the plan lacks: run `terraform plan` again"


class Fixed(msgspec.Struct, frozen=True):
    """All changes by file, the suggestions that are only text, and the notes for the user.

    `summary` has a line for each change: its files, what it does, and whether and why it needs a review.
    """

    diff: str = ""
    texts: tuple[DraftFix, ...] = ()
    notes: tuple[str, ...] = ()
    changed: int = 0
    summary: tuple[str, ...] = ()


def fix(
    plans: Sequence[str],
    sources: str | None,
    selection: FixSelection,
    options: RunOptions = DEFAULTS,
    *,
    context: Sequence[str] = (),
    into_files: bool = False,
    choose: Choose | None = None,
    progress: Progress | None = None,
) -> Fixed:
    """Find the fixes for everything that the plans are missing, each checked with the other plans and `context`.

    With `into_files` the changes are written; with `choose` only those that it accepts. `progress` shows how far that
    is.

    Raises:
        InputError: a file cannot be read, or one cannot be written; then no file has changed.
        UsageError: standard input is to be more than one of them.
    """
    together = Session(plans, context, None, options)
    together.progress = progress or together.progress
    work = _FixRun(sources, options, selection, together.run, several=len(set(plans)) > 1)
    for plan in dict.fromkeys(plans):
        _add_file(plan, together, work)
    work.fix_other_stacks()
    drafts = list({each.insertions: each for each in reversed(_compatible_drafts(work))}.values())[::-1]
    if choose is not None:
        drafts = list(_wanted_drafts(drafts, work, choose))
    if into_files and drafts and work.files is not None:
        work.notes += write_fixes(drafts, work.files)
    return _redact(_describe(drafts, work), work)


def _add_file(plan: str, together: Session, work: _FixRun) -> None:
    """Collect the fixes that the plans in one file need."""
    with limits.sublimit(together.allowances[plan]) as allowance:
        file = together.read(plan)
        for each in file.plans:
            work.notes += together.notes(file, each, about_sources=False)
            stacks = together.other_stacks.view(each.plan).stacks
            work.add(each.plan, together.paths[plan], stacks, together.progress)
    work.notes += [limits.NOTE] if allowance.exceeded else []


def _describe(drafts: Sequence[DraftFix], work: _FixRun) -> Fixed:
    """Return the changes as one diff and as a line each, with the texts and notes."""
    insertions = [insertion for each in drafts for insertion in each.insertions]
    found = Fixed(texts=tuple(work.texts), notes=tuple(dict.fromkeys(work.notes)))
    files = work.files
    if not insertions or files is None:
        return found
    paths = [", ".join(sorted({files.path(one.source.name) for one in each.insertions})) for each in drafts]
    return msgspec.structs.replace(
        found,
        diff=files.diff(insertions),
        changed=len({each.source for each in insertions}),
        summary=tuple(f"{at}: {each.fix.title} ({each.fix.safety})" for at, each in zip(paths, drafts, strict=True)),
    )


def _wanted_drafts(drafts: Sequence[DraftFix], work: _FixRun, choose: Choose) -> Iterator[DraftFix]:
    """Yield the requested changes, and record those of which only a part was requested."""
    for each in drafts if work.files is not None else ():
        assert work.files is not None
        found, note = accepted_part(
            each, work.files, lambda fix: choose(_redacted_fix(fix, work)), lambda part: _are_sound([part])
        )
        work.notes += [note] if note else []
        yield from [found] if found is not None else []


def _redacted_fix(fix: Fix, work: _FixRun) -> Fix:
    for redactor in work.redactors:
        fix = redactor.report(fix)
    return fix


def _redact(fixed: Fixed, work: _FixRun) -> Fixed:
    """Remove what the plans mark as sensitive from everything that is printed."""
    for redactor in work.redactors:
        texts = tuple(msgspec.structs.replace(each, fix=redactor.report(each.fix)) for each in fixed.texts)
        notes, summary = tuple(map(redactor.text, fixed.notes)), tuple(map(redactor.text, fixed.summary))
        fixed = msgspec.structs.replace(
            fixed, diff=redactor.text(fixed.diff), texts=texts, notes=notes, summary=summary
        )
    return fixed


def _nothing_selected(report: Report, only: Sequence[str]) -> str:
    """Return why none of the findings is requested, and what could have been meant."""
    named = [(each.rule, each.task_definition, each.address or each.rule) for each in report.findings]
    known = dict.fromkeys(chain.from_iterable(named))
    if not only or not known.keys().isdisjoint(only):
        return "the findings are waived, or of rules that are not selected"
    part = next((f"did you mean `{each}`?" for each in known if only[0] in each), "")
    near = part or did_you_mean(only[0], known, "")
    return f"no finding is about {' or '.join(f'`{clip(each)}`' for each in only)}{near and f'; {near}'}"


class _FixRun:
    """The work of one call; the files of all plans are named by their absolute paths."""

    def __init__(
        self, sources: str | None, options: RunOptions, selection: FixSelection, run: SourceAccess, *, several: bool
    ) -> None:
        self._sources = Path(sources) if sources else None
        self._options = options
        self._selection = selection
        self._run = run
        self._several = several
        self.drafts: list[DraftFix] = []
        self.texts: list[DraftFix] = []
        self.notes: list[str] = []
        self.files: Files | None = None
        self.redactors: list[Redactor] = []
        self._idle: dict[str, str] = {}
        self._texts: dict[str, SourceText] = {}
        self._worlds: dict[str, tuple[After, Sources | None]] = {}
        self._asked: dict[tuple[str, OtherStackAddress], list[tuple[DraftFix, OtherStackNeeds]]] = {}

    def add(self, plan: Plan, path: Path | None, stacks: Sequence[Stack], progress: Progress) -> None:
        """Collect the fixes that one plan needs."""
        from tfcheck.analysis.check import again_in, check_unredacted, writes_secret
        from tfcheck.fix import FixChoice, find_fixes

        found = fixable_sources(self._sources, path, plan, self._run)
        report, redactor, world = check_unredacted(plan, found.sources, self._options, stacks=stacks, progress=progress)
        self.redactors.append(redactor)
        self._worlds[plan.label] = world, found.sources
        self.notes += world.resolver.contradictions
        wanted = [each for each in report.findings if self._options.reports(each) and self._selection.wants(each)]
        if not wanted:
            self._note_idle(plan, report)
            return
        progress.begin(f"searching for fixes of {len(wanted):,} findings")
        choice = FixChoice(
            self._selection.prefixes, corrects=not self._selection.safe_only, moves=self._selection.moves
        )
        drafts = find_fixes(
            wanted,
            world,
            choice=choice,
            conceals=redactor.finds,
            answers=report.answers,
            check_again=again_in(self._options, world, report.findings),
        )
        harmless = tuple(each for each in drafts.found if not writes_secret(each.fix, redactor))
        self.notes += [] if found.sources else found.messages
        self._sort(msgspec.structs.replace(drafts, found=harmless), wanted, world, stacks)

    def _note_idle(self, plan: Plan, report: Report) -> None:
        """Note why there is nothing to do for a plan."""
        unknown = sum(each.verdict is Verdict.UNKNOWN for each in report.answers)
        parts = [f"{unknown} permission{'s are' if unknown > 1 else ' is'} not decided"] if unknown else []
        skipped = [f"{each.address}{instances(number)}" for each, number in skipped_blocks(report.skipped)]
        who = skipped[0] if len(skipped) == 1 else plural(len(report.skipped), "resource")
        parts += [f"{who} could not be analysed"] if skipped else []
        left = "".join(f", {each}" for each in parts)
        missing = "no definite problem" if left else "nothing is missing"
        missing = missing if report.task_definitions else "no ECS task definition in this plan"
        what = _nothing_selected(report, self._selection.only) if report.findings else missing
        which = f" for `{plan.label}`" if self._several else ""
        self._idle[plan.label] = f"nothing to do{which}: {what}{left}"
        self.notes.append(self._idle[plan.label])

    def _sort(self, drafts: PlanFixes, wanted: Sequence[Finding], world: After, stacks: Sequence[Stack]) -> None:
        """Divide fixes into changes, texts, and what another plan is asked for; explain what has none."""
        asked = [each for each in drafts.found if each.home is not None and self._ask(each, each.home, world, stacks)]
        own = [each for each in drafts.found if each not in asked and _is_safe(each, self._selection)]
        self.drafts += [self._with_absolute_paths(each, world.resolver.sources) for each in own if each.insertions]
        self.texts += [each for each in own if not each.insertions]
        self.notes += _unfixed_notes(wanted, drafts, self._selection, {each.fix.title for each in asked})
        self.notes += drafts.skipped

    def _ask(self, draft: DraftFix, home: OtherStackAddress, world: After, stacks: Sequence[Stack]) -> bool:
        """Ask another plan of the run for what one of its roles lacks, and return whether there is such a plan."""
        from tfcheck.fix.other_stack_fixes import OtherStackNeeds

        label = next((each.plan.label for each in stacks if each.name == home.stack and each.is_checked), None)
        if label is not None:
            asked = OtherStackNeeds(draft.answers, world, tuple(stacks), home.stack)
            self._asked.setdefault((label, home), []).append((draft, asked))
        return label is not None

    def fix_other_stacks(self) -> None:
        """Add to the sources of plans what their roles lack for tasks of others; what cannot be added becomes text."""
        from tfcheck.fix.other_stack_fixes import find_fixes_for_others

        for (label, home), pairs in self._asked.items():
            world, sources = self._worlds[label]
            asked = [each for _, each in pairs]
            found = find_fixes_for_others(
                home, asked, world, prefixes=self._selection.prefixes, conceals=self._contains_secret
            )
            chosen = [each for each in found.found if _is_safe(each, self._selection)]
            self.drafts += [self._with_absolute_paths(each, sources) for each in chosen]
            if chosen:
                self.notes = [each for each in self.notes if each != self._idle.get(label)]
            self.notes += [_SETTLED] if found.settled else []
            done = [*found.settled, *(answer for each in found.found for answer in each.answers)]
            for draft, _ in pairs:
                if not all(each in done for each in draft.answers) and _is_safe(draft, self._selection):
                    self.texts.append(draft)

    def _contains_secret(self, text: str) -> bool:
        """Whether a text contains anything that a plan marks as sensitive."""
        return any(each.finds(text) for each in self.redactors)

    def _with_absolute_paths(self, draft: DraftFix, sources: Sources | None) -> DraftFix:
        """Return a change with the absolute paths of its files, since plans may share files or file names.

        Raises:
            InputError: they lie in another repository than those of other plans, or one has become a link.
        """
        from tfcheck.fix.edits.files import Files

        files = Files(sources, self._contains_secret)
        self.files = self.files or files
        if files.tree != self.files.tree:
            raise InputError("the plans' sources lie in several repositories", hint="pass the plans one at a time")
        insertions = []
        for each in draft.insertions:
            place = files.place(each.source.name)
            if not place.is_relative_to(files.tree):
                raise changed_error(place)
            name = str(place)
            known = self._texts.setdefault(name, msgspec.structs.replace(each.source, name=name))
            insertions.append(msgspec.structs.replace(each, source=known))
        return msgspec.structs.replace(draft, insertions=tuple(insertions))


def _is_safe(draft: DraftFix, selection: FixSelection) -> bool:
    return draft.fix.safety == "safe" or not selection.safe_only


def _unfixed_notes(
    findings: Iterable[Finding], drafts: PlanFixes, selection: FixSelection, asked: Container[str]
) -> Iterator[str]:
    """Yield what has no fix, by title, except what another plan is asked for."""
    if drafts.settled:
        yield _SETTLED
    settled = {each.requirement for each in drafts.settled}
    left: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        fixes = drafts.fixes_of(finding)
        open_ = {each.requirement for each in finding.answers} - settled
        if not fixes and (open_ or not finding.answers):
            finding = msgspec.structs.replace(finding, remedy=drafts.remedy(finding))
            alike = finding.severity, finding.rule, folded_message(finding), *remedies([finding])
            left.setdefault(alike, []).append(finding)
        for fix in fixes if selection.safe_only else ():
            if fix.safety != "safe" and fix.title not in asked:
                yield f"left out, because it needs a review: {fix.title}"
    shown: set[Remedy] = set()
    for members in left.values():
        yield _left_note(members, shown)
        shown.update(remedies(members))


def _left_note(findings: Sequence[Finding], shown: Container[Remedy]) -> str:
    """Return what remains to be done about findings that differ only by instance, showing each HCL once."""
    first, number = findings[0], len(findings)
    names = keys(each.task_definition for each in findings)[first.task_definition]
    message = f"{folded_message(first, names)} ({number:,} task definitions)" if number > 1 else first.message
    note = f"left for you: {first.severity.value}[{first.rule}]: {visible(clip_words(message))}"
    for gist, remedy in remedies(findings).items():
        again = bool(remedy.hcl) and gist in shown
        lines = () if again else filter(None, remedy.hcl.split("\n"))
        note += "\n    ".join((f"\n  to do: {visible(clip_words(remedy.words))}{' (as above)' * again}", *lines))
    return note


def _compatible_drafts(work: _FixRun) -> list[DraftFix]:
    """Keep the changes that fit together; one that would break a file for the others is left out."""
    if _are_sound(work.drafts):
        return list(work.drafts)
    compatible: list[DraftFix] = []
    for draft in work.drafts:
        if _are_sound([*compatible, draft]):
            compatible.append(draft)
        else:
            work.notes.append(f"omitted, because it conflicts with another change: {draft.fix.title}")
    return compatible


def _are_sound(drafts: Sequence[DraftFix]) -> bool:
    from tfcheck.fix.edits.insertion import apply_insertions, group_by_file
    from tfcheck.fix.proof.task_proof import is_sound
    from tfcheck.fix.proof.trial import reread

    changes = group_by_file(insertion for each in drafts for insertion in each.insertions)
    return all(
        is_sound(reread(source, source.text), several)
        and _declares_once(reread(source, apply_insertions(source.text, several)))
        for source, several in changes.items()
    )


def _declares_once(file: SourceFile) -> bool:
    """Whether the resources of a file have distinct names, also if two plans add different policies to one role."""
    labels = [block.labels for block in file.blocks if block.type == "resource"]
    return len(labels) == len(set(labels))
