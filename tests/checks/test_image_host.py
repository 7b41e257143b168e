"""ECS signs in to one kind of ECR host name."""

from __future__ import annotations

from tests.checks.made_tasks import LATER, messages
from tests.rows import every_row
from tfcheck.checks import image_host
from tfcheck.symbolic.value import Value, text


@every_row(
    ("image", "ends"),
    [
        ("111122223333.dkr-ecr.eu-west-1.on.aws/shop:1", 1),
        (text(["111122223333.dkr-ecr.eu-west-1.on.aws/", LATER]), 1),
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop:1", 0),
        ("public.ecr.aws/nginx/nginx:1", 0),
        (text([LATER, ".dkr-ecr.eu-west-1.on.aws/shop:1"]), 0),
        (LATER, 0),
    ],
)
def test_ecs_signs_in_to_one_kind_of_host(image: Value, ends: int) -> None:
    assert len(messages(image_host.CHECK, {"image": image})) == ends
