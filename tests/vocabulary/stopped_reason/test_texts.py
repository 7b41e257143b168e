"""Check every known text of ECS, as observed, against its explanation."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable

import pytest

from tests.rows import every_row
from tfcheck.analysis import rulebook
from tfcheck.vocabulary.stopped_reason import KNOWN, StopCause, explain_text


def refused(action: str, ending: str = "because no identity-based policy allows the {} action") -> str:
    """Write AWS's text about a refused call."""
    return (
        "AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/web-execution/0123456789abcdef0 is not "
        f"authorized to perform: {action} on resource: arn:aws:x:eu-west-1:111122223333:thing {ending.format(action)}"
    )


FETCH = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
LOGS = "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
#: A text, the rule it leads to first, and what has to be looked at.
TEXTS = [
    (
        "ResourceInitializationError: failed to download env files: service call has been retried 1 time(s): operation "
        "error S3: HeadObject, https response error StatusCode: 403, RequestID: A, HostID: B, api error Forbidden: "
        "Forbidden",
        "env-file",
        StopCause.PERMISSION,
    ),
    (
        "failed to download env files: file download command: non empty error stream: failed to download file X.env: "
        "failed to write to a temporary file: AccessDenied: Access Denied",
        "env-file",
        StopCause.PERMISSION,
    ),
    (
        "failed to download env files: file download command: non-empty error stream: RequestCanceled: request context "
        "canceled caused by: context deadline exceeded",
        "env-file",
        StopCause.NETWORK,
    ),
    (
        "unable to download env file with key web/prod.env from bucket cfg, error: AccessDenied: Access Denied",
        "env-file",
        StopCause.PERMISSION,
    ),
    ("unable to initialize s3 client for bucket cfg, error: AccessDenied: denied", "env-file", StopCause.PERMISSION),
    ("unable to initialize s3 client for bucket cfg, error: bucket not found", "env-file", StopCause.MISTAKE),
    (
        "non empty error stream: RequestCanceled: request context canceled caused by: context deadline exceeded",
        "env-file",
        StopCause.NETWORK,
    ),
    (
        "ResourceInitializationError: failed to download env files: service call has been retried 1 time(s): operation "
        "error S3: HeadObject, https response error StatusCode: 404, RequestID: A, HostID: B, NotFound: Not Found",
        "env-file-absent",
        StopCause.MISTAKE,
    ),
    (
        "unable to download firelens s3 config file: unable to download s3 config bit.conf from bucket cfg: NoSuchKey: "
        "The specified key does not exist.",
        "firelens-config",
        StopCause.MISTAKE,
    ),
    (
        "unable to parse bucket and key from s3 ARN specified in environmentFile cfg/a.env, error: invalid",
        "env-file-arn",
        StopCause.MISTAKE,
    ),
    (
        f"{FETCH}unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret "
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf from secrets manager: operation error Secrets "
        f"Manager: GetSecretValue, https response error StatusCode: 400, RequestID: A, api error "
        f"{refused('secretsmanager:GetSecretValue')}",
        "secret",
        StopCause.PERMISSION,
    ),
    (
        "Fetching secret data from AWS Secrets Manager in region eu-west-1: secret "
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf: AccessDeniedException: User is not authorized",
        "secret",
        StopCause.PERMISSION,
    ),
    (
        "secret arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf: AccessDeniedException: not authorized",
        "secret",
        StopCause.PERMISSION,
    ),
    (
        f"{FETCH}unable to retrieve secret from asm: ResourceNotFoundException: Secrets Manager can't find the "
        "specified secret value for staging label: AWSCURRENT",
        "secret-value",
        StopCause.MISTAKE,
    ),
    (
        "unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret "
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db from secrets manager: ResourceNotFoundException: "
        "Secrets Manager can't find the specified secret.",
        "secret-reference",
        StopCause.MISTAKE,
    ),
    (
        "unable to retrieve secret from asm: failed to fetch secret arn:aws:secretsmanager:eu-west-1:111122223333:"
        "secret:db-AbCdEf from secrets manager: InvalidRequestException: "
        "You can't perform this operation on the secret because it was marked for deletion.",
        "secret-reference",
        StopCause.MISTAKE,
    ),
    (
        "unable to get registry auth from asm: asm fetching secret from the service for NAME: "
        "ResourceNotFoundException: Secrets Manager can't find the specified secret.",
        "registry-credentials",
        StopCause.MISTAKE,
    ),
    (
        "unable to get registry auth from asm: asm fetching secret from the service for NAME: "
        "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.",
        "registry-credentials",
        StopCause.MISTAKE,
    ),
    (
        "The task can't retrieve the secret with ARN 'arn:x' from AWS Secrets Manager. Check whether the secret exists "
        "in the specified Region",
        "secret-reference",
        StopCause.MISTAKE,
    ),
    ("retrieved secret from Secrets Manager did not contain json key password", "secret-reference", StopCause.MISTAKE),
    (
        "an invalid ARN format for the AWS Secrets Manager secret was specified. Specify a valid ARN and try again.",
        "secret-reference",
        StopCause.MISTAKE,
    ),
    (
        f"{FETCH}unable to retrieve secret from asm: InvalidParameter: 1 validation error(s) found. - minimum field "
        "size of 32, GetSecretValueInput.VersionId.",
        "secret-reference",
        StopCause.MISTAKE,
    ),
    (
        "ClientException: The Systems Manager parameter name specified for secret PASSWORD is invalid. The parameter "
        "name can be up to 2048 characters",
        "secret-reference",
        StopCause.MISTAKE,
    ),
    (
        f"{FETCH}unable to retrieve secrets from ssm: service call has been retried 1 time(s): operation error SSM: "
        f"GetParameters, https response error StatusCode: 400, RequestID: A, api error {refused('ssm:GetParameters')}",
        "parameter",
        StopCause.PERMISSION,
    ),
    (
        "Fetching secret data from SSM Parameter Store in eu-west-1: AccessDeniedException: User is not authorized",
        "parameter",
        StopCause.PERMISSION,
    ),
    (
        "fetching secret data from SSM Parameter Store in eu-west-1: invalid parameters: /name",
        "parameter-region",
        StopCause.MISTAKE,
    ),
    (
        f"{FETCH}unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: "
        "/app/key",
        "parameter-region",
        StopCause.MISTAKE,
    ),
    (
        f"{FETCH}unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: /a",
        "parameter-region",
        StopCause.MISTAKE,
    ),
    (
        f"{FETCH}unable to retrieve secrets from ssm: KMSInvalidStateException: "
        "arn:aws:kms:eu-west-1:111122223333:key/1 is pending deletion.",
        "decrypt",
        StopCause.MISTAKE,
    ),
    (
        f"{FETCH}unable to retrieve secrets from ssm: AccessDeniedException: The ciphertext refers to a customer "
        "master key that does not exist, does not exist in this region, or you are not allowed to access.",
        "decrypt",
        StopCause.PERMISSION,
    ),
    (
        f"{FETCH}unable to retrieve secret from asm: AccessDeniedException: Access to KMS is not allowed",
        "decrypt",
        StopCause.PERMISSION,
    ),
    (
        f"{FETCH}unable to get registry auth from asm: service call has been retried 1 time(s): asm fetching secret "
        f"from the service for NAME: {refused('secretsmanager:GetSecretValue')}",
        "registry-credentials",
        StopCause.PERMISSION,
    ),
    ("engine docker private registry credentials: not found", "registry-credentials", StopCause.PERMISSION),
    (
        "asm fetching authorization data: unable to unmarshal secret value, invalid schema",
        "registry-credentials",
        StopCause.MISTAKE,
    ),
    (
        f"{FETCH}unable to retrieve ecr registry auth: service call has been retried 1 time(s): operation error ECR: "
        f"GetAuthorizationToken, https response error StatusCode: 400, {refused('ecr:GetAuthorizationToken')}",
        "image",
        StopCause.PERMISSION,
    ),
    (
        "CannotPullECRContainerError: AccessDeniedException: User is not authorized to perform: "
        "ecr:GetAuthorizationToken on resource: *",
        "image",
        StopCause.PERMISSION,
    ),
    (
        "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from "
        "Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network "
        "configuration. RequestError: send request failed caused by: dial tcp 10.0.0.1:443: i/o timeout",
        "image",
        StopCause.NETWORK,
    ),
    (
        "CannotPullContainerError: The task can’t pull the image. Check that the role has the permissions to pull "
        "images from the registry. Error response from daemon: pull access denied for x, repository does not exist or "
        f"may require 'docker login': denied: {refused('ecr:BatchGetImage')}",
        "image",
        StopCause.PERMISSION,
    ),
    (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref x: pulling "
        "from host 111122223333.dkr.ecr.eu-west-1.amazonaws.com failed with status code [manifests v1]: 403 Forbidden",
        "image",
        StopCause.PERMISSION,
    ),
    (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1: 111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1: not "
        "found",
        "image",
        StopCause.MISTAKE,
    ),
    (
        "CannotPullContainerError: Error response from daemon: manifest for web:1 not found: manifest unknown: "
        "Requested image not found",
        "image",
        StopCause.MISTAKE,
    ),
    (
        "CannotPullContainerError: failed to resolve ref: name unknown: The repository with name 'web' does not exist "
        "in the registry with id '111122223333'",
        "image",
        StopCause.MISTAKE,
    ),
    (
        "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/arm64'",
        None,
        StopCause.MISTAKE,
    ),
    (
        "CannotPullContainerError: inspect image has been retried 5 time(s): httpReadSeeker: failed open: unexpected "
        "status code https://registry-1.docker.io/v2/: 429 Too Many Requests - Server message: "
        "toomanyrequests: You have reached your pull rate limit.",
        "registry-credentials",
        StopCause.LIMIT,
    ),
    (f"{FETCH}unable to retrieve secrets from ssm: ThrottlingException: Rate exceeded", None, StopCause.LIMIT),
    (
        "CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: httpReaderSeeker: failed open: "
        "unexpected status code https://x: 403 Forbidden",
        "image",
        StopCause.PERMISSION,
    ),
    (
        f"{LOGS}failed to create Cloudwatch log stream: {refused('logs:CreateLogStream')} : exit status 1",
        "log-group",
        StopCause.PERMISSION,
    ),
    (
        f"{LOGS}failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not "
        "exist. : exit status 1",
        "log-group-absent",
        StopCause.MISTAKE,
    ),
    (
        f"{LOGS}failed to create Cloudwatch log group: {refused('logs:CreateLogGroup')}",
        "log-group",
        StopCause.PERMISSION,
    ),
    (
        "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create "
        "Cloudwatch log stream: AccessDeniedException: status code: 400",
        "log-group",
        StopCause.PERMISSION,
    ),
    ("ResourceInitializationError: failed to validate logger args: : signal: killed", "log-group", StopCause.NETWORK),
    (
        "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log "
        "group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. "
        "Check your network configuration. : signal: killed",
        "log-group",
        StopCause.NETWORK,
    ),
    (
        "The task cannot find the Amazon CloudWatch log group defined in the task definition.",
        "log-group-absent",
        StopCause.MISTAKE,
    ),
    (
        "failed to validate logger args: unable to get awslogs driver arguments: awslogs-region is required",
        "log-region",
        StopCause.MISTAKE,
    ),
    (
        "unable to download firelens s3 config file: unable to download s3 config bit.conf from bucket cfg: "
        "AccessDenied",
        "firelens-config",
        StopCause.PERMISSION,
    ),
    ("ClientException: Invalid arn syntax.", "firelens-config", StopCause.MISTAKE),
    ("unsupported credentialspec ARN, only s3/ssm ARNs are valid", "credential-spec", StopCause.MISTAKE),
    (
        "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "
        "b'mount.nfs4: access denied by server while mounting 127.0.0.1:/' : unsuccessful EFS utils command execution",
        "efs-volume",
        StopCause.TASK_PERMISSION,
    ),
    (
        "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to "
        'resolve "fs-1.efs.us-east-1.amazonaws.com" - check that your file system ID is correct',
        None,
        StopCause.NETWORK,
    ),
    (
        "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "
        "b'mount.nfs4: Connection reset by peer' : unsuccessful EFS utils command execution; code: 32",
        None,
        StopCause.NETWORK,
    ),
    ("ClientException: EFS IAM authorization requires a task role.", "efs-authorization", StopCause.MISTAKE),
    (
        "Invalid request provided: Create TaskDefinition: When using an EFS access point, the root directory must "
        'either be set to "/" or be omitted',
        "efs-authorization",
        StopCause.MISTAKE,
    ),
    (
        "InvalidParameterException: The service couldn't be updated because a valid taskRoleArn is not being used. "
        "Specify a valid task role in your task definition and try again.",
        "ecs-exec",
        StopCause.MISTAKE,
    ),
    (
        "InvalidParameterException: The execute command failed because a valid task role is not being used. Specify a "
        "valid task role in your task definition or as a task override and try again.",
        "ecs-exec",
        StopCause.MISTAKE,
    ),
    (
        "ClientException: Fargate requires task definition to have execution role ARN to support ECR images.",
        "image",
        StopCause.NO_ROLE,
    ),
    (
        "ClientException: Fargate requires task definition to have execution role ARN to support log driver awslogs.",
        "log-group",
        StopCause.NO_ROLE,
    ),
    (
        "ClientException: When you are specifying container secrets, you must also specify a value for "
        "'executionRoleArn'.",
        "secret",
        StopCause.NO_ROLE,
    ),
    ("environment file resource: unable to find execution role credentials", "env-file", StopCause.NO_ROLE),
    ("ASM secret resource: unable to find execution role credentials", "secret", StopCause.NO_ROLE),
    ("ssm secret resource: unable to find execution role credentials", "parameter", StopCause.NO_ROLE),
    ("asm resource: unable to find execution role credentials", "registry-credentials", StopCause.NO_ROLE),
    ("fsxwindowsfileserver resource: unable to find execution role credentials", "fsx", StopCause.NO_ROLE),
    ("unable to get execution role credentials", "firelens-config", StopCause.NO_ROLE),
    ("engine ecr credentials: not found", "image", StopCause.NO_ROLE),
    (
        "(service web) failed to launch a task with (error ECS was unable to assume the role "
        "'arn:aws:iam::111122223333:role/web' that was provided for this task. Please verify that the role being "
        "passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this "
        "role.).",
        "trust",
        StopCause.TRUST,
    ),
    (
        "(service web) failed to launch a task with (error ECS was unable to assume role "
        "'arn:aws:iam::111122223333:role/web' that was provided for this task.)",
        "trust",
        StopCause.TRUST,
    ),
    (refused("iam:PassRole"), None, StopCause.DEPLOYER),
    (
        "An error occurred (TargetNotConnectedException) when calling the ExecuteCommand operation: The execute "
        "command failed due to an internal error. Try again later.",
        "ecs-exec",
        StopCause.TASK_PERMISSION,
    ),
    ("PlatformTaskDefinitionIncompatibilityException", "env-file-windows", StopCause.MISTAKE),
    (
        "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
        None,
        StopCause.DEPLOYER,
    ),
    (
        "ECS was unable to assume the configured ECS Infrastructure Role 'arn:aws:iam::111122223333:role/x'",
        None,
        StopCause.TRUST,
    ),
]


