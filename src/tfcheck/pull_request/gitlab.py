"""Publish reports on a merge request of GitLab: the same comment, as a note.

Follows https://docs.gitlab.com/api/notes/#merge-requests and https://docs.gitlab.com/ci/variables/predefined_variables/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, urlsplit

import msgspec

from tfcheck.pull_request.author import Author
from tfcheck.pull_request.client import Client, Hosts
from tfcheck.pull_request.conversation import Added, Conversation
from tfcheck.pull_request.event import NothingToDo, RequestedPull
from tfcheck.pull_request.shapes import Comment, ListedRun, User
from tfcheck.pull_request.suggestion import added_lines
from tfcheck.vocabulary.ci import gitlab

#: The variables with a token; the job's own token is not allowed to write notes.
TOKENS = ("TFCHECK_GITLAB_TOKEN", "GITLAB_TOKEN", "ATLANTIS_GITLAB_TOKEN")


class _NoteAuthor(msgspec.Struct):
    username: str


class _Note(msgspec.Struct):
    id: int
    body: str
    author: _NoteAuthor


class _Diff(msgspec.Struct):
    new_path: str
    old_path: str = ""
    diff: str = ""


class _Pipeline(msgspec.Struct):
    id: int
    source: str = ""


class _MergeRequest(msgspec.Struct):
    state: str
    sha: str | None = None
    web_url: str = ""
    changes_count: str | None = None


def find_merge_request(variables: Mapping[str, str], number: int | None) -> RequestedPull | NothingToDo:
    """Find the merge request of a GitLab job."""
    job = gitlab(variables)
    named = number or job.number
    if not named:
        return NothingToDo("the pipeline is not one for merge requests; `--pr-number` can name one")
    return RequestedPull(job.repository, named, job.sha, job.run, job.name)


def hosts(variables: Mapping[str, str]) -> Hosts:
    """Read the addresses from the job's variables."""
    api, server = (variables.get(name, "").rstrip("/") for name in ("CI_API_V4_URL", "CI_SERVER_URL"))
    return Hosts(api, "", server)


class MergeConversation(Conversation[_Note]):
    """The notes of a merge request."""

    host = "gitlab"
    name = "GitLab"
    title = "merge request !"

    def __init__(self, client: Client, wanted: RequestedPull) -> None:
        """Build from the merge request; its newest commit is known once `outdated_reason` has read it."""
        path = f"/projects/{quote(wanted.repository, safe='')}/merge_requests/{wanted.number}"
        super().__init__(client, wanted, path, f"{path}/notes", _Note)
        self._address = ""

    def _state(self) -> tuple[str, str]:
        now = self.client.get(self.path, _MergeRequest)
        self._address = now.web_url
        return now.state, now.sha or ""

    def _added_lines(self) -> Added:
        """Return the added lines; see https://docs.gitlab.com/api/merge_requests/#list-merge-request-diffs."""
        files = self.client.pages(f"{self.path}/diffs", _Diff)
        return {each.new_path: added_lines(each.diff) if each.diff else None for each in files}

    def _changed_files(self) -> Iterable[str | None] | None:
        """Return the files of a merge request that is below GitLab's limits: its count of a longer list ends in `+`."""
        files = list(self.client.pages(f"{self.path}/diffs", _Diff))
        if str(len(files)) != self.client.get(self.path, _MergeRequest).changes_count:
            return None
        return (name for each in files for name in (each.new_path, each.old_path))

    def author(self, named: str) -> Author:
        """Return tfcheck's own account: as `named`, otherwise from GitLab."""
        return Author((named or self.client.get("/user", _NoteAuthor).username).lower())

    def newer_run(self) -> str | None:
        """Return a newer run; see https://docs.gitlab.com/api/merge_requests/#list-merge-request-pipelines."""
        found = self.client.peek(f"{self.path}/pipelines?per_page=100", list[_Pipeline])
        return None if found is None else self._newer_alike(ListedRun(each.id, each.source) for each in found)

    def comments(self) -> Iterator[Comment]:
        """Read all notes, oldest first."""
        return map(self._to_comment, self.client.pages(f"{self._list}?sort=asc&order_by=created_at", _Note))

    def _to_comment(self, found: _Note) -> Comment:
        parts = urlsplit(self._address)
        safe = parts.scheme in ("http", "https") and self._address.isprintable() and " " not in self._address
        url = f"{self._address}#note_{found.id}" if safe else ""
        return Comment(found.id, "", url, User(found.author.username), found.body)
