"""Parse AWS's own text about a call that was refused, or had no answer.

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html.
"""

from __future__ import annotations

import re
from itertools import chain

import msgspec

from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.stopped_reason.known_text import BOTH, FARGATE, KnownText, StopCause, network
from tfcheck.vocabulary.stopped_reason.normalized_text import NormalizedText


class Denial(msgspec.Struct, frozen=True):
    """The details of a refused call, as far as the text has them.

    `role` is None where whoever called had no role, or the text does not say. `is_cut` says that the text ends within,
    or behind, the resource.
    """

    role: str | None
    action: str
    resource: str | None
    why: str | None
    is_cut: bool = False
    is_user: bool = False


def _call(actions: str, meaning: str, rules: str, cause: StopCause = StopCause.REFUSED) -> KnownText:
    return KnownText("", BOTH, cause, meaning, tuple(rules.split()), tuple(actions.split()))


#: The purpose of ECS calls, and their rules. Code in a container makes the same calls for itself.
CALLS = (
    _call(
        "secretsmanager:GetSecretValue",
        "the role is not allowed to read a secret. With the execution role ECS reads what `secrets` and "
        "`secretOptions` name, credentials of private registries, users of file systems of FSx, and what the "
        "logs of Service Connect need",
        "secret registry-credentials service-connect-log fsx",
    ),
    _call(
        "ssm:GetParameters",
        "the role is not allowed to read a parameter. With the execution role ECS reads what `secrets` and "
        "`secretOptions` name, credential specifications, users of file systems of FSx, and what the logs of "
        "Service Connect need",
        "parameter service-connect-log credential-spec fsx",
    ),
    _call(
        "s3:GetObject",
        "the role is not allowed to read an object. With the execution role ECS reads environment files, the "
        "configuration of a log router, and credential specifications; the init image of a log router reads "
        "files with the task role",
        "env-file firelens-config credential-spec log-router-file",
    ),
    _call(
        "s3:GetBucketLocation",
        "the role is not allowed to ask where a bucket is. ECS agents before 1.84.0 ask with the execution role, "
        "the init image of a log router with the task role",
        "env-file firelens-config log-router-file",
    ),
    _call(
        "kms:Decrypt",
        "the role is not allowed to use the KMS key of what it reads: it needs kms:Decrypt on the key, and the "
        "key's policy must allow that",
        "decrypt",
    ),
    _call(
        "ecr:GetAuthorizationToken",
        "the role is not allowed to ask Amazon ECR for a token, which is granted on `*` only",
        "image",
    ),
    _call(
        "ecr:BatchGetImage ecr:GetDownloadUrlForLayer ecr:BatchCheckLayerAvailability",
        "the role, or the policy of a repository in another account, does not allow to pull the image",
        "image",
    ),
    _call(
        "ecr:BatchImportUpstreamImage ecr:CreateRepository",
        "the role is not allowed to fill a pull-through cache, or to create its repository, with the image that "
        "it pulls",
        "image",
    ),
    _call(
        "logs:CreateLogStream logs:PutLogEvents",
        "the role is not allowed to write to the log group. The execution role writes the logs of the driver "
        "`awslogs`, those of Service Connect too",
        "log-group service-connect-log log-group-absent",
    ),
    _call(
        "logs:CreateLogGroup",
        "the role is not allowed to create the log group, which `awslogs-create-group` asks for; AWS's managed "
        "policy for execution roles does not allow it",
        "log-group log-group-absent",
    ),
    _call(
        "fsx:DescribeFileSystems",
        "the role is not allowed to ask where a file system of FSx for Windows File Server is",
        "fsx",
    ),
    _call(
        "elasticfilesystem:ClientMount elasticfilesystem:ClientWrite elasticfilesystem:ClientRootAccess",
        "the file system did not let the task in: the task role, not the execution role, needs this, by a policy "
        "of its own or by that of the file system, and neither may deny it",
        "efs-volume efs-authorization",
        StopCause.TASK_PERMISSION,
    ),
    _call(
        "s3files:ClientMount s3files:ClientWrite s3files:ClientRootAccess",
        "the file system did not let the task in: the task role, not the execution role, needs this, by a policy "
        "of its own or by that of the file system, and neither may deny it",
        "s3-files-volume s3-files-mount",
        StopCause.TASK_PERMISSION,
    ),
    _call(
        "ssmmessages:CreateControlChannel ssmmessages:CreateDataChannel "
        "ssmmessages:OpenControlChannel ssmmessages:OpenDataChannel",
        "ECS Exec cannot open its channels: the task role, not the execution role, needs four actions of ssmmessages",
        "ecs-exec",
        StopCause.TASK_PERMISSION,
    ),
    _call(
        "sts:AssumeRole",
        "somebody is not allowed to assume a role. ECS itself does that as ecs-tasks.amazonaws.com, which the "
        "role must trust; who is named here is another",
        "trust",
        StopCause.TRUST,
    ),
)
_BY_ACTION = {action.lower(): (action, call) for call in CALLS for action in call.actions}


