"""Join the changes of a page that are too near one another for `git apply` to accept them one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tfcheck.report.diff import hunks, join_diffs
from tfcheck.report.joined_titles import join_titles
from tfcheck.vocabulary.clipping import and_more
from tfcheck.vocabulary.finding import Fix, Report
from tfcheck.vocabulary.grouping import group_by_key

_SHOWN_TITLES = 3
#: A comment has room for three joined changes of this many characters.
_LONGEST = 20_000


class ShownChange(msgspec.Struct, frozen=True):
    """A change as a page shows it; `is_refused`: `git apply` may not accept it after those above it."""

    fix: Fix
    is_refused: bool = False

    @property
    def gist(self) -> str:
        """The diff, or the code to add: changes with different titles may have the same."""
        return self.fix.diff or self.fix.hcl


def join_fixes(
    fixes: Iterable[Fix], others: Iterable[Fix] = (), reports: Iterable[Report] = ()
) -> dict[Fix, ShownChange]:
    """Return what to show for each fix of a page, in its order: itself, or what it is joined into.

    The `others`, further down, are not joined. At one line, changes are in the order of the answers in the `reports`,
    as `tfcheck fix` makes them.
    """
    wanted = dict.fromkeys(fixes)
    groups = list(_near(list(wanted | dict.fromkeys(others))))
    is_alone = all(len(group) == 1 for group in groups)
    order = {} if is_alone else {fix: number for number, fix in enumerate(_fixes_as_made(reports))}
    shown: dict[Fix, ShownChange] = {}
    for group in groups:
        joined, diff = group[:1], group[0].diff
        for each in group[1:]:
            fits = each in wanted and len(diff) + len(each.diff) <= _LONGEST
            together = join_diffs((diff, each.diff)) if fits else ""
            if together:
                joined, diff = [*joined, each], together
            else:
                shown[each] = ShownChange(each, is_refused=True)
        if len(joined) > 1:
            made = sorted(joined, key=lambda each: order.get(each, len(order)))
            diff = join_diffs(each.diff for each in made) or diff
        shown.update(dict.fromkeys(joined, ShownChange(_together(joined, diff))))
    return shown


def _fixes_as_made(reports: Iterable[Report]) -> dict[Fix | None, None]:
    """Return the fixes of findings in the order of the answers that need them, which `tfcheck fix` keeps."""
    found: dict[Fix | None, None] = {}
    for report in reports:
        fixes = {each.requirement.id: finding.fix for finding in report.findings for each in finding.answers}
        found |= dict.fromkeys(fixes.get(answer.requirement.id) for answer in report.answers)
    return found


def _near(fixes: Sequence[Fix]) -> Iterator[list[Fix]]:
    """Yield fixes in groups whose diffs show the same lines of a file or neighbouring ones, or one of them no line."""
    leader = list(range(len(fixes)))

    def first(number: int) -> int:
        while leader[number] != number:
            leader[number] = number = leader[leader[number]]
        return number

    places = [(hunk, number) for number, fix in enumerate(fixes) for hunk in hunks(fix.diff)]
    for several in group_by_key((hunk.file, (hunk, number)) for hunk, number in places).values():
        is_bare = any(not hunk.old for hunk, _ in several)
        end, last = 0, several[0][1]
        for hunk, number in sorted(several, key=lambda each: each[0].line):
            if is_bare or hunk.line <= end:
                low, high = sorted((first(last), first(number)))
                leader[high] = low
            last, end = (number, max(end, hunk.end))
    yield from group_by_key((first(number), fix) for number, fix in enumerate(fixes)).values()


def _together(fixes: Sequence[Fix], diff: str) -> Fix:
    if len(fixes) == 1:
        return fixes[0]
    once = {each.diff: each.title for each in reversed(fixes)}  # several findings may have one change
    titles = join_titles(dict.fromkeys(once[each.diff] for each in fixes))
    title = "; ".join(titles[:_SHOWN_TITLES]) + and_more(len(titles), _SHOWN_TITLES)
    safety = "review" if any(each.safety == "review" for each in fixes) else fixes[0].safety
    return Fix(title, safety, all(each.proven for each in fixes), "\n".join(each.hcl for each in fixes), diff)
