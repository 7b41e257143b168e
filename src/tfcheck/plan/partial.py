"""Find what a plan leaves out although it does not say that it is partial.

OpenTofu, and Terraform before 1.8, write no `complete`. Every managed object is listed in `resource_changes`, also one
that does not change; one that only `prior_state` has was left out by `-target` or `-exclude`
(https://developer.hashicorp.com/terraform/internals/json-format#plan-representation).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from tfcheck.plan.document import (
    Document,
    KeptAny,
    KeptData,
    KeptManaged,
    Mode,
    State,
    StateModule,
    decoded_state,
    present,
)

_Module: TypeAlias = StateModule[KeptManaged | KeptData] | StateModule[KeptAny]


def left_out(document: Document) -> str:
    """Return the address of a managed object that the plan leaves out; empty where there is none, or it says itself."""
    changes = document.resource_changes
    if document.complete is not None or not isinstance(changes, list) or not present(document.prior_state):
        return ""
    listed = {address for row in changes if row for address in (row.address, row.previous_address)}
    return next((each for each in _managed(document) if each not in listed), "")


def _managed(document: Document) -> Iterator[str]:
    what = "the plan's prior state"
    state = decoded_state(document.prior_state, State[KeptManaged | KeptData], State[KeptAny], what)
    waiting: list[_Module | None] = [state.values.root_module if state.values else None]
    while waiting:
        module = waiting.pop()
        for row in (module.resources or ()) if module else ():
            is_managed = isinstance(row, KeptManaged) or (isinstance(row, KeptAny) and row.mode is Mode.MANAGED)
            if is_managed and not isinstance(row, KeptData) and row and module and _is_listed(row, module):
                yield row.address
        waiting += (module.child_modules or ()) if module else ()


def _is_listed(row: KeptManaged | KeptAny, module: _Module) -> bool:
    """Whether an object belongs into `resource_changes` under the address that the state has for it.

    Deposed objects have rows of their own. Early versions wrote addresses without the module and the key.
    """
    key = "" if row.index is None else "["
    whole = f"{module.address}.{row.type}.{row.name}" if module.address else f"{row.type}.{row.name}"
    return row.deposed_key is None and row.address.startswith(whole + key)
