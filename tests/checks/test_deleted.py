"""A change does not delete what a task needs."""

from __future__ import annotations

from tests.checks.made_tasks import FILE, LATER, SECRET, VIRGINIA, files, logs, messages, secrets
from tests.made_world import ELSEWHERE, HERE, MadeResource, MadeWorld, reference
from tfcheck.checks import deleted
from tfcheck.symbolic.value import text

OTHER_SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:api-AbCdEf"


def test_what_the_change_deletes_is_missing_unless_something_of_its_name_is_there() -> None:
    group = MadeResource("aws_cloudwatch_log_group.a", {"name": "/a"})
    search, container = deleted.CHECK, logs(awslogs_group="/a", awslogs_region=HERE.region)
    (said,) = messages(search, container, world=MadeWorld(earlier=[group]))
    assert said == "error: container `app` needs aws_cloudwatch_log_group.a, which this plan deletes"
    for name in ("/a", LATER):
        other = MadeResource("aws_cloudwatch_log_group.b", {"name": name})
        assert messages(search, container, world=MadeWorld(other, earlier=[group])) == []
    assert messages(search, container, world=MadeWorld(group)) == []
    renamed = MadeResource("aws_cloudwatch_log_group.a", {"name": "/other"})
    (said,) = messages(search, container, world=MadeWorld(renamed, earlier=[group]))
    assert said.endswith("aws_cloudwatch_log_group.a, which this plan replaces with one of another name")
    assert (
        messages(search, logs(awslogs_group="/b", awslogs_region=HERE.region), world=MadeWorld(earlier=[group])) == []
    )


def test_a_log_group_that_stays_or_is_made_again_or_is_another_is_not_missed() -> None:
    search, container = deleted.CHECK, logs(awslogs_group="/a", awslogs_region=HERE.region)
    stays = MadeResource("aws_cloudwatch_log_group.a", {"name": "/a", "skip_destroy": True})
    far = MadeResource("aws_cloudwatch_log_group.a", {"name": "/a"}, VIRGINIA)
    foreign = MadeResource("aws_cloudwatch_log_group.a", {"name": "/a"}, ELSEWHERE)
    for group in (stays, far, foreign):
        assert messages(search, container, world=MadeWorld(earlier=[group])) == []
    made = logs(awslogs_group="/a", awslogs_region=HERE.region, awslogs_create_group="true")
    group = MadeResource("aws_cloudwatch_log_group.a", {"name": "/a"})
    assert messages(search, made, world=MadeWorld(earlier=[group])) == []


def test_what_is_deleted_is_not_there_again_in_another_region() -> None:
    group = MadeResource("aws_cloudwatch_log_group.a", {"name": "/a"})
    container = logs(awslogs_group="/a", awslogs_region=HERE.region)
    for around, count in ((HERE, 0), (VIRGINIA, 1), (ELSEWHERE, 1)):
        other = MadeWorld(MadeResource("aws_cloudwatch_log_group.b", {"name": "/a"}, around))
        world = MadeWorld(earlier=[group], context=[other])
        assert len(messages(deleted.CHECK, container, world=world)) == count


def test_values_and_files_that_the_change_deletes_are_missing() -> None:
    search, bucket = deleted.CHECK, MadeResource("aws_s3_bucket.cfg", {"bucket": "cfg", "id": "cfg"})
    file = MadeResource("aws_s3_object.env", {"bucket": "cfg", "key": "web/prod.env", "arn": FILE})
    copy = MadeResource("aws_s3_object_copy.env", {"bucket": "cfg", "key": "web/prod.env"})
    assert len(messages(search, files(FILE), world=MadeWorld(bucket, earlier=[bucket, file]))) == 1
    assert messages(search, files(FILE), world=MadeWorld(bucket, copy, earlier=[bucket, file])) == []
    assert len(messages(search, files(FILE), world=MadeWorld(earlier=[bucket]))) == 1
    secret = MadeResource("aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET})
    for value in (SECRET, f"{SECRET}:password::"):
        (said,) = messages(search, secrets(value), world=MadeWorld(earlier=[secret]))
        assert said == "error: secret of container `app` needs aws_secretsmanager_secret.db, which this plan deletes"
    assert messages(search, secrets(f"{SECRET}x"), world=MadeWorld(earlier=[secret])) == []


def test_a_reference_follows_what_is_replaced() -> None:
    before = MadeResource("aws_s3_bucket.cfg", {"bucket": "cfg", "id": "cfg", "arn": "arn:aws:s3:::cfg"})
    after = MadeResource("aws_s3_bucket.cfg", {"bucket": "new", "arn": reference("aws_s3_bucket.cfg", "arn")})
    world = MadeWorld(after, earlier=[before])
    followed = text([reference("aws_s3_bucket.cfg", "arn"), "/web/prod.env"])
    assert messages(deleted.CHECK, files(followed), world=world) == []
    assert len(messages(deleted.CHECK, files(FILE), world=world)) == 1


def test_a_secret_that_stays_hides_no_other_that_goes() -> None:
    stays = MadeResource("aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET})
    goes = MadeResource("aws_secretsmanager_secret.api", {"name": "api", "arn": OTHER_SECRET})
    world = MadeWorld(stays, earlier=[stays, goes])
    (said,) = messages(deleted.CHECK, secrets(SECRET, OTHER_SECRET), world=world)
    assert said.endswith("needs aws_secretsmanager_secret.api, which this plan deletes")
