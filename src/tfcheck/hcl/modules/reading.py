"""Which files may the sources read?

Whoever writes the sources must not make tfcheck read the machine it runs on: what is read lies in the work tree that
the root module belongs to, or below the root module where there is no work tree.
"""

from __future__ import annotations

from pathlib import Path

from tfcheck.hcl.scope import EvaluationError

_LARGEST = 20_000_000


def read_below(root: Path, path: str) -> bytes | None:
    """Read the file at `path`, seen from `root`; None where it lies outside the source tree or is too large.

    Raises:
        EvaluationError: the file would be in the source tree, and is not there.
    """
    try:
        # NOTE: resolved first, so that neither `..` nor a symbolic link leads outside.
        file = (root / path).resolve()
        if "\0" in path or path.startswith("~") or not file.is_relative_to(source_tree(root)):
            return None
        if not file.is_file():
            raise EvaluationError(f"there is no file `{path}`")
        return file.read_bytes() if file.stat().st_size <= _LARGEST else None
    except (OSError, ValueError, RuntimeError):
        return None


def source_tree(root: Path) -> Path:
    """Give the work tree that a directory belongs to, or the directory itself."""
    resolved = root.resolve()
    for directory in (resolved, *resolved.parents):
        if (directory / ".git").exists() and directory != Path.home().resolve():
            return directory
    return resolved
