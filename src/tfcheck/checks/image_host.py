"""Pull images from a registry host of the region's partition.

Registries of Amazon ECR in China are under `amazonaws.com.cn`, those of the European Sovereign Cloud under
`amazonaws.eu`, and all others under `amazonaws.com`. A host of a region under the domain of another partition does not
exist. The same holds for the hosts that IPv6 reaches as well: `on.amazonwebservices.com.cn`, `on.amazonwebservices.eu`
and `on.aws`.

Write:

    image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop:1.4"

See https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration, quote_value
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.arn import DNS_SUFFIXES, partition_of_region
from tfcheck.vocabulary.finding import Severity

_REGISTRY = regex(r"\d{12}\.dkr(?P<separator>[.-])ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.(?P<domain>[a-z0-9.-]+)/")
_DOMAINS = tuple(zip(*DNS_SUFFIXES.values(), strict=True))


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for container in task.containers:
        image = container.member("image")
        if not isinstance(image, str) or (found := _REGISTRY.match(image)) is None:
            continue
        reaches_ipv6 = found["separator"] == "-"
        domain = DNS_SUFFIXES[partition_of_region(found["region"])][reaches_ipv6]
        if found["domain"] != domain and found["domain"] in _DOMAINS[reaches_ipv6]:
            region = image[slice(*found.span("region"))]  # keeps the marks that the match drops
            yield Misconfiguration(
                f"the image of container `{container.name}`, {quote_value(task, image)}, is at a host that does "
                f"not exist: registries of {quote_value(task, region)} are under {domain}",
                Severity.ERROR,
                container.name,
                image,
            )


CHECK = Check("image-host", "image hosts that do not exist", __doc__, _search)
