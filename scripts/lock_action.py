"""Write requirements/action.txt: what the GitHub Action installs, each package by version and hash, for every platform.

    python -m scripts.lock_action            write it, with the newest versions that pyproject.toml allows

It needs uv on PATH or beside this Python. What builds tfcheck is in the list, too: pip would fetch that without hashes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "action.txt"
_HEAD = "# Made by `python -m scripts.lock_action`. What the GitHub Action installs, and what builds tfcheck.\n"


def wanted() -> list[str]:
    """Return what tfcheck needs to run and to be built."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [*project["project"]["dependencies"], *project["build-system"]["requires"]]


def locked(uv: str) -> str:
    """Choose versions and list the hashes of all their files; nothing of the place they come from is written down."""
    command = [uv, "--no-config", "pip", "compile", "-", "--quiet", "--universal", "--python-version", "3.11"]
    options = ["--generate-hashes", "--no-build", "--no-header", "--no-annotate"]
    text = "\n".join(wanted())
    run = subprocess.run([*command, *options], input=text, stdout=subprocess.PIPE, encoding="utf-8", check=True)
    return _HEAD + run.stdout


def main() -> int:
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        print("error: this needs uv", file=sys.stderr)
        return 1
    LOCK.write_text(locked(uv), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
