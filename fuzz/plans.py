"""Change a plan in one place, as other programs, other versions and hostile people might."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
Mutation: TypeAlias = Callable[[Any, Random, Any], None]

SECTIONS = ("resource_changes", "configuration", "prior_state", "planned_values", "variables", "output_changes")
ACTIONS = (
    ["create"],
    ["update"],
    ["delete"],
    ["no-op"],
    ["read"],
    ["delete", "create"],
    ["create", "delete"],
    ["forget"],
)
VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        10**30,
        -(10**400),
        1e308,
        5e-324,
        "",
        "x",
        "*",
        "?",
        "\0",
        "\ud800",
        "é",
        "e\u0301",
    ),
    *("${x}", "${aws_iam_role.e.arn}", "%{ if true }", "arn:aws:s3:::b/*", "arn:aws:iam::111122223333:role/x", "arn:"),
    *("arn:aws:kms:eu-west-1:111122223333:key/*", "aws_iam_role.e.arn", "(known after apply)", "(sensitive value)"),
    *("{", "[]", "[1]", "null", "{}", '{"Statement": 1}', '{"Statement": [{"Effect": "Allow"}]}', "x" * 70_000),
    *([], {}, [[]], [{}], [None], ["x"], [1], {"a": 1}, {"": {}}, [["x"], {"y": []}], ["*"], "1", "01", "1e400", "NaN"),
)
_LONGEST_INSIDE = 60_000


def paths(node: Any, above: Path = ()) -> Iterator[Path]:
    """Yield all places below the top of a JSON document."""
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in members:
        yield (*above, key)
        yield from paths(value, (*above, key))


def at(document: Any, path: Path) -> Any:
    """Return what is at a place."""
    for step in path:
        document = document[step]
    return document


def place(document: Any, chance: Random) -> Path:
    """Choose a place, mostly inside a resource."""
    every = list(paths(document))
    inner = [each for each in every if each[0] == "resource_changes" and len(each) > 3]
    listed = [each for each in every if each[0] in SECTIONS and len(each) > 1]
    return chance.choice(inner if inner and chance.random() < 0.6 else listed or every or [()])


def _set(document: Any, path: Path, value: Any) -> None:
    if path:
        at(document, path[:-1])[path[-1]] = value


def drop(document: Any, chance: Random, donor: Any) -> None:
    path = place(document, chance)
    if path:
        del at(document, path[:-1])[path[-1]]


def rename(document: Any, chance: Random, donor: Any) -> None:
    path = place(document, chance)
    if path and isinstance(path[-1], str):
        parent = at(document, path[:-1])
        other = next((each[-1] for each in [place(donor, chance)] if each and isinstance(each[-1], str)), "x")
        parent[chance.choice((other, path[-1].upper(), path[-1] + "s", path[-1][:-1]))] = parent.pop(path[-1])


def replace(document: Any, chance: Random, donor: Any) -> None:
    _set(document, place(document, chance), deepcopy(chance.choice(VALUES)))


def wrap(document: Any, chance: Random, donor: Any) -> None:
    path = place(document, chance)
    old = at(document, path)
    _set(document, path, chance.choice(([old], {"x": old}, [old, deepcopy(old)], [[old]], [old, None])))


def nest(document: Any, chance: Random, donor: Any) -> None:
    path = place(document, chance)
    value = at(document, path)
    for _ in range(chance.choice((5, 60, 300, 900))):
        value = [value] if chance.random() < 0.5 else {"a": value}
    _set(document, path, value)


def retype(document: Any, chance: Random, donor: Any) -> None:
    path = place(document, chance)
    match at(document, path):
        case bool() as value:
            _set(document, path, chance.choice((str(value).lower(), int(value), "yes")))
        case int() | float() as value:
            _set(document, path, str(value))
        case str() as value:
            _set(document, path, int(value) if value.isdecimal() and len(value) < 400 else [value])
        case list() as value:
            _set(document, path, chance.choice((dict(enumerate(map(str, value))), value[0] if value else None)))
        case dict() as value:
            _set(document, path, chance.choice((list(value.values()), json.dumps(value)[:_LONGEST_INSIDE])))


def swap(document: Any, chance: Random, donor: Any) -> None:
    first, second = place(document, chance), place(document, chance)
    if first[: len(second)] != second and second[: len(first)] != first:
        one, other = at(document, first), at(document, second)
        _set(document, first, other)
        _set(document, second, one)


def splice(document: Any, chance: Random, donor: Any) -> None:
    """Put a part of another plan in, at a place of the same name where there is one."""
    path = place(document, chance)
    alike = [each for each in paths(donor) if path and each[-1] == path[-1]]
    _set(document, path, deepcopy(at(donor, chance.choice(alike) if alike else place(donor, chance))))


def mask(document: Any, chance: Random, donor: Any) -> None:
    """Make an attribute unknown or sensitive, or say so in a shape that does not fit."""
    changes = _changes(document)
    if not changes:
        return
    change = chance.choice(changes)
    after = change.get(chance.choice(("after", "before")))
    name = chance.choice(list(after)) if isinstance(after, dict) and after else "arn"
    which = chance.choice(("after_unknown", "after_sensitive", "before_sensitive"))
    marks = change.get(which)
    if not isinstance(marks, dict):
        marks = change[which] = {}
    marks[name] = chance.choice((True, False, [True], [[True]], {"x": True}, [], {}, None, "true"))
    if which == "after_unknown" and isinstance(after, dict) and chance.random() < 0.7:
        after.pop(name, None)


def act(document: Any, chance: Random, donor: Any) -> None:
    changes = _changes(document)
    if changes:
        chance.choice(changes)["actions"] = list(chance.choice(ACTIONS))


def duplicate(document: Any, chance: Random, donor: Any) -> None:
    lists = [each for each in paths(document) if isinstance(at(document, each), list) and at(document, each)]
    if lists:
        found = at(document, chance.choice(lists))
        found.insert(chance.randrange(len(found) + 1), deepcopy(chance.choice(found)))


def refer(document: Any, chance: Random, donor: Any) -> None:
    """Let an expression of the configuration refer to something else, or to itself."""
    lists = [each for each in paths(document.get("configuration")) if each[-1] == "references"]
    if lists:
        names = [each.get("address") for each in document.get("resource_changes") or () if isinstance(each, dict)]
        name = f"{chance.choice(names or ['x'])}"
        choices: tuple[list[str], ...] = (
            [name],
            [f"{name}.arn", name],
            ["var.x", "var"],
            ["each.key", "each"],
            ["local.x"],
            [],
            ["module.m.o"],
        )
        _set(document["configuration"], chance.choice(lists), list(chance.choice(choices)))


def move(document: Any, chance: Random, donor: Any) -> None:
    """Put a resource into a module, or give it an index."""
    rows = [each for each in document.get("resource_changes") or () if isinstance(each, dict) and "address" in each]
    if rows:
        row = chance.choice(rows)
        before = chance.choice(("module.m.", "module.m[0].", 'module.m["a.b[\\"].c"].', "module.é.", "data.", "."))
        behind = chance.choice(("", "", "[0]", '["k"]', '["${x}"]', "[-1]", "[99999999999999999999]", "["))
        row["address"] = f"{before if chance.random() < 0.7 else ''}{row['address']}{behind}"
        if chance.random() < 0.5:
            row["module_address"] = before[:-1]
        if chance.random() < 0.5:
            row["index"] = chance.choice((0, "k", -1, 10**30, None, [], True))


def inside(document: Any, chance: Random, donor: Any) -> None:
    """Change a document that is written as text: a policy, or container definitions."""
    texts = [
        each
        for each in paths(document.get("resource_changes"))
        if isinstance(text := at(document["resource_changes"], each), str) and text[:1] in ("{", "[")
    ]
    if not texts:
        return
    path = chance.choice(texts)
    written = at(document["resource_changes"], path)
    try:
        inner = json.loads(written)
    except ValueError:
        return
    for _ in range(chance.randint(1, 3)):
        chance.choice(_INNER)(inner, chance, donor)
    text = json.dumps(inner, indent=chance.choice((None, None, 2)))
    _set(document["resource_changes"], path, text if chance.random() < 0.9 else text[: chance.randrange(len(text) + 1)])


def _changes(document: Any) -> list[dict[str, Any]]:
    rows = document.get("resource_changes") if isinstance(document, dict) else None
    found = (each.get("change") for each in rows or () if isinstance(each, dict))
    return [each for each in found if isinstance(each, dict)]


_INNER: tuple[Mutation, ...] = (drop, rename, replace, wrap, retype, swap, duplicate, splice)
MUTATIONS: tuple[Mutation, ...] = (
    *(drop, rename, replace, replace, wrap, nest, retype, swap, splice, splice),
    *(mask, mask, act, duplicate, refer, move, inside, inside, inside),
)


def mutated(plan: bytes, chance: Random, donor: bytes) -> bytes:
    """Return a plan with one to four changes; sometimes only its bytes are damaged."""
    if chance.random() < 0.05:
        return damaged(plan, chance)
    document, other = json.loads(plan), json.loads(donor)
    for _ in range(chance.choice((1, 1, 2, 2, 3, 4))):
        try:
            chance.choice(MUTATIONS)(document, chance, other)
        except (AttributeError, TypeError, ValueError, KeyError, IndexError, RecursionError):
            continue  # an earlier change took away what this one changes, or nested it too deep
    try:
        return json.dumps(document, ensure_ascii=chance.random() < 0.9).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return damaged(plan, chance)


def open_to_sources(plan: bytes, chance: Random) -> bytes:
    """Return a plan that leaves attributes to its sources: unknown, and without expressions to compare them with."""
    try:
        document = json.loads(plan)
        for resource in document["configuration"]["root_module"]["resources"]:
            resource.pop("expressions", None)
        for change in _changes(document):
            after, unknown = change.get("after") or {}, change.get("after_unknown") or {}
            for name in [each for each in after if each not in ("type", "address") and chance.random() < 0.5]:
                unknown[name] = True
                del after[name]
            change["after_unknown"] = unknown
        return json.dumps(document).encode("utf-8", "surrogatepass")
    except (AttributeError, TypeError, ValueError, KeyError, IndexError, RecursionError):
        return plan


def damaged(data: bytes, chance: Random) -> bytes:
    """Return bytes that were cut, repeated, overwritten or encoded otherwise."""
    start = chance.randrange(len(data) + 1)
    end = min(len(data), start + chance.choice((1, 2, 10, 1000)))
    choices = (
        data[:start],
        data[:start] + data[end:],
        data[:end] + data[start:],
        data[:start] + bytes(chance.choices(range(256), k=end - start)) + data[end:],
        data[:start] + chance.choice((b"\0", b"\xff", b"{", b'"', b"\xef\xbb\xbf", b"1e999", b'"a":1,')) + data[start:],
        b"log line\n" + data,
        data + data,
        data.decode("utf-8", "replace").encode("utf-16"),
    )
    return chance.choice(choices)
