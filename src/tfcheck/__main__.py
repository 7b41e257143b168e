"""Where does the command begin?"""

from __future__ import annotations

import sys

from tfcheck import __version__


def main() -> int:
    """Run the command with the arguments of this process and give its exit status."""
    # The version is asked for in scripts and prompts: it does not wait for the command line to be imported.
    if sys.argv[1:] == ["--version"]:
        try:
            print(f"tfcheck {__version__}", flush=True)
        except OSError as error:
            from tfcheck.cli.terminal import unwritable

            return unwritable(error)
        return 0
    import gc

    # A run is short and makes many objects but hardly any cycles: looking for them costs a tenth of the time, and at
    # the end as much again, for objects that go with the process anyway.
    gc.disable()
    from tfcheck.cli.main import run

    status = run(sys.argv[1:])
    gc.freeze()
    return status


if __name__ == "__main__":
    sys.exit(main())
