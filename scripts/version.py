"""Print the version of the package, which stands in one place: src/tfcheck/__init__.py."""

import re
from pathlib import Path

PLACE = Path(__file__).resolve().parent.parent / "src" / "tfcheck" / "__init__.py"


def main() -> None:
    """Print the version."""
    found = re.search(r'^__version__ = "([^"]+)"$', PLACE.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"no version in {PLACE}"
    print(found[1])


if __name__ == "__main__":
    main()
