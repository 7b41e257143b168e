"""A log router reads its configuration by ARN, and on EC2 only."""

from __future__ import annotations

from tests.checks.made_tasks import LATER, messages
from tfcheck.checks import log_router
from tfcheck.symbolic.value import Value


def test_a_log_router_reads_from_s3_on_ec2_only_and_by_arn() -> None:
    def router(value: Value) -> dict[str, Value]:
        options: dict[str, Value] = {"config-file-type": "s3", "config-file-value": value}
        return {"firelensConfiguration": {"type": "fluentbit", "options": options}}

    arn, address = "arn:aws:s3:::cfg/bit.conf", "s3://cfg/bit.conf"
    (found,) = messages(log_router.CHECK, router(arn))
    assert "Fargate accepts only a file" in found
    assert messages(log_router.CHECK, router(arn), requires_compatibilities=["EC2"]) == []
    assert messages(log_router.CHECK, router(LATER), requires_compatibilities=["EC2"]) == []
    (found,) = messages(log_router.CHECK, router(address), requires_compatibilities=["EC2"])
    assert "is an address, not an ARN" in found
