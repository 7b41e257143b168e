"""Plans of any size in which something could be compared with everything like it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from tests.bombs.stack import ACCOUNT, Json, container, plan, policy, role, row, statements, task

#: Makes the rows of a plan of this size.
Growing: TypeAlias = Callable[[int], Iterator[Json]]

_PREFIX = f"arn:aws:ecs:eu-west-1:{ACCOUNT}:"
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/"
_OF_DATABASE = ("id", "arn", "master_user_secret")


def _kept(made: Json) -> Json:
    """Turn the row of a resource that is created into one that the change leaves as it is."""
    after = made["change"]["after"]
    return made | {"change": {"actions": ["no-op"], "before": after, "after": after, "after_unknown": {}}}


def _definition(number: int, **more: Any) -> Json:
    return task([container()], f"t{number}", **more)


def _schedule(number: int, definition: str) -> Json:
    target = {"arn": f"{_PREFIX}cluster/main", "ecs_parameters": [{"task_definition_arn": definition}]}
    return row(f"aws_scheduler_schedule.s{number}", {"name": f"s{number}", "target": [target]}, "id")


def _service(number: int, definition: str, **more: Any) -> Json:
    return row(f"aws_ecs_service.s{number}", {"name": f"s{number}", "task_definition": definition} | more, "id")


def revisions(count: int) -> Iterator[Json]:
    """Make so many revisions of one family, each with a schedule that names it."""
    for i in range(count):
        arn = f"{_PREFIX}task-definition/app"
        named = {"family": "app", "revision": i, "arn": f"{arn}:{i}", "arn_without_revision": arn}
        yield _kept(_definition(i, **named))
        yield _schedule(i, f"{arn}:{i}")


def new_revisions(count: int) -> Iterator[Json]:
    """Make so many definitions of one family, and as many schedules that name a revision."""
    for i in range(count):
        yield _definition(i, family="app")
        yield _schedule(i, f"{_PREFIX}task-definition/app:{i}")


def services_of_a_family(count: int) -> Iterator[Json]:
    """Make so many definitions of one family, and as many services that name the family."""
    for i in range(count):
        yield _definition(i, family="app")
        yield _service(i, "app", launch_type="FARGATE", desired_count=1)


def without_execution_role(count: int) -> Iterator[Json]:
    """Make so many tasks on instances that have no execution role, each with a service."""
    for i in range(count):
        yield _definition(i, requires_compatibilities=["EC2"], execution_role_arn=None)
        yield _service(i, f"t{i}", launch_type="EC2")


def on_capacity_providers(count: int) -> Iterator[Json]:
    """Make so many tasks on instances, each with the whole chain from the service to the instances' role."""
    for i in range(count):
        group = f"arn:aws:autoscaling:eu-west-1:{ACCOUNT}:autoScalingGroup:x:autoScalingGroupName/g{i}"
        strategy = [{"capacity_provider": f"p{i}", "weight": 1, "base": 0}]
        launched = {"name": f"g{i}", "arn": group, "launch_template": [{"name": f"l{i}"}]}
        yield _kept(row(f"aws_autoscaling_group.g{i}", launched))
        template = {"name": f"l{i}", "iam_instance_profile": [{"name": f"i{i}"}], "default_version": 1}
        yield _kept(row(f"aws_launch_template.l{i}", template | {"latest_version": 1}))
        yield _kept(row(f"aws_iam_instance_profile.i{i}", {"name": f"i{i}", "role": f"i{i}"}))
        yield _kept(role(f"i{i}"))
        block = [{"auto_scaling_group_arn": group}]
        yield row(f"aws_ecs_capacity_provider.p{i}", {"name": f"p{i}", "auto_scaling_group_provider": block}, "arn")
        yield _definition(i, requires_compatibilities=["EC2"], execution_role_arn=None)
        yield _service(i, f"t{i}", capacity_provider_strategy=strategy)


def exclusive_lists(count: int) -> Iterator[Json]:
    """Make so many roles, each with a task and a list of all its policies."""
    for i in range(count):
        yield role(f"r{i}")
        yield policy(statements("*"), f"p{i}", f"r{i}")
        yield row(f"aws_iam_role_policies_exclusive.e{i}", {"role_name": f"r{i}", "policy_names": [f"p{i}"]})
        yield row(f"aws_iam_role_policy_attachments_exclusive.e{i}", {"role_name": f"r{i}", "policy_arns": []})
        yield _definition(i, execution_role_arn=f"arn:aws:iam::{ACCOUNT}:role/r{i}")


