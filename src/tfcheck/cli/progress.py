"""Show progress on a terminal after one second, and remove it at the end.

A thread of its own draws the bar on standard error; it only reads, and the check never waits for it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from tfcheck.repository.machine import is_shared
from tfcheck.vocabulary.clipping import clip
from tfcheck.vocabulary.progress import Progress

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

#: Seconds until the bar appears, and between updates.
_AFTER, _EVERY = 1.0, 0.1
_LONGEST_PHASE = 50
#: A file of this size is read in one call, during which nothing can be drawn: the bar is shown before.
_LARGE = 20_000_000
_CLEAR, _SHOW_CURSOR = "\r\x1b[K", "\x1b[?25h"


def is_shown(stream: TextIO, variables: Mapping[str, str], *, quiet: bool) -> bool:
    """Whether to show progress: only on an interactive terminal."""
    return not quiet and stream.isatty() and variables.get("TERM") != "dumb" and not is_shared(variables)


@contextmanager
def progress(plan: str = "-", *, quiet: bool) -> Iterator[Progress]:
    """Yield the progress of a run, and show it while the context is active.

    If `plan` is a large file, the bar is shown at once.
    """
    now = Progress()
    if not is_shown(sys.stderr, os.environ, quiet=quiet):
        yield now
        return
    from threading import Event, Thread

    bar, ended = Bar(now, sys.stderr), Event()
    if _size(plan) >= _LARGE:
        now.begin(f"reading {plan}")
        bar.draw()
    thread = Thread(target=bar.follow, args=(ended.wait,), daemon=True)
    thread.start()
    try:
        yield now
    finally:
        ended.set()
        thread.join()
        bar.clear()


def _size(plan: str) -> int:
    try:
        return os.stat(plan).st_size
    except (OSError, ValueError):
        return 0


class Bar:
    """The progress line on the terminal; a phase of unknown length shows only its name."""

    def __init__(self, now: Progress, stream: TextIO) -> None:
        self._now = now
        self._stream = stream
        self._phase = ("", 0)
        self._bar: ProgressBar[int] | None = None

    def follow(self, ended: Callable[[float], bool]) -> None:
        """Redraw until the run has ended; `ended` waits for some seconds and returns whether it has."""
        if ended(_AFTER):
            return
        self.draw()
        while not ended(_EVERY):
            self.draw()

    def draw(self) -> None:
        """Write the line as it is now."""
        phase, done, total = self._now.phase, self._now.done, self._now.total
        try:
            if self._bar is None or (phase, total) != self._phase:
                self._phase, self._bar = (phase, total), self._new_bar(phase, total)
                self._stream.write(_CLEAR)
            self._bar.pos = min(done, total)
            self._bar.render_progress()
        except (OSError, ValueError):  # nobody is watching any more
            return

    def _new_bar(self, phase: str, total: int) -> ProgressBar[int]:
        import click

        from tfcheck.report.safe_text import visible

        options: dict[str, Any] = {"bar_template": "%(label)s  [%(bar)s]  %(info)s"} if total else _OPEN
        label = clip(visible(phase or "reading"), _LONGEST_PHASE)
        return click.progressbar(
            length=max(total, 1),
            label=label,
            show_eta=False,
            show_percent=False,
            show_pos=True,
            width=30,
            file=self._stream,
            **options,
        )

    def clear(self) -> None:
        """Remove the line."""
        if self._bar is not None:
            try:
                self._stream.write(_CLEAR + _SHOW_CURSOR)
                self._stream.flush()
            except (OSError, ValueError):
                return


_OPEN = {"bar_template": "%(label)s ..."}
