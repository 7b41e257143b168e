"""Parse a regular expression as Terraform does.

Follows the syntax of RE2 as Go's parser accepts it (https://pkg.go.dev/regexp/syntax). Python's `re` interprets some
patterns differently (white space, the end of the text, nested repetition), and some would run for hours. So patterns
are parsed here and run by `tfcheck.hcl.regex.machine`.
"""

from __future__ import annotations

from typing import TypeAlias, Union

import msgspec

from tfcheck.hcl.evaluate.scope import EvaluationError, LimitError

#: Characters as ranges of code points, both ends included.
Ranges: TypeAlias = tuple[tuple[int, int], ...]

LAST = 0x10FFFF
_MOST_REPEATS = 1000
_DEEPEST = 100


class Char(msgspec.Struct, frozen=True):
    """One character of `ranges`."""

    ranges: Ranges


class Assertion(msgspec.Struct, frozen=True):
    """A position: `start`, `end`, `line start`, `line end`, `boundary`, `no boundary`."""

    kind: str


class Sequence(msgspec.Struct, frozen=True):
    """A sequence of nodes."""

    nodes: tuple[Node, ...]


class Alternatives(msgspec.Struct, frozen=True):
    """Alternatives in order of preference."""

    nodes: tuple[Node, ...]


class Repeat(msgspec.Struct, frozen=True):
    """`node` repeated from `least` to `most` times; None means no limit."""

    node: Node
    least: int
    most: int | None
    greedy: bool


class CaptureGroup(msgspec.Struct, frozen=True):
    """A capture group, counted from 1."""

    node: Node
    index: int


Node: TypeAlias = Union[Char, Assertion, Sequence, Alternatives, Repeat, CaptureGroup]  # noqa: UP007 (nodes refer to each other)


class Pattern(msgspec.Struct, frozen=True):
    """A parsed pattern and the names of its groups, None for unnamed ones."""

    node: Node
    names: tuple[str | None, ...]
    folded: bool


class PatternFlags(msgspec.Struct, frozen=True):
    """The flags that `(?ismU)` changes."""

    fold: bool = False
    lines: bool = False
    dot_newline: bool = False
    ungreedy: bool = False


_DIGIT: Ranges = ((48, 57),)
_SPACE: Ranges = ((9, 10), (12, 13), (32, 32))
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_PERL = {"d": _DIGIT, "s": _SPACE, "w": _WORD}
_POSIX: dict[str, Ranges] = {
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": _DIGIT,
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": _WORD,
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}
_LETTER_ESCAPES = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_PLACES = {"A": "start", "z": "end", "b": "boundary", "B": "no boundary"}


def invert(ranges: Ranges) -> Ranges:
    """Return all other characters."""
    rest: list[tuple[int, int]] = []
    following = 0
    for low, high in sorted(ranges):
        if low > following:
            rest.append((following, low - 1))
        following = max(following, high + 1)
    return (*rest, (following, LAST)) if following <= LAST else tuple(rest)


def fold_case(ranges: Ranges) -> Ranges:
    """Add the other case of every ASCII letter."""
    more = list(ranges)
    for low, high in ranges:
        for first, last, shift in ((65, 90, 32), (97, 122, -32)):
            if low <= last and high >= first:
                more.append((max(low, first) + shift, min(high, last) + shift))
    return tuple(more)


def parse(pattern: str) -> Pattern:
    """Parse a pattern; one that RE2 would refuse is an EvaluationError, and what is not supported here a LimitError."""
    reader = _ExpressionReader(pattern)
    node = reader.choice(PatternFlags(), 0)
    if reader.position < len(pattern):
        raise EvaluationError("the regular expression has a `)` too many")
    return Pattern(node, tuple(reader.names), reader.folding)


