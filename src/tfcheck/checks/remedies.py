"""Suggest the right configuration where a task definition breaks a rule of ECS."""

from __future__ import annotations

from typing import NamedTuple

from tfcheck.checks.misconfiguration import Misconfiguration
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import PlainText, display
from tfcheck.vocabulary.finding import Remedy

_REFERENCE = r"\$\{(?P<reference>aws_s3_bucket\.[\w-]+)\.(?:bucket|id|arn)\}"
_S3 = regex(rf"s3://(?:{_REFERENCE}|(?P<name>[a-z0-9][a-z0-9.-]{{1,61}}[a-z0-9]))/(?P<key>[^\s\"$]+)")
_SECRET = regex(
    r"(?P<arn>arn:[\w-]+:secretsmanager:[^:]*:[^:]*:secret:[^:]+|\$\{aws_secretsmanager_secret\.[\w-]+\.(?:arn|id)\})"
    r"(?P<rest>:[^:\s]+(?::[^:\s]*)?)"
)
_IN_BUCKET = regex(
    r"(?:\$\{(?P<bucket>aws_s3_bucket\.[\w\[\]\".-]+?)\.arn\}|arn:[\w-]+:s3:::"
    r"(?:\$\{(?P<named>aws_s3_bucket\.[\w\[\]\".-]+?)\.(?:id|bucket)\}|(?P<literal>[a-z0-9.-]+)))/(?P<key>[^\s\"$]+)"
)
_SLASHES = regex(r"(arn:[\w-]+:ssm:[\w-]*:\d*:parameter)//++([\w./-]+)")
_FILE = '  source = "${path.module}/app.env"'
_GROUP = regex(r"[\w./#-]{1,512}")


class NewSecret(NamedTuple):
    """A secret for a credential: its label, and the HCL of itself, the container's entry, and the role's statement."""

    label: str
    block: str
    entry: str
    grant: str

    def __str__(self) -> str:
        return f"{self.block}\n\n{self.entry}\n\n{self.grant}"


def _new_secret(label: str, name: str, variable: str) -> NewSecret:
    arn = f"aws_secretsmanager_secret.{label}.arn"
    return NewSecret(
        label,
        f'resource "aws_secretsmanager_secret" "{label}" {{\n  name = "{name}"\n}}',
        "# in the container, in place of its entry in environment\n"
        f'secrets = [{{ name = "{variable}", valueFrom = {arn} }}]',
        '# in a policy of the execution role\n{\n  Effect   = "Allow"\n'
        f'  Action   = "secretsmanager:GetSecretValue"\n  Resource = {arn}\n}}',
    )


