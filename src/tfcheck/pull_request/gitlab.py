"""Publish reports on a merge request of GitLab: the same comment, as a note.

Follows https://docs.gitlab.com/api/notes/#merge-requests and https://docs.gitlab.com/ci/variables/predefined_variables/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote, urlsplit

import msgspec

from tfcheck.pull_request.author import Author
from tfcheck.pull_request.client import Client, Hosts
from tfcheck.pull_request.event import NothingToDo
from tfcheck.pull_request.plain_conversation import PlainConversation
from tfcheck.pull_request.refusal import RefusalError
from tfcheck.pull_request.shapes import Comment, User
from tfcheck.pull_request.suggestion import added_lines
from tfcheck.pull_request.wait_budget import WaitBudget
from tfcheck.report.links import Links
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.ci import gitlab

#: Where a token is looked for; the job's own token is not allowed to write notes.
TOKENS = ("TFCHECK_GITLAB_TOKEN", "GITLAB_TOKEN", "ATLANTIS_GITLAB_TOKEN")
_NUMBER = regex(r"[1-9][0-9]{0,17}")


class RequestedMerge(msgspec.Struct, frozen=True):
    """The merge request to write to: the project by its path, the commit that was checked, empty where unknown."""

    api: str
    server: str
    project: str
    number: int
    sha: str
    run: str


class _Account(msgspec.Struct):
    username: str


class _Note(msgspec.Struct):
    id: int
    body: str
    author: _Account


class _Diff(msgspec.Struct):
    new_path: str
    diff: str = ""


class _MergeRequest(msgspec.Struct):
    state: str
    sha: str | None = None
    web_url: str = ""


def requested(variables: Mapping[str, str], number: int | None) -> RequestedMerge | NothingToDo:
    """Find the merge request of a job of GitLab."""
    named = str(number or variables.get("CI_MERGE_REQUEST_IID", ""))
    if not _NUMBER.fullmatch(named):
        return NothingToDo("the pipeline is not one for merge requests; `--pr-number` can name one")
    about = gitlab(variables)
    return RequestedMerge(
        api=variables.get("CI_API_V4_URL", "").rstrip("/"),
        server=variables.get("CI_SERVER_URL", "").rstrip("/"),
        project=variables.get("CI_PROJECT_PATH", ""),
        number=int(named),
        sha=about.sha,
        run=about.run,
    )


def conversation(wanted: RequestedMerge, token: str, patience: WaitBudget | None = None) -> MergeConversation:
    """Open the notes of a merge request."""
    return MergeConversation(Client(Hosts(wanted.api, "", wanted.server), token, patience), wanted)


class MergeConversation(PlainConversation):
    """The notes of a merge request."""

    def __init__(self, client: Client, wanted: RequestedMerge) -> None:
        """Build from the merge request; its newest commit is known once `moved_on` has read it."""
        super().__init__(client, f"/projects/{quote(wanted.project, safe='')}/merge_requests/{wanted.number}")
        self._wanted = wanted
        self._address = ""
        self._sha = wanted.sha

    @property
    def links(self) -> Links:
        """The project, commit and pipeline that the note is about."""
        return Links(self._wanted.server, self._wanted.project, self._sha, self._wanted.run, host="gitlab")

    def moved_on(self) -> str:
        """Explain why nothing is to be written any more; empty where head and state are as they were."""
        now = self._client.read(self._path, _MergeRequest)
        self._address = now.web_url
        self._sha = self._sha or now.sha or ""
        name = f"merge request !{self._wanted.number}"
        if now.state != "opened":
            return f"{name} is {now.state}"
        return f"{name} has another newest commit than the one that was checked" if now.sha != self._sha else ""

    def added(self) -> dict[str, frozenset[int] | None] | None:
        """Return the lines that the merge request adds, by file; None where GitLab does not say.

        Follows https://docs.gitlab.com/api/merge_requests/#list-merge-request-diffs.
        """
        try:
            files = list(self._client.pages(f"{self._path}/diffs", _Diff))
        except RefusalError:
            return None
        return {each.new_path: added_lines(each.diff) if each.diff else None for each in files}

    def author(self, named: str) -> Author:
        """Find out who we are: as `named`, else as GitLab says."""
        return Author((named or self._client.read("/user", _Account).username).lower())

    def comments(self) -> Iterator[Comment]:
        """Read all notes, the oldest first."""
        found = self._client.pages(f"{self._path}/notes?sort=asc&order_by=created_at", _Note)
        return map(self._comment, found)

    def read(self, comment: Comment) -> Comment:
        """Read one note again."""
        return self._comment(self._client.read(f"{self._path}/notes/{comment.id}", _Note))

    def create(self, body: str) -> Comment:
        """Write a note."""
        return self._comment(self._client.create(f"{self._path}/notes", {"body": body}, _Note))

    def change(self, comment: Comment, body: str) -> Comment:
        """Change a note."""
        return self._comment(self._client.replace(f"{self._path}/notes/{comment.id}", {"body": body}, _Note))

    def remove(self, comment: Comment) -> None:
        """Remove a note."""
        self._client.remove(f"{self._path}/notes/{comment.id}")

    def _comment(self, note: _Note) -> Comment:
        parts = urlsplit(self._address)
        safe = parts.scheme in ("http", "https") and self._address.isprintable() and " " not in self._address
        url = f"{self._address}#note_{note.id}" if safe else ""
        return Comment(note.id, "", url, User(note.author.username), note.body)
