"""Match a regular expression in time linear in the text.

All matches are followed at once, in order of preference (https://swtch.com/~rsc/regexp/regexp2.html), so that the first
one to survive is the one that RE2 finds.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TypeAlias

import msgspec

from tfcheck.hcl.evaluate.scope import LimitError
from tfcheck.hcl.regex import syntax
from tfcheck.symbolic.limits import take

#: The ends of the match and of each group, -1 for an unmatched group.
Captures: TypeAlias = tuple[int, ...]

_MOST_INSTRUCTIONS = 5000
_MOST_STEPS = 500_000


class Instruction(msgspec.Struct):
    """One instruction. `ranges` are sorted.

    `char`, `assert`, `save` continue with the next; `split` with `first`, else `second`; `match` ends.
    """

    kind: str
    ranges: syntax.Ranges = ()
    place: str = ""
    first: int = 0
    second: int = 0


class Program(msgspec.Struct, frozen=True):
    """A compiled pattern."""

    instructions: list[Instruction]
    groups: int


def compile_pattern(pattern: syntax.Pattern) -> Program:
    """Compile a pattern."""
    writer = _Writer()
    writer.node(syntax.CaptureGroup(pattern.node, 0))
    writer.add(Instruction("match"))
    return Program(writer.instructions, len(pattern.names) + 1)


class _Writer:
    """Emits instructions; every method leaves its exit at the next free place."""

    def __init__(self) -> None:
        self.instructions: list[Instruction] = []

    def add(self, instruction: Instruction) -> Instruction:
        if len(self.instructions) >= _MOST_INSTRUCTIONS:
            raise LimitError("limit: a regular expression of this size")
        self.instructions.append(instruction)
        return instruction

    @property
    def here(self) -> int:
        return len(self.instructions)

    def node(self, node: syntax.Node) -> None:
        match node:
            case syntax.Char():
                self.add(Instruction("char", ranges=syntax.invert(syntax.invert(node.ranges))))
            case syntax.Assertion():
                self.add(Instruction("assert", place=node.kind))
            case syntax.Sequence():
                for each in node.nodes:
                    self.node(each)
            case syntax.Alternatives():
                self.choice(node)
            case syntax.Repeat():
                self.repeat(node)
            case syntax.CaptureGroup():
                self.add(Instruction("save", first=2 * node.index))
                self.node(node.node)
                self.add(Instruction("save", first=2 * node.index + 1))

    def choice(self, choice: syntax.Alternatives) -> None:
        jumps = []
        for each in choice.nodes[:-1]:
            split = self.add(Instruction("split", first=self.here + 1))
            self.node(each)
            jumps.append(self.add(Instruction("jump")))
            split.second = self.here
        self.node(choice.nodes[-1])
        for jump in jumps:
            jump.first = self.here

    def repeat(self, repeat: syntax.Repeat) -> None:
        if repeat.most is None:
            for _ in range(repeat.least - 1):
                self.node(repeat.node)
            self.loop(repeat)
            return
        for _ in range(repeat.least):
            self.node(repeat.node)
        splits = []
        for _ in range(repeat.most - repeat.least):
            splits.append(self.split(repeat.greedy))
            self.node(repeat.node)
        self.leave(repeat, *splits)

    def loop(self, repeat: syntax.Repeat) -> None:
        # NOTE: `x*` is compiled as `(x+)?`. For an `x` that may be empty, the preference depends on it.
        optional = self.split(repeat.greedy) if repeat.least == 0 else None
        start = self.here
        self.node(repeat.node)
        again = self.split(repeat.greedy)
        if repeat.greedy:
            again.first = start
        else:
            again.second = start
        self.leave(repeat, again, *(() if optional is None else (optional,)))

    def split(self, greedy: bool) -> Instruction:
        """Emit a choice between the next instruction and an exit that is set later."""
        here = self.here + 1
        return self.add(Instruction("split", first=here) if greedy else Instruction("split", second=here))

    def leave(self, repeat: syntax.Repeat, *splits: Instruction) -> None:
        """Set the exit of choices to the next free place."""
        for split in splits:
            if repeat.greedy:
                split.second = self.here
            else:
                split.first = self.here


class Machine:
    """Runs a program over one text."""

    def __init__(self, program: Program, subject: str) -> None:
        self.program = program
        self.subject = subject
        self.steps = 0

    def search(self, start: int) -> Captures | None:
        """Find the leftmost match at `start` or later."""
        threads: list[tuple[int, Captures]] = []
        found: Captures | None = None
        nothing = (-1,) * (2 * self.program.groups)
        seen: set[int] = set()
        for position in range(start, len(self.subject) + 1):
            if found is None:
                self._follow(0, nothing, position, threads, seen)
            elif not threads:
                break
            threads, found = self._step(threads, position, found)
            seen.clear()
            closed: list[tuple[int, Captures]] = []
            for index, captures in threads:
                self._follow(index, captures, position + 1, closed, seen)
            threads = closed
        return found

    def _step(
        self, threads: list[tuple[int, Captures]], position: int, found: Captures | None
    ) -> tuple[list[tuple[int, Captures]], Captures | None]:
        """Read one character; return the new threads, and the best match so far."""
        code = ord(self.subject[position]) if position < len(self.subject) else -1
        onward: list[tuple[int, Captures]] = []
        for index, captures in threads:
            instruction = self.program.instructions[index]
            if instruction.kind == "match":
                return onward, captures
            place = bisect_right(instruction.ranges, (code, syntax.LAST + 1))
            if place and code <= instruction.ranges[place - 1][1]:
                onward.append((index + 1, captures))
        return onward, found

    def _follow(
        self, index: int, captures: Captures, position: int, threads: list[tuple[int, Captures]], seen: set[int]
    ) -> None:
        """Follow instructions that read no character."""
        waiting = [(index, captures)]
        while waiting:
            index, captures = waiting.pop()
            if index in seen:
                continue
            seen.add(index)
            self.steps += 1
            if self.steps % 1000 == 0 and not (self.steps <= _MOST_STEPS and take(2000)):
                raise LimitError("limit: a regular expression that runs so long")
            instruction = self.program.instructions[index]
            match instruction.kind:
                case "split":
                    waiting += [(instruction.second, captures), (instruction.first, captures)]
                case "jump":
                    waiting.append((instruction.first, captures))
                case "save":
                    slot = instruction.first
                    waiting.append((index + 1, (*captures[:slot], position, *captures[slot + 1 :])))
                case "assert":
                    if self._is_at(instruction.place, position):
                        waiting.append((index + 1, captures))
                case _:
                    threads.append((index, captures))

    def _is_at(self, place: str, position: int) -> bool:
        before = self.subject[position - 1 : position] if position else ""
        after = self.subject[position : position + 1]
        match place:
            case "start":
                return position == 0
            case "end":
                return position == len(self.subject)
            case "line start":
                return position == 0 or before == "\n"
            case "line end":
                return position == len(self.subject) or after == "\n"
            case _:
                return (_is_word(before) != _is_word(after)) == (place == "boundary")


def _is_word(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char == "_")
