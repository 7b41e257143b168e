"""Derive all tags of a resource: its own, and the default tags of its provider configuration.

The provider merges them while it plans (`tags_all`), and leaves all of them open where one is known only after apply
(https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/resource-tagging).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfcheck.plan import Instance
from tfcheck.symbolic.value import Value, is_known

if TYPE_CHECKING:
    from tfcheck.resolve.attributes import Attributes
    from tfcheck.resolve.provider import Providers


class AllTags:
    """The tags of the resources of one plan, including default tags."""

    def __init__(self, attributes: Attributes, providers: Providers) -> None:
        self._attributes = attributes
        self._providers = providers
        self._added: dict[str, dict[str, Value] | None] = {}

    def of(self, instance: Instance) -> dict[str, Value] | None:
        """Return all tags of a resource although the plan does not know them; None if they cannot be derived."""
        key = self._providers.key_of(instance.address)
        own = self._attributes.attribute(instance.address, "tags")
        if own is None or own == {}:
            # NOTE: the provider leaves open only what comes to no tags; everything else is known while planning.
            return {} if self._providers.default_tags(key) is not None else None
        if not isinstance(own, dict) or any(each is None for each in own.values()):
            return None
        if key not in self._added:
            # NOTE: the environment may add more (`TF_AWS_DEFAULT_TAGS_...`): a planned resource must confirm them.
            default = self._providers.default_tags(key)
            plan = self._attributes.plan
            instances = plan.instances(*plan.types()) if default is not None else ()
            of_key = (each for each in instances if self._providers.key_of(each.address) == key)
            shown = (_has_added_tags(each, default or {}) for each in of_key)
            self._added[key] = default if next((each for each in shown if each is not None), False) else None
        added = self._added[key]
        return None if added is None else {**added, **own}


def _has_added_tags(instance: Instance, added: dict[str, Value]) -> bool | None:
    """Whether a resource's tags are its own and the default ones; None if the plan does not show both."""
    after = instance.after or {}
    everything, own = after.get("tags_all"), after.get("tags")
    if not isinstance(everything, dict) or not is_known([everything, own]):
        return None
    return {**added, **(own if isinstance(own, dict) else {})} == everything
