"""Which volumes do containers write to?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.made_world import task
from tfcheck.startup.volumes import Mounts
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth, Unknown, Value

NAMES = st.sampled_from(["a", "b", "", None, 5, Unknown(reason="known only after apply")])
READ_ONLY = st.sampled_from([True, False, None, Unknown(reason="known only after apply")])


@given(st.lists(st.tuples(NAMES, READ_ONLY), max_size=4), NAMES)
def test_the_index_answers_as_a_comparison_with_every_mount(mounts: list[tuple[Value, Value]], name: Value) -> None:
    points: list[Value] = [{"sourceVolume": each, "readOnly": read_only} for each, read_only in mounts]
    expected = Truth.some(equal(each, name) & ~equal(read_only, True) for each, read_only in mounts)
    assert Mounts(task({"mountPoints": points})).writes_to(name) is expected
