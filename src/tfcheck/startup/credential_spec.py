"""Read the credential specifications of group managed service accounts.

`credentialSpecs` and `dockerSecurityOptions` can refer to a specification in S3 or Parameter Store, as
`credentialspec:ARN` or `credentialspecdomainless:ARN`. The ECS agent reads it with the task's *execution* role before
the container starts. The role needs `s3:GetObject` on the object, or `ssm:GetParameters` on the parameter. A
specification in a file on the host needs no permission. The plan does not show which secret a domainless specification
uses, so tfcheck does not check it.

Write into a policy of the execution role:

    { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::my-specs/service-account.json" },

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/linux-gmsa.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.startup.object_arn import iam_object_arn, is_other_than_arn, misshape
from tfcheck.startup.reference import reference_error
from tfcheck.startup.rule import Rule, TaskPlace, container_place
from tfcheck.symbolic.doubt import later
from tfcheck.symbolic.match import glob
from tfcheck.symbolic.value import PlainText, TextLike, Truth, Unknown, Value, pieces, text
from tfcheck.vocabulary.arn import parse_arn
from tfcheck.vocabulary.finding import Requirement
from tfcheck.vocabulary.needed_call import Necessity

ID = "credential-spec"
_PREFIXES = ("credentialspecdomainless:", "credentialspec:")
_ACTIONS = {"s3": "s3:GetObject", "ssm": "ssm:GetParameters"}
_WHAT = "credential specification"
_DOUBT = later("whether a credential specification is named")


def _derive(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Yield the permissions to read every credential specification that is not a file on the host."""
    around = task.resource.surroundings
    for place, option in options(task):
        arn = specification(option)
        if arn is None or specification_error(arn, around, world) is not None:
            continue
        parts = parse_arn(arn)
        if parts is not None and isinstance(parts.service, str):
            yield place.require(ID, _ACTIONS[parts.service], iam_object_arn(arn, around))
            continue
        # It may be in either store, or in neither.
        for service, action in _ACTIONS.items():
            if glob(f"arn:*:{service}:*", arn) is not Truth.FALSE:
                yield place.require(ID, action, arn, necessity=Necessity(_DOUBT))


def options(task: TaskDefinition) -> Iterator[tuple[TaskPlace, Value]]:
    """Yield every container option that may name a credential specification; an unknown list counts as one."""
    for container in task.containers:
        for member in ("credentialSpecs", "dockerSecurityOptions"):
            listed = container.members(member)
            if isinstance(listed, Unknown):
                yield container_place(task, container, f"/{member}", _WHAT), listed
                continue
            for index, each in enumerate(listed):
                yield container_place(task, container, f"/{member}/{index}", _WHAT), each


def specification_error(arn: TextLike, around: Surroundings, world: World) -> str | None:
    """Return what is definitely wrong with the ARN of a credential specification, or None."""
    parts = parse_arn(arn)
    if is_other_than_arn(arn):
        return "is neither the ARN of an object or a parameter nor a `file://`"
    if parts is None or not isinstance(parts.service, str):
        return None
    if parts.service == "s3":
        wrong = misshape(arn, world)
        return wrong.what if wrong is not None else None
    if parts.service != "ssm":
        return "is an ARN of neither S3 nor Systems Manager, where credential specifications are kept"
    refused = reference_error(arn, around, world)
    return refused.what if refused is not None else None


def specification(option: Value) -> TextLike | None:
    """Return the ARN in an option that names, or may name, a specification; None for a file on the host."""
    first, *rest = pieces(option) if isinstance(option, PlainText) and option else ("",)
    if isinstance(first, Unknown):
        return Unknown(reason=first.reason or _DOUBT)
    prefix = next((each for each in _PREFIXES if isinstance(first, str) and first.startswith(each)), None)
    if not prefix or not isinstance(first, str) or first.startswith(f"{prefix}file://"):
        return None
    return text([first.removeprefix(prefix), *rest])


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
