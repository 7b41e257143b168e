"""Recognise tfcheck's own comments by their author.

Anybody can paste tfcheck's marker into a comment: such a comment is never changed.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tfcheck.pull_request.client import Client
from tfcheck.pull_request.refusal import RefusalError, RefusalKind
from tfcheck.pull_request.shapes import User
from tfcheck.vocabulary import ci

_BOT = "[bot]"
#: The author of comments with a job's token.
_ACTIONS = "github-actions"


class _Viewer(msgspec.Struct):
    viewer: User


class Author(msgspec.Struct, frozen=True):
    """An account by its name, without `[bot]` for a bot; `bot` is None if that is not known."""

    login: str
    bot: bool | None = None

    def wrote(self, user: User | None) -> bool:
        """Whether the account is `user`; the name alone is not enough, since a person may have a bot's name."""
        if user is None or _base_login(user.login) != self.login:
            return False
        return self.bot is None or self.bot is (user.type == "Bot")

    @classmethod
    def of(cls, user: User) -> Author:
        """Build the account of `user`."""
        return cls(_base_login(user.login), user.type == "Bot")


def author(client: Client, variables: Mapping[str, str], named: str = "") -> Author:
    """Return tfcheck's own account: as `named`, otherwise from GitHub.

    GraphQL sometimes omits `[bot]`, and REST shows only people their account, not apps.

    Raises:
        RefusalError: nothing shows it.
    """
    if named:
        return Author(_base_login(named), True if named.endswith(_BOT) else None)
    viewer = _viewer(client)
    if viewer.endswith(_BOT):
        return Author(_base_login(viewer), True)
    person = _person(client)
    if person is not None:
        return Author(_base_login(person.login), person.type == "Bot")
    if viewer:
        return Author(_base_login(viewer), True)
    if ci.in_actions(variables):
        return Author(_ACTIONS, True)
    raise RefusalError(
        RefusalKind.OTHER, "the token does not show its account; set `--author`, in the action `comment-author`"
    )


def _base_login(login: str) -> str:
    return login.lower().removesuffix(_BOT)


def _viewer(client: Client) -> str:
    """Ask GraphQL, with one retry; errors of GraphQL are ignored, since REST is enough."""
    for _ in range(2):
        try:
            return client.ask("query { viewer { login } }", {}, _Viewer).viewer.login
        except RefusalError as refusal:
            broke = refusal.kind is RefusalKind.UNREACHABLE or refusal.status >= 500
            if not broke or not client.patience.wait_random(0.5, 1.0):
                return ""
    return ""


def _person(client: Client) -> User | None:
    try:
        return client.get("/user", User)
    except RefusalError as refusal:
        if refusal.status in (403, 404) and refusal.kind is not RefusalKind.LIMITED:
            return None
        raise
