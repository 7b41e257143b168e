"""Look for inputs that tfcheck does not survive, or that it judges otherwise for no reason.

    python -m fuzz                         one minute, with the seed 0
    python -m fuzz --seconds 3600 --seed 7
    python -m fuzz --seed 7 --only 123     the one execution that failed, again

Each execution changes one case of testdata or of the corpus, and is made from the seed and its number alone. What
fails is reduced and written to `fuzz/finds`; a directory of it that is put into `fuzz/corpus` stays a test.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import msgspec

from fuzz import plans, sources
from fuzz.harmless import OF_PLANS, OF_SOURCES
from fuzz.minimise import minimised
from fuzz.target import ABOUT, Input, Outcome, directory, executed
from tfcheck.cli.report import FORMATS

HERE = Path(__file__).resolve().parent
TESTDATA, CORPUS, FINDS = HERE.parent / "testdata", HERE / "corpus", HERE / "finds"
#: Larger cases take longer and show no more.
_LARGEST = 30_000
#: How a run reports; most often as what can be compared.
_FORMATS = ("json",) * 8 + ("text", "text", *FORMATS)


class Find(msgspec.Struct, frozen=True):
    """An execution that failed, and the input that it failed on."""

    number: int
    failure: str
    given: Input
    arguments: tuple[str, ...]
    twin: Input | None = None


def seeds() -> list[Input]:
    """Return the inputs that are changed."""
    folders = sorted(path.parent for path in (*TESTDATA.glob("*/plan.json"), *CORPUS.glob("*/plan.json")))
    return [Input.read(each) for each in folders if (each / "plan.json").stat().st_size <= _LARGEST]


class Fuzzer:
    """The executions of one seed."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.seed = seed
        self._folder = folder
        self._inputs = seeds()
        #: Small cases run often, large ones rarely.
        self._weights = [1 / (len(each.plan) + sum(map(len, each.files.values()))) for each in self._inputs]

    def execute(self, number: int) -> Find | None:
        """Run one execution; return what it found."""
        chance = Random(f"{self.seed} {number}")
        start, donor = chance.choices(self._inputs, self._weights, k=2)
        kind = chance.random()
        if kind < 0.15:
            return self._compared(number, start, chance, (*OF_PLANS, *OF_SOURCES))
        given = self._mutated(start, donor, chance)
        if kind < 0.35:
            return self._compared(number, given, chance, OF_PLANS)
        arguments = ("--format", chance.choice(_FORMATS)) if chance.random() < 0.9 else ("fix",)
        outcome = executed(given, self._folder, *arguments)
        return Find(number, outcome.failure, given, arguments) if outcome.failure else None

    def _mutated(self, start: Input, donor: Input, chance: Random) -> Input:
        plan, files = start.plan, dict(start.files)
        names = [name for name in files if name.endswith(".tf")]
        which = chance.random()
        if which < 0.6 or not names:
            plan = plans.mutated(plan, chance, donor.plan)
        if which > 0.5 and names:
            if chance.random() < 0.6:
                plan = plans.open_to_sources(plan, chance)
            name = chance.choice(names)
            other = next((data for each, data in donor.files.items() if each.endswith(".tf")), b"")
            text = sources.mutated(files[name].decode(errors="replace"), chance, other.decode(errors="replace"))
            files[name] = text.encode("utf-8", "surrogatepass")
        return Input(plan, files)

    def _compared(self, number: int, given: Input, chance: Random, changes: tuple[object, ...]) -> Find | None:
        """Compare an input with one that must be judged alike."""
        plan = plain(given.plan)
        if plan is None:
            return None
        change, given = chance.choice(changes), Input(plan, given.files)
        arguments = ("--format", "json")
        first = executed(given, self._folder, *arguments)
        if first.failure:
            return Find(number, first.failure, given, arguments)
        if first.status not in (0, 1):
            return None
        try:
            twin = change(given, chance)  # type: ignore[operator]
        except RecursionError:  # ours, not that of tfcheck
            return None
        second = executed(twin, self._folder, *arguments)
        if second.failure:
            return Find(number, second.failure, twin, arguments)
        failure = _contradiction(first, second)
        return Find(number, f"{failure} after {change.__name__}", given, arguments, twin) if failure else None  # type: ignore[attr-defined]

    def reduced(self, find: Find) -> Find:
        """Return a find with a smaller input, which fails alike."""
        if find.twin is not None:
            return find

        def fails(given: Input) -> bool:
            return executed(given, self._folder, *find.arguments).failure == find.failure

        return msgspec.structs.replace(find, given=minimised(find.given, fails)) if fails(find.given) else find


def plain(plan: bytes) -> bytes | None:
    """Return a plan as one document without duplicate keys; None where it is not one."""
    try:
        document = json.loads(plan)
        return json.dumps(document).encode() if isinstance(document, dict) else None
    except (ValueError, RecursionError):
        return None


def _contradiction(first: Outcome, second: Outcome) -> str:
    if second.status not in (0, 1):
        return f"exit status {second.status} instead of {first.status}"
    one, other = first.verdicts(), second.verdicts()
    return ", ".join(f"other {each}" for each in one if one[each] != other[each])


def kept(find: Find, seed: int) -> Path:
    """Write what was found to a directory of its own."""
    folder = FINDS / f"{seed}-{find.number}"
    for given, place in ((find.given, folder), (find.twin, folder / "twin")):
        if given is not None:
            place.mkdir(parents=True, exist_ok=True)
            given.write(place)
    (folder / ABOUT).write_text(f"{find.failure}\n{' '.join(find.arguments)}\n", encoding="utf-8")
    return folder


def numbers(options: argparse.Namespace) -> Iterator[int]:
    """Yield the numbers of the executions until the time is over."""
    if options.only is not None:
        yield options.only
        return
    end = time.monotonic() + options.seconds
    number = options.first
    while time.monotonic() < end and (not options.executions or number < options.first + options.executions):
        yield number
        number += 1


def main() -> int:
    """Run the executions; return 1 if one found something."""
    parser = argparse.ArgumentParser(prog="python -m fuzz")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--executions", type=int, default=0, help="at most so many")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first execution")
    parser.add_argument("--only", type=int, help="the number of the only one")
    options = parser.parse_args()
    known: dict[str, int] = {}
    done = 0
    with directory(Path(tempfile.gettempdir()) / f"tfcheck-fuzz-{os.getpid()}") as folder:
        fuzzer = Fuzzer(options.seed, folder)
        for number in numbers(options):
            find, done = fuzzer.execute(number), done + 1
            if done % 1000 == 0:
                print(f"{done} executions", file=sys.stderr)
            if find is None:
                continue
            known[find.failure] = known.get(find.failure, 0) + 1
            if known[find.failure] == 1:
                place = kept(fuzzer.reduced(find), options.seed)
                print(
                    f"{find.failure}\n  again: python -m fuzz --seed {options.seed} --only {number}\n  input: {place}"
                )
                sys.stdout.flush()
    print(f"{done} executions with the seed {options.seed}, {len(known)} different failures")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main())
