from __future__ import annotations

from tfcheck.vocabulary.clipping import and_more


def test_the_rest_of_a_list_is_counted_with_separators() -> None:
    assert and_more(3, 3) == ""
    assert and_more(3_974, 4) == " and 3,970 more"
