"""What the fuzzer once found stays repaired, and the fuzzer itself finds, repeats and reduces."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from fuzz import plans, sources
from fuzz.__main__ import CORPUS, Fuzzer, seeds
from fuzz.harmless import OF_PLANS, OF_SOURCES, Change
from fuzz.minimise import minimised
from fuzz.target import ABOUT, Input, executed
from tests.cases import TESTDATA

FINDS = sorted(CORPUS.iterdir())
SAMPLE = Input.read(TESTDATA / "literal-missing")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)


@pytest.mark.parametrize("folder", FINDS, ids=lambda folder: folder.name)
def test_a_past_find_stays_repaired(folder: Path, tmp_path: Path) -> None:
    _, arguments = (folder / ABOUT).read_text(encoding="utf-8").splitlines()
    assert executed(Input.read(folder), tmp_path, *arguments.split()).failure == ""


@pytest.mark.parametrize("case", ["literal-missing", "switched-off"])
@pytest.mark.parametrize("change", [*OF_PLANS, *OF_SOURCES], ids=lambda change: change.__name__)
def test_what_cannot_matter_changes_no_verdict(change: Change, case: str, tmp_path: Path) -> None:
    sample = Input.read(TESTDATA / case)
    first = executed(sample, tmp_path, "--format", "json")
    second = executed(change(sample, Random(1)), tmp_path, "--format", "json")
    assert len(first.verdicts()["requirements"]) >= 3
    assert second.verdicts() == first.verdicts()


def test_an_execution_repeats(tmp_path: Path) -> None:
    made = [Fuzzer(3, tmp_path)._mutated(SAMPLE, SAMPLE, Random(f"{number}")) for number in (1, 2, 1)]
    assert made[0] == made[2] != made[1]


@pytest.mark.parametrize("number", range(6))
def test_a_few_executions_find_nothing(number: int, tmp_path: Path) -> None:
    assert Fuzzer(1, tmp_path).execute(number) is None


def test_every_mutation_changes_something() -> None:
    donor = next(each for each in seeds() if each.plan != SAMPLE.plan)
    for mutation in plans.MUTATIONS:
        made = []
        for seed in range(20):
            document = json.loads(SAMPLE.plan)
            mutation(document, Random(seed), json.loads(donor.plan))
            made.append(document)
        assert any(each != json.loads(SAMPLE.plan) for each in made), mutation.__name__
    text = SAMPLE.files["main.tf"].decode()
    for change in sources.MUTATIONS:
        assert any(change(text, Random(seed), text) != text for seed in range(20)), change.__name__


def test_an_input_is_reduced_to_what_fails() -> None:
    def fails(given: Input) -> bool:
        return b"GetObject" in given.files.get("main.tf", b"") and b"orders" in given.plan

    given = Input(SAMPLE.plan, {"main.tf": b"a\n# s3:GetObject\nb\nc\n", "other.tf": b"x\n"})
    reduced = minimised(given, fails, seconds=20)
    assert reduced.files == {"main.tf": b"# s3:GetObject\n"}
    assert len(reduced.plan) < 200
