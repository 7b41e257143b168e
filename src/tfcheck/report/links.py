"""Build links into the repository and the documentation.

Only to addresses made of what whoever runs tfcheck says. A report may have been forged by the author of a pull request,
so nothing of it but a quoted path comes into a link.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

import msgspec

from tfcheck.symbolic.regex import regex

_SERVER = regex(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
#: Groups of GitLab have groups in them.
_REPOSITORY = {
    "github": regex(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+"),
    "gitlab": regex(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+){1,20}"),
}
_COMMIT = regex(r"[0-9a-f]{40,64}")
#: A run of GitHub Actions, whose attempts are counted from 1; others have no page.
_RUN = regex(r"([0-9]{1,20})\.([1-9][0-9]{0,8})")


class Links(msgspec.Struct, frozen=True):
    """The repository and the commit that a page is about, and the run that writes it (`ID.ATTEMPT`), on some host."""

    server: str
    repository: str
    sha: str
    run: str = ""
    host: Literal["github", "gitlab"] = "github"

    def file(self, path: str, line: int) -> str | None:
        """Return the address of a line of a file, whose path starts at the top of the repository."""
        base = self._base()
        if base is None or not _COMMIT.fullmatch(self.sha):
            return None
        blob = f"{base}/-/blob" if self.host == "gitlab" else f"{base}/blob"
        return f"{blob}/{self.sha}/{quote(path, errors='replace')}#L{line}"

    def of_run(self) -> str | None:
        """Return the address of the run; None where it has no page."""
        base, found = self._base(), _RUN.fullmatch(self.run)
        if base is None or found is None:
            return None
        if self.host == "gitlab":
            return f"{base}/-/pipelines/{found[1]}"
        return f"{base}/actions/runs/{found[1]}/attempts/{found[2]}"

    def _base(self) -> str | None:
        server = self.server.rstrip("/")
        known = _SERVER.fullmatch(server) and _REPOSITORY[self.host].fullmatch(self.repository)
        return f"{server}/{self.repository}" if known else None
