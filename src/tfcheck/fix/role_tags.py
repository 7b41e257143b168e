"""Suggest the tags that a role lacks if a statement grants only to tagged roles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from tfcheck.fix.render import quote
from tfcheck.inventory.ecs import tasks_by_address
from tfcheck.inventory.world import After
from tfcheck.role import Role
from tfcheck.verdict.judge import Judge
from tfcheck.verdict.unmet import UnmetCondition
from tfcheck.vocabulary.finding import Answer, Fix, Verdict

_KEY = "aws:principaltag/"
_EXACT = ("stringequals", "stringequalsignorecase", "stringlike")


def suggest_tags(answers: Iterable[Answer], world: After) -> Iterator[tuple[Fix, tuple[Answer, ...]]]:
    """Suggest the tags that conditions require, if the denied calls are allowed with them."""
    judge, tasks = world.once(Judge), tasks_by_address(world)
    by_role: dict[tuple[str, tuple[tuple[str, str], ...]], list[Answer]] = {}
    for answer in answers:
        task = tasks[answer.requirement.task_definition]
        unmet = judge.unmet(answer.requirement, task)
        tags = _tags(unmet)
        if tags and answer.role and judge.verdict_if(_add_tags(tags), answer.requirement, task) is Verdict.ALLOWED:
            by_role.setdefault((answer.role, tuple(tags.items())), []).append(answer)
    for (role, pairs), several in by_role.items():
        lines = [f"  {key if key.isidentifier() else quote(key)} = {quote(value)}" for key, value in pairs]
        written = ", ".join(f"{key} = {quote(value)}" for key, value in pairs)
        title = f"tag {role} with {written}: a statement allows it to roles with that tag"
        fix = Fix(title=title, safety="review", proven=True, hcl="\n".join(["tags = {", *lines, "}"]))
        yield fix, tuple(several)


def _tags(unmet: Iterable[UnmetCondition]) -> dict[str, str]:
    """Return the tags that satisfy conditions; none if one of them requires something else."""
    found: dict[str, str] = {}
    for each in unmet:
        exact = each.operator.lower() in _EXACT and each.values and not set(each.values[0]) & set("*?$")
        if not each.key.lower().startswith(_KEY) or not exact:
            return {}
        found[each.key[len(_KEY) :]] = each.values[0]
    return found


def _add_tags(tags: dict[str, str]) -> Callable[[Role], Role]:
    def change(role: Role) -> Role:
        known = role.caller.tags if isinstance(role.caller.tags, dict) else {}
        return msgspec.structs.replace(role, caller=msgspec.structs.replace(role.caller, tags={**known, **tags}))

    return change
