"""What does a realistic plan of a given size look like?

Writes a plan as `terraform show -json` would: services with their ECS, IAM, S3 and secrets resources, each in a module
of its own, among twelve times as many other resources. The bytes fall to the sections as in real plans of grown
infrastructure: nearly half resource changes, a quarter planned values, a quarter prior state, 4 % configuration.
The same size and seed give the same bytes.

    python -m benchmarks.make_plan 100 /tmp/plan.json
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, TextIO, TypeAlias

import msgspec

Attributes: TypeAlias = dict[str, Any]

ACCOUNT = "123456789012"
REGION = "ap-northeast-1"
TIMESTAMP = "2026-01-01T00:00:00Z"
PROVIDER = "registry.terraform.io/hashicorp/aws"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}
        ],
    }
)
#: The other resources, and how many instances a service has of each type; a block has four.
OTHERS = (
    ("aws_security_group_rule", 20),
    ("aws_cloudwatch_metric_alarm", 16),
    ("aws_route53_record", 14),
    ("aws_lb_listener_rule", 12),
    ("aws_subnet", 10),
    ("aws_lambda_function", 8),
    ("aws_db_parameter_group", 8),
    ("aws_autoscaling_policy", 8),
)


class Row(msgspec.Struct):
    """One managed resource instance, with the attributes it has or gets, and those that apply will tell."""

    type: str
    name: str
    values: Attributes
    key: int | None = None
    unknown: tuple[str, ...] = ()
    expressions: dict[str, Any] = {}

    def address(self, module: str) -> str:
        key = "" if self.key is None else f"[{self.key}]"
        return f"{module}.{self.type}.{self.name}{key}"


class Service(msgspec.Struct):
    """One service: its module, what happens to it, its resources and the policy document it reads."""

    module: str
    action: str
    rows: list[Row]
    document: dict[str, Any]


def service(seed: int, number: int) -> Service:
    """Make up one service; some are new, some change, most stay."""
    chance = random.Random(seed * 1_000_003 + number)
    name = f"{chance.choice(('orders', 'billing', 'search', 'reports'))}-{number:05d}"
    action = chance.choices(("no-op", "update", "create"), (86, 7, 7))[0]
    granted = f"arn:aws:s3:::config-{name}/*" if chance.random() < 0.95 else "arn:aws:s3:::config-other/*"
    statements = [statement("s3:GetObject", granted), statement("s3:GetBucketLocation", f"arn:aws:s3:::config-{name}")]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    rows = [*relevant(name, policy, chance), *others(name, chance)]
    return Service(f"module.{name.replace('-', '_')}", action, rows, document(policy))


def statement(action: str, resource: str) -> dict[str, Any]:
    return {"Action": action, "Effect": "Allow", "Resource": resource}


def relevant(name: str, policy: str, chance: random.Random) -> Iterator[Row]:
    """Give the resources that tfcheck looks at: a service's roles, policies, task definition, bucket and secret."""
    for kind in ("execution", "task"):
        yield role(name, kind)
    attributes: Attributes = {"name": "env-files", "name_prefix": "", "policy": policy, "role": f"{name}-execution"}
    yield Row("aws_iam_role_policy", "env_files", attributes, unknown=("id",), expressions=reference("role", "id"))
    arn = f"arn:aws:iam::{ACCOUNT}:policy/{name}"
    attributes = {"arn": arn, "name": name, "path": "/", "policy": policy, "description": "", "tags": {}}
    yield Row("aws_iam_policy", "shared", attributes, unknown=("arn", "id"))
    attributes = {"policy_arn": arn, "role": f"{name}-execution"}
    refers = {**reference("role", "name"), **reference("policy_arn", "arn", "aws_iam_policy.shared")}
    yield Row("aws_iam_role_policy_attachment", "shared", attributes, unknown=("id", "policy_arn"), expressions=refers)
    managed = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    attributes = {"policy_arn": managed, "role": f"{name}-execution"}
    refers = {**reference("role", "name"), "policy_arn": {"constant_value": managed}}
    yield Row("aws_iam_role_policy_attachment", "pull_and_log", attributes, unknown=("id",), expressions=refers)
    bucket = f"config-{name}"
    attributes = {"arn": f"arn:aws:s3:::{bucket}", "bucket": bucket, "force_destroy": False, "tags": tags(name)}
    yield Row("aws_s3_bucket", "config", attributes, unknown=("arn", "id"))
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf"
    attributes = {"arn": arn, "name": name, "description": "", "recovery_window_in_days": 30, "tags": tags(name)}
    yield Row("aws_secretsmanager_secret", "password", attributes, unknown=("arn", "id"))
    yield task(name, chance)


