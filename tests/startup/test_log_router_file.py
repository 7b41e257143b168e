from __future__ import annotations

from tests.made_world import MadeWorld, task
from tests.rows import every_row
from tfcheck.startup.log_router_file import RULE
from tfcheck.symbolic.value import Unknown, Value

INIT = "public.ecr.aws/aws-observability/aws-for-fluent-bit:init-latest"
FILE = "arn:aws:s3:::acme-config/parsers.conf"
LATER = Unknown(reason="known only after apply")


@every_row(
    ("image", "environment", "rows"),
    [
        (INIT, [{"name": "aws_fluent_bit_init_s3_1", "value": FILE}], [("/0/environment/0", "")]),
        (INIT, [{"name": "MODE", "value": LATER}], []),
        (INIT, LATER, [("/0/environment", "whether a variable")]),
        (INIT, [LATER], [("/0/environment/0", "whether a variable")]),
        (INIT, [{"name": LATER, "value": FILE}], [("/0/environment/0", "whether a variable")]),
        ("registry.example.com/web:1", LATER, []),
        (
            "registry.example.com/web:1",
            [{"name": "aws_fluent_bit_init_s3_1", "value": FILE}],
            [("/0/environment/0", "whe")],
        ),
    ],
)
def test_an_unknown_variable_of_an_image_that_fetches_files_may_name_one(
    image: str, environment: Value, rows: list[tuple[str, str]]
) -> None:
    made = task({"name": "router", "image": image, "environment": environment}, task_role_arn="arn:aws:iam::1:role/r")
    found = [each for each in RULE.derive(made, MadeWorld()) if each.action == "s3:GetObject"]
    assert [each.pointer for each in found] == [pointer for pointer, _ in rows]
    assert all(each.necessity.doubt.startswith(doubt) for each, (_, doubt) in zip(found, rows, strict=True))
