"""What a role lacks, and one way to grant it."""

from __future__ import annotations

import msgspec

from tfcheck.fix.edits.insertion import Insertion
from tfcheck.fix.trial import ChangedAttribute
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Answer
from tfcheck.world.world import WorldObject


class Proposal(msgspec.Struct, frozen=True):
    """One way to fix something, not proven yet.

    `texts` are the files that insertions go into, `touched` and `added` what changes in the plan.
    """

    title: str
    safety: str
    insertions: tuple[Insertion, ...]
    texts: dict[str, SourceText]
    touched: tuple[ChangedAttribute, ...]
    added: tuple[Address, ...]
    hcl: str


class RoleNeed(msgspec.Struct, frozen=True):
    """What one role lacks, or several that are made from one block and lack the same.

    Without `roles` it is one that is not made here; `elsewhere` is its name.
    """

    roles: tuple[WorldObject, ...]
    answers: tuple[Answer, ...]
    elsewhere: str = ""
