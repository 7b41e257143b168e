"""Change an input in ways that cannot matter: what is compared before and after must be the same."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable
from random import Random
from typing import Any, TypeAlias

import msgspec

from fuzz.target import Input

Change: TypeAlias = Callable[[Input, Random], Input]

_UNRELATED = "aws_sqs_queue.fuzz_unrelated"
#: The ends of the names of sources in Terraform's own syntax; OpenTofu reads both.
_WRITTEN = (".tf", ".tofu")
#: What the address of a row is made of, where it has none.
_PARTS = ("module_address", "mode", "type", "name", "index")
_MASKS = {"after_unknown": "after", "before_sensitive": "before", "after_sensitive": "after"}
_STRING, _LETTER = re.compile(r'"(?:[^"\\]|\\.)*"'), re.compile(r"\\(?:u....|.)|[a-zA-Z]")
_TOP = re.compile(r"(?m)^(?=(?:resource|data|locals|variable|output|module|provider|terraform)\b)")


def key_order(given: Input, chance: Random) -> Input:
    return _written(given, _shuffled(json.loads(given.plan), chance))


def whitespace(given: Input, chance: Random) -> Input:
    text = json.dumps(json.loads(given.plan), indent=chance.choice((None, 1, "\t")), separators=(" , ", " : "))
    return msgspec.structs.replace(given, plan=b" \n" + text.encode("utf-8", "surrogatepass") + b"\r\n ")


def escapes(given: Input, chance: Random) -> Input:
    """Write some letters in strings as JSON may escape them."""

    def escaped(found: re.Match[str]) -> str:
        return found[0] if len(found[0]) > 1 or chance.random() < 0.98 else f"\\u{ord(found[0]):04x}"

    text = _STRING.sub(lambda found: _LETTER.sub(escaped, found[0]), json.dumps(json.loads(given.plan)))
    return msgspec.structs.replace(given, plan=text.encode())


def masks_in_full(given: Input, chance: Random) -> Input:
    """Mark every attribute that a mask does not name as known, and as not sensitive."""
    document = json.loads(given.plan)
    rows = document.get("resource_changes")
    for row in rows if isinstance(rows, list) else ():
        change: Any = row.get("change") if isinstance(row, dict) else None
        for mask, side in _MASKS.items() if isinstance(change, dict) else ():
            if isinstance(change.get(mask), dict) and isinstance(change.get(side), dict):
                change[mask] = dict.fromkeys(change[side], False) | change[mask]
    return _written(given, document)


def more_keys(given: Input, chance: Random) -> Input:
    document = json.loads(given.plan)
    document |= {f"x_fuzz_{chance.randrange(100)}": chance.choice((None, [], {"resource_changes": []}, "x" * 1000))}
    return _written(given, document)


def order_of_resources(given: Input, chance: Random) -> Input:
    document = json.loads(given.plan)
    rows = document.get("resource_changes")
    if isinstance(rows, list) and all(_differ(rows, keys) for keys in (("address",), _PARTS)):
        chance.shuffle(rows)
    return _written(given, document)


def _differ(rows: list[Any], keys: tuple[str, ...]) -> bool:
    """Whether no two rows say the same in these keys: of two for one address, the last one counts."""
    found = [json.dumps([each.get(key) for key in keys]) if isinstance(each, dict) else "" for each in rows]
    return len(set(found)) == len(found)


def one_resource_more(given: Input, chance: Random) -> Input:
    """Add a queue that nothing refers to, to the plan, its configuration and its sources."""
    document = json.loads(given.plan)
    rows = document.get("resource_changes")
    root = (document.get("configuration") or {}).get("root_module")
    if not isinstance(rows, list) or not isinstance(root, dict) or not isinstance(root.get("resources", []), list):
        return given
    row: dict[str, Any] = {"address": _UNRELATED, "mode": "managed", "type": "aws_sqs_queue", "name": "fuzz_unrelated"}
    provider = "registry.terraform.io/hashicorp/aws"
    values = {"name": "fuzz", "tags": None}
    change = {"actions": ["create"], "before": None, "after": values, "after_unknown": {"arn": True, "id": True}}
    rows.insert(chance.randrange(len(rows) + 1), row | {"provider_name": provider, "change": change})
    written = {"provider_config_key": "aws", "expressions": {"name": {"constant_value": "fuzz"}}, "schema_version": 0}
    root.setdefault("resources", []).append(row | written)
    text = b'resource "aws_sqs_queue" "fuzz_unrelated" {\n  name = "fuzz"\n}\n'
    files = given.files | {"fuzz_unrelated.tf": text} if _has_sources(given) else given.files
    return msgspec.structs.replace(_written(given, document), files=files)


def comments(given: Input, chance: Random) -> Input:
    return _in_sources(given, lambda text: _TOP.sub(lambda _: chance.choice(("# x\n", "\n\n", "/* x */\n")), text))


def order_of_blocks(given: Input, chance: Random) -> Input:
    def shuffled(text: str) -> str:
        head, *blocks = _TOP.split(text)
        chance.shuffle(blocks)
        return "\n".join((head, *blocks))

    return _in_sources(given, shuffled)


def line_ends(given: Input, chance: Random) -> Input:
    return _in_sources(given, lambda text: text.replace("\n", "\r\n"))


def several_files(given: Input, chance: Random) -> Input:
    """Move some blocks of each file to a file of their own, which is read before the others."""
    files = dict(given.files)
    for name, data in given.files.items():
        folder, base = posixpath.split(name)
        if not base.endswith(".tf") or "override" in base or b"<<" in data:
            continue
        head, *blocks = _TOP.split(data.decode())
        if len(blocks) > 1:
            number = chance.randrange(1, len(blocks))
            files[name] = "".join((head, *blocks[number:])).encode()
            files[posixpath.join(folder, f"aa_{base}")] = "".join(blocks[:number]).encode()
    return msgspec.structs.replace(given, files=files)


def _in_sources(given: Input, change: Callable[[str], str]) -> Input:
    """Change the sources that have no heredocs, in which a line could look like the beginning of a block."""
    files = {
        name: change(data.decode()).encode() if name.endswith(_WRITTEN) and b"<<" not in data else data
        for name, data in given.files.items()
    }
    return msgspec.structs.replace(given, files=files)


def _has_sources(given: Input) -> bool:
    return any(name.endswith((*_WRITTEN, ".tf.json", ".tofu.json")) and "/" not in name for name in given.files)


def _shuffled(node: Any, chance: Random) -> Any:
    if isinstance(node, dict):
        keys = list(node)
        chance.shuffle(keys)
        return {key: _shuffled(node[key], chance) for key in keys}
    return [_shuffled(each, chance) for each in node] if isinstance(node, list) else node


def _written(given: Input, document: Any) -> Input:
    return msgspec.structs.replace(given, plan=json.dumps(document).encode())


#: What may be done to any plan that is an object, also to one that was mutated.
OF_PLANS: tuple[Change, ...] = (
    *(key_order, whitespace, escapes, masks_in_full, more_keys, order_of_resources, one_resource_more),
)
#: What is done to sources only as they are written by hand.
OF_SOURCES: tuple[Change, ...] = (comments, line_ends, order_of_blocks, several_files)
