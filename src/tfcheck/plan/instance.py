"""One resource instance before and after the change.

Follows https://developer.hashicorp.com/terraform/internals/json-format#change-representation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias, cast

from msgspec import Raw

from tfcheck.plan.document import (
    ChangeRow,
    Mask,
    OnlyArn,
    ResourceChange,
    StateRow,
    decode,
    decoded_mask,
    decoded_section,
    marks_nothing,
    present,
)
from tfcheck.plan.overlay import (
    is_masked,
    marks_anything,
    may_be_edited,
    mistyped_attributes,
    overlay,
    restore_references,
)
from tfcheck.symbolic.caching import Lazy
from tfcheck.symbolic.marks import apply_mask
from tfcheck.symbolic.value import Value
from tfcheck.vocabulary.address import Address, DeposedAddress

#: Whether a text in place of a resource's value is a reference.
Refers: TypeAlias = Callable[[Address, str], bool]


class Instance:
    """One resource instance in the plan; every part of it is decoded on first use.

    A forgotten instance is no longer managed but stays in AWS, so its `after` is its `before`.
    """

    def __init__(self, address: Address, row: ResourceChange, refers: Refers = lambda _, __: False) -> None:
        """Build from the parsed address, the plan's row, and a test for references in place of values."""
        self.address = address
        self._row = row
        self._refers = refers
        self._settled = False

    def __repr__(self) -> str:
        """Return a description of it and its actions, never of its values."""
        return f"<Instance {self.address} {'/'.join(self.actions)}>"

    @property
    def previous_address(self) -> str | None:
        """The address before a `moved` block."""
        return self._row.previous_address

    @property
    def action_reason(self) -> str | None:
        """Terraform's reason for the action, from an open set of words."""
        return self._row.action_reason

    @Lazy
    def actions(self) -> tuple[str, ...]:
        """Return the change actions: one, or two for a replacement, in order."""
        actions = self._change.actions
        return decode(actions, tuple[str, ...], self._description) if present(actions) else ()

    @Lazy
    def exists_before(self) -> bool:
        """Whether the object exists before the change."""
        return present(self._change.before)

    @Lazy
    def exists_after(self) -> bool:
        """Whether the object exists in AWS after the change."""
        match self.actions:
            case ("delete",):
                return False
            case ("forget",):
                return self.exists_before
            case actions:
                return "create" in actions or present(self._change.after)

    @property
    def is_imported(self) -> bool:
        """Whether the change imports an existing object."""
        return present(self._change.importing)

    @Lazy
    def before(self) -> dict[str, Value] | None:
        """Return the attributes before the change, or None if it did not exist."""
        if not self.exists_before:
            return None
        before = self._object(self._change.before)
        wrong = mistyped_attributes(before, self.address.type, self.address)
        found = {**before, **wrong} if wrong else before
        return _apply_mask(found, self.before_sensitive)

    @Lazy
    def after(self) -> dict[str, Value] | None:
        """Return the planned attributes, with an `Unknown` for each known only after apply, or None if it is gone."""
        if not self.exists_after:
            return None
        if self.actions == ("forget",):
            return self.before
        change = self._change
        is_changed = change.after != change.before
        # An unchanged object is decoded only once, and an edited plan has references only where values change.
        after = (self._object(change.after) if present(change.after) else {}) if is_changed else self.before or {}
        mask = decoded_mask(change.after_unknown, f"`after_unknown` of {self._description}")
        found: dict[str, Value] = after
        if marks_anything(mask) or (is_changed and may_be_edited(bytes(change.after))):
            planned = overlay(after, dict.fromkeys(after, True) if mask is True else mask, self.address)
            is_reference = partial(self._refers, self.address)
            found = restore_references(cast("dict[str, Value]", planned), is_reference, self.address)
        wrong = mistyped_attributes(after, self.address.type, self.address)
        self._settled = found is after and not wrong
        found = {**found, **wrong} if wrong else found
        return _apply_mask(found, self.after_sensitive)

    @Lazy
    def certain_attributes(self) -> dict[str, Value]:
        """Return the attributes after the change that are completely known and not marked."""
        after, mask = self.after or {}, self.after_sensitive
        if not self._settled:
            after = {name: value for name, value in after.items() if value is None or isinstance(value, (str, int))}
        if not marks_anything(mask):
            return after
        return {name: value for name, value in after.items() if not is_masked(mask, name)}

    def has_only_arns_of(self, beginnings: tuple[bytes, ...]) -> bool:
        """Whether it has ARNs, and all known ones have one of these `arn_beginning`s.

        Inspects only the bytes: large plans have tens of thousands of instances in one account and region.
        """
        written = bytes(self._row.change)
        _, *found = written.split(b'"arn"')
        shapes = (b":true", *beginnings)
        for each in found:
            if not each.startswith(shapes):
                return False
        return bool(found) and b"\\u" not in written

    def arns(self) -> tuple[str, ...]:
        """Return its ARNs before and after the change, without decoding anything else."""
        before = self._arn(self._change.before) if self.exists_before else None
        after = self._planned_arn(before) if self.exists_after else None
        return tuple(each for each in (before, after) if each is not None)

    def _planned_arn(self, before: str | None) -> str | None:
        change = self._change
        if self.actions == ("forget",) or not present(change.after):
            return before if self.actions == ("forget",) else None
        after = before if change.after == change.before else self._arn(change.after)
        if after is None or not present(change.after_unknown) or marks_nothing(change.after_unknown):
            return after
        mask = decoded_section(change.after_unknown, cast("type[bool | OnlyArn]", bool | OnlyArn), self._description)
        is_open = mask is True or (isinstance(mask, OnlyArn) and present(mask.arn) and not marks_nothing(mask.arn))
        return None if is_open else after

    def _arn(self, raw: Raw) -> str | None:
        arn = decoded_section(raw, OnlyArn, self._description).arn
        found = decode(arn, str, self._description) if bytes(arn).startswith(b'"') else ""
        return found if found.startswith("arn:") else None

    @Lazy
    def left_behind(self) -> dict[str, Value] | None:
        """Return the attributes of the object that stays unmanaged in AWS when `create, forget` creates a new one."""
        return self.before if set(self.actions) == {"create", "forget"} else None

    @Lazy
    def before_sensitive(self) -> Mask:
        """Return the mask of sensitive parts of `before`."""
        return decoded_mask(self._change.before_sensitive, f"`before_sensitive` of {self._description}")

    @Lazy
    def after_sensitive(self) -> Mask:
        """Return the mask of sensitive parts of `after`."""
        if self.actions == ("forget",):
            return self.before_sensitive
        return decoded_mask(self._change.after_sensitive, f"`after_sensitive` of {self._description}")

    @Lazy
    def _change(self) -> ChangeRow:
        return (
            decoded_section(self._row.change, ChangeRow, self._description)
            if present(self._row.change)
            else ChangeRow()
        )

    def _object(self, raw: Raw) -> dict[str, Any]:
        return decode(raw, dict[str, Any], self._description)

    @property
    def _description(self) -> str:
        return f"`{self._row.address}` in the plan"


