"""Plans of one shape and any number of services, to see how the time of a run grows.

Each shape writes a directory with one plan or several, and the `.tf` files that belong to it where it is about sources.
What grows in all of them is the number of task definitions, each of which lacks a permission.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = dict[str, Any]

ACCOUNT, REGION = "123456789012", "eu-central-1"
PROVIDER = "registry.terraform.io/hashicorp/aws"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}
        ],
    }
)
#: How many plans the services of several stacks are spread over.
STACKS = 4

_MANY_TF = """\
locals {{
  services = toset([for number in range({count}) : format("service-%04d", number)])
}}

resource "aws_s3_bucket" "config" {{
  for_each = local.services
  bucket   = "acme-${{each.key}}-config"
}}

resource "aws_iam_role" "execution" {{
  for_each           = local.services
  name               = "${{each.key}}-execution"
  assume_role_policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [
      {{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ Service = "ecs-tasks.amazonaws.com" }} }},
    ]
  }})
}}

resource "aws_iam_role_policy" "env_files" {{
  for_each = local.services
  name     = "env-files"
  role     = aws_iam_role.execution[each.key].id
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [
      {{ Effect = "Allow", Action = "s3:GetObject", Resource = "${{aws_s3_bucket.config[each.key].arn}}/other/*" }},
      {{ Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "*" }},
    ]
  }})
}}

resource "aws_ecs_task_definition" "app" {{
  for_each                 = local.services
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([
    {{
      name             = "app"
      image            = "public.ecr.aws/docker/library/nginx:1.27"
      environment      = [{{ name = "BUCKET", value = aws_s3_bucket.config[each.key].id }}]
      environmentFiles = [{{ type = "s3", value = "${{aws_s3_bucket.config[each.key].arn}}/web/prod.env" }}]
    }},
  ])
}}
"""
_ONE_TF = """\
resource "aws_s3_bucket" "config_{n:04d}" {{
  bucket = "acme-service-{n:04d}-config"
}}

resource "aws_iam_role" "execution_{n:04d}" {{
  name               = "service-{n:04d}-execution"
  assume_role_policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [
      {{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ Service = "ecs-tasks.amazonaws.com" }} }},
    ]
  }})
}}

resource "aws_iam_role_policy" "env_files_{n:04d}" {{
  name = "env-files"
  role = aws_iam_role.execution_{n:04d}.id
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [
      {{ Effect = "Allow", Action = "s3:GetObject", Resource = "${{aws_s3_bucket.config_{n:04d}.arn}}/other/*" }},
      {{ Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "*" }},
    ]
  }})
}}

resource "aws_ecs_task_definition" "app_{n:04d}" {{
  family                   = "service-{n:04d}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution_{n:04d}.arn
  container_definitions = jsonencode([
    {{
      name             = "app"
      image            = "public.ecr.aws/docker/library/nginx:1.27"
      environment      = [{{ name = "BUCKET", value = aws_s3_bucket.config_{n:04d}.id }}]
      environmentFiles = [{{ type = "s3", value = "${{aws_s3_bucket.config_{n:04d}.arn}}/web/prod.env" }}]
    }},
  ])
}}

