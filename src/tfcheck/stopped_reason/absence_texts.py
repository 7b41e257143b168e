"""Texts of ECS about missing objects and limits, where no permission helps."""

from __future__ import annotations

from tfcheck.stopped_reason.known_text import BOTH, EC2, FARGATE, KnownText, StopCause

#: Parts of the texts of failed calls, the more specific ones first.
MISSING = (
    # Secrets
    KnownText(
        r"can't find the specified secret value for staging label",
        BOTH,
        StopCause.MISTAKE,
        "the secret exists but has no value of this label: give it one (aws_secretsmanager_secret_version)",
        ("secret-value",),
    ),
    KnownText(
        r"registry auth from asm.{0,1000}Secrets Manager can't find the specified secret\b",
        BOTH,
        StopCause.MISTAKE,
        "the secret with the registry's credentials does not exist in the account and region that its ARN names: "
        "create it, or correct the ARN",
        ("registry-credentials",),
    ),
    KnownText(
        r"registry auth from asm.{0,1000}\bsecret\b.{0,1000}(?:was marked|marked|was scheduled) for deletion",
        BOTH,
        StopCause.MISTAKE,
        "the secret with the registry's credentials is marked for deletion, and nobody can read it: restore it, "
        "or name another",
        ("registry-credentials",),
    ),
    KnownText(
        r"Secrets Manager can't find the specified secret\b",
        BOTH,
        StopCause.MISTAKE,
        "the secret does not exist in the account and region that its ARN names: create it, or correct the ARN",
        ("secret-reference", "secret-value", "secret"),
    ),
    KnownText(
        r"\bsecret\b.{0,1000}(?:was marked|marked|was scheduled) for deletion",
        BOTH,
        StopCause.MISTAKE,
        "the secret is marked for deletion, and nobody can read it: restore it, or name another",
        ("secret-reference", "secret-value", "secret"),
    ),
    KnownText(
        r"The task can't retrieve the secret with ARN",
        BOTH,
        StopCause.MISTAKE,
        "the secret does not exist, or not in this region",
        ("secret-reference", "secret"),
    ),
    # Parameters and keys
    KnownText(
        r"invalid ssm parameters?:|(?:from ssm|SSM Parameter Store in \S+):.{0,1000}invalid parameters?:",
        BOTH,
        StopCause.MISTAKE,
        "there is no such parameter in the task's region; one of another region must be named by its ARN",
        ("parameter-region", "parameter"),
    ),
    KnownText(
        r"KMSInvalidState|\bkey/\S+ is (?:pending deletion|disabled)",
        BOTH,
        StopCause.MISTAKE,
        "the KMS key that encrypts it is disabled or scheduled for deletion: enable it, or encrypt with another key",
        ("decrypt",),
    ),
    # Files
    KnownText(
        r"(?:s3 config|firelens).{0,1000}(?:StatusCode: 404|NoSuchKey|NoSuchBucket|api error NotFound)",
        EC2,
        StopCause.MISTAKE,
        "the log router's configuration, or its bucket, does not exist",
        ("firelens-config",),
    ),
    KnownText(
        r"(?:download env files?|S3: (?:HeadObject|GetObject)).{0,1000}"
        r"(?:StatusCode: 404|NoSuchKey|NoSuchBucket|api error NotFound)",
        BOTH,
        StopCause.MISTAKE,
        "an environment file, or its bucket, does not exist: S3 reports that only to callers that are allowed to list "
        "the bucket",
        ("env-file-absent", "env-file"),
    ),
    KnownText(
        r"unable to initialize s3 client for bucket.{0,300}bucket not found",
        EC2,
        StopCause.MISTAKE,
        "the bucket of an environment file does not exist",
        ("env-file", "env-file-absent"),
    ),
    # Images
    KnownText(
        r"(?:CannotPull\w*Error|failed to resolve ref).{0,2000}(?:(?<!credentials): not found\b|manifest unknown)"
        r"|manifest unknown: |manifest for \S+ not found|(?:Image|Repository)NotFoundException"
        r"|repository with name .{0,300} does not exist in the registry",
        BOTH,
        StopCause.MISTAKE,
        "the registry answered that it has no such image: the repository, the tag or the digest does not exist",
        ("image",),
    ),
    KnownText(
        r"descriptor matching platform|no matching manifest for \S+ in the manifest list|no match for platform in",
        BOTH,
        StopCause.MISTAKE,
        "the image was not built for the task's operating system and CPU: see `runtime_platform` (`cpu_architecture`)",
    ),
    # Limits
    KnownText(
        r"toomanyrequests: |reached your (?:unauthenticated )?pull rate limit"
        r"|CannotPull.{0,2000}429 Too Many Requests",
        BOTH,
        StopCause.LIMIT,
        "the registry limits how often one address or user may pull: sign in (`repositoryCredentials`), or pull "
        "through a cache in Amazon ECR",
        ("registry-credentials",),
    ),
    KnownText(
        r"(?:ResourceInitializationError|CannotPull\w*Error).{0,2000}(?:Throttling|Rate exceeded|TooManyRequests)",
        FARGATE,
        StopCause.LIMIT,
        "AWS is throttling the calls of this account: too many tasks start at once, or the quota is too low",
    ),
)
