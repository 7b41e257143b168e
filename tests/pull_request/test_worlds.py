"""Whatever goes wrong with two or three runs at once, no comment is a false all-clear."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from tests.laws import tries
from tests.pull_request.worlds import KINDS, Kind, World
from tfcheck.pull_request.refusal import RefusalError


@tries(90, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9), kind=st.sampled_from(KINDS))
@example(seed=22581, kind="itself")  # a comment in doubt was minimized
@example(seed=22724, kind="itself")  # a lost removal removed what a newer run had written
@example(seed=106, kind="fork")  # the plan of an older run was ready after that of a newer one
@example(seed=2465395, kind="jobs")  # a job took the late write of another one for its own
@example(seed=530542, kind="jobs")  # a late write of an older run hid that the result of another job was replaced
@example(seed=198335, kind="jobs")  # a write based on a slow reading replaced the result of a newer run
@example(seed=651, kind="both")  # a lost write replaced the result of the other workflow
def test_findings_of_the_newest_runs_are_never_hidden(tmp_path: Path, seed: int, kind: Kind) -> None:
    world = World(seed, tmp_path, kind)
    world.play()
    if any(isinstance(world.results[number], RefusalError) for number, _ in world.newest.values()):
        return  # the job reports it
    for workflow, (_, found) in world.newest.items():
        titles = [each.split("\n")[1] for each in world.visible(workflow)]
        assert len(titles) <= 1 or len(world.faults) > 1
        assert titles or not found
        assert not (found and any("✅" in each for each in titles))
    assert world.host.problems == []