"""


class Resource(msgspec.Struct):
    """One resource instance: what is known of it, what only after apply, and its expressions in the configuration."""

    type: str
    name: str
    values: Json
    unknown: tuple[str, ...] = ()
    expressions: Json = {}
    key: str | None = None

    def change(self, *, new: bool) -> Json:
        """Return its row among the changes."""
        key = {} if self.key is None else {"index": self.key}
        index = "" if self.key is None else f'["{self.key}"]'
        before = None if new else self.values
        done = {"actions": ["create" if new else "no-op"], "before": before, "after": self.values}
        return {
            "address": f"{self.type}.{self.name}{index}",
            "mode": "managed",
            "type": self.type,
            "name": self.name,
            **key,
            "provider_name": PROVIDER,
            "change": {
                **done,
                "after_unknown": dict.fromkeys(self.unknown, True),
                "before_sensitive": False if new else {},
                "after_sensitive": {},
            },
        }

    def configuration(self) -> Json:
        """Return what the configuration says of it."""
        many = {} if self.key is None else {"for_each_expression": {"references": ["local.services"]}}
        return {
            "address": f"{self.type}.{self.name}",
            "mode": "managed",
            "type": self.type,
            "name": self.name,
            "provider_config_key": "aws",
            "expressions": self.expressions,
            "schema_version": 0,
            **many,
        }


def plan(resources: list[Resource], *, new: bool = False) -> bytes:
    """Write a plan that creates these resources, or finds them as they are."""
    rows = {(each.type, each.name): each.configuration() for each in resources}
    provider = {"name": "aws", "full_name": PROVIDER, "expressions": {"region": {"constant_value": REGION}}}
    return msgspec.json.encode(
        {
            "format_version": "1.2",
            "terraform_version": "1.11.4",
            "planned_values": {"root_module": {}},
            "resource_changes": [each.change(new=new) for each in resources],
            "configuration": {"provider_config": {"aws": provider}, "root_module": {"resources": [*rows.values()]}},
            "timestamp": "2026-01-01T00:00:00Z",
            "applyable": True,
            "complete": True,
            "errored": False,
        }
    )


# What a service is


def known(number: int, role: str, statements: list[Json] | None = None) -> Iterator[Resource]:
    """Yield a service of which all is known, with a role of its own where it has statements."""
    name = f"service-{number:04d}"
    arn = f"arn:aws:s3:::acme-{name}-config"
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}:1"
    files = [{"type": "s3", "value": f"{arn}/web/prod.env"}]
    containers = [{"name": "app", "image": image, "environmentFiles": files}]
    task = {
        "family": name,
        "requires_compatibilities": ["FARGATE"],
        "execution_role_arn": f"arn:aws:iam::{ACCOUNT}:role/{role}",
        "container_definitions": json.dumps(containers),
    }
    yield Resource("aws_ecs_task_definition", f"app_{number:04d}", task)
    yield Resource("aws_s3_bucket", f"config_{number:04d}", {"bucket": arn.rpartition(":")[2], "arn": arn})
    if statements is not None:
        yield from a_role(role, f"_{number:04d}", statements)


def a_role(name: str, suffix: str, statements: list[Json]) -> Iterator[Resource]:
    """Yield a role with one inline policy."""
    values = {"name": name, "id": name, "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "assume_role_policy": TRUST}
    yield Resource("aws_iam_role", f"execution{suffix}", values)
    policy = {
        "name": "env-files",
        "role": name,
        "policy": json.dumps({"Version": "2012-10-17", "Statement": statements}),
    }
    yield Resource("aws_iam_role_policy", f"env_files{suffix}", policy)


def grants(number: int, path: str) -> list[Json]:
    """Return statements that let one service pull its image, and read what lies under a path of its bucket."""
    bucket = f"arn:aws:s3:::acme-service-{number:04d}-config"
    pull = ["ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer"]
    return [
        {"Effect": "Allow", "Action": [*pull, "ecr:BatchGetImage"], "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{bucket}/{path}"},
        {"Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": bucket},
    ]


def created(name: str, suffix: str, key: str | None) -> Iterator[Resource]:
    """Yield a service that is created, of which the sources know more than the plan."""
    bucket, role = f"aws_s3_bucket.config{suffix}", f"aws_iam_role.execution{suffix}"

    def refers(*names: str) -> Json:
        pairs = ((name, name.rpartition(".")[0]) for name in names)
        return {"references": [one for name, whole in pairs for one in ((whole, "each.key") if key else (name, whole))]}

    def named(argument: str, value: str) -> Json:
        return {argument: {"references": ["each.key"]} if key else {"constant_value": value}}

    bucket_name, role_name = f"acme-{name}-config", f"{name}-execution"
    expressions = named("bucket", bucket_name)
    yield Resource("aws_s3_bucket", f"config{suffix}", {"bucket": bucket_name}, ("arn", "id"), expressions, key)
    values: Json = {"name": role_name, "assume_role_policy": TRUST}
    expressions = {**named("name", role_name), "assume_role_policy": {}}
    yield Resource("aws_iam_role", f"execution{suffix}", values, ("arn", "id"), expressions, key)
    values = {"name": "env-files"}
    unknown: tuple[str, ...] = ("id", "policy", "role")
    expressions = {"name": {"constant_value": "env-files"}, "policy": refers(f"{bucket}.arn")}
    expressions |= {"role": refers(f"{role}.id")}
    yield Resource("aws_iam_role_policy", f"env_files{suffix}", values, unknown, expressions, key)
    values = {"requires_compatibilities": ["FARGATE"], "network_mode": "awsvpc", "cpu": "256", "memory": "512"}
    constants = {"requires_compatibilities": ["FARGATE"], "network_mode": "awsvpc", "cpu": 256, "memory": 512}
    expressions = {name: {"constant_value": value} for name, value in constants.items()} | named("family", name)
    expressions |= {
        "container_definitions": refers(f"{bucket}.id", f"{bucket}.arn"),
        "execution_role_arn": refers(f"{role}.arn"),
    }
    unknown = ("arn", "id", "container_definitions", "execution_role_arn")
    yield Resource("aws_ecs_task_definition", f"app{suffix}", {"family": name} | values, unknown, expressions, key)


# The shapes


def findings(directory: Path, count: int) -> list[str]:
    """Write a plan whose services have a role each."""
    rows = [row for n in range(count) for row in known(n, f"service-{n:04d}-execution", grants(n, "other/*"))]
    return _written(directory, plan(rows))


def one_role(directory: Path, count: int) -> list[str]:
    """Write a plan whose services share one role, which has statements for each of them."""
    rows = [row for n in range(count) for row in known(n, "shared")]
    statements = [each for n in range(count) for each in grants(n, "other/*")[n > 0 :]]
    return _written(directory, plan([*rows, *a_role("shared", "", statements)]))


def for_each(directory: Path, count: int) -> list[str]:
    """Write a plan and sources in which all services are instances of the same resources."""
    keys = [f"service-{n:04d}" for n in range(count)]
    (directory / "main.tf").write_text(_MANY_TF.format(count=count))
    return _written(directory, plan([row for key in keys for row in created(key, "", key)], new=True))


def blocks(directory: Path, count: int) -> list[str]:
    """Write a plan and sources in which each service has blocks of its own."""
    rows = [row for n in range(count) for row in created(f"service-{n:04d}", f"_{n:04d}", None)]
    (directory / "main.tf").write_text("".join(_ONE_TF.format(n=n) for n in range(count)))
    return _written(directory, plan(rows, new=True))


def stacks(directory: Path, count: int) -> list[str]:
    """Write several plans that are checked together."""
    plans = []
    for stack in range(STACKS):
        numbers = range(stack, count, STACKS)
        rows = [row for n in numbers for row in known(n, f"service-{n:04d}-execution", grants(n, "other/*"))]
        plans += _written(directory, plan(rows), f"plan{stack}.json")
    return plans


def _written(directory: Path, text: bytes, name: str = "plan.json") -> list[str]:
    (directory / name).write_bytes(text)
    return [name]


SHAPES: dict[str, tuple[Callable[[Path, int], list[str]], str]] = {
    "one finding per service": (findings, "json"),
    "one role shared by all": (one_role, "json"),
    "for_each with sources": (for_each, "json"),
    "separate blocks in .tf": (blocks, "json"),
    "four stacks": (stacks, "json"),
    "as Markdown": (findings, "markdown"),
    "as SARIF": (findings, "sarif"),
}
