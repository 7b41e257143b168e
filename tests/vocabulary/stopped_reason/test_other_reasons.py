"""Check the texts of tasks that no refused call has stopped, and that a sign of a refusal comes before them."""

from __future__ import annotations

import pytest

from tests.rows import every_row
from tfcheck.vocabulary.stopped_reason import OTHER_REASONS, StopCause, explain_text

TEXTS = {
    "OutOfMemoryError: Container killed due to memory usage": StopCause.RUNNING,
    "Essential container in task exited": StopCause.RUNNING,
    "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:eu-west-1:111122223333:a)": (
        StopCause.RUNNING
    ),
    "Task failed container health checks": StopCause.RUNNING,
    "ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 3m0s": StopCause.RUNNING,
    "CannotStartContainerError: Error response from daemon: failed to create shim task: OCI runtime create failed: "
    'runc create failed: exec: "/entry.sh": permission denied: unknown': StopCause.RUNNING,
    "Host EC2 (instance i-0123456789abcdef0) terminated.": StopCause.RUNNING,
    "Your Spot Task was interrupted.": StopCause.RUNNING,
    "Capacity is unavailable at this time. Please try again later or in a different availability zone": (
        StopCause.RUNNING
    ),
    "(service web) was unable to place a task because no container instance met all of its requirements.": (
        StopCause.RUNNING
    ),
    "Scaling activity initiated by (deployment ecs-svc/1234567890123456789)": StopCause.RUNNING,
    "Timeout waiting for network interface provisioning to complete.": StopCause.NETWORK,
    "ResourceInitializationError: failed to configure ENI: failed to setup regular eni: netplugin failed with no error "
    "message": StopCause.NETWORK,
}


@every_row(("text", "cause"), list(TEXTS.items()))
def test_what_is_not_about_a_permission_is_explained(text: str, cause: StopCause) -> None:
    found = explain_text(text)
    assert found is not None
    assert (found.cause, found.known.rules, found.known.actions) == (cause, (), ())


def test_the_examples_cover_every_reason() -> None:
    tried = [found.known for text in TEXTS if (found := explain_text(text))]
    assert [each for each in OTHER_REASONS if each not in tried] == []


@pytest.mark.parametrize("sign", ["AccessDenied: no", "is not authorized", "Forbidden", "status code: 403"])
def test_a_sign_of_a_refusal_comes_first(sign: str) -> None:
    found = explain_text(f"CannotStartContainerError: Error response from daemon: {sign}")
    assert found is None or found.cause is not StopCause.RUNNING