_ANY_SECRET = _new_secret("app", "app", "NAME")
#: The suggestion and an example by rule, with `{address}` filled in.
_TABLE: dict[str, tuple[str, str]] = {
    "env-file-type": (
        "write the type of the environment file as `s3`, in lower case",
        '{ type = "s3", value = "${aws_s3_bucket.config.arn}/app.env" }',
    ),
    "env-file-arn": (
        "name the environment file by the ARN of its object: the bucket's ARN, a slash and the key",
        '{ type = "s3", value = "${aws_s3_bucket.config.arn}/app.env" }',
    ),
    "env-file-name": (
        "let the object's key end in `.env`, where it is created and where the container names it",
        'resource "aws_s3_object" "env" {\n  bucket = aws_s3_bucket.config.id\n  key    = "app.env"\n}',
    ),
    "env-file-count": ("merge environment files until at most ten are left, or write variables in `environment`", ""),
    "env-file-windows": (
        "write the variables in `environment` and `secrets` of the container: ECS reads no files on Windows",
        'environment = [{ name = "NAME", value = "value" }]',
    ),
    "platform-version": (
        "set `platform_version` of {address} to `LATEST`, or remove it",
        'platform_version = "LATEST"',
    ),
    "env-file-absent": (
        "create the object that the container names, or check that something else uploads it before the service starts",
        'resource "aws_s3_object" "env" {\n  bucket = aws_s3_bucket.config.id\n  key    = "app.env"\n' + _FILE + "\n}",
    ),
    "env-file-content": (
        "write each line as NAME=value, without quotes, `export` and blanks around the `=`",
        'content = "NAME=value\\nOTHER=value\\n"',
    ),
    "image-host": (
        "name the image by the URL of its repository",
        'image = "${aws_ecr_repository.app.repository_url}:1.0.0"',
    ),
    "secret-reference": (
        "write the reference in a form that ECS reads: a secret's ARN, alone or with `:KEY:STAGE:VERSION` and its "
        "three colons after it, or the name or ARN of a parameter",
        '{ name = "PASSWORD", valueFrom = "${aws_secretsmanager_secret.app.arn}:password::" }',
    ),
    "secret-value": ("create a version of {address}, or put its value in by hand before the service starts", ""),
    "parameter-region": (
        "name the parameter by its ARN, which includes its region",
        '{ name = "MODE", valueFrom = aws_ssm_parameter.mode.arn }',
    ),
    "foreign-default-key": (
        "encrypt what the other account reads with a customer managed key, whose policy names that account",
        "kms_key_id = aws_kms_key.shared.arn",
    ),
    "disabled-key": (
        "keep the key enabled until what the task reads is encrypted with another one",
        "is_enabled = true",
    ),
    "storage-key": (
        "let Fargate use {address} in its key policy, or name another key for the storage",
        '{\n  Effect    = "Allow"\n  Principal = { Service = "fargate.amazonaws.com" }\n'
        '  Action    = ["kms:GenerateDataKeyWithoutPlaintext", "kms:CreateGrant"]\n  Resource  = "*"\n}',
    ),
    "credential-spec-arn": (
        "name the credential specification by the ARN of a file in S3 or of a parameter",
        'credentialSpecs = ["credentialspec:${aws_s3_bucket.config.arn}/spec.json"]',
    ),
    "log-options": (
        "give the `awslogs` driver of the container its group, region and stream prefix",
        'options = {\n  "awslogs-group"         = aws_cloudwatch_log_group.app.name\n'
        '  "awslogs-region"        = "eu-west-1"\n  "awslogs-stream-prefix" = "app"\n}',
    ),
    "log-region": ("set `awslogs-region` to the region of the log group", '"awslogs-region" = "eu-west-1"'),
    "log-group-absent": (
        "create the log group, and let the container name it by reference",
        'resource "aws_cloudwatch_log_group" "app" {\n  name              = "/ecs/app"\n  retention_in_days = 30\n}',
    ),
    "deleted": (
        "keep what the task needs, or change the task definition in the same plan so that it no longer names it",
        "",
    ),
    "old-revision": (
        "keep what the revision needs until {address} runs another one, and remove it in a later change",
        "",
    ),
    "log-router": (
        "name the configuration of the log router by the ARN of its object",
        'options = {\n  "config-file-type"  = "s3"\n  "config-file-value" = "${aws_s3_bucket.config.arn}/app.conf"\n}',
    ),
    "policies-of-one-name": (
        "give each inline policy of the role a name of its own, or merge their statements into one",
        'name = "OTHER-NAME"',
    ),
    "policy-refused": (
        "correct the policy of {address}: a resource is named by its `arn`, an action is written as service:Name, and "
        "each statement has an Effect",
        '{ Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.config.arn}/*" }',
    ),
    "policy-size": (
        "shorten {address}: replace lists of ARNs by a pattern, or move statements into another managed policy",
        'Resource = "${aws_s3_bucket.config.arn}/web/*"',
    ),
    "role-for-anyone": (
        "name who is to assume the role: for a task only the service of ECS",
        'Principal = { Service = "ecs-tasks.amazonaws.com" }',
    ),
    "efs-anonymous-mount": (
        "mount the volume with IAM authorization, and allow the task role `elasticfilesystem:ClientMount`; or allow "
        "all clients in the policy of the file system",
        'transit_encryption = "ENABLED"\n\nauthorization_config {\n  iam = "ENABLED"\n}',
    ),
    "ecs-exec": (
        "set `task_role_arn` to a role that is allowed the four `ssmmessages` actions",
        '{\n  Effect   = "Allow"\n  Action   = [\n    "ssmmessages:CreateControlChannel",\n'
        '    "ssmmessages:CreateDataChannel",\n    "ssmmessages:OpenControlChannel",\n'
        '    "ssmmessages:OpenDataChannel",\n  ]\n  Resource = "*"\n}',
    ),
    "credential-in-environment": (
        "create a secret, put the value into it by hand, name it in `secrets`, and let the execution role read it",
        str(_ANY_SECRET),
    ),
}


