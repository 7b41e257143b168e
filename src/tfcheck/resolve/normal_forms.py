"""Convert values to the form that the provider keeps of several notations.

Follows the documentation of its resources (https://registry.terraform.io/providers/hashicorp/aws/latest/docs) and
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tfcheck.symbolic.numbers import as_text, plain
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Value

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
