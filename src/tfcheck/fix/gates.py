"""Find what statements name that another plan of the same sources may not have.

`aws_s3_bucket.config[0]` fails where `count` is 0, `aws_s3_bucket.config["web"]` where the map has no such key. It is
fine where the sources rely on it anyway: in a block without `count` and `for_each`, or in one with the same as here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tfcheck.fix.repetition import Statements
from tfcheck.fix.wanted import Reference
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Block
from tfcheck.symbolic.regex import regex

_INPUT = regex(r"\bvar\.([\w-]+)\.[\w-]+")
_INSTANCE = regex(r'((?:data\.)?[^\W\d][\w-]*\.[^\W\d][\w-]*)\[(?:\d+|"[^"]*")\]')


def gated(statements: Statements, place: Block, module: Module) -> str:
    """Return an instance that statements in a block name although it may not be there; empty if there is none."""
    names = (each[0] for expression in _expressions(statements) for each in _INSTANCE.finditer(expression))
    found = next((each for each in names if not _is_relied_on(each, place, module)), "")
    return found or next(_keys_of_callers(statements, module), "")


def _keys_of_callers(statements: Statements, module: Module) -> Iterator[str]:
    """Yield the elements of maps that callers pass, and that the module itself does not name."""
    for expression in _expressions(statements):
        for each in _INPUT.finditer(expression):
            variable = module.variable(each[1])
            kind = variable.arguments.get("type") if variable else None
            is_map = kind is not None and kind.source.text.startswith("map(", kind.value_start)
            if is_map and not any(each[0] in file.source.text for file in module.files):
                yield each[0]


def _expressions(statements: Statements) -> Iterator[str]:
    for statement in statements:
        for spelled in statement.resources:
            # NOTE: a list is what the task definition has, which relies on every instance in it.
            yield from (each.expression for each in spelled if isinstance(each, Reference) and not each.over)


def _is_relied_on(instance: str, place: Block, module: Module) -> bool:
    base = instance[: instance.index("[")]
    own = _repetition(_block(base, module))
    beside = (each.source.text[each.start : each.end] for each in _there_with(place, module))
    return not own or own == _repetition(place) or any(instance in each for each in beside)


def _block(base: str, module: Module) -> Block | None:
    *mode, kind, name = base.split(".")
    if kind == "module" and not mode:
        return module.call(name)
    if kind in ("var", "local", "each"):
        return None
    return module.resource("data" if mode else "resource", kind, name)


def _repetition(block: Block | None) -> str:
    return block.attribute_text("count") or block.attribute_text("for_each") if block else ""


def _there_with(place: Block, module: Module) -> Iterable[Block]:
    """List the blocks that are there if a block is: those of which there is always one, and those repeated like it."""
    kinds = ("resource", "data", "module")
    blocks = (each for file in module.files for each in file.blocks if each.type in kinds)
    return (each for each in blocks if _repetition(each) in ("", _repetition(place)))
