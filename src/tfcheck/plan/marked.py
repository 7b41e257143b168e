"""List every string that a plan marks as sensitive, of whatever resource, variable or output.

Rows are decoded only where a mask marks something; that is looked for in the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Raw

from tfcheck.plan.document import Change, Document, ReadRow, decoded, decoded_json, decoded_mask, present
from tfcheck.symbolic.marks import marked_strings, with_mask

_MASKS = (b'"before_sensitive"', b'"after_sensitive"')


def of_changes(document: Document) -> Iterator[str]:
    """Yield what the masks of resources and root outputs mark, before the change and after it."""
    for row in document.resource_changes or ():
        if row is not None and _marks_something(row.change):
            yield from _of_change(row.change, f"`{row.address}` in the plan")
    outputs = decoded(document.output_changes, dict[str, Raw], "`output_changes`") if _outputs(document) else {}
    for name, change in outputs.items():
        yield from _of_change(change, f"output `{name}` in the plan")


def of_state(rows: Iterator[ReadRow]) -> Iterator[str]:
    """Yield what is marked in data sources that were read."""
    for row in rows:
        if b"true" in bytes(row.sensitive_values):
            named = f"`{row.address}` in the plan"
            values, mask = decoded_json(row.values, named), decoded_mask(row.sensitive_values, named)
            yield from marked_strings(with_mask(values, mask))


def _outputs(document: Document) -> bool:
    return present(document.output_changes) and _marks_something(document.output_changes)


def _marks_something(change: Raw) -> bool:
    """Whether a mask of a change may mark something: Terraform writes both of them last."""
    text = bytes(change)
    starts = [found for found in map(text.rfind, _MASKS) if found >= 0]
    return bool(starts) and text.find(b"true", min(starts)) >= 0


def _of_change(raw: Raw, named: str) -> Iterator[str]:
    change = decoded(raw, Change, named)
    sides = ((change.before, change.before_sensitive), (change.after, change.after_sensitive))
    for value, mask in sides:
        known: Any = decoded_json(mask, named)
        if known:
            yield from marked_strings(with_mask(decoded_json(value, named), known))
