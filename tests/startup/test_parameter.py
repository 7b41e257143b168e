"""Parameters are read by name and by ARN."""

from __future__ import annotations

from tests.made_world import task
from tests.startup.needs import rows
from tfcheck.startup import parameter


def test_parameters_are_read_by_name_and_by_arn() -> None:
    arn = "arn:aws:ssm:us-east-1:111122223333:parameter/far"
    of = task({"secrets": [{"name": "A", "valueFrom": "/a"}, {"name": "B", "valueFrom": arn}]})
    assert rows(parameter.RULE, of) == [
        ("/0/secrets/0", "ssm:GetParameters", "arn:aws:ssm:eu-west-1:111122223333:parameter/a", "error"),
        ("/0/secrets/1", "ssm:GetParameters", arn, "error"),
    ]
