"""Read the other attributes of an instance whose computed attribute is derived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfcheck.resolve.merge import fill
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.value import Value, is_known

if TYPE_CHECKING:
    from tfcheck.resolve.attributes import Attributes
    from tfcheck.vocabulary.address import Address


class DerivedInstance:
    """One instance with access to its other attributes.

    `looked_up`: it is a data source, which may find an existing object that others find too.
    """

    def __init__(self, attributes: Attributes, address: Address) -> None:
        self._attributes = attributes
        self.address = address
        self.looked_up = address.mode == "data"

    @property
    def is_new(self) -> bool:
        """Whether the plan creates it at a new address."""
        instance = self._attributes.plan.instance(str(self.address))
        return instance is not None and not self.looked_up and not instance.exists_before

    @property
    def surroundings(self) -> Surroundings:
        """The partition, region and account of the instance."""
        return self._attributes.surroundings(self.address)

    def attribute(self, name: str) -> Value:
        """Return another attribute's value."""
        return self._attributes.attribute(self.address, name)

    def planned_argument(self, name: str) -> Value:
        """Return another argument from the plan or the sources; None if it definitely is not set."""
        instance = self._attributes.plan.instance(str(self.address))
        after = (instance.after or {}) if instance else {}
        known = after.get(name)
        # NOTE: an attribute missing in the plan is not known to be null: a trial adds instances without any.
        if name in after and is_known(known):
            return known
        written = self._attributes.evaluate(self.address, name)
        if written is not None:
            return fill(known, written) if name in after else written
        # NOTE: a written argument that is null is not set either: modules write both `name` and `name_prefix`.
        return known if self._attributes.is_configured(self.address, name) is None else None
