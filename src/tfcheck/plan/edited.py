"""Find the references that an edited plan has instead of values.

Some tools that filter or annotate plans write `module.x.aws_iam_role.e.arn` into `after` and drop the marks of unknown
values. Such a text is neither a name nor an ARN: what it refers to is evaluated as for any unknown value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from tfcheck.plan.overlay import KEY, REPLACED, Path, looks_like_reference
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Symbol, Unknown, Value

#: Whether a text is a reference in the configuration of the object that has it.
IsReference: TypeAlias = Callable[[str], bool]

#: No reference that a person writes is longer.
_LONGEST = 500
_RESOURCE = regex(
    rf"(?:module\.[\w-]+{KEY}\.)*(?P<data>data\.)?(?P<type>[a-z][a-z0-9]*_\w+)\.(?P<name>[\w-]+){KEY}(?:\..*)?"
)


def restore_references(values: dict[str, Any], is_reference: IsReference, owner: str) -> dict[str, Value]:
    """Return the object at `owner` with an `Unknown` for each reference, or the same object if there is none."""
    if not any(_contains_reference(each, is_reference) for each in values.values()):
        return values
    return {name: _restore(each, is_reference, owner, (name,)) for name, each in values.items()}


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


def _restore(value: Any, is_reference: IsReference, owner: str, path: Path) -> Value:
    match value:
        case str() if _may_be_reference(value) and is_reference(value):
            return Unknown(Symbol(owner, path), reason=REPLACED)
        case dict():
            return {name: _restore(each, is_reference, owner, (*path, name)) for name, each in value.items()}
        case list():
            return [_restore(each, is_reference, owner, (*path, at)) for at, each in enumerate(value)]
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
