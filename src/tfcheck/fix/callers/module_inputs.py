"""Find the inputs of a module that are for grants: statements by type or name, or ARNs with a telling name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from tfcheck.hcl.evaluate.scope import Seen
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Block
from tfcheck.resolve import Resolver
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.address import ModulePath

_STATEMENTS = regex(r"statement|polic|permission|grant")
_NAMES = {
    "s3:GetBucketLocation": regex(r"bucket.*arns?$"),
    "s3": regex(r"(s3|bucket|file|object).*arns?$"),
    "secretsmanager": regex(r"secret.*arns?$"),
    "ssm": regex(r"(ssm|param).*arns?$"),
    "kms": regex(r"(kms|key).*arns?$"),
}
#: How a module reads the members of an untyped input.
_MEMBER = regex(r"\.value(?:\.|\[\"|, \")(?:actions|resources)\b")
_EFFECT = regex(r"(?<!try\()(?<!lookup\()\b\w+\.value\.effect\b")
_OPEN_TYPES = ("", "any", "list(any)", "map(any)")


class ModuleInput(msgspec.Struct, frozen=True):
    """An input and its kind: `arns`, one `arn`, or statements in a `list` or a `map`, also with their effect."""

    name: str
    shape: str
    effect: bool = False
    is_set: bool = False


def is_for_grants(name: str) -> bool:
    """Whether an input of this name may be for grants."""
    return any(each.search(name) for each in (_STATEMENTS, *_NAMES.values()))


def changed_inputs(path: ModulePath, resolver: Resolver, counts: Callable[[str], bool] = is_for_grants) -> bool:
    """Whether a call, or an enclosing one, now passes another value for a relevant input than in the plan."""
    called = resolver.module_sources(path) if path.steps and resolver.declarations.doubts else None
    inputs = [name for name in called.variables() if counts(name)] if called else []
    own = any(resolver.declarations.doubts.is_doubted("var", path.config, name) for name in inputs)
    return own or (bool(path.steps) and changed_inputs(path.parent, resolver, counts))


def inputs_for(action: str, module: Module, value_of: Callable[[str], Seen]) -> Iterator[ModuleInput]:
    """Yield the inputs that may grant an action, those for its ARNs first. `value_of` returns an input's value."""
    arns = _NAMES.get(action) or _NAMES.get(action.partition(":")[0])
    for name in module.variables():
        variable = module.variable(name)
        kind = _attribute_text(variable, "type")
        if arns is not None and arns.search(name) and not _STATEMENTS.search(name) and variable is not None:
            shape = _shape_of_arns(kind, variable, value_of(name))
            yield from [ModuleInput(name, shape, is_set=kind.startswith("set("))] if shape else []
    for name in module.variables():
        variable = module.variable(name)
        found = _statements(name, variable, module, value_of) if variable is not None else None
        yield from [found] if found else []


def decides_how_many(name: str, module: Module) -> bool:
    """Whether the length of an input decides how many resources a module has."""
    texts = [each.repetition[1] for each in module.blocks if each.repetition]
    texts += [each.text for block in module.blocks if block.type == "locals" for each in block.arguments.values()]
    return any(re.search(rf"\bvar\.{re.escape(name)}(?![\w-])", each) for each in texts)


def _shape_of_arns(kind: str, variable: Block, now: Seen) -> str:
    if re.match(r"(list|set)\(string\)", kind) or (kind in _OPEN_TYPES and _shape(kind, variable, now) == "list"):
        return "arns"
    return "arn" if kind == "string" and _attribute_text(variable, "default") in ("null", '""') else ""


def _statements(name: str, variable: Block, module: Module, value_of: Callable[[str], Seen]) -> ModuleInput | None:
    kind = _attribute_text(variable, "type")
    if re.search(r"\bactions\b", kind) and re.search(r"\bresources\b", kind):
        required = re.findall(r"(\w+)\s*=\s*(?!optional)\w", kind)
        return ModuleInput(name, "map" if kind.startswith("map(") else "list", "effect" in required)
    texts = [file.source.text for file in module.files] if kind in _OPEN_TYPES else []
    if not _STATEMENTS.search(name) or not any(_MEMBER.search(each) for each in texts):
        return None
    shape = _shape(kind, variable, value_of(name))
    return ModuleInput(name, shape, any(_EFFECT.search(each) for each in texts)) if shape else None


def _shape(kind: str, variable: Block, now: Seen) -> str:
    """Return whether an input is a list or a map, by its type, its value, or its default."""
    if kind.endswith("(any)"):
        return kind.partition("(")[0]
    if isinstance(now, (list, dict)):
        return "list" if isinstance(now, list) else "map"
    return {"[]": "list", "{}": "map"}.get(_attribute_text(variable, "default"), "")


def _attribute_text(block: Block | None, name: str) -> str:
    return block.attribute_text(name).strip('"') if block else ""
