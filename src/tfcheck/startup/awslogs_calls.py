"""The calls of the `awslogs` driver to CloudWatch Logs.

Follows https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html: the stream of a container is
`PREFIX/CONTAINER/TASK`. The calls are decided on the stream's ARN, which the group's own ARN does not match.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.inventory.catalogue import LOG_GROUP, catalogue
from tfcheck.inventory.ecs import member
from tfcheck.inventory.world import World, left_out_words
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.startup import existence
from tfcheck.startup.rule import TaskPlace
from tfcheck.symbolic.doubt import later
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.symbol import Named, Symbol
from tfcheck.symbolic.value import NAME, PlainText, Text, TextLike, Truth, Unknown, Value, pieces, spelled_out, text
from tfcheck.vocabulary.arn import Arn
from tfcheck.vocabulary.finding import Requirement, Severity
from tfcheck.vocabulary.needed_call import CallDetails, Necessity

#: It is the same need before and after a change, whichever task it is.
#: What ECS shows if a log stream cannot be created.
STREAM_REFUSED = {
    "logs:CreateLogStream": (
        "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
        "failed to create Cloudwatch log stream: AccessDeniedException"
    )
}
STREAM_REFUSED_ON_INSTANCES = {
    "logs:CreateLogStream": (
        "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to "
        "create Cloudwatch log stream: AccessDeniedException"
    )
}
_TASK = Symbol(Named("task"), ("id",))


def log_calls(
    rule: str, place: TaskPlace, driver: Value, options: Value, middle: TextLike, world: World
) -> Iterator[Requirement]:
    """Yield the calls of a log driver; `middle` is the part of its stream names between prefix and task."""
    is_awslogs = equal(driver, "awslogs")
    if is_awslogs is Truth.FALSE or missing_group_reason(options) is not None:
        return
    doubt = "" if is_awslogs is Truth.TRUE else later("which log driver is used")
    group = _group_arn(place, options, world)
    prefix = member(options, "awslogs-stream-prefix")
    stream_name: TextLike = Unknown(symbol=_TASK, reason="ECS names the stream when a task starts", hole=NAME)
    if prefix and isinstance(prefix, PlainText):
        stream_name = text([prefix, middle, stream_name])
    stream = text([group, ":log-stream:", stream_name])
    yield place.require(rule, "logs:CreateLogStream", stream, necessity=Necessity(doubt))
    yield place.require(rule, "logs:PutLogEvents", stream, Severity.WARNING, Necessity(doubt))
    makes_group = _is_true(member(options, "awslogs-create-group"))
    around = place.task.resource.surroundings
    named = existence.named_at(member(options, "awslogs-group"), around, member(options, "awslogs-region"))
    exists = existence.log_group(named, world)
    is_made = exists is Truth.TRUE and existence.is_made_by_tasks(named, world)
    if makes_group is not Truth.FALSE and (exists is not Truth.TRUE or is_made):
        # NOTE: the driver first opens a stream, and creates the group only if there is none.
        severity = Severity.ERROR if exists is Truth.FALSE else Severity.WARNING
        doubt = doubt if makes_group is Truth.TRUE else later("whether the group is to be created")
        left_out = existence.left_out_group(named, world)
        doubt = doubt if left_out is None else left_out_words([left_out])
        seen, need = text([group, ":log-stream:"]), Necessity(doubt, once=is_made)
        yield place.require(rule, "logs:CreateLogGroup", seen, severity, need, CallDetails(other_form=group))


def missing_group_reason(options: Value) -> str | None:
    """Return why `awslogs` options definitely name no group, so that no call is made; None if they may."""
    if isinstance(options, Unknown):
        return None
    name = member(options, "awslogs-group")
    if name is None or name == "":
        return "has no `awslogs-group`, which the driver requires"
    if not isinstance(name, PlainText):
        return None
    is_arn = isinstance(name, Unknown) and name.symbol is not None and name.symbol.path == ("arn",)
    if is_arn or any(isinstance(each, str) and ":" in each for each in pieces(spelled_out(name))):
        return "must be the name of a log group, which contains no colons, not its ARN"
    return None


#: True values for the driver; it refuses all but these and their opposites.
_TRUE = ("true", "True", "TRUE", "t", "T", "1")


def _is_true(value: Value) -> Truth:
    if isinstance(value, str):
        return Truth.of(value in _TRUE)
    if isinstance(value, (Text, Unknown)):
        return equal(value, "true")
    return Truth.of(value is True)


def _group_arn(place: TaskPlace, options: Value, world: World) -> TextLike:
    name, region = member(options, "awslogs-group"), member(options, "awslogs-region")
    around = place.task.resource.surroundings
    if not isinstance(region, PlainText) or region == "":
        region = around.region
    resource = catalogue(world, LOG_GROUP).find_by_name(name, Surroundings(around.partition, region, around.account))
    here = resource.surroundings if resource is not None else None
    is_here = here and equal(here.region, region) & equal(here.account, around.account) is Truth.TRUE
    arn = resource.attribute("arn") if resource is not None and is_here else None
    if isinstance(arn, PlainText):
        return arn.removesuffix(":*") if isinstance(arn, str) else arn
    if not isinstance(name, PlainText):
        name = Unknown(reason="the log driver names no group", hole=NAME)
    return Arn(around.partition, "logs", region, around.account, text(["log-group:", name])).as_text()
