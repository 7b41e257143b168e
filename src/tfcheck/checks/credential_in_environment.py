"""Keep credentials out of `environment`.

Everything in `environment` is part of the task definition: anyone with `ecs:DescribeTaskDefinition` can read it, and it
remains in every old revision and in Terraform's state. A variable that is named like a credential belongs in `secrets`,
and so does one whose value contains an address with a password, such as `postgres://user:password@host/database`.
tfcheck shows only the name of the variable, never its value. It ignores values that are empty, an ARN, a path, an
address without a password, a number or a switch such as `true`, and passwords that the container fills in, such as
`$PASSWORD`.

Write:

    secrets = [{ name = "DATABASE_PASSWORD", valueFrom = aws_secretsmanager_secret.database.arn }]

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-iam-bestpractices.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration, quote_value
from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.inventory.world import World
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.sensitive_text import redact
from tfcheck.symbolic.value import Unknown
from tfcheck.vocabulary.finding import Severity

_NAME = regex(
    r"(?:.*(?:PASSWORD|PASSWD|PASSPHRASE|API_?KEY)"
    r"|(?:.*[_.-])?(?:PASS|SECRET|TOKEN|SECRET_?KEY|SECRET_ACCESS_KEY|PRIVATE_?KEY|ENCRYPTION_?KEY))",
    re.IGNORECASE,
)
_HARMLESS = regex(
    r"arn:.*|/.*|\./.*|[a-z][a-z0-9+.-]*://[^@]*|[\d.]+|true|false|null|none|yes|no|on|off", re.IGNORECASE
)
#: The password of an address; not a placeholder such as `${PASSWORD}`, `{password}`, `<password>` or `%s`.
_PASSWORD = regex(r"://[^\s:/?#@\"'<>]*:(?![${<*]|%[s(])[^\s:/?#@\"'<>]+@")


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for container in task.containers:
        listed = container.members("environment")
        for each in () if isinstance(listed, Unknown) else listed:
            name, value = member(each, "name"), member(each, "value")
            if not isinstance(name, str) or not isinstance(value, str):
                continue
            if _PASSWORD.search(value):
                problem = "has a password in its value in `environment`"
            elif _NAME.fullmatch(name) and _may_be_credential(value):
                problem = "is given its value in `environment`"
            else:
                continue
            yield Misconfiguration(
                f"{quote_value(task, name)} of container `{container.name}` {problem}, where it can be read: take it "
                "from a secret",
                Severity.INFO,
                container.name,
                redact(name),
            )


def _may_be_credential(value: str) -> bool:
    """Whether a value may be a credential and is not only a reference to one; it is never shown."""
    return value.strip() != "" and not _HARMLESS.fullmatch(value.strip())


CHECK = Check("credential-in-environment", "credentials in environment", __doc__, _search)
