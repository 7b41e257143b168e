"""The texts of tasks that stop although no call was refused.

Follows https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html and
https://repost.aws/knowledge-center/ecs-task-stopped.
"""

from __future__ import annotations

from tfcheck.vocabulary.stopped_reason.known_text import EC2, KnownText, network, running

#: A sign that a text may be about a permission after all.
REFUSAL = r"access ?denied|authoriz|forbidden|\b40[13]\b|credential|logging driver"
#: Recognised only where nothing else is, and no sign of a refusal.
OTHER_REASONS: tuple[KnownText, ...] = (
    *running(
        r"OutOfMemoryError|Container killed due to memory usage",
        "a container used more memory than its limit, or than that of the task: raise the limit, or use less",
    ),
    *running(
        r"Essential container in task exited",
        "a container that the task cannot do without has ended: its `reason`, its exit code and its logs show why",
    ),
    *running(
        r"failed (?:ELB|container) health checks",
        "a container started, but did not pass its health checks: look at its logs, at the checks and their grace "
        "period, and at the security groups between it and the load balancer",
    ),
    *running(
        r"Cannot(?:Start|Stop|Inspect)ContainerError|(?:ContainerRuntime|Docker)TimeoutError"
        r"|OCI runtime create failed",
        "the container runtime could not start or stop a container: the text after the error's name shows why, "
        "often a command or an entry point that the image does not have",
    ),
    *running(
        {EC2: r"Host EC2 \(instance .{0,100}\) (?:terminated|stopped)"},
        "the container instance was stopped or terminated, and the task with it",
    ),
    *running(
        r"Spot Task was interrupted|SpotInterruption|Capacity is unavailable|unable to place a task|\bRESOURCE:[A-Z]",
        "there was no capacity for the task, or AWS took it back: look at the container instances, the capacity "
        "providers, and what the task reserves",
    ),
    *running(
        r"Scaling activity initiated by|Task stopped by (?:user|a user)|UserInitiated|ServiceSchedulerInitiated",
        "a deployment, scaling or somebody stopped the task: it did not fail",
    ),
    *network(
        r"network interface provisioning|failed to (?:configure|setup) (?:regular )?eni",
        "the task got no network interface: look at the free addresses of its subnets and at the limits of the "
        "instance",
    ),
)
