"""The partition, region and account of a resource."""

from __future__ import annotations

import msgspec

from tfcheck.symbolic.value import TextLike


class Surroundings(msgspec.Struct, frozen=True):
    """Partition, region and account of one provider configuration; any of them may be unknown.

    `assumption` says on what the account rests where nothing shows it.
    """

    partition: TextLike
    region: TextLike
    account: TextLike
    assumption: str = ""
