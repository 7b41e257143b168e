"""Mark the unknown parts of a planned object.

Follows `after_unknown` of https://developer.hashicorp.com/terraform/internals/json-format#change-representation and
Terraform's `omitUnknowns`, which leaves unknown parts out of `after`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Symbol, Unknown, Value

#: A path into an object: names of members and positions in lists.
Path: TypeAlias = tuple[str | int, ...]

#: Text between brackets after a name.
KEY = r"""(?:\[(?:\d+|"[^"]*"|[\w.*]+)\])?"""
_REFERENCE = regex(
    rf"(?:\$\{{.*\}}|(?:module\.[\w-]+{KEY}\.)*"
    rf"(?:(?:var|local|each|count|module)\.[\w.\[\]\"-]+|(?:data\.)?[a-z][a-z0-9]*_\w+\.[\w-]+{KEY}(?:\.[\w.\[\]\"-]+)?))"
)
#: Signs that an object's text may contain a reference: a string with its beginning, or an escape, or
#: anything but an ARN where a role's or a policy's ARN belongs.
_MAY_BE_EDITED = regex(
    rb'"(?:\$\{|(?:[a-z][a-z0-9]*_[^".]+|module|var|local|each|count|data)\.)|\\u00'
    rb'|(?:role_arn|policy_arns?)"\s*:\s*(?!"arn:|""|null|\[\s*\])'
)
REPLACED = "the plan was edited: a reference stands where its value was"


def overlay(after: Any, after_unknown: Any, owner: str, path: Path = ()) -> Value:
    """Put an `Unknown` into `after` wherever `after_unknown` is true.

    `after` alone cannot be trusted: Terraform omits unknown attributes, so "known after apply" and "not set" look the
    same there. `owner` is the instance's address; each unknown value is its attribute at that path.
    """
    match after_unknown:
        case True:
            return Unknown(Symbol(owner, path))
        case _ if not marks_anything(after_unknown):
            return _without_edited_arns(after, owner, path)
        case dict() if after is None or isinstance(after, dict):
            return _object(after, after_unknown, owner, path)
        case list() if isinstance(after, list):
            return _list(after, after_unknown, owner, path)
        case _:
            return Unknown(Symbol(owner, path))


def marks_anything(mask: Any) -> bool:
    """Whether a mask has a `true` leaf; a mask that is only not empty marks nothing."""
    match mask:
        case bool():
            return mask
        case dict():
            return any(map(marks_anything, mask.values()))
        case list():
            return any(map(marks_anything, mask))
        case _:
            return False


def may_be_edited(text: bytes) -> bool:
    """Whether an object's JSON text may have references in place of values; most plans are never edited."""
    return _MAY_BE_EDITED.search(text) is not None


def is_masked(mask: Any, name: str) -> bool:
    """Whether a sensitivity mask marks the whole object, its member `name`, or anything in that."""
    return mask is True or (isinstance(mask, dict) and marks_anything(mask.get(name)))


def looks_like_reference(text: str) -> bool:
    """Whether `text` looks like a Terraform reference: `module.x.aws_iam_role.e.arn`, `${var.arn}`.

    Some tools edit a plan: they remove the marks of unknown values and write such a text in their place.
    """
    return _REFERENCE.fullmatch(text) is not None


def _object(after: dict[str, Any] | None, mask: dict[str, Any], owner: str, path: Path) -> Value:
    after = after or {}
    result = {
        name: value
        if name not in mask and _is_plain(name, value)
        else overlay(value, mask.get(name), owner, (*path, name))
        for name, value in after.items()
    }
    for name, part in mask.items():
        if name not in after and marks_anything(part):
            result[name] = overlay(None, part, owner, (*path, name))
    return result


def _list(after: list[Any], mask: list[Any], owner: str, path: Path) -> Value:
    """Overlay a list element by element; Terraform 0.13 omits unknown elements of sets instead of writing null."""
    dropped = len(mask) - len(after)
    if dropped > 0:
        if mask.count(True) != dropped:
            return Unknown(Symbol(owner, path))
        rest = iter(after)
        after = [None if part is True else next(rest) for part in mask]
    parts = mask + [False] * (len(after) - len(mask))
    pairs = enumerate(zip(after, parts, strict=True))
    return [overlay(each, part, owner, (*path, at)) for at, (each, part) in pairs if not _is_leftover(each, part)]


def _is_leftover(block: Any, mask: Any) -> bool:
    """Whether an empty block is a leftover: the providers' SDK leaves such ones in sets with unknown parts.

    An unwritten attribute is null in a plan; here a text is empty.
    """
    return isinstance(block, dict) and not marks_anything(mask) and "" in block.values() and not any(block.values())


def _without_edited_arns(value: Any, owner: str, path: Path) -> Value:
    """Return a value without what an edited plan has in place of ARNs."""
    return _restore(value, owner, path) if _was_edited(value, _last_name(path)) else value


def _was_edited(value: Any, name: str) -> bool:
    """Whether an edited plan has something else in place of ARNs; `name` is the parent member's."""
    if isinstance(value, dict):
        return any(not _is_plain(key, each) and _was_edited(each, key) for key, each in value.items())
    if isinstance(value, list):
        return any(_was_edited(each, name) for each in value)
    return isinstance(value, str) and _was_replaced(value, name)


def _restore(value: Any, owner: str, path: Path) -> Value:
    match value:
        case str() if _was_replaced(value, _last_name(path)):
            return Unknown(Symbol(owner, path), reason=REPLACED)
        case dict():
            return {
                name: each if _is_plain(name, each) else _without_edited_arns(each, owner, (*path, name))
                for name, each in value.items()
            }
        case list():
            return [_without_edited_arns(each, owner, (*path, at)) for at, each in enumerate(value)]
        case _:
            return value  # type: ignore[no-any-return]


def _is_plain(name: str, value: Any) -> bool:
    """Whether a member is taken as it is, like most: no list, no object, and no name of an ARN."""
    return not isinstance(value, (dict, list)) and not name.endswith(("arn", "arns"))


def _last_name(path: Path) -> str:
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def _was_replaced(text: str, name: str) -> bool:
    """Whether an edited plan has `text` in place of an ARN; that of a role or a policy has a fixed form."""
    if not text or text.startswith("arn:") or not name.endswith(("arn", "arns")):
        return False
    return name.endswith(("role_arn", "policy_arn", "policy_arns")) or looks_like_reference(text)
