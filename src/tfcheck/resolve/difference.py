"""Compare evaluated values with planned ones, which the provider may have sorted, formatted, or completed.

Follows the documentation of its resources (https://registry.terraform.io/providers/hashicorp/aws/latest/docs) and
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from tfcheck.hcl.evaluate.types import is_definitely_text
from tfcheck.resolve.merge import is_open
from tfcheck.symbolic import limits
from tfcheck.symbolic.limits import is_deep, may_be_deep
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.numbers import as_text, plain
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import JsonText, Set, Text, Truth, Unknown, Value, is_known, text

_DECIMAL = regex(r"-?\d{1,30}(?:\.\d{1,30}(?:[eE][+-]?\d{1,2})?|[eE][+-]?\d{1,2})")
#: Protocols of rules by their numbers; -1 is every one.
_PROTOCOLS = {"all": "-1", "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
_WITH_PROTOCOLS = ("aws_security_group", "aws_default_security_group", "aws_network_acl", "aws_default_network_acl")


def normal(leaf: Value, kind: str) -> Value:
    """Return a text in the provider's form for a resource type, in lower case: 80 for `80.0`."""
    if not isinstance(leaf, str):
        return leaf
    leaf = leaf.strip()
    if _DECIMAL.fullmatch(leaf):
        return _number(leaf)
    known = _PROTOCOLS.get(leaf) if kind.startswith(_WITH_PROTOCOLS) else None
    return known or leaf.removesuffix(".")


def _number(text: str) -> str:
    from fractions import Fraction

    written = as_text(plain(Fraction(text)))
    return written if isinstance(written, str) else text


def drop_empty(evaluated: Value, planned: Value) -> Value:
    """Remove empty members that the planned objects have less often, since the provider omits them: `cpu = 0`."""
    if not isinstance(evaluated, (dict, list)):
        return evaluated
    mine, theirs = Counter(_member_names(evaluated)), Counter(_member_names(planned))
    return _without_empty(evaluated, {name for name, count in mine.items() if count > theirs[name]})


def _member_names(value: Value) -> Iterator[str]:
    """Yield the name of each member that is not null, once per object."""
    match value:
        case dict():
            yield from (name.lower() for name, each in value.items() if each is not None)
            for each in value.values():
                yield from _member_names(each)
        case list():
            for each in value:
                yield from _member_names(each)
        case _:
            pass


def _without_empty(value: Value, rarer: set[str]) -> Value:
    match value:
        case dict():
            dropped = {name for name, each in value.items() if _is_empty(each) and name.lower() in rarer}
            return {name: _without_empty(each, rarer) for name, each in value.items() if name not in dropped}
        case list():
            return [_without_empty(each, rarer) for each in value]
        case _:
            return value


def _is_empty(value: Value) -> bool:
    return value in ("", "0", "false") or (isinstance(value, (int, float)) and not value)


#: The members of container definitions; the provider drops any other one, such as a comment.
_MEMBERS = frozenset(
    """
    add appProtocol capabilities command condition containerName containerPath containerPort containerPortRange
    cpu credentialsParameter credentialSpecs dependsOn devices disableNetworking dnsSearchDomains dnsServers
    dockerLabels dockerSecurityOptions drop enabled entryPoint environment environmentFiles essential extraHosts
    firelensConfiguration hardLimit healthCheck hostname hostPath hostPort ignoredExitCodes image
    initProcessEnabled interactive interval ipAddress links linuxParameters logConfiguration logDriver
    maxComputePercent maxSwap memory memoryReservation mountOptions mountPoints name namespace nvidiaMps options
    permissions portMappings privileged protocol pseudoTerminal readOnly readonlyRootFilesystem
    repositoryCredentials resourceRequirements restartAttemptPeriod restartPolicy retries secretOptions secrets
    sharedMemorySize sharingStrategy size softLimit sourceContainer sourceVolume startPeriod startTimeout
    stopTimeout swappiness systemControls timeout tmpfs type ulimits user value valueFrom versionConsistency
    volumesFrom workingDirectory
    """.lower().split()
)
#: Members with names chosen by the user.
_MAPS = frozenset(("dockerlabels", "options"))


def keep_known_members(definitions: Value) -> Value:
    """Remove members of container definitions that ECS does not know."""
    match definitions:
        case list():
            return list(map(keep_known_members, definitions))
        case dict():
            known = ((name, value) for name, value in definitions.items() if name.lower() in _MEMBERS)
            return {name: value if name.lower() in _MAPS else keep_known_members(value) for name, value in known}
        case _:
            return definitions


#: Texts that providers keep as a hash.
_HASH = regex(r"[0-9a-f]{40}|[0-9a-f]{64}")
#: Values of members that the provider adds to containers.
_ADDED = frozenset(("tcp", "true", "false"))


