"""Name the parts of a text that are specific to this plan: account, region, and values of inputs or locals.

`arn:aws:ecr:eu-west-2:123456789012:repository/api` becomes
`arn:aws:ecr:${var.region}:${data.aws_caller_identity.current.account_id}:repository/api`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from tfcheck.fix.wanted import Reference, Spelled, join_parts
from tfcheck.hcl.evaluate.scope import Seen
from tfcheck.resolve import Resolver
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.vocabulary.address import Address, ModulePath

#: The fields of an ARN that a data source provides, with its attributes.
_LOOKED_UP = {
    1: ("aws_partition", ("partition",)),
    3: ("aws_region", ("name", "region", "id")),
    4: ("aws_caller_identity", ("account_id",)),
}
_CALLED = {3: regex(r"region"), 4: regex(r"account")}
_ACCOUNT = regex(r"\d{12}")
_FIELDS = 5
_BOUNDARY = regex(r"[:/]")
#: A shorter word is too often equal to another one by accident.
_SHORTEST = 3


class NamedParts:
    """The values of inputs, locals and data sources of one module instance, by name."""

    def __init__(
        self,
        resolver: Resolver,
        module: ModulePath,
        seen: Iterable[tuple[str, str, Seen]],
        is_literal: Callable[[str], bool],
    ) -> None:
        """Build from what can be named (object, expression, value), and a test whether the module has a literal."""
        self._resolver = resolver
        self._module = module
        self._seen = [(name, value) for _, name, value in seen if isinstance(value, str)]
        self._is_literal = is_literal

    def use_names(self, spelled: Spelled, spell: Callable[[str], Spelled | None]) -> Spelled:
        """Replace what is specific to this plan by names; `spell` writes a text as the module does elsewhere."""
        found: list[str | Reference] = []
        for place, piece in enumerate(spelled):
            if not isinstance(piece, str) or isinstance(piece, Sensitive):
                found.append(piece)
                continue
            fields = piece.split(":", _FIELDS)
            if place == 0 and fields[0] == "arn" and len(fields) > _FIELDS:
                for number, field in enumerate(fields[:_FIELDS]):
                    found += [*([":"] if number else []), self._field(number, field)]
                found.append(":")
                piece = fields[_FIELDS]
            found += self._rest(piece, spell, is_last=place == len(spelled) - 1)
        return join_parts(found)

    def _field(self, number: int, value: str) -> str | Reference:
        is_meant = number > 1 and self._is_literal(value) and not self._is_of_provider(value)
        named = list(self._names_of(number, value)) if value and number in _LOOKED_UP and not is_meant else []
        return Reference(max(named, key=self._count_uses)) if named else value

    def _is_of_provider(self, value: str) -> bool:
        """Whether a module has a literal only in its provider configurations."""
        sources = self._resolver.module_sources(self._module)
        blocks = [each for file in sources.files for each in file.blocks] if sources else []
        return {each.type for each in blocks if value in each.source.text[each.start : each.end]} == {"provider"}

    def _names_of(self, number: int, value: str) -> Iterator[str]:
        kind, attributes = _LOOKED_UP[number]
        for name in self._data.get(kind, ()):
            address = Address(self._module, "data", kind, name)
            yield from (
                f"data.{kind}.{name}.{each}"
                for each in attributes[:1] or attributes
                if self._resolver.attribute(address, each) == value
            )
        if number in _CALLED:
            yield from (name for name, seen in self._seen if seen == value and _CALLED[number].search(name))

    @cached_property
    def _data(self) -> dict[str, list[str]]:
        """List the data sources without instances of their own, by type."""
        sources = self._resolver.module_sources(self._module)
        found: dict[str, list[str]] = {}
        for mode, kind, name in sorted(sources.resource_keys()) if sources else ():
            block = sources.resource("data", kind, name) if sources and mode == "data" else None
            if block is not None and {"count", "for_each"}.isdisjoint(block.arguments):
                found.setdefault(kind, []).append(name)
        return found

    def _count_uses(self, name: str) -> int:
        sources = self._resolver.module_sources(self._module)
        pattern = re.compile(rf"(?<![\w.]){re.escape(name)}(?![\w-])")
        return sum(len(pattern.findall(file.source.text)) for file in sources.files) if sources else 0

    def _rest(self, text: str, spell: Callable[[str], Spelled | None], *, is_last: bool) -> Iterator[str | Reference]:
        """Write what follows the account in an ARN: from some part on as written elsewhere, or part by part."""
        for found in _BOUNDARY.finditer(text) if is_last else ():
            tail = text[found.start() :].removesuffix(":*")
            written = spell(tail) if found[0] == "/" else None
            if written is not None:
                yield from (*self._parts(text[: found.start()]), *written, text[found.start() + len(tail) :])
                return
        yield from self._parts(text)

    def _parts(self, text: str) -> Iterator[str | Reference]:
        for each in re.split(r"([:/])", text):
            known = len(each) < _SHORTEST or self._is_literal(each)
            name = None if known or _ACCOUNT.fullmatch(each) else self._only_name(each)
            yield Reference(name, assumed=True) if name else each

    def _only_name(self, word: str) -> str | None:
        """Return the only input or local that equals a word, or begins with it and a slash."""
        whole = [name for name, seen in self._seen if seen == word]
        if whole:
            return whole[0] if len(whole) == 1 else None
        first = [name for name, seen in self._seen if seen.startswith(f"{word}/")]
        return f'split("/", {first[0]})[0]' if len(first) == 1 else None
