"""Can every ECS task in this plan start? The whole use case, from plan to report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfcheck import startup
from tfcheck.compare import Past
from tfcheck.ecs import TaskDefinition, task_definitions
from tfcheck.explain import findings
from tfcheck.finding import Answer, PlanInfo, Report, Skipped, Verdict
from tfcheck.judge import Judge
from tfcheck.locate import Locations
from tfcheck.plan import Plan
from tfcheck.resolve import Resolver
from tfcheck.world import After, World

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Sources

NOT_EVALUATED = "not evaluated, since no plan shows them: service control policies and session policies"


def check(
    plan: Plan,
    sources: Sources | None = None,
    *,
    workspace: str | None = None,
    context: dict[str, str | int] | None = None,
) -> Report:
    """Decide everything that the plan's task definitions need to start.

    Takes a loaded plan and, where they are at hand, the sources it was made from; `context` is passed on into the
    report. Reads nothing but what it is given and prints nothing.
    """
    resolver = Resolver(plan, sources, workspace)
    after = After(resolver)
    before = after.before()
    judge, past = Judge(after), Past(Judge(before), before)
    tasks = list(task_definitions(after))
    answers = [answer for task in tasks for answer in _answers(task, after, judge, past)]
    return Report(
        plan=_info(plan, sources),
        task_definitions=tuple(str(task.address) for task in tasks),
        answers=tuple(answers),
        findings=tuple(findings(answers, Locations(resolver))),
        skipped=tuple(Skipped(str(task.address), task.problem) for task in tasks if task.problem),
        notes=tuple(dict.fromkeys(_notes(plan, tasks, answers, resolver, judge))),
        context=context,
    )


def _answers(task: TaskDefinition, world: World, judge: Judge, past: Past) -> Iterator[Answer]:
    for requirement in startup.requirements(task, world):
        found = judge.judge(requirement, task)
        yield Answer(
            requirement=requirement,
            role=found.role,
            verdict=found.verdict,
            reason=found.reason,
            before=past.verdict(requirement),
            waits_for=found.waits_for,
            evidence=found.evidence,
            assumptions=found.assumptions,
        )


def _info(plan: Plan, sources: Sources | None) -> PlanInfo:
    return PlanInfo(
        path=plan.label,
        format_version=plan.format_version,
        terraform_version=plan.terraform_version,
        sources=sources.label if sources else None,
        complete=plan.complete,
    )


def _notes(
    plan: Plan, tasks: list[TaskDefinition], answers: list[Answer], resolver: Resolver, judge: Judge
) -> Iterator[str]:
    """Say once what the verdicts rest on and what could not be looked at."""
    if not plan.has_changes:
        yield "the plan lists no resources (as with -refresh-only): nothing can be said about a change"
    if any(answer.verdict is Verdict.ALLOWED for answer in answers):
        yield NOT_EVALUATED
    yield from resolver.assumptions
    for task in tasks:
        for role in (judge.roles.of(task.execution_role), judge.roles.of(task.task_role)):
            yield from role.notes if role else ()
    by_address = {str(task.address): task for task in tasks}
    for answer in answers:
        yield from judge.warnings(answer.requirement, by_address[answer.requirement.task_definition])
