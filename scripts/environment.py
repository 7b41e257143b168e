"""Make the virtual environment that the Makefile works in, from nothing but a Python.

    python3 scripts/environment.py .venv           the package alone
    python3 scripts/environment.py .venv --tools   the tools of its developers as well
    python3 scripts/environment.py .venv --docs    what builds the documentation as a site

Old Pythons must be able to read this file, to say that they are too old.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")


def main(arguments):
    """Build the environment that the arguments ask for."""
    _with_a_python_that_is_new_enough()
    environment = Path(arguments[0])
    extra = {"--tools": "[dev]", "--docs": "[docs]"}.get(arguments[-1], "")
    if not extra:
        print(f"making the environment {environment} (once, and when pyproject.toml changes) ...", flush=True)
        _make(environment)
    package = f"{ROOT}{extra}"
    command = [*_pip(environment), "install", "--quiet", "--disable-pip-version-check", "--editable", package]
    if subprocess.run(command).returncode:
        sys.exit("error: pip could not install tfcheck; its message is above")
    # An editable package is not compiled by pip, and where PYTHONDONTWRITEBYTECODE is set never would be.
    python = str(environment / "bin" / "python")
    subprocess.run([python, "-m", "compileall", "-q", str(ROOT / "src")], check=True)


def _with_a_python_that_is_new_enough():
    if sys.version_info >= OLDEST:
        return
    for name in NEWER:
        found = shutil.which(name)
        if found:
            os.execv(found, [found, *sys.argv])
    sys.exit("error: tfcheck needs Python 3.11 or newer; make PYTHON=/path/to/python3 names another one")


def _make(environment):
    """Make an empty environment; where the system's Python comes without ensurepip, one without pip."""
    command = [sys.executable, "-m", "venv", "--clear", str(environment)]
    if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
        subprocess.run([*command, "--without-pip"], check=True)


def _pip(environment):
    """Return the command of a pip that installs into the environment: its own, or the system's."""
    python = str(environment / "bin" / "python")
    for command in ([python, "-m", "pip"], [sys.executable, "-m", "pip", "--python", python]):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        if subprocess.run([*command, "--version"], **quiet).returncode == 0:
            return command
    sys.exit("error: this Python has no pip; install it (Debian, Ubuntu: apt install python3-venv)")


if __name__ == "__main__":
    main(sys.argv[1:])
