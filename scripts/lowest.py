"""Print the lowest versions of its dependencies that tfcheck promises to work with, as constraints for pip.

python -m scripts.lowest > lowest.txt
python -m pip install --constraint lowest.txt '.[dev]'
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
_LOWEST = re.compile(r"(?P<name>[\w.-]+)>=(?P<version>[\d.]+)")


def lowest() -> list[str]:
    """Return one constraint for each dependency of the package.

    Raises:
        ValueError: a dependency has no lowest version.
    """
    found = []
    for each in tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["dependencies"]:
        bound = _LOWEST.match(each)
        if bound is None:
            raise ValueError(f"{each} has no lowest version")
        found.append(f"{bound['name']}=={bound['version']}")
    return found


if __name__ == "__main__":
    print("\n".join(lowest()))
