"""Decide again as if roles had policies with exactly what they lack."""

from __future__ import annotations

from collections.abc import Sequence

from tfcheck.fix.layout.new_policy import START_UP
from tfcheck.fix.proof.trial import Trial
from tfcheck.fix.proposal import RoleNeed
from tfcheck.iam import parse_policy
from tfcheck.inventory.ecs import tasks_by_address
from tfcheck.inventory.world import After
from tfcheck.symbolic.value import JsonText, Value
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Answer, Verdict


def verdicts_with(answers: Sequence[Answer], world: After, *, bounded: bool = True) -> list[Verdict]:
    """Decide the answers of one role again, as if it had a policy with exactly what they need.

    Without `bounded` they are also decided as if the role had no permissions boundary. The needs of tasks in another
    plan keep their verdict.
    """
    judge = world.once(Judge)
    tasks = tasks_by_address(world)
    policy = parse_policy(JsonText(policy_document(answers)), START_UP)
    ours = [each for each in answers if each.requirement.task_definition in tasks]
    asked = ((each.requirement, tasks[each.requirement.task_definition]) for each in ours)
    found = dict(zip(ours, judge.verdicts_with(policy, asked, bounded=bounded), strict=True))
    return [found.get(each, each.verdict) for each in answers]


def exactly(needs: Sequence[RoleNeed], world: After) -> Trial:
    """Return the world in which each role has a new policy with exactly what it lacks."""
    given: dict[tuple[Address, str], Value] = {}
    for need in needs:
        lacking = need.answers_by_role()
        for role in need.roles:
            name = f"{role.address.name}_start_up"
            address = Address(role.address.module, "managed", "aws_iam_role_policy", name, role.address.key)
            given[address, "name"], given[address, "role"] = START_UP, role.attribute("name")
            given[address, "policy"] = JsonText(policy_document(lacking[str(role.address)]))
    added = list(dict.fromkeys(address for address, _ in given))
    return Trial(world.resolver, world.resolver.sources, (), added, given, world.context)


def policy_document(answers: Sequence[Answer]) -> Value:
    """Return a policy that allows exactly what is needed."""
    asked = dict.fromkeys((each.requirement.action, each.requirement.resource) for each in answers)
    statements: list[Value] = [
        {"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in asked
    ]
    return {"Version": "2012-10-17", "Statement": statements}