def cache_rules(count: int) -> Iterator[Json]:
    """Make so many rules for pull-through caches, each with a task that uses it."""
    for i in range(count):
        yield row(f"aws_ecr_pull_through_cache_rule.r{i}", {"ecr_repository_prefix": f"p{i}"}, "id")
        image = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/p{i}/app:1"
        yield task([container(image=image)], f"t{i}")


def partial_secrets(count: int) -> Iterator[Json]:
    """Make so many secrets, and as many tasks that name one without the random end of its ARN."""
    yield policy(statements("*", action="secretsmanager:*"))
    for i in range(count):
        named = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:secret-{i:04}"
        yield row(f"aws_secretsmanager_secret.s{i}", {"name": f"secret-{i:04}"}, "arn", "id", "kms_key_id")
        yield task([container(secrets=[{"name": "TOKEN", "valueFrom": named}])], f"t{i}")


def log_groups(count: int) -> Iterator[Json]:
    """Make so many log groups with generated names, and as many tasks that name one by a literal."""
    for i in range(count):
        options = {"awslogs-group": f"group-{i:04}", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "app"}
        yield row(f"aws_cloudwatch_log_group.g{i}", {"name_prefix": f"group-{i:04}-"}, "name", "arn", "id")
        yield task([container(logConfiguration={"logDriver": "awslogs", "options": options})], f"t{i}")


def groups_of_one_prefix(count: int) -> Iterator[Json]:
    """Make so many log groups whose generated names begin alike, instead of as many that tasks write to."""
    yield policy(statements("*", action="logs:*"))
    for i in range(count):
        gone = row(f"aws_cloudwatch_log_group.s{i}", {"name": f"/s{i}"})
        change = {"actions": ["delete"], "before": gone["change"]["after"], "after": None, "after_unknown": {}}
        yield gone | {"change": change}
        yield row(f"aws_cloudwatch_log_group.g{i}", {"name_prefix": "/s"}, "name", "arn", "id")
        options = {"awslogs-group": f"/s{i}", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "x"}
        yield task([container(logConfiguration={"logDriver": "awslogs", "options": options})], f"t{i}")


def permissions(count: int) -> Iterator[Json]:
    """Make a policy of so many statements, each of two actions on two patterns."""
    actions = [f"s3:{name}Object" for name in ("Get", "Put")]
    patterns = ([f"arn:aws:s3:::config/{i}", f"arn:aws:s3:::config/{i}/*"] for i in range(count))
    yield policy(statements(*patterns, action=actions))
    yield _definition(0)


def endpoints(count: int) -> Iterator[Json]:
    """Make so many endpoints that allow everything, and as many tasks with a file each in one statement."""
    keys = [f"arn:aws:s3:::config/{i}.env" for i in range(count)]
    yield policy(statements(keys, action="s3:GetObject"))
    for i, each in enumerate(keys):
        document = json.dumps(statements("*", Principal="*"))
        yield row(f"aws_vpc_endpoint.e{i}", {"service_name": "com.amazonaws.eu-west-1.s3", "policy": document}, "id")
        yield task([container(environmentFiles=[{"type": "s3", "value": each}])], f"t{i}")


def unnamed_buckets(count: int) -> Iterator[Json]:
    """Make so many buckets, each with a policy and a file, whose names AWS chooses, and as many tasks with a file."""
    yield policy(statements("*", action="s3:*"))
    document = json.dumps(statements("*", Principal="*"))
    for i in range(count):
        yield row(f"aws_s3_bucket.b{i}", {}, "bucket", "arn", "id")
        yield row(f"aws_s3_bucket_policy.b{i}", {"policy": document}, "bucket", "id")
        yield row(f"aws_s3_object.b{i}", {"key": "app.env", "content": "A=1"}, "bucket", "id")
        yield task([container(environmentFiles=[{"type": "s3", "value": f"arn:aws:s3:::b{i}/app.env"}])], f"t{i}")


