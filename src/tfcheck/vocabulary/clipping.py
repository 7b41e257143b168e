"""Clip texts for readers: a name of a megabyte helps nobody, and hides what is beside it.

Texts that are compared or looked up (addresses, ids and the resources of requirements) are never clipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tfcheck.symbolic.regex import regex

#: The maximum number of characters of one word, such as a name or an ARN, and of one sentence or line.
LONGEST_WORD, LONGEST_LINE = 200, 2000

_LONG_WORD = regex(rf"\S{{{LONGEST_WORD + 1},}}")


def clip(text: str, longest: int = LONGEST_WORD) -> str:
    """Return the beginning of a text that is too long, with its length."""
    return text if len(text) <= longest else f"{text[:longest]}... ({len(text):,} characters)"


def clip_words(text: str) -> str:
    """Clip the words of a line, and the line itself."""
    if len(text) <= LONGEST_WORD:
        return text
    return clip(_LONG_WORD.sub(lambda word: clip(word[0]), text[: 50 * LONGEST_LINE]), LONGEST_LINE)


def and_more(number: int, shown: int) -> str:
    """Return ` and 3,970 more` for the rest of a list; empty if all are shown."""
    return f" and {number - shown:,} more" if number > shown else ""


def few(names: Sequence[str], most: int = 3, write: Callable[[str], str] = str) -> str:
    """Join the first names of a list, each as `write` writes it, and count the others."""
    return ", ".join(map(write, names[:most])) + and_more(len(names), most)


def join_names(names: Iterable[str]) -> str:
    """Join names as in a sentence: `a`, `a and b`, `a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
