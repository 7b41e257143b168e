"""Mark the parts of a planned object that are unknown, edited, or of an impossible type.

Unknown parts follow `after_unknown`
(https://developer.hashicorp.com/terraform/internals/json-format#change-representation): Terraform omits them from
`after`.

Some tools that filter or annotate plans write `module.x.aws_iam_role.e.arn` into `after` and drop the marks of unknown
values. Such a text is neither a name nor an ARN: it is evaluated like the unknown value that it replaced.

Only an edited plan has values of an impossible type, such as a list in place of a name. They become unknown here, where
plans are decoded, so that no other code has to expect them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.symbol import Owner, Symbol
from tfcheck.symbolic.value import Unknown, Value

#: A path into an object: names of members and positions in lists.
Path: TypeAlias = tuple[str | int, ...]

#: Text between brackets after a name.
_KEY = r"""(?:\[(?:"[^"]*"|[\w.*]+)\])?"""
_MODULE = rf"(?:module\.[\w-]+{_KEY}\.)"
_STEPS = r'[\w.\[\]"-]+'
_REFERENCE = regex(
    rf"\$\{{.*\}}|{_MODULE}++(?:{_STEPS})?|{_MODULE}*+"
    rf"(?:(?:var|local|each|count|module)\.{_STEPS}|(?:data\.)?[a-z][a-z0-9]*_\w+\.[\w-]+{_KEY}(?:\.{_STEPS})?)"
)
#: How references begin, except those to resources, whose types have an underscore.
_FIRST_NAMES = ("module", "var", "local", "each", "count", "data")
#: Signs that an object's text may contain a reference: a string with its beginning, or an escape, or
#: anything but an ARN where a role's or a policy's ARN belongs.
_MAY_BE_EDITED = regex(
    rb'"(?:\$\{|(?:[a-z][a-z0-9]*_[^".]+|module|var|local|each|count|data)\.)|\\u00'
    rb'|(?:role_arn|policy_arns?)"\s*:\s*(?!"arn:|""|null|\[\s*\])'
)
_REPLACED = "the plan was edited: a reference is in the place of its value"

#: Whether a text is a reference in the configuration of the object that has it.
IsReference: TypeAlias = Callable[[str], bool]

#: No reference that a person writes is longer.
_LONGEST = 500
_RESOURCE = regex(rf"{_MODULE}*+(?P<data>data\.)?(?P<type>[a-z][a-z0-9]*_\w+)\.(?P<name>[\w-]+){_KEY}(?:\..*)?")


def may_be_edited(text: bytes) -> bool:
    """Whether an object's JSON text may have references in place of values; most plans are never edited."""
    return _MAY_BE_EDITED.search(text) is not None


def looks_like_reference(text: str) -> bool:
    """Whether `text` looks like a Terraform reference: `module.x.aws_iam_role.e.arn`, `${var.arn}`."""
    first = text.partition(".")[0]
    begins_so = "_" in first or first in _FIRST_NAMES or first.startswith("${")
    return begins_so and _REFERENCE.fullmatch(text) is not None


def restore_references(values: dict[str, Any], is_reference: IsReference, owner: Owner) -> dict[str, Value]:
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


def _restore(value: Any, was_replaced: Callable[[str, Path], bool], owner: Owner, path: Path) -> Value:
    """Return a part of the object at `owner` with an `Unknown` for each text in the place of a value."""
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


def without_edited_arns(value: Any, owner: Owner, path: Path) -> Value:
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


#: Prefixes of the resource types that tfcheck reads; in others a `name` may be a block.
_READ = (
    "aws_caller_identity",
    "aws_cloudwatch_log_group",
    "aws_ecr_",
    "aws_ecs_",
    "aws_efs_",
    "aws_iam_",
    "aws_kms_",
    "aws_partition",
    "aws_region",
    "aws_s3_",
    "aws_s3files_",
    "aws_secretsmanager_",
    "aws_ssm_parameter",
    "aws_vpc_endpoint",
)
#: Attributes that are text in each of these types that has them.
_TEXTS = frozenset(
    {
        *("account_id", "arn", "assume_role_policy", "bucket", "bucket_prefix", "cluster", "container_definitions"),
        *("content", "execution_role_arn", "family", "file_system_id", "id", "json", "key", "key_id", "kms_key_id"),
        *("launch_type", "name", "name_prefix", "override_json", "path", "permissions_boundary", "platform_version"),
        *("policy", "policy_arn", "policy_id", "region", "registry_id", "repository", "repository_url", "role"),
        *("role_name", "secret_arn", "secret_id", "secret_string", "server_side_encryption", "source_json"),
        *("target_key_arn", "target_key_id", "task_definition", "task_role_arn", "unique_id"),
    }
)
#: Attributes that are a list or a set in each of these types that has them.
_LISTS = frozenset(
    {
        *("inline_policy", "managed_policy_arns", "override_policy_documents", "policy_arns", "policy_names"),
        *("requires_compatibilities", "roles", "source_policy_documents", "statement"),
    }
)


def mistyped_attributes(values: dict[str, Any], resource_type: str, owner: Owner) -> dict[str, Unknown]:
    """Return an `Unknown` for each attribute of the object at `owner` with an impossible type."""
    if not resource_type.startswith(_READ):
        return {}
    wrong = [name for name in _TEXTS.intersection(values) if not isinstance(values[name], str)]
    wrong += [name for name in _LISTS.intersection(values) if not isinstance(values[name], list)]
    found: dict[str, Unknown] = {}
    for name in wrong:
        if values[name] is not None:
            wanted = "text" if name in _TEXTS else "a list"
            reason = f"the plan was edited: `{name}` of {owner} is not {wanted}"
            found[name] = Unknown(Symbol(owner, (name,)), reason=reason)
    return found


def overlay(after: Any, after_unknown: Any, owner: Owner, path: Path = ()) -> Value:
    """Put an `Unknown` into `after` wherever `after_unknown` is true.

    `after` alone cannot be trusted: Terraform omits unknown attributes, so "known after apply" and "not set" look the
    same there. `owner` is the instance's address; each unknown value is its attribute at that path.
    """
    match after_unknown:
        case True:
            return Unknown(Symbol(owner, path))
        case _ if not marks_anything(after_unknown):
            return without_edited_arns(after, owner, path)
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


def is_masked(mask: Any, name: str) -> bool:
    """Whether a sensitivity mask marks the whole object, its member `name`, or anything in that."""
    return mask is True or (isinstance(mask, dict) and marks_anything(mask.get(name)))


def _object(after: dict[str, Any] | None, mask: dict[str, Any], owner: Owner, path: Path) -> Value:
    after = after or {}
    result = {
        name: value
        if name not in mask and is_plain(name, value)
        else overlay(value, mask.get(name), owner, (*path, name))
        for name, value in after.items()
    }
    for name, part in mask.items():
        if name not in after and marks_anything(part):
            result[name] = overlay(None, part, owner, (*path, name))
    return result


def _list(after: list[Any], mask: list[Any], owner: Owner, path: Path) -> Value:
    """Return a list overlaid element by element; Terraform 0.13 omits a set's unknown elements, without a null."""
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
    """Whether a block is one of the empty ones, with an empty text, that the SDK leaves in sets with unknown parts."""
    return isinstance(block, dict) and not marks_anything(mask) and "" in block.values() and not any(block.values())
