"""Use a host that ECS signs in to for images in Amazon ECR.

Amazon ECR also serves images at dual-stack hosts, `ACCOUNT.dkr-ecr.REGION.on.aws`. ECS does not request a token for
these hosts, so it pulls without signing in, and a private repository refuses. Both hosts serve the same repository.

Registries in China are under `amazonaws.com.cn`, all others under `amazonaws.com`. The other combination does not
exist.

Write:

    image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop:1.4"

See https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.mistake import Check, Misconfiguration, quote_value
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.symbolic.match import glob
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import PlainText, Truth
from tfcheck.vocabulary.arn import partition_of_region
from tfcheck.vocabulary.finding import Severity

_REGISTRY = regex(r"\d{12}\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.(?P<domain>amazonaws\.com(?:\.cn)?)/")
_DOMAINS = {"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}
_HOST = "????????????.dkr-ecr*.*.on.aws/*"


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for container in task.containers:
        image = container.member("image")
        if isinstance(image, str) and (region := _misplaced_region(image)):
            domain = _domain(region)
            yield Misconfiguration(
                f"the image of container `{container.name}`, {quote_value(task, image)}, is at a host that does not "
                f"exist: registries of {region} are under {domain}",
                Severity.ERROR,
                container.name,
                image,
            )
        if isinstance(image, PlainText) and glob(_HOST, image) is Truth.TRUE:
            yield Misconfiguration(
                f"the image of container `{container.name}`, {quote_value(task, image)}, is at a host that ECS does "
                "not sign in to",
                Severity.WARNING,
                container.name,
                image,
                ("write ACCOUNT.dkr.ecr.REGION.amazonaws.com: the repository is the same",),
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref",
            )


def _misplaced_region(image: str) -> str:
    """Return the region of a registry host with the domain of another partition; empty if the domain is right."""
    found = _REGISTRY.match(image) if ".dkr.ecr" in image else None
    domain = _domain(found["region"]) if found is not None else ""
    return found["region"] if found is not None and domain and found["domain"] != domain else ""


def _domain(region: str) -> str:
    """Return the public domain of the hosts in a region, empty if there is none."""
    return _DOMAINS.get(partition_of_region(region), "")


CHECK = Check("image-host", "image hosts that ECS does not sign in to", __doc__, _search)