@every_row(("text", "rule", "cause"), TEXTS)
def test_a_text_is_explained_by_its_rule(text: str, rule: str | None, cause: StopCause) -> None:
    for said in (text, text.upper(), text.lower(), f"(service web) was unable to place a task. Reason: {text}"):
        found = explain_text(said)
        assert found is not None
        assert next(iter(found.known.rules), None) == rule
        assert found.cause is cause


#: Ways in which a text reaches the command line.
WAYS: dict[str, Callable[[str], str]] = {
    "as JSON": lambda text: json.dumps({"tasks": [{"stoppedReason": text}]}, indent=4),
    "as JSON in JSON": lambda text: json.dumps(json.dumps({"stoppedReason": text})),
    "wrapped between words": lambda text: "\n".join(textwrap.wrap(text, 40, break_on_hyphens=False)),
    "wrapped anywhere": lambda text: "\n".join(text[at : at + 60] for at in range(0, len(text), 60)),
    "framed by Terraform": lambda text: "╷\n│ Error: " + "\n│ ".join(textwrap.wrap(text, 70)) + "\n╵",
    "quoted in a mail": lambda text: "\n".join(f"> {line}" for line in textwrap.wrap(text, 60)),
    "with escapes of HTML": lambda text: text.replace("'", "&#39;").replace('"', "&quot;"),
    "with typographic quotes": lambda text: text.replace("'", "’"),
    "with spaces that do not break": lambda text: text.replace(" ", "\u00a0"),
    "cut off": lambda text: text[:255],
    "with other counts": lambda text: text.replace("1 time(s)", "3 time(s)").replace("1 times", "10 times"),
    "with a time stamp on each line": lambda text: "\n".join(
        f"2026-01-02T03:04:05.678Z {line}" for line in textwrap.wrap(text, 50)
    ),
    "with a time on each line": lambda text: "\n".join(f"[03:04:05] {line}" for line in textwrap.wrap(text, 50)),
    "in a table": lambda text: (
        "+----+\n" + "\n".join(f"|  {line:<50}  |" for line in textwrap.wrap(text, 50)) + "\n+----+"
    ),
    "in a table of lines": lambda text: (
        f"┌{'─' * 52}┐\n" + "\n".join(f"│ {text[at : at + 50]:<50} │" for at in range(0, len(text), 50)) + "\n└─┘"
    ),
    "with spaces of no width": lambda text: text.replace("e", "e\u200b"),
    "with a colour on each word": lambda text: " ".join(f"\x1b[1;31m{word}\x1b[0m" for word in text.split()),
    "in an event": lambda text: f"(service web) (deployment ecs-svc/1) deployment failed: tasks failed: {text}.",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_text_is_recognised_in_every_copied_form(way: str) -> None:
    recognised = [
        (text, found.known.rules[:1], found.cause) for text, _, _ in TEXTS if (found := explain_text(WAYS[way](text)))
    ]
    assert recognised == [(text, (rule,) if rule else (), cause) for text, rule, cause in TEXTS]


def test_a_part_of_a_text_shows_the_call() -> None:
    for call, rule in (
        ("S3: HeadObject", "env-file"),
        ("Secrets Manager: GetSecretValue", "secret"),
        ("SSM: GetParameters", "parameter"),
        ("ECR: GetAuthorizationToken", "image"),
    ):
        found = explain_text(f"retried 1 time(s): operation error {call}, https response error StatusCode: 400")
        assert found is not None
        assert found.known.rules[0] == rule


def test_escapes_never_become_control_characters() -> None:
    said = refused("s3:GetObject").replace(":thing", r":thing\u001b[31m\ud83d")
    found = explain_text(said)
    assert found is not None
    assert found.denial is not None
    assert found.denial.resource == r"arn:aws:x:eu-west-1:111122223333:thing\u001b[31m\ud83d"


def test_the_examples_cover_every_known_text() -> None:
    tried = [found.known for text, _, _ in TEXTS if (found := explain_text(text))]
    assert [each.pattern for each in KNOWN if each not in tried] == []


def test_texts_name_existing_rules() -> None:
    rules = {each.id for each in rulebook.manuals()}
    assert {rule for each in KNOWN for rule in each.rules} <= rules
    assert all(re.compile(each.pattern) and each.meaning for each in KNOWN)


@every_row("way", [each for each in WAYS if each != "cut off"])
def test_a_refused_call_is_parsed_in_every_copied_form(way: str) -> None:
    found = explain_text(
        WAYS[way](f"{FETCH}unable to retrieve secret from asm: {refused('secretsmanager:GetSecretValue')}")
    )
    assert found is not None
    assert found.denial is not None
    assert (found.denial.role, found.denial.action) == ("web-execution", "secretsmanager:GetSecretValue")
    assert found.denial.resource == "arn:aws:x:eu-west-1:111122223333:thing"


def test_a_refused_call_shows_role_action_and_resource() -> None:
    found = explain_text(f"{FETCH}unable to retrieve secret from asm: {refused('secretsmanager:GetSecretValue')}")
    assert found is not None
    assert found.denial is not None
    assert (found.denial.role, found.denial.action) == ("web-execution", "secretsmanager:GetSecretValue")
    assert found.denial.resource == "arn:aws:x:eu-west-1:111122223333:thing"
    assert found.denial.why == "no policy of the role allows it: add a statement"


@every_row(
    ("ending", "why"),
    [
        ("with an explicit deny in a resource-based policy", "the policy of the resource denies it"),
        ("with an explicit deny in a service control policy", "a service control policy denies it"),
        ("with an explicit deny in an identity-based policy", "a policy of the role denies it"),
        ("because no permissions boundary allows the {} action", "the permissions boundary of the role"),
        ("because no VPC endpoint policy allows the {} action", "the policy of a VPC endpoint"),
        ("", None),
    ],
)
def test_the_end_of_a_refusal_gives_the_cause(ending: str, why: str | None) -> None:
    found = explain_text(refused("s3:GetObject", ending))
    assert found is not None
    assert found.denial is not None
    assert found.known.rules[0] == "env-file"
    assert found.denial.why is None if why is None else (found.denial.why or "").startswith(why)


def test_a_refused_key_is_explained_as_the_key_of_any_object() -> None:
    found = explain_text(f"{FETCH}unable to retrieve secrets from ssm: {refused('kms:Decrypt')}")
    assert found is not None
    assert found.known.rules == ("decrypt",)


@every_row(
    "text",
    [
        "",
        "(service web) has reached a steady state.",
        "CannotPullContainerError: write /var/lib/docker/tmp/GetImageBlob: no space left on device",
        "Spot interruption",
        "AccessDenied: Access Denied",
        "dial tcp: lookup db.internal on 10.0.0.2:53: no such host",
        "2026-01-02T03:04:05Z ERROR could not connect to redis: dial tcp 10.0.0.1:6379: i/o timeout",
        'Get "https://example.com/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
        "http: TLS handshake error from 10.0.0.1:4242: EOF",
        "read tcp 10.0.0.1:80->10.0.0.2:4242: read: connection reset by peer",
        "x509: certificate signed by unknown authority",
        "There may be a connection issue. Check your network configuration.",
        "the response did not contain json key name",
        "plugin: invalid parameters: retries",
        "404 page not found",
        "item 42 is marked for deletion",
        "manifest unknown to this version",
        "Please investigate the ARN: Invalid arn syntax in my lambda",
        "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: ec2:RunInstances on resource: *",
        "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: s3:GetObject on resource: *",
        "User: arn:aws:sts::111122223333:assumed-role/app/1 is not authorized to perform: s3:PutObject on resource: *",
        "User: arn:aws:sts::111122223333:assumed-role/app/1 is not authorized to perform: "
        "sts:AssumeRoleWithWebIdentity on resource: *",
        "Error: creating IAM Role (x): EntityAlreadyExists",
    ],
)
def test_other_texts_are_not_recognised(text: str) -> None:
    assert explain_text(text) is None
    assert explain_text(f"2026-01-02T03:04:05Z {text}\n2026-01-02T03:04:06Z GET /health 200") is None


@pytest.mark.long
@pytest.mark.parametrize(
    "piece",
    [
        " ",
        "-",
        "|",
        "│ ",
        "User: ",
        "secret ",
        "12:34:56 ",
        "a\n",
        "arn:aws:",
        "CannotPullContainerError ",
        "firelens ",
        "Systems Manager parameter name specified for secret ",
        "ResourceInitializationError: ",
    ],
)
def test_a_long_text_is_read_to_its_end(piece: str) -> None:
    found = explain_text(piece * (30_000 // len(piece)))
    assert found is None or found.known
