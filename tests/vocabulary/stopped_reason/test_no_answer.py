"""Check that a call without an answer is distinguished from a refused one."""

from __future__ import annotations

import pytest

from tests.rows import every_row
from tests.vocabulary.stopped_reason.test_texts import FETCH, refused
from tfcheck.vocabulary.stopped_reason import UNREACHED, StopCause, explain_text

#: What stands where AWS's answer would: the words of Go's libraries, of AWS's SDKs, of AWS's headings.
SIGNS = [
    "context deadline exceeded",
    "RequestCanceled: request context canceled",
    "dial tcp 10.0.0.1:443: i/o timeout",
    "dial tcp: lookup api.ecr.eu-west-1.amazonaws.com: no such host",
    "dial tcp 10.0.0.1:443: connect: connection refused",
    "read tcp 10.0.0.1:4242->10.0.0.2:443: read: connection reset by peer",
    "net/http: TLS handshake timeout",
    "EOF",
    "connect: network is unreachable",
    "connect: no route to host",
    "net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)",
    "x509: certificate signed by unknown authority",
    "RequestError: send request failed",
    "https response error StatusCode: 0, RequestID: , request send failed",
    "There is a connection issue between the task and the service. Check your task network configuration.",
    ": signal: killed",
]
#: Texts that stand before it, and the rule that each leads to.
CALLS = [
    (f"{FETCH}unable to retrieve ecr registry auth: service call has been retried 3 time(s)", "image"),
    (f"{FETCH}unable to retrieve secret from asm: service call has been retried 3 time(s)", "secret"),
    (f"{FETCH}unable to retrieve secrets from ssm: service call has been retried 3 time(s)", "parameter"),
    ("ResourceInitializationError: failed to download env files: service call has been retried 5 time(s)", "env-file"),
    ("CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref x", "image"),
    ("CannotPullContainerError: Error response from daemon: Get https://registry-1.docker.io/v2/", "image"),
    (
        "failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch "
        "log stream",
        "log-group",
    ),
    ("ResourceInitializationError: unable to pull secrets or registry auth: pull command failed", None),
]
#: Texts that say it themselves.
TEXTS = [
    (
        'CannotPullContainerError: API error (500): Get "https://111122223333.dkr.ecr.eu-west-1.amazonaws.com/v2/": '
        "net/http: request canceled while waiting for connection",
        "image",
    ),
    (
        'CannotPullContainerError: inspect image has been retried 5 time(s): failed to resolve ref "nginx:latest": '
        'failed to do request: Head "https://registry-1.docker.io/v2/nginx": dial tcp 10.0.0.1:443: i/o timeout',
        "image",
    ),
    (
        "CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: httpReadSeeker: failed open: "
        'failed to do request: Get "https://prod-eu-west-1-starport-layer-bucket": dial tcp 10.0.0.1:443: i/o timeout',
        "image",
    ),
    ("CannotPullContainerError: Context canceled", "image"),
    ("The task can't pull the image. Check your network configuration", "image"),
    (
        "The task cannot pull 'image' from the Amazon ECR repository 'uri'. There is a connection issue between the "
        "task and Amazon ECR. Check your task network configuration.",
        "image",
    ),
    (
        "The task cannot pull 'image' from the registry 'uri'. There is a connection issue between the task and the "
        "registry. Check your task network configuration.",
        "image",
    ),
    (
        "The task cannot pull secrets from AWS Systems Manager Parameter Store. Check your network connection between "
        "the task and AWS Systems Manager.",
        "parameter",
    ),
    (
        "ResourceInitializationError: unable to pull secrets or registry auth: There is a connection issue between the "
        "task and AWS Secrets Manager. Check your task network configuration: context deadline exceeded",
        "secret",
    ),
    (
        "The task can't download the environment variable files from Amazon S3. There is a connection issue between "
        "the task and Amazon S3. Check your task network configuration.",
        "env-file",
    ),
    (
        "There is a connection issue between the task and Amazon CloudWatch. Check your network configuration.",
        "log-group",
    ),
]


@every_row("sign", SIGNS)
@every_row(("call", "rule"), CALLS)
def test_a_call_without_an_answer_is_explained_by_the_network(call: str, rule: str | None, sign: str) -> None:
    found = explain_text(f"{call}: {sign}")
    assert found is not None
    assert found.cause is StopCause.NETWORK
    assert next(iter(found.known.rules), None) == rule


@pytest.mark.parametrize(("text", "rule"), TEXTS)
def test_texts_about_the_network_are_recognised(text: str, rule: str) -> None:
    for said in (
        text,
        text.upper(),
        text.replace("'", "’"),
        "\n".join(text[at : at + 50] for at in range(0, len(text), 50)),
    ):
        found = explain_text(said)
        assert found is not None
        assert (found.cause, found.known.rules[0]) == (StopCause.NETWORK, rule)


def test_the_examples_cover_every_network_text() -> None:
    texts = [text for text, _ in TEXTS] + [f"{call}: EOF" for call, _ in CALLS]
    texts.append("non-empty error stream: RequestCanceled: request context canceled")
    tried = [found.known for text in texts if (found := explain_text(text))]
    assert [each for each in UNREACHED if each not in tried] == []


@every_row(
    "answer", [refused("ecr:BatchGetImage"), "StatusCode: 403, api error", "403 Forbidden", "AccessDeniedException: no"]
)
def test_an_answer_overrides_a_guess_about_the_network(answer: str) -> None:
    found = explain_text(
        f"CannotPullContainerError: The task can't pull the image. Check your network configuration: {answer}"
    )
    assert found is not None
    assert found.cause is StopCause.PERMISSION
