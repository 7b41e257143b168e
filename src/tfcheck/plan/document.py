"""The parts of a plan's JSON that tfcheck reads, with their types.

Follows https://developer.hashicorp.com/terraform/internals/json-format. Parts that are large or rarely needed stay
`Raw`, a view of the file's bytes that is decoded on request; keys that are not named here are skipped without
allocation. What cannot be decoded raises an `InputError` that names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Raw, UnsetType

from tfcheck.plan.file import affordable
from tfcheck.symbolic.limits import DEEPEST, is_deep
from tfcheck.vocabulary.errors import InputError, decoding_problem

#: The sensitivity or unknown mask of an object: `true` covers all of it.
Mask: TypeAlias = bool | None | dict[str, Any]

#: Errors of decoding that are caused by the text, not by tfcheck.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


_T = TypeVar("_T")
_Row = TypeVar("_Row")
_Module = TypeVar("_Module", bound="StateModule[Any]")
_MASK: Any = bool | dict[str, Any]
_NOTHING = Raw()
_NULL = Raw(b"null")


class Mode(StrEnum):
    """The mode of a resource, decoded to one object shared by all of 100,000 rows."""

    MANAGED = "managed"
    DATA = "data"
    EPHEMERAL = "ephemeral"
    OTHER = "other"

    @classmethod
    def _missing_(cls, value: object) -> Mode:
        """Return one mode for all that later versions may add, none of which tfcheck needs."""
        return cls.OTHER


class ResourceChange(msgspec.Struct, gc=False):
    """One element of `resource_changes`.

    `module_address`, `name` and `index` only back up the address; plans made by hand may lack any of them.
    """

    address: str = ""
    type: str = ""
    mode: Mode | None = None
    name: str | None = None
    index: str | int | None = None
    module_address: str | None = None
    previous_address: str | None = None
    deposed: str | None = None
    action_reason: str | None = None
    change: Raw = _NOTHING


class ChangeRow(msgspec.Struct, gc=False):
    """The `change` of a resource: its actions, and the object before and after."""

    actions: Raw = _NOTHING
    before: Raw = _NOTHING
    after: Raw = _NOTHING
    after_unknown: Raw = _NOTHING
    before_sensitive: Raw = _NOTHING
    after_sensitive: Raw = _NOTHING
    importing: Raw = _NOTHING


class OnlyArn(msgspec.Struct, gc=False):
    """The ARN in an object, or in a mask of one."""

    arn: Raw = _NOTHING


class Document(msgspec.Struct, gc=False):
    """The top level of a plan, and keys that only identify other documents, with any value."""

    format_version: Raw = _NOTHING
    plan_format_version: Raw = _NOTHING
    terraform_version: Raw = _NOTHING
    timestamp: Raw = _NOTHING
    errored: bool | None = None
    complete: bool | None = None
    resource_changes: list[ResourceChange | None] | None | UnsetType = UNSET
    variables: Raw = _NOTHING
    output_changes: Raw = _NOTHING
    action_invocations: Raw = _NOTHING
    prior_state: Raw = _NOTHING
    resource_drift: Raw = _NOTHING
    configuration: Raw = _NOTHING
    planned_values: Raw = _NOTHING
    values: Raw = _NOTHING
    serial: Raw = _NOTHING
    lineage: Raw = _NOTHING
    encrypted_data: Raw = _NOTHING
    remote_plan_format: Raw = _NOTHING
    tfcheck_version: Raw = _NOTHING
    provider_schemas: Raw = _NOTHING
    function_signatures: Raw = _NOTHING
    diagnostics: Raw = _NOTHING
    log_level: Raw = msgspec.field(default=_NOTHING, name="@level")


class StateRow(msgspec.Struct, gc=False):
    """A row of a state: what a data source read, or a managed object, of which `resource_changes` has the values."""

    mode: Mode | None = None
    address: str = ""
    type: str = ""
    values: Raw = _NOTHING
    sensitive_values: Raw = _NOTHING


class StateOutput(msgspec.Struct, gc=False):
    """An output of a state."""

    sensitive: bool | None = None
    value: Raw = _NOTHING


class StateModule(msgspec.Struct, Generic[_Row], gc=False):
    """A module instance of a state, with its child modules."""

    address: str | None = None
    resources: list[_Row | None] | None = None
    child_modules: list[StateModule[_Row] | None] | None = None


class StateValues(msgspec.Struct, Generic[_Row], gc=False):
    """The `values` of a state."""

    outputs: dict[str, StateOutput | None] | None = None
    root_module: StateModule[_Row] | None = None


class State(msgspec.Struct, Generic[_Row], gc=False):
    """A plan's `prior_state`."""

    values: StateValues[_Row] | None = None


class KeptRow(msgspec.Struct, gc=False):
    """A row of a state, as needed to look for its object in the changes."""

    mode: Mode | None = None
    address: str = ""
    type: str = ""
    name: str = ""
    index: str | int | None = None
    deposed_key: str | None = None


def present(raw: Raw) -> bool:
    """Whether a key has a value other than null."""
    return raw not in (_NOTHING, _NULL)


def is_written(raw: Raw) -> bool:
    """Whether a key is in the document, even if its value is null."""
    return len(memoryview(raw)) > 0


def each_module(root: _Module | None) -> Iterator[_Module]:
    """Iterate over the modules of a state, parents first, without recursion because they may be deep."""
    waiting: list[Any] = [root]
    while waiting:
        module = waiting.pop()
        if module:
            yield module
            waiting += reversed(module.child_modules or ())


def decode(raw: Raw, kind: type[_T], what: str) -> _T:
    """Decode one part of a plan with all its values; `what` names it in errors."""
    opened = affordable(memoryview(raw), what)
    found = decoded_section(raw, kind, what)
    if opened > DEEPEST and isinstance(found, (dict, list)):
        refuse_deep(found, what)
    return found


def decoded_section(raw: Raw, kind: type[_T], what: str) -> _T:
    """Decode a section of a plan, possibly most of it, to a type that leaves values undecoded."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except UNREADABLE as error:
        raise _unreadable(what, error) from None


def decoded_json(raw: Raw, what: str) -> Any:
    """Decode one part of a plan of any shape; a missing one is None."""
    return decode(raw, object, what) if present(raw) else None


def decoded_mask(raw: Raw, what: str) -> Mask:
    """Decode the mask of an object; a missing one is None, and one without marks may be False."""
    # NOTE: nearly all masks of a large plan mark nothing, which can be seen without decoding them.
    if not present(raw):
        return None
    mask: Mask = False if marks_nothing(raw) else decode(raw, _MASK, what)
    return mask


def marks_nothing(mask: Raw) -> bool:
    """Whether a mask definitely marks nothing: it is an object, or `false`, without any `true`."""
    text = bytes(mask)
    return b"true" not in text and (text.startswith(b"{") or text == b"false")


def refuse_deep(value: Any, what: str) -> None:
    """Raise an error for a value that is nested too deeply for recursion; `what` names it in errors."""
    if is_deep(value):
        raise _nesting_error(what)


def _nesting_error(what: str) -> InputError:
    return InputError(f"{what} is nested too deep to be a plan")


def _unreadable(what: str, error: Exception) -> InputError:
    """Return the part of the plan that cannot be read, and the reason."""
    if isinstance(error, RecursionError):
        return _nesting_error(what)
    return InputError(f"{what} cannot be read: {decoding_problem(error)}")
