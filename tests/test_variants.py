"""The script that breaks the rules of policies one at a time still finds what it breaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.mutate_iam import ROOT, VARIANTS


@pytest.mark.parametrize(("file", "old", "new"), [pytest.param(*each[1:], id=each[0]) for each in VARIANTS])
def test_what_a_variant_replaces_is_there(file: str, old: str, new: str) -> None:
    text = Path(ROOT, "src/tfcheck", file).read_text(encoding="utf-8")
    assert old in text
    assert text.replace(old, new, 1) != text


def test_variants_have_names_of_their_own() -> None:
    names = [each[0] for each in VARIANTS]
    assert len(names) == len(set(names)) >= 100
