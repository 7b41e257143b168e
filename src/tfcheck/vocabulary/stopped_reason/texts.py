"""The texts of ECS, and what they mean."""

from __future__ import annotations

from itertools import chain

from tfcheck.vocabulary.stopped_reason.known_text import (
    API,
    EC2,
    FARGATE,
    KnownText,
    deployer,
    limit,
    mistake,
    network,
    no_role,
    permission,
    task_permission,
    trust,
)

#: Patterns for the fixed part of each text, the more specific ones first: some are part of others.
KNOWN: tuple[KnownText, ...] = (
    # Objects that do not exist, and limits: no permission helps
    # Secrets
    *mistake(
        r"can't find the specified secret value for staging label",
        "the secret exists but has no value of this label: give it one (aws_secretsmanager_secret_version)",
        "secret-value",
    ),
    *mistake(
        r"registry auth from asm.{0,1000}Secrets Manager can't find the specified secret\b",
        "the secret with the registry's credentials does not exist in the account and region that its ARN names: "
        "create it, or correct the ARN",
        "registry-credentials",
    ),
    *mistake(
        r"registry auth from asm.{0,1000}\bsecret\b.{0,1000}(?:was marked|marked|was scheduled) for deletion",
        "the secret with the registry's credentials is marked for deletion, and nobody can read it: restore it, "
        "or name another",
        "registry-credentials",
    ),
    *mistake(
        r"Secrets Manager can't find the specified secret\b",
        "the secret does not exist in the account and region that its ARN names: create it, or correct the ARN",
        "secret-reference secret-value secret",
    ),
    *mistake(
        r"\bsecret\b.{0,1000}(?:was marked|marked|was scheduled) for deletion",
        "the secret is marked for deletion, and nobody can read it: restore it, or name another",
        "secret-reference secret-value secret",
    ),
    *mistake(
        r"The task can't retrieve the secret with ARN",
        "the secret does not exist, or not in this region",
        "secret-reference secret",
    ),
    # Parameters and keys
    *mistake(
        r"invalid ssm parameters?:|(?:from ssm|SSM Parameter Store in \S+):.{0,1000}invalid parameters?:",
        "there is no such parameter in the task's region; one of another region must be named by its ARN",
        "parameter-region parameter",
    ),
    *mistake(
        r"KMSInvalidState|\bkey/\S+ is (?:pending deletion|disabled)",
        "the KMS key that encrypts it is disabled or scheduled for deletion: enable it, or encrypt with another key",
        "decrypt",
    ),
    # Files
    *mistake(
        {EC2: r"(?:s3 config|firelens).{0,1000}(?:StatusCode: 404|NoSuchKey|NoSuchBucket|api error NotFound)"},
        "the log router's configuration, or its bucket, does not exist",
        "firelens-config",
    ),
    *mistake(
        r"(?:download env files?|S3: (?:HeadObject|GetObject)).{0,1000}"
        r"(?:StatusCode: 404|NoSuchKey|NoSuchBucket|api error NotFound)",
        "an environment file, or its bucket, does not exist: S3 reports that only to callers that are allowed to list "
        "the bucket",
        "env-file-absent env-file",
    ),
    *mistake(
        {EC2: r"unable to initialize s3 client for bucket.{0,300}bucket not found"},
        "the bucket of an environment file does not exist",
        "env-file env-file-absent",
    ),
    # Images
    *mistake(
        r"(?:CannotPull\w*Error|failed to resolve ref).{0,2000}(?:(?<!credentials): not found\b|manifest unknown)"
        r"|manifest unknown: |manifest for \S+ not found|(?:Image|Repository)NotFoundException"
        r"|repository with name .{0,300} does not exist in the registry",
        "the registry answered that it has no such image: the repository, the tag or the digest does not exist",
        "image",
    ),
    *mistake(
        r"descriptor matching platform|no matching manifest for \S+ in the manifest list|no match for platform in",
        "the image was not built for the task's operating system and CPU: see `runtime_platform` (`cpu_architecture`)",
    ),
    # Limits
    *limit(
        r"toomanyrequests: |reached your (?:unauthenticated )?pull rate limit"
        r"|CannotPull.{0,2000}429 Too Many Requests",
        "the registry limits how often one address or user may pull: sign in (`repositoryCredentials`), or pull "
        "through a cache in Amazon ECR",
        "registry-credentials",
    ),
    *limit(
        {
            FARGATE: r"(?:ResourceInitializationError|CannotPull\w*Error).{0,2000}"
            r"(?:Throttling|Rate exceeded|TooManyRequests)"
        },
        "AWS is throttling the calls of this account: too many tasks start at once, or the quota is too low",
    ),
    # Files, secrets and parameters that cannot be fetched
    # Keys and values
    *permission(
        r"Access to KMS is not allowed",
        "a secret is under a customer managed KMS key that the role is not allowed to use: it needs kms:Decrypt "
        "on the key, and the key's policy must allow that",
        "decrypt",
        "kms:Decrypt",
        read_by="secretsmanager:GetSecretValue",
    ),
    *permission(
        r"The ciphertext refers to a customer master key",
        "a parameter is under a customer managed KMS key that the role is not allowed to use: it needs "
        "kms:Decrypt on the key, and the key's policy must allow that",
        "decrypt",
        "kms:Decrypt",
        read_by="ssm:GetParameters",
    ),
    *mistake(
        r"secret from Secrets Manager did not contain json key",
        "the secret has no such JSON key: `valueFrom` ends in `:KEY::`, and KEY must be in the secret's JSON",
        "secret-reference",
    ),
    *mistake(
        r"invalid ARN format for the AWS Secrets Manager secret",
        "`valueFrom` must be the secret's ARN, alone or followed by `:json-key:version-stage:version-id`",
        "secret-reference",
    ),
    *mistake(
        r"minimum field size of 32, GetSecretValueInput\.VersionId",
        "the version id at the end of `valueFrom` is none: leave it empty, or write the whole id",
        "secret-reference",
    ),
    *mistake(
        {API: r"Systems Manager parameter name specified for secret .{0,2000} is invalid"},
        "`valueFrom` is not an ARN, so ECS reads it as the name of a parameter, which does not exist: write the "
        "secret's ARN",
        "secret-reference",
    ),
    # Files
    *permission(
        {
            FARGATE: r"failed to download env files|operation error S3: HeadObject"
            r"|write to a temporary file: AccessDenied",
            EC2: r"unable to download env file with key",
        },
        "the role is not allowed to read an environment file or use its KMS key, or the file does not exist: "
        "without s3:ListBucket, S3 reports all that in the same words",
        "env-file env-file-absent decrypt",
        "s3:GetObject kms:Decrypt",
    ),
    *permission(
        {EC2: r"unable to initialize s3 client for bucket"},
        "the agent could not find the bucket's region: agents before 1.84.0 need s3:GetBucketLocation for that",
        "env-file",
        "s3:GetBucketLocation",
    ),
    *mistake(
        {EC2: r"unable to parse bucket and key from s3 ARN"},
        "an environment file is not named by an ARN of the form arn:PARTITION:s3:::BUCKET/KEY",
        "env-file-arn",
    ),
    *permission(
        {EC2: r"unable to download firelens s3 config file|unable to download s3 config"},
        "the role is not allowed to read the log router's configuration in S3, or the object does not exist",
        "firelens-config",
        "s3:GetObject kms:Decrypt",
    ),
    *mistake(
        {API: r"(?:ClientException|RegisterTaskDefinition).{0,300}Invalid arn syntax|^\W*Invalid arn syntax\W*$"},
        "the log router's configuration must be named by the object's ARN, not by an s3:// address",
        "firelens-config",
    ),
    *mistake(
        {FARGATE: r"PlatformTaskDefinitionIncompatibilityException"},
        "the platform of Fargate does not know something that the task definition has: environment files on "
        "Windows, for example",
        "env-file-windows platform-version",
    ),
    # Secrets and parameters
    *permission(
        {FARGATE: r"unable to get registry auth from asm"},
        "the role is not allowed to read the secret with the private registry's credentials",
        "registry-credentials decrypt",
        "secretsmanager:GetSecretValue",
    ),
    *mistake(
        r"asm fetching authorization data: unable to unmarshal secret value",
        "the secret with the registry's credentials must be JSON with `username` and `password`",
        "registry-credentials",
    ),
    *permission(
        {EC2: r"engine docker private registry credentials: not found"},
        "the credentials of the private registry were not fetched: the role is not allowed to read their secret",
        "registry-credentials decrypt",
        "secretsmanager:GetSecretValue",
    ),
    *permission(
        {
            FARGATE: r"unable to retrieve secret from asm|operation error Secrets Manager: GetSecretValue",
            EC2: r"fetching secret data from AWS Secrets Manager in region|secret (?:ARN|arn:\S+): AccessDenied",
        },
        "the role is not allowed to read a secret of Secrets Manager",
        "secret secret-reference decrypt",
        "secretsmanager:GetSecretValue",
    ),
    *permission(
        {
            FARGATE: r"unable to retrieve secrets from ssm|operation error SSM: GetParameters",
            EC2: r"fetching secret data from SSM Parameter Store in",
        },
        "the role is not allowed to read a parameter of Systems Manager: it needs ssm:GetParameters, the plural",
        "parameter secret-reference decrypt",
        "ssm:GetParameters",
    ),
    # Images, logs, volumes and roles
    # Images
    *network(
        {FARGATE: r"The task cannot pull registry auth from Amazon ECR"},
        "the task does not reach Amazon ECR: it needs a way to the internet, or endpoints for ecr.api, ecr.dkr and S3",
        "image",
    ),
    *permission(
        {
            FARGATE: r"unable to retrieve ecr registry auth|operation error ECR: GetAuthorizationToken",
            EC2: r"CannotPullECRContainerError",
        },
        "the role is not allowed to ask Amazon ECR for a token, which is granted on `*` only",
        "image",
        "ecr:GetAuthorizationToken",
    ),
    *permission(
        {FARGATE: r"httpRead(?:er)?Seeker: failed open"},
        "the image's layers were not downloaded: the role lacks ecr:GetDownloadUrlForLayer, or the policy of an "
        "S3 endpoint leaves out the bucket of the layers",
        "image",
        "ecr:GetDownloadUrlForLayer",
    ),
    *permission(
        r"The task can't pull the image|pull access denied"
        r"|(?:pull image manifest|inspect image|ref pull) has been retried"
        r"|CannotPull\w*Error.{0,2000}(?:AccessDenied|not authorized|40[13] (?:Forbidden|Unauthorized))",
        "the role, or the policy of a repository in another account, does not allow to pull the image; or there "
        "is no such image",
        "image",
        "ecr:BatchGetImage ecr:GetDownloadUrlForLayer",
    ),
    # Logs
    *mistake(
        {FARGATE: r"awslogs-region is required"}, "the log driver needs the option `awslogs-region`", "log-region"
    ),
    *network(
        {
            FARGATE: r"cannot find the Amazon CloudWatch log group.{0,300}connection issue"
            r"|logger args: ?: signal: killed"
        },
        "the task does not reach CloudWatch Logs: it needs a way to the internet, or an endpoint for logs",
        "log-group",
    ),
    *mistake(
        r"specified log group does not exist"
        r"|cannot find the Amazon CloudWatch log group defined in the task definition",
        "the log group does not exist: create it, or set `awslogs-create-group` and allow logs:CreateLogGroup",
        "log-group-absent log-region",
    ),
    *permission(
        r"failed to create Cloudwatch log group",
        "the role is not allowed to create the log group, which `awslogs-create-group` asks for; AWS's managed "
        "policy for execution roles does not allow it",
        "log-group log-group-absent",
        "logs:CreateLogGroup",
    ),
    *permission(
        r"failed to create Cloudwatch log stream|failed to initialize logging driver",
        "the role is not allowed to open a stream in the log group, or the group does not exist",
        "log-group service-connect-log log-group-absent",
        "logs:CreateLogStream",
    ),
    # Roles
    *deployer(
        {API: r"Unable to assume the service linked role"},
        "the account has no service-linked role AWSServiceRoleForECS yet: create it once (aws iam "
        "create-service-linked-role --aws-service-name ecs.amazonaws.com)",
    ),
    *trust(
        {API: r"ECS was unable to assume the configured ECS Infrastructure Role"},
        "the infrastructure role must trust ecs.amazonaws.com; it is neither the execution role nor the task role",
    ),
    *trust(
        r"ECS was unable to assume (?:the )?role",
        "the role does not exist, or its trust policy does not let ecs-tasks.amazonaws.com assume it",
        "trust",
        "sts:AssumeRole",
    ),
    *deployer(
        {API: r"perform: iam:PassRole"},
        "whoever registers the task definition or runs the task needs iam:PassRole on its roles",
    ),
    *no_role(
        {API: r"execution role ARN to support ECR images", EC2: r"engine ecr credentials: not found"},
        "images in ECR are pulled with the execution role, and the task definition names none",
        "image",
    ),
    *no_role(
        {API: r"execution role ARN to support log driver awslogs"},
        "logs are written with the execution role, and the task definition names none",
        "log-group",
    ),
    *no_role(
        {API: r"specifying container secrets, you must also specify a value for 'executionRoleArn'"},
        "secrets are read with the execution role, and the task definition names none",
        "secret parameter",
    ),
    *chain.from_iterable(
        no_role(
            {EC2: rf"{resource}: unable to find execution role credentials"},
            "this is fetched with the execution role, and there is none",
            rule,
        )
        for resource, rule in (
            ("environment file resource", "env-file"),
            ("fsxwindowsfileserver resource", "fsx"),
            ("ssm secret resource", "parameter"),
            ("ASM secret resource", "secret"),
            ("asm resource", "registry-credentials"),
        )
    ),
    *no_role(
        {EC2: r"unable to get execution role credentials"},
        "the log router's configuration is fetched with the execution role, and there is none",
        "firelens-config",
    ),
    # Volumes, credential specifications, ECS Exec
    *mistake(
        {EC2: r"unsupported credentialspec ARN"},
        "a credential specification must be named by the ARN of an S3 object or of an SSM parameter",
        "credential-spec",
    ),
    *mistake(
        {API: r"EFS IAM authorization requires a task role"},
        "a volume with IAM authorization is mounted with the task role, and the task definition names none",
        "efs-authorization",
    ),
    *mistake(
        {API: r"When using an EFS access point, the root directory must"},
        "a volume with an access point begins at the access point's own directory: leave `root_directory` out",
        "efs-authorization",
    ),
    *mistake(
        {API: r"valid task ?Role(?:Arn)? is not being used"},
        "ECS Exec works with the task role, and the task definition names none",
        "ecs-exec",
    ),
    *task_permission(
        r"TargetNotConnectedException|execute command agent isn't running",
        "ECS Exec does not reach the container: the task role lacks actions of ssmmessages, the task does not "
        "reach Session Manager, or it began before ECS Exec was enabled",
        "ecs-exec",
    ),
    *network(
        {
            FARGATE: r"failed to invoke EFS utils commands(?!.{0,2000}access denied).{0,2000}(?:Failed to resolve"
            r"|timeout|timed out|Connection reset|system call failed)"
        },
        "the task does not reach the file system: its VPC needs a mount target, DNS host names, and security "
        "groups that let NFS (port 2049) through",
    ),
    *task_permission(
        {FARGATE: r"failed to invoke EFS utils commands|mount\.nfs4: access denied by server"},
        "the file system did not let the task mount it: the task role, not the execution role, needs "
        "elasticfilesystem:ClientMount, by a policy of its own or by that of the file system, and neither may "
        "deny it",
        "efs-volume efs-authorization",
        "elasticfilesystem:ClientMount",
    ),
)
