"""Real git, on repositories of a test, without any setting of the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_GIT = shutil.which("git")  # now: some tests change PATH
ALONE = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}


def git(directory: Path, *arguments: str, status: int | None = 0, stdin: str = "") -> str:
    """Run git; without it the test is skipped."""
    if _GIT is None:
        pytest.skip("git is not installed")
    command = [_GIT, "-c", "protocol.file.allow=always", "-C", str(directory), *arguments]
    run = subprocess.run(
        command, env={**os.environ, **ALONE}, input=stdin.encode("utf-8", "surrogateescape"), capture_output=True
    )
    assert status is None or run.returncode == status, run.stderr
    return run.stdout.decode("utf-8", "surrogateescape")


def init(directory: Path, *options: str) -> Path:
    """Make a repository."""
    directory.mkdir(parents=True, exist_ok=True)
    git(directory, "init", "-q", *options)
    return directory


def write(directory: Path, *names: str, text: str = "x") -> None:
    """Write files, with the directories that they want."""
    for name in names:
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def add(directory: Path, *names: str, text: str = "x") -> None:
    """Write files and let git track them."""
    write(directory, *names, text=text)
    git(directory, "add", "-f", "--", *names)
