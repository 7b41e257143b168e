"""The script that breaks the rules of policies one at a time still finds what it breaks."""

from __future__ import annotations

from pathlib import Path

from scripts.mutate_iam import ROOT, VARIANTS


def test_what_a_variant_replaces_is_there() -> None:
    texts = {file: Path(ROOT, "src/tfcheck", file).read_text(encoding="utf-8") for _, file, _, _ in VARIANTS}
    assert [name for name, file, old, new in VARIANTS if old not in texts[file] or old == new] == []


def test_variants_have_names_of_their_own() -> None:
    names = [each[0] for each in VARIANTS]
    assert len(names) == len(set(names)) >= 100
