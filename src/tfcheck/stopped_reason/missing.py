"""Texts of ECS about what does not exist, or exists too often. No permission helps there."""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.stopped_reason.known import BOTH, EC2, FARGATE, Cause, Known


def of_what_is_not_there() -> Iterator[Known]:
    """Return the texts, which stand inside of those of the calls that failed: the more exact ones first."""
    yield from _secrets()
    yield from _parameters_and_keys()
    yield from _files()
    yield from _images()
    yield from _limits()


def _secrets() -> Iterator[Known]:
    yield Known(
        r"can't find the specified secret value for staging label",
        BOTH,
        Cause.MISTAKE,
        "the secret exists but has no value of this label: give it one (aws_secretsmanager_secret_version)",
        ("secret-value",),
    )
    for around, whose, rules in (
        (r"registry auth from asm.{0,1000}", "the secret with the registry's credentials", ("registry-credentials",)),
        ("", "the secret", ("secret-reference", "secret-value", "secret")),
    ):
        yield Known(
            rf"{around}Secrets Manager can't find the specified secret\b",
            BOTH,
            Cause.MISTAKE,
            f"{whose} does not exist in the account and region that its ARN names: create it, or correct the ARN",
            rules,
        )
        yield Known(
            rf"{around}\bsecret\b.{{0,1000}}(?:was marked|marked|was scheduled) for deletion",
            BOTH,
            Cause.MISTAKE,
            f"{whose} is marked for deletion, and nobody can read it: restore it, or name another",
            rules,
        )
    yield Known(
        r"The task can't retrieve the secret with ARN",
        BOTH,
        Cause.MISTAKE,
        "the secret does not exist, or not in this region",
        ("secret-reference", "secret"),
    )


def _parameters_and_keys() -> Iterator[Known]:
    yield Known(
        r"invalid ssm parameters?:|(?:from ssm|SSM Parameter Store in \S+):.{0,1000}invalid parameters?:",
        BOTH,
        Cause.MISTAKE,
        "there is no such parameter in the task's region; one of another region must be named by its ARN",
        ("parameter-region", "parameter"),
    )
    yield Known(
        r"KMSInvalidState|\bkey/\S+ is (?:pending deletion|disabled)",
        BOTH,
        Cause.MISTAKE,
        "the KMS key of what is read is disabled or to be deleted: enable it, or encrypt with another",
        ("decrypt",),
    )


def _files() -> Iterator[Known]:
    gone = r"(?:StatusCode: 404|NoSuchKey|NoSuchBucket|api error NotFound)"
    yield Known(
        rf"(?:s3 config|firelens).{{0,1000}}{gone}",
        EC2,
        Cause.MISTAKE,
        "the log router's configuration, or its bucket, does not exist",
        ("firelens-config",),
    )
    yield Known(
        rf"(?:download env files?|S3: (?:HeadObject|GetObject)).{{0,1000}}{gone}",
        BOTH,
        Cause.MISTAKE,
        "an environment file, or its bucket, does not exist: S3 says so only to who may list the bucket",
        ("env-file-absent", "env-file"),
    )
    yield Known(
        r"unable to initialize s3 client for bucket.{0,300}bucket not found",
        EC2,
        Cause.MISTAKE,
        "the bucket of an environment file does not exist",
        ("env-file", "env-file-absent"),
    )


def _images() -> Iterator[Known]:
    yield Known(
        r"(?:CannotPull\w*Error|failed to resolve ref).{0,2000}(?:(?<!credentials): not found\b|manifest unknown)"
        r"|manifest unknown: |manifest for \S+ not found|(?:Image|Repository)NotFoundException"
        r"|repository with name .{0,300} does not exist in the registry",
        BOTH,
        Cause.MISTAKE,
        "the registry answered that it has no such image: the repository, the tag or the digest does not exist",
        ("image",),
    )
    yield Known(
        r"descriptor matching platform|no matching manifest for \S+ in the manifest list|no match for platform in",
        BOTH,
        Cause.MISTAKE,
        "the image was not built for the task's operating system and CPU: see `runtime_platform` (`cpu_architecture`)",
    )


def _limits() -> Iterator[Known]:
    yield Known(
        r"toomanyrequests: |reached your (?:unauthenticated )?pull rate limit|CannotPull.{0,2000}429 Too Many Requests",
        BOTH,
        Cause.LIMIT,
        "the registry limits how often one address or user may pull: sign in (`repositoryCredentials`), or pull "
        "through a cache in Amazon ECR",
        ("registry-credentials",),
    )
    yield Known(
        r"(?:ResourceInitializationError|CannotPull\w*Error).{0,2000}(?:Throttling|Rate exceeded|TooManyRequests)",
        FARGATE,
        Cause.LIMIT,
        "AWS answers no more calls of this account for the moment: too many tasks start at once, or the quota is small",
    )
