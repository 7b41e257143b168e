"""Check one plan: from plan and sources to the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING

import msgspec

from tfcheck import checks, startup
from tfcheck.analysis.findings import findings, worst_first
from tfcheck.analysis.options import DEFAULTS, RunOptions
from tfcheck.analysis.redaction import Redactor
from tfcheck.analysis.waivers import Waivers, waivers_of
from tfcheck.inventory.ecs import TASK_TYPES, TaskDefinition, task_definitions
from tfcheck.inventory.named_objects import subject
from tfcheck.inventory.other_stack import Stack, formerly
from tfcheck.inventory.plan_world import After
from tfcheck.inventory.world import World
from tfcheck.plan import Plan
from tfcheck.resolve import resolver_of
from tfcheck.resolve.locations import Locations
from tfcheck.startup import infrastructure_role
from tfcheck.startup.launch import possible_services
from tfcheck.startup.rule import MOST_REQUIREMENTS
from tfcheck.symbolic import limits
from tfcheck.symbolic.doubt import as_doubt
from tfcheck.symbolic.value import Truth
from tfcheck.verdict.access import access_changes, access_possible, access_unknown, role_switches
from tfcheck.verdict.before import STARTS, VerdictsBefore
from tfcheck.verdict.judge import Judge, Judgement
from tfcheck.vocabulary.access import TaskChange, TaskEffect
from tfcheck.vocabulary.finding import (
    Answer,
    Finding,
    Fix,
    PlanInfo,
    Remedy,
    Report,
    Requirement,
    RoleKind,
    Severity,
    Skipped,
    TaskRole,
    Verdict,
)
from tfcheck.vocabulary.progress import Progress
from tfcheck.vocabulary.rewriter import clip_report

if TYPE_CHECKING:
    from tfcheck.fix.revealed import CheckAgain
    from tfcheck.hcl.modules import Sources


def task_changes(
    tasks: Iterable[TaskDefinition], answers: Iterable[Answer], world: World, past: VerdictsBefore
) -> Iterator[TaskChange]:
    """Yield the task definitions that could start before the change and cannot after it, or the reverse.

    New task definitions are left out, and those for which either answer is unknown.
    """
    after = _decide_after(tasks, answers, world)
    for address, task in past.tasks.items():
        if after.get(address, Truth.UNKNOWN) is not Truth.UNKNOWN:
            found = _TASK_CHANGES.get((_could_start_before(task, past), after[address]))
            if found is not None:
                yield TaskChange(address, found)


_TASK_CHANGES: dict[tuple[Truth, Truth], TaskEffect] = {
    (Truth.TRUE, Truth.FALSE): "broken",
    (Truth.FALSE, Truth.TRUE): "fixed",
    (Truth.FALSE, Truth.FALSE): "still_broken",
}


def _decide_after(tasks: Iterable[TaskDefinition], answers: Iterable[Answer], world: World) -> dict[str, Truth]:
    """Return for every task definition whether it can start after the change."""
    found = {str(task.address): _is_definitely_stopped(task, world) for task in tasks}
    for answer in answers:
        need = answer.requirement
        if need.severity is Severity.ERROR:
            found[need.task_definition] &= STARTS[answer.verdict]
    return found


def _could_start_before(task: TaskDefinition, past: VerdictsBefore) -> Truth:
    granted = past.could_start(task)
    return granted if granted is Truth.FALSE else granted & _is_definitely_stopped(task, past.world)


def _is_definitely_stopped(task: TaskDefinition, world: World) -> Truth:
    if checks.is_stopped(task, world):
        return Truth.FALSE
    return Truth.UNKNOWN if task.problem or possible_services(task, world) else Truth.TRUE


NOT_EVALUATED = (
    "not evaluated: service and resource control policies outside the plan, session policies, and whether the identity "
    "that applies is allowed iam:PassRole for the roles of the tasks"
)

#: Steps for looking at a task definition, deciding one of its requirements, and reporting a finding.
_TASK_STEPS, _REQUIREMENT_STEPS, _FINDING_STEPS = 1_000, 350, 500
#: Steps that there must be for the fix of a finding, and of a block in the sources with all its instances. All fixes of
#: a check have a part of the run's steps, with some for each finding: they do not take much longer than the verdicts.
_FIX_STEPS, _BLOCK_STEPS = 300, 3_000
_LEAST_FOR_FIXES, _FOR_EACH_FIX, _MOST_FOR_FIXES = 1_500_000, 1_250, 6_500_000
_FEWER_FIXES = "limit: only some fixes were looked for; `tfcheck fix` takes more time and looks for more"
#: The bytes of a plan that count for each task definition: what fills a plan beside them allows no more steps.
_TASK_BYTES = 15_000


def check(
    plan: Plan,
    sources: Sources | None = None,
    options: RunOptions = DEFAULTS,
    *,
    stacks: Sequence[Stack] = (),
    directory: str | None = None,
    remarks: Iterable[str] = (),
    progress: Progress | None = None,
) -> Report:
    """Check whether everything that the plan's task definitions need to start is allowed.

    Takes a loaded plan and, if available, its sources, which are at `directory` in their repository. The objects of
    other `stacks` count as existing, before the change and after it; for stacks whose plan is checked too, their
    earlier objects count before the change. Reads nothing else and prints nothing. Nothing that the plan or the sources
    mark as sensitive is in the report. `remarks` are notes about what was read; they are read at the end. `progress`
    shows how far the check is.
    """
    size = min(plan.size, _TASK_BYTES * len(plan.instances(*TASK_TYPES)))
    with limits.limit_steps(size) as allowance:
        report, redactor, _ = check_unredacted(
            plan, sources, options, stacks=stacks, directory=directory, progress=progress
        )
        report = redactor.report(msgspec.structs.replace(report, notes=(*remarks, *report.notes)))
    noted = (*report.notes, limits.NOTE) if allowance.exceeded else report.notes
    return clip_report(msgspec.structs.replace(report, notes=noted))


def check_unredacted(
    plan: Plan,
    sources: Sources | None,
    options: RunOptions,
    *,
    stacks: Sequence[Stack],
    directory: str | None = None,
    progress: Progress | None,
) -> tuple[Report, Redactor, After]:
    """Return the report before anything sensitive is removed, the redactor that removes it, and the checked world."""
    now = progress or Progress()
    # NOTE: marks are collected from whole states, of which little is kept: the memory is reused by the check.
    plans = (plan, *(each.plan for each in stacks))
    marked = [text for each in plans for text in each.secrets()]
    resolver = resolver_of(plan, sources, options.workspace, options.account)
    after = After(resolver, stacks, formerly(stacks))
    before = after.before()
    past, locations = VerdictsBefore(before.once(Judge), before), Locations(resolver)
    decided = _decide(after, past, locations, now, task_definitions(after))
    now.begin("comparing with the state before the change")
    found, waivers = _findings(decided, after, locations, options, directory)
    report = _report(decided, found, waivers, after, past)
    types = {kind for each in plans for kind in each.resource_types()}
    redactor = Redactor(
        (*resolver.evaluation.secrets, *marked), types, lambda: chain.from_iterable(map(Plan.written_addresses, plans))
    )
    wanted = options.wanted_fixes(report) if options.fixes and limits.take(_FINDING_STEPS * len(found)) else ()
    if options.excerpts:
        from tfcheck.analysis.excerpts import ExcerptReader

        quoted = tuple(ExcerptReader(resolver.declarations.source_line, redactor.finds).excerpts(found))
        report = msgspec.structs.replace(report, excerpts=quoted)
    if wanted:
        now.begin(f"searching for fixes of {len(wanted):,} findings")
        report = _with_fixes(report, wanted, after, redactor, again_in(options, after, found, directory))
    return report, redactor, after


def again_in(options: RunOptions, checked: After, known: Sequence[Finding], directory: str | None = None) -> CheckAgain:
    """Return the function that finds what is reported about some task definitions once sources are changed.

    `known` was found in the world that is `checked`.
    """

    def check_again(after: After, tasks: Container[str]) -> list[Finding]:
        if after is checked:
            return [each for each in known if options.reports(each) and each.task_definition in tasks]
        before, locations = after.before(), Locations(after.resolver)
        past = VerdictsBefore(before.once(Judge), before)
        chosen = [each for each in task_definitions(after) if str(each.address) in tasks]
        decided = _decide(after, past, locations, Progress(), chosen)
        found, _ = _findings(decided, after, locations, options, directory)
        return [each for each in found if options.reports(each)]

    return check_again


class _Decided(msgspec.Struct):
    """The task definitions of a plan and the decisions on their requirements."""

    tasks: list[TaskDefinition] = []
    judgements: list[Judgement] = []
    answers: list[Answer] = []


def _decide(
    after: After, past: VerdictsBefore, locations: Locations, now: Progress, tasks: Sequence[TaskDefinition]
) -> _Decided:
    decided, judge = _Decided(), after.once(Judge)
    now.begin("checking task definitions", len(tasks))
    for task in tasks:
        now.step()
        is_affordable = bool(task.problem) or limits.take(_TASK_STEPS)
        if not is_affordable:
            task = msgspec.structs.replace(task, containers=(), problem=limits.REASON)
        decided.tasks.append(task)
        for requirement in startup.requirements(task, after) if task.problem != limits.REASON else ():
            limits.take(_REQUIREMENT_STEPS)
            if not past.has_made(requirement):
                judgement = judge.judge(requirement, task)
                decided.judgements.append(judgement)
                decided.answers.append(_answer(requirement, judgement, past, locations, after))
    return decided


def _findings(
    decided: _Decided, after: After, locations: Locations, options: RunOptions, directory: str | None
) -> tuple[list[Finding], Waivers]:
    """Return the findings of decided task definitions, worst first, and the waivers."""
    policies = _policies_of(decided.tasks, after.once(Judge))
    waivers = waivers_of(options.choice, after.resolver.sources, directory, locations, policies)
    of_answers = findings(decided.answers, decided.tasks, locations, waivers)
    of_checks = checks.findings(decided.tasks, after, locations)
    return worst_first(waivers.waive_findings([*of_answers, *of_checks])), waivers


def _report(decided: _Decided, found: list[Finding], waivers: Waivers, after: After, past: VerdictsBefore) -> Report:
    tasks, answers, judge = decided.tasks, decided.answers, after.once(Judge)
    plan, sources = after.resolver.plan, after.resolver.sources
    roles = dict.fromkeys(each.role for each in answers if each.role)
    return Report(
        plan=PlanInfo(
            path=plan.label,
            format_version=plan.format_version,
            terraform_version=plan.terraform_version,
            sources=sources.label if sources else None,
            complete=plan.complete,
        ),
        task_definitions=tuple(str(task.address) for task in tasks),
        answers=tuple(answers),
        findings=tuple(found),
        skipped=tuple(_skipped_tasks(tasks, answers)),
        notes=tuple(dict.fromkeys(_notes(decided, after))),
        task_changes=tuple(task_changes(tasks, answers, after, past)),
        access_changes=tuple(access_changes(after)),
        role_switches=tuple(role_switches(after, past)),
        access_unknown=tuple(access_unknown(after)),
        access_possible=tuple(access_possible(after)),
        waivers=tuple(waivers.uses([*(str(each.address) for each in tasks), *roles])),
        roles=tuple(TaskRole(str(task.address), *each) for task in tasks for each in judge.role_names(task)),
    )


def _policies_of(tasks: Sequence[TaskDefinition], judge: Judge) -> Callable[[Answer], tuple[str, ...]]:
    """Return the function that lists the policies of the role in an answer."""
    by_address = {str(each.address): each for each in tasks}
    known: dict[tuple[str, RoleKind], tuple[str, ...]] = {}

    def policies(answer: Answer) -> tuple[str, ...]:
        key = answer.requirement.task_definition, answer.requirement.role_kind
        if key not in known:
            role = judge.role(answer.requirement, by_address[key[0]])
            found = (*role.attached.identity, *(role.boundary or ())) if role else ()
            known[key] = tuple(dict.fromkeys(each.name for each in found))
        return known[key]

    return policies


def _skipped_tasks(tasks: Sequence[TaskDefinition], answers: Sequence[Answer]) -> Iterator[Skipped]:
    """Yield the tasks that could not be analysed completely, with the reason."""
    needs = Counter(each.requirement.task_definition for each in answers)
    for task in tasks:
        address = str(task.address)
        if task.problem:
            yield Skipped(address, task.problem)
        elif needs[address] >= MOST_REQUIREMENTS:
            yield Skipped(address, f"limit: only the first {MOST_REQUIREMENTS:,} of its permissions are checked")


def _with_fixes(
    report: Report, wanted: Sequence[Finding], after: After, redactor: Redactor, check_again: CheckAgain
) -> Report:
    from tfcheck.fix import suggest

    steps = min(_LEAST_FOR_FIXES + _FOR_EACH_FIX * len(wanted), _MOST_FOR_FIXES, limits.steps_left())
    with limits.sublimit(limits.Allowance(steps)) as allowance:
        affordable = _affordable(wanted, after)
        found = suggest(affordable, after, redactor.finds, report.answers, check_again)
    if len(affordable) < len(wanted) or allowance.exceeded:
        report = msgspec.structs.replace(report, notes=(*report.notes, _FEWER_FIXES))
    pairs = list(zip(affordable, found, strict=True))
    if allowance.exceeded:  # what was not proven by then may be worse than what is left to look for
        pairs = [(old, new) for old, new in pairs if new.fix is not None and new.fix.proven]
    remedy = Remedy("grant it by a reference to what the value is taken from: the plan marks the value as sensitive")
    fixed = {}
    for old, new in pairs:
        if new.fix is not None and writes_secret(new.fix, redactor):
            explanation = (*new.explanation, "no fix is shown: it would contain a sensitive value")
            new = msgspec.structs.replace(new, fix=None, remedy=remedy, explanation=explanation)
        elif new.remedy is not None and redactor.finds(new.remedy.hcl):
            new = msgspec.structs.replace(new, remedy=remedy)
        fixed[id(old)] = new
    return msgspec.structs.replace(report, findings=tuple(fixed.get(id(each), each) for each in report.findings))


def _affordable(wanted: Sequence[Finding], after: After) -> list[Finding]:
    """Return the first findings that there are enough steps to fix."""
    from tfcheck.report.instance_names import block

    wanted = wanted[: limits.steps_left() // _FIX_STEPS]
    if after.resolver.sources is None:
        return list(wanted)
    blocks = dict.fromkeys(block(each.task_definition) for each in wanted)
    first = set(islice(blocks, limits.steps_left() // _BLOCK_STEPS))
    return [each for each in wanted if block(each.task_definition) in first]


def writes_secret(fix: Fix, redactor: Redactor) -> bool:
    """Whether a fix would write a sensitive value."""
    added = (line[1:] for line in fix.diff.split("\n") if line.startswith("+"))
    return redactor.finds(fix.hcl) or any(map(redactor.finds, added))


def _answer(
    requirement: Requirement, found: Judgement, past: VerdictsBefore, locations: Locations, world: World
) -> Answer:
    argument = "assume_role_policy" if requirement.action == startup.trust.ACTION else "policy"
    is_allowed = found.verdict is Verdict.ALLOWED
    doubt = as_doubt(found.waits_for)
    return Answer(
        requirement=requirement,
        role=found.role,
        verdict=found.verdict,
        reason=found.reason,
        before=past.verdict(requirement),
        waits_for=doubt.rstrip(","),  # a clause may be meant for the middle of a sentence
        waits_for_kind=doubt.kind,
        waits_for_hint=doubt.hint.kind if doubt.hint is not None else None,
        evidence=tuple(
            msgspec.structs.replace(each, location=place) if (place := locations.of(each.policy, argument)) else each
            for each in found.evidence
        ),
        assumptions=found.assumptions,
        needed_at=None if is_allowed else locations.need(requirement),
        subject="" if is_allowed or requirement.sensitive else subject(requirement.resource, world),
    )


def _notes(decided: _Decided, after: After) -> Iterator[str]:
    """Yield the assumptions of the verdicts and what could not be analysed."""
    resolver = after.resolver
    if not resolver.plan.has_changes:
        yield "the plan lists no resources (as with -refresh-only), so its changes are unknown"
    if any(each.verdict is Verdict.ALLOWED for each in decided.judgements):
        yield NOT_EVALUATED
    yield from resolver.contradictions
    yield from resolver.assumptions
    yield from resolver.survival.notes.values()
    shared = {id(part): part for each in decided.judgements for part in each.notes}
    for part in shared.values():
        yield from part
    yield from checks.notes(decided.tasks, after)
    yield from infrastructure_role.notes(after)
    for task in decided.tasks:
        block = resolver.block(task.address)
        if block is not None and {"container_definitions", "all"} & set(block.ignored_changes()):
            yield f"{task.address} ignores changes of container_definitions: what is written may differ from what runs"
