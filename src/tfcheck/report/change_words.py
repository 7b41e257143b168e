"""With which words does a report say what the change does to access?

Access is gathered into lines: one for each action on a resource of a role that stays, one for all of a role that the
change makes or deletes, since nobody reads the list of a new role to learn what it takes away.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.finding import AccessChange, AccessUnknown, Report, RoleSwitch
from tfcheck.report.words import counted

_SHOWN_KEPT = 3
#: More roles than this that come or go are only counted.
_SHOWN_ROLES = 3

#: What the change does to task definitions, the worst first.
TASKS = {"broken": "breaks", "mended": "mends", "still_broken": "leaves broken"}
#: What it does to access, and the word before the role.
ACCESS = {"withdrawn": ("withdraws", "from"), "granted": ("grants", "to")}
_ROLES = {"created": "new", "deleted": "deleted"}


class Access(msgspec.Struct, frozen=True):
    """One line on access: parts that alternate between words of ours and what is quoted, then what else decides."""

    parts: tuple[str, ...]
    because: str = ""

    @property
    def plain(self) -> str:
        """Write the line without marks."""
        return "".join(self.parts) + (f": {self.because}" if self.because else "")


def access(report: Report, change: str) -> list[Access]:
    """Give the lines on what is `withdrawn` or `granted`: roles that stay first."""
    told = [each for each in report.access_changes if each.change == change]
    lines = [Access(tuple(_line(each)), each.because or "") for each in told if each.role_change is None]
    return [*lines, *_whole_roles(change, [each for each in told if each.role_change is not None])]


def _line(each: AccessChange) -> Iterator[str]:
    yield from ("", each.action, " on ", each.resource, f" {ACCESS[each.change][1]} ", each.role)
    yield from _but_for(each)


def of_role(each: AccessChange) -> str:
    """Say what a role gains or loses, without naming it."""
    return Access((each.action, " on ", each.resource, *_but_for(each)), each.because or "").plain


def _but_for(each: AccessChange) -> Iterator[str]:
    kept = [piece for piece in each.kept if (piece.action, piece.resource) != (each.action, each.resource)]
    for number, piece in enumerate(kept[:_SHOWN_KEPT]):
        yield (" but for " if each.change == "withdrawn" else " beyond ") if number == 0 else ", "
        yield piece.resource if piece.action == each.action else piece.action
        if piece.action != each.action and piece.resource != each.resource:
            yield from (" on ", piece.resource)
    if len(kept) > _SHOWN_KEPT:
        yield f" and {len(kept) - _SHOWN_KEPT} more"


def _whole_roles(change: str, told: list[AccessChange]) -> Iterator[Access]:
    """Count what roles get that the change makes, or lose that it deletes."""
    roles: dict[str, list[AccessChange]] = {}
    for each in told:
        roles.setdefault(each.role, []).append(each)
    word = ACCESS[change][1]
    if len(roles) > _SHOWN_ROLES:
        kind = _ROLES[told[0].role_change or "created"]
        yield Access((f"{counted(len(told), 'permission')} {word} {counted(len(roles), f'{kind} role')}",))
        return
    for role, members in roles.items():
        kind = _ROLES[members[0].role_change or "created"]
        yield Access((f"{counted(len(members), 'permission')} {word} the {kind} role ", role))


def switched(each: RoleSwitch) -> Access:
    """Say which role a task definition gets."""
    if each.before is None:
        return Access(("of ", each.task_definition, " from none to ", each.after or ""))
    after = (" to ", each.after) if each.after is not None else (" to none",)
    return Access(("of ", each.task_definition, " from ", each.before, *after))


def unread(each: AccessUnknown) -> Access:
    """Say of which role not all can be told, and why."""
    return Access(("what ", each.role, " gains or loses"), each.reason)


def in_one_line(report: Report) -> str:
    """Say in one line what the change does to what was there; empty where nothing is told."""
    said: list[str] = []
    for kind, words in TASKS.items():
        found = [each.task_definition for each in report.task_changes if each.change == kind]
        if found:
            said.append(f"{words} {found[0]}{f' and {len(found) - 1} more' if len(found) > 1 else ''}")
    if report.role_switches:
        said.append(f"switches the execution role of {counted(len(report.role_switches), 'task definition')}")
    for kind, (words, _) in ACCESS.items():
        number = sum(each.change == kind and each.role_change is None for each in report.access_changes)
        said += [f"{words} {counted(number, 'permission')}"] if number else []
    return f"this change {', '.join(said)}" if said else ""