class Deposed(Instance):
    """An object that an earlier apply replaced and could not delete; `current` is its successor's place."""

    def __init__(self, current: Address, row: ResourceChange) -> None:
        """Build from the address of the current object and the row of the deposed one."""
        module, mode, kind, name, key = current.module, current.mode, current.type, current.name, current.key
        super().__init__(DeposedAddress(module, mode, kind, name, key, row.deposed or ""), row)
        self.current = current

    @Lazy
    def left_behind(self) -> dict[str, Value] | None:
        """Return the attributes of an object that stays unmanaged in AWS because it is forgotten, not deleted."""
        return self.before if self.actions == ("forget",) else None


def arn_beginning(arn: str) -> bytes:
    """Return how an ARN in a plan's JSON begins after its key, up to the colon after the account."""
    return f':"{":".join(arn.split(":", 5)[:5])}:'.encode()


def _apply_mask(value: dict[str, Any], mask: Mask) -> dict[str, Value]:
    """Apply a sensitivity mask; most masks mark nothing."""
    return cast("dict[str, Value]", apply_mask(value, mask) if marks_anything(mask) else value)


class PriorData:
    """A data source that was read while planning; its parts are decoded on first use."""

    def __init__(self, address: Address, row: StateRow) -> None:
        self.address = address
        self._row = row

    def __repr__(self) -> str:
        """Return a description of it, never of its values."""
        return f"<PriorData {self.address}>"

    @Lazy
    def values(self) -> dict[str, Value]:
        """Return the attributes."""
        values = decode(self._row.values, dict[str, Any], self._description) if present(self._row.values) else {}
        found = {**values, **mistyped_attributes(values, self.address.type, self.address)}
        return _apply_mask(found, self.sensitive)

    @Lazy
    def sensitive(self) -> Mask:
        """Return the mask of sensitive parts of `values`."""
        return decoded_mask(self._row.sensitive_values, f"`sensitive_values` of {self._description}")

    @property
    def _description(self) -> str:
        return f"`{self._row.address}` in the plan"