def remedy(rule: str, misconfiguration: Misconfiguration, task: TaskDefinition) -> Remedy | None:
    """Return the suggestion for a rule, or None if the rule has none."""
    words, hcl = (misconfiguration.advice, "") if misconfiguration.advice else _TABLE.get(rule, ("", ""))
    if not words:
        return None
    if misconfiguration.about in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        return Remedy("remove the access key, and grant what the code calls to the task role: its keys come from ECS")
    words = words.replace("{address}", misconfiguration.address or str(task.address))
    region = task.resource.surroundings.region
    hcl = hcl.replace("eu-west-1", display(region)) if isinstance(region, str) else hcl
    return Remedy(words, _remedy_in_plan(rule, misconfiguration, task) or hcl)


def _remedy_in_plan(rule: str, misconfiguration: Misconfiguration, task: TaskDefinition) -> str:
    """Write the suggestion with names from the plan where they can be determined; never with secrets."""
    if (
        misconfiguration.hcl
        or misconfiguration.advice
        or task.sensitive
        or not isinstance(misconfiguration.about, PlainText)
    ):
        return misconfiguration.hcl
    about = display(misconfiguration.about)
    match rule:
        case "env-file-arn" if found := _S3.fullmatch(about):
            bucket = f"${{{found['reference']}.arn}}" if found["reference"] else f"arn:aws:s3:::{found['name']}"
            return f'{{ type = "s3", value = "{bucket}/{found["key"]}" }}'
        case "secret-reference" if found := _SECRET.fullmatch(about):
            missing = ":" * (3 - found["rest"].count(":"))
            return f'valueFrom = "{found["arn"]}{found["rest"]}{missing}"'
        case "secret-reference" if found := _SLASHES.fullmatch(about):
            return f'valueFrom = "{found[1]}/{found[2]}"'
        case "env-file-absent" if found := _IN_BUCKET.fullmatch(about):
            bucket = found["bucket"] or found["named"]
            written = f"{bucket}.id" if bucket else f'"{found["literal"]}"'
            lines = (f"  bucket = {written}", f'  key    = "{found["key"]}"')
            return "\n".join(
                (
                    'resource "aws_s3_object" "env" {',
                    *lines,
                    _FILE.replace("app.env", found["key"].rpartition("/")[2]),
                    "}",
                )
            )
        case "log-group-absent" if _GROUP.fullmatch(about):
            lines = (f'  name              = "{about}"', "  retention_in_days = 30")
            return "\n".join((f'resource "aws_cloudwatch_log_group" "{task.address.name}" {{', *lines, "}"))
        case "credential-in-environment":
            return str(secret_for(misconfiguration, task))
        case _:
            return ""


def secret_for(misconfiguration: Misconfiguration, task: TaskDefinition) -> NewSecret:
    """Write the secret that replaces a credential, with names from the plan where they can be determined."""
    about = (
        "" if task.sensitive or not isinstance(misconfiguration.about, PlainText) else display(misconfiguration.about)
    )
    if not about.isidentifier():
        return _ANY_SECRET
    label = about.lower()
    return _new_secret(label, f"{misconfiguration.container or task.address.name}/{label}", about)
