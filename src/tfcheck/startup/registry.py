"""Find the Amazon ECR repository that an image names.

Follows https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html: the registry's host name contains the
account and the region. Images of other registries need no permission.
"""

from __future__ import annotations

import msgspec

from tfcheck.inventory.catalogue import REPOSITORY, catalogue
from tfcheck.inventory.world import World, WorldObject, found_once
from tfcheck.symbolic.match import equal, glob
from tfcheck.symbolic.value import PlainText, TextLike, Truth, Unknown, pieces, spelled_out, split_text, text
from tfcheck.vocabulary.arn import Arn, parse_arn, partition_of_region

_HOST = "????????????.dkr.ecr*.*.amazonaws.com*/*"


class Image(msgspec.Struct, frozen=True):
    """The ARN of an image's repository. `doubt` says why the image may be elsewhere."""

    arn: TextLike
    doubt: str = ""


def repository(image: TextLike, task: WorldObject, world: World) -> Image | None:
    """Return the ECR repository of an image; None if it definitely has none."""
    # NOTE: many tasks have the same sidecar; a marked text equals the same one without marks.
    if type(image) is not str:
        return _repository(image, task, world)
    return found_once(world, (_repository, image), lambda: _repository(image, task, world))


def _repository(image: TextLike, task: WorldObject, world: World) -> Image | None:
    referred = catalogue(world, REPOSITORY).owner(next(iter(pieces(image)), ""))
    if referred is not None:
        return Image(_arn_of(referred))
    if glob(_HOST, image) is Truth.FALSE:
        return None
    built = _arn_from_host(spelled_out(image), task)
    if built is None:
        doubt = "whether the image is in Amazon ECR is known only after apply"
        return Image(Unknown(reason="which repository the image is in is known only after apply"), doubt)
    found = catalogue(world, REPOSITORY).find_by_arn(built)
    return Image(built if found is None else _arn_of(found))


def _arn_of(resource: WorldObject) -> TextLike:
    arn = resource.attribute("arn")
    return arn if isinstance(arn, PlainText) else Unknown(reason=f"the plan does not show {resource.address}")


def _arn_from_host(image: TextLike, task: WorldObject) -> TextLike | None:
    """Build the ARN from the host name; None if its parts cannot be separated."""
    parts = split_text(image, "/", limit=1)
    if parts is None or len(parts) != 2:
        return None
    labels = split_text(parts[0], ".", limit=6)
    if labels is None or len(labels) < 6 or labels[1] != "dkr" or labels[4:6] != ["amazonaws", "com"]:
        return None
    account, region = labels[0], labels[3]
    partition = partition_of_region(region) if isinstance(region, str) else task.surroundings.partition
    return Arn(partition, "ecr", region, account, text(["repository/", _repository_name(parts[1])])).as_text()


def _repository_name(path: TextLike) -> TextLike:
    """Return the path of an image without its tag and digest."""
    found: list[TextLike] = []
    for piece in pieces(path):
        name = piece.partition("@")[0].partition(":")[0] if isinstance(piece, str) else piece
        found.append(name)
        if name != piece:
            break
    return text(found)


# Pull-through caches


def caches(image: Image, world: World) -> bool:
    """Whether the repository is a pull-through cache, by a rule in the plan.

    A rule for the whole registry (`ROOT`) does not count for a repository of the plan: its images are pushed to it.
    """
    parts = parse_arn(image.arn)
    if parts is None:
        return False
    for rule in world.resources("aws_ecr_pull_through_cache_rule"):
        prefix, around = rule.attribute("ecr_repository_prefix"), rule.surroundings
        if isinstance(prefix, PlainText):
            here = equal(around.region, parts.region) & equal(around.account, parts.account)
            if prefix == "ROOT":
                covered = Truth.of(catalogue(world, REPOSITORY).find_by_arn(image.arn) is None)
            else:
                covered = glob(text(["repository/", prefix, "/*"]), parts.resource)
            if here is not Truth.FALSE and covered is Truth.TRUE:
                return True
    return False
