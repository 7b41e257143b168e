"""Large plans: what nobody asks for is neither copied nor decoded."""

from __future__ import annotations

import io
import json
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from benchmarks.make_plan import write
from tfcheck.plan import document, load

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 1_500_000


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("generated") / "plan.json"
    with made.open("w", encoding="utf-8") as file:
        write(SIZE, file, seed=7)
    return made


def test_a_generated_plan_is_as_large_as_asked_for_and_the_same_every_time(path: Path) -> None:
    again = io.StringIO()
    write(SIZE, again, seed=7)
    assert again.getvalue() == path.read_text()
    assert 0.7 < path.stat().st_size / SIZE < 1.3


def test_a_generated_plan_has_the_shares_of_a_real_one(path: Path) -> None:
    whole = json.loads(path.read_bytes())
    shares = {key: len(json.dumps(part)) / len(json.dumps(whole)) for key, part in whole.items()}
    assert 0.40 < shares["resource_changes"] < 0.55
    assert 0.20 < shares["planned_values"] < 0.30
    assert 0.18 < shares["prior_state"] < 0.28
    assert 0.02 < shares["configuration"] < 0.08


def test_every_service_of_a_generated_plan_is_found(path: Path) -> None:
    (plan,) = load(path).plans
    tasks = plan.instances("aws_ecs_task_definition")
    assert len(tasks) == len(plan.module_instances()) - 1
    assert plan.configuration
    assert len(plan.configuration.calls) == len(tasks) == len(plan.data_sources("aws_iam_policy_document"))
    assert all(task.after for task in tasks)


def test_loading_copies_little_of_the_file(path: Path) -> None:
    tracemalloc.start()
    try:
        (plan,) = load(path).plans
        assert len(plan.instances("aws_ecs_task_definition")) > 1
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < path.stat().st_size * 0.5


def test_only_what_is_asked_for_is_decoded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []

    def spy(raw: object, kind: object, what: str) -> object:
        decoded.append(what)
        return document.decode(raw, kind, what)  # type: ignore[arg-type]

    monkeypatch.setattr("tfcheck.plan.instance.decode", spy)
    (plan,) = load(path).plans
    role = plan.instances("aws_iam_role")[0]
    assert decoded == []
    assert role.after == role.after
    assert set(decoded) == {f"`{role.address}` in the plan"}
    assert len(decoded) == 2, "what it is after the change it was before"
