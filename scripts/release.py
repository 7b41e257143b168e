"""Check that a tag may become a release: it is the package's version, and the changelog has it with a date."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSION = ROOT / "src" / "tfcheck" / "__init__.py"
CHANGELOG = ROOT / "CHANGELOG.md"


def problems(tag: str, module: str, changelog: str) -> list[str]:
    """Return what must be corrected before the tag is pushed again, one sentence each.

    Takes the tag's name, `v1.2.3`, and the texts of the package's `__init__.py` and of the changelog.
    """
    version = re.search(r'^__version__ = "([^"]+)"$', module, re.MULTILINE)
    if version is None:
        return ["src/tfcheck/__init__.py has no __version__"]
    found = []
    if tag != f"v{version[1]}":
        found.append(f"the tag is {tag}, but the version in src/tfcheck/__init__.py is {version[1]}")
    if not re.search(rf"^## \[{re.escape(version[1])}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE):
        found.append(f"CHANGELOG.md has no heading `## [{version[1]}] - YYYY-MM-DD`")
    if re.search(r"^## \[Unreleased\]\n+(?!## )\S", changelog, re.MULTILINE):
        found.append(f"CHANGELOG.md lists changes under Unreleased: move them to {version[1]}")
    return found


def main() -> None:
    """Print what is wrong with the tag in the first argument; exit with status 1 if anything is."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m scripts.release TAG")
    found = problems(sys.argv[1], VERSION.read_text(encoding="utf-8"), CHANGELOG.read_text(encoding="utf-8"))
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
