"""Publish reports on a pull request of Bitbucket Cloud: the same comment, without HTML.

Follows https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/ and
https://support.atlassian.com/bitbucket-cloud/docs/access-tokens/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import msgspec

from tfcheck.pull_request.author import Author
from tfcheck.pull_request.client import Client, Hosts, LinkedPage
from tfcheck.pull_request.conversation import Added, Conversation
from tfcheck.pull_request.event import NothingToDo, RequestedPull
from tfcheck.pull_request.refusal import RefusalError, RefusalKind, WaitedError
from tfcheck.pull_request.shapes import Comment, ListedRun, User
from tfcheck.pull_request.wait_budget import WaitBudget
from tfcheck.report.markdown.escape import hide_markers, restore_markers, without_html
from tfcheck.vocabulary import ci

_T = TypeVar("_T")

API = "https://api.bitbucket.org/2.0"
SERVER = "https://bitbucket.org"
#: The variables with a token; the proxy of Pipelines does not allow comments.
TOKENS = ("TFCHECK_BITBUCKET_TOKEN", "BITBUCKET_TOKEN", "ATLANTIS_BITBUCKET_TOKEN")
_FORBIDDEN = 403
_APP = "app_user"
#: The permission for a token that does not show its account.
UNKNOWN_ACCOUNT = "the token does not show its account; set `--author` to the account's {name}"
_UNKNOWN = UNKNOWN_ACCOUNT.format(name="UUID or account id")


class _Address(msgspec.Struct):
    href: str = ""


class _Pages(msgspec.Struct):
    html: _Address = msgspec.field(default_factory=_Address)


class _CloudAccount(msgspec.Struct):
    type: str = "user"
    uuid: str | None = None
    account_id: str | None = None


class _Text(msgspec.Struct):
    raw: str | None = None


class _CloudComment(msgspec.Struct):
    id: int
    content: _Text | None = None
    user: _CloudAccount | None = None
    deleted: bool = False
    inline: dict[str, object] | None = None
    links: _Pages = msgspec.field(default_factory=_Pages)


class _Commit(msgspec.Struct, frozen=True):
    hash: str


class _Source(msgspec.Struct):
    commit: _Commit | None = None


class _CloudPullRequest(msgspec.Struct):
    state: str
    source: _Source = msgspec.field(default_factory=_Source)


class _FilePath(msgspec.Struct):
    path: str = ""


class _FileStatus(msgspec.Struct):
    new: _FilePath | None = None
    old: _FilePath | None = None


class _PullId(msgspec.Struct, frozen=True):
    id: int


class _Selector(msgspec.Struct, frozen=True):
    type: str = ""
    pattern: str | None = None


class _Target(msgspec.Struct, frozen=True):
    commit: _Commit | None = None
    pullrequest: _PullId | None = None
    selector: _Selector | None = None


class _CloudPipeline(msgspec.Struct):
    build_number: int
    target: _Target = _Target()


class _CloudPage(LinkedPage[_T], Generic[_T]):
    next: str | None = None

    def following(self, path: str) -> str | None:
        """Return the next page's path from a link to the same host.

        Raises:
            RefusalError: the link leads to another host, which must not receive the token.
        """
        if self.next and not self.next.startswith(f"{API}/"):
            raise RefusalError(RefusalKind.OTHER, "a list continues on another host")
        return self.next.removeprefix(API) if self.next else None


def find_pull_request(variables: Mapping[str, str], number: int | None) -> RequestedPull | NothingToDo:
    """Find the pull request of a Bitbucket Pipelines step."""
    job = ci.bitbucket(variables)
    named = number or job.number
    if not named:
        return NothingToDo("the pipeline is not one for pull requests; `--pr-number` can name one")
    if not ci.REPOSITORY.fullmatch(job.repository):
        return NothingToDo("BITBUCKET_REPO_FULL_NAME is not a repository")
    return RequestedPull(job.repository, named, job.sha if named == job.number else "", job.run)


def conversation(wanted: RequestedPull, token: str, patience: WaitBudget | None = None) -> CloudConversation:
    """Open the comments of a pull request; a token `USER:TOKEN` belongs to an account."""
    user, _, password = token.rpartition(":")
    return CloudConversation(Client(Hosts(API, "", SERVER), password, patience, user=user), wanted, personal=bool(user))


class BitbucketConversation(Conversation[_T]):
    """The comments of a pull request on either Bitbucket, which shows no HTML and takes 32,768 characters."""

    size = 32_000
    name = "Bitbucket"

    def rewritten(self, page: str) -> str:
        """Remove the HTML of a page."""
        return without_html(page)


class CloudConversation(BitbucketConversation[_CloudComment]):
    """The comments of a pull request on Bitbucket Cloud."""

    host = "bitbucket"
    numbers_attempts = True

    def __init__(self, client: Client, wanted: RequestedPull, *, personal: bool) -> None:
        """Build from the pull request; its newest commit is known once `outdated_reason` has read it.

        `personal`: the token is that of an account, which can be queried.
        """
        self._repository = f"/repositories/{wanted.repository}"
        path = f"{self._repository}/pullrequests/{wanted.number}"
        super().__init__(client, wanted, path, f"{path}/comments", _CloudComment)
        self._personal = personal
        self._apps = False
        self._named = ""
        self._of_others: set[int] = set()

    def _state(self) -> tuple[str, str]:
        now = self.client.get(self.path, _CloudPullRequest)
        return now.state, now.source.commit.hash if now.source.commit else ""

    def _full_sha(self, head: str) -> str:
        """Return a commit's full hash, or its beginning in a fork that the token cannot read."""
        try:
            return self.client.get(f"{self._repository}/commit/{head}", _Commit).hash
        except RefusalError as refusal:
            if refusal.kind not in (RefusalKind.PERMISSION, RefusalKind.GONE):
                raise
            return head

    def _changes(self) -> Iterator[_FileStatus]:
        return self.client.get_all(f"{self.path}/diffstat?pagelen=100", _CloudPage[_FileStatus])

    def _added_lines(self) -> Added:
        """Return the files that the pull request adds or changes, without their lines."""
        return {each.new.path: None for each in self._changes() if each.new}

    def _changed_files(self) -> Iterable[str | None]:
        return (file.path for each in self._changes() for file in (each.new, each.old) if file)

    def newer_run(self) -> str | None:
        """Return the number of a newer run; the API of pipelines needs the scope `pipeline`."""
        found = self.client.peek(
            f"{self._repository}/pipelines?sort=-created_on&pagelen=100", _CloudPage[_CloudPipeline]
        )
        runs = (ListedRun(each.build_number, each.target) for each in found.values) if found else ()
        return self._newer_alike(runs)

    def author(self, named: str) -> Author:
        """Return tfcheck's own account: as `named` by UUID or account id, otherwise from Bitbucket.

        The token of a repository, project or workspace does not show its account. What it writes is by an app, which no
        person can be: then the comments of all apps that have our marker count as ours.

        Raises:
            RefusalError: nothing shows it.
        """
        self._named = named.lower()
        if named:
            return Author(self._named)
        try:
            uuid = self.client.get("/user", _CloudAccount).uuid
        except RefusalError as refusal:
            if self._personal or refusal.status not in (401, 403, 404):
                raise
        else:
            if not uuid:
                raise RefusalError(RefusalKind.OTHER, _UNKNOWN)
            return Author(uuid.lower())
        self._apps = True
        return Author(_APP, bot=True)

    def comments(self) -> Iterator[Comment]:
        """Read all comments that are not on lines."""
        found = self.client.get_all(f"{self._list}?pagelen=100", _CloudPage[_CloudComment])
        shown = (each for each in found if not each.deleted and each.inline is None)
        return (self._to_comment(each) for each in shown if each.id not in self._of_others)

    def read(self, comment: Comment) -> Comment | None:
        """Read a comment again; None if it is gone."""
        found = self.client.find(self._comment_path(comment), _CloudComment)
        return None if found is None or found.deleted else self._to_comment(found)

    def create(self, body: str) -> Comment:
        """Write a comment."""
        made = self.client.create(self._list, self._content(body), _CloudComment)
        if self._apps and not (made.user and made.user.type == _APP):
            self.remove(Comment(made.id))
            raise RefusalError(RefusalKind.OTHER, _UNKNOWN)
        return self._to_comment(made)

    def change(self, comment: Comment, body: str) -> Comment:
        """Change a comment."""
        with self._skip_foreign(comment):
            return super().change(comment, body)

    def remove(self, comment: Comment) -> None:
        """Remove a comment."""
        with self._skip_foreign(comment):
            super().remove(comment)

    def _content(self, body: str) -> dict[str, Any]:
        return {"content": {"raw": hide_markers(body)}}

    @contextmanager
    def _skip_foreign(self, comment: Comment) -> Iterator[None]:
        """Try again without a comment that cannot be changed because it belongs to another app."""
        try:
            yield
        except RefusalError as refusal:
            if not self._apps or refusal.status != _FORBIDDEN:
                raise
            self._of_others.add(comment.id)
            raise WaitedError(refusal.kind, refusal.message, refusal.status) from None

    def _to_comment(self, found: _CloudComment) -> Comment:
        account = found.user or _CloudAccount()
        is_app = account.type == _APP
        uuid, account_id = account.uuid or "", account.account_id or ""
        named = self._named if self._named and self._named in (uuid.lower(), account_id.lower()) else uuid
        login = _APP if is_app and self._apps else named
        href, text = found.links.html.href, found.content.raw if found.content else ""
        address = href if href.startswith(f"{SERVER}/") and href.isprintable() and " " not in href else ""
        return Comment(found.id, "", address, User(login, "Bot" if is_app else "User"), restore_markers(text or ""))
