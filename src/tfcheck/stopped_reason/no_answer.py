"""Recognise texts about calls without an answer, where no permission was refused."""

from __future__ import annotations

from itertools import chain

from tfcheck.stopped_reason.known_text import FARGATE, KnownText, network
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

_NOT_REACHED = r"(?:the task can(?:not|'t) .{0,200} from |between the task and )"
#: Texts that are recognised only with a sign that no answer came.
UNREACHED: tuple[KnownText, ...] = (
    *network(
        {
            FARGATE: r"non[- ]empty error stream|the task can(?:not|'t) download .{0,100}Amazon S3"
            r"|between the task and Amazon S3"
        },
        "the task does not reach Amazon S3, where its environment files are: it needs a way to the internet, or "
        "VPC endpoints (for S3, a gateway)",
        "env-file",
    ),
    *chain.from_iterable(
        network(
            {FARGATE: _NOT_REACHED + pattern},
            f"the task does not reach {service}: it needs a way to the internet, or VPC endpoints ({endpoints})",
            rules,
        )
        for pattern, service, endpoints, rules in (
            ("(?:AWS )?Secrets Manager", "Secrets Manager", "secretsmanager", "secret registry-credentials"),
            ("(?:AWS |Amazon )?(?:Systems Manager|SSM)", "Systems Manager", "ssm", "parameter"),
            ("Amazon CloudWatch", "CloudWatch Logs", "logs", "log-group"),
        )
    ),
    *network(
        r"CannotPull\w*Error|The task can(?:not|'t) pull\b"
        rf"|{_NOT_REACHED}(?:Amazon ECR|Amazon Elastic|the registry)",
        "the task does not reach the registry of its image: it needs a way to the internet, or VPC endpoints "
        "(for Amazon ECR: ecr.api, ecr.dkr and S3)",
        "image",
    ),
    *network(
        {
            FARGATE: r"ResourceInitializationError|unable to pull secrets or registry auth"
            r"|connection issue between the task and"
        },
        "the task does not reach a service that it needs before its containers start: it needs a way to the "
        "internet, or VPC endpoints",
    ),
)
