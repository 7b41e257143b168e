"""The members of container definitions that the provider keeps: any other one, a comment for example, it leaves out.

Follows https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html and the types in it.
"""

from __future__ import annotations

from tfcheck.symbolic.value import Value

_MEMBERS = frozenset(
    """
    add appProtocol capabilities command condition containerName containerPath containerPort containerPortRange
    cpu credentialsParameter credentialSpecs dependsOn devices disableNetworking dnsSearchDomains dnsServers
    dockerLabels dockerSecurityOptions drop enabled entryPoint environment environmentFiles essential extraHosts
    firelensConfiguration hardLimit healthCheck hostname hostPath hostPort ignoredExitCodes image
    initProcessEnabled interactive interval ipAddress links linuxParameters logConfiguration logDriver
    maxComputePercent maxSwap memory memoryReservation mountOptions mountPoints name namespace nvidiaMps options
    permissions portMappings privileged protocol pseudoTerminal readOnly readonlyRootFilesystem
    repositoryCredentials resourceRequirements restartAttemptPeriod restartPolicy retries secretOptions secrets
    sharedMemorySize sharingStrategy size softLimit sourceContainer sourceVolume startPeriod startTimeout
    stopTimeout swappiness systemControls timeout tmpfs type ulimits user value valueFrom versionConsistency
    volumesFrom workingDirectory
    """.lower().split()
)
#: What has names of the user's own.
_MAPS = frozenset(("dockerlabels", "options"))


def kept(definitions: Value) -> Value:
    """Return container definitions, or a part of them, without the members that ECS does not know."""
    match definitions:
        case list():
            return list(map(kept, definitions))
        case dict():
            known = ((name, value) for name, value in definitions.items() if name.lower() in _MEMBERS)
            return {name: value if name.lower() in _MAPS else kept(value) for name, value in known}
        case _:
            return definitions
