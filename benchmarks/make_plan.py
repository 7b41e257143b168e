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
    """One managed resource instance, with the attributes it has or gets, and those that are known after apply."""

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
    """Return the resources that tfcheck looks at, with the attributes that the AWS provider 5.100 gives them."""
    managed = f"arn:aws:iam::{ACCOUNT}:policy/{name}"
    pulls = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    yield role(name, "execution", [{"name": "env-files", "policy": policy}], [managed, pulls])
    yield role(name, "task", [], [])
    attributes: Attributes = {"id": f"{name}-execution:env-files", "name": "env-files", "name_prefix": ""}
    attributes |= {"policy": policy, "role": f"{name}-execution"}
    unknown = ("id", "name_prefix")
    yield Row("aws_iam_role_policy", "env_files", attributes, unknown=unknown, expressions=reference("role", "id"))
    attributes = {"arn": managed, "attachment_count": 1, "description": "", "id": managed, "name": name}
    attributes |= {"name_prefix": "", "path": "/", "policy": policy, "policy_id": "ANPA2ZSQDJ2OPTQQBVFGK"}
    attributes |= {"tags": tags(name), "tags_all": tags(name)}
    yield Row("aws_iam_policy", "shared", attributes, unknown=("arn", "attachment_count", "id", "policy_id"))
    refers = {**reference("role", "name"), **reference("policy_arn", "arn", "aws_iam_policy.shared")}
    yield attachment(name, "shared", managed, ("id", "policy_arn"), refers)
    refers = {**reference("role", "name"), "policy_arn": {"constant_value": pulls}}
    yield attachment(name, "pull_and_log", pulls, ("id",), refers)
    yield bucket(name)
    yield secret(name)
    yield task(name, chance)


def role(name: str, kind: str, inline: list[Attributes], managed: list[str]) -> Row:
    attributes: Attributes = {
        "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}-{kind}",
        "assume_role_policy": TRUST,
        "create_date": TIMESTAMP,
        "description": "",
        "force_detach_policies": False,
        "id": f"{name}-{kind}",
        "inline_policy": inline,
        "managed_policy_arns": managed,
        "max_session_duration": 3600,
        "name": f"{name}-{kind}",
        "name_prefix": "",
        "path": "/",
        "permissions_boundary": "",
        "tags": tags(name),
        "tags_all": tags(name),
        "unique_id": "AROA2ZSQDJ2OPTQQBVFGK",
    }
    unknown = ("arn", "create_date", "id", "inline_policy", "managed_policy_arns", "name_prefix", "unique_id")
    return Row("aws_iam_role", kind, attributes, unknown=unknown)


def attachment(name: str, what: str, arn: str, unknown: tuple[str, ...], refers: dict[str, Any]) -> Row:
    attributes = {"id": f"{name}-execution-2026{what}", "policy_arn": arn, "role": f"{name}-execution"}
    return Row("aws_iam_role_policy_attachment", what, attributes, unknown=unknown, expressions=refers)


def bucket(name: str) -> Row:
    called = f"config-{name}"
    empty: Attributes = dict.fromkeys(("acceleration_status", "bucket_prefix", "policy", "request_payer"), "")
    lists: Attributes = {
        each: []
        for each in (
            "cors_rule",
            "lifecycle_rule",
            "logging",
            "object_lock_configuration",
            "replication_configuration",
            "server_side_encryption_configuration",
            "versioning",
            "website",
        )
    }
    attributes: Attributes = {
        **empty,
        **lists,
        "acl": None,
        "arn": f"arn:aws:s3:::{called}",
        "bucket": called,
        "bucket_domain_name": f"{called}.s3.amazonaws.com",
        "bucket_regional_domain_name": f"{called}.s3.{REGION}.amazonaws.com",
        "force_destroy": False,
        "hosted_zone_id": "Z2M4EHUR26P7ZW",
        "id": called,
        "object_lock_enabled": False,
        "region": REGION,
        "tags": tags(name),
        "tags_all": tags(name),
        "timeouts": None,
    }
    unknown = ("arn", "bucket_domain_name", "bucket_regional_domain_name", "hosted_zone_id", "id", "region", *empty)
    return Row("aws_s3_bucket", "config", attributes, unknown=(*unknown, *lists))


def secret(name: str) -> Row:
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf"
    attributes: Attributes = {
        "arn": arn,
        "description": "",
        "force_overwrite_replica_secret": False,
        "id": arn,
        "kms_key_id": "",
        "name": name,
        "name_prefix": "",
        "policy": "",
        "recovery_window_in_days": 30,
        "replica": [],
        "tags": tags(name),
        "tags_all": tags(name),
    }
    unknown = ("arn", "id", "name_prefix", "policy", "replica")
    return Row("aws_secretsmanager_secret", "password", attributes, unknown=unknown)


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
    arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{name}"
    attributes = {
        "arn": f"{arn}:7",
        "arn_without_revision": arn,
        "container_definitions": json.dumps(containers),
        "cpu": "256",
        "enable_fault_injection": False,
        "ephemeral_storage": [],
        "execution_role_arn": f"arn:aws:iam::{ACCOUNT}:role/{name}-execution",
        "family": name,
        "id": name,
        "inference_accelerator": [],
        "ipc_mode": "",
        "memory": "512",
        "network_mode": "awsvpc",
        "pid_mode": "",
        "placement_constraints": [],
        "proxy_configuration": [],
        "requires_compatibilities": ["FARGATE"],
        "revision": 7,
        "runtime_platform": [],
        "skip_destroy": False,
        "tags": tags(name),
        "tags_all": tags(name),
        "task_role_arn": f"arn:aws:iam::{ACCOUNT}:role/{name}-task",
        "track_latest": False,
        "volume": [],
    }
    refers = {
        "container_definitions": {"references": ["var.containers"]},
        **reference("execution_role_arn", "arn"),
        **reference("task_role_arn", "arn", "aws_iam_role.task"),
    }
    unknown = ("arn", "arn_without_revision", "id", "revision", "execution_role_arn", "task_role_arn")
    return Row("aws_ecs_task_definition", "app", attributes, unknown=unknown, expressions=refers)


def reference(argument: str, attribute: str, resource: str = "aws_iam_role.execution") -> dict[str, Any]:
    return {argument: {"references": [f"{resource}.{attribute}", resource]}}


def others(name: str, chance: random.Random) -> Iterator[Row]:
    """Return resources that tfcheck has no business with, several instances of each."""
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
    """Return a module of the planned values, or of the prior state, which holds data sources too."""
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
    """Return how many bytes a service takes in a plan."""
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
