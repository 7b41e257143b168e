from __future__ import annotations

import pytest
from hypothesis import given

from tests.report.hostile import names
from tfcheck.report.markdown.marker import NO_COMMIT, Marker, marked, marker

SHA = "9f2c1ab04d7e55c2f3a8b6d1e09c7745a1b2c3d4"


def test_what_is_written_is_read() -> None:
    made = marker("infra/orders:prod", SHA, "7421839201.2")
    assert str(made) == f"<!-- tfcheck:v1 key=6a46db170c51517b sha={SHA} run=7421839201.2 -->"
    assert marked(f"{made}\n### tfcheck") == made
    assert marked(f"{made}\r\n### tfcheck") == made
    assert made.run == (7421839201, 2)


@given(names, names, names)
def test_no_id_gets_out_of_the_line(comment_id: str, sha: str, run: str) -> None:
    made = marker(comment_id, sha, run)
    assert marked(str(made)) == made
    assert str(made).count("-->") == 1


@pytest.mark.parametrize(
    "body",
    [
        "",
        f"hello\n{marker('x')}",
        f" {marker('x')}",
        f"{marker('x')} and more",
        str(marker("x")).replace("v1", "v2"),
        str(marker("x")).replace("key=", "key=z"),
    ],
)
def test_anything_else_is_no_marker(body: str) -> None:
    assert marked(body) is None


def test_ids_that_hold_each_other_have_nothing_in_common() -> None:
    assert marker("prod").key != marker("non-prod").key


def test_what_is_not_known_is_said_so() -> None:
    assert marker("x", "HEAD", "first") == Marker(marker("x").key, NO_COMMIT, (0, 0))
