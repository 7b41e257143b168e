"""Name environment files with the extension `.env`.

AWS documents that the object's key must end in `.env`. The ECS agent does not check it, so another name may work, but
AWS does not guarantee it.

Write:

    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::my-config/web/prod.env" }]

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration, quote_value
from tfcheck.checks.named_objects import files
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.startup.object_arn import misshape
from tfcheck.symbolic.value import PlainText, Value, pieces, spelled_out
from tfcheck.vocabulary.finding import Severity

_ENDING = ".env"


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for file in files(task):
        if misshape(file.value, world) is None and _definitely_ends_otherwise(file.value):
            message = f"{file.name}, {quote_value(task, file.value)}, does not end in `{_ENDING}`"
            yield Misconfiguration(message, Severity.WARNING, file.container.name, file.value)


def _definitely_ends_otherwise(value: Value) -> bool:
    if not isinstance(value, PlainText) or value == "":
        return False
    last = pieces(spelled_out(value))[-1]
    return isinstance(last, str) and not last.endswith(_ENDING) and not (_ENDING.endswith(last) and last != value)


CHECK = Check("env-file-name", "environment files without the extension .env", __doc__, _search)
