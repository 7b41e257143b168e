from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfcheck.report.markdown.budget import LEFT_OUT, PagePart, PartKind, page

_DROPPED = [kind for kind in PartKind if kind < PartKind.LEFT_OUT]


def parts(*kinds: PartKind, size: int = 100) -> list[PagePart]:
    return [PagePart(f"{kind.name}{number}".ljust(size, "x"), kind) for number, kind in enumerate(kinds)]


def test_what_fits_stays_whole() -> None:
    written = page(
        [PagePart("title", PartKind.KEPT), PagePart("row", PartKind.ROW), PagePart("row", PartKind.ROW), LEFT_OUT],
        100,
        "there",
    )
    assert written == "title\n\nrow\nrow\n"


def test_kinds_go_in_their_order_and_one_line_counts_them() -> None:
    every = [PagePart("title", PartKind.KEPT), *parts(*reversed(_DROPPED)), LEFT_OUT, PagePart("end", PartKind.KEPT)]
    gone: list[PartKind] = []
    for budget in range(1100, 100, -50):
        written = page(every, budget, "there")
        left = [kind for kind in _DROPPED if f"{kind.name}" not in written]
        assert left[: len(gone)] == gone
        gone = left
        assert left == _DROPPED[: len(left)]
        if left:
            noun = "section" if len(left) == 1 else "sections"
            assert f"\n\n{len(left)} {noun} left out: see there.\n\nend\n" in written
    assert gone


def test_the_two_ends_of_a_fold_go_together() -> None:
    fold = [
        PagePart("<details>" + "x" * 90, PartKind.EVIDENCE_OF_ERROR, 1),
        PagePart("</details>", PartKind.EVIDENCE_OF_ERROR, 1),
    ]
    inside = PagePart("d" * 100, PartKind.DIAGRAM)
    every = [PagePart("title", PartKind.KEPT), fold[0], inside, fold[1], LEFT_OUT]
    assert "ddd" not in page(every, 200, "there")
    assert "</details>" in page(every, 200, "there")
    assert page(every, 100, "there") == "title\n\n2 sections left out: see there.\n"


def test_the_largest_diff_goes_first() -> None:
    diffs = [
        PagePart("small", PartKind.DIFF),
        PagePart("large" * 50, PartKind.DIFF),
        PagePart("medium" * 10, PartKind.DIFF),
        LEFT_OUT,
    ]
    assert page(diffs, 200, "there").startswith("small\n\nmedium")


def test_rows_go_from_the_end_and_their_head_last() -> None:
    table = [
        PagePart("| head |\n| --- |", PartKind.ROW),
        *(PagePart(f"| row {number} |", PartKind.ROW) for number in range(20)),
        LEFT_OUT,
    ]
    written = page(table, 150, "there")
    assert written.startswith("| head |\n| --- |\n| row 0 |\n| row 1 |\n")
    assert "row 19" not in written


def test_what_must_stay_and_does_not_fit_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        page(parts(PartKind.KEPT), 50, "there")


@given(
    st.lists(st.tuples(st.sampled_from(_DROPPED), st.integers(0, 300), st.none() | st.integers(0, 3)), max_size=40),
    st.integers(200, 3000),
)
def test_a_page_never_grows_over_its_budget(shapes: list[tuple[PartKind, int, int | None]], budget: int) -> None:
    every = [
        PagePart("title", PartKind.KEPT),
        *(PagePart("é" * size, kind, fold) for kind, size, fold in shapes),
        LEFT_OUT,
    ]
    written = page(every, budget, "there")
    assert len(written.encode()) <= budget
    assert written.startswith("title\n")
    assert written.count("é") == sum(size for _, size, _ in shapes) or "left out" in written
