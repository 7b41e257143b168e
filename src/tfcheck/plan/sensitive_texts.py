"""List every text that a plan marks as sensitive, of any resource, variable or output.

A row is decoded only if its mask marks something, which can be seen in the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

import msgspec
from msgspec import Raw

from tfcheck.plan import document as parts
from tfcheck.symbolic.marks import apply_mask, mark_all, marked_strings

_BEFORE, _AFTER = b'"before_sensitive"', "after_sensitive"


def sensitive_in_plan(document: parts.Document) -> Iterator[str]:
    """Yield the marked texts of a plan: in its changes, and in its resource drift."""
    drift: list[parts.ResourceChange | None] = []
    if _may_mark(document.resource_drift):
        drift = parts.decoded_section(document.resource_drift, list[parts.ResourceChange | None], "`resource_drift`")
    for row in chain(document.resource_changes or (), drift):
        if row is not None and _marks_something(row.change):
            yield from _sensitive_in_change(row.change, f"`{row.address}` in the plan")
    if _may_mark(document.output_changes):
        outputs = parts.decoded_section(document.output_changes, dict[str, Raw], "`output_changes`")
        for name, change in outputs.items():
            yield from _sensitive_in_change(change, f"output `{name}` in the plan")


def sensitive_in_state(state: parts.State[parts.StateRow]) -> Iterator[str]:
    """Yield the marked texts in the objects and the outputs of a state."""
    for name, output in ((state.values.outputs if state.values else None) or {}).items():
        if output is not None and output.sensitive:
            yield from marked_strings(mark_all(parts.decoded_json(output.value, f"output `{name}` in the plan")))
    for module in parts.each_module(state.values.root_module if state.values else None):
        for row in module.resources or ():
            if row is not None and _may_mark(row.sensitive_values):
                named = f"`{row.address}` in the plan"
                mask = parts.decoded_mask(row.sensitive_values, named)
                yield from marked_strings(apply_mask(parts.decoded_json(row.values, named), mask))


def _may_mark(masks: Raw) -> bool:
    """Whether a mask may mark something, or one inside of a larger part of the plan."""
    return b"true" in bytes(masks)


def _marks_something(change: Raw) -> bool:
    """Whether a mask of one change may mark something, judged from its end, where Terraform writes the masks."""
    text = bytes(change)
    start = text.rfind(_BEFORE)
    return not (start >= 0 and _is_unmarked_end(text[start:])) and b"true" in text


@lru_cache(1_000)  # many rows end alike
def _is_unmarked_end(masks: bytes) -> bool:
    """Whether this is the end of a change with both masks, neither of which marks anything.

    Names of a map may be called like the masks: the end of an object inside of the change is not its end.
    """
    if b"true" in masks:
        return False
    try:
        return _AFTER in msgspec.json.decode(b"{" + masks, type=dict[str, Raw])
    except msgspec.DecodeError:
        return False


def _sensitive_in_change(raw: Raw, named: str) -> Iterator[str]:
    change = parts.decoded_section(raw, parts.ChangeRow, named)
    sides = ((change.before, change.before_sensitive), (change.after, change.after_sensitive))
    for value, mask in sides:
        if parts.present(mask) and not parts.marks_nothing(mask):
            yield from marked_strings(apply_mask(parts.decoded_json(value, named), parts.decoded_json(mask, named)))
