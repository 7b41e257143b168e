"""Match Action and NotAction with the action of a request.

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html: case does not matter,
`*` and `?` are wildcards in the name, the service is written out.
"""

from __future__ import annotations

from functools import cached_property

import msgspec

from tfcheck.iam.index import FEW, NameIndex
from tfcheck.symbolic.beginnings import Beginning
from tfcheck.symbolic.match import glob
from tfcheck.symbolic.value import Text, TextLike, Truth, Unknown, display, pieces, spelled_out, text
from tfcheck.symbolic.wildcards import glob_known
from tfcheck.vocabulary.grouping import group_by_key


class Action(msgspec.Struct, frozen=True):
    """One entry. `pattern` is in lower case; `strange` says why AWS does not allow it."""

    written: TextLike
    pattern: str | Text | Unknown
    strange: str = ""
    wildcard: bool = True
    never: bool = False


def name_of_action(entry: Action) -> str | None:
    """Return the pattern of the actions that an entry covers; None if that may be anything."""
    return entry.pattern if isinstance(entry.pattern, str) else None


class Actions(msgspec.Struct, frozen=True, dict=True):
    """The entries of Action, or with `negated` of NotAction."""

    entries: tuple[Action, ...]
    negated: bool = False

    @cached_property
    def exact(self) -> frozenset[str]:
        """The entries without wildcards."""
        return frozenset(each.pattern for each in self.entries if isinstance(each.pattern, str) and not each.wildcard)

    @cached_property
    def others(self) -> tuple[Action, ...]:
        """All other entries that may match."""
        return tuple(each for each in self.entries if each.wildcard and not each.never)

    @cached_property
    def index(self) -> NameIndex[Action]:
        """The `others`, indexed when they are first used."""
        return NameIndex.by_name(self.others, name_of_action)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The entries as they are shown."""
        return tuple(display(each.written) for each in self.entries)

    @cached_property
    def texts_by_service(self) -> dict[str, list[str]]:
        """The entries as they are shown, by the services that they name."""
        return group_by_key((each.lower().partition(":")[0], each) for each in self.texts if ":" in each)

    @cached_property
    def by_action(self) -> dict[str, Truth]:
        """The answers of `names`: calls have few different actions."""
        return {}


def read_action(written: TextLike) -> Action | str:
    """Parse one entry; a string says why AWS would refuse the policy."""
    spelled = spelled_out(written)
    if not isinstance(spelled, str):
        # The letters of unknown parts may be in either case: any text may be there.
        widened = text([part.lower() if isinstance(part, str) else Unknown() for part in pieces(spelled)])
        assert isinstance(widened, (Text, Unknown))
        return Action(written, widened)
    pattern = spelled.lower()
    if pattern in ("*", "*:*"):
        return Action(written, "*")
    service, colon, name = pattern.partition(":")
    if not colon or not service:
        return "an action must be written as service:Name"
    if not name or pattern.split() != [pattern]:
        return Action(written, pattern, "names no action", never=True, wildcard=True)
    strange = "has a wildcard in the name of the service" if "*" in service or "?" in service else ""
    return Action(written, pattern, strange, wildcard="*" in name or "?" in name or bool(strange))


def names(actions: Actions, action: str) -> Truth:
    """Whether the entries cover `action`, which is in lower case."""
    if action not in actions.by_action:
        actions.by_action[action] = _names(actions, action)
    return actions.by_action[action]


def _names(actions: Actions, action: str) -> Truth:
    if action in actions.exact:
        return Truth.of(not actions.negated)
    others = actions.others if len(actions.others) <= FEW else actions.index.covering(Beginning(action, is_whole=True))
    answer = Truth.some(covers_action(each, action) for each in others)
    return ~answer if actions.negated else answer


def covers_action(entry: Action, action: str) -> Truth:
    """Whether one entry covers `action`, which is in lower case."""
    if entry.never:
        return Truth.FALSE
    if not isinstance(entry.pattern, str):
        return glob(entry.pattern, action)
    if not glob_known(entry.pattern, action):
        return Truth.FALSE
    return Truth.UNKNOWN if entry.strange else Truth.TRUE
