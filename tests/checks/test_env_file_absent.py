"""An environment file exists when its new service starts."""

from __future__ import annotations

from tests.checks.made_tasks import FILE, LATER, files, messages, service
from tests.made_world import MadeResource, MadeWorld
from tfcheck.checks import env_file_absent


def test_a_file_is_missed_only_in_a_new_bucket_of_what_starts() -> None:
    bucket = MadeResource("aws_s3_bucket.b", {"bucket": "cfg", "id": "cfg", "arn": "arn:aws:s3:::cfg"})
    there = MadeResource("aws_s3_object.o", {"bucket": "cfg", "key": "web/prod.env"})
    begun = MadeResource("aws_s3_object.o", {"bucket": "cfg", "key": "/web//prod.env"})
    other = MadeResource("aws_s3_object.o", {"bucket": "cfg", "key": "web/test.env"})
    later = MadeResource("aws_s3_object.o", {"bucket": "cfg", "key": LATER})
    search, container = env_file_absent.CHECK, files(FILE)
    assert len(messages(search, container, world=MadeWorld(service(), bucket, earlier=()))) == 1
    assert len(messages(search, container, world=MadeWorld(service(), bucket, other, earlier=()))) == 1
    assert messages(search, container, world=MadeWorld(service(), bucket, there, earlier=())) == []
    assert messages(search, container, world=MadeWorld(service(), bucket, begun, earlier=())) == []
    doubled = files("arn:aws:s3:::cfg//web//prod.env")
    assert len(messages(search, doubled, world=MadeWorld(service(), bucket, begun, earlier=()))) == 1
    assert messages(search, container, world=MadeWorld(service(), bucket, later, earlier=())) == []
    assert messages(search, container, world=MadeWorld(service(), bucket, earlier=(bucket,))) == []
    assert messages(search, container, world=MadeWorld(service(), bucket, earlier=(service(),))) == []
    given = service(task_definition="arn:aws:ecs:eu-west-1:111122223333:task-definition/app:1")
    assert len(messages(search, container, world=MadeWorld(service(), bucket, earlier=(given,)))) == 1
    assert messages(search, container, world=MadeWorld(service(desired_count=0), bucket, earlier=())) == []
    assert messages(search, container, world=MadeWorld(bucket, earlier=())) == []
