"""The name of an environment file ends in `.env`."""

from __future__ import annotations

from tests.checks.made_tasks import FILE, LATER, files, messages
from tests.rows import every_row
from tfcheck.checks import env_file_name
from tfcheck.symbolic.value import Value, text


@every_row(
    ("value", "ends"),
    [
        (FILE, 0),
        ("arn:aws:s3:::cfg/prod.txt", 1),
        (text([LATER, ".env"]), 0),
        (text([LATER, "v"]), 0),
        (text([LATER, ".yml"]), 1),
        (text(["arn:aws:s3:::cfg/x.txt", LATER]), 0),
    ],
)
def test_a_name_ends_in_env(value: Value, ends: int) -> None:
    assert len(messages(env_file_name.CHECK, files(value))) == ends
