"""The sentences about changed access.

There is one line for each action on a resource that remaining roles gain or lose alike. A role that the change creates
or deletes has one line in all, so that its long list does not hide what other roles lose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from tfcheck.report.words import plural
from tfcheck.vocabulary.access import AccessChange, AccessUnknown, RoleSwitch
from tfcheck.vocabulary.clipping import few
from tfcheck.vocabulary.finding import Report
from tfcheck.vocabulary.grouping import group_by_key

_SHOWN_KEPT = 3
#: More roles than this are only counted.
_SHOWN_ROLES = 3

#: The effects on task definitions, the worst first.
TASKS = {"broken": "breaks", "fixed": "fixes", "still_broken": "does not fix"}
#: The effects on access.
ACCESS = {"revoked": "revokes", "granted": "grants"}
#: The possible effects on access, where other policies decide too.
POSSIBLE = {"revoked": "may revoke", "granted": "may grant"}
_TOWARDS = {"revoked": "from", "granted": "to"}
_ROLES = {"created": "new", "deleted": "deleted"}


class Access(msgspec.Struct, frozen=True):
    """One line on access: alternating own words and quoted parts, then other deciding policies."""

    parts: tuple[str, ...]
    because: str = ""

    @property
    def plain(self) -> str:
        """The line without formatting."""
        return "".join(self.parts) + (f": {self.because}" if self.because else "")


class ChangeLines(msgspec.Struct, frozen=True):
    """All lines of one kind: their heading, and the kind, which is `unknown` if it cannot be determined."""

    words: str
    kind: str
    lines: tuple[Access, ...]


def access_changes(report: Report) -> Iterator[ChangeLines]:
    """Yield the switched roles, then the access changes, definite ones first."""
    yield ChangeLines("switches the execution role", "switched", tuple(map(role_switch, report.role_switches)))
    for names, changes in ((ACCESS, report.access_changes), (POSSIBLE, report.access_possible)):
        for kind, words in names.items():
            yield ChangeLines(words, kind, tuple(_access([each for each in changes if each.change == kind])))
    yield ChangeLines("unknown", "unknown", tuple(map(unread, report.access_unknown)))


def _access(changes: list[AccessChange]) -> Iterator[Access]:
    """Yield the lines about revoked or granted access, existing roles first."""
    alike = group_by_key(
        (msgspec.structs.replace(each, role=""), each.role) for each in changes if each.role_change is None
    )
    yield from (Access(tuple(_alternating_parts(each, roles)), each.because or "") for each, roles in alike.items())
    yield from _created_and_deleted_roles([each for each in changes if each.role_change is not None])


def _alternating_parts(each: AccessChange, roles: list[str]) -> Iterator[str]:
    """Yield the access and the roles in alternating parts."""
    yield from ("", each.action, " on ", each.resource)
    before = f" {_TOWARDS[each.change]} "
    for role in roles[:_SHOWN_ROLES]:
        yield from (before, role)
        before = ", "
    more = len(roles) - _SHOWN_ROLES
    others = f" and {plural(more, 'more role')}" if more > 0 else ""
    first, *rest = _unchanged_part(each) or ("",)
    if others or first:
        yield from (f"{others}{first}", *rest)


def role_change_words(each: AccessChange) -> str:
    """Return what a role gains or loses, without its name."""
    return Access((each.action, " on ", each.resource, *_unchanged_part(each)), each.because or "").plain


def _unchanged_part(each: AccessChange) -> list[str]:
    """Return the part that the role has anyway; empty if there is none."""
    unchanged = [piece for piece in each.kept if (piece.action, piece.resource) != (each.action, each.resource)]
    parts: list[str] = []
    for number, piece in enumerate(unchanged[:_SHOWN_KEPT]):
        parts.append((" except " if each.change == "revoked" else " beyond ") if number == 0 else ", ")
        parts.append(piece.resource if piece.action == each.action else piece.action)
        if piece.action != each.action and piece.resource != each.resource:
            parts += [" on ", piece.resource]
    return [*parts, f" and {len(unchanged) - _SHOWN_KEPT:,} more"] if len(unchanged) > _SHOWN_KEPT else parts


def _created_and_deleted_roles(changes: list[AccessChange]) -> Iterator[Access]:
    """Yield the numbers of permissions of created and deleted roles."""
    roles = group_by_key((each.role, each) for each in changes)
    if len(roles) > _SHOWN_ROLES:
        kind, word = _ROLES[changes[0].role_change or "created"], _TOWARDS[changes[0].change]
        yield Access((f"{plural(len(changes), 'permission')} {word} {plural(len(roles), f'{kind} role')}",))
        return
    for role, members in roles.items():
        kind, word = _ROLES[members[0].role_change or "created"], _TOWARDS[members[0].change]
        yield Access((f"{plural(len(members), 'permission')} {word} the {kind} role ", role))


def role_switch(each: RoleSwitch) -> Access:
    """Return the line about a task definition's new role."""
    if each.before is None:
        return Access(("of ", each.task_definition, " from none to ", each.after or ""))
    after = (" to ", each.after) if each.after is not None else (" to none",)
    return Access(("of ", each.task_definition, " from ", each.before, *after))


def unread(each: AccessUnknown) -> Access:
    """Return the access of a role that is only partly known, with the reason."""
    return Access(("changes to the access of ", each.role), each.reason)


def changed_tasks(report: Report, kind: str) -> list[str]:
    """Return the task definitions that the change affects in one way, a key of `TASKS`."""
    return [each.task_definition for each in report.task_changes if each.change == kind]


def access_counts(report: Report, kinds: Iterable[str] = ACCESS) -> list[str]:
    """Return the numbers of changed permissions by kind, definite ones first: `2 permissions revoked`."""
    counts: list[str] = []
    for changes, prefix in ((report.access_changes, ""), (report.access_possible, "possibly ")):
        found: Counter[str] = Counter(each.change for each in changes)
        counts += [f"{plural(found[kind], 'permission')} {prefix}{kind}" for kind in kinds if found[kind]]
    return counts


def one_line_summary(report: Report) -> str:
    """Return in one line how the change affects existing access; empty if it does not."""
    effects: list[str] = []
    for kind, words in TASKS.items():
        if found := changed_tasks(report, kind):
            effects.append(f"{words} {few(found, 1)}")
    if report.role_switches:
        effects.append(f"switches the execution role of {plural(len(report.role_switches), 'task definition')}")
    for names, changes in ((ACCESS, report.access_changes), (POSSIBLE, report.access_possible)):
        for kind, words in names.items():
            number = sum(each.change == kind and each.role_change is None for each in changes)
            effects += [f"{words} {plural(number, 'permission')}"] if number else []
    return f"this change {', '.join(effects)}" if effects else ""
