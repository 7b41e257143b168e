"""Find which unknown pieces of a text a regular expression inspects, and whether a match can contain one.

All matches are followed at once through the text, and through an unknown piece in every way in which its characters
allow it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from tfcheck.hcl.formats.regex_machine import Program
from tfcheck.hcl.formats.regex_syntax import Ranges
from tfcheck.symbolic.value import Hole

#: An instruction that waits for a character, and whether its match contains an unknown piece so far.
_Thread: TypeAlias = tuple[int, bool]


class HoleReach(msgspec.Struct, frozen=True):
    """The characters looked for in each unknown piece; `holding` is whether a match can contain one."""

    tested: tuple[frozenset[Ranges], ...]
    holding: bool


def reach(program: Program, parts: Sequence[str | Hole]) -> HoleReach:
    """Run a pattern over a text of literals and unknown pieces."""
    return _Walk(program, parts).run()


class _Walk:
    def __init__(self, program: Program, parts: Sequence[str | Hole]) -> None:
        self._instructions = program.instructions
        self._parts = parts
        self._holding = False

    def run(self) -> HoleReach:
        tested: list[frozenset[Ranges]] = []
        threads: set[_Thread] = set()
        begins = True
        for index, part in enumerate(self._parts):
            last = index == len(self._parts) - 1
            if isinstance(part, Hole):
                threads, looked = self._pass_unknown(part, threads, begins=begins, ends=last)
                tested.append(looked)
                begins = begins and part.shortest == 0
                continue
            for offset, letter in enumerate(part):
                begun = self._enter(threads | {(0, False)}, begins=begins, ends=False)
                threads = {(at + 1, held) for at, held in begun if _accepts(self._instructions[at].ranges, letter)}
                begins = False
                if last and offset == len(part) - 1:
                    self._enter(threads | {(0, False)}, begins=False, ends=True)
        return HoleReach(tuple(tested), self._holding)

    def _pass_unknown(
        self, hole: Hole, threads: set[_Thread], *, begins: bool, ends: bool
    ) -> tuple[set[_Thread], frozenset[Ranges]]:
        """Return the threads after an unknown piece of any length."""
        behind = {(at, True) for at, _ in threads} if hole.shortest == 0 else set()
        waiting = threads | {(0, False)}
        tested: set[Ranges] = set()
        seen: set[_Thread] = set()
        first = True
        while waiting - seen:
            seen |= waiting
            entered = self._enter(waiting, begins=begins and first, ends=False)
            tested |= {self._instructions[at].ranges for at, _ in entered}
            waiting = {(at + 1, True) for at, _ in entered if _may_accept(self._instructions[at].ranges, hole)}
            behind |= waiting
            waiting = waiting | {(0, True)}
            first = False
        if ends:
            self._enter(behind | {(0, False)}, begins=False, ends=True)
        return behind, frozenset(tested)

    def _enter(self, threads: set[_Thread], *, begins: bool, ends: bool) -> set[_Thread]:
        """Follow what needs no character; return the threads that wait for one."""
        found: set[_Thread] = set()
        waiting, seen = list(threads), set(threads)
        while waiting:
            at, held = waiting.pop()
            instruction = self._instructions[at]
            following: tuple[int, ...] = ()
            match instruction.kind:
                case "char":
                    found.add((at, held))
                case "match":
                    self._holding = self._holding or held
                case "jump":
                    following = (instruction.first,)
                case "split":
                    following = (instruction.first, instruction.second)
                case "assert" if not {"start": begins, "end": ends}.get(instruction.place, True):
                    pass
                case _:
                    following = (at + 1,)
            new = [(each, held) for each in following if (each, held) not in seen]
            seen.update(new)
            waiting += new
        return found


def _accepts(ranges: Ranges, letter: str) -> bool:
    return any(low <= ord(letter) <= high for low, high in ranges)


def _may_accept(ranges: Ranges, hole: Hole) -> bool:
    if not hole.negated:
        return any(_accepts(ranges, letter) for letter in hole.chars)
    width = len(hole.chars) + 1
    some = ({chr(code) for code in range(low, min(high, low + width) + 1)} for low, high in ranges)
    return any(not each <= set(hole.chars) for each in some)
