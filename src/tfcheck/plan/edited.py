"""Find the references that an edited plan has instead of values.

Some tools that filter or annotate plans write `module.x.aws_iam_role.e.arn` into `after` and drop the marks of unknown
values. Such a text is neither a name nor an ARN: what it refers to is evaluated as for any unknown value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Symbol, Unknown, Value

#: A path into an object: names of members and positions in lists.
Path: TypeAlias = tuple[str | int, ...]

#: Text between brackets after a name.
_KEY = r"""(?:\[(?:\d+|"[^"]*"|[\w.*]+)\])?"""
_REFERENCE = regex(
    rf"(?:\$\{{.*\}}|(?:module\.[\w-]+{_KEY}\.)*"
    rf"(?:(?:var|local|each|count|module)\.[\w.\[\]\"-]+|(?:data\.)?[a-z][a-z0-9]*_\w+\.[\w-]+{_KEY}(?:\.[\w.\[\]\"-]+)?))"
)
#: How references begin, but for those to resources, whose types have an underscore.
_FIRST_NAMES = ("module", "var", "local", "each", "count", "data")
#: Signs that an object's text may contain a reference: a string with its beginning, or an escape, or
#: anything but an ARN where a role's or a policy's ARN belongs.
_MAY_BE_EDITED = regex(
    rb'"(?:\$\{|(?:[a-z][a-z0-9]*_[^".]+|module|var|local|each|count|data)\.)|\\u00'
    rb'|(?:role_arn|policy_arns?)"\s*:\s*(?!"arn:|""|null|\[\s*\])'
)
_REPLACED = "the plan was edited: a reference stands where its value was"

#: Whether a text is a reference in the configuration of the object that has it.
IsReference: TypeAlias = Callable[[str], bool]

#: No reference that a person writes is longer.
_LONGEST = 500
_RESOURCE = regex(
    rf"(?:module\.[\w-]+{_KEY}\.)*(?P<data>data\.)?(?P<type>[a-z][a-z0-9]*_\w+)\.(?P<name>[\w-]+){_KEY}(?:\..*)?"
)


def may_be_edited(text: bytes) -> bool:
    """Whether an object's JSON text may have references in place of values; most plans are never edited."""
    return _MAY_BE_EDITED.search(text) is not None


def looks_like_reference(text: str) -> bool:
    """Whether `text` looks like a Terraform reference: `module.x.aws_iam_role.e.arn`, `${var.arn}`."""
    first = text.partition(".")[0]
    begins_so = "_" in first or first in _FIRST_NAMES or first.startswith("${")
    return begins_so and _REFERENCE.fullmatch(text) is not None


def restore_references(values: dict[str, Any], is_reference: IsReference, owner: str) -> dict[str, Value]:
    """Return the object at `owner` with an `Unknown` for each reference, or the same object if there is none."""
    if not any(_contains_reference(each, is_reference) for each in values.values()):
        return values
    return {
        name: _restore(each, lambda text, _: _may_be_reference(text) and is_reference(text), owner, (name,))
        for name, each in values.items()
    }


def parse_resource(text: str) -> tuple[str, str, str] | None:
    """Return mode, type and name of the resource at the beginning of a reference; None for any other."""
    found = _RESOURCE.fullmatch(strip_interpolation(text))
    return ("data" if found["data"] else "managed", found["type"], found["name"]) if found else None


def strip_interpolation(text: str) -> str:
    """Return the expression inside a single interpolation, or any other text unchanged."""
    return text[2:-1].strip() if text.startswith("${") and text.endswith("}") else text


def _contains_reference(value: Any, is_reference: IsReference) -> bool:
    match value:
        case str():
            return _may_be_reference(value) and is_reference(value)
        case dict():
            return any(_contains_reference(each, is_reference) for each in value.values())
        case list():
            return any(_contains_reference(each, is_reference) for each in value)
        case _:
            return False


def _may_be_reference(text: str) -> bool:
    """Whether a text has the form of a reference, which is quickly ruled out for most."""
    return len(text) <= _LONGEST and "." in text and looks_like_reference(text)


def _restore(value: Any, was_replaced: Callable[[str, Path], bool], owner: str, path: Path) -> Value:
    """Return a part of the object at `owner` with an `Unknown` for each text that stands where a value was."""
    match value:
        case str() if was_replaced(value, path):
            return Unknown(Symbol(owner, path), reason=_REPLACED)
        case dict():
            return {name: _restore(each, was_replaced, owner, (*path, name)) for name, each in value.items()}
        case list():
            return [_restore(each, was_replaced, owner, (*path, at)) for at, each in enumerate(value)]
        case _:
            return value  # type: ignore[no-any-return]


def references_in(expressions: Any) -> Iterator[str]:
    """Yield every reference in the expressions of a resource, including nested blocks."""
    match expressions:
        case {"references": list(named)}:
            yield from (each for each in named if isinstance(each, str))
        case dict():
            for each in expressions.values():
                yield from references_in(each)
        case list():
            for each in expressions:
                yield from references_in(each)
        case _:
            pass


# ARNs


def without_edited_arns(value: Any, owner: str, path: Path) -> Value:
    """Return a value without what an edited plan has in place of ARNs."""
    if not _was_edited(value, _last_name(path)):
        return value  # type: ignore[no-any-return]
    return _restore(value, lambda text, at: _was_replaced(text, _last_name(at)), owner, path)


def _was_edited(value: Any, name: str) -> bool:
    """Whether an edited plan has something else in place of ARNs; `name` is the parent member's."""
    if isinstance(value, dict):
        return any(not is_plain(key, each) and _was_edited(each, key) for key, each in value.items())
    if isinstance(value, list):
        return any(_was_edited(each, name) for each in value)
    return isinstance(value, str) and _was_replaced(value, name)


def is_plain(name: str, value: Any) -> bool:
    """Whether a member is taken as it is, like most: no list, no object, and no name of an ARN."""
    return not isinstance(value, (dict, list)) and not name.endswith(("arn", "arns"))


def _last_name(path: Path) -> str:
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def _was_replaced(text: str, name: str) -> bool:
    """Whether an edited plan has `text` in place of an ARN; that of a role or a policy has a fixed form."""
    if not text or text.startswith("arn:") or not name.endswith(("arn", "arns")):
        return False
    return name.endswith(("role_arn", "policy_arn", "policy_arns")) or looks_like_reference(text)
