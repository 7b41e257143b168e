"""Find how the sources of a module build a text, so that a fix is right for other plans of the same sources too."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import islice, takewhile
from typing import TypeAlias

import msgspec

from tfcheck.fix.needed_statements import Reference, Spelled, join_parts
from tfcheck.hcl.evaluate.scope import Scope, Seen
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.expression import Expression, Literal, Template, all_nodes
from tfcheck.hcl.syntax.parse import reference_text
from tfcheck.resolve import Resolver
from tfcheck.resolve.scope import ResourceReferent
from tfcheck.symbolic.limits import is_exceeded
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.symbolic.value import PlainText, TextLike, Unknown, display, pieces
from tfcheck.vocabulary.address import Address, ModulePath

_PART = regex(r"[^:/]+")
#: Parts of ARNs that name the type of resource.
_KINDS = frozenset(
    (
        *("arn", "aws", "aws-cn", "aws-us-gov", "s3", "ecr", "logs", "kms", "ssm", "secretsmanager", "iam", "fsx"),
        *("elasticfilesystem", "repository", "log-group", "parameter", "secret", "key", "role", "file-system"),
        *("access-point", "s3files", ""),
    )
)
_NAME = regex(r"[\w-]+")
#: References that differ between plans of one module, or that a fix would replace by a value.
_REFERS = regex(r"(?:^| )(?:(?:var|local|data)\.|aws_\S+\.(?:key|name|bucket)(?: |$))")
_WRITTEN_IN = ("resource", "data", "module", "locals", "provider")


class _Piece(msgspec.Struct, frozen=True):
    """A part of a text: its value, as `_flat` writes it, and the reference that gives it; None for a literal."""

    value: str
    reference: str | None


class _Written(msgspec.Struct, frozen=True):
    """A text in the sources: its value, position, parts, and the objects that they name."""

    text: str
    place: int
    parts: tuple[_Piece, ...]
    subjects: tuple[str, ...]


#: The parts of a text: literals and inserted values.
_Parts: TypeAlias = tuple[str | Expression, ...]


class ModuleTexts:
    """The texts that one module instance builds from references."""

    def __init__(self, resolver: Resolver, module: ModulePath) -> None:
        self._resolver = resolver
        self._path = module
        self._module = resolver.module_sources(module)

    def spell(self, value: TextLike, refuse: Callable[[str], bool]) -> Spelled | None:
        """Write a text as the module does; None if no text there equals it or is a prefix of it.

        `refuse` says which objects must not be referred to, by their name in the module.
        """
        wanted = _flat(value)
        if not wanted:
            return None
        found: dict[str, _Written] = {}
        first = bisect_left(self._texts, wanted, key=lambda each: each.text)
        for each in takewhile(lambda each: each.text.startswith(wanted), islice(self._texts, first, None)):
            if not any(map(refuse, each.subjects)):
                found.setdefault(each.text, each)
        shortest = sorted(found.values(), key=lambda each: (len(each.text), each.place))
        return next((cut for each in shortest if (cut := _prefix_with_value(each.parts, wanted))), None)

    def has_literally(self, spelled: Spelled) -> bool:
        """Whether the literals of a text occur in the module."""
        return self._module is None or all(map(self._has_word, self.words_in(spelled)))

    def words_in(self, spelled: Spelled) -> set[str]:
        """Return the parts of the literals of a text that say more than the type of a resource."""
        literals = [each for each in spelled if isinstance(each, str)]
        return {part.rstrip("*?").rstrip("-").lstrip(".") for each in literals for part in _PART.findall(each)} - _KINDS

    def has_text(self, part: str | Reference) -> bool:
        """Whether a literal occurs in the module as it is."""
        return isinstance(part, str) and part in self._declared_text

    def _has_word(self, part: str) -> bool:
        if _NAME.fullmatch(part):
            return part in self._words
        text = self._declared_text
        start, size = text.find(part), len(part)
        while start >= 0 and any(map(_continues, (text[start - 1 : start], text[start + size : start + size + 1]))):
            start = text.find(part, start + 1)
        return start >= 0

    @cached_property
    def _texts(self) -> list[_Written]:
        """The texts in the order of their characters; equal ones as in the sources."""
        found: list[_Written] = []
        for block, written in _templates(self._module) if self._module else ():
            for scope in self._scopes(block) if _REFERS.search(" ".join(_names(written))) else ():
                parts = self._pieces(written, scope)
                if parts:
                    text = "".join(each.value for each in parts)
                    subjects = tuple(".".join(_NAME.findall(name)[:2]) for name in _names(written) if name)
                    found.append(_Written(text, len(found), parts, subjects))
        return sorted(found, key=lambda each: each.text)

    def _scopes(self, block: Block) -> Iterator[Scope]:
        if block.type != "resource" or block.repetition is None:
            yield self._resolver.module_scope(self._path)
            return
        kind, name = block.labels
        seen = self._resolver.resource(self._path, "managed", kind, name)
        keys = seen.keys() if isinstance(seen, ResourceReferent) else ()
        for key in range(keys) if isinstance(keys, int) else keys:
            yield self._resolver.scope_of(Address(self._path, "managed", kind, name, key))

    def _pieces(self, written: _Parts, scope: Scope) -> tuple[_Piece, ...] | None:
        """Evaluate the parts of a text; None if one is unknown or not a plain reference."""
        found: list[_Piece] = []
        for part in written:
            if isinstance(part, str):
                found.append(_Piece(part, None))
                continue
            name = reference_text(part)
            value = self._resolver.evaluation.evaluate(part, scope) if name and not name.startswith(".") else None
            flat = _flat(value) if isinstance(value, PlainText) else ""
            if not flat:
                return None
            repeats = name.startswith(("each.", "count."))
            if repeats and not isinstance(value, str):
                return None
            found.append(_Piece(flat, None if repeats else name))
        return tuple(found)

    @cached_property
    def _declared_text(self) -> str:
        blocks = self._module.blocks if self._module else ()
        return "\n".join(
            re.sub(r"(?m)(?:^|\s)(?:#|//).*$", "", each.text) for each in blocks if each.type in _WRITTEN_IN
        )

    @cached_property
    def _words(self) -> frozenset[str]:
        """The words of that text: a word is found there only as a whole, or before the hyphen that an input follows."""
        return frozenset(each for one in _NAME.findall(self._declared_text) for each in (one, one.rstrip("-")))


def _flat(value: TextLike) -> str:
    """Write a text with each unknown part as its name between control characters; empty if a part has no name."""
    parts = []
    for each in pieces(value):
        if isinstance(each, Sensitive) or (isinstance(each, Unknown) and each.symbol is None):
            return ""
        parts.append(each if isinstance(each, str) else f"\0{display(each)}\0")
    return "".join(parts)


def _names(written: _Parts) -> list[str]:
    return [reference_text(each) for each in written if not isinstance(each, str)]


def _continues(char: str) -> bool:
    """Whether a word goes on with a character, of which there may be none."""
    return char.isalnum() or char in ("_", "-")


def _prefix_with_value(parts: tuple[_Piece, ...], value: str) -> Spelled | None:
    """Return the prefix of a text that equals a value; None if that would end within a reference."""
    found: list[str | Reference] = []
    left = value
    for piece in parts:
        if not left:
            break
        if piece.reference is None:
            found.append(piece.value[: len(left)])
        elif len(piece.value) > len(left):
            return None
        else:
            found.append(Reference(piece.reference))
        left = left[len(piece.value) :]
    return tuple(found) if any(isinstance(each, Reference) for each in found) else None


def _templates(module: Module) -> Iterator[tuple[Block, _Parts]]:
    for block in module.blocks:
        is_searched = block.type in _WRITTEN_IN
        for argument in takewhile(lambda _: not is_exceeded(), block.all_arguments() if is_searched else ()):
            templates = (each for each in all_nodes(argument.expression) if isinstance(each, Template))
            yield from ((block, each) for node in templates for each in _texts_in(node))


def _texts_in(node: Template) -> Iterator[_Parts]:
    found: list[str | Expression] = []
    for part in node.parts:
        literal = part.value if isinstance(part, Literal) and isinstance(part.value, str) else None
        first, *others = literal.split('"') if literal is not None else [part]
        found.append(first)
        for each in others:
            yield from [tuple(found)] if _has_reference(found) else []
            found = [each]
    yield from [tuple(found)] if _has_reference(found) else []


def _has_reference(written: list[str | Expression]) -> bool:
    return any(not isinstance(each, str) for each in written)


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
        sources = self._resolver.module_sources(self._module)
        return Reference(max(named, key=sources.count_uses if sources else len)) if named else value

    def _is_of_provider(self, value: str) -> bool:
        """Whether a module has a literal only in its provider configurations."""
        sources = self._resolver.module_sources(self._module)
        return sources is not None and sources.types_with(value) == {"provider"}

    def _names_of(self, number: int, value: str) -> Iterator[str]:
        kind, attributes = _LOOKED_UP[number]
        sources = self._resolver.module_sources(self._module)
        for name in sources.single_data_sources.get(kind, ()) if sources else ():
            address = Address(self._module, "data", kind, name)
            yield from (
                f"data.{kind}.{name}.{each}"
                for each in attributes[:1] or attributes
                if self._resolver.attribute(address, each) == value
            )
        if number in _CALLED:
            yield from (name for name, seen in self._seen if seen == value and _CALLED[number].search(name))

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
            stem = each.rpartition(".")[0]
            words = (each, stem) if stem and not self._is_literal(each) else (each,)
            found = ((word, name) for word in words if (name := self._only_name(word)) is not None)
            word, name = next(found, (each, None))
            yield from (Reference(name, assumed=True) if name is not None else each, each[len(word) :])

    def _only_name(self, word: str) -> str | None:
        """Return the only input or local that equals a word, or begins with it and a slash."""
        if len(word) < _SHORTEST or self._is_literal(word) or _ACCOUNT.fullmatch(word):
            return None
        whole = [name for name, seen in self._seen if seen == word]
        if whole:
            return whole[0] if len(whole) == 1 else None
        first = [name for name, seen in self._seen if seen.startswith(f"{word}/")]
        return f'split("/", {first[0]})[0]' if len(first) == 1 else None
