"""An ECS Express service is not checked, and the report says so."""

from __future__ import annotations

from tests.plan.made import change, plan
from tfcheck.analysis.check import check

_ADDRESS = "aws_ecs_express_gateway_service.web"


def test_an_express_service_is_skipped() -> None:
    role = "arn:aws:iam::123456789012:role/execution"
    after = {"execution_role_arn": role, "primary_container": [{"image": "nginx"}]}
    report = check(plan(change(_ADDRESS, "create", after=after)), None)
    (skipped,) = report.skipped
    assert skipped.address == _ADDRESS
    assert "not checked" in skipped.reason


def test_one_that_the_change_removes_is_not_named() -> None:
    report = check(plan(change(_ADDRESS, "delete", before={}, after=None)), None)
    assert not report.skipped