def role(name: str, kind: str) -> Row:
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}-{kind}"
    attributes: Attributes = {
        "arn": arn,
        "name": f"{name}-{kind}",
        "assume_role_policy": TRUST,
        "path": "/",
        "tags": tags(name),
    }
    return Row("aws_iam_role", kind, attributes, unknown=("arn", "id", "unique_id", "managed_policy_arns"))


def task(name: str, chance: random.Random) -> Row:
    containers = [
        {
            "name": container,
            "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}:{chance.randrange(10**6)}",
            "essential": container == "app",
            "environment": [{"name": f"SETTING_{n}", "value": f"{chance.random()}"} for n in range(12)],
            "environmentFiles": [{"type": "s3", "value": f"arn:aws:s3:::config-{name}/{container}.env"}],
        }
        for container in ("app", "proxy")
    ]
    attributes = {
        "container_definitions": json.dumps(containers),
        "family": name,
        "cpu": "256",
        "memory": "512",
        "network_mode": "awsvpc",
        "requires_compatibilities": ["FARGATE"],
        "execution_role_arn": f"arn:aws:iam::{ACCOUNT}:role/{name}-execution",
        "task_role_arn": f"arn:aws:iam::{ACCOUNT}:role/{name}-task",
        "volume": [],
        "tags": tags(name),
    }
    refers = {
        "container_definitions": {"references": ["var.containers"]},
        **reference("execution_role_arn", "arn"),
        **reference("task_role_arn", "arn", "aws_iam_role.task"),
    }
    unknown = ("arn", "id", "revision", "execution_role_arn", "task_role_arn")
    return Row("aws_ecs_task_definition", "app", attributes, unknown=unknown, expressions=refers)


def reference(argument: str, attribute: str, resource: str = "aws_iam_role.execution") -> dict[str, Any]:
    return {argument: {"references": [f"{resource}.{attribute}", resource]}}


def others(name: str, chance: random.Random) -> Iterator[Row]:
    """Give resources that tfcheck has no business with, several instances of each."""
    for kind, count in OTHERS:
        expressions = {f"argument_{n}": {"references": [f"var.setting_{n}", "count.index"]} for n in range(5)}
        for key in range(count):
            block, index = divmod(key, 4)
            yield Row(kind, f"this_{block}", filler(name, chance), index, ("id", "arn"), expressions)


def filler(name: str, chance: random.Random) -> Attributes:
    attributes: Attributes = {"arn": f"arn:aws:x:{REGION}:{ACCOUNT}:{name}/{chance.randrange(10**9)}"}
    attributes |= {f"argument_{n}": f"value {chance.randrange(10**12)}" for n in range(8)}
    attributes |= {f"list_{n}": [chance.randrange(65536) for _ in range(4)] for n in range(2)}
    return attributes | {"enabled": True, "nothing": None, "tags": tags(name), "tags_all": tags(name)}


def tags(name: str) -> dict[str, str]:
    return {"Environment": "production", "Service": name, "ManagedBy": "terraform", "Team": "platform"}


def document(policy: str) -> dict[str, Any]:
    return {"id": "1", "json": policy, "minified_json": policy, "statement": [], "version": "2012-10-17"}


def changes(each: Service) -> Iterator[dict[str, Any]]:
    for row in each.rows:
        new = each.action == "create"
        after = {name: value for name, value in row.values.items() if not (new and name in row.unknown)}
        yield {
            "address": row.address(each.module),
            "module_address": each.module,
            "mode": "managed",
            "type": row.type,
            "name": row.name,
            **({} if row.key is None else {"index": row.key}),
            "provider_name": PROVIDER,
            "change": {
                "actions": [each.action],
                "before": None if new else row.values | ({"tags": {}} if each.action == "update" else {}),
                "after": after,
                "after_unknown": dict.fromkeys(row.unknown, True) if new else {},
                "before_sensitive": False if new else {"tags": {}, "tags_all": {}},
                "after_sensitive": {"tags": {}, "tags_all": {}},
            },
        }


