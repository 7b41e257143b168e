"""Bombs in plans: large and deep values, and much of everything that is compared with everything else."""

from __future__ import annotations

import json
from typing import Any

from tests.bombs.growing import exclusive_lists, revisions
from tests.bombs.stack import ACCOUNT, Bomb, Json, Making, container, plan, policy, role, row, statements, task

_ALL = statements("*")


def of(*rows: Any, **sections: Any) -> Making:
    """Put rows, each made only when it is wanted, into a plan beside a role and a policy."""
    return lambda: Bomb(plan(*(each() if callable(each) else each for each in (role, *rows)), **sections))


def containers(count: int, **more: Any) -> list[Json]:
    """Make so many containers with a file each."""
    return [container(f"c{i}", **more) for i in range(count)]


def files(count: int) -> list[Json]:
    """Make so many environment files."""
    return [{"type": "s3", "value": f"arn:aws:s3:::config/{i}.env"} for i in range(count)]


def secrets(count: int, kind: str = "ssm") -> list[Json]:
    """Make so many references to parameters or secrets."""
    tail = {"ssm": "parameter/p{}", "secretsmanager": "secret:s{}-AbCdEf"}[kind]
    return [
        {"name": f"S{i}", "valueFrom": f"arn:aws:{kind}:eu-west-1:{ACCOUNT}:{tail.format(i)}"} for i in range(count)
    ]


def attached(count: int, document: Any = _ALL) -> list[Json]:
    """Make so many managed policies, all attached to the role."""
    rows = []
    for i in range(count):
        arn = f"arn:aws:iam::{ACCOUNT}:policy/p{i}"
        rows.append(
            row(
                f"aws_iam_policy.p{i}", {"name": f"p{i}", "arn": arn, "policy": json.dumps(document), "path": "/"}, "id"
            )
        )
        rows.append(row(f"aws_iam_role_policy_attachment.p{i}", {"role": "execution", "policy_arn": arn}, "id"))
    return rows


def many(*parts: Any, **sections: Any) -> Making:
    """Put lists of rows into a plan beside a role."""
    return lambda: Bomb(plan(role(), *(each for part in parts for each in part()), **sections))


def deep(levels: int, opening: str = "[", closing: str = "]") -> str:
    """Write something that is nested so deeply."""
    return opening * levels + closing * levels


def modules(depth: int) -> str:
    """Return the path of a module inside so many others."""
    return ".".join(f"module.m{i}" for i in range(depth))


def _prior(rows: list[Json]) -> Json:
    values = [
        {
            "address": each["address"],
            "mode": "managed",
            "type": each["type"],
            "name": each["name"],
            "values": each["change"]["after"],
        }
        for each in rows
    ]
    return {"format_version": "1.0", "values": {"root_module": {"resources": values}}}


def _nested_modules(depth: int) -> Json:
    module: Json = {"resources": []}
    for i in range(depth):
        module = {"module_calls": {f"m{i}": {"source": "./m", "module": module}}}
    return {"root_module": module}


def _nested_state(depth: int) -> Json:
    module: Json = {"resources": []}
    for i in range(depth):
        module = {"address": f"module.m{i}", "child_modules": [module]}
    return {"format_version": "1.0", "values": {"root_module": module}}


_STARS = "arn:aws:s3:::config/" + "*a" * 2000
_APP = [container()]
_WITHOUT_ROLE = {"format_version": "1.2", "terraform_version": "1.11.4", "complete": True}

