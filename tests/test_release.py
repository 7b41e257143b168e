"""A tag becomes a release only if it is the version of the package and the changelog has a dated entry for it."""

from __future__ import annotations

import pytest

from scripts.release import CHANGELOG, VERSION, problems
from tfcheck import __version__

_MODULE = '__version__ = "1.2.0"\n'
_CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2027-01-31\n\n- A change.\n"


def test_the_changelog_has_the_version_of_the_package() -> None:
    found = problems(f"v{__version__}", VERSION.read_text(encoding="utf-8"), CHANGELOG.read_text(encoding="utf-8"))
    assert [each for each in found if "Unreleased" not in each] == []


@pytest.mark.parametrize(
    ("tag", "changelog", "expected"),
    [
        ("v1.2.0", _CHANGELOG, []),
        ("v1.2.1", _CHANGELOG, ["the tag is v1.2.1, but the version in src/tfcheck/__init__.py is 1.2.0"]),
        ("v1.2.0", _CHANGELOG.replace(" - 2027-01-31", ""), ["CHANGELOG.md has no heading `## [1.2.0] - YYYY-MM-DD`"]),
        (
            "v1.2.0",
            _CHANGELOG.replace("## [1.2.0]", "- Another change.\n\n## [1.2.0]"),
            ["CHANGELOG.md lists changes under Unreleased: move them to 1.2.0"],
        ),
    ],
    ids=["whole", "another version", "no date", "not moved"],
)
def test_what_is_still_wrong_is_listed(tag: str, changelog: str, expected: list[str]) -> None:
    assert problems(tag, _MODULE, changelog) == expected


def test_a_module_without_a_version_is_reported() -> None:
    assert problems("v1.2.0", "", _CHANGELOG) == ["src/tfcheck/__init__.py has no __version__"]
