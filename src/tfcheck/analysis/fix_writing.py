"""Choose the hunks of fixes, and write them to the sources after a second parser has checked them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from tfcheck.repository.writing import ChangedError, FileChange, replace
from tfcheck.vocabulary.errors import InputError, UsageError
from tfcheck.vocabulary.finding import Fix

if TYPE_CHECKING:
    from tfcheck.fix.edits.files import Files
    from tfcheck.fix.edits.insertion import Insertion
    from tfcheck.fix.proposal import DraftFix


def write_fixes(drafts: Sequence[DraftFix], files: Files) -> list[str]:
    """Write the changed files, and return notes for the user.

    Raises:
        InputError: a file cannot be written, or python-hcl2 finds more changed in it than was inserted.
    """
    from tfcheck.fix.edits.files import file_bytes
    from tfcheck.fix.edits.insertion import apply_insertions, group_by_file

    changes = group_by_file(insertion for each in drafts for insertion in each.insertions)
    notes = [
        note
        for source, several in changes.items()
        if (note := second_opinion(files.path(source.name), source.text, several))
    ]
    write(
        [
            NewContent(files.place(source.name), file_bytes(source.text, source), file_bytes(new, source))
            for source, several in changes.items()
            if (new := apply_insertions(source.text, several))
        ]
    )
    return notes


def second_opinion(name: str, before: str, insertions: Sequence[Insertion]) -> str:
    """Check a change with python-hcl2; return a note where it cannot.

    Raises:
        InputError: it finds more changed than was inserted.
    """
    from tfcheck.fix.proof.second_reader import SecondOpinion, compare

    is_hcl = name.endswith((".tf", ".tofu"))
    found = compare(before, insertions) if is_hcl else SecondOpinion.SAME_BUT_INSERTED
    if found is SecondOpinion.DIFFERENT:
        raise InputError(
            f"`{name}`: python-hcl2 finds more changed than the fix inserts, so nothing was written",
            hint="review the diff that `tfcheck fix` prints without `--write`",
        )
    if found is SecondOpinion.UNREADABLE:
        return f"`{name}`: python-hcl2 cannot read this file, so only tfcheck's own parser checked the change"
    return ""


class NewContent(msgspec.Struct, frozen=True):
    """The content of a file when it was read, and its new content."""

    path: Path
    before: bytes
    after: bytes


def write(files: Sequence[NewContent]) -> None:
    """Write all files atomically; if one fails, those already written are restored.

    Raises:
        InputError: a file is no longer what it was read as; then nothing has changed.
        UsageError: a file cannot be written; then nothing has changed either.
        KeyboardInterrupt, SystemExit: the user interrupts; then nothing has changed either.
    """
    try:
        replace(*(FileChange(each.path, each.after, each.before) for each in files))
    except ChangedError as error:
        raise changed_error(Path(error.filename)) from None
    except OSError as error:
        problem = error.strerror or "unknown"
        raise UsageError(f"`{error.filename}` cannot be written: {problem[0].lower()}{problem[1:]}") from None


def changed_error(path: Path) -> InputError:
    """Return the error for a file that is no longer what it was read as."""
    return InputError(f"`{path.name}` has changed since it was read", hint="run `tfcheck fix` again")


#: Decides on one hunk, shown as a diff, before it is written.
Choose: TypeAlias = Callable[[Fix], bool]


def accepted_part(
    draft: DraftFix, files: Files, choose: Choose, is_sound: Callable[[DraftFix], bool]
) -> tuple[DraftFix | None, str]:
    """Return the requested part of a fix, or None, and a note if something was left out.

    A fix is a single hunk if a part of it would be invalid alone.
    """
    parts = _hunks(draft, files)
    if not all(is_sound(_with_insertions(draft, each)) for each in parts):
        parts = [list(draft.insertions)]
    accepted = [each for number, each in enumerate(parts, 1) if choose(_hunk(draft, files, each, number, len(parts)))]
    if not accepted:
        return None, ""
    if len(accepted) == len(parts):
        return draft, ""
    note = f"only {len(accepted)} of {len(parts)} hunks are written, so this fix is not proven: {draft.fix.title}"
    return _with_insertions(draft, [each for part in accepted for each in part]), note


def _hunks(draft: DraftFix, files: Files) -> list[list[Insertion]]:
    """Group the changes of a fix by the hunks of its diff."""
    found: list[list[Insertion]] = []
    for each in sorted(draft.insertions, key=lambda one: (one.source.name, one.offset)):
        joint = [*found[-1], each] if found and found[-1][-1].source is each.source else []
        if joint and sum(line.startswith("@@ -") for line in files.diff(joint).split("\n")) == 1:
            found[-1] = joint
        else:
            found.append([each])
    return found


def _with_insertions(draft: DraftFix, insertions: list[Insertion]) -> DraftFix:
    return msgspec.structs.replace(draft, insertions=tuple(insertions))


def _hunk(draft: DraftFix, files: Files, part: list[Insertion], number: int, of: int) -> Fix:
    diff = files.diff(part)
    title = draft.fix.title if of == 1 else f"{draft.fix.title} (hunk {number} of {of})"
    return msgspec.structs.replace(draft.fix, title=title, diff=diff)
