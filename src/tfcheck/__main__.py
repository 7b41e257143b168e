"""Start the command, and end its process."""

from __future__ import annotations

import os
import sys

from tfcheck import __version__

#: Words for the frames of a run: twice as many as the recursion limit needs are mapped, and used only as needed.
_STACK = 1 << 17


def command() -> None:
    """Run the command as a process of its own."""
    status = main()
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):  # None if it is closed
            stream.flush()
    except (OSError, ValueError):
        sys.exit(status)
    # Nothing is left to do at exit: freeing every object would take a tenth of a small run.
    os._exit(status)


def main() -> int:
    """Return the exit status of a run with the process's arguments."""
    # Scripts and prompts ask for the version: it does not wait for the command line to be imported.
    if sys.argv[1:] == ["--version"]:
        try:
            print(f"tfcheck {__version__}", flush=True)
        except OSError as error:
            from tfcheck.cli.terminal import unwritable

            return unwritable(error)
        return 0
    import gc

    # A run is short and creates many objects but hardly any cycles: looking for them costs a tenth of the time.
    gc.disable()
    from tfcheck.cli.main import run

    def start() -> int:
        return run(sys.argv[1:])

    # CPython maps 16 KB of memory for its frames at a time, and where these are full anew for every call, which made
    # some runs three times as slow. This frame is so large that all others have room in the same piece.
    start.__code__ = start.__code__.replace(co_stacksize=_STACK)
    return start()


if __name__ == "__main__":
    command()
