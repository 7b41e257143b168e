"""Task definitions, services and messages that the tests of several checks use."""

from __future__ import annotations

from tests.cases import TESTDATA, Case
from tests.made_world import HERE, MadeResource, MadeWorld, reference, task
from tfcheck.checks.misconfiguration import Check
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.value import Unknown, Value
from tfcheck.vocabulary.finding import Finding

NOTHING = MadeWorld()
FILE = "arn:aws:s3:::cfg/web/prod.env"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
LATER = Unknown(reason="known only after apply")
VIRGINIA = Surroundings("aws", "us-east-1", "111122223333")


def messages(check: Check, *containers: dict[str, Value], world: MadeWorld = NOTHING, **attributes: Value) -> list[str]:
    """Return the severity and the message of each finding of a check."""
    found = check.search(task(*containers, around=HERE, **attributes), world)
    return [f"{each.severity.value}: {each.message}" for each in found]


def found_in(case: str, name: str = "plan.json") -> list[Finding]:
    return list(Case(TESTDATA / case).report(name).findings)


def files(*values: Value, kind: Value = "s3") -> dict[str, Value]:
    return {"environmentFiles": [{"type": kind, "value": value} for value in values]}


def secrets(*values: Value) -> dict[str, Value]:
    return {"secrets": [{"name": "A", "valueFrom": value} for value in values]}


def service(**attributes: Value) -> MadeResource:
    runs: dict[str, Value] = {"task_definition": reference("aws_ecs_task_definition.app", "arn"), "desired_count": 1}
    return MadeResource("aws_ecs_service.app", {**runs, **attributes})


def logs(**options: Value) -> dict[str, Value]:
    named = {key.replace("_", "-"): value for key, value in options.items()}
    return {"logConfiguration": {"logDriver": "awslogs", "options": named}}
