"""Bombs that are small only because they are compressed: what they contain is as large as tfcheck decompresses."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

from tests.bombs.stack import Bomb, Json, Making, container, plan, policy, role, statements, task

#: What a plan may decompress to, with a bit to spare for what is around the repeated part.
_SIZE = 95 * 2**20
_HERE = "HERE"
_ALL = statements("*")


def compressed(begin: bytes, unit: bytes, end: bytes, size: int = _SIZE) -> bytes:
    """Return gzip data of a unit that is repeated until everything is so large."""
    machine = zlib.compressobj(9, wbits=31)
    many = unit * max(1, 2**20 // len(unit))
    parts = [machine.compress(begin)]
    parts += [machine.compress(many) for _ in range(size // len(many))]
    return b"".join((*parts, machine.compress(end), machine.flush()))


def _text(unit: str, document: Json, encoding: str = "utf-8", size: int = _SIZE) -> Making:
    """Repeat a unit in the place of `HERE`, quoted as it stands there."""

    def make() -> Bomb:
        begin, end = json.dumps(document, separators=(",", ":")).split(_HERE)
        return Bomb(compressed(begin.encode(encoding), unit.encode(encoding), end.encode(encoding), size))

    return make


def _within(unit: str, **sections: Any) -> Making:
    """Repeat a unit in a list `["HERE"]` of a section."""
    made = plan(role(), policy(_ALL), task([container()])) | sections
    begin, end = json.dumps(made, separators=(",", ":")).split(f'"{_HERE}"')
    return lambda: Bomb(compressed(begin.encode(), unit.encode(), (unit.rstrip(",") + end).encode()))


def _row(unit: str, made: Json) -> Making:
    """Repeat a unit in a list `["HERE"]` of a resource."""
    return _within(unit, resource_changes=[role(), policy(_ALL), task([container()]), made])


def _quoted(unit: str, made: Json) -> Making:
    """Repeat a unit in a list `["HERE"]` of a JSON text in a resource."""
    whole = json.dumps(plan(role(), policy(_ALL), task([container()]), made), separators=(",", ":"))
    begin, end = whole.split(f'\\"{_HERE}\\"')
    repeated = unit.replace('"', '\\"')
    return lambda: Bomb(compressed(begin.encode(), repeated.encode(), (repeated.rstrip(",") + end).encode()))


def _state(**root: Any) -> Json:
    return {"format_version": "1.0", "values": {"root_module": root}}


_LIST = [_HERE]
_TASK = task([container()], "b")
_MARKED = {**_TASK, "change": _TASK["change"] | {"after_sensitive": {"tags": True}}}


def _with(**after: Any) -> Json:
    return {**_TASK, "change": _TASK["change"] | {"after": _TASK["change"]["after"] | after}}


def _marked(**after: Any) -> Json:
    made = _with(**after)
    return {**made, "change": made["change"] | {"after_sensitive": dict.fromkeys(after, True)}}


def _configured(**more: Any) -> Json:
    return {"mode": "managed", "type": "aws_ecs_task_definition", "name": "b", "address": _TASK["address"], **more}


def _arguments(count: int, unit: str) -> Bomb:
    """Return so many task definitions, each with an argument of nearly 20 MB."""
    made = _with(tags=_LIST)
    before, after = json.dumps(made, separators=(",", ":")).split(f'"{_HERE}"')
    row = before + unit * (19_000_000 // len(unit)) + unit.strip().rstrip(",") + after
    rows = ",".join(row.replace("definition.b", f"definition.b{i}") for i in range(count))
    whole = json.dumps(plan(role(), policy(_ALL)))
    return Bomb(gzip.compress(whole.replace('"resource_changes": [', f'"resource_changes": [{rows},').encode()))


def _document(count: int) -> bytes:
    return json.dumps(plan(role(), policy(_ALL), *(task([container()], f"t{i}") for i in range(count)))).encode()


_VARIABLES = {"root_module": {"resources": [], "variables": {"v": {"sensitive": True}}}}
#: Just not too many for the size of the plan.
_SPARSE = '{"type":"a","address":"a.b","name":"b","a":[1,1,1,1,1,1,1,1,1,1,1]' + " " * 40 + "},"
_SPARSE_CHANGE = (
    '{"address":"aws_iam_role.a","type":"aws_iam_role","change":{"after":{"a":"bcdefghijk"},"after_sensitive":{"a":true}'
    + " " * 200
    + "}},"
)
_DATA = '{"mode":"data","type":"aws_iam_role","address":"data.aws_iam_role.b","name":"b"' + " " * 20 + "},"
_UNITS = {"objects": "{},", "lists": "[],", "pairs": '{"a":1},', "texts": '"ab",', "floats": "1e9,"}

COMPRESSED: dict[str, Making] = {
    "gzip-one-text": _text("a", plan(role(), x=_HERE)),
    "gzip-spaces": lambda: Bomb(compressed(b"{", b" ", b"}")),
    "gzip-nothing": lambda: Bomb(compressed(b"", b"\n", b"")),
    "gzip-deep": lambda: Bomb(compressed(b'{"a":', b"[", b"")),
    "gzip-utf-16": _text("a", plan(role(), x=_HERE), "utf-16-le"),
    "gzip-utf-16-wide": _text("\u20ac", plan(role(), x=_HERE), "utf-16-le"),
    "gzip-utf-16-broken": lambda: Bomb(compressed("{".encode("utf-16"), b"a\0", b"\0\xd8")),
    "gzip-documents": lambda: Bomb(compressed(b"", b'{"format_version":"1.2","resource_changes":[]}', b"")),
    "gzip-too-much": lambda: Bomb(compressed(b"{", b" ", b"}", 2**31)),
    "gzip-rows-nulls": _within("null,", resource_changes=_LIST),
    "gzip-rows-tasks": _within('{"type":"aws_ecs_task_definition","address":"a.b"},', resource_changes=_LIST),
    "gzip-rows-others": _within('{"type":"a","address":"a.b"},', resource_changes=_LIST),
    "gzip-rows-sparse": _within(_SPARSE, resource_changes=_LIST),
    "gzip-rows-marked": _within(_SPARSE_CHANGE, resource_changes=_LIST),
    "gzip-data-sparse": _within(_DATA, prior_state=_state(resources=_LIST)),
    "gzip-modules-sparse": _within('{"address":"module.m"' + " " * 90 + "},", prior_state=_state(child_modules=_LIST)),
    "gzip-configured-sparse": _within(_SPARSE, configuration={"root_module": {"resources": _LIST}}),
    "gzip-drift-sparse": _within(_SPARSE_CHANGE, resource_drift=_LIST),
    "gzip-depends-on": _within('"ab",', configuration={"root_module": {"resources": [_configured(depends_on=_LIST)]}}),
    "gzip-providers": _within(
        '"ab",', configuration={"provider_config": {"aws": {"name": "aws", "expressions": {"region": _LIST}}}}
    ),
    "gzip-many-arguments": lambda: _arguments(4, '"ab",'),
    "gzip-many-objects": lambda: _arguments(4, '{"a":"b"},' + " " * 120),
    "gzip-many-documents": lambda: Bomb(gzip.compress(_document(1) * 99)),
    "gzip-drift": _within('{"change":{"after_sensitive":true}},', resource_drift=_LIST),
    "gzip-policy": _quoted('{"Effect":"Allow"},', policy({"Statement": _LIST}, "b")),
    **{f"gzip-containers-{name}": _quoted(unit, task(_LIST, "b")) for name, unit in _UNITS.items()},
    **{f"gzip-policy-{name}": _quoted(unit, policy({"Statement": _LIST}, "b")) for name, unit in _UNITS.items()},
    **{f"gzip-rows-{name}": _within(unit, resource_changes=_LIST) for name, unit in _UNITS.items()},
    **{f"gzip-data-{name}": _within(unit, prior_state=_state(resources=_LIST)) for name, unit in _UNITS.items()},
    **{f"gzip-modules-{name}": _within(unit, prior_state=_state(child_modules=_LIST)) for name, unit in _UNITS.items()},
    **{
        f"gzip-configured-{name}": _within(unit, configuration={"root_module": {"resources": _LIST}})
        for name, unit in _UNITS.items()
    },
    **{
        f"gzip-variable-{name}": _within(unit, configuration=_VARIABLES, variables={"v": {"value": _LIST}})
        for name, unit in _UNITS.items()
    },
    **{f"gzip-argument-{name}": _row(unit, _with(tags=_LIST)) for name, unit in _UNITS.items()},
    **{f"gzip-marked-{name}": _row(unit, _marked(tags=_LIST)) for name, unit in _UNITS.items()},
    **{
        f"gzip-outputs-{name}": _within(
            unit, output_changes={"o": {"actions": ["create"], "after": _LIST, "after_sensitive": True}}
        )
        for name, unit in _UNITS.items()
    },
}
