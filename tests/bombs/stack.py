"""The stack that bombs are put in: one task, one role, one policy, and what their texts are made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = dict[str, Any]

ACCOUNT = "123456789012"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}],
}
_MAIN = """\
resource "aws_iam_role" "execution" {
  name               = "execution"
  assume_role_policy = jsonencode(%s)
}

resource "aws_iam_role_policy" "files" {
  name   = "files"
  role   = aws_iam_role.execution.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "arn:aws:s3:::config/${%s}" }]
  })
}

resource "aws_ecs_task_definition" "app" {
  family             = "app"
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "nginx"
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::config/${%s}" }]
  }])
}
"""
PROVIDER = "registry.terraform.io/hashicorp/aws"


class Bomb(msgspec.Struct, frozen=True):
    """What a bomb consists of: a plan, the files beside it, and what else the command line has."""

    plan: Json | str | bytes
    files: Mapping[str, str | bytes] = {}
    arguments: tuple[str, ...] = ()

    def write(self, directory: Path) -> Path:
        """Write its files; give that of the plan."""
        for name, content in self.files.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        plan = self.plan if isinstance(self.plan, str | bytes) else json.dumps(self.plan)
        path = directory / "plan.json"
        path.write_bytes(plan.encode("utf-8", "surrogatepass") if isinstance(plan, str) else plan)
        return path


#: Made only when it is wanted.
Making: TypeAlias = Callable[[], Bomb]


def evaluated(expression: str, declared: str = "", **files: str | bytes) -> Making:
    """Let the object's key in the task and the policy be an expression, beside what is `declared`."""

    def make() -> Bomb:
        trust = json.dumps(TRUST).replace(": ", " = ")
        main = _MAIN % (trust, expression, expression)
        named = {name.replace("__", "."): content for name, content in files.items()}
        rows = (role(), policy(None), task(None))
        return Bomb(plan(*rows), {"main.tf": f"{main}\n{declared}\n", **named})

    return make


def plan(*rows: Json, **sections: Any) -> Json:
    """Make a plan of resource changes, with the configuration that belongs to them."""
    resources = {row["address"].partition("[")[0]: row for row in rows if "module_address" not in row}
    listed = [
        {key: row[key] for key in ("mode", "type", "name")} | {"address": address, "expressions": {}}
        for address, row in resources.items()
    ]
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "complete": True,
        "resource_changes": list(rows),
        "configuration": {"root_module": {"resources": listed}},
    } | sections


def row(address: str, after: Json, *unknown: str, **beside: Any) -> Json:
    """Make the row of a resource that is created."""
    kind, name = address.partition("[")[0].split(".")[-2:]
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": dict.fromkeys(unknown, True)}
    return {"address": address, "mode": "managed", "type": kind, "name": name, "change": change} | beside


def role(name: str = "execution", **more: Any) -> Json:
    """Make the row of a role that ECS may assume."""
    after = {"name": name, "assume_role_policy": json.dumps(TRUST), "path": "/", "permissions_boundary": None} | more
    return row(f"aws_iam_role.{name}", after, "arn", "id", "unique_id")


def policy(document: object, name: str = "files", of: str = "execution") -> Json:
    """Make the row of an inline policy; None for a text that is known only after apply."""
    if document is None:
        return row(f"aws_iam_role_policy.{name}", {"name": name, "role": of}, "policy", "id")
    written = document if isinstance(document, str) else json.dumps(document)
    return row(f"aws_iam_role_policy.{name}", {"name": name, "role": of, "policy": written}, "id")


def statements(*resources: object, action: object = "s3:*", **more: Any) -> Json:
    """Make a policy of one allowing statement for each of the resources."""
    one = {"Effect": "Allow", "Action": action} | more
    return {"Version": "2012-10-17", "Statement": [one | {"Resource": each} for each in resources]}


def task(containers: object, name: str = "app", **more: Any) -> Json:
    """Make the row of a task definition; None for containers that are known only after apply."""
    after: Json = {"family": name, "execution_role_arn": f"arn:aws:iam::{ACCOUNT}:role/execution"} | more
    if containers is None:
        del after["execution_role_arn"]
        unknown = ("container_definitions", "execution_role_arn", "arn")
        return row(f"aws_ecs_task_definition.{name}", after | more, *(each for each in unknown if each not in more))
    written = containers if isinstance(containers, str) else json.dumps(containers)
    return row(f"aws_ecs_task_definition.{name}", after | {"container_definitions": written}, "arn")


def container(name: str = "app", **more: Any) -> Json:
    """Make a container with one environment file."""
    files = [{"type": "s3", "value": "arn:aws:s3:::config/app.env"}]
    return {"name": name, "image": "nginx", "environmentFiles": files} | more