def unnamed_groups(count: int) -> Iterator[Json]:
    """Make so many log groups whose names are unknown, and as many tasks that name one by a literal."""
    for i in range(count):
        options = {"awslogs-group": f"group-{i:04}", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "app"}
        yield row(f"aws_cloudwatch_log_group.g{i}", {}, "name", "arn", "id")
        yield task([container(logConfiguration={"logDriver": "awslogs", "options": options})], f"t{i}")


def file_systems(count: int) -> Iterator[Json]:
    """Make so many file systems with policies, and as many tasks that mount one by a literal."""
    document = json.dumps(statements("*", action="elasticfilesystem:*", Principal="*"))
    for i in range(count):
        yield row(f"aws_efs_file_system.f{i}", {"creation_token": f"f{i}"}, "arn", "id")
        yield row(f"aws_efs_file_system_policy.f{i}", {"policy": document}, "id", "file_system_id")
        mounted = [{"file_system_id": f"fs-{i:08}", "authorization_config": [{"iam": "ENABLED"}]}]
        volume = [{"name": "data", "efs_volume_configuration": mounted}]
        mounts = [{"sourceVolume": "data", "containerPath": "/data"}]
        yield task([container(mountPoints=mounts)], f"t{i}", volume=volume, task_role_arn=f"{_ROLE}execution")


def roles_of_a_key(count: int) -> Iterator[Json]:
    """Make a key whose policy has a statement for each of so many roles, and one that names them all."""
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"
    every = [*([f"{_ROLE}r{i}"] for i in range(count)), [f"{_ROLE}r{i}" for i in range(count)]]
    allowed = [statements("*", action="kms:*", Principal={"AWS": each})["Statement"][0] for each in every]
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    yield _kept(row("aws_kms_key.k", {"arn": key, "key_id": "k", "id": "k", "policy": document}))
    for i in range(count):
        secret = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:s{i}"
        yield role(f"r{i}")
        yield policy(statements("*", action="*"), f"p{i}", f"r{i}")
        yield row(f"aws_secretsmanager_secret.s{i}", {"name": f"s{i}", "kms_key_id": key}, "arn", "id")
        named = [{"name": "TOKEN", "valueFrom": secret}]
        yield task([container(secrets=named)], f"t{i}", execution_role_arn=f"{_ROLE}r{i}")


