"""Find values outside the configuration that a policy is made from: of root variables, and in YAML or JSON files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeAlias, TypeGuard

import msgspec

from tfcheck.fix.layout.render import quote, text
from tfcheck.fix.needed_statements import references_in
from tfcheck.fix.policies.element_frames import PROBE, elements_for, frames_in
from tfcheck.fix.policies.policy_files import files_read
from tfcheck.fix.policies.statement_data import KEY, StatementData
from tfcheck.fix.values.definitions import NAMED, source_of
from tfcheck.fix.values.repetition import Statements
from tfcheck.hcl.modules import Sources
from tfcheck.inventory.world import World
from tfcheck.repository import RefusedError
from tfcheck.resolve import Resolver
from tfcheck.resolve.evaluation import Key
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Value
from tfcheck.vocabulary.address import ModulePath

_DECODED = regex(r'(?:yaml|json)decode\(\s*file\(\s*"[^"]+"\s*\)\s*\)')
#: The number of lists that are tried for one policy.
_MOST = 8

#: The keys and indices to a part of a value.
Path: TypeAlias = tuple[str | int, ...]


class Attempts:
    """The number of policies and lists that may still be tried for one plan: each evaluates a policy anew."""

    def __init__(self, _: World) -> None:
        self._left = 40

    def take(self) -> bool:
        """Count one; whether it may be tried."""
        self._left -= 1
        return self._left >= 0


class _OutsideValue(msgspec.Struct, frozen=True):
    """A value, with the name of its root variable or of its file, and the key that it is evaluated by."""

    name: str
    key: Key
    value: Value
    is_file: bool = False

    def grants(self, data: StatementData, path: Path, added: Sequence[str]) -> frozenset[tuple[str, str]] | None:
        """Return what a policy allows if the list at a path gets further elements."""
        new = replace_part(self.value, path, [*_part(self.value, path), *added])
        return data.grants(data.resolver.sources, {self.key: new})

    def place(self, path: Path, sources: Sources | None) -> str:
        """Return words for the list at a path, and for where it is."""
        if self.is_file:
            return f"`{path_words('', path).lstrip('.') or 'the list'}` in {self.name}"
        return f"`{path_words(f'var.{self.name}', path)}` {where_set(self.name, sources)}"


def element_outside(data: StatementData, wanted: Statements, attempts: Attempts) -> str:
    """Return words for the element of an outside value that lets a policy grant exactly statements; empty if none does.

    An outside value is that of a root variable, or of a file that `yamldecode` or `jsondecode` reads.
    """
    needs = [msgspec.structs.replace(each, resources=tuple((one,) for one in data.values(each))) for each in wanted]
    keys = [*dict.fromkeys(KEY.findall(" ".join(each.expression for each in references_in(wanted))))]
    for one in _values(data):
        lists = sorted(_lists(one.value), key=lambda path: str(data.policy.place.key) not in path)
        for path in (each for each in islice(lists, _MOST) if attempts.take()):
            elements = elements_for(needs, frames_in(one.grants(data, path, [PROBE])), lambda each: each.expression)
            found = [text(each).strip('"') for each in elements] or keys
            if found and "\0" not in "".join(found) and data.gives(one.grants(data, path, found), wanted):
                listed = ", ".join(f"`{quote(each)}`" for each in found)
                return f"{listed} to {one.place(path, data.resolver.sources)}"
    return ""


def _values(data: StatementData) -> Iterator[_OutsideValue]:
    """Yield the values outside the configuration that a policy's text, or its repetition, names."""
    resolver, seen = data.resolver, set[tuple[str, ModulePath]]()
    waiting = [(each, data.policy.place.module) for each in data.block_texts()]
    while waiting:
        written, path = waiting.pop()
        for name in (each for each in NAMED.findall(written) if (each, path) not in seen):
            seen.add((name, path))
            found, label = source_of(name, path, resolver), name.partition(".")[2]
            if found is None:
                yield from _variable(label, resolver) if name.startswith("var.") and not path.steps else ()
                continue
            argument, module = found[0], resolver.module_sources(path)
            call = resolver.declarations.call_block(path) if found[1] != path else None
            waiting += [(each, found[1]) for each in (argument.text, call.attribute_text("for_each") if call else "")]
            if module is not None and call is None and _DECODED.fullmatch(argument.text):
                value = resolver.names.local(path, label)
                files = files_read(argument.text, module.directory)
                key = "local", path, label
                yield from (_OutsideValue(each, key, value, is_file=True) for each in files if _is_plain(value))


def _variable(name: str, resolver: Resolver) -> Iterator[_OutsideValue]:
    """Yield the value of a root variable, unless it is the default."""
    root = ModulePath()
    value, module = resolver.names.variable(root, name), resolver.module_sources(root)
    block = module.variable(name) if module is not None else None
    default = block.attribute("default") if block is not None else None
    is_default = default is not None and resolver.evaluation.see_safely(default, resolver.module_scope(root)) == value
    yield from [_OutsideValue(name, ("var", root, name), value)] if _is_plain(value) and not is_default else []


def _is_plain(value: object) -> TypeGuard[Value]:
    """Whether a value has no part that is unknown or sensitive."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, dict | list | str | int | float | bool | None) and all(map(_is_plain, inner))


def _lists(value: Value, path: Path = ()) -> Iterator[Path]:
    """Yield the paths to lists of texts in a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        yield path
    for key, each in inner:
        yield from _lists(each, (*path, key))


def _part(value: Value, path: Path) -> list[Value]:
    found: object = value
    for each in path:
        found = found[each]  # type: ignore[index]
    assert isinstance(found, list)  # the path is one of a list
    return found


def replace_part(value: Value, path: Path, new: Value) -> Value:
    """Return a value with another part at a path."""
    if not path:
        return new
    key, *rest = path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    replaced = [(name, replace_part(each, tuple(rest), new) if name == key else each) for name, each in pairs]
    return {str(name): each for name, each in replaced} if isinstance(value, dict) else [each for _, each in replaced]


def path_words(name: str, path: Path) -> str:
    """Return the reference to a part of a value."""
    steps = (
        f".{each}" if str(each).isidentifier() else f"[{quote(each) if isinstance(each, str) else each}]"
        for each in path
    )
    return f"{name}{''.join(steps)}"


def where_set(name: str, sources: Sources | None = None) -> str:
    """Return where a root variable gets its value: the only `.tfvars` file that sets it, or the possible places."""
    names = sorted(each.name for each in sources.root.glob("*.tfvars")) if sources is not None and sources.root else []
    found = [each for each in names[:_MOST] if sources is not None and _sets(name, each, sources)]
    return f"in {found[0]}" if len(found) == 1 else f"in a .tfvars file, `-var` or `TF_VAR_{name}`"


def _sets(name: str, file: str, sources: Sources) -> bool:
    """Whether a file of the repository sets a variable."""
    try:
        lines = sources.read_source(file).splitlines()
    except (OSError, RefusedError):
        return False
    return any(each.partition(b"=")[0].strip() == name.encode() for each in lines)
