"""Recognise texts about calls that got no answer, where no permission was refused."""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.stopped_reason.known import BOTH, FARGATE, Cause, Known
from tfcheck.stopped_reason.said import NormalizedText


def is_unanswered(said: NormalizedText) -> bool:
    """Whether a call got no answer; AWS's own headings are taken for a guess where the text holds an answer."""
    if said.search(_NO_ANSWER):
        return True
    return said.search(_GUESS) is not None and said.search(_ANSWER) is None


#: Follows the words of Go's net, net/http and crypto packages, and of AWS's SDKs for Go.
_NO_ANSWER = (
    r"context deadline exceeded|i/o timeout|: signal: killed|no such host|server misbehaving|connection refused"
    r"|connection reset|connection timed out|network is unreachable|no route to host|dial (?:tcp|udp)\b|broken pipe"
    r"|send request failed|request send failed|StatusCode: 0\b|RequestCanceled|context canceled"
    r"|request canceled while waiting|Client\.Timeout exceeded|TLS handshake|: (?:unexpected )?EOF\b|\bx509: "
    r"|name resolution"
)
_GUESS = r"connection issue|Check your (?:task )?network (?:configuration|connection)"
_ANSWER = r"AccessDenied|not authorized|StatusCode: [1-9]\d\d\b|\b40[13] (?:Forbidden|Unauthorized)|Exception: "

_WITHOUT = r"(?:the task can(?:not|'t) .{0,200} from |between the task and )"
_REACH = "it needs a way to the internet, or VPC endpoints"


def of_what_is_not_reached() -> Iterator[Known]:
    """Return the texts that are known only together with a sign that no answer came."""
    yield Known(
        r"non[- ]empty error stream|the task can(?:not|'t) download .{0,100}Amazon S3|between the task and Amazon S3",
        FARGATE,
        Cause.NETWORK,
        f"the task does not reach Amazon S3, where its environment files are: {_REACH} (for S3, a gateway)",
        ("env-file",),
    )
    yield Known(
        rf"{_WITHOUT}(?:AWS )?Secrets Manager",
        FARGATE,
        Cause.NETWORK,
        f"the task does not reach Secrets Manager: {_REACH} (secretsmanager)",
        ("secret", "registry-credentials"),
    )
    yield Known(
        rf"{_WITHOUT}(?:AWS |Amazon )?(?:Systems Manager|SSM)",
        FARGATE,
        Cause.NETWORK,
        f"the task does not reach Systems Manager: {_REACH} (ssm)",
        ("parameter",),
    )
    yield Known(
        rf"{_WITHOUT}Amazon CloudWatch",
        FARGATE,
        Cause.NETWORK,
        f"the task does not reach CloudWatch Logs: {_REACH} (logs)",
        ("log-group",),
    )
    yield Known(
        rf"CannotPull\w*Error|The task can(?:not|'t) pull\b|{_WITHOUT}(?:Amazon ECR|Amazon Elastic|the registry)",
        BOTH,
        Cause.NETWORK,
        f"the task does not reach the registry of its image: {_REACH} (for Amazon ECR: ecr.api, ecr.dkr and S3)",
        ("image",),
    )
    yield Known(
        r"ResourceInitializationError|unable to pull secrets or registry auth|connection issue between the task and",
        FARGATE,
        Cause.NETWORK,
        f"the task does not reach a service that it needs before its containers start: {_REACH}",
    )
