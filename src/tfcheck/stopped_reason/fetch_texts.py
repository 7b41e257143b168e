"""Texts of ECS about files, secrets and parameters that it cannot fetch."""

from __future__ import annotations

from tfcheck.stopped_reason.known_text import API, BOTH, EC2, FARGATE, KnownText, StopCause, known_texts

#: The more specific ones first: some are part of others.
FETCHED = (
    # Keys and values
    KnownText(
        r"Access to KMS is not allowed",
        BOTH,
        StopCause.PERMISSION,
        "a secret is under a customer managed KMS key that the role is not allowed to use: it needs kms:Decrypt "
        "on the key, and the key's policy must allow that",
        ("decrypt",),
        ("kms:Decrypt",),
        read_by="secretsmanager:GetSecretValue",
    ),
    KnownText(
        r"The ciphertext refers to a customer master key",
        BOTH,
        StopCause.PERMISSION,
        "a parameter is under a customer managed KMS key that the role is not allowed to use: it needs "
        "kms:Decrypt on the key, and the key's policy must allow that",
        ("decrypt",),
        ("kms:Decrypt",),
        read_by="ssm:GetParameters",
    ),
    KnownText(
        r"secret from Secrets Manager did not contain json key",
        BOTH,
        StopCause.MISTAKE,
        "the secret has no such JSON key: `valueFrom` ends in `:KEY::`, and KEY must be in the secret's JSON",
        ("secret-reference",),
    ),
    KnownText(
        r"invalid ARN format for the AWS Secrets Manager secret",
        BOTH,
        StopCause.MISTAKE,
        "`valueFrom` must be the secret's ARN, alone or followed by `:json-key:version-stage:version-id`",
        ("secret-reference",),
    ),
    KnownText(
        r"minimum field size of 32, GetSecretValueInput\.VersionId",
        BOTH,
        StopCause.MISTAKE,
        "the version id at the end of `valueFrom` is none: leave it empty, or write the whole id",
        ("secret-reference",),
    ),
    KnownText(
        r"Systems Manager parameter name specified for secret .{0,2000} is invalid",
        API,
        StopCause.MISTAKE,
        "`valueFrom` is not an ARN, so ECS reads it as the name of a parameter, which does not exist: write the "
        "secret's ARN",
        ("secret-reference",),
    ),
    # Files
    *known_texts(
        (
            (
                r"failed to download env files|operation error S3: HeadObject|write to a temporary file: AccessDenied",
                FARGATE,
            ),
            (r"unable to download env file with key", EC2),
        ),
        StopCause.PERMISSION,
        "the role is not allowed to read an environment file or use its KMS key, or the file does not exist: "
        "without s3:ListBucket, S3 reports all that in the same words",
        ("env-file", "env-file-absent", "decrypt"),
        ("s3:GetObject", "kms:Decrypt"),
    ),
    KnownText(
        r"unable to initialize s3 client for bucket",
        EC2,
        StopCause.PERMISSION,
        "the agent could not find the bucket's region: agents before 1.84.0 need s3:GetBucketLocation for that",
        ("env-file",),
        ("s3:GetBucketLocation",),
    ),
    KnownText(
        r"unable to parse bucket and key from s3 ARN",
        EC2,
        StopCause.MISTAKE,
        "an environment file is not named by an ARN of the form arn:PARTITION:s3:::BUCKET/KEY",
        ("env-file-arn",),
    ),
    KnownText(
        r"unable to download firelens s3 config file|unable to download s3 config",
        EC2,
        StopCause.PERMISSION,
        "the role is not allowed to read the log router's configuration in S3, or the object does not exist",
        ("firelens-config",),
        ("s3:GetObject", "kms:Decrypt"),
    ),
    KnownText(
        r"(?:ClientException|RegisterTaskDefinition).{0,300}Invalid arn syntax|^\W*Invalid arn syntax\W*$",
        API,
        StopCause.MISTAKE,
        "the log router's configuration must be named by the object's ARN, not by an s3:// address",
        ("firelens-config",),
    ),
    KnownText(
        r"PlatformTaskDefinitionIncompatibilityException",
        FARGATE,
        StopCause.MISTAKE,
        "the platform of Fargate does not know something that the task definition has: environment files on "
        "Windows, for example",
        ("env-file-windows", "platform-version"),
    ),
    # Secrets and parameters
    KnownText(
        r"unable to get registry auth from asm",
        FARGATE,
        StopCause.PERMISSION,
        "the role is not allowed to read the secret with the private registry's credentials",
        ("registry-credentials", "decrypt"),
        ("secretsmanager:GetSecretValue",),
    ),
    KnownText(
        r"asm fetching authorization data: unable to unmarshal secret value",
        BOTH,
        StopCause.MISTAKE,
        "the secret with the registry's credentials must be JSON with `username` and `password`",
        ("registry-credentials",),
    ),
    KnownText(
        r"engine docker private registry credentials: not found",
        EC2,
        StopCause.PERMISSION,
        "the credentials of the private registry were not fetched: the role is not allowed to read their secret",
        ("registry-credentials", "decrypt"),
        ("secretsmanager:GetSecretValue",),
    ),
    *known_texts(
        (
            (r"unable to retrieve secret from asm|operation error Secrets Manager: GetSecretValue", FARGATE),
            (r"fetching secret data from AWS Secrets Manager in region|secret (?:ARN|arn:\S+): AccessDenied", EC2),
        ),
        StopCause.PERMISSION,
        "the role is not allowed to read a secret of Secrets Manager",
        ("secret", "secret-reference", "decrypt"),
        ("secretsmanager:GetSecretValue",),
    ),
    *known_texts(
        (
            (r"unable to retrieve secrets from ssm|operation error SSM: GetParameters", FARGATE),
            (r"fetching secret data from SSM Parameter Store in", EC2),
        ),
        StopCause.PERMISSION,
        "the role is not allowed to read a parameter of Systems Manager: it needs ssm:GetParameters, the plural",
        ("parameter", "secret-reference", "decrypt"),
        ("ssm:GetParameters",),
    ),
)
