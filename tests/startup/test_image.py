"""Images in ECR are pulled with a token, from a repository, possibly through a cache."""

from __future__ import annotations

from tests.made_world import MadeResource, MadeWorld, task
from tests.rows import every_row
from tests.startup.needs import AWSLOGS, ECR, needs, rows
from tfcheck.startup import image, log_group
from tfcheck.symbolic.value import Value
from tfcheck.vocabulary.finding import RoleKind


def test_an_image_in_ecr_needs_a_token_and_the_repository() -> None:
    arn = "arn:aws:ecr:eu-west-1:111122223333:repository/shop"
    assert rows(image.RULE, task({"image": ECR})) == [
        ("/0/image", "ecr:GetAuthorizationToken", "*", "error"),
        ("/0/image", "ecr:BatchGetImage", arn, "error"),
        ("/0/image", "ecr:GetDownloadUrlForLayer", arn, "error"),
        ("/0/image", "ecr:BatchCheckLayerAvailability", arn, "info"),
    ]


def test_a_pull_through_cache_is_filled_and_made() -> None:
    rule = MadeResource("aws_ecr_pull_through_cache_rule.r", {"ecr_repository_prefix": "quay"})
    cached = task({"image": ECR.replace("/shop", "/quay/shop")})
    found = rows(image.RULE, cached, MadeWorld(rule))[4:]
    assert [(action, severity) for _, action, _, severity in found] == [
        ("ecr:BatchImportUpstreamImage", "warning"),
        ("ecr:CreateRepository", "warning"),
    ]
    arn = "arn:aws:ecr:eu-west-1:111122223333:repository/quay/shop"
    managed = MadeResource("aws_ecr_repository.shop", {"name": "quay/shop", "arn": arn})
    found = rows(image.RULE, cached, MadeWorld(rule, managed))[4:]
    assert [action for _, action, _, _ in found] == ["ecr:BatchImportUpstreamImage"]


@every_row(
    ("kinds", "asked"), [(["EC2"], False), ([], False), (["EC2", "FARGATE"], True), (["MANAGED_INSTANCES"], True)]
)
def test_without_an_execution_role_the_instance_of_ec2_pulls_and_logs(kinds: list[Value], *, asked: bool) -> None:
    container: dict[str, Value] = {"image": ECR, "logConfiguration": {"logDriver": "awslogs", "options": AWSLOGS}}
    of = task(container, requires_compatibilities=kinds, execution_role_arn=None)
    kind = RoleKind.EXECUTION if asked else RoleKind.INSTANCE
    assert {each.role_kind for rule in (image.RULE, log_group.RULE) for each in needs(rule, of)} == {kind}
