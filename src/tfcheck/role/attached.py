"""Collect what is attached to one role, and what cannot be read of it."""

from __future__ import annotations

from tfcheck.iam import Policy
from tfcheck.role.policies import PolicyOrReason


class Attached:
    """What is attached to one role: what could be read, what could not, and what is odd about it."""

    def __init__(self) -> None:
        self.policies: list[Policy] = []
        self.hidden: list[str] = []
        self.same_name_policies: list[tuple[Policy, ...]] = []
        self.notes: list[str] = []
        self.inline: list[tuple[str, Policy]] = []
        self.possible_policies: list[Policy] = []
        self.closed = False

    def add(self, found: PolicyOrReason) -> None:
        """Count in one policy, or that it cannot be read."""
        if found.policy is not None and found.policy not in self.policies:
            self.policies.append(found.policy)
        if found.hidden and found.hidden not in self.hidden:
            self.hidden.append(found.hidden)
