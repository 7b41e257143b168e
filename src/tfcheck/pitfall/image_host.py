"""Name an image of Amazon ECR by a host that ECS signs in to.

Amazon ECR also answers at dual-stack hosts, `ACCOUNT.dkr-ecr.REGION.on.aws`. ECS does not ask for a token for these: it
pulls without signing in, and a private repository refuses. The repository is the same under both hosts.

Write:

    image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop:1.4"

See https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.ecs import TaskDefinition
from tfcheck.finding import Severity
from tfcheck.match import glob
from tfcheck.pitfall.mistake import Mistake, Pitfall, shown
from tfcheck.value import Text, Truth, Unknown
from tfcheck.world import World

_HOST = "????????????.dkr-ecr*.*.on.aws/*"


def _search(task: TaskDefinition, world: World) -> Iterator[Mistake]:
    for container in task.containers:
        image = container.member("image")
        if isinstance(image, str | Text | Unknown) and glob(_HOST, image) is Truth.TRUE:
            yield Mistake(
                f"the image of container `{container.name}`, {shown(task, image)}, is at a host that ECS does not sign "
                "in to",
                Severity.WARNING,
                container.name,
                image,
                ("write ACCOUNT.dkr.ecr.REGION.amazonaws.com: the repository is the same",),
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref",
            )


PITFALL = Pitfall("image-host", "hosts of images", __doc__, _search)
