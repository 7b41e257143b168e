"""A registry host is under the domain of the region's partition."""

from __future__ import annotations

from tests.checks.made_tasks import LATER, messages
from tests.rows import every_row
from tfcheck.checks import image_host
from tfcheck.symbolic.sensitive_text import SENSITIVE, Sensitive, Spans
from tfcheck.symbolic.value import Value, text


@every_row(
    ("image", "domain"),
    [
        ("111122223333.dkr.ecr.cn-north-1.amazonaws.com/shop:1", "amazonaws.com.cn"),
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com.cn/shop:1", "amazonaws.com"),
        ("111122223333.dkr.ecr.eusc-de-east-1.amazonaws.com/shop:1", "amazonaws.eu"),
        ("111122223333.dkr-ecr.cn-north-1.on.aws/shop:1", "on.amazonwebservices.com.cn"),
        ("111122223333.dkr-ecr.eu-west-1.on.amazonwebservices.eu/shop:1", "on.aws"),
    ],
)
def test_a_host_under_the_domain_of_another_partition_does_not_exist(image: str, domain: str) -> None:
    (message,) = messages(image_host.CHECK, {"image": image})
    assert message.endswith(f" are under {domain}")


@every_row("spans", [None, ((21, 31),)])
def test_the_region_of_a_marked_image_is_hidden(spans: Spans | None) -> None:
    image = Sensitive("111122223333.dkr.ecr.cn-north-1.amazonaws.com/shop:1", spans)
    (message,) = messages(image_host.CHECK, {"image": image})
    assert message.endswith(f"registries of `{SENSITIVE}` are under amazonaws.com.cn")
    assert "cn-north-1" not in message


@every_row(
    "image",
    [
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop:1",
        "111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com/shop:1",
        "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/shop:1",
        "111122223333.dkr.ecr.eusc-de-east-1.amazonaws.eu/shop:1",
        "111122223333.dkr-ecr.eu-west-1.on.aws/shop:1",
        "111122223333.dkr.ecr.eu-west-1.registry.example.com/shop:1",
        "public.ecr.aws/nginx/nginx:1",
        text([LATER, ".dkr.ecr.cn-north-1.amazonaws.com/shop:1"]),
        LATER,
    ],
)
def test_other_hosts_may_exist(image: Value) -> None:
    assert messages(image_host.CHECK, {"image": image}) == []
