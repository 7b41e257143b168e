"""Whatever goes wrong with two or three runs at once, no comment is a false all-clear."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from tests.laws import tries
from tests.pull_request.worlds import World
from tfcheck.pull_request.refusal import RefusalError


@tries(60)
@given(seed=st.integers(0, 10**9))
@example(seed=22581)  # a comment in doubt was minimized
@example(seed=22724)  # a lost removal removed what a newer run had written
def test_findings_of_the_newest_run_are_never_hidden(seed: int) -> None:
    world = World(seed)
    world.play()
    number, _, found = world.newest
    if isinstance(world.results[number], RefusalError):
        return  # the job reports it
    titles = [each.split("\n")[1] for each in world.visible()]
    assert len(titles) <= 1 or len(world.faults) > 1
    if found:
        assert titles
        assert not any("✅" in each for each in titles)
    assert world.host.problems == []
