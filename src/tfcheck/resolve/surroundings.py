"""The partition, region and account of a resource."""

from __future__ import annotations

from typing import Protocol

import msgspec

from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import TextLike, Truth, Value


class Surroundings(msgspec.Struct, frozen=True):
    """Partition, region and account of one provider configuration; any of them may be unknown.

    `assumption` says on what the account rests where nothing shows it.
    """

    partition: TextLike
    region: TextLike
    account: TextLike
    assumption: str = ""


class Regional(Protocol):
    """What is in a region of an account: the surroundings of a resource, for example, or an ARN."""

    @property
    def region(self) -> Value:
        """The region."""

    @property
    def account(self) -> Value:
        """The account's number."""


def is_in_same_region(one: Regional, other: Regional) -> Truth:
    """Whether both are in the same region and account."""
    return equal(one.region, other.region) & equal(one.account, other.account)
