"""Propose to pass what a role lacks to the module that creates it, by an input that ends in the role's policies.

Two kinds of inputs are tried: statements (`{ actions = [...], resources = [...] }`, in a list or a map), and lists of
ARNs whose name says of what. What the module makes of them is evaluated, like any other change.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

import msgspec

from tfcheck.fix.edits.insertion import Insertion, indentation, line_end
from tfcheck.fix.into_list import comment_follows
from tfcheck.fix.into_object import item_into
from tfcheck.fix.literal import ListParts, ObjectParts, Parts, read_parts
from tfcheck.fix.new_argument import items_into, last_argument, unit_of
from tfcheck.fix.place import Places
from tfcheck.fix.proposal import Proposal, RoleNeed
from tfcheck.fix.render import text
from tfcheck.fix.trial import ChangedAttribute, changed
from tfcheck.fix.unplanned import unplanned
from tfcheck.fix.wanted import NeededStatement
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.inventory.world import After
from tfcheck.resolve import Resolver
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.address import ModulePath
from tfcheck.vocabulary.finding import Answer

_STATEMENTS = regex(r"statement|polic|permission|grant")
_NAMES = {
    "s3": regex(r"(s3|bucket|file|object).*arns?$"),
    "secretsmanager": regex(r"secret.*arns?$"),
    "ssm": regex(r"(ssm|param).*arns?$"),
    "kms": regex(r"(kms|key).*arns?$"),
}
_POLICIES = ("aws_iam_role_policy", "aws_iam_policy")
_DOCUMENT = "aws_iam_policy_document"
#: So many inputs are tried.
_MOST = 3


class _Passing(msgspec.Struct, frozen=True):
    """A module instance, the block that calls it, and the statements that its roles lack, as that block writes them."""

    path: ModulePath
    call: Block
    statements: tuple[NeededStatement, ...]


def passed_to_module(need: RoleNeed, places: Places, world: After) -> Iterator[Proposal]:
    """Propose to pass what roles lack where the module that creates them is called: by the same input in each call."""
    asked = [_passing(path, answers, places, world) for path, answers in _by_module(need).items()]
    passing = [each for each in asked if each is not None]
    if not passing or len(passing) < len(asked):
        return
    called = world.resolver.module_sources(passing[0].path)
    sources = world.resolver.sources
    assert called is not None  # or nothing there could be called
    assert sources is not None
    found = filter(None, (_by_input(name, called, passing) for name in called.variables()))
    for (name, insertions), _ in zip(found, range(_MOST), strict=False):
        texts = {each.call.source.name: each.call.source for each in passing}
        again = Resolver(world.resolver.plan, changed(sources, insertions, texts))
        modules = [each.path for each in passing]
        yield Proposal(
            title=f"pass what {_named(need)} by `{name}`",
            safety="review",
            insertions=insertions,
            texts=texts,
            touched=tuple(each for path in modules for each in policies_of(path, world)),
            added=tuple(each for path in modules for each in unplanned(path, again)),
            hcl="\n".join(each.text.strip() for each in insertions),
        )


def _named(need: RoleNeed) -> str:
    names = sorted(need.names())
    return f"{names[0]} lacks" if len(names) == 1 else f"{len(names)} roles lack"


def _by_module(need: RoleNeed) -> dict[ModulePath, list[Answer]]:
    found: dict[ModulePath, list[Answer]] = {}
    lacking = need.by_role()
    for role in need.roles:
        found.setdefault(role.address.module, []).extend(lacking[str(role.address)])
    return found


def _passing(path: ModulePath, answers: Sequence[Answer], places: Places, world: After) -> _Passing | None:
    call = _call(path, world.resolver) if path.steps else None
    if call is None or not places.files.editable(call.source):
        return None
    statements = places.wanted(answers, path.parent)
    return _Passing(path, call, statements) if statements else None


def _by_input(name: str, called: Module, passing: Sequence[_Passing]) -> tuple[str, tuple[Insertion, ...]] | None:
    """Return an input with the change of every call that passes by it what is lacking."""
    found = [_way(name, called, each.call, each.statements) for each in passing]
    return (name, tuple(itertools.chain.from_iterable(found))) if all(found) else None


def changed_inputs(path: ModulePath, resolver: Resolver) -> bool:
    """Whether a call passes something else by an input that is for grants than when the plan was made."""
    called = resolver.module_sources(path) if path.steps and resolver.declarations.doubts else None
    asked = (_STATEMENTS, *_NAMES.values())
    inputs = [name for name in called.variables() if any(each.search(name) for each in asked)] if called else []
    return any(resolver.declarations.doubts.about("var", path.config, name) for name in inputs)


def policies_of(path: ModulePath, world: After) -> Iterator[ChangedAttribute]:
    """Yield the policies that a module instance makes: what its inputs may change."""
    for each in world.resources(*_POLICIES):
        if each.address.module == path:
            yield ChangedAttribute(each.address, "policy")
    for each in world.looked_up(_DOCUMENT):
        if each.address.module == path:
            yield ChangedAttribute(each.address)


def _call(path: ModulePath, resolver: Resolver) -> Block | None:
    """Return the block that calls a module once; None where it is repeated."""
    if any(step.key is not None for step in path.steps):
        return None
    sources = resolver.module_sources(path.parent)
    call = sources.call(path.steps[-1].name) if sources else None
    return None if call is None or isinstance(call, JsonBlock) else call


def _way(name: str, called: Module, call: Block, statements: Sequence[NeededStatement]) -> tuple[Insertion, ...]:
    """Return the change of a call that passes statements by an input; none where the input is for something else."""
    variable = called.variable(name)
    kind = variable.arguments.get("type") if variable else None
    written = kind.source.text[kind.value_start : kind.value_end] if kind else ""
    if _STATEMENTS.search(name) and re.search(r"\bactions\b", written) and re.search(r"\bresources\b", written):
        is_map = written.startswith("map(")
        return _objects(name, call, statements, is_map=is_map, effect="effect" in _required(written))
    if not re.match(r"(list|set)\(string\)", written):
        return ()
    named = [each for each in statements if (asked := _NAMES.get(_service(each))) and asked.search(name)]
    arns = dict.fromkeys(text(one) for each in named for one in each.resources)
    return _items(name, call, list(arns)) if arns else ()


def _service(statement: NeededStatement) -> str:
    return statement.actions[0].partition(":")[0]


def _required(kind: str) -> list[str]:
    return re.findall(r"(\w+)\s*=\s*(?!optional)\w", kind)


def _objects(
    name: str, call: Block, statements: Sequence[NeededStatement], *, is_map: bool, effect: bool
) -> tuple[Insertion, ...]:
    """Write statements as elements of a list or a map, each on lines of its own."""
    argument, unit = call.arguments.get(name), unit_of(call)
    written = [_object(each, unit, effect=effect) for each in statements]
    if argument is None:
        opening, closing, comma = ("{", "}", "") if is_map else ("[", "]", ",")
        base = f"{call.source.newline}{indentation(call.source.text, call.start)}{unit}"
        labels = [f"{_label(each, ())} = " if is_map else "" for each in statements]
        items = (_moved(label + each, base + unit) for label, each in zip(labels, written, strict=True))
        inside = "".join(f"{base}{unit}{each}{comma}" for each in items)
        made = last_argument(call, name, f"{opening}{inside}{base}{closing}")
        return (made,) if made else ()
    source = argument.source
    parts = _parts(argument)
    if not isinstance(parts, ListParts | ObjectParts) or not parts.items:
        return ()
    if "\n" not in source.text[parts.start : parts.end]:
        return ()
    base = f"{source.newline}{indentation(source.text, parts.items[-1].start)}"
    last = parts.items[-1] if isinstance(parts, ListParts) else parts.items[-1].value
    if "\n" not in source.text[last.start : last.end]:
        written = [_on_one_line(each, effect=effect) for each in statements]
    if isinstance(parts, ListParts):
        return () if is_map else items_into(source, parts, [_moved(each, base) for each in written])
    known = [each.name for each in parts.items]
    labels = [_label(each, known) for each in statements]
    value = parts.items[-1].value
    if not is_map or comment_follows(source.text, value.end) or set(labels) & set(known):
        return ()
    if len(written) == 1 and "\n" not in written[0]:
        return item_into(source, parts, labels[0], written[0])
    # NOTE: several on one line each would have to be aligned with those before them.
    written = [_object(each, unit, effect=effect) for each in statements]
    end = line_end(source.text, value.end)
    comma = "," if source.text[value.end : end].strip() == "," else ""
    items = (_moved(f"{label} = {each}", base) for label, each in zip(labels, written, strict=True))
    return (Insertion(source.name, end, "".join(f"{base}{each}{comma}" for each in items)),)


def _parts(argument: Argument) -> Parts | None:
    try:
        return read_parts(argument.source.text, argument.value_start)
    except MalformedError:
        return None


def _object(statement: NeededStatement, unit: str, *, effect: bool) -> str:
    actions = ", ".join(f'"{each}"' for each in statement.actions)
    resources = [text(each) for each in statement.resources]
    listed = f"[{resources[0]}]"
    if len(resources) > 1:
        listed = "\n".join(["[", *(f"{unit * 2}{each}," for each in resources), f"{unit}]"])
    lines = [f'{unit}effect    = "Allow"'] if effect else []
    lines += [f"{unit}actions   = [{actions}]", f"{unit}resources = {listed}"]
    return "\n".join(["{", *lines, "}"])


def _on_one_line(statement: NeededStatement, *, effect: bool) -> str:
    actions = ", ".join(f'"{each}"' for each in statement.actions)
    resources = ", ".join(map(text, statement.resources))
    allow = 'effect = "Allow", ' if effect else ""
    return f"{{ {allow}actions = [{actions}], resources = [{resources}] }}"


def _moved(written: str, base: str) -> str:
    return written.replace("\n", base)


def _label(statement: NeededStatement, known: Sequence[str]) -> str:
    """Name an element of a map as the others are, in camel case otherwise: a module may use it as a `Sid`."""
    separator = next((each for each in "_-" if any(each in name for name in known)), "")
    if separator:
        return re.sub(r"(?<!^)(?=[A-Z])", separator, statement.sid).lower()
    return statement.sid[:1].lower() + statement.sid[1:]


def _items(name: str, call: Block, new: Sequence[str]) -> tuple[Insertion, ...]:
    """Write ARNs as the elements of a list."""
    argument = call.arguments.get(name)
    if argument is None:
        made = last_argument(call, name, f"[{', '.join(new)}]")
        return (made,) if made else ()
    parts = _parts(argument)
    known = argument.source.text[argument.value_start : argument.value_end]
    new = [each for each in new if each not in known]
    return items_into(argument.source, parts, new) if isinstance(parts, ListParts) and new else ()
