"""What exists when a task starts: what says so, what says that it does not, and what leaves it open."""

from __future__ import annotations

from collections.abc import Sequence

from tests.made_world import HERE, MadeResource, MadeWorld, reference
from tests.rows import every_row
from tfcheck.resolve.order import FinishedBefore
from tfcheck.startup import existence
from tfcheck.symbolic.value import Truth, Value, text
from tfcheck.vocabulary.address import Address

SERVICE = MadeResource("aws_ecs_service.app", {})
SCRIPT = MadeResource("null_resource.fill", {})
BUCKET = MadeResource(
    "aws_s3_bucket.b", {"bucket": "cfg", "id": reference("aws_s3_bucket.b", "id"), "arn": "arn:aws:s3:::cfg"}
)
FILE = "arn:aws:s3:::cfg/web.env"
SECRET = MadeResource("aws_secretsmanager_secret.s", {"name": "s", "arn": "arn:s", "id": "arn:s"})


class Ordered(MadeWorld):
    """A world in which `waits` has for each resource what it waits for; nothing is open."""

    def __init__(
        self, *resources: MadeResource, waits: dict[str, Sequence[str]], provisioned: Sequence[str] = ()
    ) -> None:
        super().__init__(*resources, earlier=())
        self.waits = waits
        self.provisioned = frozenset(provisioned)

    def earlier(self, address: Address) -> FinishedBefore:
        resources = frozenset(self.waits.get(str(address), ()))
        return FinishedBefore(resources, False, self.provisioned & resources)


def put(key: Value, bucket: Value = "cfg", kind: str = "aws_s3_object") -> MadeResource:
    return MadeResource(f"{kind}.o", {"bucket": bucket, "key": key})


@every_row(
    ("objects", "truth"),
    [
        ([], Truth.FALSE),
        ([put("web.env")], Truth.TRUE),
        ([put("/web.env")], Truth.TRUE),
        ([put("web.env", kind="aws_s3_object_copy")], Truth.TRUE),
        ([put("other.env")], Truth.FALSE),
        ([put("web.env", "other")], Truth.UNKNOWN),
        ([put(reference("random_id.x", "hex"))], Truth.UNKNOWN),
    ],
)
def test_a_file_in_a_new_bucket_is_what_the_plan_puts_there(objects: list[MadeResource], truth: Truth) -> None:
    world = Ordered(SERVICE, BUCKET, *objects, waits={})
    assert existence.file(FILE, [SERVICE], world) is truth


def test_a_file_in_a_bucket_that_was_there_may_exist() -> None:
    assert existence.file(
        FILE, [SERVICE], MadeWorld(MadeResource("aws_s3_bucket.b", {"bucket": "cfg", "id": "cfg"}))
    ) is (Truth.UNKNOWN)
    assert existence.file("arn:aws:s3:::other/web.env", [SERVICE], Ordered(BUCKET, waits={})) is Truth.UNKNOWN
    assert (
        existence.file(text(["arn:aws:s3:::cfg", reference("x.y", "z")]), [], Ordered(BUCKET, waits={}))
        is Truth.UNKNOWN
    )


WAITING = [
    ({}, [], Truth.FALSE),
    ({"aws_ecs_service.app": ["null_resource.fill"]}, [], Truth.UNKNOWN),
    ({"null_resource.fill": ["aws_s3_bucket.b", "aws_secretsmanager_secret.s"]}, [], Truth.UNKNOWN),
    ({"null_resource.fill": ["aws_s3_bucket.other"]}, [], Truth.FALSE),
    ({"aws_ecs_service.app": ["aws_instance.runner"]}, [], Truth.FALSE),
    ({"aws_ecs_service.app": ["aws_instance.runner"]}, ["aws_instance.runner"], Truth.UNKNOWN),
]


@every_row(("waits", "provisioned", "truth"), WAITING)
def test_a_script_may_fill_what_is_new(waits: dict[str, Sequence[str]], provisioned: list[str], truth: Truth) -> None:
    world = Ordered(SERVICE, BUCKET, SECRET, SCRIPT, waits=waits, provisioned=provisioned)
    assert existence.file(FILE, [SERVICE], world) is truth
    assert existence.secret_value(SECRET, [SERVICE], world) is truth


def test_a_secret_has_the_value_of_its_version() -> None:
    version = MadeResource("aws_secretsmanager_secret_version.v", {"secret_id": reference(str(SECRET.address), "id")})
    assert existence.secret_value(SECRET, [SERVICE], Ordered(SECRET, version, waits={})) is Truth.TRUE
    other = MadeResource("aws_secretsmanager_secret_version.v", {"secret_id": "arn:other"})
    assert existence.secret_value(SECRET, [SERVICE], Ordered(SECRET, other, waits={})) is Truth.FALSE
    assert existence.secret_value(SECRET, [SERVICE], MadeWorld(SECRET)) is Truth.UNKNOWN
    looked_up = MadeResource("data.aws_secretsmanager_secret.s", SECRET.attributes)
    assert existence.secret_value(looked_up, [SERVICE], Ordered(looked_up, waits={})) is Truth.UNKNOWN


def test_a_repository_exists_where_it_is_managed_looked_up_or_was_pulled_from() -> None:
    arn = "arn:aws:ecr:eu-west-1:111122223333:repository/hub/nginx"
    for address in ("aws_ecr_repository.r", "data.aws_ecr_repository.r"):
        found = MadeResource(address, {"name": "hub/nginx", "arn": arn})
        assert existence.repository(arn, MadeWorld(found)) is Truth.TRUE
        assert existence.repository(arn, MadeWorld(context=[MadeWorld(found)])) is Truth.TRUE
    assert existence.repository(arn, MadeWorld()) is Truth.UNKNOWN
    image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/hub/nginx:1"
    former = MadeResource("aws_ecs_task_definition.t", {"container_definitions": [{"name": "a", "image": image}]}, HERE)
    assert existence.repository(arn, MadeWorld(earlier=[former])) is Truth.TRUE