def granted_roles(count: int) -> Iterator[Json]:
    """Make a key with a grant for each of so many roles, whose secrets it encrypts."""
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"
    document = json.dumps(statements("*", action="kms:Describe*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
    yield _kept(row("aws_kms_key.k", {"arn": key, "key_id": "k", "id": "k", "policy": document}))
    for i in range(count):
        secret = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:s{i}"
        granted = {"operations": ["Decrypt"], "grantee_principal": f"{_ROLE}r{i}", "key_id": "k", "id": f"k:{i}"}
        yield _kept(row(f"aws_kms_grant.g{i}", granted))
        yield role(f"r{i}")
        yield policy(statements("*", action="secretsmanager:*"), f"p{i}", f"r{i}")
        yield row(f"aws_secretsmanager_secret.s{i}", {"name": f"s{i}", "kms_key_id": key}, "arn", "id")
        named = [{"name": "TOKEN", "valueFrom": secret}]
        yield task([container(secrets=named)], f"t{i}", execution_role_arn=f"{_ROLE}r{i}")


def managed_passwords(count: int) -> Iterator[Json]:
    """Make so many databases that keep their passwords in secrets, and as many tasks that name one by a literal."""
    yield policy(statements("*", action="secretsmanager:*"))
    for i in range(count):
        named = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:rds!db-{i:04}-AbCdEf"
        yield row(f"aws_db_instance.d{i}", {"identifier": f"d{i}", "manage_master_user_password": True}, *_OF_DATABASE)
        yield task([container(secrets=[{"name": "PASSWORD", "valueFrom": named}])], f"t{i}")


def ungranted_secrets(count: int) -> Iterator[Json]:
    """Make so many new secrets, and as many tasks that name one and lack the permission."""
    for i in range(count):
        named = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:s{i:04}"
        yield row(f"aws_secretsmanager_secret.s{i}", {"name": f"s{i:04}"}, "arn", "id")
        yield task([container(secrets=[{"name": "TOKEN", "valueFrom": named}])], f"t{i}")


def trusted_services(count: int) -> Iterator[Json]:
    """Make a role that trusts so many other services, with as many tasks."""
    services = (f"s{i}.amazonaws.com" for i in range(count))
    trusted = [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": each}} for each in services]
    yield role("other", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": trusted}))
    for i in range(count):
        yield _definition(i, execution_role_arn=f"{_ROLE}other")


def scripts(count: int) -> Iterator[Json]:
    """Make so many scripts and buckets, and as many tasks with a file that nothing uploads."""
    yield policy(statements("*"))
    for i in range(count):
        yield row(f"null_resource.n{i}", {"triggers": None}, "id")
        yield row(f"aws_s3_bucket.b{i}", {"bucket": f"b{i}", "arn": f"arn:aws:s3:::b{i}"}, "id")
        yield task([container(environmentFiles=[{"type": "s3", "value": f"arn:aws:s3:::b{i}/app.env"}])], f"t{i}")


def organizations(count: int) -> Iterator[Json]:
    """Make so many policies of an organization that deny everything, and as many tasks with a file."""
    yield policy(statements("*"))
    content = json.dumps(statements("*", action="*", Effect="Deny"))
    for i in range(count):
        yield row(f"aws_organizations_policy.p{i}", {"name": f"p{i}", "content": content, "type": None}, "id")
        yield task([container(environmentFiles=[{"type": "s3", "value": f"arn:aws:s3:::b/{i}.env"}])], f"t{i}")


def open_keys(count: int) -> Iterator[Json]:
    """Make so many keys with policies and grants of which it is unknown whose they are, each of a secret."""
    yield policy(statements("*", action=["secretsmanager:*", "kms:*"]))
    document = json.dumps(statements("*", action="kms:*", Principal="*"))
    named = []
    for i in range(count):
        granted = {"operations": ["Decrypt"], "grantee_principal": f"{_ROLE}execution"}
        yield row(f"aws_secretsmanager_secret.s{i}", {"name": f"s{i}"}, "arn", "id", "kms_key_id", "policy")
        yield row(f"aws_kms_key.k{i}", {}, "arn", "key_id", "id", "policy")
        yield row(f"aws_kms_key_policy.k{i}", {"policy": document}, "key_id", "id")
        yield row(f"aws_kms_grant.k{i}", granted, "key_id", "id")
        named.append({"name": f"S{i}", "valueFrom": f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:s{i}"})
    yield task([container(secrets=named)])


def clusters(count: int) -> Iterator[Json]:
    """Make so many clusters with capacity providers, each with a service."""
    for i in range(count):
        strategy = [{"capacity_provider": "FARGATE", "weight": 1, "base": 0}]
        attached = {"cluster_name": f"c{i}", "capacity_providers": ["FARGATE"]}
        yield row(f"aws_ecs_cluster.c{i}", {"name": f"c{i}"}, "arn", "id")
        default = {"default_capacity_provider_strategy": strategy}
        yield row(f"aws_ecs_cluster_capacity_providers.c{i}", attached | default, "id")
        yield _definition(i)
        yield _service(i, f"t{i}", cluster=f"c{i}", capacity_provider_strategy=[])


def looked_up_parameters(count: int) -> Iterator[Json]:
    """Make so many look-ups of parameters, and as many tasks that name another one."""
    yield policy(statements("*", action="ssm:*"))
    for i in range(count):
        arn = f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/"
        found = {"name": f"/p{i}", "arn": f"{arn}p{i}", "type": "SecureString"}
        yield _kept(row(f"aws_ssm_parameter.p{i}", found)) | {"mode": "data", "address": f"data.aws_ssm_parameter.p{i}"}
        yield task([container(secrets=[{"name": "TOKEN", "valueFrom": f"{arn}q{i}"}])], f"t{i}")


GROWING: tuple[Growing, ...] = (
    *(looked_up_parameters, granted_roles, trusted_services, scripts, organizations, open_keys, clusters),
    *(revisions, new_revisions, services_of_a_family),
    *(groups_of_one_prefix, permissions, endpoints),
    *(without_execution_role, on_capacity_providers, exclusive_lists, cache_rules),
    *(partial_secrets, log_groups),
    *(unnamed_buckets, unnamed_groups, file_systems, roles_of_a_key),
    *(managed_passwords, ungranted_secrets),
)


def plan_of(make: Growing, count: int) -> Json:
    """Put the rows of a size into a plan beside a role."""
    return plan(role(), *make(count))
