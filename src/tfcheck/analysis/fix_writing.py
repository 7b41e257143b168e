"""Write fixes into the sources, after a second parser has checked them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tfcheck.repository.writing import ChangedError, Content, replace
from tfcheck.vocabulary.errors import InputError

if TYPE_CHECKING:
    from tfcheck.fix.edits.files import Files
    from tfcheck.fix.edits.insertion import Insertion
    from tfcheck.fix.plan_fixes import DraftFix


def write_fixes(drafts: Sequence[DraftFix], files: Files) -> list[str]:
    """Write the changed files; return what there is to say about them.

    Raises:
        InputError: a file cannot be written, or python-hcl2 finds more changed in it than was inserted.
    """
    from tfcheck.fix.edits.files import file_bytes
    from tfcheck.fix.edits.insertion import by_file, spliced

    texts = {name: text for each in drafts for name, text in each.texts.items()}
    changes = by_file(insertion for each in drafts for insertion in each.insertions)
    notes = [
        note
        for name, several in changes.items()
        if (note := second_opinion(files.path(name), texts[name].text, several))
    ]
    write(
        [
            NewContent(files.place(name), file_bytes(texts[name].text, texts[name]), file_bytes(new, texts[name]))
            for name, several in changes.items()
            if (new := spliced(texts[name].text, several))
        ]
    )
    return notes


def second_opinion(name: str, before: str, insertions: Sequence[Insertion]) -> str:
    """Have python-hcl2 check a change; return a note where it cannot.

    Raises:
        InputError: it finds more changed than was inserted.
    """
    from tfcheck.fix.second_reader import Opinion, opinion

    found = Opinion.SAME_BUT_INSERTED if name.endswith(".json") else opinion(before, insertions)
    if found is Opinion.DIFFERENT:
        raise InputError(
            f"`{name}`: python-hcl2 finds more changed than the fix inserts, so nothing was written",
            hint="review the diff that `tfcheck fix` prints without `--write`",
        )
    if found is Opinion.UNREADABLE:
        return f"`{name}`: python-hcl2 cannot read this file, so only tfcheck's own parser checked the change"
    return ""


class NewContent(msgspec.Struct, frozen=True):
    """What a file was read as, and what it becomes."""

    path: Path
    before: bytes
    after: bytes


def write(files: Sequence[NewContent]) -> None:
    """Write all files, each in one step; where one fails, those written before are put back.

    Raises:
        InputError: a file is no longer what it was read as, or cannot be written; then nothing has changed.
        KeyboardInterrupt, SystemExit: the user interrupts; then nothing has changed either.
    """
    try:
        replace(*(Content(each.path, each.after, each.before) for each in files))
    except ChangedError as error:
        name = Path(error.filename).name
        raise InputError(f"`{name}` has changed since it was read", hint="run `tfcheck fix` again") from None
    except OSError as error:
        problem = error.strerror or "unknown"
        raise InputError(f"`{error.filename}` cannot be written: {problem[0].lower()}{problem[1:]}") from None
