"""Recognise texts about calls without an answer, where no permission was refused."""

from __future__ import annotations

from tfcheck.stopped_reason.known_text import BOTH, FARGATE, KnownText, StopCause
from tfcheck.stopped_reason.normalized_text import NormalizedText


def is_unanswered(text: NormalizedText) -> bool:
    """Whether a call got no answer; AWS's own headings are only a guess if the text contains an answer."""
    if text.search(_NO_ANSWER):
        return True
    return text.search(_GUESS) is not None and text.search(_ANSWER) is None


#: Follows the messages of Go's net, net/http and crypto packages, and of AWS's SDKs for Go.
_NO_ANSWER = (
    r"context deadline exceeded|i/o timeout|: signal: killed|no such host|server misbehaving|connection refused"
    r"|connection reset|connection timed out|network is unreachable|no route to host|dial (?:tcp|udp)\b|broken pipe"
    r"|send request failed|request send failed|StatusCode: 0\b|RequestCanceled|context canceled"
    r"|request canceled while waiting|Client\.Timeout exceeded|TLS handshake|: (?:unexpected )?EOF\b|\bx509: "
    r"|name resolution"
)
_GUESS = r"connection issue|Check your (?:task )?network (?:configuration|connection)"
_ANSWER = r"AccessDenied|not authorized|StatusCode: [1-9]\d\d\b|\b40[13] (?:Forbidden|Unauthorized)|Exception: "

#: Texts that are recognised only with a sign that no answer came.
UNREACHED = (
    KnownText(
        r"non[- ]empty error stream|the task can(?:not|'t) download .{0,100}Amazon S3"
        r"|between the task and Amazon S3",
        FARGATE,
        StopCause.NETWORK,
        "the task does not reach Amazon S3, where its environment files are: it needs a way to the internet, or "
        "VPC endpoints (for S3, a gateway)",
        ("env-file",),
    ),
    KnownText(
        r"(?:the task can(?:not|'t) .{0,200} from |between the task and )(?:AWS )?Secrets Manager",
        FARGATE,
        StopCause.NETWORK,
        "the task does not reach Secrets Manager: it needs a way to the internet, or VPC endpoints (secretsmanager)",
        ("secret", "registry-credentials"),
    ),
    KnownText(
        r"(?:the task can(?:not|'t) .{0,200} from |between the task and )(?:AWS |Amazon )?(?:Systems Manager|SSM)",
        FARGATE,
        StopCause.NETWORK,
        "the task does not reach Systems Manager: it needs a way to the internet, or VPC endpoints (ssm)",
        ("parameter",),
    ),
    KnownText(
        r"(?:the task can(?:not|'t) .{0,200} from |between the task and )Amazon CloudWatch",
        FARGATE,
        StopCause.NETWORK,
        "the task does not reach CloudWatch Logs: it needs a way to the internet, or VPC endpoints (logs)",
        ("log-group",),
    ),
    KnownText(
        r"CannotPull\w*Error|The task can(?:not|'t) pull\b"
        r"|(?:the task can(?:not|'t) .{0,200} from |between the task and )"
        r"(?:Amazon ECR|Amazon Elastic|the registry)",
        BOTH,
        StopCause.NETWORK,
        "the task does not reach the registry of its image: it needs a way to the internet, or VPC endpoints "
        "(for Amazon ECR: ecr.api, ecr.dkr and S3)",
        ("image",),
    ),
    KnownText(
        r"ResourceInitializationError|unable to pull secrets or registry auth"
        r"|connection issue between the task and",
        FARGATE,
        StopCause.NETWORK,
        "the task does not reach a service that it needs before its containers start: it needs a way to the "
        "internet, or VPC endpoints",
    ),
)
