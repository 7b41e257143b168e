"""Ask about a fix hunk by hunk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from tfcheck.vocabulary.finding import Fix

if TYPE_CHECKING:
    from tfcheck.fix.edits.files import Files
    from tfcheck.fix.edits.insertion import Insertion
    from tfcheck.fix.plan_fixes import DraftFix

#: Decides on one hunk, shown as a diff, before it is written.
Choose: TypeAlias = Callable[[Fix], bool]


def chosen(
    draft: DraftFix, files: Files, choose: Choose, is_sound: Callable[[DraftFix], bool]
) -> tuple[DraftFix | None, str]:
    """Return what is wanted of a fix, None where nothing is, and a note where that is only a part.

    A fix is one hunk where a part of it alone would not be valid.
    """
    parts = _hunks(draft, files)
    if not all(is_sound(_with(draft, each)) for each in parts):
        parts = [list(draft.insertions)]
    kept = [each for number, each in enumerate(parts, 1) if choose(_hunk(draft, files, each, number, len(parts)))]
    if not kept:
        return None, ""
    if len(kept) == len(parts):
        return draft, ""
    note = f"only {len(kept)} of {len(parts)} hunks are written, so that this fix is not proven: {draft.fix.title}"
    return _with(draft, [each for part in kept for each in part]), note


def _hunks(draft: DraftFix, files: Files) -> list[list[Insertion]]:
    """Group the changes of a fix by the hunks of its diff."""
    found: list[list[Insertion]] = []
    for each in sorted(draft.insertions, key=lambda one: (one.file, one.offset)):
        joint = [*found[-1], each] if found and found[-1][-1].file == each.file else []
        if joint and _count(files.diff(joint, draft.texts)) == 1:
            found[-1] = joint
        else:
            found.append([each])
    return found


def _count(diff: str) -> int:
    return sum(line.startswith("@@ -") for line in diff.split("\n"))


def _with(draft: DraftFix, insertions: list[Insertion]) -> DraftFix:
    texts = {each.file: draft.texts[each.file] for each in insertions}
    return msgspec.structs.replace(draft, insertions=tuple(insertions), texts=texts)


def _hunk(draft: DraftFix, files: Files, part: list[Insertion], number: int, of: int) -> Fix:
    diff = files.diff(part, {each.file: draft.texts[each.file] for each in part})
    title = draft.fix.title if of == 1 else f"{draft.fix.title} (hunk {number} of {of})"
    return msgspec.structs.replace(draft.fix, title=title, diff=diff)