def is_other(evaluated: Value, planned: Value, kind: str = "") -> bool:
    """Whether the sources definitely give another value than the plan's.

    Providers sort unordered values, format documents their own way, and add defaults.
    """
    if isinstance(evaluated, str) and evaluated == planned:
        return False
    if evaluated is None or not is_known(planned) or (isinstance(planned, str) and _HASH.fullmatch(planned)):
        return False
    compared = drop_empty(_parse_json(evaluated), _parse_json(planned))
    mine, theirs = ([normal(each, kind) for each in leaves(side)] for side in (compared, planned))
    if is_missing(theirs, mine):
        return True
    is_open = any(isinstance(each, Unknown) for each in mine) and not isinstance(evaluated, (str, Text))
    if is_open or isinstance(planned, dict) or has_blocks(planned):
        return False  # the provider may have added something
    texts = [each for each in theirs if isinstance(each, str) and not each.lstrip("-").isdigit()]
    return is_missing(mine, [each for each in texts if each not in _ADDED])


def statements_differ(evaluated: Sequence[Value], planned: Sequence[Value]) -> bool:
    """Whether `statement` blocks of a policy document, which keep their order, definitely are not the planned ones."""
    if not all(isinstance(each, dict) and not is_open(each) for each in planned):
        return False  # one block about which nothing is known may be several
    pairs = zip(evaluated, planned, strict=False)
    return len(evaluated) != len(planned) or any(_statement_differs(mine, theirs) for mine, theirs in pairs)


def _statement_differs(evaluated: Value, planned: Value) -> bool:
    if not isinstance(evaluated, dict) or not isinstance(planned, dict):
        return False
    pairs = ((evaluated.get(name), part) for name, part in planned.items())
    return any(
        is_other(mine, theirs) or is_missing(list(leaves(mine)), [each for each in leaves(theirs) if is_known(each)])
        for mine, theirs in pairs
        if mine is not None
    )


def has_blocks(planned: Value) -> bool:
    """Whether a planned value is a list of nested blocks."""
    return isinstance(planned, list) and any(isinstance(each, dict) for each in planned)


def is_missing(there: list[Value], wanted: list[Value]) -> bool:
    """Whether one of the wanted leaves definitely equals none of the existing ones."""
    if any(isinstance(each, Unknown) for each in there):
        return False
    known = {each for each in there if isinstance(each, str)}
    partly = [each for each in there if not isinstance(each, str)]
    missing = [each for each in wanted if not (isinstance(each, str) and each in known) and not _may_be_empty(each)]
    pairs = [(each, partly if isinstance(each, str) else there) for each in missing]
    if not limits.take_pairs(sum(len(others) for _, others in pairs)):
        return False
    return any(all(equal(leaf, other) is Truth.FALSE for other in others) for leaf, others in pairs)


def _may_be_empty(leaf: Value) -> bool:
    """Whether nothing is known of a leaf, so that it may be an empty list or object."""
    return isinstance(leaf, Unknown) and not is_definitely_text(leaf)


def leaves(value: Value) -> Iterator[Value]:
    """Yield the texts, numbers and bools in a value, and in the JSON of a text."""
    match value:
        case str() | Text() | JsonText():
            content = document(value)
            yield from [_to_lower(value)] if content is None else leaves(content)
        case Unknown():
            yield Unknown()
        case dict():
            yield from (leaf for each in value.values() for leaf in leaves(each))
        case list() | Set():
            yield from (leaf for each in (value if isinstance(value, list) else value.items) for leaf in leaves(each))
        case None:
            pass
        case _:
            written = as_text(value)
            yield written if written is not None else Unknown()


def _to_lower(value: str | Text | JsonText) -> Value:
    """Convert a text to lower case, without constraints on its unknown pieces."""
    if not isinstance(value, Text):
        return value.lower() if isinstance(value, str) else value
    parts = [each.lower() if isinstance(each, str) else Unknown() for each in value.pieces]
    for end, strip in ((0, str.lstrip), (-1, str.rstrip)):
        last = parts[end]
        parts[end] = strip(last).removesuffix("." if end else "") if isinstance(last, str) else last
    return text(parts)


def _parse_json(value: Value) -> Value:
    """Return the content of a JSON text; anything else unchanged."""
    content = document(value) if isinstance(value, (str, Text, JsonText)) else None
    return value if content is None else content


def document(value: str | Text | JsonText) -> Any:
    """Return the content of a JSON text; None if it is not one."""
    if isinstance(value, JsonText) or (isinstance(value, Text) and str(value.pieces[0]).lstrip()[:1] in ("{", "[")):
        from tfcheck.hcl.formats.json import decode

        return decode(value)
    if isinstance(value, Text):
        return None
    if value.lstrip()[:1] not in ("{", "["):
        return None
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return None if may_be_deep(value) and is_deep(found) else found