PLANS: dict[str, Making] = {
    # Much of one thing
    "containers-1e4": of(lambda: policy(_ALL), lambda: task(containers(10_000))),
    "containers-5e4": of(lambda: policy(_ALL), lambda: task(containers(50_000))),
    "containers-1e5": of(
        lambda: policy(_ALL), lambda: task([{"name": f"c{i}", "image": "nginx"} for i in range(100_000)])
    ),
    "containers-1e5-nulls": of(lambda: policy(_ALL), lambda: task("[" + "{}," * 1_000_000 + "{}]")),
    "containers-one-name": of(lambda: policy(_ALL), lambda: task([container("app") for _ in range(20_000)])),
    "files-1e4": of(lambda: policy(_ALL), lambda: task([container(environmentFiles=files(10_000))])),
    "files-1e5": of(lambda: policy(_ALL), lambda: task([container(environmentFiles=files(100_000))])),
    "files-1e5-denied": of(lambda: task([container(environmentFiles=files(100_000))])),
    "files-same": of(lambda: policy(_ALL), lambda: task([container(environmentFiles=files(1) * 100_000)])),
    "secrets-1e5": of(lambda: policy(_ALL), lambda: task([container(secrets=secrets(100_000))])),
    "secrets-1e5-denied": of(lambda: task([container(secrets=secrets(60_000, "secretsmanager"))])),
    "secrets-in-containers": of(lambda: policy(_ALL), lambda: task(containers(1000, secrets=secrets(50)))),
    "images-1e4": of(
        lambda: policy(_ALL),
        lambda: task(
            [container(f"c{i}", image=f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/r{i}:1") for i in range(10_000)]
        ),
    ),
    "environment-1e6": of(
        lambda: policy(_ALL),
        lambda: task([container(environment=[{"name": f"E{i}", "value": "x"} for i in range(300_000)])]),
    ),
    "tasks-5000": many(lambda: [task([container()], f"t{i}") for i in range(5_000)]),
    "tasks-10000-without": many(lambda: [task([{"name": "a", "image": "nginx"}], f"t{i}") for i in range(10_000)]),
    "tasks-roles": many(
        lambda: [role(f"r{i}") for i in range(3000)],
        lambda: [
            task([container()], f"t{i}", execution_role_arn=f"arn:aws:iam::{ACCOUNT}:role/r{i}") for i in range(3000)
        ],
    ),
    "roles-20000": many(lambda: [role(f"r{i}") for i in range(20_000)], lambda: [task(_APP)]),
    "policies-1e4": many(lambda: attached(10_000), lambda: [task(_APP)]),
    "policies-1e4-denied": many(lambda: attached(10_000, statements("arn:aws:s3:::other/*")), lambda: [task(_APP)]),
    "policies-inline-1e4": many(
        lambda: [policy(statements(f"arn:aws:s3:::other/{i}"), f"p{i}") for i in range(10_000)], lambda: [task(_APP)]
    ),
    "policies-times-files": many(
        lambda: [policy(statements(f"arn:aws:s3:::other/{i}"), f"p{i}") for i in range(1000)],
        lambda: [task([container(environmentFiles=files(1000))])],
    ),
    "inline-policy-blocks": lambda: Bomb(
        plan(role(inline_policy=[{"name": f"p{i}", "policy": json.dumps(_ALL)} for i in range(10_000)]), task(_APP))
    ),
    "attachments-unknown": many(
        lambda: [
            row(f"aws_iam_role_policy_attachment.a{i}", {"role": "execution"}, "policy_arn", "id")
            for i in range(10_000)
        ],
        lambda: [task(_APP)],
    ),
    "attachments-of-unknown-roles": many(
        lambda: [row(f"aws_iam_role_policy_attachment.a{i}", {"policy_arn": "x"}, "role", "id") for i in range(10_000)],
        lambda: [task(_APP)],
    ),
    "roles-times-attachments": many(
        lambda: [role(f"r{i}") for i in range(200)],
        lambda: [row(f"aws_iam_role_policy_attachment.a{i}", {"policy_arn": "x"}, "role", "id") for i in range(3_000)],
        lambda: [
            task([container()], f"t{i}", execution_role_arn=f"arn:aws:iam::{ACCOUNT}:role/r{i}") for i in range(200)
        ],
    ),
    "objects-20000": many(
        lambda: [
            row(f"aws_s3_object.o{i}", {"bucket": "config", "key": f"{i}.env"}, "id", "etag") for i in range(20_000)
        ],
        lambda: [task([container(environmentFiles=files(5_000))])],
    ),
    "buckets-10000": many(
        lambda: [row(f"aws_s3_bucket.b{i}", {"bucket": f"b{i}"}, "arn", "id") for i in range(10_000)],
        lambda: [task(_APP)],
    ),
    "buckets-unknown-names": many(
        lambda: [row(f"aws_s3_bucket.b{i}", {}, "bucket", "arn", "id") for i in range(5_000)],
        lambda: [policy(_ALL), task([container(environmentFiles=files(500))])],
    ),
    "keys-5000": many(
        lambda: [row(f"aws_kms_key.k{i}", {"policy": json.dumps(_ALL)}, "arn", "id", "key_id") for i in range(5_000)],
        lambda: [task(_APP)],
    ),
    "services-10000": many(
        lambda: [
            row(f"aws_ecs_service.s{i}", {"name": f"s{i}", "task_definition": "app", "launch_type": "EC2"}, "id")
            for i in range(10_000)
        ],
        lambda: [policy(_ALL), task(_APP)],
    ),
    "revisions-3000": many(lambda: revisions(3_000)),
    "exclusive-lists-2000": many(lambda: exclusive_lists(2_000)),
    "log-groups": many(
        lambda: [row(f"aws_cloudwatch_log_group.g{i}", {"name": f"/g{i}"}, "arn", "id") for i in range(10_000)],
        lambda: [
            task(
                [
                    container(
                        f"c{i}",
                        logConfiguration={
                            "logDriver": "awslogs",
                            "options": {
                                "awslogs-group": f"/h{i}",
                                "awslogs-region": "eu-west-1",
                                "awslogs-stream-prefix": "x",
                            },
                        },
                    )
                    for i in range(2000)
                ]
            )
        ],
    ),
    "moved-chain": many(
        lambda: [
            row(f"aws_s3_bucket.b{i}", {"bucket": f"b{i}"}, "arn", previous_address=f"aws_s3_bucket.b{i + 1}")
            for i in range(20_000)
        ],
        lambda: [task(_APP)],
    ),
    "moved-cycle": many(
        lambda: [
            {**task(_APP, f"t{i}"), "previous_address": f"aws_ecs_task_definition.t{(i + 1) % 500}"} for i in range(500)
        ]
    ),
    # Policies
    "statements-1e5": of(
        lambda: policy(statements(*(f"arn:aws:s3:::other/{i}" for i in range(100_000)))), lambda: task(_APP)
    ),
    "resources-1e5": of(
        lambda: policy(statements([f"arn:aws:s3:::other/{i}" for i in range(100_000)])), lambda: task(_APP)
    ),
    "resources-variables-1e4": of(
        lambda: policy(statements([f"arn:aws:s3:::${{aws:PrincipalTag/x}}/{i}" for i in range(10_000)])),
        lambda: task(_APP),
    ),
    "variables-1e4": of(
        lambda: policy(statements("arn:aws:s3:::config/" + "${aws:username}" * 10_000)), lambda: task(_APP)
    ),
    "variables-defaults": of(
        lambda: policy(statements("arn:aws:s3:::config/" + "${aws:username, 'a'}" * 1_000)), lambda: task(_APP)
    ),
    "variables-unclosed": of(lambda: policy(statements("arn:aws:s3:::config/" + "${" * 500_000)), lambda: task(_APP)),
    "actions-1e5": of(
        lambda: policy(statements("*", action=[f"s3:Get{i}*" for i in range(100_000)])), lambda: task(_APP)
    ),
    "actions-stars": of(lambda: policy(statements("*", action="s3:" + "*e" * 200_000)), lambda: task(_APP)),
    "actions-wild": of(lambda: policy(statements("*", action="s3:" + "*?" * 200_000)), lambda: task(_APP)),
    "stars-1000": of(
        lambda: policy(statements(*(f"{_STARS}{i}" for i in range(1000)))),
        lambda: task([container(environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::config/" + "a" * 4000}])]),
    ),
    "stars-questions": of(
        lambda: policy(statements("arn:aws:s3:::config/" + "*?a" * 100_000)),
        lambda: task([container(environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::config/" + "a" * 400_000}])]),
    ),
    "stars-quadratic": of(
        lambda: policy(statements("arn:aws:s3:::config/*" + "a" * 100_000 + "?b")),
        lambda: task([container(environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::config/" + "a" * 400_000}])]),
    ),
    "stars-not-resource": of(
        lambda: policy(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "*", "NotResource": [f"{_STARS}{i}" for i in range(500)]}],
            }
        ),
        lambda: task([container(environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::config/" + "a" * 4000}])]),
    ),
    "stars-files": of(
        lambda: policy(statements(*(f"arn:aws:s3:::config/*{i}*" for i in range(300)))),
        lambda: task([container(environmentFiles=files(1000))]),
    ),
    "denies-1e4": of(
        lambda: policy(statements(*(f"arn:aws:s3:::*{i}" for i in range(10_000)), Effect="Deny")),
        lambda: task([container(environmentFiles=files(100))]),
    ),
    "conditions-1e5": of(
        lambda: policy(
            statements("*", Condition={"StringLike": {"aws:PrincipalTag/x": [f"*{i}*" for i in range(100_000)]}})
        ),
        lambda: task(_APP),
    ),
    "conditions-known-1e5": of(
        lambda: policy(
            statements("*", Condition={"StringLike": {"aws:PrincipalArn": [f"*{i}x*" for i in range(100_000)]}})
        ),
        lambda: task(_APP),
    ),
    "conditions-many-keys": of(
        lambda: policy(
            statements("*", Condition={"StringEquals": {f"aws:PrincipalTag/x{i}": "y" for i in range(100_000)}})
        ),
        lambda: task(_APP),
    ),
    "conditions-addresses": of(
        lambda: policy(statements("*", Condition={"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"] * 100_000}})),
        lambda: task(_APP),
    ),
    "conditions-numbers": of(
        lambda: policy(statements("*", Condition={"NumericLessThan": {"s3:TlsVersion": ["1e999999999"] * 1000}})),
        lambda: task(_APP),
    ),
    "conditions-dates": of(
        lambda: policy(statements("*", Condition={"DateLessThan": {"aws:CurrentTime": ["9" * 10_000] * 1000}})),
        lambda: task(_APP),
    ),
    "conditions-in-statements": of(
        lambda: policy(statements(*(["*"] * 5000), Condition={"StringLike": {"aws:PrincipalTag/x": ["a*b*c"] * 10}})),
        lambda: task([container(environmentFiles=files(100))]),
    ),
    "principals-1e5": lambda: Bomb(
        plan(
            role(
                assume_role_policy=json.dumps(
                    {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Action": "sts:AssumeRole",
                                "Principal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:role/{i}" for i in range(100_000)]},
                            }
                        ],
                    }
                )
            ),
            policy(_ALL),
            task(_APP),
        )
    ),
    "bucket-policy": of(
        lambda: policy(_ALL),
        lambda: row("aws_s3_bucket.b", {"bucket": "config"}, "arn", "id"),
        lambda: row(
            "aws_s3_bucket_policy.b",
            {
                "bucket": "config",
                "policy": json.dumps(statements(*(f"arn:aws:s3:::config/*{i}" for i in range(20_000)), Principal="*")),
            },
            "id",
        ),
        lambda: task([container(environmentFiles=files(50))]),
    ),
    "policy-10mb": of(
        lambda: policy(statements(*(f"arn:aws:s3:::other/{'x' * 90}{i}" for i in range(70_000)))), lambda: task(_APP)
    ),
    "policy-one-string": of(lambda: policy(statements("arn:aws:s3:::other/" + "x" * 10_000_000)), lambda: task(_APP)),
    "policy-brackets": of(lambda: policy(deep(2_000_000)), lambda: task(_APP)),
    "policy-objects": of(lambda: policy('{"Statement":' * 100_000 + "1" + "}" * 100_000), lambda: task(_APP)),
    "policy-deep-300": of(lambda: policy('{"Statement":' + deep(300) + "}"), lambda: task(_APP)),
    "policy-condition-deep": of(
        lambda: policy(
            '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":'
            + '{"a":' * 900
            + "1"
            + "}" * 900
            + "}}"
        ),
        lambda: task(_APP),
    ),
    "policy-duplicate-keys": of(
        lambda: policy("{" + ",".join('"Statement":[]' for _ in range(300_000)) + "}"), lambda: task(_APP)
    ),
    "policy-spaces": of(lambda: policy(" " * 10_000_000 + json.dumps(_ALL)), lambda: task(_APP)),
    "policy-numbers": of(
        lambda: policy('{"Statement":[{"Effect":"Allow","Action":"*","Resource":1e999999999}]}'), lambda: task(_APP)
    ),
    "policy-digits": of(
        lambda: policy('{"Statement":[{"Effect":"Allow","Action":"*","Resource":' + "9" * 1_000_000 + "}]}"),
        lambda: task(_APP),
    ),
    # Containers
    "containers-deep": of(lambda: policy(_ALL), lambda: task(deep(1_000_000))),
    "containers-deep-500": of(lambda: policy(_ALL), lambda: task('[{"name":"a","image":"b","x":' + deep(500) + "}]")),
    "containers-deep-95": of(lambda: policy(_ALL), lambda: task('[{"name":"a","image":"b","x":' + deep(95) + "}]")),
    "containers-one-10mb": of(lambda: policy(_ALL), lambda: task([container(image="x" * 10_000_000)])),
    "containers-not-json": of(lambda: policy(_ALL), lambda: task("[{" * 3_000_000)),
    "containers-spaces": of(lambda: policy(_ALL), lambda: task(" " * 15_000_000)),
    "containers-number": of(lambda: policy(_ALL), lambda: task("9" * 5_000_000)),
    "containers-cpu-digits": of(
        lambda: policy(_ALL), lambda: task('[{"name":"a","image":"b","cpu":' + "9" * 1_000_000 + "}]")
    ),
    "containers-surrogates": of(lambda: policy(_ALL), lambda: task('[{"name":"\\ud800","image":"b"}]')),
    "containers-keys": of(
        lambda: policy(_ALL), lambda: task([{"name": "a", "image": "b"} | {f"k{i}": 1 for i in range(300_000)}])
    ),
    "file-arn-5mb": of(
        lambda: policy(_ALL),
        lambda: task([container(environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::config/" + "x" * 5_000_000}])]),
    ),
    "file-arn-colons": of(
        lambda: policy(_ALL),
        lambda: task([container(environmentFiles=[{"type": "s3", "value": "arn:" + ":" * 5_000_000}])]),
    ),
    "file-arn-slashes": of(
        lambda: policy(_ALL),
        lambda: task([container(environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::config/" + "/" * 5_000_000}])]),
    ),
    "secret-colons": of(
        lambda: policy(_ALL),
        lambda: task([container(secrets=[{"name": "x", "valueFrom": "arn:aws:secretsmanager:" + ":" * 5_000_000}])]),
    ),
    "secret-name-5mb": of(
        lambda: policy(_ALL), lambda: task([container(secrets=[{"name": "x", "valueFrom": "n" * 5_000_000}])])
    ),
    "image-5mb": of(
        lambda: policy(_ALL),
        lambda: task([container(image=f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/" + "r/" * 2_500_000)]),
    ),
    "image-at": of(lambda: policy(_ALL), lambda: task([container(image="a@" * 2_000_000)])),
    "name-5mb": of(lambda: policy(_ALL), lambda: task([container("n" * 5_000_000)])),
    "name-5mb-denied": of(lambda: task([container("n" * 5_000_000)])),
    "name-escapes": of(lambda: task([container("\x1b[31m\u202e" * 200_000)])),
    "name-digits": of(lambda: task([container("1" * 5_000_000)])),
    "names-near": of(
        lambda: policy(statements(*(f"arn:aws:s3:::config/app{i}.env" for i in range(20_000)))), lambda: task(_APP)
    ),
    "names-near-long": of(
        lambda: policy(statements("arn:aws:s3:::config/" + "a" * 20_000)),
        lambda: task([container(environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::config/" + "b" * 20_000}])]),
    ),
    "names-near-many": of(
        lambda: policy(statements(*(f"arn:aws:s3:::config/{'x' * 300}{i}" for i in range(300)))),
        lambda: task(
            [
                container(
                    environmentFiles=[
                        {"type": "s3", "value": f"arn:aws:s3:::config/{'x' * 300}-{i}"} for i in range(300)
                    ]
                )
            ]
        ),
    ),
    "role-name-5mb": lambda: Bomb(
        plan(role(name="execution", description="d" * 5_000_000, name_prefix="x" * 5_000_000), task(_APP))
    ),
    "family-5mb": of(lambda: task(_APP, family="f" * 5_000_000)),
    "volume-1e5": of(lambda: policy(_ALL), lambda: task(_APP, volume=[{"name": f"v{i}"} for i in range(100_000)])),
    "efs-volumes": of(
        lambda: policy(_ALL),
        lambda: task(
            _APP,
            task_role_arn=f"arn:aws:iam::{ACCOUNT}:role/execution",
            volume=[
                {
                    "name": f"v{i}",
                    "efs_volume_configuration": [
                        {
                            "file_system_id": f"fs-{i}",
                            "transit_encryption": "ENABLED",
                            "authorization_config": [{"iam": "ENABLED"}],
                        }
                    ],
                }
                for i in range(3_000)
            ],
        ),
    ),
    "s3-files-volumes-mounted": of(
        lambda: policy(_ALL),
        lambda: task(
            [container(mountPoints=[{"sourceVolume": "v", "readOnly": True} for _ in range(5_000)])],
            task_role_arn=f"arn:aws:iam::{ACCOUNT}:role/execution",
            volume=[
                {"name": "v", "s3files_volume_configuration": [{"file_system_arn": f"arn:aws:s3files:::{i}"}]}
                for i in range(5_000)
            ],
        ),
    ),
    # The plan's own shape
    "addresses-key": many(
        lambda: [
            {**task(_APP), "address": f'aws_ecs_task_definition.app["{"k" * 5_000_000}"]', "index": "k" * 5_000_000}
        ]
    ),
    "addresses-keys": many(
        lambda: [
            {**task(_APP), "address": f'aws_ecs_task_definition.app["{"k" * 1000}{i}"]', "index": f"{'k' * 1000}{i}"}
            for i in range(3000)
        ]
    ),
    "addresses-quotes": many(
        lambda: [{**task(_APP), "address": 'aws_ecs_task_definition.app["' + '\\"' * 1_000_000 + '"]'}]
    ),
    "addresses-brackets": many(lambda: [{**task(_APP), "address": "aws_ecs_task_definition.app" + "[0]" * 1_000_000}]),
    "addresses-dots": many(lambda: [{**task(_APP), "address": "module." * 1_000_000}]),
    "modules-deep": many(
        lambda: [
            {**task(_APP), "address": f"{modules(5000)}.aws_ecs_task_definition.app", "module_address": modules(5000)}
        ]
    ),
    "modules-deep-many": many(
        lambda: [
            {
                **task(_APP, f"t{i}"),
                "address": f"{modules(300)}.aws_ecs_task_definition.t{i}",
                "module_address": modules(300),
            }
            for i in range(1000)
        ]
    ),
    "modules-wide": many(
        lambda: [
            {**task(_APP), "address": f"module.m[{i}].aws_ecs_task_definition.app", "module_address": f"module.m[{i}]"}
            for i in range(3000)
        ]
    ),
    "configuration-deep": of(lambda: task(_APP), configuration=_nested_modules(150)),
    "configuration-deep-text": lambda: Bomb(
        json.dumps(plan(role(), task(_APP)))[:-1]
        + ',"configuration":{"root_module":'
        + '{"module_calls":{"m":{"module":' * 20_000
        + "{}"
        + "}}}" * 20_000
        + "}}"
    ),
    "state-deep": of(lambda: task(_APP), prior_state=_nested_state(150)),
    "state-wide": of(lambda: task(_APP), prior_state=_prior([task(_APP, f"t{i}") for i in range(20_000)])),
    "variables-deep": of(lambda: task(_APP), variables={"v": {"value": json.loads(deep(300))}}),
    "plan-deep": lambda: Bomb(deep(5_000_000)),
    "plan-deep-objects": lambda: Bomb('{"a":' * 3_000_000),
    "plan-deep-after": lambda: Bomb(
        json.dumps(plan(role(), task(_APP)))[:-1]
        + ',"resource_changes":[{"address":"a.b","change":{"after":'
        + deep(1_000_000)
        + "}}]}"
    ),
    "plan-empty-rows": lambda: Bomb(_WITHOUT_ROLE | {"resource_changes": [{}] * 1_000_000}),
    "plan-null-rows": lambda: Bomb(_WITHOUT_ROLE | {"resource_changes": [None] * 2_000_000}),
    "plan-spaces": lambda: Bomb(" " * 20_000_000),
    "plan-letters": lambda: Bomb("a" * 20_000_000),
    "plan-lines": lambda: Bomb("\n" * 19_000_000 + "{}"),
    "plan-zip": lambda: Bomb(b"PK\x03\x04" + bytes(20_000_000)),
    "plan-utf-16": lambda: Bomb(("{" + " " * 9_000_000 + "}").encode("utf-16")),
    "plan-one-string": lambda: Bomb('{"format_version":"' + "x" * 19_000_000 + '"}'),
    "plan-string-unclosed": lambda: Bomb('{"format_version":"' + "x" * 19_000_000),
    "plan-digits": lambda: Bomb('{"format_version":' + "9" * 15_000_000 + "}"),
    "plan-escapes": lambda: Bomb('{"format_version":"' + "\\u0041" * 3_000_000 + '"}'),
    "masks-1e5": of(
        lambda: policy(_ALL),
        lambda: {
            **(made := task([container(environmentFiles=files(20_000))])),
            "change": made["change"] | {"after_sensitive": {"container_definitions": True}},
        },
    ),
    "sensitive-strings": many(
        lambda: [
            {
                **(made := row(f"aws_x.x{i}", {"v": f"secret{i}"})),
                "change": made["change"] | {"after_sensitive": {"v": True}},
            }
            for i in range(5_000)
        ],
        lambda: [task([container(environmentFiles=files(5_000))])],
    ),
    "references-wide": of(
        lambda: task(None),
        configuration={
            "root_module": {
                "resources": [
                    {
                        "address": "aws_ecs_task_definition.app",
                        "mode": "managed",
                        "type": "aws_ecs_task_definition",
                        "name": "app",
                        "expressions": {
                            "container_definitions": {"references": [f"local.x{i}" for i in range(300_000)]}
                        },
                    }
                ]
            }
        },
    ),
    "format-markdown": lambda: Bomb(
        plan(role(), task([container(environmentFiles=files(20_000))])), arguments=("--format", "markdown")
    ),
    "format-sarif": lambda: Bomb(
        plan(role(), task([container(environmentFiles=files(20_000))])), arguments=("--format", "sarif")
    ),
    "format-json": lambda: Bomb(
        plan(role(), task([container(environmentFiles=files(20_000))])), arguments=("--format", "json")
    ),
    "format-summary": lambda: Bomb(
        plan(role(), task([container(environmentFiles=files(20_000))])), arguments=("--format", "summary")
    ),
    "format-junit": lambda: Bomb(
        plan(role(), task([container(environmentFiles=files(20_000))])), arguments=("--format", "junit")
    ),
    "format-github": lambda: Bomb(
        plan(role(), task([container(environmentFiles=files(20_000))])), arguments=("--format", "github")
    ),
}
