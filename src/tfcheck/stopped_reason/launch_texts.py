"""Texts of ECS about images, logs, volumes and roles."""

from __future__ import annotations

from tfcheck.stopped_reason.known_text import API, BOTH, EC2, FARGATE, KnownText, StopCause, known_texts

#: The more specific ones first.
LAUNCHED = (
    # Images
    KnownText(
        r"The task cannot pull registry auth from Amazon ECR",
        FARGATE,
        StopCause.NETWORK,
        "the task does not reach Amazon ECR: it needs a way to the internet, or endpoints for ecr.api, ecr.dkr and S3",
        ("image",),
    ),
    *known_texts(
        (
            (r"unable to retrieve ecr registry auth|operation error ECR: GetAuthorizationToken", FARGATE),
            (r"CannotPullECRContainerError", EC2),
        ),
        StopCause.PERMISSION,
        "the role is not allowed to ask Amazon ECR for a token, which is granted on `*` only",
        ("image",),
        ("ecr:GetAuthorizationToken",),
    ),
    KnownText(
        r"httpRead(?:er)?Seeker: failed open",
        FARGATE,
        StopCause.PERMISSION,
        "the image's layers were not downloaded: the role lacks ecr:GetDownloadUrlForLayer, or the policy of an "
        "S3 endpoint leaves out the bucket of the layers",
        ("image",),
        ("ecr:GetDownloadUrlForLayer",),
    ),
    KnownText(
        r"The task can't pull the image|pull access denied"
        r"|(?:pull image manifest|inspect image|ref pull) has been retried"
        r"|CannotPull\w*Error.{0,2000}(?:AccessDenied|not authorized|40[13] (?:Forbidden|Unauthorized))",
        BOTH,
        StopCause.PERMISSION,
        "the role, or the policy of a repository in another account, does not allow to pull the image; or there "
        "is no such image",
        ("image",),
        ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
    ),
    # Logs
    KnownText(
        r"awslogs-region is required",
        FARGATE,
        StopCause.MISTAKE,
        "the log driver needs the option `awslogs-region`",
        ("log-region",),
    ),
    KnownText(
        r"cannot find the Amazon CloudWatch log group.{0,300}connection issue|logger args: ?: signal: killed",
        FARGATE,
        StopCause.NETWORK,
        "the task does not reach CloudWatch Logs: it needs a way to the internet, or an endpoint for logs",
        ("log-group",),
    ),
    KnownText(
        r"specified log group does not exist"
        r"|cannot find the Amazon CloudWatch log group defined in the task definition",
        BOTH,
        StopCause.MISTAKE,
        "the log group does not exist: create it, or set `awslogs-create-group` and allow logs:CreateLogGroup",
        ("log-group-absent", "log-region"),
    ),
    KnownText(
        r"failed to create Cloudwatch log group",
        BOTH,
        StopCause.PERMISSION,
        "the role is not allowed to create the log group, which `awslogs-create-group` asks for; AWS's managed "
        "policy for execution roles does not allow it",
        ("log-group", "log-group-absent"),
        ("logs:CreateLogGroup",),
    ),
    KnownText(
        r"failed to create Cloudwatch log stream|failed to initialize logging driver",
        BOTH,
        StopCause.PERMISSION,
        "the role is not allowed to open a stream in the log group, or the group does not exist",
        ("log-group", "service-connect-log", "log-group-absent"),
        ("logs:CreateLogStream",),
    ),
    # Roles
    KnownText(
        r"Unable to assume the service linked role",
        API,
        StopCause.DEPLOYER,
        "the account has no service-linked role AWSServiceRoleForECS yet: create it once (aws iam "
        "create-service-linked-role --aws-service-name ecs.amazonaws.com)",
    ),
    KnownText(
        r"ECS was unable to assume the configured ECS Infrastructure Role",
        API,
        StopCause.TRUST,
        "the infrastructure role must trust ecs.amazonaws.com; it is neither the execution role nor the task role",
    ),
    KnownText(
        r"ECS was unable to assume (?:the )?role",
        BOTH,
        StopCause.TRUST,
        "the role does not exist, or its trust policy does not let ecs-tasks.amazonaws.com assume it",
        ("trust",),
        ("sts:AssumeRole",),
    ),
    KnownText(
        r"perform: iam:PassRole",
        API,
        StopCause.DEPLOYER,
        "whoever registers the task definition or runs the task needs iam:PassRole on its roles",
    ),
    *known_texts(
        ((r"execution role ARN to support ECR images", API), (r"engine ecr credentials: not found", EC2)),
        StopCause.NO_ROLE,
        "images in ECR are pulled with the execution role, and the task definition names none",
        ("image",),
    ),
    KnownText(
        r"execution role ARN to support log driver awslogs",
        API,
        StopCause.NO_ROLE,
        "logs are written with the execution role, and the task definition names none",
        ("log-group",),
    ),
    KnownText(
        r"specifying container secrets, you must also specify a value for 'executionRoleArn'",
        API,
        StopCause.NO_ROLE,
        "secrets are read with the execution role, and the task definition names none",
        ("secret", "parameter"),
    ),
    *(
        KnownText(
            rf"{resource}: unable to find execution role credentials",
            EC2,
            StopCause.NO_ROLE,
            "this is fetched with the execution role, and there is none",
            (rule,),
        )
        for resource, rule in (
            ("environment file resource", "env-file"),
            ("fsxwindowsfileserver resource", "fsx"),
            ("ssm secret resource", "parameter"),
            ("ASM secret resource", "secret"),
            ("asm resource", "registry-credentials"),
        )
    ),
    KnownText(
        r"unable to get execution role credentials",
        EC2,
        StopCause.NO_ROLE,
        "the log router's configuration is fetched with the execution role, and there is none",
        ("firelens-config",),
    ),
    # Volumes, credential specifications, ECS Exec
    KnownText(
        r"unsupported credentialspec ARN",
        EC2,
        StopCause.MISTAKE,
        "a credential specification must be named by the ARN of an S3 object or of an SSM parameter",
        ("credential-spec",),
    ),
    KnownText(
        r"EFS IAM authorization requires a task role",
        API,
        StopCause.MISTAKE,
        "a volume with IAM authorization is mounted with the task role, and the task definition names none",
        ("efs-authorization",),
    ),
    KnownText(
        r"When using an EFS access point, the root directory must",
        API,
        StopCause.MISTAKE,
        "a volume with an access point begins at the access point's own directory: leave `root_directory` out",
        ("efs-authorization",),
    ),
    KnownText(
        r"valid task ?Role(?:Arn)? is not being used",
        API,
        StopCause.MISTAKE,
        "ECS Exec works with the task role, and the task definition names none",
        ("ecs-exec",),
    ),
    KnownText(
        r"TargetNotConnectedException|execute command agent isn't running",
        BOTH,
        StopCause.TASK_PERMISSION,
        "ECS Exec does not reach the container: the task role lacks actions of ssmmessages, the task does not "
        "reach Session Manager, or it began before ECS Exec was enabled",
        ("ecs-exec",),
    ),
    KnownText(
        r"failed to invoke EFS utils commands(?!.{0,2000}access denied).{0,2000}(?:Failed to resolve|timeout"
        r"|timed out|Connection reset|system call failed)",
        FARGATE,
        StopCause.NETWORK,
        "the task does not reach the file system: its VPC needs a mount target, DNS host names, and security "
        "groups that let NFS (port 2049) through",
    ),
    KnownText(
        r"failed to invoke EFS utils commands|mount\.nfs4: access denied by server",
        FARGATE,
        StopCause.TASK_PERMISSION,
        "the file system did not let the task mount it: the task role, not the execution role, needs "
        "elasticfilesystem:ClientMount, by a policy of its own or by that of the file system, and neither may "
        "deny it",
        ("efs-volume", "efs-authorization"),
        ("elasticfilesystem:ClientMount",),
    ),
)
