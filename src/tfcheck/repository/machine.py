"""Recognise servers, where others than the user read what a run prints, by the environment."""

from __future__ import annotations

from collections.abc import Mapping

#: Variables that are set on servers: CI services, Atlantis, HCP Terraform and similar ones, our own action, and pods of
#: Kubernetes, in which Tekton and Argo run jobs without a variable of their own.
_SHARED = frozenset(
    {
        *("APPVEYOR", "BASE_REPO_NAME", "BITBUCKET_BUILD_NUMBER", "BUILD_BUILDID", "BUILDKITE", "CI", "CIRCLECI"),
        *("CIRRUS_CI", "CODEBUILD_BUILD_ID", "CONCOURSE_BUILD_ID", "CONTINUOUS_INTEGRATION", "DRONE"),
        *("GITEA_ACTIONS", "GITHUB_ACTIONS", "GITLAB_CI", "GO_PIPELINE_NAME", "HARNESS_BUILD_ID", "HUDSON_URL"),
        *("JENKINS_URL", "KUBERNETES_SERVICE_HOST", "SEMAPHORE", "SPACELIFT_RUN_ID", "TEAMCITY_VERSION"),
        *("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "TFC_RUN_ID", "TF_BUILD", "TF_IN_AUTOMATION", "TRAVIS", "WOODPECKER"),
    }
)
_PREFIXES = ("ATLANTIS_", "BAMBOO_", "ENV0_", "SCALR_", "SPACELIFT_", "TERRATEAM_", "DIGGER_")


def is_shared(variables: Mapping[str, str]) -> bool:
    """Whether the environment is not that of a personal machine."""
    return bool(signs(variables))


def signs(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the variables that only CI systems and servers set."""
    return tuple(
        name
        for name, value in variables.items()
        if value and value.lower() not in ("0", "false") and (name in _SHARED or name.startswith(_PREFIXES))
    )
