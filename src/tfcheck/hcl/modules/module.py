"""Decide which files of a directory belong to a module, and what the module declares."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, reduce

import msgspec

from tfcheck.hcl.syntax.block import Argument, Block, SourceFile
from tfcheck.hcl.syntax.expression import Expression
from tfcheck.hcl.syntax.parse import constant_text
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.grouping import group_by_key

#: The blocks that declare something by their labels, and how many labels each has.
_DECLARING = {"resource": 2, "data": 2, "ephemeral": 2, "variable": 1, "output": 1, "module": 1, "check": 1}
#: The blocks that say where something has been.
_LEAVING = frozenset({"moved", "removed"})
_BLOCK_OF_MODE = {"managed": "resource", "data": "data", "ephemeral": "ephemeral"}
_MODE_OF_BLOCK = {block: mode for mode, block in _BLOCK_OF_MODE.items()}

#: A word after a dot, and the character before a name that it is a part of.
_LAST_WORD, _CONTINUED = regex(r"(?<=\.)[\w-]+"), regex(r"[\w.]")

_ENDINGS = (".tf", ".tf.json")
_OPENTOFU_ENDINGS = (".tofu", ".tofu.json")


class Record(msgspec.Struct, rename="pascal"):
    """One module in a manifest: its call path joined by dots, and its directory relative to the root."""

    key: str = ""
    dir: str = ""


def module_files(names: Iterable[str], *, opentofu: bool) -> tuple[str, ...]:
    """Return the files of a module sorted by name, with override files last.

    With `opentofu` an `x.tofu` counts, and hides `x.tf`. Follows
    https://developer.hashicorp.com/terraform/language/files and https://opentofu.org/docs/language/files/.
    """
    endings = _ENDINGS + _OPENTOFU_ENDINGS if opentofu else _ENDINGS
    present = {name for name in names if name.endswith(endings) and not (name.startswith(".") or name.endswith("~"))}
    present = {name for name in present if not (name.startswith("#") and name.endswith("#"))}
    hidden = {
        name.removesuffix(ending) + hidden_ending
        for ending, hidden_ending in zip(_OPENTOFU_ENDINGS, _ENDINGS, strict=True)
        for name in present
        if name.endswith(ending)
    }
    return tuple(sorted(present - hidden, key=lambda name: (is_override(name), name)))


def is_override(name: str) -> bool:
    """Whether a file is an override file."""
    stem = name.removesuffix(".json").rpartition(".")[0]
    return stem == "override" or stem.endswith("_override")


class Module:
    """The files of one module, looked up by name. `directory` is relative to the root module, `.` for the root."""

    def __init__(self, directory: str, files: Iterable[SourceFile]) -> None:
        """Build from the files in order, with override files last."""
        self.directory = directory
        self.files = tuple(files)
        self._blocks: dict[tuple[str, tuple[str, ...]], Block] = {}
        self._locals: dict[str, Argument] = {}
        self._providers: list[Block] = []
        self._types_with: dict[str, frozenset[str]] = {}
        for file in self.files:
            overrides = is_override(file.source.name.rpartition("/")[2])
            for block in filter(_is_complete, file.blocks):
                self._add_block(block, overrides)

    def _add_block(self, block: Block, overrides: bool) -> None:
        if block.type == "locals":
            for name, argument in block.arguments.items():
                if overrides or name not in self._locals:
                    self._locals[name] = argument
        elif block.type == "provider":
            self._providers.append(block)
        elif block.type in _DECLARING:
            key = block.type, block.labels
            before = self._blocks.get(key)
            if before is None:
                self._blocks[key] = block
            elif overrides:
                self._blocks[key] = overridden(before, block)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks in the order of the files, except those whose labels Terraform would refuse."""
        return tuple(each for file in self.files for each in file.blocks if _is_complete(each))

    def count_uses(self, name: str) -> int:
        """Return how often the text of the files has a name of several parts (`local.services`)."""
        places = self._last_words.get(name.rpartition(".")[2], ())
        return sum(
            text.startswith(name, start := end - len(name)) and not (start and _CONTINUED.match(text, start - 1))
            for text, end in places
            if end >= len(name)
        )

    @cached_property
    def _last_words(self) -> dict[str, list[tuple[str, int]]]:
        """Where each word after a dot ends: the text of a file, and the place in it."""
        found = ((file.source.text, each) for file in self.files for each in _LAST_WORD.finditer(file.source.text))
        return group_by_key((each[0], (text, each.end())) for text, each in found)

    def resource(self, mode: str, type: str, name: str) -> Block | None:
        """Return the block of a `managed`, `data` or `ephemeral` resource."""
        return self._blocks.get((_BLOCK_OF_MODE.get(mode, mode), (type, name)))

    def local(self, name: str) -> Expression | None:
        """Return the expression of a local value."""
        argument = self._locals.get(name)
        return argument.expression if argument else None

    def local_argument(self, name: str) -> Argument | None:
        """Return the argument of a local value."""
        return self._locals.get(name)

    def locals(self) -> tuple[str, ...]:
        """Return the names of the local values."""
        return tuple(self._locals)

    def output(self, name: str) -> Block | None:
        """Return the block of an output."""
        return self._blocks.get(("output", (name,)))

    def outputs(self) -> tuple[str, ...]:
        """Return the names of the outputs."""
        return self._labels_of("output")

    def variable(self, name: str) -> Block | None:
        """Return the block of a variable."""
        return self._blocks.get(("variable", (name,)))

    def variables(self) -> tuple[str, ...]:
        """Return the names of the variables."""
        return self._labels_of("variable")

    def call(self, name: str) -> Block | None:
        """Return the block of a module call."""
        return self._blocks.get(("module", (name,)))

    def provider(self, name: str, alias: str | None) -> Block | None:
        """Return the block of a provider configuration; the default one has no alias."""
        named = (each for each in self._providers if each.labels == (name,))
        found = [each for each in named if constant_text(each.attribute("alias")) == (alias or None)]
        return reduce(overridden, found) if found else None

    def calls(self) -> tuple[str, ...]:
        """Return the names of the module calls."""
        return self._labels_of("module")

    def _labels_of(self, block: str) -> tuple[str, ...]:
        return tuple(labels[0] for kind, labels in self._blocks if kind == block)

    @cached_property
    def resource_keys(self) -> frozenset[tuple[str, str, str]]:
        """Mode, type and name of every resource."""
        return frozenset(
            (_MODE_OF_BLOCK[kind], labels[0], labels[1]) for kind, labels in self._blocks if kind in _MODE_OF_BLOCK
        )

    @cached_property
    def single_data_sources(self) -> dict[str, list[str]]:
        """The names of the data sources without `count` or `for_each`, by type."""
        single = (labels for (kind, labels), each in self._blocks.items() if kind == "data" and not each.repetition)
        return group_by_key(sorted((labels[0], labels[1]) for labels in single))

    @cached_property
    def _text_by_type(self) -> dict[str, str]:
        texts = group_by_key((each.type, each.text) for each in self.blocks)
        return {kind: "\n".join(several) for kind, several in texts.items()}

    def types_with(self, word: str) -> frozenset[str]:
        """Return the types of the blocks that contain a word."""
        if word not in self._types_with:
            self._types_with[word] = frozenset(kind for kind, text in self._text_by_type.items() if word in text)
        return self._types_with[word]

    def taken_labels(self, prefix: str) -> frozenset[str]:
        """Return the labels of resources and data sources whose type begins with a prefix.

        The labels in the `from` of `moved` and `removed` blocks count too: Terraform refuses a resource beside them.
        """
        left = (
            each.arguments["from"].text for each in self.blocks if each.type in _LEAVING and "from" in each.arguments
        )
        addresses = (each.strip('"').split("[", 1)[0].split(".") for each in left)
        former = ((parts[0], parts[1]) for parts in addresses if len(parts) == 2)
        declared = ((kind, name) for _, kind, name in self.resource_keys)
        return frozenset(name for kind, name in (*declared, *former) if kind.startswith(prefix))


