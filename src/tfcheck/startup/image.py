"""Pull images from Amazon ECR.

For an image in ECR, ECS requests a token and downloads the manifest and the layers with the task's *execution* role or,
on EC2 without one, with the role of the container instance. The role needs `ecr:GetAuthorizationToken`, which can only
be granted on `*`, and `ecr:BatchGetImage` and `ecr:GetDownloadUrlForLayer` on the repository. The older policy of AWS
also contains `ecr:BatchCheckLayerAvailability`. For an image in another account, the policy of the repository there
must allow the role as well; AWS lets every account pull its image `aws-for-fluent-bit`. An image at a host that IPv6
reaches as well, `ACCOUNT.dkr-ecr.REGION.on.aws`, needs the same. A pull-through cache needs
`ecr:BatchImportUpstreamImage` to import an image, and `ecr:CreateRepository` to create its repository.

Without the permissions, tasks stop with `CannotPullContainerError` or `unable to retrieve ecr registry auth`.

Attach the policy `service-role/AmazonECSTaskExecutionRolePolicy`, or write into a policy of the execution role:

    { Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" },
    {
      Effect   = "Allow"
      Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      Resource = aws_ecr_repository.web.arn
    },

See https://docs.aws.amazon.com/AmazonECR/latest/userguide/ECR_on_ECS.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.startup import existence
from tfcheck.startup.launch import requirements_of_launch
from tfcheck.startup.registry import caches, repository
from tfcheck.startup.rule import Rule, container_place
from tfcheck.symbolic.value import PlainText, Truth
from tfcheck.vocabulary.finding import Requirement, Severity
from tfcheck.vocabulary.needed_call import CallDetails, Necessity

ID = "image"
_PULL = (
    ("ecr:BatchGetImage", Severity.ERROR),
    ("ecr:GetDownloadUrlForLayer", Severity.ERROR),
    ("ecr:BatchCheckLayerAvailability", Severity.INFO),
)


def image_requirements(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Yield the permissions to pull every image in ECR, and to fill a pull-through cache, regardless of the role."""
    for container in task.containers:
        value = container.member("image")
        image = repository(value, task.resource, world) if isinstance(value, PlainText) else None
        if image is not None:
            place = container_place(task, container, "/image", "image")
            need, details = Necessity(image.doubt), CallDetails(through=image.arn)
            yield place.require(ID, "ecr:GetAuthorizationToken", "*", necessity=need, details=details)
            for action, severity in _PULL:
                yield place.require(ID, action, image.arn, severity, need)
            if caches(image, world):
                yield place.require(ID, "ecr:BatchImportUpstreamImage", image.arn, Severity.WARNING)
                if existence.repository(image.arn, world) is not Truth.TRUE:
                    yield place.require(ID, "ecr:CreateRepository", image.arn, Severity.WARNING)


_DENIED = (
    "CannotPullContainerError: The task can't pull the image. Check that the role has the permissions to pull images"
)
RULE = Rule(
    id=ID,
    title="images in Amazon ECR",
    manual=__doc__,
    derive=lambda task, world: requirements_of_launch(image_requirements(task, world), task, world),
    symptoms={
        "ecr:GetAuthorizationToken": (
            "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval "
            "failed: unable to retrieve ecr registry auth: service call has been retried 1 time(s): operation error "
            "ECR: GetAuthorizationToken"
        ),
        "ecr:BatchGetImage": _DENIED,
        "ecr:GetDownloadUrlForLayer": (
            "CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: "
            "httpReaderSeeker: failed open"
        ),
        "ecr:BatchImportUpstreamImage": _DENIED,
        "ecr:CreateRepository": _DENIED,
    },
    on_instances={
        "ecr:GetAuthorizationToken": "CannotPullECRContainerError: AccessDeniedException: ecr:GetAuthorizationToken",
        "ecr:BatchGetImage": (
            "CannotPullContainerError: The task can't pull the image. Check that the role has the permissions to pull "
            "images from the registry."
        ),
    },
    without_role=(
        "Fargate requires task definition to have execution role ARN to support ECR images.",
        "engine ecr credentials: not found",
    ),
)
