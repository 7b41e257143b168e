"""List every text that a plan marks as sensitive, of any resource, variable or output.

Rows are decoded only where a mask marks something; that is looked for in the bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from msgspec import Raw

from tfcheck.plan.document import (
    Change,
    Document,
    PriorState,
    ResourceChange,
    decoded_json,
    decoded_mask,
    decoded_section,
    present,
)
from tfcheck.symbolic.marks import apply_mask, mark_all, marked_strings

_BEFORE, _AFTER = b'"before_sensitive"', b'"after_sensitive"'


def sensitive_in_plan(document: Document) -> Iterator[str]:
    """Yield the marked texts of a plan: in its changes, and in its resource drift."""
    for row in chain(document.resource_changes or (), _drift(document)):
        if row is not None and _marks_something(row.change):
            yield from _sensitive_in_change(row.change, f"`{row.address}` in the plan")
    outputs = decoded_section(document.output_changes, dict[str, Raw], "`output_changes`") if _outputs(document) else {}
    for name, change in outputs.items():
        yield from _sensitive_in_change(change, f"output `{name}` in the plan")


def _drift(document: Document) -> Iterable[ResourceChange | None]:
    raw = document.resource_drift
    if not present(raw) or not _marks_something(raw):
        return ()
    return decoded_section(raw, list[ResourceChange | None], "`resource_drift`")


def sensitive_in_state(state: PriorState) -> Iterator[str]:
    """Yield the marked texts in the objects and the outputs of a state."""
    modules = [state.values.root_module] if state.values else []
    for name, output in ((state.values.outputs if state.values else None) or {}).items():
        if output is not None and output.sensitive:
            yield from marked_strings(mark_all(decoded_json(output.value, f"output `{name}` in the plan")))
    while modules:
        module = modules.pop()
        for row in (module.resources if module else None) or ():
            if row is not None and b"true" in bytes(row.sensitive_values):
                named = f"`{row.address}` in the plan"
                mask = decoded_mask(row.sensitive_values, named)
                yield from marked_strings(apply_mask(decoded_json(row.values, named), mask))
        modules += (module.child_modules if module else None) or ()


def _outputs(document: Document) -> bool:
    return present(document.output_changes) and _marks_something(document.output_changes)


def _marks_something(change: Raw) -> bool:
    """Whether a mask of a change may mark something, judged from the end of its text, where Terraform writes masks."""
    text = bytes(change)
    start = text.rfind(_BEFORE)
    if start < 0 or text.find(_AFTER, start) < 0:
        starts = [found for found in (start, text.rfind(_AFTER)) if found >= 0]
        if not starts:
            return False
        start = min(starts)
    return text.find(b"true", start) >= 0


def _sensitive_in_change(raw: Raw, named: str) -> Iterator[str]:
    change = decoded_section(raw, Change, named)
    sides = ((change.before, change.before_sensitive), (change.after, change.after_sensitive))
    for value, mask in sides:
        known: Any = decoded_json(mask, named)
        if known:
            yield from marked_strings(apply_mask(decoded_json(value, named), known))
