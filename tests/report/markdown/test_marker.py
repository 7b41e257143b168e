from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from tests.report.hostile import names
from tests.rows import every_row
from tfcheck.report.markdown.marker import (
    NO_COMMIT,
    ListedTargets,
    Marker,
    clipped_target,
    hashed_target,
    listed_targets,
    marker,
    named_write,
    parse_marker,
    target_list,
    write_of,
)

SHA = "9f2c1ab04d7e55c2f3a8b6d1e09c7745a1b2c3d4"


def test_what_is_written_is_read() -> None:
    made = marker("infra/orders:prod", SHA, "7421839201.2")
    assert str(made) == f"<!-- tfcheck:v1 key=6a46db170c51517b sha={SHA} run=7421839201.2 -->"
    assert parse_marker(f"{made}\n### tfcheck") == made
    assert parse_marker(f"{made}\r\n### tfcheck") == made
    assert made.run == (7421839201, 2)


def test_the_request_that_writes_a_text_is_named_in_its_marker_only() -> None:
    made = marker("orders", SHA, "10.1", "check").with_job("0" * 8)
    text = named_write(f"{made}\n### tfcheck -->", "0a1b2c3d")
    assert text == f"{str(made)[:-4]} write=0a1b2c3d -->\n### tfcheck -->"
    assert (parse_marker(text), write_of(text), write_of(f"{made}")) == (made, "0a1b2c3d", "")


@given(names, names, names)
def test_no_id_gets_out_of_the_line(comment_id: str, sha: str, run: str) -> None:
    made = marker(comment_id, sha, run)
    assert parse_marker(str(made)) == made
    assert str(made).count("-->") == 1


@every_row(
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
def test_anything_else_is_not_a_marker(body: str) -> None:
    assert parse_marker(body) is None


@given(targets=st.lists(st.text(max_size=300), max_size=40), absent=st.lists(st.text(max_size=9)), above=st.text())
def test_the_targets_of_a_comment_are_read_from_its_last_line(
    targets: list[str], absent: list[str], above: str
) -> None:
    line = target_list(targets, absent)
    assert "\n" not in line
    assert line.count("-->") == 1
    found = listed_targets(f"{above}\n{line}\n")
    assert listed_targets(f"{above}\n{line}\r\n\r\nsee wiki") == found
    kept = {clipped_target(each) for each in targets if each}
    missing = {clipped_target(each) for each in absent if each} - kept
    if "targets:v2" in line:
        kept, missing = set(map(hashed_target, kept)), set(map(hashed_target, missing))
    assert (set(found.present), set(found.absent)) == (kept, missing)


@every_row(
    "body",
    [
        "",
        "<!-- tfcheck:targets:v1 AAAA -->",
        "<!-- tfcheck:targets:v1 @@@ -->",
        "<!-- tfcheck:targets:v2 @@@ -->",
        "<!-- tfcheck:targets:v1 -->",
        f"`{target_list(['a'])}`",
    ],
)
def test_anything_else_lists_no_targets(body: str) -> None:
    assert listed_targets(body) == ListedTargets()


def test_of_thousands_of_targets_none_is_forgotten() -> None:
    present = [hashlib.sha256(f"{number}".encode()).hexdigest() for number in range(3000)]
    absent = [hashlib.sha256(f"-{number}".encode()).hexdigest() for number in range(900)]
    line = target_list(present, absent)
    assert len(line) < 27_000
    found = listed_targets(f"### title\n{line}")
    assert set(found.present) == set(map(hashed_target, present))
    assert set(found.absent) == set(map(hashed_target, absent))
    again = listed_targets(target_list(found.present, found.absent))
    assert again == found


def test_some_hundred_targets_fit() -> None:
    targets = [f"infra/services/team-{number % 17}/service-{number}:prod" for number in range(500)]
    assert set(listed_targets(target_list(targets)).present) == set(targets)
    assert len(target_list(targets)) < 4200


def test_ids_that_hold_each_other_have_nothing_in_common() -> None:
    assert marker("prod").key != marker("non-prod").key


def test_what_is_not_known_is_reported() -> None:
    assert marker("x", "HEAD", "first") == Marker(marker("x").key, NO_COMMIT, (0, 0))
