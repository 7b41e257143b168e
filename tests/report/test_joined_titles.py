"""Titles of changes that are joined into one."""

from __future__ import annotations

import pytest

from tfcheck.report.joined_titles import join_titles


@pytest.mark.parametrize(
    ("titles", "joined"),
    [
        (["pass what m.x lacks by `a`", "pass what m.x lacks by `b`"], ["pass what m.x lacks by `a` and `b`"]),
        (["pass m.x by `a` and `b`", "pass m.x by `c`", "pass m.x by `d`"], ["pass m.x by `a`, `b`, `c` and 1 more"]),
        (["add a.x; it names b", "add a.y; it names b"], ["add a.x and a.y; each names b"]),
        (['add a["x y"].z', "add more", 'add a["b, c"].z'], ['add a["x y"].z and a["b, c"].z', "add more"]),
        (["add a.x; it names b", "add a.y"], ["add a.x; it names b", "add a.y"]),
        (["add 2 elements to a.x", "add 3 elements to a.x"], ["add 2 elements to a.x", "add 3 elements to a.x"]),
        (["correct `a` to `b`", "correct `c` to `d`"], ["correct `a` to `b`", "correct `c` to `d`"]),
        (["in a.x, add b.y", "in a.z, add b.y"], ["in a.x, add b.y", "in a.z, add b.y"]),
    ],
)
def test_titles_that_differ_in_names_at_one_place_are_one(titles: list[str], joined: list[str]) -> None:
    assert join_titles(titles) == joined


def test_long_titles_are_not_taken_apart() -> None:
    titles = [f"add {each}{', a.b' * 5_000}" for each in ("a.one", "a.two")]
    assert join_titles(titles) == titles
