"""The configuration of a log router may be in S3."""

from __future__ import annotations

from tests.made_world import task
from tests.startup.needs import needs, rows
from tfcheck.startup import firelens_config
from tfcheck.symbolic.value import Value


def test_the_log_router_s_configuration_may_be_in_s3() -> None:
    options: dict[str, Value] = {"config-file-type": "s3", "config-file-value": "arn:aws:s3:::cfg/fluent/bit.conf"}
    of = task({"firelensConfiguration": {"type": "fluentbit", "options": options}})
    assert rows(firelens_config.RULE, of) == [
        ("/0/firelensConfiguration", "s3:GetObject", "arn:aws:s3:::cfg/fluent/bit.conf", "error"),
        ("/0/firelensConfiguration", "s3:GetBucketLocation", "arn:aws:s3:::cfg", "warning"),
    ]
    inside = {"config-file-type": "file", "config-file-value": "/bit.conf"}
    assert needs(firelens_config.RULE, task({"firelensConfiguration": {"options": {**inside}}})) == []
