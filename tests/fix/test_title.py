"""The title of a change is what it does, then the remarks on it."""

from __future__ import annotations

from tfcheck.fix.title import Title

ADD = Title("add a statement to P", ("also for R", "P is made from it"))


def test_more_words_come_before_the_remarks() -> None:
    assert str(ADD.extend(", and list it in L").with_remarks("it is commented out")) == (
        "add a statement to P, and list it in L; also for R; P is made from it; it is commented out"
    )


def test_titles_are_joined_in_order_with_each_remark_once() -> None:
    other = Title("add a resource to Q", ("also for R", "it bounds another role"))
    joined = Title.join([Title.join([ADD, other]), Title("tag R")])
    assert str(joined) == (
        "add a statement to P; also for R; P is made from it; "
        "and add a resource to Q; it bounds another role; and tag R"
    )
    assert joined.all_remarks() == {*ADD.remarks, *other.remarks}
    assert str(joined.extend(" with a key")).endswith("and tag R with a key")
