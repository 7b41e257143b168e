"""A check that is made once for all commands that a test gives the same files, whatever they print of its report."""

from __future__ import annotations

import os
from typing import Any

from tfcheck.analysis.check import check
from tfcheck.analysis.options import RunOptions
from tfcheck.hcl.modules import Sources
from tfcheck.plan import Plan
from tfcheck.vocabulary.finding import Report

_KNOWN: dict[tuple[object, ...], Report] = {}


def once(plan: Plan, sources: Sources | None, options: RunOptions, **others: Any) -> Report:
    """Check a plan as `check` does; INVARIANT: no test changes its files and stays in its directory."""
    if options.to_fix is not None:
        return check(plan, sources, options, **others)
    asked = options.workspace, options.account, options.fixes, options.excerpts, repr(options.choice)
    key = os.getcwd(), plan.label, *asked
    if key not in _KNOWN:
        _KNOWN[key] = check(plan, sources, options, **others)
    return _KNOWN[key]
