"""Find what starts tasks besides services: EventBridge rules and schedules, pipes, state machines, task sets.

Each is read like a service: it names a task definition, a cluster, and a launch type or a strategy, with the parameters
of https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html. A schedule may also call `RunTask` itself
(https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html). Unlike a service, each may
name other roles and environment files than the task definition does.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.formats.json import decode
from tfcheck.inventory.ecs import TASK_SET, member
from tfcheck.inventory.world import World, WorldObject
from tfcheck.resolve.blocks import blocks_or_unknown, only_block_or_unknown
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import TextLike, Truth, Unknown, Value, items, pieces, text

#: Members of overrides for containers, with the API's or the provider's names.
CONTAINERS = "container_overrides"
_ROLES = {"execution_role_arn": "executionRoleArn", "task_role_arn": "taskRoleArn"}
_WHEN_RUN = "known only when it runs"
_VARIABLE = regex(r"<[\w.-]+>")
_PLAIN = ("aws_ecs_service", TASK_SET)
#: In the ARNs of what calls `RunTask`: `arn:aws:states:::ecs:runTask.sync` in a state machine, for example, or the
#: schedule's universal target `arn:aws:scheduler:::aws-sdk:ecs:runTask`.
_RUN_TASK = ":ecs:runTask"


class TaskRun:
    """How a resource starts tasks, by some of its `arguments`, with the argument names of a service."""

    is_abandoned = is_forgotten = is_left_out = False

    def __init__(self, resource: WorldObject, arguments: tuple[str, ...], values: dict[str, Value]) -> None:
        self.address = resource.address
        self.surroundings = resource.surroundings
        self._resource = resource
        self._arguments = arguments
        self._values = values

    def attribute(self, name: str) -> Value:
        """Return the value for a service's argument; None if it is not set."""
        return self._values.get(name)

    def sensitive(self, name: str) -> bool:
        """Whether the plan marks it, or something beside it, as sensitive."""
        return name in self._values and any(map(self._resource.sensitive, self._arguments))

    def is_configured(self, name: str) -> bool | None:
        """Whether it is set."""
        return self._values.get(name) is not None

    def remains_on(self, named: Value) -> Truth:
        """Whether the resource is still on the one that it names."""
        return self._resource.remains_on(named)


def all_runs(world: World) -> Iterator[WorldObject]:
    """Yield the services of a world, and what else starts tasks in it."""
    yield from world.resources(*_PLAIN)
    for target in world.resources("aws_cloudwatch_event_target"):
        for block in blocks_or_unknown(target.attribute("ecs_target")):
            overrides = _overrides_of_target(target)
            arguments = ("ecs_target", "input", "input_transformer")
            yield from _runs_in_block(target, arguments, block, target.attribute("arn"), overrides)
    for schedule in world.resources("aws_scheduler_schedule"):
        whole = only_block_or_unknown(schedule.attribute("target"))
        received = member(whole, "input")
        parameters = _decode(received) if isinstance(received, TextLike) else None
        if _calls_run_task(member(whole, "arn")) and isinstance(parameters, dict):
            yield TaskRun(schedule, ("target",), _service_arguments(parameters))
        for block in blocks_or_unknown(member(whole, "ecs_parameters")):
            overrides = _overrides_in(received)
            yield from _runs_in_block(schedule, ("target",), block, member(whole, "arn"), overrides)
    for pipe in world.resources("aws_pipes_pipe"):
        whole = only_block_or_unknown(pipe.attribute("target_parameters"))
        for block in blocks_or_unknown(member(whole, "ecs_task_parameters")):
            written = only_block_or_unknown(member(block, "overrides"))
            overrides = {name: member(written, name) for name in _ROLES}
            overrides[CONTAINERS] = member(written, "container_override")
            yield from _runs_in_block(pipe, ("target_parameters",), block, pipe.attribute("target"), overrides)
    for machine in world.resources("aws_sfn_state_machine"):
        definition = machine.attribute("definition")
        for parameters in _parameters(_decode(definition)) if isinstance(definition, TextLike) else ():
            yield TaskRun(machine, ("definition",), _service_arguments(parameters))


