"""Quote the source lines of findings, as far as they may be shown.

A page is shared like a comment, and any line of a configuration can contain a password. So only the first line of a
block or argument is shown, without its literals. Policies and roles are shown with more lines, as in a diff, if these
consist of the policy language, names, references and ARNs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tfcheck.fix.edits.files import harmless
from tfcheck.hcl.syntax.expression import Place
from tfcheck.report.safe_text import quotable
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.finding import Excerpt, Finding, Location

_MOST_LINES = 14
#: With more places, or more statements for one permission, nothing is quoted.
_MOST_PLACES, _MOST_EVIDENCE = 2_000, 3
#: The first line of a block with policy language only.
_POLICY = regex(
    r'\s*(?:(?:resource|data)\s+"aws_\w*(?:iam|policy)\w*"|(?:policy|assume_role_policy|inline_policy|statement)\b)'
)


class ExcerptReader:
    """Reads the source lines of findings, each place once."""

    def __init__(self, line: Callable[[Place], str], conceals: Callable[[str], bool]) -> None:
        """Build from a function that returns a source line and one that recognises secrets."""
        self._line = line
        self._conceals = conceals

    def excerpts(self, findings: Iterable[Finding]) -> Iterator[Excerpt]:
        """Yield the excerpts for the places of findings, each once."""
        places = dict.fromkeys(place for finding in findings for place in _places(finding))
        for number, place in enumerate(places):
            if number < _MOST_PLACES and self._text(place, place.line):
                yield Excerpt(place.file, place.line, tuple(self._shown_lines(place)))

    def _shown_lines(self, place: Location) -> Iterator[str | None]:
        """Yield the lines of a block or argument up to the end of its block; None for a hidden line."""
        first = self._text(place, place.line)
        is_policy = _POLICY.match(first) is not None
        shown = first.rstrip() if is_policy and harmless(first) else quotable(first)
        yield shown if shown and not self._conceals(shown) else None
        has_end = place.end_line > place.line
        last = place.line + _MOST_LINES - 1
        for number in range(place.line + 1, (min(last, place.end_line) if has_end else last) + 1 if is_policy else 0):
            text = self._text(place, number)
            if not text and not has_end:
                return
            yield text.rstrip() if harmless(text) and not self._conceals(text) else None
            if text.startswith("}"):
                return

    def _text(self, place: Location, line: int) -> str:
        return self._line(Place(place.file, line))


def _places(finding: Finding) -> Iterator[Location]:
    yield from (place for place in (finding.needed_at, finding.location) if place)
    for answer in finding.answers:
        yield from (each.location for each in answer.evidence[:_MOST_EVIDENCE] if each.location)