def state(each: Service, *, prior: bool) -> Iterator[dict[str, Any]]:
    """Give a module of the planned values, or of the prior state, which holds data sources too."""
    resources = [] if prior and each.action == "create" else [resource(each, row) for row in each.rows]
    if prior:
        address = f"{each.module}.data.aws_iam_policy_document.env_files"
        row = Row("aws_iam_policy_document", "env_files", each.document)
        resources.append(resource(each, row) | {"address": address, "mode": "data"})
    yield {"resources": resources, "address": each.module}


def resource(each: Service, row: Row) -> dict[str, Any]:
    return {
        "address": row.address(each.module),
        "mode": "managed",
        "type": row.type,
        "name": row.name,
        **({} if row.key is None else {"index": row.key}),
        "provider_name": PROVIDER,
        "schema_version": 1,
        "values": row.values,
        "sensitive_values": {"tags": {}, "tags_all": {}},
    }


def configuration(each: Service) -> Iterator[tuple[str, dict[str, Any]]]:
    resources = [
        {
            "address": f"{row.type}.{row.name}",
            "mode": "managed",
            "type": row.type,
            "name": row.name,
            "provider_config_key": "aws",
            "expressions": row.expressions,
            "schema_version": 1,
        }
        for row in each.rows
        if not row.key
    ]
    call = {"source": "./modules/service", "expressions": {"name": {"constant_value": each.rows[0].values["name"]}}}
    variables = {f"setting_{n}": {"description": "one of the settings"} for n in range(5)}
    yield each.module.removeprefix("module."), call | {"module": {"resources": resources, "variables": variables}}


def write(size: int, file: TextIO, seed: int = 1) -> int:
    """Write a plan of about `size` bytes and give the number of its services."""
    count = max(1, round(size / len_of(service(seed, 0))))
    services = [partial(service, seed, number) for number in range(count)]
    provider = {"aws": {"name": "aws", "full_name": PROVIDER, "expressions": {"region": {"constant_value": REGION}}}}
    file.write(
        '{"format_version":"1.2","terraform_version":"1.11.4","planned_values":{"root_module":{"child_modules":['
    )
    listed(file, (dumped(module) for each in services for module in state(each(), prior=False)))
    file.write(']}},"resource_changes":[')
    listed(file, (dumped(change) for each in services for change in changes(each())))
    file.write('],"prior_state":{"format_version":"1.0","values":{"root_module":{"child_modules":[')
    listed(file, (dumped(module) for each in services for module in state(each(), prior=True)))
    file.write(f']}}}}}},"configuration":{{"provider_config":{dumped(provider)},"root_module":{{"module_calls":{{')
    listed(file, (f'"{name}":{dumped(call)}' for each in services for name, call in configuration(each())))
    file.write(f'}}}}}},"timestamp":"{TIMESTAMP}","applyable":true,"complete":true,"errored":false}}\n')
    return count


def len_of(each: Service) -> int:
    """Tell how many bytes a service takes in a plan."""
    modules = [*state(each, prior=False), *state(each, prior=True)]
    return sum(len(dumped(part)) + 1 for part in [*changes(each), *modules, *configuration(each)])


def dumped(part: object) -> str:
    return msgspec.json.encode(part).decode()


def listed(file: TextIO, parts: Iterator[str]) -> None:
    for number, part in enumerate(parts):
        file.write("," * bool(number) + part)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a realistic plan of a given size.")
    parser.add_argument("megabytes", type=float)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with arguments.path.open("w", encoding="utf-8") as file:
        count = write(int(arguments.megabytes * 1e6), file, arguments.seed)
    print(f"{arguments.path}: {arguments.path.stat().st_size / 1e6:.1f} MB, {count} services")


if __name__ == "__main__":
    main()