class _ExpressionReader:
    """A cursor over the text of a pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0
        self.names: list[str | None] = []
        self.folding = False

    def is_at(self, mark: str) -> bool:
        return self.pattern.startswith(mark, self.position)

    def take(self) -> str:
        if self.position >= len(self.pattern):
            raise EvaluationError("the regular expression ends too early")
        self.position += 1
        return self.pattern[self.position - 1]

    def read_until(self, mark: str) -> str:
        end = self.pattern.find(mark, self.position)
        if end < 0:
            raise EvaluationError(f"the regular expression lacks a `{mark}`")
        found = self.pattern[self.position : end]
        self.position = end + len(mark)
        return found

    def choice(self, flags: PatternFlags, depth: int) -> Node:
        """Parse up to the end of the group or of the pattern."""
        if depth > _DEEPEST:
            raise LimitError("limit: a regular expression of so many groups")
        branches: list[Node] = []
        nodes: list[Node] = []
        while self.position < len(self.pattern) and not self.is_at(")"):
            if self.is_at("|"):
                self.position += 1
                branches.append(Sequence(tuple(nodes)))
                nodes = []
            elif self.is_at("(?") and not self.is_at("(?P<") and not self.is_at("(?<"):
                node, flags = self.read_flags(flags, depth)
                node = node or (nodes.pop() if nodes else None)  # RE2 repeats what stands before a change of flags
                nodes += [] if node is None else [self.read_repetition(node, flags)]
            elif self.is_at("\\Q"):
                nodes += self.quotation(flags)
            else:
                nodes.append(self.read_repetition(self.atom(flags, depth), flags))
        last = Sequence(tuple(nodes))
        return Alternatives((*branches, last)) if branches else last

    def quotation(self, flags: PatternFlags) -> list[Node]:
        self.position += 2
        end = self.pattern.find("\\E", self.position)
        quoted = self.pattern[self.position : end if end >= 0 else len(self.pattern)]
        self.position = end + 2 if end >= 0 else len(self.pattern)
        literals: list[Node] = [self.char(((ord(char), ord(char)),), flags) for char in quoted]
        if literals:
            literals[-1] = self.read_repetition(literals[-1], flags)
        return literals

    def read_flags(self, flags: PatternFlags, depth: int) -> tuple[Node | None, PatternFlags]:
        """Parse `(?flags)`, which changes the flags of the rest, or `(?flags:…)`."""
        self.position += 2
        values = {"i": flags.fold, "m": flags.lines, "s": flags.dot_newline, "U": flags.ungreedy}
        on = True
        while True:
            mark = self.take()
            if mark in values:
                values[mark] = on
            elif mark == "-" and on:
                on = False
            elif mark in ":)":
                break
            else:
                raise EvaluationError("the regular expression has a group that RE2 does not know")
        changed = PatternFlags(values["i"], values["m"], values["s"], values["U"])
        if mark == ")":
            return None, changed
        node = self.choice(changed, depth + 1)
        self.close()
        return node, flags

    def close(self) -> None:
        if not self.is_at(")"):
            raise EvaluationError("the regular expression lacks a `)`")
        self.position += 1

    def group(self, flags: PatternFlags, depth: int) -> Node:
        name = None
        if self.is_at("?"):
            self.read_until("<")
            name = self.read_until(">")
            if not name or not name.isascii() or not all(char.isalnum() or char == "_" for char in name):
                raise EvaluationError("the regular expression has a group with a bad name")
            if name in self.names:
                raise EvaluationError(f"the regular expression has two groups `{name}`")
        self.names.append(name)
        index = len(self.names)
        node = self.choice(flags, depth + 1)
        self.close()
        return CaptureGroup(node, index)

    def atom(self, flags: PatternFlags, depth: int) -> Node:
        if self.bounds() is not None:
            raise EvaluationError("the regular expression repeats nothing")
        mark = self.take()
        match mark:
            case "(":
                return self.group(flags, depth)
            case "[":
                return self.char(self.bracket(flags), PatternFlags())
            case ".":
                return Char(((0, LAST),) if flags.dot_newline else invert(((10, 10),)))
            case "^":
                return Assertion("line start" if flags.lines else "start")
            case "$":
                return Assertion("line end" if flags.lines else "end")
            case "\\":
                return self.escape(flags)
            case _:
                return self.char(((ord(mark), ord(mark)),), flags)

    def char(self, ranges: Ranges, flags: PatternFlags) -> Char:
        if not flags.fold:
            return Char(ranges)
        self.folding = True
        return Char(fold_case(ranges))

    def escape(self, flags: PatternFlags) -> Node:
        if self.pattern[self.position : self.position + 1] in _PLACES:
            return Assertion(_PLACES[self.take()])
        ranges = self.class_escape()
        if ranges is not None:
            return Char(ranges)
        code = self.code()
        return self.char(((code, code),), flags)

    def class_escape(self) -> Ranges | None:
        """Parse `d`, `W` and so on after a backslash; None for another escape."""
        mark = self.pattern[self.position : self.position + 1]
        if mark in ("p", "P"):
            raise LimitError("limit: a regular expression with Unicode classes")
        if mark and mark.lower() in _PERL:
            self.position += 1
            return _PERL[mark] if mark in _PERL else invert(_PERL[mark.lower()])
        return None

    def code(self) -> int:
        """Parse the rest of an escape for one character."""
        mark = self.take()
        if mark in _LETTER_ESCAPES:
            return _LETTER_ESCAPES[mark]
        if mark == "x":
            return self.hexadecimal()
        if mark in "01234567":
            digits = mark
            while len(digits) < 3 and self.pattern[self.position : self.position + 1] in tuple("01234567"):
                digits += self.take()
            if mark != "0" and len(digits) == 1:
                raise EvaluationError("the regular expression refers back to a group, which RE2 does not know")
            return int(digits, 8)
        if mark.isascii() and not mark.isalnum():
            return ord(mark)
        raise EvaluationError("the regular expression has an escape that RE2 does not know")

    def hexadecimal(self) -> int:
        if self.is_at("{"):
            self.position += 1
            digits = self.read_until("}")
        else:
            digits = self.pattern[self.position : self.position + 2]
            self.position += 2
            if len(digits) < 2:
                digits = ""
        if not digits or len(digits) > 8 or digits.strip("0123456789abcdefABCDEF") or int(digits, 16) > LAST:
            raise EvaluationError("the regular expression has a bad hexadecimal escape")
        return int(digits, 16)

    def bracket(self, flags: PatternFlags) -> Ranges:
        """Parse a character class after its `[`."""
        negated = self.is_at("^")
        self.position += negated
        ranges: list[tuple[int, int]] = []
        first = True
        while first or not self.is_at("]"):
            first = False
            ranges += self.bracket_item()
        self.position += 1
        if flags.fold:
            self.folding = True
            ranges = list(fold_case(tuple(ranges)))
        return invert(tuple(ranges)) if negated else tuple(ranges)

    def bracket_item(self) -> Ranges:
        if self.is_at("[:") and self.pattern.find(":]", self.position + 2) >= 0:
            self.position += 2
            name = self.read_until(":]")
            named = _POSIX.get(name.removeprefix("^"))
            if named is None:
                raise EvaluationError("the regular expression has a character class that RE2 does not know")
            return invert(named) if name.startswith("^") else named
        if self.is_at("\\"):
            self.position += 1
            ranges = self.class_escape()
            if ranges is not None:
                return ranges
            low = self.code()
        else:
            low = ord(self.take())
        if not self.is_at("-") or self.is_at("-]"):
            return ((low, low),)
        self.position += 1
        high = self.take()
        last = self.code() if high == "\\" else ord(high)
        if last < low:
            raise EvaluationError("the regular expression has a range that runs backwards")
        return ((low, last),)

    def read_repetition(self, node: Node, flags: PatternFlags) -> Node:
        """Parse the repetition after `node`, if there is one."""
        bounds = self.bounds()
        if bounds is None:
            return node
        lazy = self.is_at("?")
        self.position += lazy
        before = self.position
        if self.bounds() is not None:
            raise EvaluationError("the regular expression repeats a repetition")
        self.position = before
        return Repeat(node, *bounds, greedy=lazy == flags.ungreedy)

    def bounds(self) -> tuple[int, int | None] | None:
        for mark, found in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.is_at(mark):
                self.position += 1
                return found
        end = self.pattern.find("}", self.position)
        if not self.is_at("{") or end < 0:
            return None
        least, comma, most = self.pattern[self.position + 1 : end].partition(",")
        if not _is_count(least) or (most and not _is_count(most)):
            return None
        self.position = end + 1
        lowest = int(least[:5])
        highest = lowest if not comma else int(most[:5]) if most else None
        if lowest > _MOST_REPEATS or (highest is not None and not lowest <= highest <= _MOST_REPEATS):
            raise EvaluationError("the regular expression has a bad number of repetitions")
        return lowest, highest


def _is_count(written: str) -> bool:
    return written.isascii() and written.isdigit() and (written == "0" or not written.startswith("0"))