#: Terraform merges the arguments of these instead of replacing the block.
_MERGED = frozenset({"lifecycle"})


class OverriddenBlock(Block, frozen=True, eq=False, kw_only=True):
    """`base` with the changes of `override`, at the place of `base`."""

    base: Block
    override: Block

    def blocks(self, name: str) -> list[Block]:
        """Return the nested blocks of a type: those of the override, if it has any."""
        before, after = self.base.blocks(name), self.override.blocks(name)
        if name in _MERGED and before and after:
            return [overridden(before[0], after[0])]
        return after or before


def _is_complete(block: Block) -> bool:
    return len(block.labels) == _DECLARING.get(block.type, len(block.labels))


def overridden(base: Block, override: Block) -> Block:
    """Apply a block of an override file to the block with its name.

    Follows https://developer.hashicorp.com/terraform/language/files/override: argument by argument, and nested blocks
    of one type replace those of the same type together.
    """
    replaced = {block.kind for block in override.nested}
    return OverriddenBlock(
        type=base.type,
        labels=base.labels,
        source=base.source,
        start=base.start,
        body_start=base.body_start,
        body_end=base.body_end,
        end=base.end,
        arguments={**base.arguments, **override.arguments},
        nested=(*(block for block in base.nested if block.kind not in replaced), *override.nested),
        base=base,
        override=override,
    )
