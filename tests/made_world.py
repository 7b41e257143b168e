"""A world made by hand: for what no plan of testdata shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from tests.symbols import symbol
from tfcheck.inventory.ecs import TaskDefinition, task_definitions
from tfcheck.inventory.world import WorldObject
from tfcheck.resolve.order import FinishedBefore
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.doubt import Doubt, Hint, HintKind
from tfcheck.symbolic.value import ACCOUNT_ID, Truth, Unknown, Value
from tfcheck.vocabulary.address import Address, ModulePath, parse

T = TypeVar("T")
HERE = Surroundings("aws", "eu-west-1", "111122223333")
ELSEWHERE = Surroundings("aws", "eu-west-1", "444455556666")
_OPEN = Unknown(
    symbol=symbol("provider.aws", ("account_id",)),
    reason=Doubt("open", hint=Hint("pass `--account`", HintKind.OPTION)),
    hole=ACCOUNT_ID,
)
OPEN = Surroundings("aws", "eu-west-1", _OPEN)


class MadeResource:
    """A resource whose attributes are `attributes`; `computed` are those that nobody wrote."""

    is_abandoned = is_forgotten = is_left_out = False

    def remains_on(self, named: Value) -> Truth:
        return Truth.TRUE

    def __init__(
        self, address: str, attributes: dict[str, Value], around: Surroundings = HERE, computed: tuple[str, ...] = ()
    ) -> None:
        self.address: Address = parse(address)
        self.attributes = attributes
        self.surroundings = around
        self.computed = computed

    def attribute(self, name: str) -> Value:
        return self.attributes.get(name)

    def sensitive(self, name: str) -> bool:
        return False

    def is_configured(self, name: str) -> bool | None:
        return name in self.attributes and name not in self.computed


class MadeWorld:
    """A world of such things; `earlier` is what there was before the change, `context` are the stacks beside it.

    `read` are the strings that data sources have read.
    """

    read: tuple[str, ...] = ()
    planned_at = ""
    left_out: Sequence[Address] = ()

    def __init__(
        self, *resources: MadeResource, earlier: Sequence[MadeResource] | None = None, context: Sequence[MadeWorld] = ()
    ) -> None:
        self.context = context
        self._resources = resources
        self._earlier = resources if earlier is None else earlier
        self.found: dict[object, Any] = {}

    def resources(self, *types: str) -> list[MadeResource]:
        return [each for each in self._resources if each.address.type in types and each.address.mode == "managed"]

    def looked_up(self, *types: str) -> list[MadeResource]:
        return [each for each in self._resources if each.address.type in types and each.address.mode == "data"]

    def texts_read(self) -> frozenset[str]:
        return frozenset(self.read)

    def named_documents(self, resource: WorldObject, argument: str) -> Sequence[MadeResource]:
        return ()

    def module_from_elsewhere(self, module: ModulePath) -> str:
        return str(module) if module.steps and module.steps[0].name == "registry" else ""

    @property
    def certain(self) -> MadeWorld:
        return self

    def before(self) -> MadeWorld:
        return MadeWorld(*self._earlier)

    def once_for_both(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        return make()

    def earlier(self, address: Address) -> FinishedBefore:
        return FinishedBefore(frozenset(), True)

    def once(self, make: Callable[[Any], T]) -> T:
        if make not in self.found:
            self.found[make] = make(self)
        return cast(T, self.found[make])


def reference(address: str, attribute: str, shape: str | None = None) -> Unknown:
    """Refer to an attribute that is known only after apply."""
    return Unknown(symbol=symbol(address, (attribute,)), shape=shape)


def task(*containers: dict[str, Value], around: Surroundings = HERE, **attributes: Value) -> TaskDefinition:
    """Make a Fargate task with an execution role."""
    settled: dict[str, Value] = {
        "family": "app",
        "requires_compatibilities": ["FARGATE"],
        "execution_role_arn": "arn:aws:iam::111122223333:role/execution",
        "container_definitions": [{"name": "app", "image": "public.ecr.aws/nginx", **each} for each in containers],
        **attributes,
    }
    return next(iter(task_definitions(MadeWorld(MadeResource("aws_ecs_task_definition.app", settled, around)))))
