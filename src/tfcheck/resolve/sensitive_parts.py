"""Find the sensitive stretches of a marked text.

Terraform marks a text as a whole: one sensitive value in `container_definitions` hides every name and ARN of the task.
The sources show where the mark comes from. Stretches that they do not show to be public stay marked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.formats.json import decode
from tfcheck.symbolic.marks import has_mark
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.sensitive_text import Sensitive, is_fully_marked, merge_spans
from tfcheck.symbolic.value import JsonText, Text, Value, parts_of

_TOKEN = regex(r'"(?:[^"\\]++|\\.)*+"(\s*:)?', re.DOTALL)


def narrow_mark(planned: str, written: Value) -> str:
    """Limit the marks of a planned text to the stretches marked in its evaluated sources.

    Where the sources show no mark, it is unknown where the mark comes from, and all of the text stays marked.
    """
    if not has_mark(written):
        return planned
    if isinstance(written, str) and written == planned:
        return written
    try:
        decoded = decode(written) if isinstance(written, (str, Text, JsonText)) else None
    except EvaluationError:
        return planned
    text = str(planned)
    if not isinstance(decoded, (list, dict)) or text.lstrip()[:1] not in ("[", "{"):
        return planned
    leaves = _Leaves()
    leaves.take(decoded)
    spans = [span for found in _TOKEN.finditer(text) if not found[1] for span in leaves.spans(found)]
    return Sensitive(text, merge_spans(spans)) if spans else planned


class _Leaves:
    """The strings of an evaluated document: the public ones, and the marks of the others."""

    def __init__(self) -> None:
        self.public: set[str] = set()
        self.partly: dict[str, Sensitive] = {}
        self.secret: set[str] = set()

    def take(self, value: Value) -> None:
        if isinstance(value, Sensitive):
            if is_fully_marked(value):
                self.secret.add(str(value))
            else:
                self.partly[str(value)] = value
        elif isinstance(value, str):
            self.public.add(value)
        elif not isinstance(value, Text):
            for item in parts_of(value):
                self.take(item)

    def spans(self, found: re.Match[str]) -> Iterator[tuple[int, int]]:
        """Yield the marked parts of a JSON string, by their offsets in the document."""
        start, end = found.start() + 1, found.end() - 1
        try:
            text = msgspec.json.decode(found[0], type=str)
        except msgspec.DecodeError:
            text = found[0]
        partly = self.partly.get(text)
        if text in self.secret or (partly is None and text not in self.public):
            yield start, end
        elif partly is not None and found[0] == f'"{text}"':
            yield from ((start + first, start + last) for first, last in partly.spans)
        elif partly is not None:
            yield start, end
