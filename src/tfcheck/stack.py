"""What does another stack hold, seen from the plan that is checked?

A stack is a world of its own. Its addresses carry the name of its file, and so do the owners of what is unknown in it:
nothing in it can be taken for something of the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import msgspec

from tfcheck.address import Address, ElsewhereAddress
from tfcheck.arn import partition_of_region, split
from tfcheck.plan import Plan
from tfcheck.resolve import Resolver
from tfcheck.resolve.order import Earlier
from tfcheck.resolve.provider import Surroundings
from tfcheck.value import (
    ACCOUNT_ID,
    PARTITION,
    REGION,
    JsonText,
    Set,
    Symbol,
    Text,
    TextLike,
    Unknown,
    Value,
    is_known,
)
from tfcheck.world import After, Before, Remembering, Thing, World

#: Types whose ARN names an account.
_TELLING = (
    "aws_iam_role",
    "aws_iam_policy",
    "aws_kms_key",
    "aws_secretsmanager_secret",
    "aws_ssm_parameter",
    "aws_ecr_repository",
    "aws_cloudwatch_log_group",
)
#: Attributes whose values become what a task needs, and so are shown: the keys that encrypt.
_KEYS = ("kms_key_id", "key_id", "target_key_id", "rule", "server_side_encryption_configuration")


class Stack(Remembering):
    """The world of another stack; of a plan, as it will be."""

    def __init__(self, name: str, inner: After | Before, around: Told | None) -> None:
        """Take the name that its addresses get, its own world, and for a state what tells where it lives."""
        super().__init__({})
        self.name = name
        self._inner = inner
        self._around = around
        self._siblings: Sequence[World] = ()
        self._seen: dict[str, list[Thing]] = {}

    @property
    def context(self) -> Sequence[World]:
        """Give the other stacks that are known."""
        return self._siblings

    def beside(self, stacks: Sequence[Stack]) -> None:
        """Make the other stacks known."""
        self._siblings = [each for each in stacks if each is not self]

    def things(self, *types: str) -> Sequence[Thing]:
        """List the managed resources of these types."""
        return [each for kind in types for each in self._kind(kind, self._inner.things)]

    def looked_up(self, *types: str) -> Sequence[Thing]:
        """List the data sources of these types."""
        return [each for kind in types for each in self._kind(f"data.{kind}", self._inner.looked_up)]

    def _kind(self, kind: str, find: Callable[[str], Sequence[Thing]]) -> list[Thing]:
        if kind not in self._seen:
            found = find(kind.removeprefix("data."))
            self._seen[kind] = [_Elsewhere(each, self.name, self._around) for each in found]
        return self._seen[kind]

    def before(self) -> World:
        """Give the stack before the change that its own plan makes."""
        return self._earlier

    @cached_property
    def _earlier(self) -> Stack:
        before = self._inner.before()
        return Stack(self.name, before, self._around) if isinstance(before, Before) else self

    def earlier(self, address: Address) -> Earlier:
        """Tell nothing: what other stacks make is not waited for."""
        return Earlier(frozenset(), True)


def stack_of(resolver: Resolver, name: str, *, is_state: bool) -> Stack:
    """Give the stack that a plan will have made, or that a state, read as a plan, holds."""
    return Stack(name, After(resolver), Told(resolver.plan) if is_state else None)


class _Elsewhere:
    """A resource, or data source, of another stack."""

    def __init__(self, thing: Thing, stack: str, around: Told | None) -> None:
        own = thing.address
        self.address = ElsewhereAddress(own.module, own.mode, own.type, own.name, own.key, stack)
        self._thing = thing
        self._stack = stack
        self._around = around

    def attribute(self, name: str) -> Value:
        if name in _KEYS and self.sensitive(name):
            return Unknown(reason=f"a sensitive value of {self.address}")
        return _renamed(self._thing.attribute(name), self._stack)

    def sensitive(self, name: str) -> bool:
        return self._thing.sensitive(name)

    def configured(self, name: str) -> bool | None:
        return self._thing.configured(name)

    @cached_property
    def surroundings(self) -> Surroundings:
        if self._around is not None:
            return self._around.of(self._thing)
        own = self._thing.surroundings
        partition, region, account = (_text(each, self._stack) for each in (own.partition, own.region, own.account))
        return Surroundings(partition, region, account)


def _text(value: TextLike, stack: str) -> TextLike:
    found = _renamed(value, stack)
    return found if isinstance(found, str | Unknown | Text | JsonText) else value


def _renamed(value: Value, stack: str) -> Value:
    """Let what is unknown belong to the stack."""
    if isinstance(value, str) or is_known(value):
        return value
    match value:
        case Unknown(symbol=symbol, shape=shape):
            owner = None if symbol is None else Symbol(f"{stack}: {symbol.owner}", symbol.path)
            inside = _renamed(shape, stack)
            return msgspec.structs.replace(
                value, symbol=owner, shape=inside if isinstance(inside, str | Text) else None
            )
        case Text(pieces=pieces):
            return Text(tuple(_piece(each, stack) for each in pieces))
        case JsonText(value=inside):
            return JsonText(_renamed(inside, stack))
        case Set(items=items):
            return Set(tuple(_renamed(each, stack) for each in items))
        case list():
            return [_renamed(each, stack) for each in value]
        case dict():
            return {name: _renamed(each, stack) for name, each in value.items()}
        case _:
            return value


def _piece(piece: str | Unknown | JsonText, stack: str) -> str | Unknown | JsonText:
    found = _renamed(piece, stack)
    return found if isinstance(found, str | Unknown | JsonText) else piece


class Told:
    """Where the resources of a state live, which does not show its provider configurations.

    What an ARN does not tell is taken from the others where all agree.
    """

    def __init__(self, state: Plan) -> None:
        """Take the state, read as a plan."""
        self._state = state

    def of(self, thing: Thing) -> Surroundings:
        """Tell where a resource lives."""
        arn = thing.attribute("arn")
        own = split(arn) if isinstance(arn, str) else None
        region = (own.region if own and isinstance(own.region, str) else "") or self._only(self._regions)
        account = (own.account if own and isinstance(own.account, str) else "") or self._only(self._accounts)
        partition = own.partition if own and isinstance(own.partition, str) else self._only(self._partitions)
        return Surroundings(
            partition or (partition_of_region(region) if region else _open("partition")),
            region or _open("region"),
            account or _open("account"),
        )

    @staticmethod
    def _only(found: frozenset[str]) -> str:
        return next(iter(found)) if len(found) == 1 else ""

    @cached_property
    def _arns(self) -> list[str]:
        rows = [each.after or {} for each in self._state.instances(*_TELLING)]
        return [arn for each in rows if isinstance(arn := each.get("arn"), str)]

    @cached_property
    def _accounts(self) -> frozenset[str]:
        read = (each.values.get("account_id") for each in self._state.data_sources("aws_caller_identity"))
        return frozenset((*self._fields("account"), *(each for each in read if isinstance(each, str))))

    @cached_property
    def _regions(self) -> frozenset[str]:
        return frozenset(self._fields("region"))

    @cached_property
    def _partitions(self) -> frozenset[str]:
        return frozenset(self._fields("partition"))

    def _fields(self, name: str) -> Iterator[str]:
        for arn in map(split, self._arns):
            found = getattr(arn, name) if arn else None
            if isinstance(found, str) and found:
                yield found


def _open(what: str) -> Unknown:
    holes = {"partition": PARTITION, "region": REGION, "account": ACCOUNT_ID}
    return Unknown(reason=f"the other stack does not show the {what}", hole=holes[what])
