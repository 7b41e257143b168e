"""The type of an environment file is `s3`, and nothing else."""

from __future__ import annotations

from tests.checks.made_tasks import FILE, LATER, files, messages
from tests.rows import every_row
from tfcheck.checks import env_file_type
from tfcheck.symbolic.value import Value


@every_row(("kind", "ends"), [("s3", 0), ("S3", 1), ("efs", 1), (None, 1), (LATER, 0)])
def test_only_one_type_is_known(kind: Value, ends: int) -> None:
    assert len(messages(env_file_type.CHECK, files(FILE, kind=kind))) == ends