def _runs_in_block(
    resource: WorldObject,
    arguments: tuple[str, ...],
    block: dict[str, Value] | Unknown,
    cluster: Value,
    overrides: dict[str, Value],
) -> Iterator[TaskRun]:
    """Yield the runs in a nested block; nothing if it may not exist."""
    if isinstance(block, dict):
        values = {**block, **overrides, "task_definition": block.get("task_definition_arn"), "cluster": cluster}
        yield TaskRun(resource, arguments, values)


# Overrides of the task definition


def _overrides(task_override: Value) -> dict[str, Value]:
    """Return the content of the API's `TaskOverride`; a path or an expression in it is unknown."""
    names = {**_ROLES, CONTAINERS: "containerOverrides"}
    return {name: _unless_dynamic(task_override, theirs) for name, theirs in names.items()}


def _unless_dynamic(parameters: Value, name: str) -> Value:
    value = member(parameters, name)
    is_dynamic = value is None and member(parameters, f"{name}.$") is not None
    return Unknown(reason=_WHEN_RUN) if is_dynamic or _is_expression(value) else value


def _is_expression(value: Value) -> bool:
    """Whether a state machine evaluates a text as JSONata when it runs."""
    first = next(iter(pieces(value)), "") if isinstance(value, TextLike) else ""
    return isinstance(first, str) and first.startswith("{%")


def _overrides_in(received: Value) -> dict[str, Value]:
    """Return the overrides in the JSON text that a target receives."""
    return _overrides(_decode(received)) if isinstance(received, TextLike) else {}


def _overrides_of_target(target: WorldObject) -> dict[str, Value]:
    transformer = only_block_or_unknown(target.attribute("input_transformer"))
    if transformer is not None:
        template = member(transformer, "input_template")
        return _overrides_in(_without_variables(template) if isinstance(template, TextLike) else template)
    # NOTE: without any of these arguments ECS receives the whole event, which has no overrides.
    if target.attribute("input_path") not in (None, "", "$"):
        return _overrides(Unknown(reason=_WHEN_RUN))
    return _overrides_in(target.attribute("input"))


def _without_variables(template: TextLike) -> TextLike:
    """Return a template with an unknown value for each variable, whose value comes from an event.

    Follows https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html.
    """
    parts: list[TextLike] = []
    for piece in pieces(template):
        literals = _VARIABLE.split(piece) if isinstance(piece, str) else [piece]
        for index, literal in enumerate(literals):
            parts += [literal] if index == 0 else [Unknown(reason=_WHEN_RUN), literal]
    return text(parts)


# Parameters of RunTask


def _calls_run_task(arn: Value) -> bool:
    """Whether what a state machine or a schedule calls is certainly `RunTask`."""
    written = pieces(arn) if isinstance(arn, TextLike) else ()
    return any(isinstance(each, str) and _RUN_TASK in each for each in written)


def _decode(definition: TextLike) -> Value:
    try:
        return decode(definition)
    except EvaluationError:
        return None


def _parameters(part: Value) -> Iterator[dict[str, Value]]:
    """Yield the parameters of `RunTask` in a part of a state machine."""
    if isinstance(part, dict):
        called, parameters = part.get("Resource"), part.get("Parameters") or part.get("Arguments")
        if _calls_run_task(called) and isinstance(parameters, dict):
            yield parameters
    inner = tuple(part.values()) if isinstance(part, dict) else items(part)
    # NOTE: an unknown state may start any task, as anybody with the command line may.
    for each in () if isinstance(inner, Unknown) else inner:
        yield from _parameters(each)


def _service_arguments(parameters: dict[str, Value]) -> dict[str, Value]:
    """Return the parameters of `RunTask` with the argument names of a service."""
    names = {"capacity_provider": "CapacityProvider", "weight": "Weight", "base": "Base"}
    strategy = _unless_dynamic(parameters, "CapacityProviderStrategy")
    if not isinstance(listed := items(strategy), Unknown):
        strategy = [{name: member(each, theirs) for name, theirs in names.items()} for each in listed]
    return {
        **_overrides(_unless_dynamic(parameters, "Overrides")),
        # NOTE: a state whose definition comes from its input may start any task, as anybody with the command line may.
        "task_definition": member(parameters, "TaskDefinition"),
        "cluster": _unless_dynamic(parameters, "Cluster"),
        "launch_type": _unless_dynamic(parameters, "LaunchType"),
        "platform_version": _unless_dynamic(parameters, "PlatformVersion"),
        "capacity_provider_strategy": strategy,
    }
