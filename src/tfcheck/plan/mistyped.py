"""Replace attribute values whose JSON type the AWS provider never writes.

Only a plan that was edited has them, a list where a name belongs for example. Each becomes unknown at the one place
where plans are decoded, so that nothing behind it has to expect them.
"""

from __future__ import annotations

from typing import Any

from tfcheck.symbolic.value import Symbol, Unknown

#: Prefixes of the resource types that tfcheck reads; in others a `name` may be a block.
_READ = (
    "aws_caller_identity",
    "aws_cloudwatch_log_group",
    "aws_ecr_",
    "aws_ecs_",
    "aws_efs_",
    "aws_iam_",
    "aws_kms_",
    "aws_partition",
    "aws_region",
    "aws_s3_",
    "aws_secretsmanager_",
    "aws_ssm_parameter",
    "aws_vpc_endpoint",
)
#: Attributes that are text in each of these types that has them.
_TEXTS = frozenset(
    {
        *("account_id", "arn", "assume_role_policy", "bucket", "bucket_prefix", "cluster", "container_definitions"),
        *("content", "execution_role_arn", "family", "file_system_id", "id", "json", "key", "key_id", "kms_key_id"),
        *("launch_type", "name", "name_prefix", "override_json", "path", "permissions_boundary", "platform_version"),
        *("policy", "policy_arn", "policy_id", "region", "registry_id", "repository", "repository_url", "role"),
        *("role_name", "secret_arn", "secret_id", "secret_string", "server_side_encryption", "source_json"),
        *("target_key_arn", "target_key_id", "task_definition", "task_role_arn", "unique_id"),
    }
)
#: Attributes that are a list or a set in each of these types that has them.
_LISTS = frozenset(
    {
        *("inline_policy", "managed_policy_arns", "override_policy_documents", "policy_arns", "policy_names"),
        *("requires_compatibilities", "roles", "source_policy_documents", "statement"),
    }
)


def mistyped_attributes(values: dict[str, Any], resource_type: str, owner: str) -> dict[str, Unknown]:
    """Return an `Unknown` for each attribute of the object at `owner` with an impossible type."""
    if not resource_type.startswith(_READ):
        return {}
    wrong = [name for name in _TEXTS.intersection(values) if not isinstance(values[name], str)]
    wrong += [name for name in _LISTS.intersection(values) if not isinstance(values[name], list)]
    found: dict[str, Unknown] = {}
    for name in wrong:
        if values[name] is not None:
            wanted = "text" if name in _TEXTS else "a list"
            reason = f"the plan was edited: `{name}` of {owner} is not {wanted}"
            found[name] = Unknown(Symbol(owner, (name,)), reason=reason)
    return found
