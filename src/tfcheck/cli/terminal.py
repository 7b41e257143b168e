"""Write the report to standard output, and messages to standard error.

Colour and progress appear on a terminal only.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

import click

from tfcheck.report.safe_text import visible
from tfcheck.vocabulary.clipping import clip_words
from tfcheck.vocabulary.errors import TfcheckError, UsageError, file_problem

#: The width of reports.
_NARROWEST, _WIDEST = 60, 200


def open_streams() -> None:
    """Make both streams accept every character: a piped report is UTF-8, regardless of the locale.

    A stream that the caller has closed is replaced by one that leads nowhere.
    """
    sys.stdout = sys.stdout or io.StringIO()  # typed as never None, but it may be
    sys.stderr = sys.stderr or io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")


def is_coloured(choice: str, stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether to use colour: `--color` first, then NO_COLOR, then FORCE_COLOR, then whether `stream` is a terminal.

    Follows https://no-color.org and https://force-color.org: both count when set and not empty.
    """
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"


def width(stream: TextIO, environment: Mapping[str, str]) -> int:
    """Return the width to write for: the terminal's, from 60 to 200 columns, or 100 without a terminal."""
    columns = environment.get("COLUMNS", "")
    if columns.isdecimal():
        return min(max(int(columns[:6]), _NARROWEST), _WIDEST)
    try:
        return min(max(os.get_terminal_size(stream.fileno()).columns, _NARROWEST), _WIDEST)
    except (OSError, ValueError):
        return 100


def print_error(error: TfcheckError) -> None:
    """Print an error and its hint on standard error."""
    print_message(f"error: {visible(clip_words(error.message))}")
    if error.hint:
        print_message(f"hint: {visible(clip_words(error.hint))}")


def print_message(message: str) -> None:
    """Write one line to standard error, ignoring a closed stream."""
    try:
        click.echo(message, err=True)
    except OSError:
        _drop(sys.stderr)


def publish(report: str, output: str | None, *, colour: bool) -> None:
    """Write the report to the file `output`, or to standard output.

    Raises:
        UsageError: it cannot be written there.
    """
    try:
        if output is None or output == "-":
            _print_report(report, colour=colour)
        else:
            from tfcheck.repository.writing import write

            write(Path(output), report.encode("utf-8", "backslashreplace"))
    except (OSError, ValueError) as error:
        target = "standard output" if output is None else f"`{output}`"
        raise UsageError(f"the report cannot be written to {target}: {file_problem(error)}") from None


def log(text: str) -> None:
    """Write to standard output what a job logs; if that fails, warn once and go on."""
    try:
        _print_report(text, colour=False)
    except OSError as error:
        print_message(f"warning: standard output cannot be written to: {file_problem(error)}")


def _print_report(report: str, *, colour: bool) -> None:
    try:
        click.echo(report, nl=False, color=colour)
    except BrokenPipeError:
        # The reader has read enough: `tfcheck plan.json | head -1`.
        _drop(sys.stdout)
    except OSError:
        _drop(sys.stdout)
        raise


def unwritable(error: OSError) -> int:
    """Report that standard output cannot be written, unless the reader closed it; return the exit status."""
    _drop(sys.stdout)
    if isinstance(error, BrokenPipeError):
        return 0
    problem = UsageError(f"standard output cannot be written to: {file_problem(error)}")
    print_error(problem)
    return problem.exit_status


def _drop(stream: TextIO) -> None:
    """Discard the buffer, so that the interpreter does not report an error at exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        return
