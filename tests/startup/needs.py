"""What a rule needs of a task, as rows that tests compare."""

from __future__ import annotations

from tests.made_world import MadeWorld
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.startup.rule import Rule
from tfcheck.symbolic.value import Unknown, Value, display
from tfcheck.vocabulary.finding import Requirement

NOTHING = MadeWorld()
LATER = Unknown()
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
ECR = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop:v1"
STREAM = "arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/app:log-stream:"
AWSLOGS: dict[str, Value] = {"awslogs-group": "/ecs/app", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "p"}


def needs(rule: Rule, of: TaskDefinition, world: MadeWorld = NOTHING) -> list[Requirement]:
    return list(rule.derive(of, world))


def rows(rule: Rule, of: TaskDefinition, world: MadeWorld = NOTHING) -> list[tuple[str, str, str, str]]:
    return [(each.pointer, each.action, display(each.resource), each.severity.value) for each in needs(rule, of, world)]
