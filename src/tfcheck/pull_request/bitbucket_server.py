"""Publish reports on a pull request of Bitbucket Data Center: the same comment, without HTML.

Follows https://developer.atlassian.com/server/bitbucket/rest/. A comment has a version: a change of any version but the
newest is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar
from urllib.parse import unquote

import msgspec

from tfcheck.pull_request.author import Author
from tfcheck.pull_request.bitbucket import UNKNOWN_ACCOUNT, BitbucketConversation
from tfcheck.pull_request.client import Client, LinkedPage
from tfcheck.pull_request.conversation import Added
from tfcheck.pull_request.event import RequestedPull
from tfcheck.pull_request.refusal import RefusalError, RefusalKind
from tfcheck.pull_request.shapes import Comment, User
from tfcheck.report.markdown.escape import hide_markers, restore_markers

_T = TypeVar("_T")

#: The default maximum number of files that the server lists for a pull request.
_MOST_CHANGES = 1000


class _ServerUser(msgspec.Struct):
    name: str = ""


class _ServerComment(msgspec.Struct):
    id: int
    version: int = 0
    text: str | None = None
    author: _ServerUser | None = None


class _Activity(msgspec.Struct, rename="camel"):
    action: str = ""
    comment: _ServerComment | None = None
    comment_anchor: dict[str, object] | None = None


class _Path(msgspec.Struct, rename={"full": "toString"}):
    full: str = ""


class _MovedFile(msgspec.Struct, rename="camel"):
    path: _Path
    src_path: _Path | None = None


class _SourceRef(msgspec.Struct, rename="camel"):
    latest_commit: str


class _ServerPullRequest(msgspec.Struct, rename="camel"):
    state: str
    from_ref: _SourceRef


class _ServerPage(LinkedPage[_T], Generic[_T], rename="camel"):
    is_last_page: bool = False
    next_page_start: int | None = None

    def following(self, path: str) -> str | None:
        return None if self.is_last_page or self.next_page_start is None else f"{path}&start={self.next_page_start}"


class ServerConversation(BitbucketConversation[_ServerComment]):
    """The comments of a pull request on Bitbucket Data Center, whose repository is `KEY/name`."""

    host = "bitbucket-server"

    def __init__(self, client: Client, wanted: RequestedPull) -> None:
        project, _, repository = wanted.repository.partition("/")
        path = f"/projects/{project}/repos/{repository}/pull-requests/{wanted.number}"
        super().__init__(client, wanted, path, f"{path}/comments", _ServerComment)

    def _state(self) -> tuple[str, str]:
        now = self.client.get(self.path, _ServerPullRequest)
        return now.state, now.from_ref.latest_commit

    def _changes(self) -> list[_MovedFile]:
        return list(self.client.get_all(f"{self.path}/changes?limit=100", _ServerPage[_MovedFile]))

    def _added_lines(self) -> Added:
        """Return the files that the pull request adds or changes, without their lines."""
        return {each.path.full: None for each in self._changes()}

    def _changed_files(self) -> Iterable[str | None] | None:
        found = self._changes()
        if len(found) >= _MOST_CHANGES:
            return None
        return (file.full for each in found for file in (each.path, each.src_path) if file)

    def author(self, named: str) -> Author:
        """Return tfcheck's own account: as `named`, otherwise from a header of every response.

        Raises:
            RefusalError: nothing shows it.
        """
        name = named or unquote(self.client.header("/application-properties", "x-ausername"))
        if not name:
            raise RefusalError(RefusalKind.OTHER, UNKNOWN_ACCOUNT.format(name="user name"))
        return Author(name.lower())

    def comments(self) -> Iterator[Comment]:
        """Read all comments that are not on lines; replies are nested in them."""
        for each in self.client.get_all(f"{self.path}/activities?limit=100", _ServerPage[_Activity]):
            if each.action == "COMMENTED" and each.comment and each.comment_anchor is None:
                yield self._to_comment(each.comment)

    def change(self, comment: Comment, body: str) -> Comment:
        """Change a comment at the version that was read; after a conflict it must be read again."""
        content = {**self._content(body), "version": int(comment.node_id)}
        return self._to_comment(self.client.change(self._comment_path(comment), content, _ServerComment, self.edit))

    def remove(self, comment: Comment) -> None:
        """Remove a comment at the version that was read."""
        self.client.remove(f"{self._comment_path(comment)}?version={comment.node_id}")

    def _content(self, body: str) -> dict[str, Any]:
        return {"text": hide_markers(body)}

    def _to_comment(self, found: _ServerComment) -> Comment:
        user = User(found.author.name) if found.author else None
        return Comment(found.id, str(found.version), "", user, restore_markers(found.text or ""))
