"""What an unknown value represents: an attribute of one owner, such as a resource instance.

The kinds of owners that only Terraform knows, `Address` and `ModuleValue`, are in `tfcheck.vocabulary.address`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from fractions import Fraction

import msgspec

from tfcheck.symbolic.sensitive_text import SENSITIVE, redact


class Owner(msgspec.Struct, frozen=True):
    """What the values of symbols belong to; equal owners are the same one."""


class Symbol(msgspec.Struct, frozen=True):
    """The attribute of one exact owner that an unknown value represents.

    Equal symbols are equal values, even while these are unknown.
    """

    owner: Owner
    path: tuple[str | int, ...] = ()

    @property
    def is_of_provider(self) -> bool:
        """Whether it comes from a provider configuration, as a part that many ARNs share."""
        return isinstance(self.owner, ProviderConfiguration)

    @property
    def is_attribute(self) -> bool:
        """Whether it is a value of its owner, not the whole of it."""
        return bool(self.path) or (isinstance(self.owner, Result) and isinstance(self.owner.arguments, frozenset))

    def at(self, *steps: str | int) -> Symbol:
        """Return the symbol of a part of this value."""
        return Symbol(self.owner, (*self.path, *steps))

    def __str__(self) -> str:
        """Format it like Terraform: `aws_s3_bucket.b.arn`."""
        steps = (f"[{step}]" if isinstance(step, int) or step == "*" else f".{redact(step)}" for step in self.path)
        return str(self.owner) + "".join(steps)


class ProviderConfiguration(Owner, frozen=True):
    """A provider configuration, by its key in the plan: `aws`, `module.a:aws.eu`."""

    key: str

    def __str__(self) -> str:
        return f"provider.{self.key}"


class Result(Owner, frozen=True, cache_hash=True):
    """What a function or an operator returns: the same for equal arguments, in any order if they are a `frozenset`.

    `sensitive`: a label does not show known numbers; it never shows known texts. `size` is about that of the arguments.
    """

    function: str
    arguments: tuple[Hashable, ...] | frozenset[Hashable]
    sensitive: bool = False
    size: int = 0

    def __str__(self) -> str:
        shown = dict.fromkeys(str(each) if isinstance(each, Symbol) else self._number(each) for each in self.leaves())
        ordered = sorted(shown) if isinstance(self.arguments, frozenset) else shown
        return f"{self.function}({', '.join(filter(None, ordered))})"

    def _number(self, leaf: Hashable) -> str:
        is_number = isinstance(leaf, (int, float, Fraction)) and not isinstance(leaf, bool)
        return "" if not is_number else SENSITIVE if self.sensitive else str(leaf)

    def leaves(self) -> Iterator[Hashable]:
        """Yield the symbols and the known values in the arguments, and in those of results among them."""
        todo: list[Hashable] = [self.arguments]
        while todo:
            each = todo.pop()
            if isinstance(each, Symbol) and isinstance(each.owner, Result):
                each = each.owner.arguments
            if isinstance(each, (tuple, frozenset)):
                todo += reversed(tuple(each))
            else:
                yield each


class Named(Owner, frozen=True):
    """What the plan does not contain, by its name: `terraform`, or the task that ECS will start."""

    name: str

    def __str__(self) -> str:
        return self.name


class OfText(Owner, frozen=True):
    """What a text denotes, such as a secret by its name; a label shows the kind only: the text may be sensitive."""

    kind: str
    text: str

    def __str__(self) -> str:
        return self.kind


class OfOtherStack(Owner, frozen=True):
    """The owner of a symbol in the plan or state of another stack, other than a resource instance."""

    stack: str
    owner: Owner

    def __str__(self) -> str:
        return f"{self.stack}: {self.owner}"
