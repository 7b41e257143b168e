"""The errors that a user can fix, and suggestions for mistyped words."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from tfcheck.symbolic.regex import regex


class TfcheckError(Exception):
    """A problem that the user can fix; `hint` says how.

    Messages are lower case, end without a full stop and put user input in backticks.
    """

    exit_status: ClassVar[int] = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(TfcheckError):
    """Options or arguments do not fit together, or a file cannot be written."""


class InputError(TfcheckError):
    """A file cannot be read, is not a plan, or is not a complete one."""

    exit_status = 3


def input_words(path: Path | str | None) -> str:
    """Return how messages name an input: by its path, or as standard input, which is None or `-`."""
    return "standard input" if path in (None, "-") else f"`{path}`"


def file_problem(error: OSError | ValueError) -> str:
    """Return why a file or a stream cannot be read or written, for the end of a message."""
    return ((error.strerror if isinstance(error, OSError) else None) or str(error)).lower()


def decoding_problem(error: Exception) -> str:
    """Return in one line what a JSON decoder rejected, in the same words before and since msgspec 0.23."""
    problem = str(error).removeprefix("JSON is malformed: ")
    return "its text is not UTF-8" if "utf-8" in problem.lower() else problem


#: The beginning of JSON, also after a wrapper's output, and its indented lines.
_BEGINNINGS = ("[", "{", '"', "'", "}", "]")
_CONTENT = regex(r"""\[command\]|[{\[]\s*(?:["{]|$)|["'].*["']\s*:|[}\]],?$""")


def refuse_content(value: str, name: str) -> None:
    """Raise an error for the content of a file in place of its path, which an error message would show.

    Raises:
        UsageError: `value` is JSON; it is not quoted.
    """
    text = value.lstrip()[:_LONGEST]
    if text.startswith(_BEGINNINGS) and _CONTENT.match(text):
        hint = "write it to a file and pass the path of that file"
        raise UsageError(f"{name} is the content of a file, not its path", hint=hint)


#: Longer names are compared by their beginning.
_LONGEST = 100


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return a hint with the most similar known name, or `otherwise` if there is none."""
    # Most runs have nothing to correct, and need not import this.
    from difflib import get_close_matches

    near = get_close_matches(name[:_LONGEST], list(known), 1)
    return f"did you mean `{near[0]}`?" if near else otherwise
