"""A check that is made once for all commands that get the same files, whichever part of its report they print."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import Any

from tfcheck.analysis.check import check
from tfcheck.analysis.options import RunOptions
from tfcheck.hcl.modules import Sources
from tfcheck.plan import Plan
from tfcheck.repository.machine import signs
from tfcheck.vocabulary.finding import Report

_KNOWN: dict[tuple[object, ...], Report] = {}


def once(folder: Path, plan: Plan, sources: Sources | None, options: RunOptions, **others: Any) -> Report:
    """Check a plan as `check` does, unless it is known of another test whose folder has the same content.

    INVARIANT: a plan outside of the folder and its sources do not change while the tests run.
    """
    if options.to_fix is not None or others["stacks"]:
        return check(plan, sources, options, **others)
    here = os.path.relpath(Path.cwd(), folder) if Path.cwd().is_relative_to(folder) else os.getcwd()
    asked = (
        options.workspace,
        options.account,
        options.fixes,
        options.excerpts,
        repr(options.choice),
        *signs(os.environ),
    )
    key = here, plan.label, sources.label if sources else None, _content(folder), *asked
    if key not in _KNOWN:
        _KNOWN[key] = check(plan, sources, options, **others)
    return _KNOWN[key]


def _content(folder: Path) -> bytes:
    """Return a key of the names and contents of all files of a folder."""
    found = sha256()
    for place, directories, files in os.walk(folder):
        directories.sort()
        for path in (os.path.join(place, each) for each in sorted((*directories, *files))):
            found.update(f"\0{path.removeprefix(str(folder))}\0".encode())
            if os.path.islink(path):
                found.update(os.readlink(path).encode())
            elif os.path.isfile(path):
                found.update(Path(path).read_bytes())
    return found.digest()
