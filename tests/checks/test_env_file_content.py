"""Each line of an environment file is a name and a value."""

from __future__ import annotations

from tests.checks.made_tasks import FILE, files, messages
from tests.made_world import MadeResource, MadeWorld
from tests.rows import every_row
from tfcheck.checks import env_file_content


@every_row(
    ("line", "wrong"),
    [
        ("A=1", ""),
        ('A=say "hi"', ""),
        ("A=", ""),
        ("", ""),
        ("# comment", ""),
        ("hunter2", "without `=`"),
        (" # hunter2", "without `=`"),
        ("export A=hunter2", "`export`"),
        ("A =hunter2", "spaces"),
        ("A='hunter2'", "quotes"),
    ],
)
def test_a_line_of_a_file_is_a_name_and_a_value(line: str, wrong: str) -> None:
    held = MadeResource("aws_s3_object.o", {"arn": FILE, "content": f"B=2\n{line}\n"})
    found = messages(env_file_content.CHECK, files(FILE), world=MadeWorld(held))
    assert [wrong in each and "line 2 " in each and each.startswith("info") for each in found] == [True] * bool(wrong)
    assert "hunter2" not in repr(found)
