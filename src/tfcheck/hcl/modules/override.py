"""Merge a block with its override.

Follows https://developer.hashicorp.com/terraform/language/files/override: argument by argument, and nested blocks of
one type replace those of the same type together.
"""

from __future__ import annotations

from tfcheck.hcl.syntax.block import Block

#: Terraform merges the arguments of these instead of replacing the block.
_MERGED = frozenset({"lifecycle"})


class Overridden(Block, frozen=True, eq=False, kw_only=True):
    """`base` as `override` changes it; its place is that of `base`."""

    base: Block
    override: Block

    def blocks(self, name: str) -> list[Block]:
        """Return the nested blocks of a type: those of the override, if it has any."""
        before, after = self.base.blocks(name), self.override.blocks(name)
        if name in _MERGED and before and after:
            return [overridden(before[0], after[0])]
        return after or before


def overridden(base: Block, override: Block) -> Block:
    """Apply one block of an override file to the block that it names."""
    return Overridden(
        type=base.type,
        labels=base.labels,
        source=base.source,
        start=base.start,
        body_start=base.body_start,
        body_end=base.body_end,
        end=base.end,
        arguments={**base.arguments, **override.arguments},
        nested=_nested(base, override),
        base=base,
        override=override,
    )


def _nested(base: Block, override: Block) -> tuple[Block, ...]:
    replaced = {_kind(block) for block in override.nested}
    return (*(block for block in base.nested if _kind(block) not in replaced), *override.nested)


def _kind(block: Block) -> str:
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type
