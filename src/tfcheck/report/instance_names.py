"""Name instances of one block once, with `[*]` or `${each.key}` for the keys in which they differ.

A key that all of them have, such as that of `count = var.create ? 1 : 0`, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.finding import Skipped
from tfcheck.vocabulary.grouping import group_by_key

#: The key in place of those of several instances.
_ANY = "[*]"
_KEY = regex(r'\["(?:[^"\\]++|\\.)*+"\]|\[-?\d+\]')
_KEY_OR_ANY = regex(rf"{_KEY.pattern}|\[\*\]")
_MODULE = regex(rf"(?:module\.[\w-]+(?:{_KEY.pattern})?\.)+")
#: A shorter key may be part of any word, and is replaced only as a separate word.
_SHORTEST = 3


def block(address: str) -> str:
    """Return the name of all instances of an instance's block: `module.svc[*].aws_iam_role.exec[*]`."""
    return _KEY.sub(_ANY, address)


def blocks(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return the names of instances, those of one block by one name."""
    return tuple(map(common_name, group_by_key((block(each), each) for each in addresses).values()))


def common_name(instances: Sequence[str]) -> str:
    """Return the name of instances of one block: `module.svc[*].aws_iam_role.exec[0]`; a single one by itself."""
    differing, number = _differing(instances), count()
    return _KEY.sub(lambda found: _ANY if next(number) in differing else found[0], instances[0])


def is_named(instance: str, name: str) -> bool:
    """Whether a name is that of an instance, perhaps with `[*]` for some of its keys."""
    places = zip(_KEY.findall(instance), _KEY_OR_ANY.findall(name), strict=False)
    return block(instance) == block(name) and all(asked in (_ANY, key) for key, asked in places)


def keys(addresses: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the keys of each instance in which those of its block differ, the outermost module's first."""
    found: dict[str, tuple[str, ...]] = {}
    for several in group_by_key((block(each), each) for each in addresses).values():
        differing = _differing(several)
        for each in several:
            found[each] = tuple(key for number, key in enumerate(all_keys(each)) if number in differing)
    return found


def all_keys(address: str) -> tuple[str, ...]:
    """Return the keys of an instance and of the module instances around it, the outermost module's first."""
    return tuple(each[2:-2] if each[1] == '"' else each[1:-1] for each in _KEY.findall(address))


def _differing(instances: Iterable[str]) -> frozenset[int]:
    """Return the positions of the keys in which instances of one block differ."""
    columns = zip(*map(_KEY.findall, instances), strict=True)
    return frozenset(number for number, column in enumerate(columns) if len(set(column)) > 1)


def module(address: str) -> str:
    """Return the module in an object's address, without keys; empty for the root module."""
    found = _MODULE.match(address)
    return block(found[0]) if found else ""


def with_module_wildcard(text: str, address: str) -> str:
    """Replace the module of an object in a text by `module.*`: calls of one module often share a misconfiguration."""
    found = _MODULE.match(address)
    return text if found is None else re.sub(rf"(?<![\w.-]){re.escape(found[0])}", "module.*.", text)


def fold_keys(text: str, names: Iterable[str]) -> str:
    """Replace the keys of an instance in a text, so that texts that differ only by key are equal."""
    for name in sorted(dict.fromkeys(filter(None, names)), key=len, reverse=True):
        is_number = name.lstrip("-").isdecimal()
        reference = "${count.index}" if is_number else "${each.key}"
        if len(name) < _SHORTEST or is_number:
            text = reference.join(_split_at_word(text, name))
        else:
            text = text.replace(name, reference)
        for quoted in (f'["{reference}"]', f"[{reference}]"):
            text = text.replace(quoted, f"[{reference[2:-1]}]")
    return text


def _split_at_word(text: str, word: str) -> Iterator[str]:
    """Yield the parts of a text around a word; there may be a pattern for each, which would take longer to compile."""
    begin = 0
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        around = text[max(start - 1, 0) : start] + text[end : end + 1]
        is_word = not any(each.isascii() and each.isalnum() for each in around)
        if is_word:
            yield text[begin:start]
            begin = end
        start = text.find(word, end if is_word else start + 1)
    yield text[begin:]


def skipped_blocks(skipped: Iterable[Skipped]) -> list[tuple[Skipped, int]]:
    """Merge skipped instances whose reasons differ only by key; return each with the number of instances."""
    several = list(skipped)
    differing = keys(each.address for each in several)
    alike = group_by_key(
        ((block(each.address), fold_keys(each.reason, differing[each.address])), each) for each in several
    )
    return [
        (Skipped(common_name([each.address for each in members]), reason) if members[1:] else members[0], len(members))
        for (_, reason), members in alike.items()
    ]
