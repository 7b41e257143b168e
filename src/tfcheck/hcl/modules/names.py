"""Decide which files of a directory make a module, and in which order.

Follows https://developer.hashicorp.com/terraform/language/files and, for `.tofu`,
https://opentofu.org/docs/language/files/.
"""

from __future__ import annotations

from collections.abc import Iterable

_ENDINGS = (".tf", ".tf.json")
_OPENTOFU_ENDINGS = (".tofu", ".tofu.json")


def module_files(names: Iterable[str], *, opentofu: bool) -> tuple[str, ...]:
    """Pick the files of a module in name order, those that override others last.

    With `opentofu` an `x.tofu` counts, and hides `x.tf`.
    """
    endings = _ENDINGS + _OPENTOFU_ENDINGS if opentofu else _ENDINGS
    present = {name for name in names if name.endswith(endings) and not _is_ignored(name)}
    in_force = [name for name in present if not _hiding(name) & present]
    return tuple(sorted(in_force, key=lambda name: (is_override(name), name)))


def is_override(name: str) -> bool:
    """Whether a file changes what others declare."""
    stem = name.removesuffix(".json").rpartition(".")[0]
    return stem == "override" or stem.endswith("_override")


def _is_ignored(name: str) -> bool:
    return name.startswith(".") or name.endswith("~") or (name.startswith("#") and name.endswith("#"))


def _hiding(name: str) -> set[str]:
    """Name the file that would hide `name`."""
    for ending, hidden_by in zip(_ENDINGS, _OPENTOFU_ENDINGS, strict=True):
        if name.endswith(ending):
            return {name.removesuffix(ending) + hidden_by}
    return set()
