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

    from tfcheck.cli.main import run

    # A run is short and makes many objects but hardly any cycles: looking for them costs a tenth of the time.
    gc.disable()
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
