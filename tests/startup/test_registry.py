from __future__ import annotations

import pytest

from tests.made_world import HERE, OPEN, MadeResource, MadeWorld, reference, task
from tests.rows import every_row
from tfcheck.startup.registry import Image, caches, repository
from tfcheck.symbolic.value import Unknown, Value, display, text

TASK = task({}).resource
NOTHING = MadeWorld()


@every_row(
    ("image", "arn"),
    [
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop", "arn:aws:ecr:eu-west-1:111122223333:repository/shop"),
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop:v1", "arn:aws:ecr:eu-west-1:111122223333:repository/shop"),
        (
            "111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com/a/b/c:v1@sha256:00",
            "arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/a/b/c",
        ),
        (
            "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/shop@sha256:00",
            "arn:aws-cn:ecr:cn-north-1:111122223333:repository/shop",
        ),
        (
            "111122223333.dkr.ecr.eusc-de-east-1.amazonaws.eu/shop",
            "arn:aws-eusc:ecr:eusc-de-east-1:111122223333:repository/shop",
        ),
        ("111122223333.dkr-ecr.eu-west-1.on.aws/a/b:v1", "arn:aws:ecr:eu-west-1:111122223333:repository/a/b"),
        (
            "111122223333.dkr-ecr-fips.us-gov-west-1.on.aws/shop",
            "arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/shop",
        ),
        (
            "111122223333.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn/shop",
            "arn:aws-cn:ecr:cn-north-1:111122223333:repository/shop",
        ),
    ],
)
def test_the_host_name_shows_account_and_region(image: str, arn: str) -> None:
    assert repository(image, TASK, NOTHING) == Image(arn)


@every_row(
    "image",
    [
        "nginx",
        "nginx:1.27",
        "docker.io/library/nginx",
        "public.ecr.aws/docker/library/nginx:1.27",
        "registry.example.com:5000/app",
        "11112222.dkr.ecr.eu-west-1.amazonaws.com/shop",
        "111122223333.dkr.ecr.eu-west-1.registry.example.com/shop",
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com.cn/shop",
    ],
)
def test_what_is_elsewhere_needs_nothing(image: str) -> None:
    assert repository(image, TASK, NOTHING) is None


def test_a_repository_of_the_plan_keeps_its_symbol() -> None:
    arn = reference("aws_ecr_repository.shop", "arn", "arn:aws:ecr:eu-west-1:111122223333:repository/shop")
    world = MadeWorld(MadeResource("aws_ecr_repository.shop", {"name": "shop", "arn": arn}))
    url = reference("aws_ecr_repository.shop", "repository_url")
    assert repository(text([url, ":v1"]), TASK, world) == Image(arn)
    assert repository("111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop:v1", TASK, world) == Image(arn)


def test_only_the_url_of_a_repository_names_it() -> None:
    host, shop = "111122223333.dkr.ecr.eu-west-1.amazonaws.com", "arn:aws:ecr:eu-west-1:111122223333:repository/shop"
    url = reference("aws_ecr_repository.shop", "repository_url", f"{host}/shop")
    made: dict[str, Value] = {"name": "shop", "arn": shop, "repository_url": url}
    world = MadeWorld(MadeResource("aws_ecr_repository.shop", made))
    assert repository(url, TASK, world) == repository(text([url, "@sha256:00"]), TASK, world) == Image(shop)
    assert repository(text([url, "/api:v1"]), TASK, world) == Image(f"{shop}/api")
    registry = reference("aws_ecr_repository.shop", "registry_id", "111122223333")
    image = text([registry, ".dkr.ecr.eu-west-1.amazonaws.com/other:v1"])
    assert repository(image, TASK, world) == Image(shop.replace("shop", "other"))


def test_an_account_known_only_after_apply_stays_open() -> None:
    image = text([OPEN.account, ".dkr.ecr.eu-west-1.amazonaws.com/shop:", Unknown(reason="a tag")])
    found = repository(image, TASK, NOTHING)
    assert found is not None
    assert display(found.arn) == "arn:aws:ecr:eu-west-1:${provider.aws.account_id}:repository/shop"
    assert found.doubt == ""


@pytest.mark.parametrize("image", [Unknown(), text([Unknown(), ":v1"]), text([Unknown(), "/shop:v1"])])
def test_an_image_that_may_be_anywhere_is_in_doubt(image: Unknown) -> None:
    found = repository(image, TASK, NOTHING)
    assert found is not None
    assert found.doubt


@every_row(
    ("prefix", "name", "cached"),
    [
        ("quay", "quay/org/app", True),
        ("quay", "quay2/app", False),
        ("quay", "quay", False),
        ("ROOT", "anything", True),
        ("ROOT", "own/app", False),
        ("own", "own/app", True),
    ],
)
def test_a_pull_through_cache_holds_what_begins_with_its_prefix(prefix: str, name: str, *, cached: bool) -> None:
    world = MadeWorld(
        MadeResource("aws_ecr_pull_through_cache_rule.r", {"ecr_repository_prefix": prefix}),
        MadeResource("aws_ecr_repository.own", {"arn": f"arn:aws:ecr:{HERE.region}:{HERE.account}:repository/own/app"}),
    )
    image = Image(f"arn:aws:ecr:{HERE.region}:{HERE.account}:repository/{name}")
    assert caches(image, world) is cached
    elsewhere = Image(f"arn:aws:ecr:us-east-1:{HERE.account}:repository/{name}")
    assert caches(elsewhere, world) is False