def refusal(text: NormalizedText) -> Denial | None:
    """Parse the refused call in a text."""
    found = [(match, reading) for reading in text.readings if (match := _DENIED.search(reading))]
    if not found:
        return None
    match, reading = next((each for each in found if each[0]["resource"]), found[0])
    role = _ROLE.search(match["user"])
    resource = match["resource"].rstrip(".,;)").strip("\"'") if match["resource"] else None
    return Denial(
        role=role[1] if role else None,
        action=_spell(match["action"], is_cut=match.end("action") == len(reading)),
        resource=resource,
        why=next((meaning for ending, meaning in _ENDINGS if text.search(ending)), None),
        is_cut=match.end() == len(reading),
        is_user=_USER.search(match["user"]) is not None,
    )


def _spell(action: str, *, is_cut: bool) -> str:
    """Write an action in AWS's spelling; complete a truncated one if that is unambiguous."""
    if action.lower() in _BY_ACTION:
        return _BY_ACTION[action.lower()][0]
    begun = [each for known, (each, _) in _BY_ACTION.items() if is_cut and known.startswith(action.lower())]
    return begun[0] if len(begun) == 1 else action


def explain_call(denial: Denial) -> KnownText | None:
    """Return the explanation of a refused call of ECS; None for other calls."""
    action, call = _BY_ACTION.get(denial.action.lower(), ("", None))
    if call is None or denial.is_user:
        return None
    is_env_file = denial.action == "s3:GetObject" and (denial.resource or "").endswith(".env") and not denial.is_cut
    return msgspec.structs.replace(
        call, actions=(action,), rules=("env-file", "decrypt") if is_env_file else call.rules
    )


def explain_similar_call(denial: Denial) -> KnownText | None:
    """Return the explanation of a refused call similar to one of ECS: `ssm:GetParameter` for `ssm:GetParameters`."""
    near = next((each for each in _BY_ACTION.values() if _is_near(denial.action.lower(), each[0].lower())), None)
    if near is None or denial.is_user:
        return None
    meaning = (
        f"ECS calls {near[0]}, never {denial.action}: something else did, such as the code in a container with the "
        f"task role. Where a policy that is meant for ECS names {denial.action}, write {near[0]}"
    )
    return KnownText("", BOTH, StopCause.OTHER_CALL, meaning, near[1].rules, (near[0],))


def _is_near(action: str, known: str) -> bool:
    """Whether one of two actions of a service contains the other; assuming roles is not a call of ECS."""
    (service, _, name), (same, _, other) = action.partition(":"), known.partition(":")
    return service == same != "sts" and len(name) > _TOO_SHORT and (name in other or other in name)


_TOO_SHORT = 6
_DENIED = regex(
    r"User: ?(?P<user>\S{1,400}?) ?is ?not ?authorized ?to ?perform: ?(?P<action>[\w-]+:\w+?)"
    r"(?= ?(?:on ?(?:the ?)?resource|because ?no|with ?an ?explicit)|\W|$)"
    r"(?: ?on ?(?:the ?)?resources?:? ?(?P<resource>\"[^\"]+\"?|\S+?(?= ?(?:because ?no|with ?an ?explicit)|\s|$)))?",
    re.IGNORECASE,
)
_ROLE = regex(r":assumed-role/([^/\s]+)/", re.IGNORECASE)
_USER = regex(r":iam::\d*:(?:user/|root\b)", re.IGNORECASE)
_ENDINGS = (
    ("no identity-based policy allows", "no policy of the role allows it: add a statement"),
    (
        "explicit deny in a resource-based policy",
        "the policy of the resource denies it: no statement of the role helps",
    ),
    ("explicit deny in a service control policy", "a service control policy denies it: ask who runs the organization"),
    (
        "explicit deny in a resource control policy",
        "a resource control policy denies it: ask who runs the organization",
    ),
    ("explicit deny in an identity-based policy", "a policy of the role denies it: change the statement that denies"),
    ("explicit deny in a permissions boundary", "the permissions boundary of the role denies it"),
    ("explicit deny in a VPC endpoint policy", "the policy of a VPC endpoint denies it"),
    ("no permissions boundary allows", "the permissions boundary of the role does not allow it"),
    ("no VPC endpoint policy allows", "the policy of a VPC endpoint does not allow it"),
    ("no service control policy allows", "no service control policy allows it: ask who runs the organization"),
    ("no resource-based policy allows", "the policy of the resource does not allow it"),
)


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
