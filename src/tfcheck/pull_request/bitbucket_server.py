"""Publish reports on a pull request of Bitbucket Data Center: the same comment, without HTML.

Follows https://developer.atlassian.com/server/bitbucket/rest/. A comment has a version, and whoever changes another one
than the newest is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar
from urllib.parse import unquote

import msgspec

from tfcheck.pull_request.author import Author
from tfcheck.pull_request.bitbucket import FORM, UNKNOWN_ACCOUNT
from tfcheck.pull_request.client import ENDLESS, Client, Hosts
from tfcheck.pull_request.plain_conversation import PlainConversation
from tfcheck.pull_request.refusal import RefusalError, RefusalKind, WaitedError
from tfcheck.pull_request.shapes import Comment, User
from tfcheck.pull_request.wait_budget import WaitBudget
from tfcheck.report.links import Links
from tfcheck.report.markdown.without_html import hidden, unhidden

_T = TypeVar("_T")

_MOST_PAGES = 1000
_CONFLICT = 409


class RequestedPull(msgspec.Struct, frozen=True):
    """The pull request to write to: the server's address, the project's key, the repository, the checked commit."""

    server: str
    project: str
    repository: str
    number: int
    sha: str
    run: str


class _Account(msgspec.Struct):
    name: str = ""


class _Comment(msgspec.Struct):
    id: int
    version: int = 0
    text: str | None = None
    author: _Account | None = None


class _Activity(msgspec.Struct, rename="camel"):
    action: str = ""
    comment: _Comment | None = None
    comment_anchor: dict[str, object] | None = None


class _Path(msgspec.Struct, rename={"full": "toString"}):
    full: str = ""


class _Change(msgspec.Struct):
    path: _Path


class _Head(msgspec.Struct, rename="camel"):
    latest_commit: str


class _PullRequest(msgspec.Struct, rename="camel"):
    state: str
    from_ref: _Head


class _Page(msgspec.Struct, Generic[_T], rename="camel"):
    values: list[_T] = []
    is_last_page: bool = False
    next_page_start: int | None = None


def conversation(wanted: RequestedPull, token: str, patience: WaitBudget | None = None) -> ServerConversation:
    """Open the comments of a pull request."""
    hosts = Hosts(f"{wanted.server}/rest/api/1.0", "", wanted.server)
    return ServerConversation(Client(hosts, token, patience), wanted)


class ServerConversation(PlainConversation):
    """The comments of a pull request on Bitbucket Data Center."""

    form = FORM

    def __init__(self, client: Client, wanted: RequestedPull) -> None:
        super().__init__(client, f"/projects/{wanted.project}/repos/{wanted.repository}/pull-requests/{wanted.number}")
        self._wanted = wanted

    @property
    def links(self) -> Links:
        """The repository, commit and run that the comment is about."""
        about = self._wanted
        repository = f"{about.project}/{about.repository}"
        return Links(about.server, repository, about.sha, about.run, host="bitbucket-server")

    def moved_on(self) -> str:
        """Explain why nothing is to be written any more; empty where head and state are as they were."""
        now = self._client.read(self._path, _PullRequest)
        name = f"pull request #{self._wanted.number}"
        if now.state != "OPEN":
            return f"{name} is {now.state.lower()}"
        moved = now.from_ref.latest_commit != self._wanted.sha
        return f"{name} has another newest commit than the one that was checked" if moved else ""

    def added(self) -> dict[str, frozenset[int] | None] | None:
        """Return the files that the pull request adds or changes; which of their lines is not asked for."""
        try:
            return {each.path.full: None for each in self._all(f"{self._path}/changes", _Change)}
        except RefusalError:
            return None

    def author(self, named: str) -> Author:
        """Find out who we are: as `named`, else as a header of every answer says.

        Raises:
            RefusalError: nothing shows it.
        """
        name = named or unquote(self._client.header("/application-properties", "x-ausername"))
        if not name:
            raise RefusalError(RefusalKind.OTHER, UNKNOWN_ACCOUNT.format(name="user name"))
        return Author(name.lower())

    def comments(self) -> Iterator[Comment]:
        """Read all comments that are not on lines; answers to others stand inside these."""
        for each in self._all(f"{self._path}/activities", _Activity):
            if each.action == "COMMENTED" and each.comment and each.comment_anchor is None:
                yield _shown(each.comment)

    def read(self, comment: Comment) -> Comment:
        """Read one comment again."""
        return _shown(self._client.read(f"{self._path}/comments/{comment.id}", _Comment))

    def create(self, body: str) -> Comment:
        """Write a comment."""
        return _shown(self._client.create(f"{self._path}/comments", {"text": hidden(body)}, _Comment))

    def change(self, comment: Comment, body: str) -> Comment:
        """Change the version of a comment that was read; somebody else's change since then means to look again."""
        content = {"text": hidden(body), "version": int(comment.node_id)}
        try:
            return _shown(self._client.replace(f"{self._path}/comments/{comment.id}", content, _Comment))
        except RefusalError as refusal:
            if refusal.status == _CONFLICT:
                raise WaitedError(RefusalKind.OTHER, refusal.message, refusal.status) from None
            raise

    def remove(self, comment: Comment) -> None:
        """Remove the version of a comment that was read."""
        self._client.remove(f"{self._path}/comments/{comment.id}?version={comment.node_id}")

    def _all(self, path: str, shape: type[_T]) -> Iterator[_T]:
        """Read a list, page by page."""
        start: int | None = 0
        for _ in range(_MOST_PAGES):
            page = self._client.read(f"{path}?limit=100&start={start}", _Page[shape])  # type: ignore[valid-type]
            yield from page.values
            start = page.next_page_start
            if page.is_last_page or start is None:
                return
        raise RefusalError(RefusalKind.OTHER, ENDLESS)


def _shown(found: _Comment) -> Comment:
    user = User(found.author.name) if found.author else None
    return Comment(found.id, str(found.version), "", user, unhidden(found.text or ""))
