"""Find the Amazon ECR repository that an image names.

Follows https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html: the registry's host name contains the
account and the region, whether only IPv4 reaches it (`ACCOUNT.dkr.ecr.REGION.amazonaws.com`) or IPv6 as well
(`ACCOUNT.dkr-ecr.REGION.on.aws`). Images of other registries need no permission.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import msgspec

from tfcheck.inventory.catalogue import REPOSITORY, catalogue
from tfcheck.inventory.world import World, WorldObject, found_once
from tfcheck.resolve.surroundings import is_in_same_region
from tfcheck.symbolic.doubt import later
from tfcheck.symbolic.match import glob
from tfcheck.symbolic.texts import split_literals, split_text
from tfcheck.symbolic.value import PlainText, TextLike, Truth, Unknown, pieces, spelled_out, text
from tfcheck.vocabulary.arn import DNS_SUFFIXES, Arn, parse_arn, partition_of_region

_HOSTS = ("????????????.dkr.ecr*.*/*", "????????????.dkr-ecr*.*/*")
_SUFFIXES = frozenset(tuple(suffix.split(".")) for each in DNS_SUFFIXES.values() for suffix in each)
#: In a host name, the labels of the service before the region.
_SERVICES = (("dkr", "ecr"), ("dkr", "ecr-fips"), ("dkr-ecr",), ("dkr-ecr-fips",))


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
    referred = _repository_of_url(image, world)
    if referred is not None:
        return Image(_arn_of(referred))
    if all(glob(each, image) is Truth.FALSE for each in _HOSTS):
        return None
    written = spelled_out(image)
    built = _arn_from_host(written, task)
    if built is None and isinstance(written, str):
        return None
    if built is None:
        doubt = later("whether the image is in Amazon ECR")
        return Image(Unknown(reason=later("which repository the image is in")), doubt)
    found = catalogue(world, REPOSITORY).find_by_arn(built)
    return Image(built if found is None else _arn_of(found))


def _repository_of_url(image: TextLike, world: World) -> WorldObject | None:
    """Return the repository whose URL an image begins with; what is below that URL is another repository."""
    first, *rest = pieces(image) or ("",)
    if not isinstance(first, Unknown) or first.symbol is None or first.symbol.path != ("repository_url",):
        return None
    is_below = bool(rest) and isinstance(rest[0], str) and not rest[0].startswith((":", "@"))
    return None if is_below else catalogue(world, REPOSITORY).owner(first)


def _arn_of(resource: WorldObject) -> TextLike:
    arn = resource.attribute("arn")
    return arn if isinstance(arn, PlainText) else Unknown(reason=f"the plan does not show {resource.address}")


def _arn_from_host(image: TextLike, task: WorldObject) -> TextLike | None:
    """Build the ARN from the host name; None if its parts cannot be separated."""
    parts = split_text(image, "/", limit=1)
    labels = split_text(parts[0], ".") if parts is not None and len(parts) == 2 else None
    if parts is None or labels is None:
        return None
    account, *host = labels
    length = 2 if host[:1] == ["dkr"] else 1
    if tuple(host[:length]) not in _SERVICES or tuple(host[length + 1 :]) not in _SUFFIXES:
        return None
    region = host[length]
    partition: TextLike = task.surroundings.partition
    if isinstance(region, str):
        partition = partition_of_region(region)
        if ".".join(map(str, host[length + 1 :])) not in DNS_SUFFIXES[partition]:
            return None  # there is no such host
    without_digest = split_literals(parts[1], "@", 1)[0]
    name = split_literals(without_digest, ":", 1)[0]  # nor a tag
    return Arn(partition, "ecr", region, account, text(["repository/", name])).as_text()


# Pull-through caches


def caches(image: Image, world: World) -> bool:
    """Whether the repository is a pull-through cache, by a rule in the plan.

    A rule for the whole registry (`ROOT`) does not count for a repository of the plan: its images are pushed to it.
    """
    parts = parse_arn(image.arn)
    if parts is None:
        return False
    for rule, prefix in world.once(_CacheRules).possible(parts.resource):
        here = is_in_same_region(rule.surroundings, parts)
        if prefix == "ROOT":
            covered = Truth.of(catalogue(world, REPOSITORY).find_by_arn(image.arn) is None)
        else:
            covered = glob(text(["repository/", prefix, "/*"]), parts.resource)
        if here is not Truth.FALSE and covered is Truth.TRUE:
            return True
    return False


class _CacheRules:
    """The rules for pull-through caches in one world, by the prefix of the repositories."""

    def __init__(self, world: World) -> None:
        self._rules: list[tuple[WorldObject, PlainText]] = []
        self._by_prefix: dict[str, list[tuple[WorldObject, PlainText]]] = {}
        self._general: list[tuple[WorldObject, PlainText]] = []
        for rule in world.resources("aws_ecr_pull_through_cache_rule"):
            prefix = rule.attribute("ecr_repository_prefix")
            if isinstance(prefix, PlainText):
                self._rules.append((rule, prefix))
                is_plain = isinstance(prefix, str) and prefix != "ROOT" and not {"*", "?"} & {*prefix}
                listed = self._by_prefix.setdefault(str(prefix), []) if is_plain else self._general
                listed.append((rule, prefix))

    def possible(self, repository: TextLike) -> Iterable[tuple[WorldObject, PlainText]]:
        """Return the rules that may be for a repository, named as in its ARN."""
        if not isinstance(repository, str):
            return self._rules
        names = itertools.accumulate(repository.removeprefix("repository/").split("/"), "{}/{}".format)
        return [*self._general, *(each for name in names for each in self._by_prefix.get(name, ()))]
