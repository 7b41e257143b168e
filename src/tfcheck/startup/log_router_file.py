"""Read the files that an AWS for Fluent Bit init image downloads.

`aws-for-fluent-bit` images whose tag starts with `init` download the files whose ARNs are in the variables
`aws_fluent_bit_init_s3_1`, `aws_fluent_bit_init_s3_2` and so on, before Fluent Bit starts. They use the *task* role,
not the execution role. The role needs `s3:GetObject` on the object. AWS also documents `s3:GetBucketLocation` on the
bucket, which newer images need only without `s3:ListBucket`.

The container starts without the permission, but exits at once with `Cannot download ... from s3` in its log. If it is
essential, the task stops. If the image is not known, it is unknown whether it downloads anything.

Write into a policy of the task role:

    { Effect = "Allow", Action = "s3:GetObject",         Resource = "arn:aws:s3:::my-config/parsers.conf" },
    { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "arn:aws:s3:::my-config" },

See https://github.com/aws/aws-for-fluent-bit/tree/mainline/use_cases/init-process-for-fluent-bit and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.inventory.ecs import Container, TaskDefinition, member
from tfcheck.inventory.world import World
from tfcheck.startup.object_arn import object_needs
from tfcheck.startup.rule import Rule, TaskPlace
from tfcheck.symbolic.doubt import later
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import PlainText, Text, Truth, Unknown, Value
from tfcheck.vocabulary.finding import Requirement, RoleKind, Severity

ID = "log-router-file"
_BEGINNING = "aws_fluent_bit_init_"
_NAME = regex(_BEGINNING + "[sS]3")
_IMAGE = regex(r"(?:[^/]+/)*aws-for-fluent-bit(?::(?P<tag>[^/@]+))?(?P<digest>@.+)?")


def _derive(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Yield the permissions to read every file in the environment of a container with a task role."""
    if task.task_role in (None, ""):
        return
    for container in task.containers:
        fetches = _fetches(container)
        if fetches is Truth.FALSE:
            continue
        for pointer, name, value in _variables(container):
            doubt = _doubt(fetches, name)
            if doubt is not None and isinstance(value, PlainText):
                cause = f"log router's file of container `{container.name}`"
                place = TaskPlace(task, container, f"/{container.index}/environment{pointer}", cause, RoleKind.TASK)
                yield from object_needs(ID, place, value, world, Severity.WARNING, doubt=doubt)


def _variables(container: Container) -> Iterator[tuple[str, Value, Value]]:
    """Yield place, name and value of every environment variable; an unknown list is one of unknown name."""
    listed = container.members("environment")
    if isinstance(listed, Unknown):
        yield "", listed, listed
        return
    for index, each in enumerate(listed):
        yield f"/{index}", member(each, "name"), member(each, "value")


def _doubt(fetches: Truth, name: Value) -> str | None:
    """Return the doubt about a variable that may name a file; None if it does not name one.

    Any image may have unknown variables; only one that definitely fetches files makes them worth a row.
    """
    if isinstance(name, str):
        if _BEGINNING not in name or not _NAME.search(name):
            return None
        return "" if fetches is Truth.TRUE else "whether the image of the container fetches the file"
    open_name = isinstance(name, (Unknown, Text)) and fetches is Truth.TRUE
    return later("whether a variable names such a file") if open_name else None


def _fetches(container: Container) -> Truth:
    """Whether the container's image is one that downloads files."""
    image = container.member("image")
    found = _IMAGE.fullmatch(image) if isinstance(image, str) else None
    if found is None or found["digest"]:
        return Truth.UNKNOWN
    return Truth.of((found["tag"] or "").startswith("init"))


RULE = Rule(
    id=ID,
    title="files of a log router's init image",
    manual=__doc__,
    derive=_derive,
    symptoms={
        "s3:GetObject": "[FluentBit Init Process] Cannot download [FILE] from s3",
        "s3:GetBucketLocation": "[FluentBit Init Process] Cannot get bucket region of BUCKET + FILE",
    },
)
