"""Name an object by its address in the plan, for any notation of its ARN or name.

A plan that creates a bucket knows `${aws_s3_bucket.config.arn}`, a later one the ARN itself: both are the same object.
"""

from __future__ import annotations

from tfcheck.inventory import catalogue
from tfcheck.inventory.world import World
from tfcheck.symbolic.value import PlainText, TextLike, Value, display, spelled_out

_KINDS = (
    catalogue.BUCKET,
    catalogue.OBJECT,
    catalogue.KEY,
    catalogue.SECRET,
    catalogue.PARAMETER,
    catalogue.REPOSITORY,
    catalogue.LOG_GROUP,
    catalogue.FILE_SYSTEM,
    catalogue.ACCESS_POINT,
)
_TYPES = (*(kind for each in _KINDS for kind in each.types), "aws_iam_role", "aws_iam_instance_profile")
#: What may follow an object's ARN in a longer one.
_ENDS = "/:"


def subject(value: Value, world: World) -> str:
    """Replace the first object that a text names by its address: `${aws_s3_bucket.config.arn}/web.env`."""
    if not isinstance(value, TextLike):
        return ""
    text = display(spelled_out(value))
    return world.once(_Addresses).with_reference(text)


class _Addresses:
    """The addresses of the objects that a world manages or looks up, by their known ARNs."""

    def __init__(self, world: World) -> None:
        self._known: dict[str, str] = {}
        for resource in (*world.resources(*_TYPES), *world.looked_up(*_TYPES)):
            arn = resource.attribute("arn")
            if isinstance(arn, PlainText) and arn != "":
                self._known.setdefault(display(spelled_out(arn)), f"${{{resource.address}.arn}}")

    def with_reference(self, text: str) -> str:
        """Replace the longest known ARN at the beginning of a text's first ARN by a reference."""
        start = text.find("arn:")
        if start > 0:
            return text[:start] + self.with_reference(text[start:])
        ends = [index for index, char in enumerate(text) if char in _ENDS]
        for end in (len(text), *reversed(ends)):
            if (found := self._known.get(text[:end])) is not None:
                return found + text[end:]
        return text
