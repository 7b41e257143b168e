"""Name a newer run whose result the comment may lack."""

from __future__ import annotations

from typing import Any

from tfcheck.pull_request.conversation import Conversation
from tfcheck.report.markdown.marker import Marker, parse_marker
from tfcheck.report.markdown.page import OtherRun
from tfcheck.report.markdown.top import NEWER_RUN


class NewerRun:
    """The run that the comment must name; `found` if there is one."""

    def __init__(self, conversation: Conversation[Any], marker: Marker) -> None:
        self._conversation = conversation
        self._marker = marker
        self._hidden: OtherRun | None = None
        self.found: OtherRun | None = None

    @property
    def run_to_name(self) -> OtherRun | None:
        """The newer run, or a note that the token cannot see whether there is one."""
        return self.found or self._hidden

    def exists(self, *, creates: bool = False) -> bool:
        """Whether there is a newer run now; `creates`: the comment is a new one."""
        found = self._conversation.newer_run()
        hidden = creates and found is None and self._marker.run[1] > 0  # Atlantis runs one hook after another
        self._hidden = OtherRun(hidden=True) if hidden else None
        self.found = OtherRun(found) if found else None
        return self.found is not None

    def may_have_ended(self, body: str) -> bool:
        """Whether one may have ended without writing to this comment: it is about another commit, or says so."""
        mark = parse_marker(body)
        title = "".join(body.splitlines()[1:2])  # somebody may have left only the marker
        return (mark is not None and mark.sha != self._marker.sha) or title.rstrip().endswith(NEWER_RUN)
