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
from tfcheck.match import glob
from tfcheck.startup.place import Place, in_container
from tfcheck.startup.rule import Rule
from tfcheck.value import Text, TextLike, Truth, Unknown, Value, pieces, text
from tfcheck.world import World

ID = "credential-spec"
_PREFIXES = ("credentialspecdomainless:", "credentialspec:")
_ACTIONS = {"s3": "s3:GetObject", "ssm": "ssm:GetParameters"}
_WHAT = "credential specification"
_DOUBT = "whether a credential specification is named, and where it is, is known only after apply"


def _derive(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Need every credential specification that is not a file on the host."""
    for container in task.containers:
        for member in ("credentialSpecs", "dockerSecurityOptions"):
            listed = container.members(member)
            if isinstance(listed, Unknown):
                yield from _needs(in_container(task, container, f"/{member}", _WHAT), listed)
                continue
            for index, each in enumerate(listed):
                yield from _needs(in_container(task, container, f"/{member}/{index}", _WHAT), each)


def _needs(place: Place, option: Value) -> Iterator[Requirement]:
    """Need what an option names; one that is not known may name a specification in either store, or none."""
    arn = _arn(option)
    if arn is None:
        return
    parts = split(arn)
    if parts is not None and isinstance(parts.service, str):
        if parts.service in _ACTIONS:
            yield place.needs(ID, _ACTIONS[parts.service], arn)
        return
    for service, action in _ACTIONS.items():
        if glob(f"arn:*:{service}:*", arn) is not Truth.FALSE:
            yield place.needs(ID, action, arn, doubt=_DOUBT)


def _arn(option: Value) -> TextLike | None:
    """Take the ARN out of an option that names, or may name, a credential specification."""
    first, *rest = pieces(option) if isinstance(option, str | Text | Unknown) and option else ("",)
    if isinstance(first, Unknown):
        return Unknown(reason=first.reason or _DOUBT)
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
