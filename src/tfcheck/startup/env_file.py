"""Fetch the files that `environmentFiles` names.

The ECS agent downloads each file from S3 before the first container starts, with the task's *execution* role, never
with the task role. It needs `s3:GetObject` on the object. AWS also documents `s3:GetBucketLocation` on the bucket: ECS
agents before 1.84.0 (June 2024) call it, later ones and Fargate were not seen to.

A missing permission shows only when a task starts, as
`ResourceInitializationError: failed to download env files`. Without `s3:ListBucket`, S3 reports a file that does not
exist in the same words.

A bucket of another account has to let the role in by its own policy as well. What lies under a customer managed key
also needs `kms:Decrypt` on the key: see the rule `decrypt`.

Write into a policy of the execution role:

    { Effect = "Allow", Action = "s3:GetObject",         Resource = "arn:aws:s3:::my-config/web/prod.env" },
    { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "arn:aws:s3:::my-config" },

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.ecs import Container, TaskDefinition, member
from tfcheck.finding import Requirement, RoleKind, Severity
from tfcheck.startup.rule import Rule
from tfcheck.value import JsonText, Text, TextLike, Unknown, Value, pieces, spelled_out, text
from tfcheck.world import World

ID = "env-file"


def _derive(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Need every environment file of every container, and the place of its bucket."""
    for container in task.containers:
        files = container.members("environmentFiles")
        if isinstance(files, Unknown):
            doubt = "whether environment files are named is known only after apply"
            yield from _needs(task, container, "", files, doubt)
            continue
        for index, file in enumerate(files):
            value = member(file, "value")
            if not is_other_than_arn(value):
                yield from _needs(task, container, f"/{index}", value)


def is_other_than_arn(value: Value) -> bool:
    """Tell whether a text surely does not begin like an ARN: then there is nothing that IAM could be asked."""
    if not isinstance(value, str | Text | Unknown):
        return False
    first = next(iter(pieces(spelled_out(value))), "")
    return isinstance(first, str) and first != "" and not "arn:".startswith(first[:4])


def _needs(
    task: TaskDefinition, container: Container, tail: str, value: Value, doubt: str = ""
) -> Iterator[Requirement]:
    if not isinstance(value, str | Text | Unknown):
        value = Unknown(reason="the file's ARN is missing")
    for action, resource, severity in (
        ("s3:GetObject", value, Severity.ERROR),
        ("s3:GetBucketLocation", bucket_arn(value), Severity.WARNING),
    ):
        yield Requirement(
            rule=ID,
            task_definition=str(task.address),
            container=container.name,
            pointer=f"/{container.index}/environmentFiles{tail}",
            role_kind=RoleKind.EXECUTION,
            action=action,
            resource=resource,
            severity=severity,
            cause=f"environment file of container `{container.name}`",
            sensitive=task.sensitive,
            doubt=doubt,
        )


def bucket_arn(object_arn: TextLike) -> TextLike:
    """Give the ARN of the bucket that an object lives in: everything before the first slash of the object's ARN.

    Follows the ARN formats of Amazon S3
    (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html).
    """
    found: list[str | Unknown | JsonText] = []
    for piece in pieces(object_arn):
        if isinstance(piece, str):
            head, slash, _ = piece.partition("/")
            found.append(head)
            if slash:
                return text(found)
        else:
            inner = _inside(piece)
            if inner is None:
                return Unknown(reason="which bucket the file is in is known only after apply")
            found.extend(pieces(inner))
            if inner != piece:
                return text(found)
    return text(found)


def _inside(piece: Unknown | JsonText) -> TextLike | None:
    """Give a piece as it is if it surely holds no slash, what is before its slash if it surely holds one."""
    if isinstance(piece, JsonText):
        return None
    if piece.shape is None:
        return None if piece.hole.allows("/") else piece
    spelled = spelled_out(piece.shape)
    before = bucket_arn(spelled) if spelled != piece else piece
    if before == spelled:
        return piece
    return None if isinstance(before, Unknown) and before not in pieces(spelled) else before


RULE = Rule(
    id=ID,
    title="environment files in S3",
    manual=__doc__,
    derive=_derive,
    symptoms={
        "s3:GetObject": (
            "ResourceInitializationError: failed to download env files: service call has been retried 1 time(s): "
            "operation error S3: HeadObject, https response error StatusCode: 403, api error Forbidden: Forbidden"
        ),
        "s3:GetBucketLocation": (
            "unable to initialize s3 client for bucket: AccessDenied (ECS agents before 1.84.0 only)"
        ),
    },
)
