"""Fetch the credential specifications of group managed service accounts.

`credentialSpecs` and `dockerSecurityOptions` may name a specification in S3 or in the Parameter Store, as
`credentialspec:ARN` or `credentialspecdomainless:ARN`. The ECS agent reads it before the container starts, with the
task's *execution* role: `s3:GetObject` on the object, or `ssm:GetParameters` on the parameter. A specification in a
file on the host needs no permission. What the secret of a domainless specification needs is not in the plan.

Write into a policy of the execution role:

    { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::my-specs/service-account.json" },

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/linux-gmsa.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.arn import split
from tfcheck.ecs import TaskDefinition
from tfcheck.finding import Requirement
from tfcheck.startup.place import in_container
from tfcheck.startup.rule import Rule
from tfcheck.value import Text, TextLike, Unknown, Value, pieces, text
from tfcheck.world import World

ID = "credential-spec"
_PREFIXES = ("credentialspecdomainless:", "credentialspec:")
_ACTIONS = {"s3": "s3:GetObject", "ssm": "ssm:GetParameters"}


def _derive(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Need every credential specification that is not a file on the host."""
    for container in task.containers:
        for member in ("credentialSpecs", "dockerSecurityOptions"):
            listed = container.members(member)
            for index, each in enumerate(() if isinstance(listed, Unknown) else listed):
                arn = _arn(each)
                parts = split(arn) if arn is not None else None
                action = _ACTIONS.get(parts.service) if parts and isinstance(parts.service, str) else None
                if arn is not None and action is not None:
                    place = in_container(task, container, f"/{member}/{index}", "credential specification")
                    yield place.needs(ID, action, arn)


def _arn(option: Value) -> TextLike | None:
    """Take the ARN out of an option that names a credential specification."""
    first, *rest = pieces(option) if isinstance(option, str | Text) and option else ("",)
    prefix = next((each for each in _PREFIXES if isinstance(first, str) and first.startswith(each)), None)
    return text([first.removeprefix(prefix), *rest]) if prefix and isinstance(first, str) else None


RULE = Rule(
    id=ID,
    title="credential specifications of service accounts",
    manual=__doc__,
    derive=_derive,
    symptoms={
        "s3:GetObject": "unable to download the credential specification from S3",
        "ssm:GetParameters": "unable to fetch the credential specification from SSM Parameter Store",
    },
)
