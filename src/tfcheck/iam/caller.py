"""Who makes a request."""

from __future__ import annotations

import msgspec

from tfcheck.symbolic.value import TextLike, Unknown, Value


class Caller(msgspec.Struct, frozen=True):
    """The role whose session makes a request.

    `arn` is the role's ARN with its path, `unique_id` the id that AWS assigns (AROA…), `session` the name of the
    session, `tags` the role's tags: unknown if they are not visible, except `own_tags`.
    """

    arn: TextLike
    name: TextLike
    account: TextLike
    unique_id: TextLike | None = None
    tags: dict[str, Value] | Unknown = Unknown(reason="the role's tags are not known")
    own_tags: dict[str, Value] = {}
    session: TextLike = Unknown(reason="ECS names the session when a task starts")
